// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "journal/journal.h"
#include "store/store.h"

namespace gantry::store {

// Names and types of all series, in memory, and in a journal of its own that is never released. An
// id is permanent and never given out twice. Any thread.
class Catalogue {
public:
    static Result<std::unique_ptr<Catalogue>> open(Disk& disk, const std::string& folder,
                                                   Random& random, Log& log,
                                                   const StoreOptions& options);

    Result<SeriesId> make(std::string_view key, ValueType type);
    std::optional<SeriesInfo> find(std::string_view key) const;
    // Null for an id that was never given out.
    ValueType type(SeriesId id) const;
    std::uint64_t size() const;

    // Makes all that was made durable; cheap when nothing was.
    Result<> commit();
    Result<> prepare() { return journal_->prepare(); }

private:
    struct KeyHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view key) const {
            return std::hash<std::string_view>{}(key);
        }
    };

    explicit Catalogue(std::uint64_t series_max) : series_max_(series_max) {}
    Result<> replay(const journal::Record& record);

    const std::uint64_t series_max_;
    std::unique_ptr<journal::Journal> journal_;
    mutable std::shared_mutex mutex_;
    std::unordered_map<std::string, SeriesId, KeyHash, std::equal_to<>> ids_;
    std::vector<ValueType> types_;  // by id
};

}  // namespace gantry::store
