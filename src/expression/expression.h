// SPDX-License-Identifier: Apache-2.0
// Formulas over named values: numbers and truths in columns, with unit and quality.
//
//     power / flow                         a variable is a name, or any text in backticks
//     if(running, flow, 0) * 3600          0 for a truth is false, 1 true
//     temp > 90[Cel] and not stopped       a number may carry a UCUM unit in brackets
//     to(flow, "L/min")                    in another unit
//
// Operators, from those that bind least: or; and; not; = != < <= > >=; + -; * / %; - (sign); ^
// (right to left). Functions: abs ceil floor round(x[, digits]) sqrt exp ln log10 sin cos tan asin
// acos atan atan2(y, x) min(…) max(…) clamp(x, low, high) pow(x, y) sign if(condition, x, y)
// or_else(x, y) is_missing(x) to(x, "unit"). Constants: true false pi.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/quality.h"

namespace gantry::expression {

enum class Type : unsigned char { Number, Truth };

struct Variable {
    std::string name;
    Type type = Type::Number;
    // UCUM; empty where it is not known, and then it fits whatever it is used with.
    std::string unit = {};
};

// Values of one name, a row each. A value that is missing has no quality that means anything.
struct Column {
    std::vector<double> value;          // 0 and 1 of a truth
    std::vector<std::uint8_t> present;  // 1 where there is a value; as long as value
    std::vector<Quality> quality;       // empty: all good; else as long as value

    std::size_t size() const { return value.size(); }
};

struct Limits {
    std::size_t bytes_max = 4096;  // of the text
    std::size_t depth_max = 64;    // of brackets and operators in each other
    std::size_t nodes_max = 1000;
};

namespace detail {
struct Node;
}

// A formula whose names have types and units. May be evaluated many times, by many threads.
class Formula {
public:
    Type type() const { return type_; }
    // Of the result, UCUM; empty when it is not known, "1" when it has none.
    const std::string& unit() const { return unit_; }

    // `columns` are in the order of the variables that it was bound to, all of one length. A result
    // is missing where an operand that it needs is (if, or_else, and, or need not have both), and
    // where there is no such number: division by 0, root of a negative number. Its quality is the
    // worst of the operands that it was made of.
    void evaluate(std::span<const Column* const> columns, std::size_t rows, Column& out) const;

private:
    friend class Expression;

    std::shared_ptr<const detail::Node> root_;
    Type type_ = Type::Number;
    std::string unit_;
};

class Expression {
public:
    // InvalidArgument: "column 5: …", counted in characters from 1.
    static Result<Expression> parse(std::string_view text, Limits limits = {});

    // Names of the variables, each once, in the order in which they come.
    const std::vector<std::string>& names() const { return names_; }

    // InvalidArgument with the column: an unknown name, a truth where a number is wanted, units
    // that do not fit ("bar and m3/h cannot be added").
    Result<Formula> bind(std::span<const Variable> variables) const;

private:
    std::shared_ptr<const detail::Node> root_;
    std::vector<std::string> names_;
};

}  // namespace gantry::expression
