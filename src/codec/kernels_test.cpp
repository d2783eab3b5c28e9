// SPDX-License-Identifier: Apache-2.0
#include "codec/detail/kernels.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/random.h"
#include "codec/codec.h"
#include "codec/codec_shapes.h"
#include "codec/detail/scale_search.h"
#include "testing/testing.h"

namespace gantry::codec::detail {
namespace {

using Bits = std::vector<std::uint64_t>;

class KernelSet : public ::testing::TestWithParam<std::size_t> {
protected:
    void SetUp() override {
        if (!set().available()) {
            GTEST_SKIP() << "this processor cannot run " << set().name;
        }
    }
    const Kernels& set() const { return all_kernels()[GetParam()]; }
    const Kernels& portable() const { return all_kernels()[0]; }
};

TEST_P(KernelSet, UnpacksWhatWasPacked) {
    SeededRandom random(1);
    for (unsigned width = 0; width <= 64; ++width) {
        if (!packable(width)) {
            continue;
        }
        for (int trial = 0; trial < 20; ++trial) {
            const std::size_t count =
                trial < 10 ? static_cast<std::size_t>(trial) : 1 + random.below(values_max);
            const std::uint64_t base = random.next();
            Bits values(count);
            for (std::uint64_t& value : values) {
                value = base + (width == 0 ? 0 : random.next() >> (64 - width));
            }
            Bytes packed(packed_bytes(count, width) + pack_slack_bytes);
            Bytes expected = packed;
            set().pack(values, base, width, packed.data());
            portable().pack(values, base, width, expected.data());
            packed.resize(packed_bytes(count, width));
            expected.resize(packed.size());
            ASSERT_EQ(packed, expected) << set().name << " width " << width << " count " << count;
            Bits back(count);
            set().unpack(packed, width, base, back);
            ASSERT_EQ(back, values) << set().name << " width " << width << " count " << count;
        }
    }
}

TEST_P(KernelSet, FindsTheSameRangeAndDifferences) {
    SeededRandom random(2);
    for (const auto& [name, make] : integer_shapes()) {
        for (int trial = 0; trial < 20; ++trial) {
            const Bits values = make(random, 1 + random.below(values_max));
            const Range range = set().range(values);
            ASSERT_EQ(range.min, portable().range(values).min) << name;
            ASSERT_EQ(range.max, portable().range(values).max) << name;
            Bits expected(values.size() - 1);
            portable().differences(values, expected);
            Bits got = values;
            set().differences(got, std::span(got).first(got.size() - 1));
            got.pop_back();
            ASSERT_EQ(got, expected) << name;
        }
    }
}

TEST_P(KernelSet, SurveysAlike) {
    SeededRandom random(4);
    for (const auto& [name, make] : integer_shapes()) {
        for (std::size_t count = 1; count <= 71; ++count) {
            const Bits values = make(random, count == 71 ? values_max : count);
            const Survey survey = set().survey(values);
            const Survey expected = portable().survey(values);
            ASSERT_EQ(survey.runs, expected.runs) << name << " " << values.size();
            ASSERT_EQ(set().runs(values), expected.runs) << name << " " << values.size();
            for (unsigned order = 0; order <= std::min<std::size_t>(order_max, count - 1);
                 ++order) {
                ASSERT_EQ(survey.ranges[order].min, expected.ranges[order].min) << name;
                ASSERT_EQ(survey.ranges[order].max, expected.ranges[order].max) << name;
            }
            ASSERT_EQ(set().rises(values), portable().rises(values)) << name;
            Bits rising = values;
            std::ranges::sort(rising, {}, [](auto bits) { return static_cast<Time>(bits); });
            rising.erase(std::ranges::unique(rising).begin(), rising.end());
            ASSERT_TRUE(set().rises(rising)) << name;
            if (rising.size() > 1) {
                const std::size_t at = random.below(rising.size() - 1);
                rising[at] = rising[at + 1];
                ASSERT_FALSE(set().rises(rising)) << name;
            }
        }
    }
}

TEST_P(KernelSet, DividesWhatLeavesNoRemainder) {
    SeededRandom random(5);
    for (int trial = 0; trial < 2000; ++trial) {
        const std::uint64_t unit = trial % 3 == 0 ? std::uint64_t{1} << random.below(64)
                                                  : 1 + (random.next() >> random.below(64));
        const std::uint64_t base = random.next();
        const std::size_t count = trial % 71;
        Bits quotients(count);
        Bits values(count);
        for (std::size_t i = 0; i < count; ++i) {
            quotients[i] = random.next() % (~std::uint64_t{0} / unit + (unit == 1 ? 0 : 1));
            values[i] = base + quotients[i] * unit;
        }
        Bits got(count);
        ASSERT_TRUE(set().divide(values, base, unit, got)) << unit;
        ASSERT_EQ(got, quotients) << unit;
        if (count > 0 && unit > 1) {
            values[random.below(count)] += 1 + random.below(unit - 1);
            const bool whole = std::ranges::all_of(
                values, [&](std::uint64_t value) { return (value - base) % unit == 0; });
            ASSERT_EQ(set().divide(values, base, unit, got), whole) << unit;
        }
    }
}

// Frames of all orders, with and without units, of all widths and lengths, as they are and as
// floats.
TEST_P(KernelSet, DecodesToTheSameBits) {
    SeededRandom random(6);
    const Scale scales[] = {{true, false, 0, 100},
                            {true, true, 0, 10},
                            {false, false, -40, 0.3},
                            {false, true, 0, 0.1F}};
    for (unsigned width = 0; width <= 64; width += width == packed_width_max ? 7 : 1) {
        for (std::size_t trial = 0; trial < 150; ++trial) {
            const std::size_t count = trial < 70   ? trial + 1
                                      : trial < 80 ? values_max
                                                   : 1 + random.below(values_max);
            Frame frame;
            frame.order = static_cast<unsigned>(random.below(std::min<std::size_t>(3, count + 1)));
            frame.width = width;
            frame.base = random.chance(0.5) ? random.below(100) : random.next();
            frame.unit = random.chance(0.5) ? 1 : random.next() >> random.below(64);
            frame.starts = {random.next(), random.chance(0.5) ? 3 : random.next()};
            Bits numbers(count - frame.order);
            for (std::uint64_t& number : numbers) {
                number = width == 0 ? 0 : random.next() >> (64 - width);
            }
            Bytes packed(packed_bytes(numbers.size(), width) + pack_slack_bytes);
            portable().pack(numbers, 0, width, packed.data());
            packed.resize(packed.size() - pack_slack_bytes);
            for (std::size_t kind = 0; kind <= std::size(scales); ++kind) {
                const Scale* scale = kind == 0 ? nullptr : &scales[kind - 1];
                Bits got(count);
                Bits expected(count);
                set().decode(packed, frame, scale, got);
                portable().decode(packed, frame, scale, expected);
                ASSERT_EQ(got, expected) << "order " << frame.order << " width " << width
                                         << " count " << count << " scale " << kind;
            }
            Bits summed = numbers;
            summed.resize(count);
            Bits expected(count);
            set().sum(frame, summed);
            portable().decode(packed, frame, nullptr, expected);
            ASSERT_EQ(summed, expected);
        }
    }
}

// Multiplying by the inverse must round as dividing does, for every integer that a float64 holds.
TEST_P(KernelSet, ScalesByPowersOfTenAsDivisionDoes) {
    SeededRandom random(7);
    for (int exponent = 0; exponent <= exponent_max; ++exponent) {
        Scale scale;
        scale.factor = power_of_ten(exponent);
        for (int trial = 0; trial < 200; ++trial) {
            Bits numbers(values_max);
            for (std::uint64_t& number : numbers) {
                number = random.next() >> random.below(64);
                number = random.chance(0.5) ? number : 0 - number;
            }
            // Those that lie the nearest to where rounding turns: around halves of the last place.
            for (std::size_t i = 0; i < 200; ++i) {
                const double quotient = static_cast<double>(random.next() >> 12) / scale.factor;
                const double half = (quotient + std::nextafter(quotient, 1e300)) / 2;
                numbers[i] = static_cast<std::uint64_t>(half * scale.factor) + random.below(3) - 1;
            }
            Bits expected = numbers;
            for (std::uint64_t& bits : expected) {
                bits = std::bit_cast<std::uint64_t>(
                    static_cast<double>(static_cast<std::int64_t>(bits)) / scale.factor);
            }
            set().restore(numbers, scale);
            ASSERT_EQ(numbers, expected) << exponent;
        }
    }
}

TEST_P(KernelSet, ScalesToTheSameBits) {
    SeededRandom random(3);
    const Scale scales[] = {{true, false, 0, 100},          {true, true, 0, 10},
                            {false, false, 0, 10.0 / 4095}, {false, false, -40, 160.0 / 65535},
                            {false, true, 0, 0.1F},         {false, false, 1e300, 1e300}};
    for (const auto& [name, make] : float_shapes()) {
        for (const Scale& scale : scales) {
            const Bits floats = make(random, 1 + random.below(values_max));
            Bits expected(floats.size());
            Bits got(floats.size());
            const std::size_t lost = portable().quantise(floats, scale, expected);
            ASSERT_EQ(set().quantise(floats, scale, got), lost) << name;
            ASSERT_EQ(got, expected) << name;
            portable().restore(expected, scale);
            set().restore(got, scale);
            ASSERT_EQ(got, expected) << name;
            std::size_t same = 0;
            for (std::size_t i = 0; i < floats.size(); ++i) {
                same += floats[i] == got[i] ? 1 : 0;
            }
            ASSERT_GE(same + lost, floats.size()) << name << ": said to come back, and does not";
        }
    }
}

Bits as_bits(const Reduction& reduction) {
    return {reduction.count, std::bit_cast<std::uint64_t>(reduction.min),
            std::bit_cast<std::uint64_t>(reduction.max),
            std::bit_cast<std::uint64_t>(reduction.sum),
            std::bit_cast<std::uint64_t>(reduction.square_sum)};
}

TEST_P(KernelSet, ReducesToTheSameBits) {
    SeededRandom random(8);
    const double shifts[] = {0, 20, -1e300, 5e-324};
    const auto same = [&](const Bits& values, const double* shift, auto reduce,
                          const std::string& name) {
        ASSERT_EQ(as_bits((set().*reduce)(values, shift)),
                  as_bits((portable().*reduce)(values, shift)))
            << name << " " << values.size();
    };
    for (std::size_t count = 0; count <= 71; ++count) {
        const std::size_t size = count == 71 ? values_max : count;
        for (const double& shift : shifts) {
            for (const double* with : {&shift, static_cast<const double*>(nullptr)}) {
                for (const auto& [name, make] : float_shapes()) {
                    same(make(random, size), with, &Kernels::reduce_floats, name);
                }
                for (const auto& [name, make] : integer_shapes()) {
                    same(make(random, size), with, &Kernels::reduce_integers, name);
                }
            }
        }
    }
}

TEST_P(KernelSet, ReducesToWhatTheNumbersComeTo) {
    const auto bits = [](std::initializer_list<double> values) {
        Bits out;
        for (const double value : values) {
            out.push_back(std::bit_cast<std::uint64_t>(value));
        }
        return out;
    };
    const double shift = 2;
    const double none = std::nan("");
    const auto reduce = [&](const Bits& values) { return set().reduce_floats(values, &shift); };
    EXPECT_EQ(reduce({}), Reduction());
    EXPECT_EQ(reduce(bits({none, none})), Reduction());
    EXPECT_EQ(reduce(bits({none, 5, none, 1, 3})), (Reduction{3, 1, 5, 9, 11}));
    EXPECT_EQ(reduce(bits({HUGE_VAL, 1})).max, HUGE_VAL);
    EXPECT_TRUE(std::isnan(reduce(bits({HUGE_VAL, -HUGE_VAL})).sum));
    EXPECT_TRUE(std::signbit(reduce(bits({-0.0, 0.0})).min)) << "the first of two that are equal";
    EXPECT_FALSE(std::signbit(reduce(bits({0.0, -0.0})).min));
    EXPECT_TRUE(std::signbit(reduce(bits({-0.0, 0.0})).max));
    const Bits numbers = {0 - std::uint64_t{4}, 8, std::uint64_t{1} << 63};
    EXPECT_EQ(set().reduce_integers(numbers, nullptr), (Reduction{3, -0x1p63, 8, 4 - 0x1p63, 0}));
    EXPECT_EQ(set().reduce_integers(std::span(numbers).first(2), &shift),
              (Reduction{2, -4, 8, 4, 72}));
}

INSTANTIATE_TEST_SUITE_P(Kernels, KernelSet, ::testing::Range(std::size_t{0}, all_kernels().size()),
                         [](const auto& kind) {
                             return std::string(all_kernels()[kind.param].name);
                         });

}  // namespace
}  // namespace gantry::codec::detail
