// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "mqtt/detail/id_table.h"

namespace gantry::mqtt::detail {

using LevelId = std::uint32_t;

// The texts of topic levels, each once, under a number. Kept as long as somebody uses it.
class Levels {
public:
    static constexpr LevelId none = IdTable::none;

    // Clients choose the texts: the seed keeps them from choosing where they lie.
    explicit Levels(Random& random) : seed_(random.number()) {}

    // none: nobody uses it.
    LevelId find(std::string_view text) const;
    // For one more user.
    LevelId acquire(std::string_view text);
    void release(LevelId level);
    std::string_view text(LevelId level) const { return entries_[level].text; }
    std::size_t bytes() const;

private:
    struct Entry {
        std::string text;
        std::uint32_t users = 0;
    };

    std::uint32_t hash_of(std::string_view text) const;
    LevelId find(std::uint32_t hash, std::string_view text) const;

    const std::uint64_t seed_;
    IdTable table_;
    std::vector<Entry> entries_;
    std::vector<LevelId> free_;
};

// The levels of a topic, front to back. An empty topic has one, which is empty.
class LevelSplit {
public:
    explicit LevelSplit(std::string_view topic) : rest_(topic) {}

    bool next(std::string_view& level) {
        if (ended_) {
            return false;
        }
        const std::size_t slash = rest_.find('/');
        level = rest_.substr(0, slash);
        ended_ = slash == std::string_view::npos;
        rest_.remove_prefix(ended_ ? rest_.size() : slash + 1);
        return true;
    }

private:
    std::string_view rest_;
    bool ended_ = false;
};

}  // namespace gantry::mqtt::detail
