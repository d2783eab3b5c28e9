// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "labels/label_set.h"
#include "model/entities.h"
#include "store/store.h"

namespace gantry::labels {

// Which series of a tenant are meant: those whose label of that name has a value that is accepted.
// A series without the label has it with the value "", as Prometheus sees it.
struct LabelTest {
    std::string name;
    std::function<bool(std::string_view)> accepts;
    // When it is not empty, only these values are accepted: they are looked up instead of trying
    // all.
    std::vector<std::string> only = {};
};

LabelTest label_is(std::string name, std::string value);

// How many series by labels a tenant may have. A failure refuses the new series.
using SeriesQuota = std::function<Result<std::uint64_t>(const TenantId&)>;

// Series that are known by a name and labels, and not by a point of an asset: what line protocol
// and remote write bring. They are series of the store whose keys begin with "l:" and the tenant;
// the store's catalogue is all that is kept of them, and this is an index over it in memory, which
// catches up with the catalogue when it is asked. Any thread.
class LabelIndex {
public:
    // The quota is asked once a second at most. Without one there is no limit but the store's.
    LabelIndex(store::Store& store, const Clock& clock, SeriesQuota quota)
        : store_(store), clock_(clock), quota_(std::move(quota)) {}

    // The series of that key (lineprotocol/series_key.h), made if there is none. Conflict when it
    // has another type: the message says which. QuotaExceeded: the tenant may not have more.
    // RateLimited: the store takes no more.
    Result<SeriesId> make(const TenantId& tenant, std::string_view key, ValueType type);

    struct Found {
        SeriesId id;
        std::string_view key;  // lineprotocol/series_key.h; good for the store's life
    };
    // Series that pass all tests, in the order in which they were made. TooLarge: more than `most`.
    Result<std::vector<Found>> select(const TenantId& tenant, std::span<const LabelTest> tests,
                                      std::size_t most);
    std::vector<std::string> names(const TenantId& tenant);
    // Of all series of the tenant; sorted.
    std::vector<std::string> values(const TenantId& tenant, std::string_view name);
    std::size_t size(const TenantId& tenant);
    // Memory that the index takes, roughly.
    std::size_t bytes();

    // The key in the store, and back: empty for a series that has no labels or another tenant.
    static std::string store_key(const TenantId& tenant, std::string_view key);
    static std::string_view key_of(const TenantId& tenant, std::string_view store_key);

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>()(text);
        }
    };
    using Postings = std::vector<std::uint32_t>;  // numbers of series, ascending
    using Values = std::unordered_map<std::string, Postings, Hash, std::equal_to<>>;
    struct Tenant {
        std::vector<Found> series;
        std::unordered_map<std::string, Values, Hash, std::equal_to<>> names;
        // Of the series before: ten fields of one thing come one after the other.
        std::string_view last_tags;
        std::vector<Postings*> last_postings;
    };
    struct Limit {
        std::uint64_t most = 0;
        Duration asked{};
    };

    Result<> must_have_room(const TenantId& tenant);
    void catch_up();
    void add(Tenant& tenant, const Found& found);
    Postings& postings(Tenant& tenant, std::string_view name, std::string_view value);
    Tenant* tenant_of(const TenantId& tenant);
    static Postings passing(const Tenant& tenant, const LabelTest& test);

    store::Store& store_;
    const Clock& clock_;
    const SeriesQuota quota_;
    std::mutex making_;  // of series that count: before mutex_
    std::unordered_map<std::string, Limit> limits_;
    std::mutex mutex_;
    std::uint32_t next_ = 0;  // id in the store
    std::unordered_map<std::string, Tenant, Hash, std::equal_to<>> tenants_;
    std::size_t bytes_ = 0;
};

}  // namespace gantry::labels
