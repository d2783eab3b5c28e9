// SPDX-License-Identifier: Apache-2.0
#include "promql/detail/numbers.h"

#include <chrono>
#include <cmath>
#include <limits>
#include <numbers>

#include "promql/answer.h"

namespace gantry::promql {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

// An infinity on the side that wins is stronger than NaN, and NaN than all else.
double larger(double a, double b) {
    if (a == infinity || b == infinity) {
        return infinity;
    }
    return std::isnan(a) || std::isnan(b) ? nan : std::max(a, b);
}

double smaller(double a, double b) {
    if (a == -infinity || b == -infinity) {
        return -infinity;
    }
    return std::isnan(a) || std::isnan(b) ? nan : std::min(a, b);
}

double date_part(FunctionKind kind, double seconds) {
    using namespace std::chrono;
    constexpr double seconds_max = 1e11;  // about the year 5000
    if (!(std::abs(seconds) < seconds_max)) {
        return nan;
    }
    const sys_seconds time{std::chrono::seconds(static_cast<std::int64_t>(seconds))};
    const sys_days day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss clock(time - day);
    switch (kind) {
        case FunctionKind::DayOfMonth: return static_cast<unsigned>(date.day());
        case FunctionKind::DayOfWeek: return weekday(day).c_encoding();
        case FunctionKind::DayOfYear:
            return static_cast<double>((day - sys_days(date.year() / January / 1)).count() + 1);
        case FunctionKind::DaysInMonth:
            return static_cast<unsigned>((date.year() / date.month() / last).day());
        case FunctionKind::Hour: return static_cast<double>(clock.hours().count());
        case FunctionKind::Minute: return static_cast<double>(clock.minutes().count());
        case FunctionKind::Month: return static_cast<unsigned>(date.month());
        case FunctionKind::Year: return static_cast<int>(date.year());
        default: return nan;
    }
}

}  // namespace

double calculated(BinaryKind kind, double left, double right) {
    switch (kind) {
        case BinaryKind::Add: return left + right;
        case BinaryKind::Subtract: return left - right;
        case BinaryKind::Multiply: return left * right;
        case BinaryKind::Divide: return left / right;
        case BinaryKind::Modulo: return std::fmod(left, right);
        case BinaryKind::Power: return std::pow(left, right);
        case BinaryKind::Atan2: return std::atan2(left, right);
        default: return nan;
    }
}

bool compares(BinaryKind kind, double left, double right) {
    switch (kind) {
        case BinaryKind::Equal: return left == right;
        case BinaryKind::NotEqual: return left != right;
        case BinaryKind::Less: return left < right;
        case BinaryKind::LessOrEqual: return left <= right;
        case BinaryKind::Greater: return left > right;
        case BinaryKind::GreaterOrEqual: return left >= right;
        default: return false;
    }
}

double number_of(FunctionKind kind, double value, double first, double second) {
    switch (kind) {
        case FunctionKind::Abs: return std::abs(value);
        case FunctionKind::Acos: return std::acos(value);
        case FunctionKind::Acosh: return std::acosh(value);
        case FunctionKind::Asin: return std::asin(value);
        case FunctionKind::Asinh: return std::asinh(value);
        case FunctionKind::Atan: return std::atan(value);
        case FunctionKind::Atanh: return std::atanh(value);
        case FunctionKind::Ceil: return std::ceil(value);
        case FunctionKind::Clamp:
            return second < first ? absent : larger(first, smaller(second, value));
        case FunctionKind::ClampMax: return smaller(first, value);
        case FunctionKind::ClampMin: return larger(first, value);
        case FunctionKind::Cos: return std::cos(value);
        case FunctionKind::Cosh: return std::cosh(value);
        case FunctionKind::Deg: return value * 180 / std::numbers::pi;
        case FunctionKind::Exp: return std::exp(value);
        case FunctionKind::Floor: return std::floor(value);
        case FunctionKind::Ln: return std::log(value);
        case FunctionKind::Log10: return std::log10(value);
        case FunctionKind::Log2: return std::log2(value);
        case FunctionKind::Rad: return value * std::numbers::pi / 180;
        case FunctionKind::Round: {
            const double inverse = 1 / first;
            return std::floor(value * inverse + 0.5) / inverse;
        }
        case FunctionKind::Sgn: return value < 0 ? -1 : value > 0 ? 1 : value;
        case FunctionKind::Sin: return std::sin(value);
        case FunctionKind::Sinh: return std::sinh(value);
        case FunctionKind::Sqrt: return std::sqrt(value);
        case FunctionKind::Tan: return std::tan(value);
        case FunctionKind::Tanh: return std::tanh(value);
        default: return date_part(kind, value);
    }
}

void numbers_of(FunctionKind kind, std::span<double> row, std::span<const double> first,
                std::span<const double> second) {
    for (std::size_t k = 0; k < row.size(); ++k) {
        row[k] = is_absent(row[k]) ? absent : number_of(kind, row[k], first[k], second[k]);
    }
}

}  // namespace gantry::promql
