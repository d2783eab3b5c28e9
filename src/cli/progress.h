// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/clock.h"
#include "cli/output.h"

namespace gantry::cli {

// How far long work has come, on standard error: nothing for the first second, then a bar with
// rate and time to go where a person looks, else a line every ten seconds.
class Progress {
public:
    // `total` in `unit`s; 0 if it is not known.
    Progress(Output& out, const Clock& clock, std::string label, std::uint64_t total,
             std::string unit);
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    // Wipes the bar.
    ~Progress();

    void at(std::uint64_t done);

    // "importing  [#####.....]  52 %  1,200,000 rows  98,000/s  12 s to go", for the tests.
    static std::string line(std::string_view label, std::uint64_t done, std::uint64_t total,
                            std::string_view unit, Duration elapsed, bool bar);

private:
    Output& out_;
    const Clock& clock_;
    std::string label_;
    std::uint64_t total_;
    std::string unit_;
    Duration began_;
    Duration shown_{0};
    bool bar_drawn_ = false;
};

}  // namespace gantry::cli
