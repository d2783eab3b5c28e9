// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "expression/expression.h"
#include "model/entities.h"
#include "model/json.h"

namespace gantry::command {

// What must be true before a value is sent to the device behind a point, and who must agree.
struct RuleConfig {
    std::string key;
    LocalizedText name;  // tells who is refused what to do: "stop the pump first"
    bool enabled = true;
    std::string under;         // the path of an asset or of a point; empty: all
    std::string points = "*";  // of their paths; * is any text
    // A formula that is true or false: `value` is what is to be written, `current` the point's
    // latest value, any other name a point of the same asset, or of another one by its path.
    // Empty: always true.
    std::string condition;
    Duration max_age{0};                       // of the values in it; 0: any
    bool approval = false;                     // somebody else must agree
    Duration wait = std::chrono::minutes(15);  // for that, at most

    bool operator==(const RuleConfig&) const = default;
};

// Checks the form; Rule::compile() checks what it means.
Result<> read_entity(const json::value& value, RuleConfig& out, const std::string& where);
json::object to_json(const RuleConfig& config);

// A point as a rule sees it.
struct Seen {
    Property property;
    std::optional<Sample> latest;
};

// A point by its path; nothing if there is none.
using Look = std::function<std::optional<Seen>(const std::string& path)>;

// What is to be written, and where.
struct Target {
    std::string path;
    Property property;
    Value value;
};

// One that was checked. Never changes.
class Rule {
public:
    // InvalidArgument names the field and the remedy.
    static Result<Rule> compile(RuleConfig config);

    const RuleConfig& config() const { return config_; }
    bool covers(std::string_view point) const;

    // Why the condition does not let it pass; empty if it does. What cannot be judged does not
    // pass: a point that is not there, or has no value of good quality.
    std::string objection(const Target& target, const Look& look, Time now,
                          Language language) const;

private:
    Rule() = default;

    RuleConfig config_;
    std::optional<expression::Expression> condition_;
};

}  // namespace gantry::command
