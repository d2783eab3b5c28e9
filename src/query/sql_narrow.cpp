// SPDX-License-Identifier: Apache-2.0
#include "query/sql_narrow.h"

#include <algorithm>
#include <duckdb/planner/expression/bound_between_expression.hpp>
#include <duckdb/planner/expression/bound_cast_expression.hpp>
#include <duckdb/planner/expression/bound_columnref_expression.hpp>
#include <duckdb/planner/expression/bound_comparison_expression.hpp>
#include <duckdb/planner/expression/bound_constant_expression.hpp>
#include <duckdb/planner/expression/bound_function_expression.hpp>
#include <duckdb/planner/expression/bound_operator_expression.hpp>
#include <iterator>

namespace gantry::query {
namespace {

using duckdb::idx_t;

// The column that an expression is, a cast around it included.
std::optional<Role> role_of(const duckdb::Expression& expression, const duckdb::LogicalGet& get,
                            std::span<const Role> roles) {
    const duckdb::Expression* inner = &expression;
    while (inner->GetExpressionClass() == duckdb::ExpressionClass::BOUND_CAST) {
        inner = inner->Cast<duckdb::BoundCastExpression>().child.get();
    }
    if (inner->GetExpressionClass() != duckdb::ExpressionClass::BOUND_COLUMN_REF) {
        return std::nullopt;
    }
    const auto& reference = inner->Cast<duckdb::BoundColumnRefExpression>();
    const auto& ids = get.GetColumnIds();
    if (reference.binding.table_index != get.table_index ||
        reference.binding.column_index >= ids.size()) {
        return std::nullopt;
    }
    const idx_t column = ids[reference.binding.column_index].GetPrimaryIndex();
    return column < roles.size() && roles[column] != Role::Other ? std::optional(roles[column])
                                                                 : std::nullopt;
}

// Nanoseconds of a constant of a timestamp type; the time zone of every session is UTC.
std::optional<Time> nanos_of(const duckdb::Value& value, Role role) {
    if (value.IsNull()) {
        return std::nullopt;
    }
    if (role == Role::TimeNs) {
        return value.type().id() == duckdb::LogicalTypeId::BIGINT
                   ? std::optional(value.GetValueUnsafe<std::int64_t>())
                   : std::nullopt;
    }
    switch (value.type().id()) {
        case duckdb::LogicalTypeId::TIMESTAMP_NS: return value.GetValueUnsafe<std::int64_t>();
        case duckdb::LogicalTypeId::TIMESTAMP:
        case duckdb::LogicalTypeId::TIMESTAMP_TZ: {
            std::int64_t nanos = 0;
            return __builtin_mul_overflow(value.GetValueUnsafe<std::int64_t>(), 1000, &nanos)
                       ? std::nullopt
                       : std::optional(nanos);
        }
        default: return std::nullopt;
    }
}

bool is_time(std::optional<Role> role) { return role == Role::Time || role == Role::TimeNs; }

// The rows whose `time`, which is rounded down to microseconds, compares so to a bound of whole
// microseconds, or whose `time_ns` to any; nothing if that is not known.
std::optional<TimeRange> times_of(Role role, duckdb::ExpressionType comparison, Time bound) {
    using duckdb::ExpressionType;
    const Time unit = role == Role::Time ? 1000 : 1;
    if (bound > time_max - unit) {
        return std::nullopt;
    }
    switch (comparison) {
        case ExpressionType::COMPARE_EQUAL: return TimeRange{bound, bound + unit};
        case ExpressionType::COMPARE_GREATERTHAN: return TimeRange{bound + unit, time_max};
        case ExpressionType::COMPARE_GREATERTHANOREQUALTO: return TimeRange{bound, time_max};
        case ExpressionType::COMPARE_LESSTHAN: return TimeRange{time_min, bound};
        case ExpressionType::COMPARE_LESSTHANOREQUALTO: return TimeRange{time_min, bound + unit};
        default: return std::nullopt;
    }
}

// True if the condition is met exactly: the expression that the constant is compared with is the
// column itself, at its own precision.
bool narrow_time(TimeRange& range, Role role, duckdb::ExpressionType comparison,
                 const duckdb::Value& constant, const duckdb::Expression& compared) {
    const auto bound = nanos_of(constant, role);
    if (!bound) {
        return false;
    }
    const bool exact =
        compared.GetExpressionClass() == duckdb::ExpressionClass::BOUND_COLUMN_REF &&
        (role == Role::TimeNs || constant.type().id() == duckdb::LogicalTypeId::TIMESTAMP_TZ);
    const auto wanted = times_of(role, comparison, *bound);
    if (!wanted) {
        return false;
    }
    // Else a microsecond more on each side: the query may compare at that precision.
    constexpr Time margin = 1000;
    const bool wide = exact || wanted->from < time_min + margin;
    const bool far = exact || wanted->to > time_max - margin;
    range.from = std::max(range.from, wide ? wanted->from : wanted->from - margin);
    range.to = std::min(range.to, far ? wanted->to : wanted->to + margin);
    return exact;
}

// True if the condition is met exactly.
bool narrow_quality(Narrowing& data, const Narrowing::Names& wanted) {
    Severities severities = 0;
    for (const Severity severity : {Severity::Good, Severity::Uncertain, Severity::Bad}) {
        severities |= wanted.contains(std::string(severity_name(severity))) ? bit_of(severity) : 0;
    }
    data.severities &= severities;
    return true;
}

// True if the condition is met exactly.
bool narrow_names(Narrowing& data, Role role, const Narrowing::Names& wanted,
                  const duckdb::Expression& compared) {
    const bool plain = compared.GetExpressionClass() == duckdb::ExpressionClass::BOUND_COLUMN_REF;
    if (role == Role::Quality) {
        return plain && narrow_quality(data, wanted);
    }
    if (role == Role::Labels) {
        return false;
    }
    const auto [found, fresh] = data.names.try_emplace(role, wanted);
    if (!fresh) {
        Narrowing::Names both;
        std::ranges::set_intersection(found->second, wanted, std::inserter(both, both.end()));
        found->second = std::move(both);
    }
    return plain;
}

// What conditions on columns of one scan come to.
class Narrower {
public:
    Narrower(Narrowing& data, const duckdb::LogicalGet& get, std::span<const Role> roles)
        : data_(data), get_(get), roles_(roles) {}

