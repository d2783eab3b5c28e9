// SPDX-License-Identifier: Apache-2.0
#include "connector/message/value_address.h"

#include <algorithm>
#include <array>
#include <format>

#include "payload/path.h"

namespace gantry::connector {
namespace {

struct Unit {
    std::string_view word;
    payload::TimeFormat format;
};
constexpr std::array units = {
    Unit{"s", payload::TimeFormat::UnixSeconds}, Unit{"ms", payload::TimeFormat::UnixMillis},
    Unit{"us", payload::TimeFormat::UnixMicros}, Unit{"ns", payload::TimeFormat::UnixNanos}};

}  // namespace

Result<std::string> ValueText::source() {
    std::string out;
    if (next_is('"')) {
        TRY(quoted(out));
    } else {
        out = take_until(" ");
    }
    return out;
}

Result<> ValueText::quoted(std::string& out) {
    const std::size_t place = at_;
    (void)take('"');
    while (!take('"')) {
        (void)take('\\');
        if (at_end()) {
            return complain_at(place, "the quote is not closed");
        }
        out += text()[at_++];
    }
    return {};
}

Result<bool> ValueText::value_option(ValueAddress& out) {
    if (next_is('*') || next_is('+') || next_is('-')) {
        TRY(take_scale(out.scaling.scale, out.scaling.offset));
        return true;
    }
    const std::size_t place = at_;
    const std::string_view name = take_until("= ");
    if (!take('=')) {
        if (name == "sparse") {
            out.sparse = true;
            return true;
        }
        at_ = place;
        return false;
    }
    const std::size_t value_place = at_;
    if (name == "json") {
        TRY(path(out.json, " "));
    } else if (name == "time") {
        TRY(time(out));
    } else if (name == "quality") {
        TRY(path(out.quality, " "));
    } else if (name == "db") {
        TRY(read_deadband(take_until(" "), value_place, out.deadband.emplace()));
    } else if (name == "max") {
        TRY(read_silence(take_until(" "), value_place, out.silence_max.emplace()));
    } else {
        at_ = place;
        return false;
    }
    return true;
}

Result<> ValueText::check_value(const ValueAddress& address) const {
    if (address.json.empty() &&
        (!address.time.empty() || !address.quality.empty() || address.sparse)) {
        return complain("time=, quality= and sparse look into JSON: say where the value is, as in "
                        "json=$.value");
    }
    return {};
}

// A blank in quotes belongs to the path.
std::string_view ValueText::take_path(std::string_view stops) {
    const std::size_t begin = at_;
    char quote = 0;
    for (; !at_end(); ++at_) {
        const char c = text()[at_];
        if (quote == 0 && stops.contains(c)) {
            break;
        }
        if (quote == 0 && (c == '\'' || c == '"')) {
            quote = c;
        } else if (c == quote) {
            quote = 0;
        } else if (quote != 0 && c == '\\' && at_ + 1 < text().size()) {
            ++at_;
        }
    }
    return text().substr(begin, at_ - begin);
}

Result<> ValueText::path(std::string& out, std::string_view stops) {
    const std::size_t place = at_;
    out = take_path(stops);
    const auto read = payload::Path::parse(out);
    if (!read) {
        return complain_at(place, read.error().message);
    }
    if (read->relative() || read->several()) {
        return complain_at(place, "a tag has one value: its path begins with $ and has no *");
    }
    return {};
}

Result<> ValueText::time(ValueAddress& out) {
    TRY(path(out.time, " @"));
    out.time_format = payload::TimeFormat::Rfc3339;
    if (take('@')) {
        const std::size_t place = at_;
        const auto* const found = std::ranges::find(units, take_until(" "), &Unit::word);
        if (found == units.end()) {
            return complain_at(place,
                               "a time that is a number is in s, ms, us or ns since 1970, as in "
                               "time=$.ts@ms");
        }
        out.time_format = found->format;
    }
    return {};
}

Result<> ValueText::written_path(std::string& out) {
    const std::size_t place = at_;
    TRY(path(out, " "));
    if (!out.starts_with("$.") || out.contains('[')) {
        return complain_at(place, "what is written becomes a member of an object, as in "
                                  "setjson=$.value or setjson=$.command.value");
    }
    return {};
}

std::string format_value(const ValueAddress& address) {
    std::string out;
    const auto add = [&out](std::string_view name, std::string_view value) {
        if (!value.empty()) {
            out += std::format(" {}={}", name, value);
        }
    };
    add("json", address.json);
    if (address.scaling.scaled()) {
        out += " " + format_scale(address.scaling.scale, address.scaling.offset);
    }
    add("time", address.time);
    const auto* const unit = std::ranges::find(units, address.time_format, &Unit::format);
    if (!address.time.empty() && unit != units.end()) {
        out += std::format("@{}", unit->word);
    }
    add("quality", address.quality);
    out += address.sparse ? " sparse" : "";
    if (address.deadband) {
        out += format_deadband(*address.deadband);
    }
    if (address.silence_max) {
        out += " max=" + format_duration(*address.silence_max);
    }
    return out;
}

std::string in_quotes_if_need_be(std::string_view source) {
    if (!source.contains(' ') && !source.starts_with('"')) {
        return std::string(source);
    }
    std::string out = "\"";
    for (const char c : source) {
        if (c == '"' || c == '\\') {
            out += '\\';
        }
        out += c;
    }
    return out + '"';
}

std::vector<std::string_view> names_of(std::string_view path) {
    std::vector<std::string_view> out;
    while (!path.empty()) {
        path.remove_prefix(std::min(path.find('.') + 1, path.size()));
        out.push_back(path.substr(0, path.find('.')));
        path.remove_prefix(out.back().size());
    }
    return out;
}

}  // namespace gantry::connector
