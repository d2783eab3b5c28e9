// SPDX-License-Identifier: Apache-2.0
#include "query/sql_grid.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <duckdb/planner/expression/bound_cast_expression.hpp>
#include <duckdb/planner/expression/bound_columnref_expression.hpp>
#include <duckdb/planner/expression/bound_function_expression.hpp>
#include <duckdb/planner/expression_iterator.hpp>
#include <numeric>

namespace gantry::query {
namespace {

using duckdb::BoundFunctionExpression;
using duckdb::Expression;
using duckdb::ExpressionClass;

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t minute = 60 * second;
constexpr std::int64_t hour = 60 * minute;
constexpr std::int64_t day = 24 * hour;

// What DuckDB counts widths under a month from: 2000-01-03, a Monday.
constexpr Time bucket_origin = 10'959 * day;

struct Part {
    std::string_view name;  // also of a function
    std::int64_t width;
};

// Parts of a date that begin and end with one of these. Longer ones are made of days.
constexpr std::array parts = {
    Part{"second", second}, Part{"minute", minute},  Part{"hour", hour},
    Part{"day", day},       Part{"week", day},       Part{"month", day},
    Part{"quarter", day},   Part{"year", day},       Part{"decade", day},
    Part{"century", day},   Part{"millennium", day}, Part{"dow", day},
    Part{"dayofweek", day}, Part{"isodow", day},     Part{"doy", day},
    Part{"dayofyear", day}, Part{"dayofmonth", day}, Part{"isoyear", day},
    Part{"yearweek", day},  Part{"weekday", day},    Part{"weekofyear", day},
    Part{"era", day},
};

std::int64_t width_of_part(std::string_view name) {
    const auto* found = std::ranges::find(parts, name, &Part::name);
    return found == parts.end() ? 0 : found->width;
}

// Longer buckets than any query means; sums of a few of them are still times.
constexpr std::int64_t width_max = std::int64_t{1} << 60;

std::optional<Grid> grid_if(std::int64_t width, Time origin = 0) {
    return width > 0 && width <= width_max ? std::optional(Grid{origin, width}) : std::nullopt;
}

class Reading {
public:
    explicit Reading(const RoleOf& role_of) : role_of_(role_of) {}

    std::optional<Grid> grid(const Expression& expression) const {
        switch (expression.GetExpressionClass()) {
            case ExpressionClass::BOUND_CONSTANT: return Grid{};
            case ExpressionClass::BOUND_COLUMN_REF:
                return is_constant(expression) ? std::optional(Grid{}) : std::nullopt;
            case ExpressionClass::BOUND_CAST: {
                const auto& cast = expression.Cast<duckdb::BoundCastExpression>();
                if (cast.return_type.id() == duckdb::LogicalTypeId::DATE && is_time(*cast.child)) {
                    return Grid{0, day};
                }
                return of_children(expression);
            }
            case ExpressionClass::BOUND_FUNCTION: {
                const auto known = of_function(expression.Cast<BoundFunctionExpression>());
                return known ? known : of_children(expression);
            }
            case ExpressionClass::BOUND_CASE:
            case ExpressionClass::BOUND_COMPARISON:
            case ExpressionClass::BOUND_CONJUNCTION:
            case ExpressionClass::BOUND_OPERATOR:
            case ExpressionClass::BOUND_BETWEEN: return of_children(expression);
            default: return std::nullopt;
        }
    }

private:
    bool has_role(const Expression& expression, Role role) const {
        return expression.GetExpressionClass() == ExpressionClass::BOUND_COLUMN_REF &&
               role_of_(expression.Cast<duckdb::BoundColumnRefExpression>()) == role;
    }
    bool is_constant(const Expression& column) const {
        switch (role_of_(column.Cast<duckdb::BoundColumnRefExpression>())) {
            case Role::Point:
            case Role::Asset:
            case Role::PointId:
            case Role::Metric:
            case Role::Measurement:
            case Role::Field:
            case Role::Labels: return true;
            default: return false;
        }
    }
    // The time itself, with or without its zone.
    bool is_time(const Expression& expression) const {
        if (expression.GetExpressionClass() != ExpressionClass::BOUND_CAST) {
            return has_role(expression, Role::Time);
        }
        const auto& cast = expression.Cast<duckdb::BoundCastExpression>();
        const auto type = cast.return_type.id();
        return (type == duckdb::LogicalTypeId::TIMESTAMP ||
                type == duckdb::LogicalTypeId::TIMESTAMP_TZ) &&
               is_time(*cast.child);
    }

    // Something of things that are constant is.
    std::optional<Grid> of_children(const Expression& expression) const {
        std::optional<Grid> out = Grid{};
        if (expression.IsVolatile()) {
            return std::nullopt;
        }
        duckdb::ExpressionIterator::EnumerateChildren(expression, [&](const Expression& child) {
            const auto one = grid(child);
            out = out && one ? std::optional(common_grid(*out, *one)) : std::nullopt;
        });
        return out;
    }

