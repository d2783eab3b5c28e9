// SPDX-License-Identifier: Apache-2.0
#include "labels/line_caches.h"

#include <algorithm>

#include "lineprotocol/series_key.h"

namespace gantry::labels {
namespace {

constexpr std::size_t cache_bytes_max = std::size_t{64} << 20;

std::string with_database(std::string_view key, const std::string& database) {
    const lineprotocol::SeriesName name = lineprotocol::split_series_key(key);
    std::vector<lineprotocol::Tag> tags;
    for (const auto& [tag, value] : name.tags) {
        tags.push_back({tag, value});
    }
    const bool has_one =
        std::ranges::any_of(tags, [](const auto& tag) { return tag.name == "db"; });
    if (!has_one) {
        tags.push_back({"db", database});
    }
    return lineprotocol::series_key(name.measurement, tags, name.field);
}

}  // namespace

std::unique_ptr<lineprotocol::SeriesCache> LineCaches::make(const TenantId& tenant,
                                                            const std::string& database,
                                                            Permit permit) {
    return std::make_unique<lineprotocol::SeriesCache>(
        random_,
        [this, tenant, database, permit = std::move(permit)](std::string_view key,
                                                             ValueType type) -> Result<SeriesId> {
            if (permit) {
                TRY(permit(measurement_of(key)));
            }
            return database.empty() ? index_.make(tenant, key, type)
                                    : index_.make(tenant, with_database(key, database), type);
        },
        cache_bytes_max);
}

LineCaches::Lease LineCaches::take(const TenantId& tenant, const std::string& database) {
    std::string name = tenant.text() + "/" + database;
    {
        const std::lock_guard lock(mutex_);
        const auto found = std::ranges::find(kept_, name, &Kept::name);
        if (found != kept_.end()) {
            auto cache = std::move(found->cache);
            kept_.erase(found);
            return Lease(this, std::move(name), std::move(cache));
        }
    }
    return Lease(this, std::move(name), make(tenant, database, {}));
}

LineCaches::Lease LineCaches::take(const TenantId& tenant, const std::string& database,
                                   Permit permit) {
    return Lease(nullptr, {}, make(tenant, database, std::move(permit)));
}

void LineCaches::announce(const TenantId& tenant, const std::string& database) {
    const std::lock_guard lock(mutex_);
    if (announced_.size() < announced_max) {
        announced_.emplace(tenant.text(), database);
    }
}

std::set<std::string> LineCaches::announced(const TenantId& tenant) const {
    const std::lock_guard lock(mutex_);
    std::set<std::string> out;
    for (const auto& [whose, database] : announced_) {
        if (whose == tenant.text()) {
            out.insert(database);
        }
    }
    return out;
}

void LineCaches::give_back(std::string name, std::unique_ptr<lineprotocol::SeriesCache> cache) {
    std::unique_ptr<lineprotocol::SeriesCache> oldest;  // goes without the lock
    const std::lock_guard lock(mutex_);
    kept_.push_back({std::move(name), std::move(cache)});
    if (kept_.size() > kept_max) {
        oldest = std::move(kept_.front().cache);
        kept_.pop_front();
    }
}

}  // namespace gantry::labels
