// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace gantry::cli {

// The whole program: parses, runs one command, answers the exit code (docs/guide/command-line.md).
int run(int count, const char* const* words);

}  // namespace gantry::cli
