// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace gantry {

// RFC 4648, 4: with '+', '/' and padding.
std::string to_base64(std::string_view bytes);

}  // namespace gantry
