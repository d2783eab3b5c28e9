// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"

#include <array>
#include <charconv>
#include <format>

namespace gantry {
namespace {

constexpr std::int64_t nanos_a_second = 1'000'000'000;

struct DurationUnit {
    std::string_view name;
    std::int64_t nanos;
};

// Largest first: format_duration takes the first that divides.
constexpr std::array<DurationUnit, 7> units = {{
    {"d", 86'400 * nanos_a_second},
    {"h", 3'600 * nanos_a_second},
    {"m", 60 * nanos_a_second},
    {"s", nanos_a_second},
    {"ms", 1'000'000},
    {"us", 1'000},
    {"ns", 1},
}};

// Reads exactly `digits` decimal digits from the front of text.
bool take_number(std::string_view& text, std::size_t digits, int& out) {
    if (text.size() < digits) {
        return false;
    }
    const auto [end, error] = std::from_chars(text.data(), text.data() + digits, out);
    if (error != std::errc() || end != text.data() + digits || text[0] == '-') {
        return false;
    }
    text.remove_prefix(digits);
    return true;
}

bool take_char(std::string_view& text, std::string_view any_of) {
    if (text.empty() || any_of.find(text[0]) == std::string_view::npos) {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

// The fraction after the point, as nanoseconds. Nine digits at most.
bool take_fraction(std::string_view& text, std::int64_t& nanos) {
    nanos = 0;
    std::size_t digits = 0;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
        ++digits;
    }
    if (digits == 0 || digits > 9) {
        return false;
    }
    for (std::size_t i = 0; i < 9; ++i) {
        nanos = nanos * 10 + (i < digits ? text[i] - '0' : 0);
    }
    text.remove_prefix(digits);
    return true;
}

bool take_offset(std::string_view& text, int& minutes) {
    minutes = 0;
    if (take_char(text, "Zz")) {
        return true;
    }
    if (text.empty() || (text[0] != '+' && text[0] != '-')) {
        return false;
    }
    const int sign = text[0] == '-' ? -1 : 1;
    text.remove_prefix(1);
    int hours = 0;
    int rest = 0;
    if (!take_number(text, 2, hours) || !take_char(text, ":") || !take_number(text, 2, rest) ||
        hours > 23 || rest > 59) {
        return false;
    }
    minutes = sign * (hours * 60 + rest);
    return true;
}

std::unexpected<Error> not_a_time(std::string_view text) {
    return fail(Code::InvalidArgument,
                "'{}' is not a time: write RFC 3339, as in 2026-11-22T08:30:00Z", text);
}

}  // namespace

std::string format_time(Time time) {
    using namespace std::chrono;
    // By hand: the floor of the smallest times to days cannot be written in nanoseconds.
    constexpr std::int64_t nanos_a_day = 86'400 * nanos_a_second;
    const std::int64_t rest = (time % nanos_a_day + nanos_a_day) % nanos_a_day;
    const sys_days day{days{time / nanos_a_day - (time % nanos_a_day < 0 ? 1 : 0)}};
    const year_month_day date{day};
    const hh_mm_ss<nanoseconds> clock{nanoseconds{rest}};
    std::string out =
        std::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    clock.hours().count(), clock.minutes().count(), clock.seconds().count());
    if (const auto fraction = clock.subseconds().count(); fraction != 0) {
        out += std::format(".{:09}", fraction);
        out.erase(out.find_last_not_of('0') + 1);
    }
    out += 'Z';
    return out;
}

Result<Time> parse_time(std::string_view text) {
    using namespace std::chrono;
    const std::string_view whole = text;
    int year_number = 0;
    int month_number = 0;
    int day_number = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
    std::int64_t fraction = 0;
    int offset_minutes = 0;
    const bool read =
        take_number(text, 4, year_number) && take_char(text, "-") &&
        take_number(text, 2, month_number) && take_char(text, "-") &&
        take_number(text, 2, day_number) && take_char(text, "Tt ") && take_number(text, 2, hour) &&
        take_char(text, ":") && take_number(text, 2, minute) && take_char(text, ":") &&
        take_number(text, 2, second) && (!take_char(text, ".") || take_fraction(text, fraction)) &&
        take_offset(text, offset_minutes) && text.empty();
    const year_month_day date{year{year_number}, month{static_cast<unsigned>(month_number)},
                              day{static_cast<unsigned>(day_number)}};
    if (!read || !date.ok() || hour > 23 || minute > 59 || second > 60) {
        return not_a_time(whole);
    }
    const std::int64_t days_number = sys_days{date}.time_since_epoch().count();
    std::int64_t seconds =
        days_number * 86'400 + (hour * 60 + minute - offset_minutes) * 60 + second;
    std::int64_t nanos = 0;
    if (seconds < 0 && fraction > 0) {
        ++seconds;  // so that the product fits where the sum does
        fraction -= nanos_a_second;
    }
    if (__builtin_mul_overflow(seconds, nanos_a_second, &nanos) ||
        __builtin_add_overflow(nanos, fraction, &nanos)) {
        return fail(Code::InvalidArgument, "'{}' is outside 1677-09-21 to 2262-04-11", whole);
    }
    return nanos;
}

std::string format_duration(Duration duration) {
    if (duration.count() == 0) {
        return "0s";
    }
    for (const DurationUnit& unit : units) {
        if (duration.count() % unit.nanos == 0) {
            return std::format("{}{}", duration.count() / unit.nanos, unit.name);
        }
    }
    return std::format("{}ns", duration.count());
}

Result<Duration> parse_duration(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const std::string_view suffix(end, static_cast<std::size_t>(text.data() + text.size() - end));
    if (error == std::errc()) {
        for (const DurationUnit& unit : units) {
            std::int64_t nanos = 0;
            if (unit.name != suffix) {
                continue;
            }
            if (__builtin_mul_overflow(number, unit.nanos, &nanos)) {
                return fail(Code::InvalidArgument, "'{}' is longer than 292 years", text);
            }
            return Duration{nanos};
        }
    }
    return fail(
        Code::InvalidArgument,
        "'{}' is not a duration: write a whole number and one of ns, us, ms, s, m, h, d, as "
        "in 250ms",
        text);
}

Result<Time> parse_time_or_relative(std::string_view text, Time now) {
    if (text == "now") {
        return now;
    }
    if (text.size() > 1 && (text[0] == '-' || text[0] == '+')) {
        const std::string_view length = text[0] == '+' ? text.substr(1) : text;
        TRY_ASSIGN(const Duration offset, parse_duration(length));
        Time time = 0;
        if (__builtin_add_overflow(now, offset.count(), &time)) {
            return not_a_time(text);
        }
        return time;
    }
    constexpr std::size_t date_length = 10;  // 2026-11-22
    return text.size() == date_length ? parse_time(std::format("{}T00:00:00Z", text))
                                      : parse_time(text);
}

}  // namespace gantry
