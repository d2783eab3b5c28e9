// SPDX-License-Identifier: Apache-2.0
// Packets as lines of text, both ways, for scripts of tests. Not part of the program.
//
//   CONNECT v=5 clean id=a keep_alive=30 will_topic=t will_payload=x will.will_delay=5
//   PUBLISH qos=1 id=7 retain topic=a/b payload="two words" message_expiry=3 user=name:value
//   SUBSCRIBE id=1 filter=a/+:1 filter=b:2,nl,rap,rh1 subscription_id=5
#pragma once

#include <algorithm>
#include <deque>
#include <format>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "mqtt/codec/packet.h"

namespace gantry::mqtt::testing {

inline std::string in_quotes(std::string_view text) {
    const auto plain = [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '\\'; };
    if (!text.empty() && std::ranges::all_of(text, plain)) {
        return std::string(text);
    }
    std::string out = "\"";
    for (const char c : text) {
        if (plain(c) || c == ' ') {
            out += c;
        } else {
            out += std::format("\\x{:02x}", static_cast<unsigned char>(c));
        }
    }
    return out + '"';
}

inline std::string to_text(const Properties& properties, std::string_view prefix,
                           bool ids_repeat = false) {
    std::string out;
    for (std::uint8_t id = 1; id <= property_id_max; ++id) {
        const auto property = static_cast<Property>(id);
        const PropertyRule& rule = property_rule(id);
        if (!properties.has(property) || rule.kind == PropertyKind::Pair ||
            (ids_repeat && property == Property::SubscriptionId)) {
            continue;
        }
        const bool text = rule.kind == PropertyKind::Text || rule.kind == PropertyKind::Binary;
        out += std::format(" {}{}={}", prefix, rule.name,
                           text ? in_quotes(properties.text(property))
                                : std::to_string(properties.number(property)));
    }
    if (ids_repeat) {
        properties.each_subscription_id(
            [&](std::uint32_t id) { out += std::format(" subscription_id={}", id); });
    }
    properties.each_user_property([&](std::string_view name, std::string_view value) {
        out += std::format(" {}user={}", prefix, in_quotes(std::format("{}:{}", name, value)));
    });
    return out;
}

inline std::string reason_text(Reason reason) {
    return reason == Reason::Success ? std::string()
                                     : std::format(" reason={:02x}", static_cast<unsigned>(reason));
}

// What a packet holds.
struct TextOf {
    std::string operator()(const Connect& one) const {
        std::string out = std::format(" v={}", static_cast<int>(one.version));
        out += one.clean_start ? " clean" : "";
        out += std::format(" id={}", in_quotes(one.client_id));
        out += one.keep_alive != 0 ? std::format(" keep_alive={}", one.keep_alive) : "";
        if (one.will) {
            out += std::format(" will_topic={} will_payload={}", in_quotes(one.will->topic),
                               in_quotes(one.will->payload));
            out += one.will->qos > 0 ? std::format(" will_qos={}", one.will->qos) : "";
            out += one.will->retain ? " will_retain" : "";
            out += to_text(one.will->properties, "will.");
        }
        out += one.user_name ? std::format(" user_name={}", in_quotes(*one.user_name)) : "";
        out += one.password ? std::format(" password={}", in_quotes(*one.password)) : "";
        return out + to_text(one.properties, "");
    }
    std::string operator()(const Connack& one) const {
        return std::string(one.session_present ? " session_present" : "") +
               reason_text(static_cast<Reason>(one.reason)) + to_text(one.properties, "");
    }
    std::string operator()(const Publish& one) const {
        std::string out = one.dup ? " dup" : "";
        out += one.qos > 0 ? std::format(" qos={} id={}", one.qos, one.id) : "";
        out += one.retain ? " retain" : "";
        return out +
               std::format(" topic={} payload={}", in_quotes(one.topic), in_quotes(one.payload)) +
               to_text(one.properties, "", true);
    }
    std::string operator()(const Ack& one) const {
        return std::format(" id={}", one.id) + reason_text(one.reason) +
               to_text(one.properties, "");
    }
    std::string operator()(const Subscribe& one) const {
        std::string out = std::format(" id={}", one.id);
        for (const auto& [filter, options] : one.requests) {
            std::string rest = std::format(":{}", options.qos);
            rest += options.no_local ? ",nl" : "";
            rest += options.retain_as_published ? ",rap" : "";
            const auto handling = static_cast<int>(options.retain_handling);
            rest += handling != 0 ? std::format(",rh{}", handling) : "";
            out += std::format(" filter={}", in_quotes(std::string(filter) + rest));
        }
        return out + to_text(one.properties, "");
    }
    std::string operator()(const SubscriptionAck& one) const {
        std::string out = std::format(" id={}", one.id);
        if (!one.reasons.empty()) {
            out += " reasons=" + to_hex(as_bytes(one.reasons));
        }
        return out + to_text(one.properties, "");
    }
    std::string operator()(const Unsubscribe& one) const {
        std::string out = std::format(" id={}", one.id);
        for (const std::string_view filter : one.filters) {
            out += std::format(" filter={}", in_quotes(filter));
        }
        return out + to_text(one.properties, "");
    }
    std::string operator()(const Ping&) const { return ""; }
    std::string operator()(const Disconnect& one) const {
        return reason_text(one.reason) + to_text(one.properties, "");
    }
    std::string operator()(const Auth& one) const {
        return reason_text(one.reason) + to_text(one.properties, "");
    }
};

inline std::string to_text(const Packet& packet) {
    return std::string(packet_name(type_of(packet))) + std::visit(TextOf{}, packet);
}

// A packet made of a line; keeps the texts that it refers to.
class PacketOfText {
public:
    explicit PacketOfText(std::string_view line) {
        split(line);
        const std::string name = words_.empty() ? "" : words_[0].first;
        for (unsigned type = 1; type < 16; ++type) {
            if (packet_name(static_cast<PacketType>(type)) == name) {
                make(static_cast<PacketType>(type));
                return;
            }
        }
        throw std::runtime_error("no packet has the name '" + name + "'");
    }
    PacketOfText(const PacketOfText&) = delete;
    PacketOfText& operator=(const PacketOfText&) = delete;

