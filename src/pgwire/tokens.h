// SPDX-License-Identifier: Apache-2.0
// SQL as words and signs: enough to tell statements apart and to rewrite names in them; whether it
// makes sense, the engine finds out.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::pgwire {

enum class TokenKind : unsigned char {
    Word,    // also keywords
    Quoted,  // "name"
    String,  // 'text', E'text', $tag$text$tag$
    Number,
    Parameter,  // $1
    Sign,       // an operator of one or more characters, or one of ( ) [ ] , . ; : ::
};

struct Token {
    TokenKind kind = TokenKind::Sign;
    std::size_t begin = 0;  // in the text
    std::size_t end = 0;
};

// Comments and white space are left out; what is not closed reaches to the end.
std::vector<Token> tokens_of(std::string_view text);

// A statement with its tokens.
struct StatementText {
    std::string_view text;
    std::vector<Token> tokens;  // none in an empty statement; places are in `text`
    std::size_t offset = 0;     // of `text` in the whole

    std::string_view of(std::size_t token) const {
        return token < tokens.size()
                   ? text.substr(tokens[token].begin, tokens[token].end - tokens[token].begin)
                   : std::string_view();
    }
    // Whether the token is that word, in whatever case; `word` is in lower case.
    bool is(std::size_t token, std::string_view word) const;
    // The token in lower case, or what a quoted name or a string holds.
    std::string value(std::size_t token) const;
};

// Cut at its semicolons. Empty ones are left out; none is left of "" or "-- ping".
std::vector<StatementText> statements_of(std::string_view text);

std::string lower(std::string_view text);

}  // namespace gantry::pgwire
