// SPDX-License-Identifier: Apache-2.0
// The tree behind an expression. Private to the module.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "expression/expression.h"
#include "model/unit.h"

namespace gantry::expression::detail {

enum class Operation : unsigned char {
    Number,
    Truth,
    Variable,
    Or,
    And,
    Not,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Negate,
    Power,
    If,
    OrElse,
    IsMissing,
    Convert,   // number * factor + offset
    Function,  // of numbers, by its place in the table
};

struct Node {
    Operation operation = Operation::Number;
    std::size_t column = 0;  // in the text, from 1
    double number = 0;       // of Number; of Convert the factor
    double offset = 0;       // of Convert
    std::string name;        // of Variable and Function; the unit of a Number and of to()
    std::size_t index = 0;   // of Variable, once bound; of Function, in the table
    std::vector<std::shared_ptr<const Node>> operands;
};

struct FunctionRow {
    std::string_view name;
    std::size_t least = 1;  // operands
    std::size_t most = 1;
    enum class Units : unsigned char {
        Same,    // of all operands, and of the result
        Plain,   // operands have none, and the result has none
        Angle,   // the operand is an angle or has none, the result has none
        Free,    // whatever the operand has, the result has none
        Square,  // the result has the root of the operand's
    } units = Units::Same;
    double (*one)(double) = nullptr;
    double (*two)(double, double) = nullptr;  // of more operands: one after the other
};

// Null when there is none of that name.
const FunctionRow* find_function(std::string_view name, std::size_t& index);
const FunctionRow& function_at(std::size_t index);
std::string function_names();

Result<std::shared_ptr<const Node>> parse_tree(std::string_view text, const Limits& limits,
                                               std::vector<std::string>& names);

std::unexpected<Error> fail_at(std::size_t column, const std::string& message);

}  // namespace gantry::expression::detail
