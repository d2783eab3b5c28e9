// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "promql/detail/lexer.h"
#include "promql/expression.h"
#include "promql/query.h"

namespace gantry::promql {

// Reads an expression by recursive descent, operators by their precedence. Every part is checked
// when it is complete, so the first thing wrong in the text is what is told.
class Parser {
public:
    Parser(std::string_view text, ParseLimits limits);

    Result<ExprPtr> expression();
    // The expression must be one instant selector, and nothing besides.
    Result<std::vector<Matcher>> selector();

private:
    using Kind = TokenKind;

    const Token& token() const { return tokens_.tokens[at_]; }
    const Token& token_after() const {
        return tokens_.tokens[std::min(at_ + 1, tokens_.tokens.size() - 1)];
    }
    bool is(Kind kind) const { return token().kind == kind; }
    bool take(Kind kind);
    std::string_view word() const { return tokens_.of(token()); }
    std::uint32_t end_of_last() const { return at_ == 0 ? 0 : tokens_.tokens[at_ - 1].to; }
    Result<> expect(Kind kind, std::string_view context, std::string_view expected);

    std::unexpected<Error> error(std::uint32_t place, std::string message,
                                 Code code = Code::InvalidArgument) const;
    std::unexpected<Error> unexpected(std::string_view context = {},
                                      std::string_view expected = {}) const;

    Result<ExprPtr> binary(int precedence_min);
    Result<ExprPtr> unary();
    Result<ExprPtr> with_suffixes(ExprPtr expr);
    Result<ExprPtr> primary();
    Result<ExprPtr> bracketed();
    Result<ExprPtr> number(bool negative);
    Result<ExprPtr> string();
    Result<ExprPtr> word_expression();

    // parse_selectors.cpp
    Result<ExprPtr> vector_selector();
    Result<> matchers(std::vector<Matcher>& out, std::string& name, std::uint32_t selector);
    Result<> add_matcher(std::vector<Matcher>& out, std::string label);
    Result<ExprPtr> range(ExprPtr expr);
    Result<ExprPtr> offset(ExprPtr expr);
    Result<ExprPtr> at(ExprPtr expr);
    Result<> at_time(When& when);
    Result<Millis> duration(bool zero_too);

    // parse_calls.cpp
    Result<ExprPtr> aggregation();
    Result<ExprPtr> call();
    Result<> arguments(std::vector<ExprPtr>& out);
    Result<> check_arguments(const Call& call, std::uint32_t from);
    Result<std::vector<std::string>> grouping();
    Result<> matching(Binary& binary);
    Result<ExprPtr> make_binary(Binary binary, Place sign);
    Result<> check_vector_matching(const Binary& binary, Place sign, std::uint32_t from);

    // What a part inherits from those in it.
    struct Traits {
        std::uint32_t depth = 1;
        bool varies = false;
        bool reads = false;

        Traits& with(const ExprPtr& inner);
    };
    // Puts a part into the tree, which may not become too deep.
    template <class Node>
    Result<ExprPtr> make(Node node, Type type, std::uint32_t from, Traits traits);

    ParseLimits limits_;
    Tokens tokens_;
    std::size_t at_ = 0;
    std::size_t nesting_ = 0;
    std::size_t regexes_ = 0;
};

// "3:14: parse error: …"
std::string located(std::string_view text, std::size_t place, std::string_view message);

// "1h30m"; nothing when it is no duration, or one of more than 292 years.
Result<Millis> read_duration(std::string_view text);
Result<double> read_number(std::string_view text);

inline Parser::Traits& Parser::Traits::with(const ExprPtr& inner) {
    if (inner != nullptr) {
        depth = std::max(depth, inner->depth + 1);
        varies |= inner->varies;
        reads |= inner->reads;
    }
    return *this;
}

template <class Node>
Result<ExprPtr> Parser::make(Node node, Type type, std::uint32_t from, Traits traits) {
    if (traits.depth > limits_.depth_max) {
        return error(from, "more than " + std::to_string(limits_.depth_max) +
                               " operators and brackets in each other: split the expression");
    }
    auto made = std::make_unique<Expr>();
    made->node = std::move(node);
    made->type = type;
    made->place = {from, end_of_last()};
    made->depth = traits.depth;
    made->varies = traits.varies;
    made->reads = traits.reads;
    return made;
}

}  // namespace gantry::promql
