// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace gantry {

// Prints the failed condition and where it stands to standard error, then aborts.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace gantry

// For what only a defect of ours can break. Always on, in every build: a program that has lost its
// footing must not go on writing. What the world can cause is a Result instead.
#define ASSERT(condition)               \
    ((condition) ? static_cast<void>(0) \
                 : ::gantry::assertion_failed(#condition, __FILE__, __LINE__))
