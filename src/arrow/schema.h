// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace gantry::arrow {

class FlatTable;

enum class Kind : unsigned char {
    Null,
    Bool,
    Int,
    Float,
    Text,       // utf8: offsets of 32 bits
    LargeText,  // offsets of 64 bits
    TextView,   // 16 bytes a text, long ones elsewhere
    Instant,    // a timestamp or a date: a number of `unit` since 1970
};

struct Type {
    Kind kind = Kind::Null;
    unsigned bits = 0;  // of Int, Float and Instant
    bool is_signed = true;
    Time unit = 1;    // of Instant: nanoseconds
    bool utc = true;  // of Instant, when it is written: with the zone UTC
    bool date = false;

    bool text() const {
        return kind == Kind::Text || kind == Kind::LargeText || kind == Kind::TextView;
    }
    bool operator==(const Type&) const = default;
};

inline constexpr Type null_type{};
inline constexpr Type bool_type{.kind = Kind::Bool};
inline constexpr Type int8_type{.kind = Kind::Int, .bits = 8};
inline constexpr Type int32_type{.kind = Kind::Int, .bits = 32};
inline constexpr Type int64_type{.kind = Kind::Int, .bits = 64};
inline constexpr Type uint32_type{.kind = Kind::Int, .bits = 32, .is_signed = false};
inline constexpr Type float64_type{.kind = Kind::Float, .bits = 64};
inline constexpr Type text_type{.kind = Kind::Text};
inline constexpr Type time_type{.kind = Kind::Instant, .bits = 64};  // timestamp[ns, UTC]

// "uint32", "timestamp[ms]", "utf8".
std::string type_name(const Type& type);

// Values that stand once in a dictionary, and by their index in the column.
struct DictionaryUse {
    std::int64_t id = 0;
    Type index = int32_type;

    bool operator==(const DictionaryUse&) const = default;
};

struct Field {
    std::string name;
    Type type;
    std::optional<DictionaryUse> dictionary;

    bool operator==(const Field&) const = default;
};

struct Schema {
    std::vector<Field> fields;

    bool operator==(const Schema&) const = default;
};

inline constexpr std::size_t columns_max = 10'000;
inline constexpr std::size_t name_bytes_max = 1024;  // of a column or a point

// Unsupported names the column and its type where it is none of the above; TooLarge: more than
// columns_max columns; InvalidArgument: no schema.
Result<Schema> read_schema(const FlatTable& header);

}  // namespace gantry::arrow