    // True if the condition is met exactly by what is read then.
    bool narrow(const duckdb::Expression& filter) {
        switch (filter.GetExpressionClass()) {
            case duckdb::ExpressionClass::BOUND_COMPARISON:
                return by_comparison(filter.Cast<duckdb::BoundComparisonExpression>());
            case duckdb::ExpressionClass::BOUND_BETWEEN:
                return by_between(filter.Cast<duckdb::BoundBetweenExpression>());
            case duckdb::ExpressionClass::BOUND_OPERATOR:
                return by_in(filter.Cast<duckdb::BoundOperatorExpression>());
            default: return false;
        }
    }

private:
    std::optional<Role> role(const duckdb::Expression& expression) const {
        return role_of(expression, get_, roles_);
    }

    bool by_comparison(const duckdb::BoundComparisonExpression& expression) {
        const duckdb::ExpressionType comparison = expression.GetExpressionType();
        if (const duckdb::Value* constant = constant_of(*expression.right)) {
            return compare(*expression.left, comparison, *constant);
        }
        if (const duckdb::Value* constant = constant_of(*expression.left)) {
            return compare(*expression.right, duckdb::FlipComparisonExpression(comparison),
                           *constant);
        }
        return false;
    }

    bool compare(const duckdb::Expression& compared, duckdb::ExpressionType comparison,
                 const duckdb::Value& constant) {
        const bool equal = comparison == duckdb::ExpressionType::COMPARE_EQUAL &&
                           constant.type().id() == duckdb::LogicalTypeId::VARCHAR;
        if (constant.IsNull()) {
            return false;
        }
        const auto column = role(compared);
        if (!column) {
            if (const auto label = equal ? label_of(compared) : std::nullopt) {
                data_.labels.try_emplace(*label, constant.ToString());
            }
            return false;
        }
        if (is_time(column)) {
            return narrow_time(data_.range, *column, comparison, constant, compared);
        }
        if (comparison == duckdb::ExpressionType::COMPARE_NOTEQUAL && column == Role::Quality) {
            return rule_out(constant.ToString(), compared);
        }
        return equal && narrow_names(data_, *column, {constant.ToString()}, compared);
    }

    bool rule_out(const std::string& quality, const duckdb::Expression& compared) {
        Narrowing::Names rest;
        for (const Severity severity : {Severity::Good, Severity::Uncertain, Severity::Bad}) {
            if (severity_name(severity) != quality) {
                rest.emplace(severity_name(severity));
            }
        }
        return narrow_names(data_, Role::Quality, rest, compared);
    }

