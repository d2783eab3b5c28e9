// SPDX-License-Identifier: Apache-2.0
#include "promql/detail/lexer.h"

#include <algorithm>
#include <array>
#include <format>
#include <utility>

namespace gantry::promql {
namespace {

using enum TokenKind;

constexpr std::pair<std::string_view, TokenKind> keywords[] = {
    {"and", And},
    {"atan2", Atan2},
    {"avg", Aggregate},
    {"bool", Bool},
    {"bottomk", Aggregate},
    {"by", By},
    {"count", Aggregate},
    {"count_values", Aggregate},
    {"end", Finish},
    {"group", Aggregate},
    {"group_left", GroupLeft},
    {"group_right", GroupRight},
    {"ignoring", Ignoring},
    {"inf", Numeral},
    {"max", Aggregate},
    {"min", Aggregate},
    {"nan", Numeral},
    {"offset", Offset},
    {"on", On},
    {"or", Or},
    {"quantile", Aggregate},
    {"start", Start},
    {"stddev", Aggregate},
    {"stdvar", Aggregate},
    {"sum", Aggregate},
    {"topk", Aggregate},
    {"unless", Unless},
    {"without", Without},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

TokenKind keyword(std::string_view word) {
    std::string lower(word);
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    for (const auto& [name, kind] : keywords) {
        if (name == lower) {
            return kind;
        }
    }
    return Identifier;
}

// The whole character at a place, for an error.
std::string_view character(std::string_view text, std::size_t at) {
    std::size_t end = at + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) {
        ++end;
    }
    return text.substr(at, end - at);
}

class Lexer {
public:
    explicit Lexer(std::string_view text) : text_(text) { out_.text = text; }

    Tokens run() {
        while (step()) {
        }
        return std::move(out_);
    }

private:
    char peek(std::size_t ahead = 0) const {
        return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
    }
    bool done() const { return at_ >= text_.size(); }

    void put(TokenKind kind, std::size_t from) {
        out_.tokens.push_back(
            {kind, static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(at_)});
    }
    bool error(std::size_t from, std::string message) {
        out_.error = std::move(message);
        put(Wrong, from);
        return false;
    }

    void skip_blanks() {
        while (!done()) {
            if (is_space(peek())) {
                ++at_;
            } else if (peek() == '#') {
                at_ = std::min(text_.find('\n', at_), text_.size());
            } else {
                return;
            }
        }
    }

    // One token; false when it was the last.
    bool step() {
        skip_blanks();
        if (done()) {
            return finish();
        }
        const char c = peek();
        if (c == '"' || c == '\'' || c == '`') {
            return string(c);
        }
        if (in_brackets_) {
            return bracket_token();
        }
        if (is_letter(c) || (c == ':' && !in_braces_)) {
            return word();
        }
        if (is_digit(c) || (c == '.' && is_digit(peek(1)))) {
            return number();
        }
        return sign();
    }

    bool finish() {
        if (in_braces_) {
            return error(at_, "unexpected end of input inside braces");
        }
        if (in_brackets_) {
            return error(at_, out_.tokens.back().kind == LeftBracket
                                  ? "missing unit character in duration"
                                  : "unclosed left bracket");
        }
        if (depth_ > 0) {
            return error(at_, "unclosed left parenthesis");
        }
        put(End, at_);
        return false;
    }

    bool string(char quote) {
        const std::size_t from = at_++;
        for (; !done(); ++at_) {
            const char c = peek();
            if (c == quote) {
                ++at_;
                put(String, from);
                return true;
            }
            if (quote != '`' && c == '\n') {
                break;
            }
            if (quote != '`' && c == '\\' && at_ + 1 < text_.size() && peek(1) != '\n') {
                ++at_;
            }
        }
        return error(from, quote == '`' ? "unterminated raw string" : "unterminated quoted string");
    }

    bool word() {
        const std::size_t from = at_;
        bool colon = false;
        while (!done() &&
               (is_letter(peek()) || is_digit(peek()) || (peek() == ':' && !in_braces_))) {
            colon |= peek() == ':';
            ++at_;
        }
        const std::string_view text = text_.substr(from, at_ - from);
        put(in_braces_ ? Identifier : colon ? MetricIdentifier : keyword(text), from);
        return true;
    }

    bool number() {
        const std::size_t from = at_;
        if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X')) {
            at_ += 2;
            take(is_hex);
        } else {
            take(is_digit);
            if (peek() == '.') {
                ++at_;
                take(is_digit);
            }
            if (peek() == 'e' || peek() == 'E') {
                ++at_;
                at_ += peek() == '+' || peek() == '-' ? 1 : 0;
                take(is_digit);
            }
        }
        if (!is_letter(peek()) && !is_digit(peek())) {
            put(Numeral, from);
            return true;
        }
        const std::size_t stopped = at_;
        at_ = from;
        take(is_digit);
        while (duration_unit()) {
            if (!is_digit(peek())) {
                break;
            }
            take(is_digit);
        }
        if (is_letter(peek()) || is_digit(peek()) || !is_letter(text_[at_ - 1])) {
            return error(from, std::format("bad number or duration syntax: {}",
                                           in_quotes(text_.substr(from, stopped - from))));
        }
        put(Duration, from);
        return true;
    }

