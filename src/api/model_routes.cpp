// SPDX-License-Identifier: Apache-2.0
// Thing models.
#include "api/entities_json.h"
#include "api/route.h"

namespace gantry::api {
namespace {

Result<http::Response> list_models(Services& services, const Call& call) {
    TRY_ASSIGN(const auto page, call.page());
    TRY_ASSIGN(const auto models, services.registry.models().list(call.tenant(), page));
    return page_answer(models, [](const ThingModel& model) { return std::optional(show(model)); });
}

Result<http::Response> read_model(Services& services, const Call& call) {
    auto& models = services.registry.models();
    TRY_ASSIGN(const ThingModel model, models.get(call.tenant(), call.part("model")));
    json::object out = show(model);
    TRY_ASSIGN(const auto resolved, call.flag("resolved"));
    if (resolved.value_or(false)) {
        TRY_ASSIGN(const auto all, models.resolve(call.tenant(), model.id));
        out["properties"] = to_json_array(all.properties);
        out["commands"] = to_json_array(all.commands);
        out["events"] = to_json_array(all.events);
    }
    return item_answer(out, model.stamp);
}

Result<http::Response> create_model(Services& services, const Call& call) {
    TRY_ASSIGN(const json::value body, call.body());
    ThingModel model;
    TRY(read(body, model));
    TRY_ASSIGN(model, services.registry.models().create(call.tenant(), model));
    return item_answer(show(model), model.stamp, 201);
}

Result<http::Response> change_model(Services& services, const Call& call, json::value body,
                                    const ThingModel& before) {
    TRY_ASSIGN(const auto expected, call.expected_version());
    ThingModel model;
    TRY(read(body, model));
    model.id = before.id;
    TRY_ASSIGN(model, services.registry.models().replace(call.tenant(), model, expected));
    return item_answer(show(model), model.stamp);
}

Result<http::Response> replace_model(Services& services, const Call& call) {
    TRY_ASSIGN(json::value body, call.body());
    TRY_ASSIGN(const ThingModel before,
               services.registry.models().get(call.tenant(), call.part("model")));
    return change_model(services, call, std::move(body), before);
}

Result<http::Response> patch_model(Services& services, const Call& call) {
    TRY_ASSIGN(const json::value patch, call.body());
    TRY_ASSIGN(const ThingModel before,
               services.registry.models().get(call.tenant(), call.part("model")));
    json::value body = show(before);
    merge_patch(body, patch);
    return change_model(services, call, std::move(body), before);
}

Result<http::Response> remove_model(Services& services, const Call& call) {
    TRY_ASSIGN(const auto expected, call.expected_version());
    TRY(services.registry.models().remove(call.tenant(), call.part("model"), expected));
    return no_content();
}

}  // namespace

void add_model_routes(std::vector<Route>& out) {
    using enum http::Method;
    constexpr std::string_view tag = "Models";
    out.push_back({.method = Get,
                   .path = "/v1/models",
                   .id = "listModels",
                   .tag = tag,
                   .summary = "Thing models (物模型)",
                   .permission = "models:read",
                   .handle = list_models,
                   .query = with_paging(),
                   .response = "ModelPage"});
    out.push_back({.method = Post,
                   .path = "/v1/models",
                   .id = "createModel",
                   .tag = tag,
                   .summary = "Make a thing model",
                   .permission = "models:write",
                   .handle = create_model,
                   .request = "NewModel",
                   .response = "Model",
                   .success = 201,
                   .audited = true});
    out.push_back(
        {.method = Get,
         .path = "/v1/models/{model}",
         .id = "getModel",
         .tag = tag,
         .summary = "One model, by id or key",
         .permission = "models:read",
         .handle = read_model,
         .query = {{"resolved", "boolean", "With everything that it inherits and mixes in."}},
         .response = "Model"});
    out.push_back({.method = Put,
                   .path = "/v1/models/{model}",
                   .id = "replaceModel",
                   .tag = tag,
                   .summary = "Change a model; its assets follow",
                   .permission = "models:write",
                   .handle = replace_model,
                   .request = "NewModel",
                   .response = "Model",
                   .audited = true,
                   .about =
                       "New properties get points on every asset of the model; removed ones lose "
                       "theirs, unless a tag is bound."});
    out.push_back({.method = Patch,
                   .path = "/v1/models/{model}",
                   .id = "patchModel",
                   .tag = tag,
                   .summary = "Change parts of a model (RFC 7396)",
                   .permission = "models:write",
                   .handle = patch_model,
                   .request = "Patch",
                   .response = "Model",
                   .audited = true});
    out.push_back({.method = Delete,
                   .path = "/v1/models/{model}",
                   .id = "removeModel",
                   .tag = tag,
                   .summary = "Remove a model that nothing uses",
                   .permission = "models:write",
                   .handle = remove_model,
                   .success = 204,
                   .audited = true});
}

}  // namespace gantry::api
