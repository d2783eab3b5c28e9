// SPDX-License-Identifier: Apache-2.0
// Types and units of an expression: refuses what does not fit, and converts what does.
#include <algorithm>
#include <array>
#include <cmath>

#include "expression/node.h"

namespace gantry::expression {
namespace {

using detail::fail_at;
using detail::FunctionRow;
using detail::Node;
using detail::Operation;
using NodePtr = std::shared_ptr<const Node>;

// A part of an expression, once its names are known.
struct Part {
    NodePtr node;
    Type type = Type::Number;
    std::optional<Unit> unit;  // nothing: not known, and it fits whatever it meets
    bool constant = false;     // made of numbers alone

    bool on_a_scale() const { return unit && unit->offset != 0; }  // as Cel: not from a true zero
};

// What products of units read as, if they are one of these.
constexpr std::array usual_units = {
    "1",    "m",   "m2",    "m3",  "L",    "s",     "min",  "h",     "d",       "g",
    "kg",   "t",   "K",     "m/s", "m/s2", "m3/s",  "m3/h", "L/min", "L/s",     "kg/s",
    "kg/h", "t/h", "kg/m3", "N",   "N.m",  "Pa",    "kPa",  "bar",   "MPa",     "J",
    "kJ",   "MJ",  "W",     "kW",  "MW",   "W.h",   "kW.h", "MW.h",  "kW.h/m3", "kW.h/t",
    "A",    "V",   "Ohm",   "C",   "Hz",   "1/min", "1/h",  "rad",   "deg",     "%"};

bool same_size(double left, double right) {
    return std::abs(left - right) <= 1e-12 * std::max(std::abs(left), std::abs(right));
}

// "m.s-1": exactly what the exponents say.
std::string base_code(const std::array<int, Unit::dimensions>& exponents) {
    static constexpr std::array names = {"m", "s", "g", "rad", "K", "C", "cd"};
    std::string out;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (exponents[i] != 0) {
            out += (out.empty() ? "" : ".") + std::string(names[i]);
            out += exponents[i] == 1 ? "" : std::to_string(exponents[i]);
        }
    }
    return out.empty() ? "1" : out;
}

void name_product(Unit& unit, const std::string& composed) {
    for (const char* code : usual_units) {
        const auto usual = parse_unit(code);
        if (usual && usual->offset == 0 && usual->comparable(unit) &&
            same_size(usual->factor, unit.factor)) {
            unit.code = code;
            return;
        }
    }
    const auto parsed = parse_unit(composed);
    if (parsed && parsed->comparable(unit) && same_size(parsed->factor, unit.factor)) {
        unit.code = composed;
        return;
    }
    unit.code.clear();  // in base units then
}

std::string bracketed(const std::string& code) {
    return code.find_first_of("./") == std::string::npos ? code : "(" + code + ")";
}

std::string shown(const std::optional<Unit>& unit) { return unit ? "'" + unit->code + "'" : "?"; }

class Binder {
public:
    explicit Binder(std::span<const Variable> variables) : variables_(variables) {}

