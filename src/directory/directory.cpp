// SPDX-License-Identifier: Apache-2.0
#include "directory/directory.h"

#include <mutex>

namespace gantry::directory {

Result<std::unique_ptr<Directory>> Directory::open(registry::Registry& registry,
                                                   store::Store& store, Log& log) {
    std::unique_ptr<Directory> out(new Directory(registry, store, log));
    // Listening first: a change between reading and listening would be lost the other way round.
    registry.changes().listen([self = out.get()](const std::vector<registry::Change>& changes) {
        self->follow(changes);
    });
    TRY_ASSIGN(auto points, registry.points().all());
    for (auto& [tenant, point] : points) {
        TRY_ASSIGN(const PointRef entry, out->make_entry(tenant, std::move(point)));
        out->insert(entry);
    }
    log.info("directory", "opened", {{"points", out->size()}});
    return out;
}

Result<PointRef> Directory::make_entry(const TenantId& tenant, Point point) {
    TRY_ASSIGN(const SeriesId series, store_.make_series(point.id.text(), point.property.type));
    TRY(store_.set_time_to_live(series, point.property.retention));
    return std::make_shared<const PointEntry>(PointEntry{tenant, std::move(point), series});
}

void Directory::insert(const PointRef& entry) {
    const std::unique_lock lock(mutex_);
    TenantPoints& points = tenants_[entry->tenant.text()];
    if (const auto old = points.by_id.find(entry->point.id.text()); old != points.by_id.end()) {
        points.by_path.erase(old->second->point.path);
    }
    points.by_id[entry->point.id.text()] = entry;
    points.by_path[entry->point.path] = entry;
    if (by_series_.size() <= entry->series.value) {
        by_series_.resize(std::size_t{entry->series.value} + 1);
    }
    by_series_[entry->series.value] = entry;
}

void Directory::erase(const TenantId& tenant, const std::string& id) {
    const std::unique_lock lock(mutex_);
    TenantPoints& points = tenants_[tenant.text()];
    const auto found = points.by_id.find(id);
    if (found == points.by_id.end()) {
        return;
    }
    by_series_[found->second->series.value].reset();
    points.by_path.erase(found->second->point.path);
    points.by_id.erase(found);
}

void Directory::follow(const std::vector<registry::Change>& changes) {
    for (const registry::Change& change : changes) {
        if (change.kind != registry::EntityKind::Point) {
            continue;
        }
        PointRef entry;
        auto point = registry_.points().get(change.tenant, change.id);
        if (point) {
            auto made = make_entry(change.tenant, std::move(*point));
            if (!made) {
                // Such as the limit on series: the point is there but takes no samples.
                log_.error("directory", "point without a series",
                           {{"point", change.id}, {"detail", made.error().message}});
                continue;
            }
            entry = *made;
            insert(entry);
        } else {
            erase(change.tenant, change.id);
        }
        version_.fetch_add(1, std::memory_order_release);
        std::vector<Listener> listeners;
        {
            const std::shared_lock lock(mutex_);
            listeners = listeners_;
        }
        for (const Listener& listener : listeners) {
            listener(PointId(change.id), entry);
        }
    }
}

PointRef Directory::find(const TenantId& tenant, std::string_view reference) const {
    const std::shared_lock lock(mutex_);
    const auto points = tenants_.find(tenant.text());
    if (points == tenants_.end()) {
        return nullptr;
    }
    if (const auto by_path = points->second.by_path.find(reference);
        by_path != points->second.by_path.end()) {
        return by_path->second;
    }
    const auto by_id = points->second.by_id.find(std::string(reference));
    return by_id == points->second.by_id.end() ? nullptr : by_id->second;
}

PointRef Directory::find(SeriesId series) const {
    const std::shared_lock lock(mutex_);
    return series.value < by_series_.size() ? by_series_[series.value] : nullptr;
}

std::vector<PointRef> Directory::under(const TenantId& tenant, const std::string& path) const {
    const std::shared_lock lock(mutex_);
    std::vector<PointRef> out;
    const auto points = tenants_.find(tenant.text());
    if (points == tenants_.end()) {
        return out;
    }
    const auto& by_path = points->second.by_path;
    for (auto at = by_path.lower_bound(path); at != by_path.end(); ++at) {
        if (!at->first.starts_with(path)) {
            break;
        }
        if (security::path_covers(path, at->first)) {
            out.push_back(at->second);
        }
    }
    return out;
}

std::size_t Directory::size() const {
    const std::shared_lock lock(mutex_);
    std::size_t count = 0;
    for (const auto& [tenant, points] : tenants_) {
        count += points.by_id.size();
    }
    return count;
}

void Directory::listen(Listener listener) {
    const std::unique_lock lock(mutex_);
    listeners_.push_back(std::move(listener));
}

}  // namespace gantry::directory
