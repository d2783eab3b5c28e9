// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>

#include "base/bytes.h"

namespace gantry::connector {

// What a device says of itself in ASCII, without the blanks and NULs at its end, and with '?' for
// what cannot be shown.
inline std::string device_text(ByteView bytes) {
    std::string out(as_text(bytes));
    out.erase(out.find_last_not_of(std::string_view(" \0", 2)) + 1);
    std::ranges::replace_if(out, [](char c) { return c < ' ' || c > '~'; }, '?');
    return out;
}

}  // namespace gantry::connector
