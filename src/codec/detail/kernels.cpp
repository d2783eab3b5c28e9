// SPDX-License-Identifier: Apache-2.0
// The portable kernels, and the choice among all.
#include "codec/detail/kernels.h"

#include <algorithm>
#include <array>

#include "base/assert.h"
#include "codec/codec.h"
#include "codec/detail/kernel_loops.h"
#include "codec/detail/reductions.h"

namespace gantry::codec::detail {
namespace {

bool always() { return true; }

void unpack_portable(ByteView in, unsigned width, std::uint64_t base, Output out) {
    unpack_from(in, width, base, out, 0);
}

void sum_portable(const Frame& frame, Output values) {
    auto [value, difference] = frame.starts;
    for (std::uint64_t& place : values) {
        std::uint64_t number = frame.base + frame.unit * place;
        if (frame.order == 2) {
            std::swap(number, difference);
            difference += number;
        }
        if (frame.order >= 1) {
            std::swap(number, value);
            value += number;
        }
        place = number;
    }
}

void decode_portable(ByteView in, const Frame& frame, const Scale* scale, Output out) {
    unpack_portable(in, frame.width, 0, out.first(out.size() - frame.order));
    std::ranges::fill(out.last(frame.order), 0U);
    sum_portable(frame, out);
    if (scale != nullptr) {
        restore_any<false>(out, *scale);
    }
}

void restore_portable(Output values, const Scale& scale) { restore_any<false>(values, scale); }
void steps_portable(std::uint64_t first, std::uint64_t step, Output out) {
    steps_loop(first, step, out);
}
bool rises_portable(Values values) { return rises_loop(values); }
Survey survey_portable(Values values) { return survey_loop(values); }
Range range_portable(Values values) { return range_loop(values); }
std::size_t runs_portable(Values values) { return runs_loop(values); }
void differences_portable(Values values, Output out) { differences_loop(values, out); }
bool divide_portable(Values values, std::uint64_t base, std::uint64_t unit, Output out) {
    return divide_loop(values, base, unit, out);
}
std::size_t quantise_portable(Values floats, const Scale& scale, Output out) {
    return quantise_any<false>(floats, scale, out);
}
void pack_portable(Values values, std::uint64_t base, unsigned width, std::byte* to) {
    pack_loop(values, base, width, to);
}

}  // namespace

void unpack_from(ByteView in, unsigned width, std::uint64_t base, Output out, std::size_t first) {
    ASSERT(packable(width) && in.size() == packed_bytes(out.size(), width));
    const std::uint64_t mask = mask_of(width);
    for (std::size_t i = first; i < out.size(); ++i) {
        const std::size_t bit = i * width;
        const std::size_t at = std::min(bit / 8, in.size());
        std::uint64_t word = 0;
        if (at + 8 <= in.size()) {
            std::memcpy(&word, in.data() + at, 8);
        } else if (at < in.size()) {
            std::memcpy(&word, in.data() + at, in.size() - at);
        }
        out[i] = base + ((word >> bit % 8) & mask);
    }
}

std::span<const Kernels> all_kernels() {
    static const std::array sets = {
        Kernels{"portable", always, unpack_portable, decode_portable, sum_portable,
                restore_portable, steps_portable, rises_portable, survey_portable, range_portable,
                runs_portable, differences_portable, divide_portable, quantise_portable,
                pack_portable, reduce_floats_portable, reduce_integers_portable},
        kernels_avx2,
        kernels_avx512,
    };
    return sets;
}

const Kernels& kernels() {
    static const Kernels& best = [] -> const Kernels& {
        const auto sets = all_kernels();
        std::size_t at = sets.size() - 1;
        while (!sets[at].available()) {
            --at;
        }
        return sets[at];
    }();
    return best;
}

}  // namespace gantry::codec::detail