    Result<Part> bind(const NodePtr& node) {
        switch (node->operation) {
            case Operation::Number: return number(node);
            case Operation::Truth: return Part{node, Type::Truth, {}, true};
            case Operation::Variable: return variable(node);
            case Operation::Or:
            case Operation::And:
            case Operation::Not: return logic(node);
            case Operation::Equal:
            case Operation::NotEqual:
            case Operation::Less:
            case Operation::LessEqual:
            case Operation::Greater:
            case Operation::GreaterEqual: return comparison(node);
            case Operation::Add:
            case Operation::Subtract:
            case Operation::Remainder: return sum(node);
            case Operation::Multiply:
            case Operation::Divide: return product(node);
            case Operation::Negate: return negation(node);
            case Operation::Power: return power(node);
            case Operation::If: return choice(node, 1);
            case Operation::OrElse: return choice(node, 0);
            case Operation::IsMissing: {
                TRY_ASSIGN(Part operand, bind(node->operands[0]));
                return Part{with(node, {operand.node}), Type::Truth, {}, false};
            }
            case Operation::Convert: return conversion(node);
            case Operation::Function: return function(node);
        }
        return fail(Code::Internal, "an operation without a rule");
    }

private:
    static NodePtr with(const NodePtr& node, std::vector<NodePtr> operands) {
        auto out = std::make_shared<Node>(*node);
        out->operands = std::move(operands);
        return out;
    }
    static NodePtr scaled(const NodePtr& node, double factor, double offset) {
        if (factor == 1 && offset == 0) {
            return node;
        }
        auto out = std::make_shared<Node>();
        out->operation = Operation::Convert;
        out->column = node->column;
        out->number = factor;
        out->offset = offset;
        out->operands = {node};
        return out;
    }
    // Of a value on a scale its zero counts, of a difference it does not.
    static void convert(Part& part, const Unit& to, bool difference = false) {
        if (part.unit) {
            const double factor = part.unit->factor / to.factor;
            const double offset = difference ? 0 : (part.unit->offset - to.offset) / to.factor;
            part.node = scaled(part.node, factor, offset);
        }
        part.unit = to;
    }
    static Result<> want_number(const Part& part) {
        return part.type == Type::Number
                   ? Result<>{}
                   : fail_at(part.node->column, "a number is wanted here, this is true or false");
    }
    static Result<> want_truth(const Part& part) {
        return part.type == Type::Truth
                   ? Result<>{}
                   : fail_at(part.node->column,
                             "true or false is wanted here: compare, as in x > 0");
    }
    static Result<Unit> unit_of(std::size_t column, const std::string& code) {
        auto unit = parse_unit(code);
        return unit ? std::move(unit) : fail_at(column, unit.error().message);
    }

    Result<Part> number(const NodePtr& node) {
        Part out{node, Type::Number, {}, true};
        if (!node->name.empty()) {
            TRY_ASSIGN(out.unit, unit_of(node->column, node->name));
        }
        return out;
    }

    Result<Part> variable(const NodePtr& node) {
        const auto found = std::ranges::find(variables_, node->name, &Variable::name);
        if (found == variables_.end()) {
            std::string known;
            for (const Variable& variable : variables_) {
                known += (known.empty() ? "" : ", ") + variable.name;
            }
            return fail_at(node->column, std::format("'{}' is not known: there are {}", node->name,
                                                     known.empty() ? "no variables" : known));
        }
        auto bound = std::make_shared<Node>(*node);
        bound->index = static_cast<std::size_t>(found - variables_.begin());
        Part out{std::move(bound), found->type, {}, false};
        if (!found->unit.empty()) {
            TRY_ASSIGN(out.unit, unit_of(node->column, found->unit));
        }
        return out;
    }

    Result<std::vector<Part>> operands(const NodePtr& node) {
        std::vector<Part> out;
        for (const NodePtr& operand : node->operands) {
            TRY_ASSIGN(out.emplace_back(), bind(operand));
        }
        return out;
    }

    static std::vector<NodePtr> nodes_of(const std::vector<Part>& parts) {
        std::vector<NodePtr> out;
        for (const Part& part : parts) {
            out.push_back(part.node);
        }
        return out;
    }
    static bool constant(const std::vector<Part>& parts) {
        return std::ranges::all_of(parts, &Part::constant);
    }

    // Brings all from `first` on to the unit of the first that has one.
    static Result<std::optional<Unit>> align(std::vector<Part>& parts, std::size_t first,
                                             std::size_t column, std::string_view what) {
        std::optional<Unit> unit;
        for (std::size_t i = first; i < parts.size(); ++i) {
            if (!parts[i].unit) {
                continue;
            }
            if (!unit) {
                unit = parts[i].unit;
            } else if (!unit->comparable(*parts[i].unit)) {
                return fail_at(column, std::format("{} and {} cannot be {}", shown(unit),
                                                   shown(parts[i].unit), what));
            } else {
                convert(parts[i], *unit);
            }
        }
        return unit;
    }

    Result<Part> logic(const NodePtr& node) {
        TRY_ASSIGN(const auto parts, operands(node));
        for (const Part& part : parts) {
            TRY(want_truth(part));
        }
        return Part{with(node, nodes_of(parts)), Type::Truth, {}, constant(parts)};
    }

    Result<Part> comparison(const NodePtr& node) {
        TRY_ASSIGN(auto parts, operands(node));
        const bool equality =
            node->operation == Operation::Equal || node->operation == Operation::NotEqual;
        if (!equality || parts[0].type != parts[1].type) {
            TRY(want_number(parts[0]));
            TRY(want_number(parts[1]));
        }
        TRY(align(parts, 0, node->column, "compared"));
        return Part{with(node, nodes_of(parts)), Type::Truth, {}, constant(parts)};
    }

