// SPDX-License-Identifier: Apache-2.0
#include "promql/detail/parser.h"

#include <charconv>
#include <cmath>
#include <format>
#include <limits>
#include <optional>

namespace gantry::promql {
namespace {

using enum TokenKind;

struct Operator {
    BinaryKind kind;
    int precedence;
};

constexpr int power_precedence = 6;

std::optional<Operator> operator_of(TokenKind kind) {
    switch (kind) {
        case Or: return Operator{BinaryKind::Or, 1};
        case And: return Operator{BinaryKind::And, 2};
        case Unless: return Operator{BinaryKind::Unless, 2};
        case Equal: return Operator{BinaryKind::Equal, 3};
        case NotEqual: return Operator{BinaryKind::NotEqual, 3};
        case Less: return Operator{BinaryKind::Less, 3};
        case LessOrEqual: return Operator{BinaryKind::LessOrEqual, 3};
        case Greater: return Operator{BinaryKind::Greater, 3};
        case GreaterOrEqual: return Operator{BinaryKind::GreaterOrEqual, 3};
        case Plus: return Operator{BinaryKind::Add, 4};
        case Minus: return Operator{BinaryKind::Subtract, 4};
        case Star: return Operator{BinaryKind::Multiply, 5};
        case Slash: return Operator{BinaryKind::Divide, 5};
        case Percent: return Operator{BinaryKind::Modulo, 5};
        case Atan2: return Operator{BinaryKind::Atan2, 5};
        case Caret: return Operator{BinaryKind::Power, power_precedence};
        default: return std::nullopt;
    }
}

// Words that may be a metric's name where nothing else is meant.
bool may_name_metric(TokenKind kind) {
    switch (kind) {
        case Identifier:
        case MetricIdentifier:
        case Aggregate:
        case By:
        case Without:
        case Offset:
        case Start:
        case Finish:
        case And:
        case Or:
        case Unless: return true;
        default: return false;
    }
}

}  // namespace

std::string located(std::string_view text, std::size_t place, std::string_view message) {
    place = std::min(place, text.size());
    const std::string_view before = text.substr(0, place);
    const auto line = std::ranges::count(before, '\n') + 1;
    const std::size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is 0
    return std::format("{}:{}: parse error: {}", line, place - line_begin + 1, message);
}

Parser::Parser(std::string_view text, ParseLimits limits)
    : limits_(limits), tokens_(tokenize(text.substr(0, limits.bytes_max))) {}

bool Parser::take(Kind kind) {
    if (!is(kind)) {
        return false;
    }
    ++at_;
    return true;
}

Result<> Parser::expect(Kind kind, std::string_view context, std::string_view expected) {
    if (!take(kind)) {
        return unexpected(context, expected);
    }
    return {};
}

std::unexpected<Error> Parser::error(std::uint32_t place, std::string message, Code code) const {
    return std::unexpected(Error{code, located(tokens_.text, place, message), {}});
}

std::unexpected<Error> Parser::unexpected(std::string_view context,
                                          std::string_view expected) const {
    if (is(Wrong)) {
        return error(token().from, tokens_.error);
    }
    std::string message = "unexpected " + tokens_.described(token());
    if (!context.empty()) {
        message += std::format(" in {}", context);
    }
    if (!expected.empty()) {
        message += std::format(", expected {}", expected);
    }
    return error(token().from, std::move(message));
}

Result<ExprPtr> Parser::expression() {
    if (is(End)) {
        return error(0, "no expression found in input");
    }
    TRY_ASSIGN(auto expr, binary(0));
    if (!is(End)) {
        return unexpected();
    }
    return expr;
}

Result<ExprPtr> Parser::binary(int precedence_min) {
    if (++nesting_ > limits_.depth_max) {
        return error(token().from, std::format("more than {} operators and brackets in each other: "
                                               "split the expression",
                                               limits_.depth_max));
    }
    TRY_ASSIGN(auto left, unary());
    while (true) {
        const auto found = operator_of(token().kind);
        if (!found || found->precedence < precedence_min) {
            break;
        }
        const Place sign{token().from, token().to};
        ++at_;
        Binary made;
        made.kind = found->kind;
        TRY(matching(made));
        // To the right of a power another power belongs to it.
        const bool to_the_right = found->kind == BinaryKind::Power;
        made.left = std::move(left);
        TRY_ASSIGN(made.right, binary(found->precedence + (to_the_right ? 0 : 1)));
        TRY_ASSIGN(left, make_binary(std::move(made), sign));
    }
    --nesting_;
    return left;
}

Result<ExprPtr> Parser::unary() {
    if (!is(Plus) && !is(Minus)) {
        TRY_ASSIGN(auto expr, primary());
        return with_suffixes(std::move(expr));
    }
    const std::uint32_t from = token().from;
    Sign sign;
    sign.minus = is(Minus);
    ++at_;
    TRY_ASSIGN(sign.inner, binary(power_precedence));
    if (auto* literal = std::get_if<Number>(&sign.inner->node)) {
        literal->value = sign.minus ? -literal->value : literal->value;
        sign.inner->place.from = from;
        return std::move(sign.inner);
    }
    const Type type = sign.inner->type;
    if (type != Type::Scalar && type != Type::Vector) {
        return error(from, std::format("unary expression only allowed on expressions of type "
                                       "scalar or instant vector, got \"{}\"",
                                       type_name(type)));
    }
    const Traits traits = Traits().with(sign.inner);
    return make(std::move(sign), type, from, traits);
}

Result<ExprPtr> Parser::with_suffixes(ExprPtr expr) {
    while (true) {
        if (take(LeftBracket)) {
            TRY_ASSIGN(expr, range(std::move(expr)));
        } else if (take(Offset)) {
            TRY_ASSIGN(expr, offset(std::move(expr)));
        } else if (take(Kind::At)) {
            TRY_ASSIGN(expr, at(std::move(expr)));
        } else {
            return expr;
        }
    }
}

Result<ExprPtr> Parser::primary() {
    switch (token().kind) {
        case Numeral: return number(false);
        case String: return string();
        case LeftParen: return bracketed();
        case LeftBrace: return vector_selector();
        default: break;
    }
    if (may_name_metric(token().kind)) {
        return word_expression();
    }
    return unexpected();
}

Result<ExprPtr> Parser::bracketed() {
    const std::uint32_t from = token().from;
    ++at_;
    Bracketed made;
    TRY_ASSIGN(made.inner, binary(0));
    TRY(expect(RightParen, {}, {}));
    const Type type = made.inner->type;
    const Traits traits = Traits().with(made.inner);
    return make(std::move(made), type, from, traits);
}

Result<ExprPtr> Parser::number(bool negative) {
    const std::uint32_t from = token().from;
    auto value = read_number(word());
    if (!value) {
        return error(from, std::move(value.error().message));
    }
    ++at_;
    return make(Number{negative ? -*value : *value}, Type::Scalar, from, {});
}

Result<ExprPtr> Parser::string() {
    const std::uint32_t from = token().from;
    auto value = without_quotes(word());
    if (!value) {
        return error(from, std::move(value.error().message));
    }
    ++at_;
    return make(Text{std::move(*value)}, Type::String, from, {});
}

Result<ExprPtr> Parser::word_expression() {
    const Kind next = token_after().kind;
    if (is(Aggregate) && (next == LeftParen || next == By || next == Without)) {
        return aggregation();
    }
    if (is(Identifier) && next == LeftParen) {
        return call();
    }
    return vector_selector();
}

Result<double> read_number(std::string_view text) {
    const std::string_view digits = text.substr(std::min<std::size_t>(text.size(), 2));
    double value = 0;
    std::from_chars_result read{text.data(), std::errc::invalid_argument};
    const char* end = text.data() + text.size();
    if (text.starts_with("0x") || text.starts_with("0X")) {
        read = std::from_chars(digits.data(), end, value, std::chars_format::hex);
    } else if ((text[0] | 0x20) == 'i') {
        return std::numeric_limits<double>::infinity();
    } else if ((text[0] | 0x20) == 'n') {
        return std::numeric_limits<double>::quiet_NaN();
    } else {
        std::int64_t octal = 0;
        const bool whole = text.size() > 1 && text[0] == '0' &&
                           text.find_first_not_of("01234567") == std::string_view::npos;
        if (whole && std::from_chars(text.data(), end, octal, 8).ec == std::errc()) {
            return static_cast<double>(octal);
        }
        read = std::from_chars(text.data(), end, value);
    }
    if (read.ptr != end || (read.ec != std::errc() && read.ec != std::errc::result_out_of_range)) {
        return fail(Code::InvalidArgument, "error parsing number: {} is not one", in_quotes(text));
    }
    if (read.ec == std::errc::result_out_of_range) {
        return fail(Code::InvalidArgument,
                    "error parsing number: {} is out of the range of a float64", in_quotes(text));
    }
    return value;
}

}  // namespace gantry::promql
