// SPDX-License-Identifier: Apache-2.0
// Selectors, and what stands behind them: ranges, offset, @.
#include <array>
#include <charconv>
#include <cmath>
#include <format>
#include <optional>

#include "promql/detail/parser.h"

namespace gantry::promql {
namespace {

using enum TokenKind;

constexpr std::string_view in_matchers = "label matching";
constexpr Millis duration_max = INT64_MAX / 1'000'000;

struct DurationUnit {
    std::string_view name;
    Millis length;
};

// In the order in which they may stand.
constexpr Millis second = 1000;
constexpr std::array<DurationUnit, 7> units = {{{"y", 365 * 86'400 * second},
                                                {"w", 7 * 86'400 * second},
                                                {"d", 86'400 * second},
                                                {"h", 3600 * second},
                                                {"m", 60 * second},
                                                {"s", second},
                                                {"ms", 1}}};

std::optional<MatchKind> match_kind(TokenKind kind) {
    switch (kind) {
        case Assign: return MatchKind::Equal;
        case NotEqual: return MatchKind::NotEqual;
        case Matches: return MatchKind::Matches;
        case NotMatches: return MatchKind::NotMatches;
        default: return std::nullopt;
    }
}

// Of what offset and @ may stand behind; null for everything else.
When* when_of(Expr& expr) {
    if (auto* selector = std::get_if<Selector>(&expr.node)) {
        return &selector->when;
    }
    if (auto* subquery = std::get_if<Subquery>(&expr.node)) {
        return &subquery->when;
    }
    return nullptr;
}

}  // namespace

Result<Millis> read_duration(std::string_view text) {
    Millis total = 0;
    std::size_t next_unit = 0;
    if (text.empty()) {
        return fail(Code::InvalidArgument, "missing unit character in duration");
    }
    for (std::string_view rest = text; !rest.empty();) {
        std::uint64_t count = 0;
        const auto [stopped, failed] =
            std::from_chars(rest.data(), rest.data() + rest.size(), count);
        if (failed == std::errc::invalid_argument) {
            return fail(Code::InvalidArgument, "not a valid duration string: {}", in_quotes(text));
        }
        rest.remove_prefix(static_cast<std::size_t>(stopped - rest.data()));
        const std::string_view unit = rest.substr(0, rest.starts_with("ms") ? 2 : 1);
        if (unit.empty()) {
            return fail(Code::InvalidArgument, "missing unit character in duration");
        }
        const auto found = std::ranges::find(units, unit, &DurationUnit::name);
        if (found == units.end()) {
            return fail(Code::InvalidArgument, "unknown unit {} in duration {}", in_quotes(unit),
                        in_quotes(text));
        }
        const auto index = static_cast<std::size_t>(found - units.begin());
        if (index < next_unit) {
            return fail(Code::InvalidArgument, "not a valid duration string: {}", in_quotes(text));
        }
        next_unit = index + 1;
        Millis part = 0;
        if (failed != std::errc() || count > static_cast<std::uint64_t>(duration_max) ||
            __builtin_mul_overflow(static_cast<Millis>(count), found->length, &part) ||
            __builtin_add_overflow(total, part, &total) || total > duration_max) {
            return fail(Code::InvalidArgument, "duration out of range");
        }
        rest.remove_prefix(unit.size());
    }
    return total;
}

Result<ExprPtr> Parser::vector_selector() {
    const std::uint32_t from = token().from;
    Selector made;
    std::string name;
    if (!is(LeftBrace)) {
        name = word();
        ++at_;
    }
    if (take(LeftBrace)) {
        TRY(matchers(made.matchers, name, from));
    }
    if (!name.empty()) {
        for (const Matcher& matcher : made.matchers) {
            if (matcher.name() == metric_name && matcher.kind() == MatchKind::Equal) {
                return error(from, std::format("metric name must not be set twice: {} or {}",
                                               in_quotes(name), in_quotes(matcher.value())));
            }
        }
        TRY_ASSIGN(auto of_name,
                   Matcher::make(std::string(metric_name), MatchKind::Equal, std::move(name)));
        made.matchers.push_back(std::move(of_name));
    }
    if (std::ranges::all_of(made.matchers, &Matcher::matches_empty)) {
        return error(from, "vector selector must contain at least one non-empty matcher");
    }
    return make(std::move(made), Type::Vector, from, {.depth = 1, .varies = true, .reads = true});
}

Result<> Parser::matchers(std::vector<Matcher>& out, std::string& name, std::uint32_t selector) {
    while (!take(RightBrace)) {
        if (is(String)) {
            // A name that is no identifier: of the metric, or of a label if a sign follows.
            const std::uint32_t from = token().from;
            auto text = without_quotes(word());
            if (!text) {
                return error(from, std::move(text.error().message));
            }
            ++at_;
            if (match_kind(token().kind)) {
                TRY(add_matcher(out, std::move(*text)));
            } else if (!name.empty()) {
                return error(selector, std::format("metric name must not be set twice: {} or {}",
                                                   in_quotes(name), in_quotes(*text)));
            } else {
                name = std::move(*text);
            }
        } else if (is(Identifier)) {
            std::string label(word());
            ++at_;
            if (!match_kind(token().kind)) {
                return unexpected(in_matchers, "label matching operator");
            }
            TRY(add_matcher(out, std::move(label)));
        } else {
            return unexpected(in_matchers, "identifier or \"}\"");
        }
        if (!take(Comma) && !is(RightBrace)) {
            return unexpected(in_matchers, "\",\" or \"}\"");
        }
    }
    return {};
}

Result<> Parser::add_matcher(std::vector<Matcher>& out, std::string label) {
    const std::uint32_t from = tokens_.tokens[at_ - 1].from;
    const MatchKind kind = *match_kind(token().kind);
    ++at_;
    if (!is(String)) {
        return unexpected(in_matchers, "string");
    }
    auto value = without_quotes(word());
    if (!value) {
        return error(token().from, std::move(value.error().message));
    }
    ++at_;
    const bool regex = kind == MatchKind::Matches || kind == MatchKind::NotMatches;
    if (regex && ++regexes_ > limits_.regexes_max) {
        return error(from, std::format("more than {} regular expressions: split the expression",
                                       limits_.regexes_max));
    }
    auto matcher = Matcher::make(std::move(label), kind, std::move(*value));
    if (!matcher) {
        return error(from, std::move(matcher.error().message));
    }
    out.push_back(std::move(*matcher));
    return {};
}

Result<Millis> Parser::duration(bool zero_too) {
    if (is(RightBracket)) {
        return error(token().from, "missing unit character in duration");
    }
    if (!is(Duration)) {
        return unexpected({}, "duration");
    }
    auto length = read_duration(word());
    if (!length) {
        return error(token().from, std::move(length.error().message));
    }
    if (*length == 0 && !zero_too) {
        return error(token().from, "duration must be greater than 0");
    }
    ++at_;
    return *length;
}

Result<ExprPtr> Parser::range(ExprPtr expr) {
    const std::uint32_t bracket = tokens_.tokens[at_ - 1].from;
    TRY_ASSIGN(const Millis length, duration(false));
    if (take(Colon)) {
        Subquery made;
        made.range = length;
        if (!is(RightBracket)) {
            TRY_ASSIGN(made.step, duration(false));
        }
        TRY(expect(RightBracket, "subquery selector", "\"]\""));
        if (expr->type != Type::Vector) {
            return error(
                expr->place.from,
                std::format("subquery is only allowed on instant vector, got {} instead",
                            expr->type == Type::Matrix ? "matrix" : type_name(expr->type)));
        }
        const std::uint32_t from = expr->place.from;
        Traits traits = Traits().with(expr);
        traits.varies = true;
        made.inner = std::move(expr);
        return make(std::move(made), Type::Matrix, from, traits);
    }
    TRY(expect(RightBracket, "matrix selector", "\":\" or \"]\""));
    auto* selector = std::get_if<Selector>(&expr->node);
    if (selector == nullptr || selector->range != 0) {
        return error(bracket, "ranges only allowed for vector selectors");
    }
    if (selector->when.offset != 0) {
        return error(bracket, "no offset modifiers allowed before range");
    }
    if (selector->when.at != When::At::Step) {
        return error(bracket, "no @ modifiers allowed before range");
    }
    selector->range = length;
    expr->type = Type::Matrix;
    expr->place.to = end_of_last();
    return expr;
}

Result<ExprPtr> Parser::offset(ExprPtr expr) {
    const bool minus = take(Minus);
    if (!minus) {
        take(Plus);
    }
    if (!is(Duration)) {
        return unexpected("offset", "duration");
    }
    TRY_ASSIGN(const Millis length, duration(true));
    When* when = when_of(*expr);
    if (when == nullptr) {
        return error(expr->place.from,
                     "offset modifier must be preceded by an instant vector selector or range "
                     "vector selector or a subquery");
    }
    if (when->offset != 0) {
        return error(expr->place.from, "offset may not be set multiple times");
    }
    when->offset = minus ? -length : length;
    expr->place.to = end_of_last();
    return expr;
}

Result<ExprPtr> Parser::at(ExprPtr expr) {
    When* when = when_of(*expr);
    When wanted;
    const bool start = is(Start);
    if (start || is(Finish)) {
        ++at_;
        wanted.at = start ? When::At::Start : When::At::End;
        TRY(expect(LeftParen, "@", "timestamp"));
        TRY(expect(RightParen, "@", "timestamp"));
    } else {
        TRY(at_time(wanted));
    }
    if (when == nullptr) {
        return error(expr->place.from,
                     "@ modifier must be preceded by an instant vector selector or range vector "
                     "selector or a subquery");
    }
    if (when->at != When::At::Step) {
        return error(expr->place.from, "@ <timestamp> may not be set multiple times");
    }
    when->at = wanted.at;
    when->time = wanted.time;
    expr->varies = false;
    expr->place.to = end_of_last();
    return expr;
}

Result<> Parser::at_time(When& when) {
    const std::uint32_t from = token().from;
    const bool minus = take(Minus);
    if (!minus) {
        take(Plus);
    }
    if (!is(Numeral)) {
        return unexpected("@", "timestamp");
    }
    auto seconds = read_number(word());
    if (!seconds) {
        return error(token().from, std::move(seconds.error().message));
    }
    const double millis = std::round(*seconds * 1000) * (minus ? -1 : 1);
    if (!(std::abs(millis) < static_cast<double>(duration_max))) {
        return error(from, std::format("timestamp out of bounds for @ modifier: {}", word()));
    }
    ++at_;
    when.at = When::At::Time;
    when.time = static_cast<Millis>(millis);
    return {};
}

Result<std::vector<Matcher>> Parser::selector() {
    TRY_ASSIGN(auto expr, expression());
    auto* selector = std::get_if<Selector>(&expr->node);
    if (selector == nullptr || selector->range != 0 || selector->when != When()) {
        return error(0,
                     "expected a series selector as in up{job=\"a\"}, without range, offset and @");
    }
    return std::move(selector->matchers);
}

}  // namespace gantry::promql
