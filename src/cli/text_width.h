// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace gantry::cli {

// How many columns of a terminal a text takes: two for Chinese, Japanese and Korean characters and
// for emoji, none for what combines with the character before.
std::size_t text_width(std::string_view text);

// The text with spaces after it (or before it) up to that many columns; never shortened.
std::string pad_right(std::string_view text, std::size_t columns);
std::string pad_left(std::string_view text, std::size_t columns);

// At most that many columns; what is cut off becomes "…".
std::string shorten(std::string_view text, std::size_t columns);

// With control characters replaced: what comes from outside must not steer the terminal.
std::string printable(std::string_view text);

}  // namespace gantry::cli
