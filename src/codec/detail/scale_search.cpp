// SPDX-License-Identifier: Apache-2.0
#include "codec/detail/scale_search.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "base/assert.h"

namespace gantry::codec::detail {
namespace {

constexpr std::size_t samples = 32;
constexpr int offset_max = 1000;  // offsets that are tried are whole numbers, as ranges of
                                  // instruments are: 4 to 20 mA, -40 to 120 degrees
constexpr double counts_max = 1e8;

struct Sample {
    std::array<std::uint64_t, samples> bits{};
    std::size_t size = 0;

    std::size_t lost(const FloatScale& scale) const {
        std::array<std::uint64_t, samples> numbers;
        return kernels().quantise(std::span(bits).first(size), kernel_scale(scale),
                                  std::span(numbers).first(size));
    }
};

// Spread over the block; what is no number cannot tell a scale.
Sample take_sample(std::span<const std::uint64_t> floats) {
    Sample out;
    const std::size_t step = std::max<std::size_t>(1, floats.size() / samples);
    for (std::size_t i = step / 2; i < floats.size() && out.size < samples; i += step) {
        if (std::isfinite(std::bit_cast<double>(floats[i]))) {
            out.bits[out.size++] = floats[i];
        }
    }
    return out;
}

bool is_single(std::uint64_t bits) {
    const auto value = std::bit_cast<double>(bits);
    return std::bit_cast<std::uint64_t>(static_cast<double>(static_cast<float>(value))) == bits;
}

FloatScale search_decimal(const Sample& sample, bool single) {
    FloatScale scale;
    scale.divide = true;
    scale.single = single;
    const int most = single ? 9 : exponent_max;
    for (int exponent = 0; exponent <= most; ++exponent) {
        scale.exponent = static_cast<std::int8_t>(exponent);
        scale.factor = power_of_ten(exponent);
        if (sample.lost(scale) <= sample.size / 8) {
            scale.known = true;
            break;
        }
    }
    return scale;
}

// The number of which all differences are multiples, nearly; 0 if there is none.
double common_step(const Sample& sample) {
    std::array<double, samples> values{};
    for (std::size_t i = 0; i < sample.size; ++i) {
        values[i] = std::bit_cast<double>(sample.bits[i]);
    }
    const auto sorted = std::span(values).first(sample.size);
    std::ranges::sort(sorted);
    const double reach = sorted.back() - sorted.front();
    const double largest = std::max(std::abs(sorted.front()), std::abs(sorted.back()));
    if (!std::isfinite(reach) || reach == 0) {
        return 0;
    }
    // Below it a remainder is what rounding left. From the shortest distance to the longest, so
    // that the step is known the better the more it is multiplied.
    const double noise = std::max(reach * 3e-9, largest * 1e-12);
    double step = 0;
    for (std::size_t i = 1; i < sorted.size(); ++i) {
        const double distance = sorted[i] - sorted[0];
        double rest = step == 0 ? distance : std::abs(std::remainder(distance, step));
        while (rest > noise) {
            const double part = step == 0 ? 0 : std::abs(std::remainder(step, rest));
            step = rest;
            rest = part;
        }
        if (step > 0) {
            step = distance / std::max(1.0, std::round(distance / step));
        }
    }
    if (step < noise * 10 || reach / step > counts_max) {
        return 0;
    }
    return reach / std::round(reach / step);
}

// With the offset known, the factor is what the largest value gives, give or take its last bits.
FloatScale search_factor(const Sample& sample, double step, double offset, bool single) {
    double far = 0;
    for (std::size_t i = 0; i < sample.size; ++i) {
        const double distance = std::bit_cast<double>(sample.bits[i]) - offset;
        far = std::abs(distance) > std::abs(far) ? distance : far;
    }
    FloatScale scale;
    scale.single = single;
    scale.offset = offset;
    double first = far / std::round(far / step);
    if (single) {
        first = static_cast<float>(first);
    }
    double up = first;
    double down = first;
    for (int i = 0; i < 4 && std::isfinite(first); ++i) {
        for (const double factor : {up, down}) {
            scale.factor = factor;
            if (factor > 0 && sample.lost(scale) == 0) {
                scale.known = true;
                return scale;
            }
        }
        up = single ? std::nextafter(static_cast<float>(up), HUGE_VALF)
                    : std::nextafter(up, HUGE_VAL);
        down = single ? std::nextafter(static_cast<float>(down), 0.0F) : std::nextafter(down, 0.0);
    }
    return {};
}

FloatScale search_linear(const Sample& sample, bool single) {
    const double step = common_step(sample);
    if (step == 0) {
        return {};
    }
    if (const FloatScale scale = search_factor(sample, step, 0, single); scale.known || single) {
        return scale;
    }
    const auto some = std::bit_cast<double>(sample.bits[0]);
    for (int offset = 1; offset <= offset_max; ++offset) {
        for (const double signed_offset : {double(offset), -double(offset)}) {
            const double counts = (some - signed_offset) / step;
            if (std::abs(counts - std::round(counts)) > 1e-3) {
                continue;
            }
            if (const FloatScale scale = search_factor(sample, step, signed_offset, false);
                scale.known) {
                return scale;
            }
        }
    }
    return {};
}

}  // namespace

double power_of_ten(int exponent) {
    static constexpr std::array<double, exponent_max + 1> powers = {
        1e0, 1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,
        1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17};
    ASSERT(exponent >= 0 && exponent <= exponent_max);
    return powers[static_cast<std::size_t>(exponent)];
}

Scale kernel_scale(const FloatScale& scale) {
    return {scale.divide, scale.single, scale.offset, scale.factor};
}

FloatScale search_scale(std::span<const std::uint64_t> floats) {
    const Sample sample = take_sample(floats);
    if (sample.size == 0) {
        return {};
    }
    const auto bits = std::span(sample.bits).first(sample.size);
    const bool single = std::ranges::all_of(bits, is_single);
    // What is an integer or a short binary fraction is float32 too: first without the rounding.
    FloatScale scale = search_decimal(sample, false);
    if (single && (!scale.known || scale.exponent > 6)) {
        if (const FloatScale rounded = search_decimal(sample, true); rounded.known) {
            scale = rounded;
        }
    }
    if (!scale.known) {
        scale = search_linear(sample, false);
    }
    if (!scale.known && single) {
        scale = search_linear(sample, true);
    }
    return scale;
}

}  // namespace gantry::codec::detail
