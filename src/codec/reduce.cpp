// SPDX-License-Identifier: Apache-2.0
#include "codec/reduce.h"

#include "codec/detail/kernels.h"

namespace gantry::codec {

Reduction reduce_floats(std::span<const std::uint64_t> bits, double shift) {
    return detail::kernels().reduce_floats(bits, &shift);
}

Reduction reduce_integers(std::span<const std::uint64_t> bits, double shift) {
    return detail::kernels().reduce_integers(bits, &shift);
}

Reduction reduce_floats(std::span<const std::uint64_t> bits) {
    return detail::kernels().reduce_floats(bits, nullptr);
}

Reduction reduce_integers(std::span<const std::uint64_t> bits) {
    return detail::kernels().reduce_integers(bits, nullptr);
}

}  // namespace gantry::codec
