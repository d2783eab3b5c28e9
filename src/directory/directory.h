// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "registry/registry.h"
#include "store/store.h"

namespace gantry::directory {

// A point and the series that holds its samples. Immutable: a change makes a new one.
struct PointEntry {
    TenantId tenant;
    Point point;
    SeriesId series;
};
using PointRef = std::shared_ptr<const PointEntry>;

// All points in memory, with their series: what every sample and every query asks. Follows the
// registry's change feed, so it is never behind a change that was answered, and tells the store how
// long samples of each are kept. Any thread.
class Directory {
public:
    // Reads all points. A point without a series gets one; the names become durable with the next
    // commit of the store.
    static Result<std::unique_ptr<Directory>> open(registry::Registry& registry,
                                                   store::Store& store, Log& log);

    // By id or path, within a tenant; null if there is none.
    PointRef find(const TenantId& tenant, std::string_view reference) const;
    PointRef find(SeriesId series) const;
    // The point itself when the path names one, else all points of the asset at that path and
    // below, in order of their paths. All of the tenant for "".
    std::vector<PointRef> under(const TenantId& tenant, const std::string& path) const;
    std::size_t size() const;

    // Grows with every change of a point.
    std::uint64_t version() const { return version_.load(std::memory_order_acquire); }

    // Calls back when a point was made, changed or removed (null); on the thread of the change.
    using Listener = std::function<void(const PointId&, const PointRef&)>;
    void listen(Listener listener);

private:
    struct TenantPoints {
        std::unordered_map<std::string, PointRef> by_id;
        std::map<std::string, PointRef, std::less<>> by_path;
    };

    Directory(registry::Registry& registry, store::Store& store, Log& log)
        : registry_(registry), store_(store), log_(log) {}
    Result<PointRef> make_entry(const TenantId& tenant, Point point);
    void insert(const PointRef& entry);
    void erase(const TenantId& tenant, const std::string& id);
    void follow(const std::vector<registry::Change>& changes);

    std::atomic<std::uint64_t> version_ = 1;
    registry::Registry& registry_;
    store::Store& store_;
    Log& log_;
    mutable std::shared_mutex mutex_;
    std::unordered_map<std::string, TenantPoints> tenants_;
    std::vector<PointRef> by_series_;
    std::vector<Listener> listeners_;
};

}  // namespace gantry::directory
