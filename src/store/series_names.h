// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "journal/journal.h"
#include "store/store.h"

namespace gantry::store {

// Keys and types of series as the catalogue on disk has them, for the tools that read a store
// without opening it.
class SeriesNames {
public:
    // Takes over what a record of the catalogue says; false if it cannot be read.
    [[nodiscard]] bool add(const journal::Record& record);

    bool has(SeriesId id) const { return type(id) != ValueType::Null; }
    // Empty for a series that has no name.
    std::string_view key(SeriesId id) const {
        return id.value < series_.size() ? std::string_view(series_[id.value].key) : "";
    }
    ValueType type(SeriesId id) const {
        return id.value < series_.size() ? series_[id.value].type : ValueType::Null;
    }
    // The key, or the number of a series that has none: "series 17, whose name is lost".
    std::string describe(SeriesId id) const;
    std::uint64_t size() const { return size_; }
    // One more than the largest id.
    std::uint64_t end() const { return series_.size(); }
    // Memory that they take here.
    std::uint64_t bytes() const;

private:
    struct Series {
        std::string key;
        ValueType type = ValueType::Null;
    };

    std::vector<Series> series_;  // by id
    std::uint64_t size_ = 0;
};

}  // namespace gantry::store
