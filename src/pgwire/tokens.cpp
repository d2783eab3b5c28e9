// SPDX-License-Identifier: Apache-2.0
#include "pgwire/tokens.h"

#include <algorithm>
#include <cctype>

namespace gantry::pgwire {
namespace {

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool begins_word(char c) {
    return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}
bool in_word(char c) { return begins_word(c) || is_digit(c) || c == '$'; }
bool in_operator(char c) {
    return std::string_view("+-*/<>=~!@#%^&|`?").find(c) != std::string_view::npos;
}

class Lexer {
public:
    explicit Lexer(std::string_view text) : text_(text) {}

    std::vector<Token> run() {
        while (skip_blank()) {
            const std::size_t begin = at_;
            const TokenKind kind = take();
            out_.push_back({kind, begin, at_});
        }
        return std::move(out_);
    }

private:
    char peek(std::size_t ahead = 0) const {
        return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
    }
    bool starts(std::string_view what) const { return text_.substr(at_).starts_with(what); }

    // False at the end.
    bool skip_blank() {
        while (at_ < text_.size()) {
            if (is_space(peek())) {
                ++at_;
            } else if (starts("--")) {
                at_ = std::min(text_.find('\n', at_), text_.size());
            } else if (starts("/*")) {
                skip_comment();
            } else {
                return true;
            }
        }
        return false;
    }

    // They nest.
    void skip_comment() {
        std::size_t depth = 0;
        while (at_ < text_.size()) {
            if (starts("/*")) {
                ++depth;
                at_ += 2;
            } else if (starts("*/")) {
                at_ += 2;
                if (--depth == 0) {
                    return;
                }
            } else {
                ++at_;
            }
        }
    }

    TokenKind take() {
        const char c = peek();
        if (c == '\'') {
            take_quoted('\'', false);
            return TokenKind::String;
        }
        if ((c == 'e' || c == 'E') && peek(1) == '\'') {
            ++at_;
            take_quoted('\'', true);
            return TokenKind::String;
        }
        if (c == '"') {
            take_quoted('"', false);
            return TokenKind::Quoted;
        }
        if (begins_word(c)) {
            while (at_ < text_.size() && in_word(peek())) {
                ++at_;
            }
            return TokenKind::Word;
        }
        if (c == '$') {
            return take_dollar();
        }
        if (is_digit(c) || (c == '.' && is_digit(peek(1)))) {
            take_number();
            return TokenKind::Number;
        }
        take_sign();
        return TokenKind::Sign;
    }

    // A doubled quote stands for one; with `escapes` a backslash takes the next character along.
    void take_quoted(char quote, bool escapes) {
        ++at_;
        while (at_ < text_.size()) {
            if (escapes && peek() == '\\') {
                at_ = std::min(at_ + 2, text_.size());
            } else if (peek() != quote) {
                ++at_;
            } else if (peek(1) == quote) {
                at_ += 2;
            } else {
                ++at_;
                return;
            }
        }
    }

    TokenKind take_dollar() {
        if (is_digit(peek(1))) {
            ++at_;
            while (is_digit(peek())) {
                ++at_;
            }
            return TokenKind::Parameter;
        }
        std::size_t end = at_ + 1;
        while (end < text_.size() && in_word(text_[end]) && text_[end] != '$') {
            ++end;
        }
        if (end >= text_.size() || text_[end] != '$') {
            ++at_;
            return TokenKind::Sign;
        }
        const std::string_view tag = text_.substr(at_, end + 1 - at_);
        const std::size_t close = text_.find(tag, end + 1);
        at_ = close == std::string_view::npos ? text_.size() : close + tag.size();
        return TokenKind::String;
    }

    void take_number() {
        while (is_digit(peek()) || peek() == '.' || begins_word(peek())) {
            const bool exponent = peek() == 'e' || peek() == 'E';
            ++at_;
            if (exponent && (peek() == '+' || peek() == '-')) {
                ++at_;
            }
        }
    }

    void take_sign() {
        if (starts("::")) {
            at_ += 2;
            return;
        }
        if (!in_operator(peek())) {
            ++at_;
            return;
        }
        while (at_ < text_.size() && in_operator(peek()) && !starts("--") && !starts("/*")) {
            ++at_;
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::vector<Token> out_;
};

}  // namespace

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

std::vector<Token> tokens_of(std::string_view text) { return Lexer(text).run(); }

bool StatementText::is(std::size_t token, std::string_view word) const {
    if (token >= tokens.size() || tokens[token].kind == TokenKind::Quoted ||
        tokens[token].kind == TokenKind::String) {
        return false;
    }
    return lower(of(token)) == word;
}

std::string StatementText::value(std::size_t token) const {
    const std::string_view raw = of(token);
    if (token >= tokens.size() ||
        (tokens[token].kind != TokenKind::Quoted && tokens[token].kind != TokenKind::String)) {
        return lower(raw);
    }
    if (raw.starts_with('$')) {
        const std::size_t tag = raw.find('$', 1) + 1;
        return std::string(raw.size() >= 2 * tag ? raw.substr(tag, raw.size() - 2 * tag) : "");
    }
    std::string_view inner = raw;
    inner.remove_prefix(inner.find_first_of("'\"") + 1);
    const char quote = raw[raw.size() - inner.size() - 1];
    if (inner.ends_with(quote)) {
        inner.remove_suffix(1);
    }
    std::string out;
    for (std::size_t i = 0; i < inner.size(); ++i) {
        out += inner[i];
        if (inner[i] == quote && i + 1 < inner.size() && inner[i + 1] == quote) {
            ++i;
        }
    }
    return out;
}

std::vector<StatementText> statements_of(std::string_view text) {
    std::vector<StatementText> out;
    StatementText now;
    const auto finish = [&] {
        if (!now.tokens.empty()) {
            const std::size_t begin = now.tokens.front().begin;
            now.text = text.substr(begin, now.tokens.back().end - begin);
            now.offset = begin;
            for (Token& token : now.tokens) {
                token.begin -= begin;
                token.end -= begin;
            }
            out.push_back(std::move(now));
        }
        now = {};
    };
    for (const Token& token : tokens_of(text)) {
        if (token.kind == TokenKind::Sign && text[token.begin] == ';') {
            finish();
        } else {
            now.tokens.push_back(token);
        }
    }
    finish();
    return out;
}

}  // namespace gantry::pgwire
