// SPDX-License-Identifier: Apache-2.0
#include "command/rule.h"

#include <format>

#include "base/wildcard.h"
#include "security/policy.h"

namespace gantry::command {
namespace {

constexpr std::size_t variables_max = 32;
constexpr Duration max_age_max = std::chrono::hours(24 * 7);
constexpr Duration wait_min = std::chrono::seconds(1);
constexpr Duration wait_max = std::chrono::hours(24 * 7);

// A name in a condition: a path as it is, else a point beside the target.
std::string path_of(std::string_view name, std::string_view target) {
    if (name.find('.') != std::string_view::npos || target.rfind('.') == std::string_view::npos) {
        return std::string(name);
    }
    return std::format("{}.{}", target.substr(0, target.rfind('.')), name);
}

// One variable with its value, or why it has none that counts.
struct Judged {
    expression::Variable variable;
    expression::Column column;
    std::string trouble;
    std::string shown;
};

Judged judge(const std::string& name, const std::optional<Seen>& seen, Duration max_age, Time now) {
    Judged out;
    out.variable.name = name;
    if (!seen) {
        out.trouble = std::format("there is no point '{}'", name);
        return out;
    }
    out.variable.type =
        seen->property.type == ValueType::Bool ? expression::Type::Truth : expression::Type::Number;
    out.variable.unit = seen->property.unit;
    const auto number = seen->latest ? to_number(seen->latest->value) : std::nullopt;
    if (seen->property.type == ValueType::String) {
        out.trouble = std::format("'{}' is a text", name);
    } else if (!number || seen->latest->quality.severity() != Severity::Good) {
        out.trouble = std::format("'{}' has no good value", name);
    } else if (max_age > Duration{0} && now - seen->latest->time > max_age.count()) {
        out.trouble =
            std::format("the value of '{}' is older than {}", name, format_duration(max_age));
    } else {
        out.column = {{*number}, {1}, {}};
        out.shown = std::format("{} = {}", name, to_text(seen->latest->value));
    }
    return out;
}

}  // namespace

Result<> read_entity(const json::value& value, RuleConfig& out, const std::string& where) {
    ObjectReader in(value, where);
    in.required("key", out.key);
    in.optional("name", out.name);
    in.optional("enabled", out.enabled);
    in.optional("under", out.under);
    in.optional("points", out.points);
    in.optional("condition", out.condition);
    in.optional("max_age", out.max_age);
    in.optional("approval", out.approval);
    in.optional("wait", out.wait);
    TRY(in.finish());
    return check_key(out.key, in.where("key"));
}

json::object to_json(const RuleConfig& config) {
    return {{"key", config.key},
            {"name", gantry::to_json(config.name)},
            {"enabled", config.enabled},
            {"under", config.under},
            {"points", config.points},
            {"condition", config.condition},
            {"max_age", format_duration(config.max_age)},
            {"approval", config.approval},
            {"wait", format_duration(config.wait)}};
}

Result<Rule> Rule::compile(RuleConfig config) {
    Rule out;
    if (config.condition.empty() && !config.approval) {
        return bad_field("/condition",
                         "is empty, and no approval is needed: the rule says nothing");
    }
    if (!config.condition.empty()) {
        auto parsed = expression::Expression::parse(config.condition);
        if (!parsed) {
            return bad_field("/condition", parsed.error().message);
        }
        if (parsed->names().size() > variables_max) {
            return bad_field("/condition", std::format("names {} values, at most {}",
                                                       parsed->names().size(), variables_max));
        }
        out.condition_ = std::move(*parsed);
    }
    if (config.points.empty()) {
        return bad_field("/points", "is empty: leave it out for all points");
    }
    if (config.max_age < Duration{0} || config.max_age > max_age_max) {
        return bad_field("/max_age", std::format("must be 0s to {}", format_duration(max_age_max)));
    }
    if (config.wait < wait_min || config.wait > wait_max) {
        return bad_field("/wait", std::format("must be {} to {}", format_duration(wait_min),
                                              format_duration(wait_max)));
    }
    out.config_ = std::move(config);
    return out;
}

bool Rule::covers(std::string_view point) const {
    return config_.enabled &&
           (config_.under.empty() || security::path_covers(config_.under, point)) &&
           matches_wildcard(config_.points, point);
}

std::string Rule::objection(const Target& target, const Look& look, Time now,
                            Language language) const {
    if (!condition_) {
        return {};
    }
    const std::string who = config_.name.empty()
                                ? config_.key
                                : std::format("{} ({})", config_.key, config_.name.in(language));
    std::vector<Judged> judged;
    for (const std::string& name : condition_->names()) {
        if (name == "value") {
            judged.push_back(judge(name, Seen{target.property, Sample{now, target.value, {}}},
                                   Duration{0}, now));
        } else {
            judged.push_back(
                judge(name, look(name == "current" ? target.path : path_of(name, target.path)),
                      config_.max_age, now));
        }
        if (!judged.back().trouble.empty()) {
            return std::format("rule {} cannot be judged: {}", who, judged.back().trouble);
        }
    }
    std::vector<expression::Variable> variables;
    std::vector<const expression::Column*> columns;
    std::string shown;
    for (const Judged& one : judged) {
        variables.push_back(one.variable);
        columns.push_back(&one.column);
        shown += (shown.empty() ? "" : ", ") + one.shown;
    }
    const auto formula = condition_->bind(variables);
    if (!formula) {
        return std::format("rule {} cannot be judged: {}", who, formula.error().message);
    }
    if (formula->type() != expression::Type::Truth) {
        return std::format("rule {} cannot be judged: its condition is a number", who);
    }
    expression::Column answer;
    formula->evaluate(columns, 1, answer);
    if (answer.present[0] == 0) {
        return std::format("rule {} cannot be judged: '{}' has no result ({})", who,
                           config_.condition, shown);
    }
    return answer.value[0] != 0
               ? std::string()
               : std::format("rule {} forbids it: {} ({})", who, config_.condition, shown);
}

}  // namespace gantry::command
