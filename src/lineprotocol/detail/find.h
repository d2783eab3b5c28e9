// SPDX-License-Identifier: Apache-2.0
// The search for what ends a piece of a line, once for each kind of processor. All give the same;
// the best that this processor has is chosen when first asked for.
#pragma once

#include <array>
#include <span>

namespace gantry::lineprotocol::detail {

// Where one that is needed less often has no byte of its own, another stands twice.
using Stops = std::array<char, 4>;

struct Finder {
    const char* name;
    bool (*available)();
    // The first byte that is one of the stops; `end` when there is none.
    const char* (*find)(const char* from, const char* end, Stops stops);
};

std::span<const Finder> all_finders();
const Finder& finder();

bool avx2_available();
bool avx512_available();
const char* find_portable(const char* from, const char* end, Stops stops);
const char* find_avx2(const char* from, const char* end, Stops stops);
const char* find_avx512(const char* from, const char* end, Stops stops);

}  // namespace gantry::lineprotocol::detail
