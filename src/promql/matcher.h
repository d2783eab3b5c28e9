// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "promql/labels.h"

namespace gantry::promql {

class Regex;

enum class MatchKind : unsigned char {
    Equal,      // =
    NotEqual,   // !=
    Matches,    // =~
    NotMatches  // !~
};

std::string_view match_sign(MatchKind kind);

// One condition on a label. A regular expression is anchored at both ends and takes time linear in
// the text, whatever was written. Copies share it. May be used by many threads.
class Matcher {
public:
    // InvalidArgument: the regular expression is wrong, or too large.
    static Result<Matcher> make(std::string name, MatchKind kind, std::string value);

    const std::string& name() const { return name_; }
    MatchKind kind() const { return kind_; }
    const std::string& value() const { return value_; }

    // Of the label's value; empty for a series without that label.
    bool matches(std::string_view value) const;
    // Also fits series that have no such label.
    bool matches_empty() const { return matches(""); }

    // For an index, which need not try every value then.
    // All values that can fit, sorted: of a="x", a=~"x|y|z". Empty when they cannot be listed.
    // Never of != or !~.
    std::span<const std::string> values() const { return values_; }
    // What every value that fits begins with, of =~. May be empty.
    const std::string& prefix() const { return prefix_; }

    std::string text() const;
    bool operator==(const Matcher& other) const {
        return name_ == other.name_ && kind_ == other.kind_ && value_ == other.value_;
    }

private:
    Matcher(std::string name, MatchKind kind, std::string value)
        : name_(std::move(name)), kind_(kind), value_(std::move(value)) {}

    std::string name_;
    MatchKind kind_;
    std::string value_;
    std::shared_ptr<const Regex> regex_;
    std::vector<std::string> values_;
    std::string prefix_;
};

// Every matcher fits.
bool matches_all(std::span<const Matcher> matchers, const Labels& labels);

}  // namespace gantry::promql
