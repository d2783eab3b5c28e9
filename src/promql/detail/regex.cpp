// SPDX-License-Identifier: Apache-2.0
#include "promql/detail/regex.h"

#include <algorithm>

namespace gantry::promql {
namespace {

constexpr std::int64_t program_bytes_max = 1 << 20;
constexpr std::size_t text_bytes_max = 16 << 10;
constexpr std::string_view special = "\\.+*?()|[]{}^$";

RE2::Options options() {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(program_bytes_max);
    return options;
}

}  // namespace

Regex::Regex(std::string_view text)
    : regex_(absl::string_view(text.data(), text.size()), options()) {}

Result<std::shared_ptr<const Regex>> Regex::make(std::string_view text) {
    if (text.size() > text_bytes_max) {
        return fail(Code::InvalidArgument, "regular expression is longer than {} bytes: shorten it",
                    text_bytes_max);
    }
    std::shared_ptr<const Regex> made(new Regex(text));
    if (!made->regex_.ok()) {
        return fail(Code::InvalidArgument, "error parsing regexp: {}", made->regex_.error());
    }
    return made;
}

bool Regex::matches(std::string_view text) const {
    return RE2::FullMatch(absl::string_view(text.data(), text.size()), regex_);
}

bool Regex::match(std::string_view text, std::vector<std::string_view>& groups) const {
    const auto count = static_cast<std::size_t>(regex_.NumberOfCapturingGroups()) + 1;
    std::vector<absl::string_view> found(count);
    if (!regex_.Match(absl::string_view(text.data(), text.size()), 0, text.size(), RE2::ANCHOR_BOTH,
                      found.data(), static_cast<int>(count))) {
        return false;
    }
    groups.clear();
    for (const absl::string_view group : found) {
        groups.emplace_back(group.data(), group.size());
    }
    return true;
}

int Regex::group(std::string_view name) const {
    const auto& names = regex_.NamedCapturingGroups();
    const auto found = names.find(std::string(name));
    return found == names.end() ? -1 : found->second;
}

std::string Regex::prefix() const {
    // Of "from ≤ text ≤ to" what both begin with.
    std::string from;
    std::string to;
    if (!regex_.PossibleMatchRange(&from, &to, 64)) {
        return {};
    }
    const auto [end, other] = std::ranges::mismatch(from, to);
    return {from.begin(), end};
}

std::vector<std::string> alternatives(std::string_view regex) {
    std::vector<std::string> found(1);
    for (const char c : regex) {
        if (c == '|') {
            found.emplace_back();
        } else if (special.contains(c)) {
            return {};
        } else {
            found.back() += c;
        }
    }
    std::ranges::sort(found);
    found.erase(std::ranges::unique(found).begin(), found.end());
    return found;
}

}  // namespace gantry::promql
