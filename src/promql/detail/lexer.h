// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace gantry::promql {

enum class TokenKind : unsigned char {
    End,
    Wrong,
    Numeral,
    Duration,
    String,
    Identifier,
    MetricIdentifier,  // with a colon
    Aggregate,         // sum, avg, …
    By,
    Without,
    On,
    Ignoring,
    GroupLeft,
    GroupRight,
    Bool,
    Offset,
    Start,
    Finish,  // the word `end`
    And,
    Or,
    Unless,
    Atan2,
    Plus,
    Minus,
    Star,
    Slash,
    Percent,
    Caret,
    Equal,  // ==
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Assign,  // =
    Matches,
    NotMatches,
    LeftParen,
    RightParen,
    LeftBrace,
    RightBrace,
    LeftBracket,
    RightBracket,
    Comma,
    Colon,
    At
};

struct Token {
    TokenKind kind = TokenKind::End;
    std::uint32_t from = 0;
    std::uint32_t to = 0;
};

struct Tokens {
    std::string_view text;
    std::vector<Token> tokens;  // ends with End or Wrong
    std::string error;          // what the Wrong token stands for

    std::string_view of(const Token& token) const {
        return text.substr(token.from, token.to - token.from);
    }
    // For an error: `identifier "foo"`, `<op:+>`, `end of input`.
    std::string described(const Token& token) const;
};

// Cuts a text of at most 4 GiB into tokens. What no token begins with becomes a Wrong token, so
// that what is wrong before it is found first.
Tokens tokenize(std::string_view text);

// The text that a quoted token stands for.
Result<std::string> without_quotes(std::string_view text);
// The other way, so that without_quotes() gives the same back.
std::string in_quotes(std::string_view text);

}  // namespace gantry::promql
