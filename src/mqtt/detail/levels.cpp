// SPDX-License-Identifier: Apache-2.0
#include "mqtt/detail/levels.h"

#include <xxhash.h>

#include "base/assert.h"

namespace gantry::mqtt::detail {

std::uint32_t Levels::hash_of(std::string_view text) const {
    return static_cast<std::uint32_t>(XXH3_64bits_withSeed(text.data(), text.size(), seed_));
}

LevelId Levels::find(std::uint32_t hash, std::string_view text) const {
    return table_.find(hash, [&](LevelId level) { return entries_[level].text == text; });
}

LevelId Levels::find(std::string_view text) const { return find(hash_of(text), text); }

LevelId Levels::acquire(std::string_view text) {
    const std::uint32_t hash = hash_of(text);
    LevelId level = find(hash, text);
    if (level == none) {
        if (free_.empty()) {
            level = static_cast<LevelId>(entries_.size());
            entries_.emplace_back();
        } else {
            level = free_.back();
            free_.pop_back();
        }
        entries_[level].text = text;
        table_.add(hash, level);
    }
    ++entries_[level].users;
    return level;
}

void Levels::release(LevelId level) {
    Entry& entry = entries_[level];
    ASSERT(entry.users > 0);
    if (--entry.users == 0) {
        table_.remove(hash_of(entry.text), level);
        entry.text = std::string();
        free_.push_back(level);
    }
}

std::size_t Levels::bytes() const {
    constexpr std::size_t inside = 15;  // what a string keeps in itself
    std::size_t texts = 0;
    for (const Entry& entry : entries_) {
        texts += entry.text.capacity() > inside ? entry.text.capacity() + 1 : 0;
    }
    return texts + table_.bytes() + entries_.capacity() * sizeof(Entry) +
           free_.capacity() * sizeof(LevelId);
}

}  // namespace gantry::mqtt::detail
