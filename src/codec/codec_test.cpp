// SPDX-License-Identifier: Apache-2.0
#include "codec/codec.h"

#include <cmath>
#include <functional>

#include "base/random.h"
#include "codec/codec_shapes.h"
#include "testing/testing.h"

namespace gantry::codec {
namespace {

using Bits = std::vector<std::uint64_t>;

Codec codec_of(const Bytes& column) { return static_cast<Codec>(column.front()); }

Bytes encoded_floats(const Bits& bits, Tier tier = Tier::Hot) {
    FloatScale scale;
    Bytes out;
    encode_floats(bits, scale, out, tier);
    return out;
}
Bytes encoded_integers(const Bits& bits, Tier tier = Tier::Hot) {
    Bytes out;
    encode_integers(bits, out, tier);
    return out;
}
Bytes encoded_times(const std::vector<Time>& times, Tier tier = Tier::Hot) {
    Bytes out;
    encode_times(times, out, tier);
    return out;
}

constexpr std::array tiers = {Tier::Hot, Tier::Cold};

// Whatever a cut or changed column makes of the decoder, it ends and says so or not.
template <class Decode>
void damage(const Bytes& column, SeededRandom& random, Decode decode) {
    for (std::size_t length = 0; length < column.size(); length += 1 + column.size() / 40) {
        EXPECT_FALSE(decode(ByteView(column).first(length))) << length;
    }
    for (int trial = 0; trial < 40; ++trial) {
        Bytes changed = column;
        changed[random.below(std::min<std::size_t>(changed.size(), 24))] ^=
            static_cast<std::byte>(1U << random.below(8));
        changed[random.below(changed.size())] ^= static_cast<std::byte>(1U << random.below(8));
        (void)decode(ByteView(changed));
    }
    Bytes longer = column;
    longer.push_back(std::byte{0});
    (void)decode(ByteView(longer));
}

std::size_t some_count(SeededRandom& random) {
    return random.chance(0.3)   ? values_max
           : random.chance(0.3) ? 1 + random.below(20)
                                : 1 + random.below(values_max);
}

TEST(Codec, FloatsComeBackToTheLastBit) {
    SeededRandom random(1);
    for (const auto& [name, make] : float_shapes()) {
        FloatScale scale;  // goes from block to block
        for (int trial = 0; trial < 60; ++trial) {
            const Bits bits = make(random, some_count(random));
            Bytes column;
            encode_floats(bits, scale, column, tiers[random.below(2)]);
            Bits back(bits.size());
            ASSERT_TRUE(decode_floats(column, back)) << name;
            ASSERT_EQ(back, bits) << name;
            ASSERT_LE(column.size(), 4 + bits.size() * 8) << name;
            damage(column, random, [&](ByteView in) { return decode_floats(in, back); });
        }
    }
}

TEST(Codec, AScaleOfAnotherSeriesDoesNoHarm) {
    SeededRandom random(2);
    FloatScale scale;
    const auto shapes = float_shapes();
    for (int trial = 0; trial < 500; ++trial) {
        const Bits bits = shapes[random.below(shapes.size())].make(random, some_count(random));
        Bytes column;
        encode_floats(bits, scale, column);
        Bits back(bits.size());
        ASSERT_TRUE(decode_floats(column, back));
        ASSERT_EQ(back, bits);
    }
}

TEST(Codec, IntegersComeBack) {
    SeededRandom random(3);
    for (const auto& [name, make] : integer_shapes()) {
        for (int trial = 0; trial < 60; ++trial) {
            const Bits bits = make(random, some_count(random));
            const Bytes column = encoded_integers(bits, tiers[random.below(2)]);
            Bits back(bits.size());
            ASSERT_TRUE(decode_integers(column, back)) << name;
            ASSERT_EQ(back, bits) << name;
            ASSERT_LE(column.size(), 4 + bits.size() * 8) << name;
            damage(column, random, [&](ByteView in) { return decode_integers(in, back); });
        }
    }
}

TEST(Codec, TimesComeBackAndRise) {
    SeededRandom random(4);
    for (const auto& [name, make] : time_shapes()) {
        for (int trial = 0; trial < 60; ++trial) {
            const std::vector<Time> times = make(random, some_count(random));
            const Bytes column = encoded_times(times, tiers[random.below(2)]);
            std::vector<Time> back(times.size());
            ASSERT_TRUE(decode_times(column, back)) << name;
            ASSERT_EQ(back, times) << name;
            damage(column, random, [&](ByteView in) {
                const bool good = decode_times(in, back);
                EXPECT_TRUE(!good || std::ranges::is_sorted(back, std::less_equal<>()) ||
                            back.size() == 1);
                return good;
            });
        }
    }
    std::vector<Time> back(3);
    EXPECT_FALSE(decode_times(encoded_times({5, 5, 5}), back)) << "times that stand still";
    EXPECT_FALSE(decode_times(encoded_times({5, 7, 6}), back)) << "times that fall";
}

TEST(Codec, TimesFurtherApartThanASignedNumberSaysComeBack) {
    for (const std::vector<Time>& times :
         {std::vector{time_min, time_max}, std::vector{time_min, Time{0}, time_max}}) {
        for (const Tier tier : tiers) {
            std::vector<Time> back(times.size());
            ASSERT_TRUE(decode_times(encoded_times(times, tier), back));
            EXPECT_EQ(back, times);
        }
    }
}

TEST(Codec, BoolsComeBack) {
    SeededRandom random(5);
    for (int trial = 0; trial < 300; ++trial) {
        const double change = std::array{0.0, 0.01, 0.5}[random.below(3)];
        Bits bits(some_count(random));
        std::uint64_t value = random.below(2);
        for (std::uint64_t& bit : bits) {
            value ^= random.chance(change) ? 1U : 0U;
            bit = value;
        }
        Bytes column;
        encode_bools(bits, column);
        Bits back(bits.size());
        ASSERT_TRUE(decode_bools(column, back));
        ASSERT_EQ(back, bits);
        ASSERT_LE(column.size(), 2 + bits.size() / 8 + 1);
        damage(column, random, [&](ByteView in) { return decode_bools(in, back); });
    }
}

TEST(Codec, CodesComeBack) {
    SeededRandom random(6);
    for (int trial = 0; trial < 300; ++trial) {
        const std::uint64_t kind = random.below(4);
        std::vector<std::uint32_t> codes(some_count(random));
        std::uint32_t code = 0;
        for (std::uint32_t& place : codes) {
            if (kind == 3 || (kind == 1 && random.chance(0.01))) {
                code = static_cast<std::uint32_t>(random.next());
            } else if (kind == 2) {
                code = random.chance(0.5) ? 0 : 0x80050000;
            }
            place = code;
        }
        Bytes column;
        encode_codes(codes, column);
        std::vector<std::uint32_t> back(codes.size());
        ASSERT_TRUE(decode_codes(column, back));
        ASSERT_EQ(back, codes);
        if (kind == 0) {
            EXPECT_EQ(column.size(), 1U);
        }
        damage(column, random, [&](ByteView in) { return decode_codes(in, back); });
    }
}

TEST(Codec, TextsComeBack) {
    SeededRandom random(7);
    for (int trial = 0; trial < 300; ++trial) {
        const std::uint64_t distinct = std::array<std::uint64_t, 3>{1, 6, 100'000}[trial % 3];
        std::string texts = "before";
        Bits references(some_count(random));
        for (std::uint64_t& reference : references) {
            std::string text = std::format("state {}", random.below(distinct));
            text += random.chance(0.05) ? std::string(random.below(400), 'x') : "";
            text = random.chance(0.1) ? "" : text;
            reference = static_cast<std::uint64_t>(texts.size()) << 32 | text.size();
            texts += text;
        }
        Bytes column;
        encode_texts(references, texts, column);
        Bits back(references.size());
        std::string back_texts = "others";
        ASSERT_TRUE(decode_texts(column, back, back_texts));
        for (std::size_t i = 0; i < references.size(); ++i) {
            ASSERT_EQ(back_texts.substr(back[i] >> 32, back[i] & UINT32_MAX),
                      texts.substr(references[i] >> 32, references[i] & UINT32_MAX));
        }
        damage(column, random, [&](ByteView in) {
            std::string room;
            return decode_texts(in, back, room);
        });
    }
}

// The codec that is chosen, and at most so many bits a value in full blocks.
struct Expectation {
    std::string_view shape;
    Codec codec;
    double bits_max;
};

template <class Shapes, class Encode>
void expect_choices(const Shapes& shapes, std::span<const Expectation> expectations,
                    Encode encode) {
    SeededRandom random(8);
    for (const Expectation& expected : expectations) {
        const auto shape = std::ranges::find(
            shapes, expected.shape, [](const auto& s) { return std::string_view(s.name); });
        ASSERT_NE(shape, shapes.end()) << expected.shape;
        for (int trial = 0; trial < 10; ++trial) {
            const Bytes column = encode(shape->make(random, values_max));
            EXPECT_EQ(int(codec_of(column)), int(expected.codec)) << expected.shape;
            EXPECT_LE(double(column.size()) * 8 / values_max, expected.bits_max) << expected.shape;
        }
    }
}

TEST(Codec, FloatsGetTheCodecMadeForThem) {
    const Expectation expectations[] = {
        {"constant", Codec::Constant, 0.1},
        {"setpoint", Codec::Runs, 2},
        {"few levels", Codec::Dictionary, 5},
        {"temperature walk", Codec::Decimal, 3.5},
        {"decimals of 4 digits", Codec::Decimal, 30},
        {"decimals with faults", Codec::Decimal, 14},
        {"float32 decimals", Codec::Decimal32, 12},
        {"float32 noise", Codec::Float32, 26},
        {"converter counts", Codec::Linear, 13},
        {"converter counts with an offset", Codec::Linear, 17},
        {"smooth curve", Codec::Planes, 60},
        {"any pattern", Codec::Raw, 64.1},
    };
    expect_choices(float_shapes(), expectations,
                   [](const Bits& bits) { return encoded_floats(bits); });
}

TEST(Codec, IntegersGetTheCodecMadeForThem) {
    const Expectation expectations[] = {
        {"constant", Codec::Constant, 0.1},   {"state", Codec::Runs, 1.0},
        {"few levels", Codec::Dictionary, 4}, {"small", Codec::Integers, 8.1},
        {"counter", Codec::Integers, 5},      {"counter with resets", Codec::Integers, 6},
        {"multiples", Codec::Integers, 9},    {"any pattern", Codec::Raw, 64.1},
    };
    expect_choices(integer_shapes(), expectations,
                   [](const Bits& bits) { return encoded_integers(bits); });
}

TEST(Codec, TimesGetTheCodecMadeForThem) {
    const Expectation expectations[] = {
        {"regular", Codec::RegularIn, 0.1},
        {"jitter of 4 ms, whole ms", Codec::TimesIn, 5},
        {"regular with gaps", Codec::TimesIn, 1.5},
        {"jitter in ns", Codec::Integers, 25},
    };
    expect_choices(time_shapes(), expectations,
                   [](const auto& times) { return encoded_times(times); });
}

// What the frequencies of their differences allow is 2.81 bits, 2.81, 4.00 and about 4.0
// and 2.2, and 0.52 and 3.17.
TEST(Codec, ColdColumnsTakeHardlyMoreThanTheirFrequenciesAllow) {
    const auto cold_floats = [](const Bits& bits) { return encoded_floats(bits, Tier::Cold); };
    const auto cold_integers = [](const Bits& bits) { return encoded_integers(bits, Tier::Cold); };
    const auto cold_times = [](const std::vector<Time>& times) {
        return encoded_times(times, Tier::Cold);
    };
    const Expectation floats[] = {{"temperature walk", Codec::Decimal, 3.1}};
    expect_choices(float_shapes(), floats, cold_floats);
    const Expectation integers[] = {{"walk", Codec::Integers, 3.1},
                                    {"counter", Codec::Integers, 4.3},
                                    {"counter with resets", Codec::Integers, 4.6},
                                    {"rounded walk", Codec::Integers, 2.4}};
    expect_choices(integer_shapes(), integers, cold_integers);
    const Expectation times[] = {{"regular with missing rows", Codec::TimesIn, 0.85},
                                 {"jitter of 4 ms, whole ms", Codec::TimesIn, 3.5}};
    expect_choices(time_shapes(), times, cold_times);
}

TEST(Codec, ColdColumnsArePackedWhereCodingGainsLittle) {
    SeededRandom random(10);
    for (const std::string_view name : {"any pattern", "small", "of any width"}) {
        const auto shapes = integer_shapes();
        const auto shape = std::ranges::find(shapes, name, &Shape::name);
        for (int trial = 0; trial < 20; ++trial) {
            const Bits bits = shape->make(random, values_max);
            EXPECT_EQ(encoded_integers(bits, Tier::Cold), encoded_integers(bits)) << name;
        }
    }
}

TEST(Codec, TheScaleIsNotLookedForAgain) {
    SeededRandom random(9);
    const auto shapes = float_shapes();
    const auto walk = std::ranges::find(shapes, std::string_view("temperature walk"), &Shape::name);
    FloatScale scale;
    Bytes out;
    encode_floats(walk->make(random, values_max), scale, out);
    EXPECT_TRUE(scale.known);
    EXPECT_EQ(int(scale.exponent), 2);
    scale.exponent = 3;  // fits as well, so it stays
    scale.factor = 1000;
    encode_floats(walk->make(random, values_max), scale, out);
    EXPECT_EQ(int(scale.exponent), 3);
}

TEST(Codec, RegularTimesAreToldWithoutDecoding) {
    const std::vector<Time> times = {-7, 3, 13, 23};
    const Bytes column = encoded_times(times);
    const auto regular = regular_times(column, times.size());
    ASSERT_TRUE(regular);
    EXPECT_EQ(regular->first, -7);
    EXPECT_EQ(regular->step, 10);
    for (const Time single : {Time{5}, Time{1'700'000'000'000'000'000}}) {
        EXPECT_EQ(regular_times(encoded_times({single}), 1)->first, single);
        EXPECT_EQ(regular_times(encoded_times({single}), 1)->step, 0);
        EXPECT_LE(encoded_times({single}).size(), 9U);
    }
    EXPECT_FALSE(regular_times(encoded_times({1, 2, 4}), 3));
    EXPECT_FALSE(regular_times(encoded_times({5, 5}), 2)) << "times that stand still";
    const Bytes late = encoded_times({time_max - 1, time_max});
    EXPECT_TRUE(regular_times(late, 2));
    EXPECT_FALSE(regular_times(late, 3)) << "one more would not be a time";
    EXPECT_FALSE(regular_times(ByteView(column).first(column.size() - 1), 4));
}

TEST(Codec, ASingleCodeIsToldWithoutDecoding) {
    const auto told = [](const std::vector<std::uint32_t>& codes, std::size_t count) {
        Bytes column;
        encode_codes(codes, column);
        return single_code(column, count);
    };
    EXPECT_EQ(told({0, 0, 0}, 3), 0U);
    EXPECT_EQ(told({0x80050000, 0x80050000, 0x80050000}, 3), 0x80050000);
    EXPECT_EQ(told({7}, 1), 7U);
    EXPECT_FALSE(told({7, 7, 7}, 2)) << "the column has another number of values";
    EXPECT_FALSE(told({7, 7, 8}, 3));
}

TEST(Codec, AConstantIsToldWithoutDecoding) {
    const std::uint64_t value = 0 - std::uint64_t{5};
    Bytes flags;
    encode_bools(Bits{1, 1}, flags);
    EXPECT_EQ(constant_value(encoded_integers({value, value}), ValueType::Int64), value);
    EXPECT_EQ(constant_value(encoded_floats({value, value}), ValueType::Float64), value);
    EXPECT_EQ(constant_value(flags, ValueType::Bool), 1U);
    EXPECT_FALSE(constant_value(encoded_integers({1, 2}), ValueType::Int64));
    EXPECT_FALSE(constant_value(encoded_integers({value, value}), ValueType::Float64));
    EXPECT_FALSE(constant_value({}, ValueType::Bool));
}

}  // namespace
}  // namespace gantry::codec
