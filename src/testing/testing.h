// SPDX-License-Identifier: Apache-2.0
// What the tests of all modules share. Not part of the program.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"

namespace gantry::testing {

// The value of a Result that must hold one; otherwise the test fails and says why.
template <class T>
T must(Result<T> result, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    if (!result) {
        ADD_FAILURE_AT(file, line)
            << code_name(result.error().code) << ": " << result.error().message;
        throw std::runtime_error("cannot go on");
    }
    if constexpr (!std::is_void_v<T>) {
        return std::move(*result);
    }
}

// The code of a Result that must hold an error; Internal, and a failure, when it holds none.
template <class T>
Code failure(const Result<T>& result, const char* file = __builtin_FILE(),
             int line = __builtin_LINE()) {
    if (result) {
        ADD_FAILURE_AT(file, line) << "an error was expected";
        return Code::Internal;
    }
    return result.error().code;
}

// A folder of its own for a test, removed with it.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string name = std::filesystem::temp_directory_path() / "gantry-test-XXXXXX";
        if (mkdtemp(name.data()) == nullptr) {
            throw std::runtime_error("cannot make a temporary folder");
        }
        path_ = name;
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    const std::string& path() const { return path_; }
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

// What most constructors ask for, with a clock that stands still.
struct Surroundings {
    FakeClock clock;
    MemoryOutput output;
    Log log{clock, output, Level::Debug};
    Metrics metrics;
};

}  // namespace gantry::testing
