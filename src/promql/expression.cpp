// SPDX-License-Identifier: Apache-2.0
#include "promql/expression.h"

#include <array>
#include <cmath>
#include <format>
#include <utility>

#include "promql/answer.h"
#include "promql/detail/lexer.h"

namespace gantry::promql {
namespace {

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) {
        out += (out.empty() ? "" : ", ") + word;
    }
    return out;
}

// Each node as text. What is in it stands in brackets wherever that could matter.
class Printer {
public:
    std::string operator()(const Number& node) const {
        if (std::isnan(node.value)) {
            return "NaN";
        }
        return std::isinf(node.value) ? (node.value < 0 ? "-Inf" : "Inf")
                                      : std::format("{}", node.value);
    }
    std::string operator()(const Text& node) const { return in_quotes(node.value); }

    std::string operator()(const Selector& node) const {
        std::string out;
        for (const Matcher& matcher : node.matchers) {
            out += out.empty() ? "{" : ",";
            out += matcher.text();
        }
        out += "}";
        if (node.range != 0) {
            out += "[" + duration_text(node.range) + "]";
        }
        return out + text(node.when);
    }
    std::string operator()(const Subquery& node) const {
        return std::format("{}[{}:{}]{}", operand(*node.inner), duration_text(node.range),
                           node.step == 0 ? "" : duration_text(node.step), text(node.when));
    }
    std::string operator()(const Bracketed& node) const { return "(" + to_text(*node.inner) + ")"; }
    std::string operator()(const Sign& node) const {
        return (node.minus ? "-" : "+") + operand(*node.inner);
    }
    std::string operator()(const Binary& node) const {
        const Matching& matching = node.matching;
        std::string sign(binary_sign(node.kind));
        sign += node.as_bool ? " bool" : "";
        if (matching.written) {
            sign +=
                std::format(" {}({})", matching.on ? "on" : "ignoring", joined(matching.labels));
        }
        if (matching.cardinality != Matching::Cardinality::OneToOne) {
            const bool left = matching.cardinality == Matching::Cardinality::ManyToOne;
            sign += std::format(" group_{}({})", left ? "left" : "right", joined(matching.include));
        }
        return std::format("{} {} {}", operand(*node.left), sign, operand(*node.right));
    }
    std::string operator()(const Aggregation& node) const {
        std::string out(aggregate_name(node.kind));
        if (node.without || !node.labels.empty()) {
            out += std::format(" {} ({}) ", node.without ? "without" : "by", joined(node.labels));
        }
        out += "(";
        if (node.parameter != nullptr) {
            out += to_text(*node.parameter) + ", ";
        }
        return out + to_text(*node.inner) + ")";
    }
    std::string operator()(const Call& node) const {
        std::string out;
        for (const ExprPtr& argument : node.arguments) {
            out += (out.empty() ? "" : ", ") + to_text(*argument);
        }
        return std::format("{}({})", node.function->name, out);
    }

private:
    static std::string text(const When& when) {
        std::string out;
        switch (when.at) {
            case When::At::Step: break;
            case When::At::Time: {
                out = when.time < 0 ? " @ -" : " @ ";
                append_seconds(out, std::abs(when.time));
                break;
            }
            case When::At::Start: out = " @ start()"; break;
            case When::At::End: out = " @ end()"; break;
        }
        if (when.offset != 0) {
            out += std::format(" offset {}{}", when.offset < 0 ? "-" : "",
                               duration_text(std::abs(when.offset)));
        }
        return out;
    }
    static std::string operand(const Expr& expr) {
        const bool apart = std::holds_alternative<Binary>(expr.node) ||
                           std::holds_alternative<Sign>(expr.node) ||
                           std::holds_alternative<Number>(expr.node);
        return apart ? "(" + to_text(expr) + ")" : to_text(expr);
    }
};

constexpr std::array<std::pair<Millis, std::string_view>, 5> units = {
    {{86'400'000, "d"}, {3'600'000, "h"}, {60'000, "m"}, {1000, "s"}, {1, "ms"}}};

}  // namespace

const Expr& unwrapped(const Expr& expr) {
    const auto* bracketed = std::get_if<Bracketed>(&expr.node);
    return bracketed == nullptr ? expr : unwrapped(*bracketed->inner);
}

std::string to_text(const Expr& expr) { return std::visit(Printer(), expr.node); }

std::string duration_text(Millis duration) {
    if (duration == 0) {
        return "0s";
    }
    std::string out;
    for (const auto& [length, name] : units) {
        if (duration / length != 0) {
            out += std::format("{}{}", duration / length, name);
            duration %= length;
        }
    }
    return out;
}

std::string_view binary_sign(BinaryKind kind) {
    static constexpr std::string_view signs[] = {"+",     "-",   "*",  "/",     "%",  "^",
                                                 "atan2", "==",  "!=", "<",     "<=", ">",
                                                 ">=",    "and", "or", "unless"};
    return signs[static_cast<std::size_t>(kind)];
}

std::string_view aggregate_name(AggregateKind kind) {
    static constexpr std::string_view names[] = {"sum",   "avg",     "min",      "max",
                                                 "count", "stddev",  "stdvar",   "group",
                                                 "topk",  "bottomk", "quantile", "count_values"};
    return names[static_cast<std::size_t>(kind)];
}

}  // namespace gantry::promql
