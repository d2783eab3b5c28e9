// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace gantry::promql {

enum class Type : unsigned char { None, Scalar, String, Vector, Matrix };

// As errors call it: "instant vector".
std::string_view type_name(Type type);

enum class FunctionKind : unsigned char {
    // Of a range.
    AbsentOverTime,
    AvgOverTime,
    Changes,
    CountOverTime,
    Delta,
    Deriv,
    HoltWinters,
    Idelta,
    Increase,
    Irate,
    LastOverTime,
    MaxOverTime,
    MinOverTime,
    PredictLinear,
    PresentOverTime,
    QuantileOverTime,
    Rate,
    Resets,
    StddevOverTime,
    StdvarOverTime,
    SumOverTime,
    // Number by number.
    Abs,
    Acos,
    Acosh,
    Asin,
    Asinh,
    Atan,
    Atanh,
    Ceil,
    Clamp,
    ClampMax,
    ClampMin,
    Cos,
    Cosh,
    DayOfMonth,
    DayOfWeek,
    DayOfYear,
    DaysInMonth,
    Deg,
    Exp,
    Floor,
    Hour,
    Ln,
    Log10,
    Log2,
    Minute,
    Month,
    Rad,
    Round,
    Sgn,
    Sin,
    Sinh,
    Sqrt,
    Tan,
    Tanh,
    Timestamp,
    Year,
    // Of labels, and the rest.
    Absent,
    HistogramQuantile,
    LabelJoin,
    LabelReplace,
    Pi,
    Scalar,
    Sort,
    SortDesc,
    Time,
    Vector
};

inline bool is_over_range(FunctionKind kind) { return kind <= FunctionKind::SumOverTime; }
inline bool is_number_by_number(FunctionKind kind) {
    return kind >= FunctionKind::Abs && kind <= FunctionKind::Year;
}

struct Function {
    std::string_view name;
    FunctionKind kind;
    Type returns;
    std::array<Type, 5> arguments;  // Type::None where there is none
    int optional = 0;               // of the last ones; -1: the last any number of times, or none
};

// Null: no such function.
const Function* find_function(std::string_view name);

// What Prometheus has and this program does not: why, for the error; empty for every other name.
std::string_view why_unsupported(std::string_view name);

}  // namespace gantry::promql
