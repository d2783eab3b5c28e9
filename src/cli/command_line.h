// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"
#include "cli/command.h"

namespace gantry::cli {

// What a person asked the program for.
struct CommandLine {
    const Command* command = nullptr;  // none: print `help` and end
    std::string help_path;             // whose help is meant: "", "assets", "assets list"
    bool help = false;                 // asked for, rather than the answer to an unfinished command
    bool version = false;
    Arguments arguments;
    Arguments globals;
};

// InvalidArgument says what is wrong, what was perhaps meant, and where to read on.
Result<CommandLine> parse_command_line(int count, const char* const* words);

}  // namespace gantry::cli