    const Packet& packet() const { return packet_; }
    Version version = Version::V5;  // of a CONNECT

private:
    using Word = std::pair<std::string, std::string>;

    void split(std::string_view line) {
        for (std::size_t at = 0; at < line.size();) {
            if (line[at] == ' ') {
                ++at;
                continue;
            }
            Word word;
            std::string* part = &word.first;
            for (bool inside = false; at < line.size() && (inside || line[at] != ' '); ++at) {
                if (line[at] == '"') {
                    inside = !inside;
                } else if (line[at] == '=' && !inside && part == &word.first) {
                    part = &word.second;
                } else if (line.substr(at).starts_with("\\x")) {
                    *part += static_cast<char>(
                        std::stoi(std::string(line.substr(at + 2, 2)), nullptr, 16));
                    at += 3;
                } else {
                    *part += line[at];
                }
            }
            words_.push_back(std::move(word));
        }
    }

    void make(PacketType type) {
        switch (type) {
            case PacketType::Connect: make_connect(); break;
            case PacketType::Connack: make_connack(); break;
            case PacketType::Publish: make_publish(); break;
            case PacketType::Puback:
            case PacketType::Pubrec:
            case PacketType::Pubrel:
            case PacketType::Pubcomp:
                packet_ = Ack{type, take_id(), take_reason(), {}};
                take_properties(std::get<Ack>(packet_).properties);
                break;
            case PacketType::Subscribe: make_subscribe(); break;
            case PacketType::Unsubscribe: make_unsubscribe(); break;
            case PacketType::Suback:
            case PacketType::Unsuback: make_subscription_ack(type); break;
            case PacketType::Pingreq:
            case PacketType::Pingresp: packet_ = Ping{type}; break;
            case PacketType::Disconnect:
                packet_ = Disconnect{take_reason(), {}};
                take_properties(std::get<Disconnect>(packet_).properties);
                break;
            default:
                packet_ = Auth{take_reason(), {}};
                take_properties(std::get<Auth>(packet_).properties);
        }
    }

