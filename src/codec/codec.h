// SPDX-License-Identifier: Apache-2.0
// The bytes of one column of a block of the series store (docs/formats/codecs.md). An encoder picks
// the codec that costs the fewest bytes and appends to `out`. A decoder is told how many values
// there are by the size of what it fills, takes all of `in`, and returns false if `in` is not such
// a column; what it has filled then means nothing. It trusts no byte. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/time.h"
#include "model/value.h"

namespace gantry::codec {

// A column holds 1 to this many values.
inline constexpr std::size_t values_max = 1024;

// What a column is written for: to be written and read fast, or to be kept long in little space.
enum class Tier : unsigned char { Hot, Cold };

// The first byte of every column. Numbers are never used again for something else.
enum class Codec : std::uint8_t {
    Raw = 0,
    Constant = 1,
    Runs = 2,
    Dictionary = 3,
    Integers = 4,    // frame of reference of values, differences or differences of differences
    Regular = 5,     // times that are a first one and a step
    Decimal = 6,     // floats d / 10^e or d * 10^-e
    Decimal32 = 7,   // the same, rounded to float32
    Linear = 8,      // floats a + k * d
    Linear32 = 9,    // the same, rounded to float32
    Float32 = 10,    // floats that are float32 exactly: those bits as integers
    Planes = 11,     // floats XORed with the one before, byte planes through zstd
    Bits = 12,       // bools, one bit each
    AllGood = 13,    // qualities that are all 0: nothing more
    Text = 14,       // strings one after another
    TextTable = 15,  // strings by number in a table
    RegularIn = 16,  // as Regular, in a unit of time
    TimesIn = 17,    // times as Integers, in a unit of time
};

// What the encoder of floats learnt from the block before of the same series: with it the search
// for a scale is done only when the scale no longer fits. It changes the speed and the choice of
// codec, never what is decoded. Starts empty.
struct FloatScale {
    bool known = false;
    bool divide = false;  // value = d / factor; else value = offset + factor * d
    bool single = false;  // and rounded to float32
    std::int8_t exponent = 0;
    double offset = 0;
    double factor = 1;
    std::uint8_t searches_to_skip = 0;  // nothing fitted: do not search in so many blocks
};

void encode_times(std::span<const Time> times, Bytes& out, Tier tier = Tier::Hot);
[[nodiscard]] bool decode_times(ByteView in, std::span<Time> times);  // rise strictly, or false

// Bits as in Row: of an int64 its two's complement, of a float64 its pattern, of a bool 0 or 1.
void encode_integers(std::span<const std::uint64_t> bits, Bytes& out, Tier tier = Tier::Hot);
[[nodiscard]] bool decode_integers(ByteView in, std::span<std::uint64_t> bits);

void encode_floats(std::span<const std::uint64_t> bits, FloatScale& scale, Bytes& out,
                   Tier tier = Tier::Hot);
[[nodiscard]] bool decode_floats(ByteView in, std::span<std::uint64_t> bits);

void encode_bools(std::span<const std::uint64_t> bits, Bytes& out);
[[nodiscard]] bool decode_bools(ByteView in, std::span<std::uint64_t> bits);

// Codes of OPC UA and anything else of 32 bits.
void encode_codes(std::span<const std::uint32_t> codes, Bytes& out);
[[nodiscard]] bool decode_codes(ByteView in, std::span<std::uint32_t> codes);

// A reference is offset << 32 | length into `texts`. Decoding appends to `texts`; strings that are
// equal may share their place there.
void encode_texts(std::span<const std::uint64_t> references, std::string_view texts, Bytes& out,
                  Tier tier = Tier::Hot);
[[nodiscard]] bool decode_texts(ByteView in, std::span<std::uint64_t> references,
                                std::string& texts);

// What a column says without being decoded. Each answers only if the column of `count` values can
// be decoded, and then that is what would come of it; nothing means that decoding must tell.
struct RegularTimes {
    Time first = 0;
    Time step = 0;  // of a single time 0
};
std::optional<RegularTimes> regular_times(ByteView column, std::size_t count);
// The one code that all have.
std::optional<std::uint32_t> single_code(ByteView column, std::size_t count);
// The bits of the one value of that type that all have: of bool, int64 and float64.
std::optional<std::uint64_t> constant_value(ByteView column, ValueType type);

}  // namespace gantry::codec
