// SPDX-License-Identifier: Apache-2.0
#include "connector/record/time_reader.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "model/json.h"
#include "payload/convert.h"

namespace gantry::connector::record {
namespace {

using namespace std::chrono;

constexpr std::string_view known_steps = "YymdbHIpMSfz%";
constexpr std::array<std::string_view, 12> months = {"jan", "feb", "mar", "apr", "may", "jun",
                                                     "jul", "aug", "sep", "oct", "nov", "dec"};

std::optional<payload::TimeFormat> number_format(std::string_view word) {
    using payload::TimeFormat;
    return word == "s"    ? std::optional(TimeFormat::UnixSeconds)
           : word == "ms" ? std::optional(TimeFormat::UnixMillis)
           : word == "us" ? std::optional(TimeFormat::UnixMicros)
           : word == "ns" ? std::optional(TimeFormat::UnixNanos)
                          : std::nullopt;
}

// "+08:00", "-0530", "+01" or "Z", taken from the front.
std::optional<minutes> take_offset(std::string_view& text) {
    const auto digit = [&text](std::size_t at) {
        return at < text.size() && text[at] >= '0' && text[at] <= '9' ? text[at] - '0' : -1;
    };
    if (text.starts_with('Z')) {
        text.remove_prefix(1);
        return minutes{0};
    }
    if (!(text.starts_with('+') || text.starts_with('-')) || digit(1) < 0 || digit(2) < 0) {
        return std::nullopt;
    }
    const int sign = text[0] == '-' ? -1 : 1;
    int total = (digit(1) * 10 + digit(2)) * 60;
    text.remove_prefix(3);
    const std::size_t colon = text.starts_with(':') ? 1 : 0;
    if (digit(colon) >= 0 && digit(colon + 1) >= 0) {
        total += digit(colon) * 10 + digit(colon + 1);
        text.remove_prefix(colon + 2);
    }
    return total < 24 * 60 ? std::optional(minutes{sign * total}) : std::nullopt;
}

// What a pattern has said so far.
struct Parts {
    int year = 1970;
    int month = 1;
    int day = 1;
    int hour = 0;
    int minute = 0;
    int second = 0;
    std::int64_t nanos = 0;
    std::optional<bool> afternoon;
    std::optional<minutes> offset;
};

bool take_number(std::string_view& text, std::size_t digits_max, int& out) {
    std::size_t count = 0;
    while (count < std::min(digits_max, text.size()) && text[count] >= '0' && text[count] <= '9') {
        ++count;
    }
    const bool read =
        count > 0 && std::from_chars(text.data(), text.data() + count, out).ec == std::errc();
    text.remove_prefix(count);
    return read;
}

bool take_fraction(std::string_view& text, std::int64_t& nanos) {
    std::size_t count = 0;
    std::int64_t value = 0;
    while (count < text.size() && text[count] >= '0' && text[count] <= '9') {
        value = count < 9 ? value * 10 + (text[count] - '0') : value;
        ++count;
    }
    for (std::size_t i = count; i < 9; ++i) {
        value *= 10;
    }
    text.remove_prefix(count);
    nanos = value;
    return count > 0;
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

bool take_step(char step, std::string_view& text, Parts& parts) {
    switch (step) {
        case 'Y': return take_number(text, 4, parts.year);
        case 'y': {
            const bool read = take_number(text, 2, parts.year);
            parts.year += parts.year < 69 ? 2000 : 1900;
            return read;
        }
        case 'm': return take_number(text, 2, parts.month);
        case 'd': return take_number(text, 2, parts.day);
        case 'b': {
            const auto found = std::ranges::find(months, lower(text.substr(0, 3)));
            text.remove_prefix(std::min<std::size_t>(3, text.size()));
            parts.month = static_cast<int>(found - months.begin()) + 1;
            return found != months.end();
        }
        case 'H':
        case 'I': return take_number(text, 2, parts.hour);
        case 'p': {
            const std::string word = lower(text.substr(0, 2));
            text.remove_prefix(std::min<std::size_t>(2, text.size()));
            parts.afternoon = word == "pm";
            return word == "am" || word == "pm";
        }
        case 'M': return take_number(text, 2, parts.minute);
        case 'S': return take_number(text, 2, parts.second);
        case 'f': return take_fraction(text, parts.nanos);
        case 'z': parts.offset = take_offset(text); return parts.offset.has_value();
        default: return false;
    }
}

bool take_pattern(std::string_view pattern, std::string_view text, Parts& parts) {
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] == '%' && pattern[i + 1] != '%') {
            if (!take_step(pattern[++i], text, parts)) {
                return false;
            }
            continue;
        }
        i += pattern[i] == '%' ? 1 : 0;
        if (!text.starts_with(pattern[i])) {
            return false;
        }
        text.remove_prefix(1);
    }
    return text.empty();
}

