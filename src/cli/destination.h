// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "cli/output.h"

namespace gantry::cli {

// Where an export goes: standard output for "-", else a file, which appears under its name only
// when it is whole.
class Destination {
public:
    explicit Destination(std::string path) : path_(std::move(path)) {}
    Destination(const Destination&) = delete;
    Destination& operator=(const Destination&) = delete;
    ~Destination();

    bool is_output() const { return path_ == "-"; }
    // Conflict if the file is there already and is not to be replaced.
    Result<> open(bool replace);
    Result<> write(Output& out, std::string_view piece);
    Result<> finish();

private:
    std::string temporary() const { return path_ + ".part"; }

    std::string path_;
    int file_ = -1;
};

}  // namespace gantry::cli
