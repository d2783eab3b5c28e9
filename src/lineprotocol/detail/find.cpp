// SPDX-License-Identifier: Apache-2.0
#include "lineprotocol/detail/find.h"

#include <bit>
#include <cstdint>

#include "lineprotocol/detail/numbers.h"

namespace gantry::lineprotocol::detail {
namespace {

constexpr std::uint64_t repeated(char c) {
    return 0x0101010101010101U * static_cast<std::uint8_t>(c);
}

// The high bit of the first byte that is zero, and perhaps of bytes behind it.
constexpr std::uint64_t zero_bytes(std::uint64_t word) {
    return (word - 0x0101010101010101U) & ~word & 0x8080808080808080U;
}

}  // namespace

const char* find_portable(const char* from, const char* end, Stops stops) {
    while (end - from >= 8) {
        const std::uint64_t word = load_word(from);
        std::uint64_t found = 0;
        for (const char stop : stops) {
            found |= zero_bytes(word ^ repeated(stop));
        }
        if (found != 0) {
            return from + std::countr_zero(found) / 8;
        }
        from += 8;
    }
    while (from != end && *from != stops[0] && *from != stops[1] && *from != stops[2] &&
           *from != stops[3]) {
        ++from;
    }
    return from;
}

std::span<const Finder> all_finders() {
    static constexpr std::array finders = {
        Finder{"portable", [] { return true; }, find_portable},
        Finder{"avx2", avx2_available, find_avx2},
        Finder{"avx512", avx512_available, find_avx512},
    };
    return finders;
}

const Finder& finder() {
    static const Finder& best = [] -> const Finder& {
        const auto finders = all_finders();
        std::size_t at = finders.size() - 1;
        while (!finders[at].available()) {
            --at;
        }
        return finders[at];
    }();
    return best;
}

}  // namespace gantry::lineprotocol::detail
