// SPDX-License-Identifier: Apache-2.0
// Points, and their latest values.
#include "api/entities_json.h"
#include "api/point_access.h"
#include "api/route.h"
#include "query/history.h"

namespace gantry::api {
namespace {

Result<http::Response> list_points(Services& services, const Call& call) {
    TRY_ASSIGN(const auto page, call.page());
    registry::PointFilter filter;
    filter.under = call.request.parameter("under").value_or("");
    filter.search = call.request.parameter("search").value_or("");
    if (const auto asset = call.request.parameter("asset")) {
        TRY_ASSIGN(const auto item, services.registry.assets().get(call.tenant(), *asset));
        filter.asset = item.asset.id.text();
    }
    TRY_ASSIGN(const auto points, services.registry.points().list(call.tenant(), filter, page));
    return page_answer(points, [&](const Point& point) {
        return call.context.may("points:read", point.path) ? std::optional(show(point))
                                                           : std::nullopt;
    });
}

Result<Point> point_for(Services& services, const Call& call, std::string_view permission) {
    const std::string& reference = call.part("point");
    TRY_ASSIGN(Point point, services.registry.points().get(call.tenant(), reference));
    TRY(call.require(permission, point.path, "point '" + reference + "'"));
    return point;
}

Result<http::Response> read_point(Services& services, const Call& call) {
    TRY_ASSIGN(const Point point, point_for(services, call, "points:read"));
    return item_answer(show(point), point.stamp);
}

Result<http::Response> create_point(Services& services, const Call& call) {
    TRY_ASSIGN(json::value body, call.body());
    if (!body.is_object()) {
        return bad_field("/", "must be an object");
    }
    const json::value* asset_field = body.as_object().if_contains("asset");
    if (asset_field == nullptr || !asset_field->is_string()) {
        return bad_field("/asset", "is required: the id or path of an asset");
    }
    const std::string asset(asset_field->as_string());
    body.as_object().erase("asset");
    Property property;
    TRY(read_entity(body, property, ""));
    TRY_ASSIGN(const auto owner, services.registry.assets().get(call.tenant(), asset));
    TRY(call.require("points:write", owner.asset.path, "asset '" + asset + "'"));
    TRY_ASSIGN(const Point point,
               services.registry.points().create(call.tenant(), owner.asset.id.text(), property));
    return item_answer(show(point), point.stamp, 201);
}

Result<http::Response> patch_point(Services& services, const Call& call) {
    TRY_ASSIGN(const json::value patch, call.body());
    TRY_ASSIGN(const auto expected, call.expected_version());
    TRY_ASSIGN(const Point before, point_for(services, call, "points:write"));
    json::value body = to_json(before.property);
    merge_patch(body, patch);
    Property property;
    TRY(read_entity(body, property, ""));
    TRY_ASSIGN(const Point point, services.registry.points().update(call.tenant(), before.id.text(),
                                                                    property, expected));
    return item_answer(show(point), point.stamp);
}

Result<http::Response> remove_point(Services& services, const Call& call) {
    TRY_ASSIGN(const auto expected, call.expected_version());
    TRY_ASSIGN(const Point point, point_for(services, call, "points:write"));
    TRY(services.registry.points().remove(call.tenant(), point.id.text(), expected));
    return no_content();
}

bool wants_code(const Call& call) { return call.request.parameter("quality") == "code"; }

// The latest value is asked for most often of all: it is written without a tree of JSON values.
void write_latest(std::string& out, const directory::PointEntry& entry,
                  const std::optional<Sample>& sample, bool with_code) {
    JsonWriter json(out);
    json.begin_object().field("point", entry.point.path);
    if (sample) {
        json.field("time", format_time(sample->time)).key("value");
        write_value(json, sample->value);
        json.field("quality", severity_name(sample->quality.severity()));
        if (with_code) {
            json.field("quality_code", sample->quality.code);
        }
    } else {
        json.key("value").null().field("quality", "bad");
        if (with_code) {
            json.field("quality_code", quality::bad_waiting_for_initial_data.code);
        }
    }
    json.end_object();
}

Async<http::Response> read_latest(Services& services, const Call& call) {
    CO_TRY_ASSIGN(const auto entry, find_point(services, call, call.part("point"), "samples:read"));
    CO_TRY_ASSIGN(const auto sample, query::latest(services.store, entry->series));
    std::string body;
    write_latest(body, *entry, sample, wants_code(call));
    co_return http::Response::text(200, "application/json", std::move(body));
}

Async<http::Response> post_latest(Services& services, const Call& call) {
    CO_TRY_ASSIGN(const json::value question, call.body());
    std::vector<std::string> references;
    std::string under;
    ObjectReader in(question, "");
    in.optional("points", references);
    in.optional("under", under);
    CO_TRY(in.finish());
    CO_TRY_ASSIGN(const auto points, select_points(services, call, references, under));
    std::string body = "{\"items\":[";
    const bool with_code = wants_code(call);
    for (std::size_t i = 0; i < points.size(); ++i) {
        CO_TRY_ASSIGN(const auto sample, query::latest(services.store, points[i]->series));
        body += i == 0 ? "" : ",";
        write_latest(body, *points[i], sample, with_code);
    }
    body += "]}";
    co_return http::Response::text(200, "application/json", std::move(body));
}

}  // namespace

void add_point_routes(std::vector<Route>& out) {
    using enum http::Method;
    constexpr std::string_view tag = "Points";
    const QueryParameter quality{"quality", "string",
                                 "\"code\" adds the OPC UA status code beside the word."};
    out.push_back({.method = Get,
                   .path = "/v1/points",
                   .id = "listPoints",
                   .tag = tag,
                   .summary = "Points (测点), in order of their paths",
                   .permission = "points:read",
                   .handle = list_points,
                   .query = with_paging({{"under", "string", "Only points below this path."},
                                         {"asset", "string", "Only those of this asset itself."},
                                         {"search", "string", "Part of the path or name."}}),
                   .response = "PointPage"});
    out.push_back({.method = Post,
                   .path = "/v1/points",
                   .id = "createPoint",
                   .tag = tag,
                   .summary = "Add a point to an asset, beside those of its model",
                   .permission = "points:write",
                   .handle = create_point,
                   .request = "NewPoint",
                   .response = "Point",
                   .success = 201,
                   .audited = true});
    out.push_back({.method = Get,
                   .path = "/v1/points/{point}",
                   .id = "getPoint",
                   .tag = tag,
                   .summary = "One point, by id or path (percent-encoded)",
                   .permission = "points:read",
                   .handle = read_point,
                   .response = "Point"});
    out.push_back({.method = Patch,
                   .path = "/v1/points/{point}",
                   .id = "patchPoint",
                   .tag = tag,
                   .summary = "Change name, unit, range or access",
                   .permission = "points:write",
                   .handle = patch_point,
                   .request = "Patch",
                   .response = "Point",
                   .audited = true});
    out.push_back({.method = Delete,
                   .path = "/v1/points/{point}",
                   .id = "removePoint",
                   .tag = tag,
                   .summary = "Remove a point that is not of a model",
                   .permission = "points:write",
                   .handle = remove_point,
                   .success = 204,
                   .audited = true});
    out.push_back({.method = Get,
                   .path = "/v1/points/{point}/latest",
                   .id = "getLatest",
                   .tag = "Samples",
                   .summary = "The latest sample of a point",
                   .permission = "samples:read",
                   .handle = read_latest,
                   .query = {quality},
                   .response = "LatestSample"});
    out.push_back({.method = Post,
                   .path = "/v1/latest",
                   .id = "postLatest",
                   .tag = "Samples",
                   .summary = "The latest samples of many points",
                   .permission = "samples:read",
                   .handle = post_latest,
                   .query = {quality},
                   .request = "PointSelection",
                   .response = "LatestSamples"});
}

}  // namespace gantry::api
