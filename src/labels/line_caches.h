// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "labels/label_index.h"
#include "lineprotocol/series_cache.h"

namespace gantry::labels {

// Whether series of that measurement may be written; an error refuses the line.
using Permit = std::function<Result<>(std::string_view measurement)>;

// What parsers of lines remember from one body of text to the next, a tenant and database at a
// time. Lines of a database get the tag `db` with its name, as series of different databases are
// different; a line that has the tag itself keeps its own. Any thread.
class LineCaches {
public:
    LineCaches(LabelIndex& index, Random& random) : index_(index), random_(random) {}

    // One for a body of text; it comes back when the lease ends.
    class Lease {
    public:
        lineprotocol::SeriesCache& operator*() const { return *cache_; }
        ~Lease() {
            if (home_ != nullptr) {
                home_->give_back(std::move(name_), std::move(cache_));
            }
        }
        Lease(Lease&& other) noexcept
            : home_(std::exchange(other.home_, nullptr)),
              name_(std::move(other.name_)),
              cache_(std::move(other.cache_)) {}
        Lease& operator=(Lease&&) = delete;

    private:
        friend class LineCaches;
        Lease(LineCaches* home, std::string name, std::unique_ptr<lineprotocol::SeriesCache> cache)
            : home_(home), name_(std::move(name)), cache_(std::move(cache)) {}

        LineCaches* home_;
        std::string name_;
        std::unique_ptr<lineprotocol::SeriesCache> cache_;
    };

    // For who may write everything.
    Lease take(const TenantId& tenant, const std::string& database);
    // For who may not: forgets afterwards what was allowed.
    Lease take(const TenantId& tenant, const std::string& database, Permit permit);

    // Names of databases that a client has made and maybe not written to yet; those with series are
    // values of the label `db`. Forgotten when the program ends.
    void announce(const TenantId& tenant, const std::string& database);
    std::set<std::string> announced(const TenantId& tenant) const;

private:
    static constexpr std::size_t announced_max = 1000;
    struct Kept {
        std::string name;
        std::unique_ptr<lineprotocol::SeriesCache> cache;
    };
    static constexpr std::size_t kept_max = 8;

    std::unique_ptr<lineprotocol::SeriesCache> make(const TenantId& tenant,
                                                    const std::string& database, Permit permit);
    void give_back(std::string name, std::unique_ptr<lineprotocol::SeriesCache> cache);

    LabelIndex& index_;
    Random& random_;
    mutable std::mutex mutex_;
    std::deque<Kept> kept_;  // the latest last
    std::set<std::pair<std::string, std::string>> announced_;
};

}  // namespace gantry::labels
