// SPDX-License-Identifier: Apache-2.0
#include "promql/matcher.h"

#include <algorithm>

#include "promql/detail/lexer.h"
#include "promql/detail/regex.h"

namespace gantry::promql {

std::string_view match_sign(MatchKind kind) {
    switch (kind) {
        case MatchKind::Equal: return "=";
        case MatchKind::NotEqual: return "!=";
        case MatchKind::Matches: return "=~";
        case MatchKind::NotMatches: return "!~";
    }
    return "=";
}

Result<Matcher> Matcher::make(std::string name, MatchKind kind, std::string value) {
    Matcher made(std::move(name), kind, std::move(value));
    if (kind == MatchKind::Equal) {
        made.values_ = {made.value_};
    }
    if (kind == MatchKind::Equal || kind == MatchKind::NotEqual) {
        return made;
    }
    TRY_ASSIGN(made.regex_, Regex::make(made.value_));
    if (kind == MatchKind::Matches) {
        made.values_ = alternatives(made.value_);
        made.prefix_ = made.regex_->prefix();
    }
    return made;
}

bool Matcher::matches(std::string_view value) const {
    switch (kind_) {
        case MatchKind::Equal: return value == value_;
        case MatchKind::NotEqual: return value != value_;
        case MatchKind::Matches:
            return values_.empty() ? regex_->matches(value)
                                   : std::ranges::binary_search(values_, value);
        case MatchKind::NotMatches: return !regex_->matches(value);
    }
    return false;
}

std::string Matcher::text() const {
    std::string out = is_label_name(name_) ? name_ : in_quotes(name_);
    out += match_sign(kind_);
    out += in_quotes(value_);
    return out;
}

bool matches_all(std::span<const Matcher> matchers, const Labels& labels) {
    return std::ranges::all_of(matchers, [&](const Matcher& matcher) {
        return matcher.matches(labels.get(matcher.name()));
    });
}

}  // namespace gantry::promql
