// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "lineprotocol/detail/arena.h"
#include "lineprotocol/detail/places.h"
#include "model/sample_batch.h"

namespace gantry::lineprotocol {

class LineParser;

// Which series the fields of a line are, by the bytes of the line: for each measurement with its
// tags, as they stand, the fields that came with them, in the order in which they came. Whoever
// sends lines sends the same ones again and again: the next line is most often the one that
// followed this one last time, with the same fields.
//
// One for each set of series that keys name (a tenant), to be used by one parser at a time; it may
// outlive parsers, and should. When it has grown to bytes_max it forgets everything and starts
// over.
class SeriesCache {
public:
    // The series of a key (series_key.h), made if there is none. An error refuses the line that
    // asked, no other: Conflict when the series has another type.
    using Resolve = std::function<Result<SeriesId>(std::string_view key, ValueType type)>;

    static constexpr std::size_t bytes_max_usual = std::size_t{64} << 20;

    SeriesCache(Random& random, Resolve resolve, std::size_t bytes_max = bytes_max_usual);
    SeriesCache(const SeriesCache&) = delete;
    SeriesCache& operator=(const SeriesCache&) = delete;

    // Forgets everything: series may be others from now on.
    void clear();

    std::size_t bytes() const;
    std::uint64_t started_over() const { return started_over_; }  // times that it was full

private:
    friend class LineParser;

    // A field's name with its '=', as it stands in lines.
    struct Name {
        std::string_view text;
        std::uint32_t number = 0;
    };
    struct Field {
        SeriesId series;
        std::uint32_t name = 0;
        ValueType type = ValueType::Null;
    };
    // Measurement and tags with the space behind them. Text and fields lie behind it in memory.
    struct Prefix {
        const char* text = nullptr;
        Field* fields = nullptr;
        Prefix* next = nullptr;  // whose line followed
        std::uint32_t text_bytes = 0;
        std::uint32_t field_count = 0;
        std::uint32_t field_room = 0;
    };

    Result<SeriesId> resolve(std::string_view key, ValueType type) { return resolve_(key, type); }
    // To be called between lines: it may start over.
    void make_room();
    // Null when that line is not known to be followed by another.
    Prefix* expected() const { return last_ == nullptr ? nullptr : last_->next; }
    Prefix* find(std::string_view text) const;
    // One that is not there yet.
    Prefix& add(std::string_view text, std::size_t fields);
    // Null when the prefix has not had that field. Looks from the field of the number `from` on.
    const Field* find_field(const Prefix& prefix, std::string_view name, ValueType type,
                            std::size_t from) const;
    void add_field(Prefix& prefix, std::string_view name, ValueType type, SeriesId series);
    std::string_view name(const Field& field) const { return names_[field.name]; }
    // A line of that prefix was taken.
    void took(Prefix& prefix) {
        if (last_ != nullptr) {
            last_->next = &prefix;
        }
        last_ = &prefix;
    }
    std::uint64_t hash_of(std::string_view text) const;
    std::string_view keep(std::string_view text, char behind);

    Resolve resolve_;
    const std::size_t bytes_max_;
    std::array<std::byte, 192> secret_;  // of the hash: clients choose what is hashed
    detail::Arena arena_;
    detail::Places<Prefix> prefixes_;
    detail::Places<Name> name_places_;
    std::vector<std::string_view> names_;
    Prefix* last_ = nullptr;
    std::uint64_t started_over_ = 0;
};

}  // namespace gantry::lineprotocol
