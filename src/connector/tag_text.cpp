// SPDX-License-Identifier: Apache-2.0
#include "connector/tag_text.h"

#include <algorithm>
#include <cmath>
#include <format>

namespace gantry::connector {
namespace {

constexpr std::size_t shown_bytes_max = 256;

}  // namespace

std::unexpected<Error> TagText::complain_at(std::size_t place, std::string_view what) const {
    return std::unexpected(Error{
        Code::InvalidArgument,
        std::format("'{}', character {}: {}", text_.substr(0, shown_bytes_max), place + 1, what),
        "/address"});
}

Result<> TagText::take_scale(double& scale, double& offset) {
    const std::size_t place = at_;
    if (take('*')) {
        if (!take_number(scale) || !std::isfinite(scale) || scale == 0) {
            return complain_at(place, "after '*' comes the scale, a number other than 0");
        }
    }
    if (next_is('+') || next_is('-')) {
        const std::size_t sign = at_;
        if (take('+') && next_is('-')) {
            return complain_at(sign, "write one sign");
        }
        if (!take_number(offset) || !std::isfinite(offset)) {
            return complain_at(sign, "after '+' or '-' comes the offset, a number");
        }
    }
    return {};
}

Result<> TagText::read_deadband(std::string_view value, std::size_t place, Deadband& out) const {
    out.percent = value.ends_with('%');
    if (out.percent) {
        value.remove_suffix(1);
    }
    const auto [end, error] =
        std::from_chars(value.data(), value.data() + value.size(), out.amount);
    if (error != std::errc() || end != value.data() + value.size() || !std::isfinite(out.amount) ||
        out.amount < 0 || std::signbit(out.amount) || (out.percent && out.amount > 100)) {
        return complain_at(place,
                           "the deadband is a number from 0, as in db=0.5, or a share of the "
                           "range, as in db=1%");
    }
    return {};
}

Result<> TagText::read_silence(std::string_view value, std::size_t place, Duration& out) const {
    const auto length = parse_duration(value);
    if (!length || *length <= Duration{0}) {
        return complain_at(place, "write the longest silence as in max=30s or max=5m");
    }
    out = *length;
    return {};
}

Result<> TagText::read_group(std::string_view value, std::size_t place, std::string& out) const {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-';
    };
    if (value.empty() || value.size() > group_length_max || !std::ranges::all_of(value, allowed)) {
        return complain_at(place, "a group's name has 1 to 64 letters, digits, '_' or '-'");
    }
    out = value;
    return {};
}

std::string format_scale(double scale, double offset) {
    std::string out;
    if (scale != 1) {
        out += std::format("*{}", scale);
    }
    if (offset != 0) {
        out += std::format("{:+}", offset);
    }
    return out;
}

std::string format_deadband(const Deadband& deadband) {
    return std::format(" db={}{}", deadband.amount, deadband.percent ? "%" : "");
}

}  // namespace gantry::connector
