// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace gantry::cli {

// Scripts for the shells, made from the table of commands. Names of points and the like they ask
// of `gantry complete-words`.
std::string bash_completion();
std::string zsh_completion();
std::string fish_completion();

}  // namespace gantry::cli
