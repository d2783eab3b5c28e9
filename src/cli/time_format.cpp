// SPDX-License-Identifier: Apache-2.0
#include "cli/time_format.h"

#include <charconv>
#include <chrono>
#include <optional>
#include <stdexcept>

namespace gantry::cli {
namespace {

constexpr std::int64_t nanos_a_second = 1'000'000'000;

std::int64_t epoch_unit(std::string_view format) {
    return format == "s"    ? nanos_a_second
           : format == "ms" ? 1'000'000
           : format == "us" ? 1'000
           : format == "ns" ? 1
                            : 0;
}

bool take_digits(std::string_view& text, std::size_t least, std::size_t most, int& out) {
    std::size_t count = 0;
    out = 0;
    while (count < most && count < text.size() && text[count] >= '0' && text[count] <= '9') {
        out = out * 10 + (text[count++] - '0');
    }
    text.remove_prefix(count);
    return count >= least;
}

// Nanoseconds of a fraction of up to nine digits; more are refused rather than lost.
bool take_fraction(std::string_view& text, std::int64_t& nanos) {
    int digits = 0;
    nanos = 0;
    while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
        if (++digits > 9) {
            return false;
        }
        nanos = nanos * 10 + (text[0] - '0');
        text.remove_prefix(1);
    }
    for (int i = digits; i < 9; ++i) {
        nanos *= 10;
    }
    return digits > 0;
}

// "Z", "+08:00", "+0800", "+08"
bool take_offset(std::string_view& text, int& minutes) {
    if (text.starts_with('Z') || text.starts_with('z')) {
        text.remove_prefix(1);
        minutes = 0;
        return true;
    }
    if (text.empty() || (text[0] != '+' && text[0] != '-')) {
        return false;
    }
    const int sign = text[0] == '-' ? -1 : 1;
    text.remove_prefix(1);
    int hour = 0;
    int minute = 0;
    if (!take_digits(text, 2, 2, hour)) {
        return false;
    }
    if (text.starts_with(':')) {
        text.remove_prefix(1);
        if (!take_digits(text, 2, 2, minute)) {
            return false;
        }
    } else if (!text.empty() && text[0] >= '0' && text[0] <= '9' &&
               !take_digits(text, 2, 2, minute)) {
        return false;
    }
    minutes = sign * (hour * 60 + minute);
    return hour <= 23 && minute <= 59;
}

struct Parts {
    int year = 1970;
    int month = 1;
    int day = 1;
    int hour = 0;
    int minute = 0;
    int second = 0;
    std::int64_t nanos = 0;
    std::optional<int> offset_minutes;
};

bool take_part(char what, std::string_view& text, Parts& parts) {
    switch (what) {
        case 'Y': return take_digits(text, 4, 4, parts.year);
        case 'm': return take_digits(text, 1, 2, parts.month);
        case 'd': return take_digits(text, 1, 2, parts.day);
        case 'H': return take_digits(text, 1, 2, parts.hour);
        case 'M': return take_digits(text, 2, 2, parts.minute);
        case 'S': return take_digits(text, 2, 2, parts.second);
        case 'f': return take_fraction(text, parts.nanos);
        case 'z': {
            int minutes = 0;
            const bool taken = take_offset(text, minutes);
            parts.offset_minutes = minutes;
            return taken;
        }
        default: return false;
    }
}

// "2013-12-02 21:15:00.25+08:00", the time of day and what follows being optional.
bool take_usual(std::string_view& text, Parts& parts) {
    const auto skip = [&text](std::string_view any) {
        const bool found = !text.empty() && any.contains(text[0]);
        text.remove_prefix(found ? 1 : 0);
        return found;
    };
    if (!take_digits(text, 4, 4, parts.year) || !skip("-/") ||
        !take_digits(text, 1, 2, parts.month) || !skip("-/") ||
        !take_digits(text, 1, 2, parts.day)) {
        return false;
    }
    if (text.empty()) {
        return true;
    }
    if (!skip("Tt ") || !take_digits(text, 1, 2, parts.hour) || !skip(":") ||
        !take_digits(text, 2, 2, parts.minute)) {
        return false;
    }
    if (skip(":") && !take_digits(text, 2, 2, parts.second)) {
        return false;
    }
    if (skip(".,") && !take_fraction(text, parts.nanos)) {
        return false;
    }
    if (!text.empty()) {
        int minutes = 0;
        if (!take_offset(text, minutes)) {
            return false;
        }
        parts.offset_minutes = minutes;
    }
    return true;
}

// As if the parts were in UTC.
std::optional<Time> join(const Parts& parts) {
    using namespace std::chrono;
    const year_month_day date{year{parts.year}, month{static_cast<unsigned>(parts.month)},
                              day{static_cast<unsigned>(parts.day)}};
    if (!date.ok() || parts.hour > 23 || parts.minute > 59 || parts.second > 60 ||
        parts.year < 1678 || parts.year > 2261) {
        return std::nullopt;
    }
    const std::int64_t days_number = sys_days{date}.time_since_epoch().count();
    return (days_number * 86'400 + parts.hour * 3600 + parts.minute * 60 + parts.second) *
               nanos_a_second +
           parts.nanos;
}

std::unexpected<Error> not_a_time(std::string_view text, std::string_view why) {
    return fail(Code::InvalidArgument, "'{}' is not a time: {}", text, why);
}

}  // namespace

struct TimeFormat::Zone {
    const std::chrono::time_zone* known = nullptr;
    std::int64_t offset_seconds = 0;  // where the zone is an offset
    bool named = false;
};

TimeFormat::TimeFormat() : zone_(std::make_unique<Zone>()) {}
TimeFormat::TimeFormat(TimeFormat&&) noexcept = default;
TimeFormat& TimeFormat::operator=(TimeFormat&&) noexcept = default;
TimeFormat::~TimeFormat() = default;

Result<TimeFormat> TimeFormat::make(std::string_view format, std::string_view zone) {
    TimeFormat out;
    out.unit_nanos_ = epoch_unit(format);
    if (out.unit_nanos_ == 0 && format != "auto") {
        if (!format.contains('%')) {
            return fail(Code::InvalidArgument,
                        "--time-format: '{}' is not auto, s, ms, us, ns, or a pattern such as "
                        "'%d/%m/%Y %H:%M'",
                        format);
        }
        out.pattern_ = format;
    }
    if (zone.empty()) {
        return out;
    }
    out.zone_->named = true;
    int minutes = 0;
    std::string_view rest = zone;
    if (zone == "UTC" || (take_offset(rest, minutes) && rest.empty())) {
        out.zone_->offset_seconds = minutes * 60;
        return out;
    }
    try {
        out.zone_->known = std::chrono::locate_zone(zone);
    } catch (const std::runtime_error&) {
        return fail(Code::InvalidArgument,
                    "--zone: there is no time zone '{}': write UTC, +08:00, or a name such as "
                    "Asia/Shanghai",
                    zone);
    }
    return out;
}

Result<Time> TimeFormat::parse_epoch(std::string_view text) const {
    const std::string_view whole = text;
    const bool negative = text.starts_with('-');
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
    std::int64_t fraction = 0;
    if (error != std::errc() ||
        (!rest.empty() &&
         (rest[0] != '.' || (rest.remove_prefix(1), !take_fraction(rest, fraction)) ||
          !rest.empty()))) {
        return not_a_time(whole, "a number of seconds (or ms, us, ns) is wanted");
    }
    fraction = fraction / (nanos_a_second / unit_nanos_);
    std::int64_t nanos = 0;
    if (__builtin_mul_overflow(number, unit_nanos_, &nanos) ||
        __builtin_add_overflow(nanos, negative ? -fraction : fraction, &nanos)) {
        return not_a_time(whole, "it is outside 1677-09-21 to 2262-04-11; is --time-format right?");
    }
    return nanos;
}

Result<Time> TimeFormat::in_zone(Time local, std::string_view text) const {
    using namespace std::chrono;
    if (!zone_->named) {
        return fail(Code::PreconditionRequired,
                    "'{}' has no offset from UTC: say with --zone what zone it is in, as in --zone "
                    "Asia/Shanghai or --zone UTC",
                    text);
    }
    if (zone_->known == nullptr) {
        return local - zone_->offset_seconds * nanos_a_second;
    }
    const local_time<nanoseconds> moment{nanoseconds(local)};
    const local_info info = zone_->known->get_info(floor<seconds>(moment));
    if (info.result == local_info::nonexistent) {
        return not_a_time(text, "there was no such time in that zone: clocks were put forward");
    }
    // Of the two hours when clocks go back the first is taken, as most loggers would.
    return local - nanoseconds(info.first.offset).count();
}

Result<Time> TimeFormat::parse_pattern(std::string_view text) const {
    const std::string_view whole = text;
    Parts parts;
    for (std::size_t i = 0; i < pattern_.size(); ++i) {
        if (pattern_[i] == '%' && i + 1 < pattern_.size() && pattern_[i + 1] != '%') {
            if (!take_part(pattern_[++i], text, parts)) {
                return not_a_time(whole, std::format("it does not fit {}", pattern_));
            }
            continue;
        }
        i += pattern_[i] == '%' ? 1 : 0;
        if (text.empty() || text[0] != pattern_[std::min(i, pattern_.size() - 1)]) {
            return not_a_time(whole, std::format("it does not fit {}", pattern_));
        }
        text.remove_prefix(1);
    }
    const auto joined = join(parts);
    if (!text.empty() || !joined) {
        return not_a_time(whole, std::format("it does not fit {}", pattern_));
    }
    return parts.offset_minutes
               ? Result<Time>(*joined - *parts.offset_minutes * 60 * nanos_a_second)
               : in_zone(*joined, whole);
}

Result<Time> TimeFormat::parse(std::string_view text) const {
    if (unit_nanos_ != 0) {
        return parse_epoch(text);
    }
    if (!pattern_.empty()) {
        return parse_pattern(text);
    }
    Parts parts;
    std::string_view rest = text;
    const bool taken = take_usual(rest, parts);
    const auto joined = join(parts);
    if (!taken || !rest.empty() || !joined) {
        return not_a_time(text, "write it as 2026-11-22 08:30:00 or in RFC 3339, or say with "
                                "--time-format how it is written");
    }
    return parts.offset_minutes
               ? Result<Time>(*joined - *parts.offset_minutes * 60 * nanos_a_second)
               : in_zone(*joined, text);
}

}  // namespace gantry::cli
