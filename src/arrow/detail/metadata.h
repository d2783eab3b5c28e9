// SPDX-License-Identifier: Apache-2.0
// The numbers of Arrow's metadata (Schema.fbs, Message.fbs of the Arrow columnar format 1.5): slots
// of tables, members of unions and enumerations.
#pragma once

#include <cstdint>

namespace gantry::arrow {

inline constexpr std::uint32_t continuation = 0xffffffff;

inline constexpr std::int16_t version_4 = 3;
inline constexpr std::int16_t version_5 = 4;

enum class Header : std::uint8_t { None, Schema, DictionaryBatch, RecordBatch, Tensor };

enum class TypeTag : std::uint8_t {
    None = 0,
    Null = 1,
    Int = 2,
    FloatingPoint = 3,
    Utf8 = 5,
    Bool = 6,
    Date = 8,
    Timestamp = 10,
    LargeUtf8 = 20,
    Utf8View = 24,
};

namespace slot {

namespace message {
inline constexpr unsigned version = 0, header_type = 1, header = 2, body_length = 3;
}
namespace schema {
inline constexpr unsigned endianness = 0, fields = 1;
}
namespace field {
inline constexpr unsigned name = 0, nullable = 1, type_type = 2, type = 3, dictionary = 4,
                          children = 5;
}
namespace dictionary_encoding {
inline constexpr unsigned id = 0, index_type = 1;
}
namespace integer {
inline constexpr unsigned bit_width = 0, is_signed = 1;
}
namespace timestamp {
inline constexpr unsigned unit = 0, timezone = 1;
}
namespace dictionary_batch {
inline constexpr unsigned id = 0, data = 1, is_delta = 2;
}
namespace record_batch {
inline constexpr unsigned length = 0, nodes = 1, buffers = 2, compression = 3, variadic_counts = 4;
}
// Of the types that have one number only, and of BodyCompression.
inline constexpr unsigned precision = 0, date_unit = 0, codec = 0, method = 1;

}  // namespace slot
}  // namespace gantry::arrow