Result<Time> moved(Time time, seconds by) {
    const nanoseconds length = by;
    Time out = 0;
    if (__builtin_sub_overflow(time, length.count(), &out)) {
        return fail(Code::InvalidArgument, "the time is outside 1677-09-21 to 2262-04-11");
    }
    return out;
}

}  // namespace

Result<TimeReader> TimeReader::make(const std::string& format, const std::string& zone) {
    TimeReader out;
    out.format_ = format;
    if (format != "iso" && !number_format(format)) {
        bool right = format.contains('%') && format.size() <= 128;
        for (std::size_t i = 0; right && i < format.size(); ++i) {
            right = format[i] != '%' || (++i < format.size() && known_steps.contains(format[i]));
        }
        if (!right) {
            return bad_field("/settings/time_format",
                             "must be iso, s, ms, us, ns, or a pattern of %Y %y %m %d %b %H %I %p "
                             "%M %S %f %z, as in %d.%m.%Y %H:%M:%S");
        }
    }
    std::string_view rest = zone;
    if (const auto offset = take_offset(rest); offset && rest.empty()) {
        out.offset_ = *offset;
    } else if (!zone.empty() && zone != "UTC") {
        try {
            out.zone_ = locate_zone(zone);
        } catch (const std::exception&) {
            return bad_field("/settings/time_zone",
                             "must be a name as in Europe/Berlin that this computer knows, or an "
                             "offset as in +08:00");
        }
    }
    return out;
}

Result<Time> TimeReader::from_local(Time local) const {
    if (zone_ == nullptr) {
        return moved(local, offset_);
    }
    // Of an hour that the clocks go through twice the first is meant.
    const local_time<nanoseconds> time{nanoseconds{local}};
    const local_info info = zone_->get_info(floor<seconds>(time));
    return moved(local, info.first.offset);
}

Result<Time> TimeReader::read_iso(std::string_view text) const {
    if (auto time = parse_time(text)) {
        return time;
    }
    std::string whole(text);
    whole += whole.size() == 10 ? "T00:00:00Z" : whole.size() == 16 ? ":00Z" : "Z";
    const auto local = parse_time(whole);
    if (!local) {
        return fail(Code::InvalidArgument,
                    "'{}' is not a time of ISO 8601, as in 2026-11-22T08:30:00", text);
    }
    return from_local(*local);
}

Result<Time> TimeReader::read_pattern(std::string_view text) const {
    Parts parts;
    bool right = take_pattern(format_, text, parts);
    const year_month_day date{year{parts.year}, month{static_cast<unsigned>(parts.month)},
                              day{static_cast<unsigned>(parts.day)}};
    if (parts.afternoon) {
        right = right && parts.hour >= 1 && parts.hour <= 12;
        parts.hour = parts.hour % 12 + (*parts.afternoon ? 12 : 0);
    }
    if (!right || !date.ok() || parts.year < 1678 || parts.year > 2261 || parts.hour > 23 ||
        parts.minute > 59 || parts.second > 60) {
        return fail(Code::InvalidArgument, "'{}' is not a time as in {}", text, format_);
    }
    const nanoseconds local = sys_days{date}.time_since_epoch() + hours{parts.hour} +
                              minutes{parts.minute} + seconds{parts.second} +
                              nanoseconds{parts.nanos};
    return parts.offset ? moved(local.count(), *parts.offset) : from_local(local.count());
}

Result<Time> TimeReader::read(std::string_view text) const {
    if (text.size() > 128) {
        return fail(Code::InvalidArgument, "a time has at most 128 characters");
    }
    return format_ == "iso" ? read_iso(text) : read_pattern(text);
}

Result<Time> TimeReader::read(const payload::Document& document, payload::NodeIndex node) const {
    if (const auto number = number_format(format_)) {
        return payload::read_time(document, node, *number);
    }
    if (document[node].kind != payload::Kind::Text) {
        return fail(Code::InvalidArgument, "the time is not a text");
    }
    return read(document[node].text);
}

}  // namespace gantry::connector::record
