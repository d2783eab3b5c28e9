// SPDX-License-Identifier: Apache-2.0
// The asset tree.
#include "api/entities_json.h"
#include "api/route.h"

namespace gantry::api {
namespace {

Result<http::Response> list_assets(Services& services, const Call& call) {
    TRY_ASSIGN(const auto page, call.page());
    registry::AssetFilter filter;
    filter.parent = call.request.parameter("parent");
    filter.under = call.request.parameter("under").value_or("");
    filter.model = call.request.parameter("model").value_or("");
    filter.search = call.request.parameter("search").value_or("");
    TRY_ASSIGN(const auto assets, services.registry.assets().list(call.tenant(), filter, page));
    return page_answer(assets, [&](const registry::AssetItem& item) {
        return call.context.may("assets:read", item.asset.path)
                   ? std::optional(show(item.asset, item.has_children))
                   : std::nullopt;
    });
}

// The asset of the path, if the principal has the permission on it.
Result<registry::AssetItem> asset_for(Services& services, const Call& call,
                                      std::string_view permission) {
    const std::string& reference = call.part("asset");
    TRY_ASSIGN(auto item, services.registry.assets().get(call.tenant(), reference));
    TRY(call.require(permission, item.asset.path, "asset '" + reference + "'"));
    return item;
}

Result<http::Response> read_asset(Services& services, const Call& call) {
    TRY_ASSIGN(const auto item, asset_for(services, call, "assets:read"));
    return item_answer(show(item.asset, item.has_children), item.asset.stamp);
}

// Where an asset is put counts too, not only where it was.
Result<> may_be_at(Services& services, const Call& call, const Asset& asset) {
    std::string path = asset.key;
    if (!asset.parent.empty()) {
        const auto parent = services.registry.assets().get(call.tenant(), asset.parent.text());
        if (!parent) {
            return bad_field("/parent", parent.error().message);
        }
        path = parent->asset.path + "/" + asset.key;
    }
    return call.require("assets:write", path, "the place '" + path + "'");
}

Result<http::Response> create_asset(Services& services, const Call& call) {
    TRY_ASSIGN(const json::value body, call.body());
    Asset asset;
    TRY(read(body, asset));
    TRY(may_be_at(services, call, asset));
    TRY_ASSIGN(asset, services.registry.assets().create(call.tenant(), asset));
    return item_answer(show(asset, false), asset.stamp, 201);
}

Result<http::Response> change_asset(Services& services, const Call& call, const json::value& body,
                                    const registry::AssetItem& before) {
    TRY_ASSIGN(const auto expected, call.expected_version());
    Asset asset;
    TRY(read(body, asset));
    TRY(may_be_at(services, call, asset));
    asset.id = before.asset.id;
    TRY_ASSIGN(asset, services.registry.assets().update(call.tenant(), asset, expected));
    return item_answer(show(asset, before.has_children), asset.stamp);
}

Result<http::Response> replace_asset(Services& services, const Call& call) {
    TRY_ASSIGN(const json::value body, call.body());
    TRY_ASSIGN(const auto before, asset_for(services, call, "assets:write"));
    return change_asset(services, call, body, before);
}

Result<http::Response> patch_asset(Services& services, const Call& call) {
    TRY_ASSIGN(const json::value patch, call.body());
    TRY_ASSIGN(const auto before, asset_for(services, call, "assets:write"));
    json::value body = show(before.asset, before.has_children);
    merge_patch(body, patch);
    return change_asset(services, call, body, before);
}

Result<http::Response> remove_asset(Services& services, const Call& call) {
    TRY_ASSIGN(const auto expected, call.expected_version());
    TRY_ASSIGN(const auto recursive, call.flag("recursive"));
    TRY_ASSIGN(const auto item, asset_for(services, call, "assets:write"));
    TRY(services.registry.assets().remove(call.tenant(), item.asset.id.text(),
                                          recursive.value_or(false), expected));
    return no_content();
}

}  // namespace

void add_asset_routes(std::vector<Route>& out) {
    using enum http::Method;
    constexpr std::string_view tag = "Assets";
    out.push_back(
        {.method = Get,
         .path = "/v1/assets",
         .id = "listAssets",
         .tag = tag,
         .summary = "Assets, in order of their paths",
         .permission = "assets:read",
         .handle = list_assets,
         .query = with_paging({{"parent", "string",
                                "Only children of this asset (id or path); empty for the roots."},
                               {"under", "string", "Only assets below this path."},
                               {"model", "string", "Only assets of this model (id or key)."},
                               {"search", "string", "Part of the path or name."}}),
         .response = "AssetPage"});
    out.push_back({.method = Post,
                   .path = "/v1/assets",
                   .id = "createAsset",
                   .tag = tag,
                   .summary = "Add an asset, with the points of its model",
                   .permission = "assets:write",
                   .handle = create_asset,
                   .request = "NewAsset",
                   .response = "Asset",
                   .success = 201,
                   .audited = true});
    out.push_back({.method = Get,
                   .path = "/v1/assets/{asset}",
                   .id = "getAsset",
                   .tag = tag,
                   .summary = "One asset, by id or path (percent-encoded)",
                   .permission = "assets:read",
                   .handle = read_asset,
                   .response = "Asset"});
    out.push_back(
        {.method = Put,
         .path = "/v1/assets/{asset}",
         .id = "replaceAsset",
         .tag = tag,
         .summary = "Change or move an asset",
         .permission = "assets:write",
         .handle = replace_asset,
         .request = "NewAsset",
         .response = "Asset",
         .audited = true,
         .about = "Another key or parent moves it with all below; ids and history stay."});
    out.push_back({.method = Patch,
                   .path = "/v1/assets/{asset}",
                   .id = "patchAsset",
                   .tag = tag,
                   .summary = "Change parts of an asset (RFC 7396)",
                   .permission = "assets:write",
                   .handle = patch_asset,
                   .request = "Patch",
                   .response = "Asset",
                   .audited = true});
    out.push_back({.method = Delete,
                   .path = "/v1/assets/{asset}",
                   .id = "removeAsset",
                   .tag = tag,
                   .summary = "Remove an asset and its points",
                   .permission = "assets:write",
                   .handle = remove_asset,
                   .query = {{"recursive", "boolean", "Also all assets below it."}},
                   .success = 204,
                   .audited = true});
}

}  // namespace gantry::api
