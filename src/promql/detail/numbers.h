// SPDX-License-Identifier: Apache-2.0
// The arithmetic of single numbers, as Go's, which Prometheus is written in, has it.
#pragma once

#include <span>

#include "promql/expression.h"

namespace gantry::promql {

double calculated(BinaryKind kind, double left, double right);
bool compares(BinaryKind kind, double left, double right);

// A function of numbers (is_number_by_number), with its further arguments. Of dates it is that of
// the second, in UTC; NaN for a year that no calendar has.
double number_of(FunctionKind kind, double value, double first, double second);
// Of a row at once, where there is a value. clamp() leaves nothing when its bounds are crossed.
void numbers_of(FunctionKind kind, std::span<double> row, std::span<const double> first,
                std::span<const double> second);

}  // namespace gantry::promql
