// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include "promql/detail/evaluation.h"
#include "promql/detail/occupancy.h"
#include "promql/detail/regex.h"

namespace gantry::promql {
namespace {

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// A replacement in pieces: text as it is, or a group of the match.
struct Piece {
    std::string text;
    int group = -1;
};

// $1, ${1}, $name, ${name}; $$ is a dollar, and a dollar before anything else is one too. A name is
// as long as it can be: $1x is a group "1x". A group that is not there is empty.
std::vector<Piece> pieces_of(std::string_view text, const Regex& regex) {
    std::vector<Piece> pieces;
    const auto plain = [&](std::string_view part) { pieces.push_back({std::string(part), -1}); };
    while (!text.empty()) {
        const std::size_t dollar = text.find('$');
        plain(text.substr(0, dollar));
        if (dollar == std::string_view::npos) {
            break;
        }
        text.remove_prefix(dollar + 1);
        if (text.starts_with('$')) {
            plain("$");
            text.remove_prefix(1);
            continue;
        }
        const bool braces = text.starts_with('{');
        const std::string_view rest = text.substr(braces ? 1 : 0);
        const auto end =
            static_cast<std::size_t>(std::ranges::find_if_not(rest, is_word) - rest.begin());
        if (end == 0 || (braces && (end == rest.size() || rest[end] != '}'))) {
            plain("$");
            continue;
        }
        const std::string_view name = rest.substr(0, end);
        int number = 0;
        const auto [stopped, error] =
            std::from_chars(name.data(), name.data() + name.size(), number);
        const bool numeric = error == std::errc() && stopped == name.data() + name.size();
        pieces.push_back({"", numeric ? number : regex.group(name)});
        text = rest.substr(end + (braces ? 1 : 0));
    }
    return pieces;
}

// Functions in each other could double a label again and again.
constexpr std::size_t label_bytes_max = std::size_t{64} << 10;

std::unexpected<Error> too_long() {
    return fail(Code::TooLarge, "a label becomes longer than {} bytes", label_bytes_max);
}

// Stops when it is too long.
std::string put_together(const std::vector<Piece>& pieces,
                         const std::vector<std::string_view>& groups) {
    std::string out;
    for (const Piece& piece : pieces) {
        if (out.size() > label_bytes_max) {
            break;
        }
        const auto group = static_cast<std::size_t>(piece.group);
        out += piece.group < 0         ? std::string_view(piece.text)
               : group < groups.size() ? groups[group]
                                       : std::string_view();
    }
    return out;
}

}  // namespace

Result<> Evaluation::label_replace(const Call& node, const Grid& grid, const RowSink& sink) {
    const std::string& to = string(*node.arguments[1]);
    const std::string& from = string(*node.arguments[3]);
    const std::string& pattern = string(*node.arguments[4]);
    auto regex = Regex::make(pattern);
    if (!regex) {
        return fail(Code::Conflict, "invalid regular expression in label_replace(): {}", pattern);
    }
    if (!is_label_name(to)) {
        return fail(Code::Conflict, "invalid destination label name in label_replace(): {}", to);
    }
    const auto pieces = pieces_of(string(*node.arguments[2]), **regex);
    DistinctRows checked(work_, grid.count, sink);
    std::vector<std::string_view> groups;
    return vector(*node.arguments[0], grid, [&](Labels& labels, Row row) -> Result<> {
        const std::string value(labels.get(from));
        if ((*regex)->match(value, groups)) {
            const std::string replaced = put_together(pieces, groups);
            if (replaced.size() > label_bytes_max) {
                return too_long();
            }
            labels.set(to, replaced);
        }
        return checked(labels, row);
    });
}

Result<> Evaluation::label_join(const Call& node, const Grid& grid, const RowSink& sink) {
    const std::string& to = string(*node.arguments[1]);
    const std::string& separator = string(*node.arguments[2]);
    std::vector<std::string> from;
    for (std::size_t i = 3; i < node.arguments.size(); ++i) {
        from.push_back(string(*node.arguments[i]));
        if (!is_label_name(from.back())) {
            return fail(Code::Conflict, "invalid source label name in label_join(): {}",
                        from.back());
        }
    }
    if (!is_label_name(to)) {
        return fail(Code::Conflict, "invalid destination label name in label_join(): {}", to);
    }
    DistinctRows checked(work_, grid.count, sink);
    return vector(*node.arguments[0], grid, [&](Labels& labels, Row row) -> Result<> {
        std::string value;
        for (std::size_t i = 0; i < from.size(); ++i) {
            value += i == 0 ? "" : separator;
            value += labels.get(from[i]);
            if (value.size() > label_bytes_max) {
                return too_long();
            }
        }
        labels.set(to, value);
        return checked(labels, row);
    });
}

}  // namespace gantry::promql