    bool duration_unit() {
        constexpr std::string_view units = "smhdwy";
        if (peek() == 'm' && peek(1) == 's') {
            at_ += 2;
            return true;
        }
        if (done() || !units.contains(peek())) {
            return false;
        }
        ++at_;
        return true;
    }

    template <class Predicate>
    void take(Predicate is) {
        while (!done() && is(peek())) {
            ++at_;
        }
    }

    // Between [ and ] stand durations and a colon.
    bool bracket_token() {
        const std::size_t from = at_;
        if (peek() == ']') {
            ++at_;
            in_brackets_ = false;
            put(RightBracket, from);
            return true;
        }
        if (peek() == ':') {
            ++at_;
            put(Colon, from);
            return true;
        }
        while (!done() && !is_space(peek()) && peek() != ':' && peek() != ']') {
            ++at_;
        }
        put(Duration, from);
        return true;
    }

    bool take_sign(TokenKind kind, std::size_t bytes) {
        const std::size_t from = at_;
        at_ += bytes;
        put(kind, from);
        return true;
    }

    bool sign() {
        switch (const char next = peek(1); peek()) {
            case '(': ++depth_; return take_sign(LeftParen, 1);
            case ')':
                if (--depth_ < 0) {
                    ++at_;
                    return error(at_, "unexpected right parenthesis ')'");
                }
                return take_sign(RightParen, 1);
            case '{':
                if (in_braces_) {
                    return error(at_, "unexpected left brace '{' inside braces");
                }
                in_braces_ = true;
                return take_sign(LeftBrace, 1);
            case '}':
                if (!in_braces_) {
                    return error(at_, "unexpected right brace '}'");
                }
                in_braces_ = false;
                return take_sign(RightBrace, 1);
            case ',': return take_sign(Comma, 1);
            case '=':
                return next == '~'                  ? take_sign(Matches, 2)
                       : next == '=' && !in_braces_ ? take_sign(Equal, 2)
                                                    : take_sign(Assign, 1);
            case '!':
                if (next == '=') {
                    return take_sign(NotEqual, 2);
                }
                if (next == '~' && in_braces_) {
                    return take_sign(NotMatches, 2);
                }
                return error(at_, at_ + 1 < text_.size()
                                      ? std::format("unexpected character after '!': '{}'",
                                                    character(text_, at_ + 1))
                                      : "unexpected end of input after '!'");
            default: break;
        }
        if (in_braces_) {
            return error(at_, std::format("unexpected character inside braces: '{}'",
                                          character(text_, at_)));
        }
        return operator_sign();
    }

    bool operator_sign() {
        const bool with_equal = peek(1) == '=';
        switch (peek()) {
            case '+': return take_sign(Plus, 1);
            case '-': return take_sign(Minus, 1);
            case '*': return take_sign(Star, 1);
            case '/': return take_sign(Slash, 1);
            case '%': return take_sign(Percent, 1);
            case '^': return take_sign(Caret, 1);
            case '@': return take_sign(TokenKind::At, 1);
            case '<': return with_equal ? take_sign(LessOrEqual, 2) : take_sign(Less, 1);
            case '>': return with_equal ? take_sign(GreaterOrEqual, 2) : take_sign(Greater, 1);
            case '[': in_brackets_ = true; return take_sign(LeftBracket, 1);
            case ']': return error(at_, "unexpected right bracket ']'");
            default:
                return error(at_, std::format("unexpected character: '{}'", character(text_, at_)));
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
    int depth_ = 0;
    bool in_braces_ = false;
    bool in_brackets_ = false;
    Tokens out_;
};

}  // namespace

std::string Tokens::described(const Token& token) const {
    const std::string_view word = of(token);
    switch (token.kind) {
        case End: return "end of input";
        case Numeral: return "number " + in_quotes(word);
        case Duration: return "duration " + in_quotes(word);
        case String: return "string " + in_quotes(word);
        case Identifier: return "identifier " + in_quotes(word);
        case MetricIdentifier: return "metric identifier " + in_quotes(word);
        case Aggregate: return std::format("<aggr:{}>", word);
        default: break;
    }
    if (token.kind >= By && token.kind <= Finish) {
        return std::format("<{}>", word);
    }
    if (token.kind >= And && token.kind <= GreaterOrEqual) {
        return std::format("<op:{}>", word);
    }
    return in_quotes(word);
}

Tokens tokenize(std::string_view text) { return Lexer(text).run(); }

}  // namespace gantry::promql