    // On a scale as Cel: Cel - Cel is a difference, in K; Cel + K and Cel - K stay Cel.
    Result<Part> sum(const NodePtr& node) {
        TRY_ASSIGN(auto parts, operands(node));
        TRY(want_number(parts[0]));
        TRY(want_number(parts[1]));
        const bool subtract = node->operation == Operation::Subtract;
        Part& left = parts[0];
        Part& right = parts[1];
        if (left.unit && right.unit && left.unit->comparable(*right.unit)) {
            if (left.on_a_scale() && right.on_a_scale() && subtract) {
                TRY_ASSIGN(const Unit kelvin,
                           unit_of(node->column, base_code(left.unit->exponents)));
                convert(left, kelvin);
                convert(right, kelvin);
            } else if (left.on_a_scale() && !right.on_a_scale()) {
                convert(right, *left.unit, true);
            } else if (right.on_a_scale() && !left.on_a_scale() && !subtract) {
                convert(left, *right.unit, true);
            }
        }
        TRY_ASSIGN(const auto unit,
                   align(parts, 0, node->column, subtract ? "subtracted" : "added"));
        return Part{with(node, nodes_of(parts)), Type::Number, unit, constant(parts)};
    }

    Result<Part> product(const NodePtr& node) {
        TRY_ASSIGN(const auto parts, operands(node));
        TRY(want_number(parts[0]));
        TRY(want_number(parts[1]));
        const Part& left = parts[0];
        const Part& right = parts[1];
        const bool divide = node->operation == Operation::Divide;
        Part out{with(node, nodes_of(parts)), Type::Number, {}, constant(parts)};
        if (left.unit && right.unit) {
            if (left.on_a_scale() || right.on_a_scale()) {
                return fail_at(
                    node->column,
                    std::format("{} {} {} has no meaning, as its zero is no zero: "
                                "convert with to(x, \"K\")",
                                shown(left.unit), divide ? "/" : "*", shown(right.unit)));
            }
            out.unit = combine(*left.unit, *right.unit, divide);
            finish(out);
        } else if (left.unit && right.constant) {
            out.unit = left.unit;
        } else if (right.unit && left.constant) {
            out.unit = divide ? combine(Unit{"1"}, *right.unit, true) : *right.unit;
            finish(out);
        }
        return out;
    }

    static Unit combine(const Unit& left, const Unit& right, bool divide) {
        Unit out;
        for (std::size_t i = 0; i < Unit::dimensions; ++i) {
            out.exponents[i] = left.exponents[i] + (divide ? -1 : 1) * right.exponents[i];
        }
        out.factor = divide ? left.factor / right.factor : left.factor * right.factor;
        name_product(out, left.code + (divide ? "/" : ".") + bracketed(right.code));
        return out;
    }

    // A unit that no code says is left for the base units.
    static void finish(Part& part) {
        if (part.unit && part.unit->code.empty()) {
            Unit base;
            base.exponents = part.unit->exponents;
            base.code = base_code(base.exponents);
            convert(part, base);
        }
    }

    Result<Part> negation(const NodePtr& node) {
        TRY_ASSIGN(const Part operand, bind(node->operands[0]));
        TRY(want_number(operand));
        return Part{with(node, {operand.node}), Type::Number, operand.unit, operand.constant};
    }

    Result<Part> power(const NodePtr& node) {
        TRY_ASSIGN(auto parts, operands(node));
        TRY(want_number(parts[0]));
        TRY(want_number(parts[1]));
        TRY(without_unit(parts[1], "an exponent"));
        Part out{nullptr, Type::Number, {}, constant(parts)};
        const Node& exponent = *parts[1].node;
        const bool whole = exponent.operation == Operation::Number &&
                           exponent.number == std::round(exponent.number) &&
                           std::abs(exponent.number) <= 8;
        if (parts[0].unit && parts[0].unit->exponents != decltype(Unit::exponents){}) {
            if (!whole || parts[0].on_a_scale()) {
                return fail_at(node->column,
                               std::format("{} can be raised to a whole number up to 8 only",
                                           shown(parts[0].unit)));
            }
            Unit unit;
            for (std::size_t i = 0; i < Unit::dimensions; ++i) {
                unit.exponents[i] = parts[0].unit->exponents[i] * static_cast<int>(exponent.number);
            }
            unit.factor = std::pow(parts[0].unit->factor, exponent.number);
            name_product(unit, base_code(unit.exponents));
            out.unit = unit;
        } else {
            TRY(without_unit(parts[0], "this"));
        }
        out.node = with(node, nodes_of(parts));
        finish(out);
        return out;
    }

