// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace gantry {

std::string to_hex(ByteView bytes);
std::optional<Bytes> from_hex(std::string_view text);

// RFC 4648 section 5 (URL and file name safe), without padding.
// RFC 4648, 4: with '+', '/' and padding.
std::optional<Bytes> from_base64(std::string_view text);
std::string to_base64url(ByteView bytes);
std::optional<Bytes> from_base64url(std::string_view text);

bool is_utf8(std::string_view text);

// How many edits (insert, delete, replace, swap of neighbours) lead from one word to the other:
// for "did you mean".
std::size_t edit_distance(std::string_view from, std::string_view to);

}  // namespace gantry
