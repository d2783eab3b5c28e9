// SPDX-License-Identifier: Apache-2.0
#include "promql/function.h"

#include <algorithm>

namespace gantry::promql {
namespace {

using enum FunctionKind;

constexpr Type number = Type::Scalar;
constexpr Type text = Type::String;
constexpr Type instant = Type::Vector;
constexpr Type range = Type::Matrix;

// Sorted by name.
constexpr Function functions[] = {
    {"abs", Abs, instant, {instant}},
    {"absent", Absent, instant, {instant}},
    {"absent_over_time", AbsentOverTime, instant, {range}},
    {"acos", Acos, instant, {instant}},
    {"acosh", Acosh, instant, {instant}},
    {"asin", Asin, instant, {instant}},
    {"asinh", Asinh, instant, {instant}},
    {"atan", Atan, instant, {instant}},
    {"atanh", Atanh, instant, {instant}},
    {"avg_over_time", AvgOverTime, instant, {range}},
    {"ceil", Ceil, instant, {instant}},
    {"changes", Changes, instant, {range}},
    {"clamp", Clamp, instant, {instant, number, number}},
    {"clamp_max", ClampMax, instant, {instant, number}},
    {"clamp_min", ClampMin, instant, {instant, number}},
    {"cos", Cos, instant, {instant}},
    {"cosh", Cosh, instant, {instant}},
    {"count_over_time", CountOverTime, instant, {range}},
    {"day_of_month", DayOfMonth, instant, {instant}, 1},
    {"day_of_week", DayOfWeek, instant, {instant}, 1},
    {"day_of_year", DayOfYear, instant, {instant}, 1},
    {"days_in_month", DaysInMonth, instant, {instant}, 1},
    {"deg", Deg, instant, {instant}},
    {"delta", Delta, instant, {range}},
    {"deriv", Deriv, instant, {range}},
    {"exp", Exp, instant, {instant}},
    {"floor", Floor, instant, {instant}},
    {"histogram_quantile", HistogramQuantile, instant, {number, instant}},
    {"holt_winters", HoltWinters, instant, {range, number, number}},
    {"hour", Hour, instant, {instant}, 1},
    {"idelta", Idelta, instant, {range}},
    {"increase", Increase, instant, {range}},
    {"irate", Irate, instant, {range}},
    {"label_join", LabelJoin, instant, {instant, text, text, text}, -1},
    {"label_replace", LabelReplace, instant, {instant, text, text, text, text}},
    {"last_over_time", LastOverTime, instant, {range}},
    {"ln", Ln, instant, {instant}},
    {"log10", Log10, instant, {instant}},
    {"log2", Log2, instant, {instant}},
    {"max_over_time", MaxOverTime, instant, {range}},
    {"min_over_time", MinOverTime, instant, {range}},
    {"minute", Minute, instant, {instant}, 1},
    {"month", Month, instant, {instant}, 1},
    {"pi", Pi, number, {}},
    {"predict_linear", PredictLinear, instant, {range, number}},
    {"present_over_time", PresentOverTime, instant, {range}},
    {"quantile_over_time", QuantileOverTime, instant, {number, range}},
    {"rad", Rad, instant, {instant}},
    {"rate", Rate, instant, {range}},
    {"resets", Resets, instant, {range}},
    {"round", Round, instant, {instant, number}, 1},
    {"scalar", Scalar, number, {instant}},
    {"sgn", Sgn, instant, {instant}},
    {"sin", Sin, instant, {instant}},
    {"sinh", Sinh, instant, {instant}},
    {"sort", Sort, instant, {instant}},
    {"sort_desc", SortDesc, instant, {instant}},
    {"sqrt", Sqrt, instant, {instant}},
    {"stddev_over_time", StddevOverTime, instant, {range}},
    {"stdvar_over_time", StdvarOverTime, instant, {range}},
    {"sum_over_time", SumOverTime, instant, {range}},
    {"tan", Tan, instant, {instant}},
    {"tanh", Tanh, instant, {instant}},
    {"time", Time, number, {}},
    {"timestamp", Timestamp, instant, {instant}},
    {"vector", Vector, instant, {number}},
    {"year", Year, instant, {instant}, 1},
};
static_assert(std::ranges::is_sorted(functions, {}, &Function::name));

constexpr std::string_view native = "native histograms are not stored";
constexpr std::string_view experimental = "it is an experiment of Prometheus";

constexpr std::pair<std::string_view, std::string_view> unsupported[] = {
    {"double_exponential_smoothing", experimental},
    {"histogram_avg", native},
    {"histogram_count", native},
    {"histogram_fraction", native},
    {"histogram_stddev", native},
    {"histogram_stdvar", native},
    {"histogram_sum", native},
    {"info", experimental},
    {"mad_over_time", experimental},
    {"sort_by_label", experimental},
    {"sort_by_label_desc", experimental},
};

}  // namespace

std::string_view type_name(Type type) {
    switch (type) {
        case Type::None: return "nothing";
        case Type::Scalar: return "scalar";
        case Type::String: return "string";
        case Type::Vector: return "instant vector";
        case Type::Matrix: return "range vector";
    }
    return "nothing";
}

const Function* find_function(std::string_view name) {
    const auto found = std::ranges::lower_bound(functions, name, {}, &Function::name);
    return found != std::end(functions) && found->name == name ? found : nullptr;
}

std::string_view why_unsupported(std::string_view name) {
    for (const auto& [function, reason] : unsupported) {
        if (function == name) {
            return reason;
        }
    }
    return {};
}

}  // namespace gantry::promql
