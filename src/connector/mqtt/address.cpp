// SPDX-License-Identifier: Apache-2.0
#include "connector/mqtt/address.h"

#include <algorithm>
#include <array>
#include <format>

#include "mqtt/codec/topic.h"

namespace gantry::connector::mqtt {
namespace {

constexpr std::string_view topic_help =
    "begin with a topic, as in plant/line1/temperature; one with blanks stands in quotes, as in "
    "\"plant/line 1/temperature\"";
constexpr std::string_view options_help =
    "what may follow after a blank is json=$.value, time=$.ts, quality=$.quality, sparse, "
    "*scale+offset, db=0.5, max=30s, qos=1, set=topic, setjson=$.value or retain";
constexpr std::string_view json_help =
    "time=, quality= and sparse look into JSON: say where the value is, as in json=$.value";

struct Unit {
    std::string_view word;
    payload::TimeFormat format;
};
constexpr std::array units = {
    Unit{"s", payload::TimeFormat::UnixSeconds}, Unit{"ms", payload::TimeFormat::UnixMillis},
    Unit{"us", payload::TimeFormat::UnixMicros}, Unit{"ns", payload::TimeFormat::UnixNanos}};

bool has_control(std::string_view text) {
    return std::ranges::any_of(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

class Parser : private TagText {
public:
    explicit Parser(std::string_view text) : TagText(text) {}

    Result<Address> address() {
        if (text().size() > address_bytes_max) {
            return complain("the address is longer than 1024 bytes");
        }
        Address out;
        TRY(topic(out.topic));
        while (!at_end()) {
            if (!take(' ')) {
                return complain(options_help);
            }
            if (at_end() || next_is(' ')) {
                continue;
            }
            TRY(option(out));
        }
        if (out.json.empty() && (!out.time.empty() || !out.quality.empty() || out.sparse)) {
            return complain(json_help);
        }
        if (!out.set && (retain_ || !set_json_.empty())) {
            return complain("retain and setjson= belong to what a write publishes: add set=topic");
        }
        if (out.set) {
            out.set->json = set_json_;
            out.set->retain = retain_;
        }
        return out;
    }

private:
    Result<> topic(std::string& out) {
        const std::size_t place = at_;
        if (next_is('"')) {
            TRY(quoted(out));
        } else {
            out = take_until(" ");
        }
        if (out.empty()) {
            return complain_at(place, topic_help);
        }
        if (!gantry::mqtt::is_text(out) || has_control(out)) {
            return complain_at(place, "a topic is UTF-8 without control characters");
        }
        if (!gantry::mqtt::is_topic_name(out) || out.starts_with("$share/")) {
            return complain_at(place, "a tag is of one topic, without + and #: a scan lists the "
                                      "topics that there are");
        }
        return {};
    }

    Result<> quoted(std::string& out) {
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

    Result<> option(Address& out) {
        if (next_is('*') || next_is('+') || next_is('-')) {
            return take_scale(out.scaling.scale, out.scaling.offset);
        }
        const std::size_t place = at_;
        const std::string_view name = take_until("= ");
        if (!take('=')) {
            if (name != "sparse" && name != "retain") {
                return complain_at(place, options_help);
            }
            (name == "sparse" ? out.sparse : retain_) = true;
            return {};
        }
        if (name == "json") {
            return path(out.json, " ");
        }
        if (name == "time") {
            return time(out);
        }
        if (name == "quality") {
            return path(out.quality, " ");
        }
        if (name == "set") {
            return set_topic(out.set.emplace().topic);
        }
        if (name == "setjson") {
            return set_path();
        }
        const std::size_t value_place = at_;
        const std::string_view value = take_until(" ");
        if (name == "db") {
            return read_deadband(value, value_place, out.deadband.emplace());
        }
        if (name == "max") {
            return read_silence(value, value_place, out.silence_max.emplace());
        }
        if (name == "qos") {
            if (value != "0" && value != "1" && value != "2") {
                return complain_at(value_place, "qos is 0, 1 or 2");
            }
            out.qos = static_cast<std::uint8_t>(value[0] - '0');
            return {};
        }
        return complain_at(place, options_help);
    }

    // A blank in quotes belongs to the path.
    std::string_view take_path(std::string_view stops) {
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

    Result<> path(std::string& out, std::string_view stops) {
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

    Result<> time(Address& out) {
        TRY(path(out.time, " @"));
        out.time_format = payload::TimeFormat::Rfc3339;
        if (take('@')) {
            const std::size_t place = at_;
            const auto* const found = std::ranges::find(units, take_until(" "), &Unit::word);
            if (found == units.end()) {
                return complain_at(place, "a time that is a number is in s, ms, us or ns since "
                                          "1970, as in time=$.ts@ms");
            }
            out.time_format = found->format;
        }
        return {};
    }

    Result<> set_topic(std::string& out) {
        const std::size_t place = at_;
        TRY(topic(out));
        if (out.starts_with('$')) {
            return complain_at(place, "topics that begin with $ are the broker's own");
        }
        return {};
    }

    Result<> set_path() {
        const std::size_t place = at_;
        TRY(path(set_json_, " "));
        if (!set_json_.starts_with("$.") || set_json_.contains('[')) {
            return complain_at(place, "what is written becomes a member of an object, as in "
                                      "setjson=$.value or setjson=$.command.value");
        }
        return {};
    }

    bool retain_ = false;
    std::string set_json_;
};

std::string in_quotes_if_need_be(std::string_view topic) {
    if (!topic.contains(' ') && !topic.starts_with('"')) {
        return std::string(topic);
    }
    std::string out = "\"";
    for (const char c : topic) {
        if (c == '"' || c == '\\') {
            out += '\\';
        }
        out += c;
    }
    return out + '"';
}

}  // namespace

Result<Address> parse_address(std::string_view text) { return Parser(text).address(); }

std::string format_address(const Address& address) {
    std::string out = in_quotes_if_need_be(address.topic);
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
    if (address.qos) {
        out += std::format(" qos={}", *address.qos);
    }
    if (address.set) {
        add("set", in_quotes_if_need_be(address.set->topic));
        add("setjson", address.set->json);
        out += address.set->retain ? " retain" : "";
    }
    return out;
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

}  // namespace gantry::connector::mqtt
