// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <re2/re2.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace gantry::promql {

// RE2 with what Prometheus assumes: anchored at both ends, a dot that is no newline, UTF-8.
class Regex {
public:
    // InvalidArgument says what is wrong with the text.
    static Result<std::shared_ptr<const Regex>> make(std::string_view text);

    bool matches(std::string_view text) const;
    // The parts in brackets: group 0 is all. False when it does not match.
    bool match(std::string_view text, std::vector<std::string_view>& groups) const;
    // The number of a named group; -1: none.
    int group(std::string_view name) const;
    // See Matcher.
    std::string prefix() const;

private:
    explicit Regex(std::string_view text);

    RE2 regex_;
};

// The texts that `a|b|c` stands for, if it is only letters and the like between the bars.
std::vector<std::string> alternatives(std::string_view regex);

}  // namespace gantry::promql