    std::optional<Grid> of_function(const BoundFunctionExpression& call) const {
        const std::string& name = call.function.name;
        const auto& children = call.children;
        if (children.size() == 1 && is_time(*children[0])) {
            return grid_if(width_of_part(name));
        }
        if (children.size() == 1 && name == "floor") {
            return of_seconds(*children[0]);
        }
        if (children.size() != 2) {
            return std::nullopt;
        }
        const duckdb::Value* first = constant_of(*children[0]);
        if (first != nullptr && !first->IsNull() && is_time(*children[1])) {
            if (name == "time_bucket" && first->type().id() == duckdb::LogicalTypeId::INTERVAL) {
                return of_interval(duckdb::IntervalValue::Get(*first));
            }
            const bool part = name == "date_trunc" || name == "datetrunc" || name == "date_part" ||
                              name == "datepart";
            if (part && first->type().id() == duckdb::LogicalTypeId::VARCHAR) {
                return grid_if(
                    width_of_part(duckdb::StringUtil::Lower(duckdb::StringValue::Get(*first))));
            }
        }
        if (name == "//" && has_role(*children[0], Role::TimeNs)) {
            const duckdb::Value* width = constant_of(*children[1]);
            const bool whole = width != nullptr && !width->IsNull() &&
                               width->type().id() == duckdb::LogicalTypeId::BIGINT;
            return whole ? grid_if(width->GetValueUnsafe<std::int64_t>()) : std::nullopt;
        }
        return std::nullopt;
    }

    static std::optional<Grid> of_interval(const duckdb::interval_t& interval) {
        if (interval.months != 0) {
            return interval.months > 0 && interval.days == 0 && interval.micros == 0
                       ? std::optional(Grid{0, day})
                       : std::nullopt;
        }
        std::int64_t width = 0;
        std::int64_t nanos = 0;
        if (__builtin_mul_overflow(std::int64_t{interval.days}, day, &width) ||
            __builtin_mul_overflow(interval.micros, 1000, &nanos) ||
            __builtin_add_overflow(width, nanos, &width)) {
            return std::nullopt;
        }
        return grid_if(width, bucket_origin);
    }

    // floor(extract(epoch FROM time) / 300), as Grafana groups. Seconds are exact to a microsecond,
    // and a quotient is rounded up to a whole number by a time closer to it than that only.
    std::optional<Grid> of_seconds(const Expression& expression) const {
        if (expression.GetExpressionClass() != ExpressionClass::BOUND_FUNCTION) {
            return std::nullopt;
        }
        const auto& quotient = expression.Cast<BoundFunctionExpression>();
        // The second where "/" of whole numbers is whole, as for PostgreSQL's clients.
        const bool divides = quotient.function.name == "/" || quotient.function.name == "//";
        if (!divides || quotient.return_type.id() != duckdb::LogicalTypeId::DOUBLE ||
            quotient.children.size() != 2 || !is_epoch(*quotient.children[0])) {
            return std::nullopt;
        }
        const duckdb::Value* divisor = constant_of(*quotient.children[1]);
        if (divisor == nullptr || divisor->IsNull() ||
            divisor->type().id() != duckdb::LogicalTypeId::DOUBLE) {
            return std::nullopt;
        }
        const double seconds = divisor->GetValueUnsafe<double>();
        constexpr double longest = 366.0 * 24 * 3600;
        const bool whole = seconds >= 1 && seconds <= longest && std::trunc(seconds) == seconds;
        return whole ? grid_if(static_cast<std::int64_t>(seconds) * second) : std::nullopt;
    }

    bool is_epoch(const Expression& expression) const {
        if (expression.GetExpressionClass() != ExpressionClass::BOUND_FUNCTION) {
            return false;
        }
        const auto& call = expression.Cast<BoundFunctionExpression>();
        const auto& children = call.children;
        if (call.function.name == "epoch") {
            return children.size() == 1 && is_time(*children[0]);
        }
        const duckdb::Value* part = children.size() == 2 ? constant_of(*children[0]) : nullptr;
        return (call.function.name == "date_part" || call.function.name == "datepart") &&
               part != nullptr && !part->IsNull() &&
               part->type().id() == duckdb::LogicalTypeId::VARCHAR &&
               duckdb::StringUtil::Lower(duckdb::StringValue::Get(*part)) == "epoch" &&
               is_time(*children[1]);
    }

    const RoleOf& role_of_;
};

}  // namespace

Grid common_grid(const Grid& left, const Grid& right) {
    if (left.width == 0 || right.width == 0) {
        return left.width == 0 ? right : left;
    }
    const std::int64_t apart = std::gcd(left.width, right.width);
    return {left.origin, std::gcd(apart, left.origin - right.origin)};
}

std::optional<Grid> grid_of(const Expression& expression, const RoleOf& role_of) {
    return Reading(role_of).grid(expression);
}

}  // namespace gantry::query
