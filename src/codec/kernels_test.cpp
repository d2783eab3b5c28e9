// SPDX-License-Identifier: Apache-2.0
#include "codec/detail/kernels.h"

#include <bit>

#include "base/random.h"
#include "codec/codec.h"
#include "codec/codec_shapes.h"
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
            Bytes packed;
            pack(values, base, width, packed);
            ASSERT_EQ(packed.size(), packed_bytes(count, width));
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

INSTANTIATE_TEST_SUITE_P(Kernels, KernelSet, ::testing::Range(std::size_t{0}, all_kernels().size()),
                         [](const auto& kind) {
                             return std::string(all_kernels()[kind.param].name);
                         });

}  // namespace
}  // namespace gantry::codec::detail
