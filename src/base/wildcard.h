// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace gantry {

// `*` in the pattern is any text, all else itself.
bool matches_wildcard(std::string_view pattern, std::string_view text);

}  // namespace gantry