    // True, then the two values; or the two values alone.
    Result<Part> choice(const NodePtr& node, std::size_t first) {
        TRY_ASSIGN(auto parts, operands(node));
        if (first == 1) {
            TRY(want_truth(parts[0]));
        }
        if (parts[first].type != parts[first + 1].type) {
            return fail_at(node->column, "both values must be numbers, or both true or false");
        }
        TRY_ASSIGN(const auto unit, align(parts, first, node->column, "chosen from"));
        return Part{with(node, nodes_of(parts)), parts[first].type, unit, false};
    }

    Result<Part> conversion(const NodePtr& node) {
        TRY_ASSIGN(Part operand, bind(node->operands[0]));
        TRY(want_number(operand));
        TRY_ASSIGN(const Unit wanted, unit_of(node->column, node->name));
        if (operand.unit && !operand.unit->comparable(wanted)) {
            return fail_at(node->column, std::format("{} cannot be converted to '{}'",
                                                     shown(operand.unit), wanted.code));
        }
        convert(operand, wanted);
        return operand;
    }

    // Takes the unit off: "%" becomes its fraction.
    static Result<> without_unit(Part& part, std::string_view what) {
        if (!part.unit) {
            return {};
        }
        if (part.unit->exponents != decltype(Unit::exponents){}) {
            return fail_at(part.node->column,
                           std::format("{} must have no unit, it has {}", what, shown(part.unit)));
        }
        convert(part, Unit{"1"});
        return {};
    }

    Result<Part> function(const NodePtr& node) {
        const FunctionRow& row = detail::function_at(node->index);
        TRY_ASSIGN(auto parts, operands(node));
        for (const Part& part : parts) {
            TRY(want_number(part));
        }
        Part out{nullptr, Type::Number, {}, constant(parts)};
        switch (row.units) {
            case FunctionRow::Units::Same:
                if (row.name == "round" && parts.size() == 2) {
                    TRY(without_unit(parts[1], "the number of digits"));
                    out.unit = parts[0].unit;
                } else {
                    TRY_ASSIGN(out.unit, align(parts, 0, node->column, "compared"));
                }
                break;
            case FunctionRow::Units::Free: out.unit = Unit{"1"}; break;
            case FunctionRow::Units::Angle: {
                const bool angle = parts[0].unit && parts[0].unit->comparable(*parse_unit("rad"));
                if (angle) {
                    convert(parts[0], *parse_unit("rad"));
                } else {
                    TRY(without_unit(parts[0], row.name));
                }
                out.unit = Unit{"1"};
                break;
            }
            case FunctionRow::Units::Plain:
                for (Part& part : parts) {
                    TRY(without_unit(part, row.name));
                }
                out.unit = Unit{"1"};
                break;
            case FunctionRow::Units::Square: TRY(root(parts[0], out)); break;
        }
        out.node = with(node, nodes_of(parts));
        finish(out);
        return out;
    }

    static Result<> root(Part& operand, Part& out) {
        if (!operand.unit) {
            return {};
        }
        Unit unit;
        for (std::size_t i = 0; i < Unit::dimensions; ++i) {
            if (operand.unit->exponents[i] % 2 != 0) {
                return fail_at(operand.node->column,
                               std::format("the root of {} has no unit", shown(operand.unit)));
            }
            unit.exponents[i] = operand.unit->exponents[i] / 2;
        }
        unit.factor = std::sqrt(operand.unit->factor);
        name_product(unit, base_code(unit.exponents));
        out.unit = unit;
        return {};
    }

    std::span<const Variable> variables_;
};

}  // namespace

Result<Expression> Expression::parse(std::string_view text, Limits limits) {
    Expression out;
    TRY_ASSIGN(out.root_, detail::parse_tree(text, limits, out.names_));
    return out;
}

Result<Formula> Expression::bind(std::span<const Variable> variables) const {
    TRY_ASSIGN(const Part part, Binder(variables).bind(root_));
    Formula out;
    out.root_ = part.node;
    out.type_ = part.type;
    out.unit_ = part.unit ? part.unit->code : "";
    return out;
}

}  // namespace gantry::expression
