// SPDX-License-Identifier: Apache-2.0
#include "connector/mqtt/address.h"

#include <algorithm>
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

bool has_control(std::string_view text) {
    return std::ranges::any_of(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

class Parser : private ValueText {
public:
    explicit Parser(std::string_view text) : ValueText(text) {}

    Result<Address> address() {
        if (text().size() > address_bytes_max) {
            return complain("the address is longer than 1024 bytes");
        }
        Address out;
        TRY(topic(out.topic));
        TRY(options(options_help, [&] { return option(out); }));
        TRY(check_value(out));
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
        TRY_ASSIGN(out, source());
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

    Result<> option(Address& out) {
        TRY_ASSIGN(const bool of_value, value_option(out));
        if (of_value) {
            return {};
        }
        const std::size_t place = at_;
        const std::string_view name = take_until("= ");
        if (name == "retain" && !next_is('=')) {
            retain_ = true;
            return {};
        }
        if (!take('=')) {
            return complain_at(place, options_help);
        }
        if (name == "set") {
            return set_topic(out.set.emplace().topic);
        }
        if (name == "setjson") {
            return written_path(set_json_);
        }
        if (name == "qos") {
            const std::size_t value_place = at_;
            const std::string_view value = take_until(" ");
            if (value != "0" && value != "1" && value != "2") {
                return complain_at(value_place, "qos is 0, 1 or 2");
            }
            out.qos = static_cast<std::uint8_t>(value[0] - '0');
            return {};
        }
        return complain_at(place, options_help);
    }

    Result<> set_topic(std::string& out) {
        const std::size_t place = at_;
        TRY(topic(out));
        if (out.starts_with('$')) {
            return complain_at(place, "topics that begin with $ are the broker's own");
        }
        return {};
    }

    bool retain_ = false;
    std::string set_json_;
};

}  // namespace

Result<Address> parse_address(std::string_view text) { return Parser(text).address(); }

std::string format_address(const Address& address) {
    std::string out = in_quotes_if_need_be(address.topic) + format_value(address);
    if (address.qos) {
        out += std::format(" qos={}", *address.qos);
    }
    if (address.set) {
        out += " set=" + in_quotes_if_need_be(address.set->topic);
        out += address.set->json.empty() ? "" : " setjson=" + address.set->json;
        out += address.set->retain ? " retain" : "";
    }
    return out;
}

}  // namespace gantry::connector::mqtt
