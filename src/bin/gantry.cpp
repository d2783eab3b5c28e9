// SPDX-License-Identifier: Apache-2.0
// The command line program: everything is in the module cli.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <print>

#include "cli/app.h"

int main(int count, char** words) {
    try {
        return gantry::cli::run(count, words);
    } catch (const std::exception& error) {
        std::println(stderr, "gantry: {}", error.what());
        return EXIT_FAILURE;
    }
}
