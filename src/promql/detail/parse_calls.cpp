// SPDX-License-Identifier: Apache-2.0
// Functions, aggregations and binary operators: how they are read, and whether their types fit.
#include <format>

#include "promql/detail/parser.h"

namespace gantry::promql {
namespace {

using enum TokenKind;

constexpr std::string_view in_grouping = "grouping opts";

// Any word may name a label.
bool is_word(TokenKind kind) { return kind == Identifier || (kind >= Aggregate && kind <= Atan2); }

AggregateKind aggregate_kind(std::string_view name) {
    for (auto kind = AggregateKind::Sum; kind != AggregateKind::CountValues;
         kind = static_cast<AggregateKind>(static_cast<int>(kind) + 1)) {
        if (std::ranges::equal(name, aggregate_name(kind),
                               [](char a, char b) { return (a | 0x20) == b; })) {
            return kind;
        }
    }
    return AggregateKind::CountValues;
}

bool takes_parameter(AggregateKind kind) { return kind >= AggregateKind::Topk; }

// What differs from step to step even where its arguments do not.
bool follows_the_step(FunctionKind kind) {
    switch (kind) {
        case FunctionKind::DayOfMonth:
        case FunctionKind::DayOfWeek:
        case FunctionKind::DayOfYear:
        case FunctionKind::DaysInMonth:
        case FunctionKind::Hour:
        case FunctionKind::Minute:
        case FunctionKind::Month:
        case FunctionKind::PredictLinear:
        case FunctionKind::Time:
        case FunctionKind::Timestamp:
        case FunctionKind::Year: return true;
        default: return false;
    }
}

}  // namespace

Result<std::vector<std::string>> Parser::grouping() {
    TRY(expect(LeftParen, in_grouping, "\"(\""));
    std::vector<std::string> labels;
    while (!take(RightParen)) {
        if (!is_word(token().kind)) {
            return unexpected(in_grouping, "label");
        }
        labels.emplace_back(word());
        ++at_;
        if (!take(Comma) && !is(RightParen)) {
            return unexpected(in_grouping, "\",\" or \")\"");
        }
    }
    std::ranges::sort(labels);
    labels.erase(std::ranges::unique(labels).begin(), labels.end());
    return labels;
}

Result<> Parser::arguments(std::vector<ExprPtr>& out) {
    TRY(expect(LeftParen, {}, "\"(\""));
    while (!take(RightParen)) {
        out.emplace_back();
        TRY_ASSIGN(out.back(), binary(0));
        if (const std::uint32_t comma = token().from; take(Comma)) {
            if (is(RightParen)) {
                return error(comma, "trailing commas not allowed in function call args");
            }
        } else if (!is(RightParen)) {
            return unexpected();
        }
    }
    return {};
}

Result<ExprPtr> Parser::aggregation() {
    const std::uint32_t from = token().from;
    Aggregation made;
    made.kind = aggregate_kind(word());
    ++at_;
    const auto labels = [&]() -> Result<bool> {
        if (!is(By) && !is(Without)) {
            return false;
        }
        made.without = is(Without);
        ++at_;
        TRY_ASSIGN(made.labels, grouping());
        return true;
    };
    TRY_ASSIGN(const bool labels_first, labels());
    std::vector<ExprPtr> parts;
    TRY(arguments(parts));
    if (!labels_first) {
        TRY(labels());
    }
    if (parts.empty()) {
        return error(from, "no arguments for aggregate expression provided");
    }
    const std::size_t wanted = takes_parameter(made.kind) ? 2 : 1;
    if (parts.size() != wanted) {
        return error(from, std::format("wrong number of arguments for aggregate expression "
                                       "provided, expected {}, got {}",
                                       wanted, parts.size()));
    }
    made.inner = std::move(parts.back());
    if (made.inner->type != Type::Vector) {
        return error(made.inner->place.from,
                     std::format("expected type instant vector in aggregation expression, got {}",
                                 type_name(made.inner->type)));
    }
    Traits traits = Traits().with(made.inner);
    if (takes_parameter(made.kind)) {
        made.parameter = std::move(parts.front());
        const Type type = made.kind == AggregateKind::CountValues ? Type::String : Type::Scalar;
        if (made.parameter->type != type) {
            return error(made.parameter->place.from,
                         std::format("expected type {} in aggregation parameter, got {}",
                                     type_name(type), type_name(made.parameter->type)));
        }
        traits.with(made.parameter);
    }
    return make(std::move(made), Type::Vector, from, traits);
}

Result<ExprPtr> Parser::call() {
    const std::uint32_t from = token().from;
    const std::string_view name = word();
    Call made;
    made.function = find_function(name);
    if (made.function == nullptr) {
        const std::string_view why = why_unsupported(name);
        if (!why.empty()) {
            return error(
                from,
                std::format("function with name {} is not supported: {}", in_quotes(name), why),
                Code::Unsupported);
        }
        return error(from, std::format("unknown function with name {}", in_quotes(name)));
    }
    ++at_;
    TRY(arguments(made.arguments));
    TRY(check_arguments(made, from));
    Traits traits;
    for (const ExprPtr& argument : made.arguments) {
        traits.with(argument);
    }
    traits.varies |= follows_the_step(made.function->kind);
    const Type type = made.function->returns;
    return make(std::move(made), type, from, traits);
}

Result<> Parser::check_arguments(const Call& call, std::uint32_t from) {
    const Function& function = *call.function;
    const std::size_t given = call.arguments.size();
    const auto none = std::ranges::find(function.arguments, Type::None);
    const auto all = static_cast<std::size_t>(none - function.arguments.begin());
    const bool any_more = function.optional < 0;
    const std::size_t least = all - static_cast<std::size_t>(any_more ? 1 : function.optional);
    if (given < least || (given > all && !any_more)) {
        const std::string_view how = least == all ? "" : given < least ? "at least " : "at most ";
        return error(from,
                     std::format("expected {}{} argument(s) in call to {}, got {}", how,
                                 given < least ? least : all, in_quotes(function.name), given));
    }
    for (std::size_t i = 0; i < given; ++i) {
        const Type wanted = function.arguments[std::min(i, all - 1)];
        const Expr& argument = *call.arguments[i];
        if (argument.type != wanted) {
            return error(
                argument.place.from,
                std::format("expected type {} in call to function {}, got {}", type_name(wanted),
                            in_quotes(function.name), type_name(argument.type)));
        }
    }
    return {};
}

Result<> Parser::matching(Binary& binary) {
    const std::uint32_t sign = tokens_.tokens[at_ - 1].from;
    if (take(Bool)) {
        binary.as_bool = true;
        if (!is_comparison(binary.kind)) {
            return error(sign, "bool modifier can only be used on comparison operators");
        }
    }
    if (!is(On) && !is(Ignoring)) {
        return {};
    }
    Matching& matching = binary.matching;
    matching.written = true;
    matching.on = is(On);
    ++at_;
    TRY_ASSIGN(matching.labels, grouping());
    if (!is(GroupLeft) && !is(GroupRight)) {
        return {};
    }
    matching.cardinality =
        is(GroupLeft) ? Matching::Cardinality::ManyToOne : Matching::Cardinality::OneToMany;
    ++at_;
    if (is(LeftParen)) {
        TRY_ASSIGN(matching.include, grouping());
    }
    return {};
}

Result<ExprPtr> Parser::make_binary(Binary binary, Place sign) {
    const std::uint32_t from = binary.left->place.from;
    const Type left = binary.left->type;
    const Type right = binary.right->type;
    const auto fits = [](Type type) { return type == Type::Scalar || type == Type::Vector; };
    if (!fits(left) || !fits(right)) {
        return error(from, "binary expression must contain only scalar and instant vector types");
    }
    const bool scalars = left == Type::Scalar && right == Type::Scalar;
    if (scalars && is_comparison(binary.kind) && !binary.as_bool) {
        return error(sign.from, "comparisons between scalars must use BOOL modifier");
    }
    TRY(check_vector_matching(binary, sign, from));
    const Traits traits = Traits().with(binary.left).with(binary.right);
    return make(std::move(binary), scalars ? Type::Scalar : Type::Vector, from, traits);
}

Result<> Parser::check_vector_matching(const Binary& binary, Place sign, std::uint32_t from) {
    const Matching& matching = binary.matching;
    const bool vectors = binary.left->type == Type::Vector && binary.right->type == Type::Vector;
    if (is_set_operator(binary.kind)) {
        if (!vectors) {
            return error(from,
                         std::format("set operator {} not allowed in binary scalar expression",
                                     in_quotes(binary_sign(binary.kind))));
        }
        if (matching.cardinality != Matching::Cardinality::OneToOne) {
            return error(from, std::format("no grouping allowed for {} operation",
                                           in_quotes(binary_sign(binary.kind))));
        }
    }
    if (matching.written && !vectors) {
        return error(from, "vector matching only allowed between instant vectors");
    }
    for (const std::string& label : matching.include) {
        if (matching.on && std::ranges::binary_search(matching.labels, label)) {
            return error(sign.from,
                         std::format("label {} must not occur in ON and GROUP clause at once",
                                     in_quotes(label)));
        }
    }
    return {};
}

}  // namespace gantry::promql
