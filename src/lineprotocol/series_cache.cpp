// SPDX-License-Identifier: Apache-2.0
#include "lineprotocol/series_cache.h"

#include <xxhash.h>

#include <algorithm>
#include <new>

namespace gantry::lineprotocol {

SeriesCache::SeriesCache(Random& random, Resolve resolve, std::size_t bytes_max)
    : resolve_(std::move(resolve)), bytes_max_(bytes_max), secret_() {
    static_assert(sizeof(secret_) >= XXH3_SECRET_SIZE_MIN);
    random.fill(secret_);
}

void SeriesCache::clear() {
    arena_.clear();
    prefixes_.clear();
    name_places_.clear();
    names_.clear();
    last_ = nullptr;
}

std::size_t SeriesCache::bytes() const {
    return arena_.bytes() + prefixes_.bytes() + name_places_.bytes() +
           names_.capacity() * sizeof(std::string_view);
}

void SeriesCache::make_room() {
    if (bytes() > bytes_max_) {
        clear();
        ++started_over_;
    }
}

SeriesCache::Prefix* SeriesCache::find(std::string_view text) const {
    return prefixes_.find(hash_of(text), [text](const Prefix& prefix) {
        return std::string_view(prefix.text, prefix.text_bytes - 1) == text;
    });
}

SeriesCache::Prefix& SeriesCache::add(std::string_view text, std::size_t fields) {
    auto* prefix = new (arena_.allocate(sizeof(Prefix))) Prefix;
    const std::string_view kept = keep(text, ' ');
    prefix->text = kept.data();
    prefix->text_bytes = static_cast<std::uint32_t>(kept.size());
    prefix->fields = reinterpret_cast<Field*>(arena_.allocate(fields * sizeof(Field)));
    prefix->field_room = static_cast<std::uint32_t>(fields);
    prefixes_.add(hash_of(text), prefix);
    return *prefix;
}

const SeriesCache::Field* SeriesCache::find_field(const Prefix& prefix, std::string_view name,
                                                  ValueType type, std::size_t from) const {
    const Name* known = name_places_.find(hash_of(name), [name](const Name& other) {
        return other.text.substr(0, other.text.size() - 1) == name;
    });
    if (known == nullptr) {
        return nullptr;
    }
    const std::size_t count = prefix.field_count;
    for (std::size_t i = from; i < from + count; ++i) {
        const Field& field = prefix.fields[i < count ? i : i - count];
        if (field.name == known->number && field.type == type) {
            return &field;
        }
    }
    return nullptr;
}

void SeriesCache::add_field(Prefix& prefix, std::string_view name, ValueType type,
                            SeriesId series) {
    const std::uint64_t hash = hash_of(name);
    const Name* known = name_places_.find(hash, [name](const Name& other) {
        return other.text.substr(0, other.text.size() - 1) == name;
    });
    if (known == nullptr) {
        auto* made = new (arena_.allocate(sizeof(Name)))
            Name{keep(name, '='), static_cast<std::uint32_t>(names_.size())};
        names_.push_back(made->text);
        name_places_.add(hash, made);
        known = made;
    }
    if (prefix.field_count == prefix.field_room) {
        const std::size_t room = 2 * std::size_t{prefix.field_room} + 1;
        auto* fields = reinterpret_cast<Field*>(arena_.allocate(room * sizeof(Field)));
        std::copy_n(prefix.fields, prefix.field_count, fields);
        prefix.fields = fields;
        prefix.field_room = static_cast<std::uint32_t>(room);
    }
    new (prefix.fields + prefix.field_count++) Field{series, known->number, type};
}

std::uint64_t SeriesCache::hash_of(std::string_view text) const {
    return XXH3_64bits_withSecret(text.data(), text.size(), secret_.data(), secret_.size());
}

std::string_view SeriesCache::keep(std::string_view text, char behind) {
    // It is compared word by word, so that the last word has to be there whole.
    auto* kept = reinterpret_cast<char*>(arena_.allocate(text.size() + 1 + 8));
    std::ranges::copy(text, kept);
    kept[text.size()] = behind;
    return {kept, text.size() + 1};
}

}  // namespace gantry::lineprotocol
