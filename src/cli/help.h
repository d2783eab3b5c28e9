// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gantry::cli {

// The help of a command ("assets list"), of a noun ("assets"), or of the program (""): examples
// first, what to do next last.
std::string help_of(std::string_view path, bool bold);

// The verbs behind a path: of "" the nouns and single commands, of "assets" list, tree, …
std::vector<std::string> words_behind(std::string_view path);

// ". Did you mean 'assets'?" for the nearest of the words, or a full stop.
std::string did_you_mean(std::string_view written, const std::vector<std::string>& words);

}  // namespace gantry::cli