    // Of labels ->> 'host'. Names that could be read as a path through JSON are left alone.
    std::optional<std::string> label_of(const duckdb::Expression& expression) const {
        if (expression.GetExpressionClass() != duckdb::ExpressionClass::BOUND_FUNCTION) {
            return std::nullopt;
        }
        const auto& call = expression.Cast<duckdb::BoundFunctionExpression>();
        if ((call.function.name != "->>" && call.function.name != "json_extract_string") ||
            call.children.size() != 2 || role(*call.children[0]) != Role::Labels) {
            return std::nullopt;
        }
        const duckdb::Value* name = constant_of(*call.children[1]);
        if (name == nullptr || name->IsNull() ||
            name->type().id() != duckdb::LogicalTypeId::VARCHAR) {
            return std::nullopt;
        }
        const std::string text = name->ToString();
        const bool plain = !text.empty() && text.find_first_not_of(plain_letters) == text.npos;
        return plain ? std::optional(text) : std::nullopt;
    }
    static constexpr std::string_view plain_letters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";

    bool by_between(const duckdb::BoundBetweenExpression& expression) {
        const auto column = role(*expression.input);
        const duckdb::Value* lower = constant_of(*expression.lower);
        const duckdb::Value* upper = constant_of(*expression.upper);
        if (!is_time(column)) {
            return false;
        }
        const bool from =
            lower != nullptr && narrow_time(data_.range, *column, expression.LowerComparisonType(),
                                            *lower, *expression.input);
        const bool to =
            upper != nullptr && narrow_time(data_.range, *column, expression.UpperComparisonType(),
                                            *upper, *expression.input);
        return from && to;
    }

    bool by_in(const duckdb::BoundOperatorExpression& expression) {
        const auto column = role(*expression.children[0]);
        if (expression.GetExpressionType() != duckdb::ExpressionType::COMPARE_IN || !column ||
            is_time(column)) {
            return false;
        }
        Narrowing::Names wanted;
        for (idx_t i = 1; i < expression.children.size(); ++i) {
            const duckdb::Value* constant = constant_of(*expression.children[i]);
            if (constant == nullptr || constant->IsNull() ||
                constant->type().id() != duckdb::LogicalTypeId::VARCHAR) {
                return false;
            }
            wanted.insert(constant->ToString());
        }
        return narrow_names(data_, *column, wanted, *expression.children[0]);
    }

    Narrowing& data_;
    const duckdb::LogicalGet& get_;
    std::span<const Role> roles_;
};

std::string_view title_of(Role role) {
    switch (role) {
        case Role::Point: return "Points";
        case Role::Asset: return "Assets";
        case Role::PointId: return "Point ids";
        case Role::Metric: return "Names";
        case Role::Measurement: return "Measurements";
        case Role::Field: return "Fields";
        default: return "Labels";
    }
}

}  // namespace

const duckdb::Value* constant_of(const duckdb::Expression& expression) {
    return expression.GetExpressionClass() == duckdb::ExpressionClass::BOUND_CONSTANT
               ? &expression.Cast<duckdb::BoundConstantExpression>().value
               : nullptr;
}

void push_down(Narrowing& narrowing, const duckdb::LogicalGet& get, std::span<const Role> roles,
               duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& filters) {
    Narrower narrower(narrowing, get, roles);
    std::erase_if(filters, [&](const auto& filter) { return narrower.narrow(*filter); });
}

void describe(const Narrowing& narrowing, duckdb::InsertionOrderPreservingMap<std::string>& out) {
    const auto bound = [](Time time, Time none, std::string_view otherwise) {
        return time == none ? std::string(otherwise) : format_time(time);
    };
    out["From"] = bound(narrowing.range.from, time_min, "the beginning");
    out["To"] = bound(narrowing.range.to, time_max, "the end");
    for (const auto& [role, names] : narrowing.names) {
        out[std::string(title_of(role))] = std::to_string(names.size()) + " named";
    }
    for (const auto& [name, value] : narrowing.labels) {
        out["Label " + name] = value;
    }
    if (narrowing.severities != all_severities) {
        std::string words;
        for (const Severity severity : {Severity::Good, Severity::Uncertain, Severity::Bad}) {
            if (narrowing.admits(severity)) {
                words += (words.empty() ? "" : " or ") + std::string(severity_name(severity));
            }
        }
        out["Quality"] = words.empty() ? "none" : words;
    }
}

}  // namespace gantry::query