    void make_connect() {
        Connect out;
        const std::string* level = find("v");
        out.version = version = level != nullptr && *level == "4" ? Version::V311 : Version::V5;
        out.clean_start = find("clean") != nullptr;
        out.client_id = text("id");
        out.keep_alive = static_cast<std::uint16_t>(number("keep_alive"));
        if (find("will_topic") != nullptr) {
            Will& will = out.will.emplace();
            will.topic = text("will_topic");
            will.payload = text("will_payload");
            will.qos = static_cast<std::uint8_t>(number("will_qos"));
            will.retain = find("will_retain") != nullptr;
            take_properties(will.properties, "will.");
        }
        out.user_name = optional_text("user_name");
        out.password = optional_text("password");
        take_properties(out.properties);
        packet_ = out;
    }
    void make_connack() {
        Connack out;
        out.session_present = find("session_present") != nullptr;
        out.reason = static_cast<std::uint8_t>(take_reason());
        take_properties(out.properties);
        packet_ = out;
    }
    void make_publish() {
        Publish out;
        out.dup = find("dup") != nullptr;
        out.qos = static_cast<std::uint8_t>(number("qos"));
        out.retain = find("retain") != nullptr;
        out.id = take_id();
        out.topic = text("topic");
        out.payload = text("payload");
        take_properties(out.properties, "", true);
        packet_ = out;
    }
    void make_subscribe() {
        Subscribe out;
        out.id = take_id();
        for (const auto& [name, value] : words_) {
            if (name != "filter") {
                continue;
            }
            const std::size_t colon = value.rfind(':');
            SubscriptionRequest& one = out.requests.emplace_back();
            one.filter = std::string_view(value).substr(0, colon);
            const std::string options = value.substr(colon + 1);
            one.options.qos = static_cast<std::uint8_t>(options[0] - '0');
            one.options.no_local = options.contains(",nl");
            one.options.retain_as_published = options.contains(",rap");
            one.options.retain_handling = options.contains(",rh1")   ? RetainHandling::SendIfNew
                                          : options.contains(",rh2") ? RetainHandling::DoNotSend
                                                                     : RetainHandling::Send;
        }
        take_properties(out.properties);
        packet_ = out;
    }
    void make_unsubscribe() {
        Unsubscribe out;
        out.id = take_id();
        for (const auto& [name, value] : words_) {
            if (name == "filter") {
                out.filters.push_back(value);
            }
        }
        take_properties(out.properties);
        packet_ = out;
    }
    void make_subscription_ack(PacketType type) {
        SubscriptionAck out;
        out.type = type;
        out.id = take_id();
        const auto bytes = from_hex(text("reasons"));
        kept_.emplace_back(as_text(*bytes));
        out.reasons = kept_.back();
        take_properties(out.properties);
        packet_ = out;
    }

    const std::string* find(std::string_view name) const {
        for (std::size_t i = 1; i < words_.size(); ++i) {
            if (words_[i].first == name) {
                return &words_[i].second;
            }
        }
        return nullptr;
    }
    std::string_view text(std::string_view name) const {
        const std::string* found = find(name);
        return found != nullptr ? std::string_view(*found) : std::string_view();
    }
    std::optional<std::string_view> optional_text(std::string_view name) const {
        const std::string* found = find(name);
        return found != nullptr ? std::optional<std::string_view>(*found) : std::nullopt;
    }
    std::uint32_t number(std::string_view name) const {
        const std::string* found = find(name);
        return found != nullptr ? static_cast<std::uint32_t>(std::stoul(*found)) : 0;
    }
    PacketId take_id() const { return static_cast<PacketId>(number("id")); }
    Reason take_reason() const {
        const std::string* found = find("reason");
        return static_cast<Reason>(found != nullptr ? std::stoul(*found, nullptr, 16) : 0);
    }
    void take_properties(Properties& out, const std::string& prefix = "", bool ids_repeat = false) {
        std::string& section = kept_.emplace_back();
        for (const auto& [name, value] : words_) {
            if (name == prefix + "user") {
                const std::size_t colon = value.find(':');
                append_user_property(section, value.substr(0, colon), value.substr(colon + 1));
            } else if (ids_repeat && name == "subscription_id") {
                append_subscription_id(section, static_cast<std::uint32_t>(std::stoul(value)));
            }
        }
        out.set_repeated(section);
        for (std::uint8_t id = 1; id <= property_id_max; ++id) {
            const auto property = static_cast<Property>(id);
            const PropertyRule& rule = property_rule(id);
            const std::string* value =
                rule.name.empty() ? nullptr : find(prefix + std::string(rule.name));
            if (value == nullptr || rule.kind == PropertyKind::Pair ||
                (ids_repeat && property == Property::SubscriptionId)) {
                continue;
            }
            if (rule.kind == PropertyKind::Text || rule.kind == PropertyKind::Binary) {
                out.set(property, std::string_view(*value));
            } else {
                out.set(property, static_cast<std::uint32_t>(std::stoul(*value)));
            }
        }
    }

    std::deque<Word> words_;
    std::deque<std::string> kept_;
    Packet packet_;
};

}  // namespace gantry::mqtt::testing
