// SPDX-License-Identifier: Apache-2.0
#include "opcua/picture.h"

#include <algorithm>
#include <set>

namespace gantry::opcua {
namespace {

Result<std::vector<Picture::Model>> read_models(registry::Models& models, const TenantId& tenant) {
    std::vector<ThingModel> found;
    registry::PageRequest request{.limit = registry::page_limit_max, .after = {}};
    do {
        TRY_ASSIGN(auto page, models.list(tenant, request));
        std::ranges::move(page.items, std::back_inserter(found));
        request.after = page.next;
    } while (!request.after.empty());

    std::map<ModelId, std::set<std::string>> keys;  // of all that a model has
    std::vector<Picture::Model> out;
    while (!found.empty()) {
        std::vector<ThingModel> later;
        for (ThingModel& model : found) {
            const bool rooted = model.parent.empty();
            if (!rooted && !keys.contains(model.parent)) {
                later.push_back(std::move(model));
                continue;
            }
            TRY_ASSIGN(auto resolved, models.resolve(tenant, model.id));
            std::set<std::string>& all = keys[model.id];
            Picture::Model item;
            for (Property& property : resolved.properties) {
                all.insert(property.key);
                if (rooted || !keys[model.parent].contains(property.key)) {
                    item.own.push_back(std::move(property));
                }
            }
            item.model = std::move(model);
            out.push_back(std::move(item));
        }
        if (later.size() == found.size()) {
            break;  // their parents went while this was read; the next picture has it right
        }
        found = std::move(later);
    }
    return out;
}

}  // namespace

Result<Picture> read_picture(registry::Registry& registry, const directory::Directory& directory,
                             const TenantId& tenant) {
    Picture out;
    TRY_ASSIGN(out.models, read_models(registry.models(), tenant));
    registry::PageRequest request{.limit = registry::page_limit_max, .after = {}};
    do {
        TRY_ASSIGN(auto page, registry.assets().list(tenant, {}, request));
        for (registry::AssetItem& item : page.items) {
            out.assets.push_back(std::move(item.asset));
        }
        request.after = page.next;
    } while (!request.after.empty());
    std::ranges::sort(out.assets, {}, &Asset::path);
    out.points = directory.under(tenant, "");
    return out;
}

}  // namespace gantry::opcua
