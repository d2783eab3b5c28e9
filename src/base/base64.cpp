// SPDX-License-Identifier: Apache-2.0
#include "base/base64.h"

#include <algorithm>

#include "base/encoding.h"

namespace gantry {

std::string to_base64(std::string_view bytes) {
    std::string out = to_base64url(as_bytes(bytes));
    std::ranges::replace(out, '-', '+');
    std::ranges::replace(out, '_', '/');
    out.append((4 - out.size() % 4) % 4, '=');
    return out;
}

}  // namespace gantry
