// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "api/call.h"
#include "query/formula.h"

namespace gantry::api {

// A variable as asked for: a point, or a property of each asset.
struct WantedVariable {
    std::string name;
    std::string point;
    std::string property;
    query::AggregateKind aggregate = query::AggregateKind::Average;
};

struct WantedFormula {
    std::string name;
    std::string text;
    std::string unit;
};

// What POST /v1/query asks.
struct FormulaQuestion {
    query::Grid grid;
    std::vector<WantedVariable> variables;
    std::vector<WantedFormula> formulas;
    bool by_asset = false;  // some variable is a property
    std::string under;
    std::string model;
    std::string group = "asset";
    query::Combine combine = query::Combine::Average;
};

// InvalidArgument names the field that is wrong.
Result<FormulaQuestion> read_formula_question(const Call& call, Time now);

}  // namespace gantry::api
