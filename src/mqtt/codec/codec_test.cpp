// SPDX-License-Identifier: Apache-2.0
// tests/mqtt/codec: packets as bytes and what they mean. A step is who sends (`c5`: a client of
// 5.0, `s4`: a server of 3.1.1, `f5`: a client's first packet) and its bytes: hex, 'text' as it is,
// "text" behind its length, ( … ) behind its length as a variable byte integer. Below it stands,
// further in, what comes of it: the packet, or the reason and the statement by which it is refused.
// A packet must be encoded to the same bytes again, unless the step ends in `~`.
#include <gtest/gtest.h>

#include "base/random.h"
#include "mqtt/codec/decode.h"
#include "mqtt/codec/encode.h"
#include "mqtt/codec/packet_text_testing.h"
#include "mqtt/codec/topic.h"
#include "mqtt/codec/wire.h"
#include "mqtt/script_testing.h"

namespace gantry::mqtt {
namespace {

using testing::to_text;

// The bytes that a step means; takes what it has read off the text.
std::string bytes_of(std::string_view& text) {
    std::string out;
    while (!text.empty() && text[0] != ')') {
        const char c = text[0];
        text.remove_prefix(1);
        if (c == '(') {
            const std::string inner = bytes_of(text);
            text.remove_prefix(1);
            Appender appender(out);
            appender.put_varint(static_cast<std::uint32_t>(inner.size()));
            out += inner;
        } else if (c == '\'' || c == '"') {
            const std::string_view inner = text.substr(0, text.find(c));
            text.remove_prefix(inner.size() + 1);
            if (c == '"') {
                Appender(out).put_text(inner);
            } else {
                out += inner;
            }
        } else if (c != ' ') {
            out += static_cast<char>(std::stoi(std::string{c, text[0]}, nullptr, 16));
            text.remove_prefix(1);
        }
    }
    return out;
}

std::string refusal(const Malformed& failure) {
    return std::format("refused {:02x}{}{}", static_cast<unsigned>(failure.reason),
                       failure.statement.empty() ? "" : " ", failure.statement);
}

struct Step {
    FrameLimits limits;
    Version version = Version::V5;
    bool shortest = true;
    std::string bytes;
};

Step step_of(std::string_view line) {
    Step out;
    out.limits.from = line[0] == 's' ? Side::Server : Side::Client;
    out.limits.connecting = line[0] == 'f';
    out.version = line[1] == '4' ? Version::V311 : Version::V5;
    line.remove_prefix(2);
    if (line.ends_with('~')) {
        out.shortest = false;
        line.remove_suffix(1);
    }
    out.bytes = bytes_of(line);
    return out;
}

std::string run(const Step& step) {
    const auto frame = read_frame(step.bytes, step.limits);
    if (!frame) {
        return refusal(frame.error());
    }
    if (!*frame) {
        return "more";
    }
    EXPECT_EQ((*frame)->bytes, step.bytes.size());
    const auto packet = decode(**frame, step.version, step.limits.from);
    if (!packet) {
        return refusal(packet.error());
    }
    std::string again;
    encode(again, *packet, step.version);
    EXPECT_EQ(again == step.bytes, step.shortest) << to_hex(as_bytes(again));
    return to_text(*packet);
}

TEST(MqttCodec, ReadsAndWritesAsItsScriptsSay) {
    std::size_t steps = 0;
    for (const testing::ScriptCase& one : testing::read_scripts("codec")) {
        for (std::size_t i = 0; i + 1 < one.lines.size(); i += 2) {
            SCOPED_TRACE(
                std::format("tests/mqtt/{}:{} {}", one.file, one.lines[i].number, one.claim));
            ASSERT_FALSE(one.lines[i].text.starts_with(' '));
            ASSERT_TRUE(one.lines[i + 1].text.starts_with("  "));
            EXPECT_EQ(run(step_of(one.lines[i].text)), one.lines[i + 1].text.substr(2));
            ++steps;
        }
        EXPECT_TRUE(one.lines.size() >= 2 && one.lines.size() % 2 == 0) << one.claim;
    }
    EXPECT_GT(steps, 100U);
}

// Every beginning of a packet is either not enough yet, or refused as the whole would be.
TEST(MqttCodec, AsksForMoreUntilAPacketIsThere) {
    for (const testing::ScriptCase& one : testing::read_scripts("codec")) {
        for (std::size_t i = 0; i < one.lines.size(); i += 2) {
            const Step step = step_of(one.lines[i].text);
            const auto whole = read_frame(step.bytes, step.limits);
            for (std::size_t cut = 0; cut < step.bytes.size(); ++cut) {
                const auto part =
                    read_frame(std::string_view(step.bytes).substr(0, cut), step.limits);
                if (part) {
                    EXPECT_FALSE(part->has_value());
                } else {
                    EXPECT_FALSE(whole);
                    EXPECT_EQ(part.error().why, whole.error().why);
                }
            }
        }
    }
}

TEST(MqttCodec, KnowsTheSizeBeforeTheBodyComes) {
    const FrameLimits first{
        .from = Side::Client, .connecting = true, .packet_bytes_max = std::size_t{1} << 20};
    // CVE-2023-0809: what is no CONNECT, and what is too large before anybody is known.
    EXPECT_EQ(read_head("\x30", first).error().statement, "MQTT-3.1.0-1");
    EXPECT_EQ(read_head("\x10\xff\xff\x7f", first).error().reason, Reason::PacketTooLarge);
    EXPECT_EQ(read_head(std::string_view("\x10\xfc\xff\x03", 4), first)->value().bytes, 65536U);
    EXPECT_EQ(read_head("\x10\xfd\xff\x03", first).error().reason, Reason::PacketTooLarge);
    const FrameLimits later{.from = Side::Client, .packet_bytes_max = 100};
    EXPECT_EQ(read_head("\x30\x62", later)->value().bytes, 100U);
    EXPECT_EQ(read_head("\x30\x63", later).error().reason, Reason::PacketTooLarge);
    EXPECT_FALSE(read_head("\x30\x80", later)->has_value());
    EXPECT_FALSE(read_head("", later)->has_value());
}

// ---- any packet there and back

class PacketMaker {
public:
    explicit PacketMaker(std::uint64_t seed) : random_(seed) {}

    std::string line() {
        const auto type = static_cast<PacketType>(1 + random_.below(15));
        const bool v5 = random_.chance(0.7);
        version = v5 ? Version::V5 : Version::V311;
        const std::string id = std::format(" id={}", 1 + random_.below(65'535));
        std::string out(packet_name(type));
        switch (type) {
            case PacketType::Connect: return out + connect(v5);
            case PacketType::Connack: out += v5 && random_.chance(0.5) ? " reason=87" : ""; break;
            case PacketType::Publish: out += publish(id); break;
            case PacketType::Subscribe: out += id + filters(v5, true); break;
            case PacketType::Unsubscribe: out += id + filters(v5, false); break;
            case PacketType::Suback: out += id + " reasons=000180"; break;
            case PacketType::Unsuback: out += id + (v5 ? " reasons=0011" : ""); break;
            case PacketType::Puback:
            case PacketType::Pubrec:
                out += id + (v5 && random_.chance(0.5) ? " reason=97" : "");
                break;
            case PacketType::Pubrel:
            case PacketType::Pubcomp:
                out += id + (v5 && random_.chance(0.5) ? " reason=92" : "");
                break;
            case PacketType::Disconnect:
                out += v5 && random_.chance(0.5) ? " reason=8e" : "";
                break;
            case PacketType::Auth:
                version = Version::V5;
                return out + " reason=18 authentication_method=m" + properties(type, "");
            default: return out;
        }
        return out + (v5 ? properties(type, "") : "");
    }

    Version version = Version::V5;

private:
    std::string text() {
        std::string out;
        for (std::uint64_t i = random_.below(12); i > 0; --i) {
            constexpr std::string_view letters[] = {
                "a", "Z", "/", "ä", "测", "\xf0\x9f\x98\x80", " ", "\x01", "\xef\xbb\xbf", "$"};
            out += letters[random_.below(std::size(letters))];
        }
        return out;
    }
    std::string topic() { return "t" + text(); }
    std::string connect(bool v5) {
        std::string out = std::format(" v={}", v5 ? 5 : 4);
        out += random_.chance(0.5) ? " clean" : "";
        out += " id=" + testing::in_quotes(text());
        out += random_.chance(0.5) ? " keep_alive=60" : "";
        if (random_.chance(0.5)) {
            out += " will_topic=" + testing::in_quotes(topic()) +
                   " will_payload=" + testing::in_quotes(text());
            out += random_.chance(0.5) ? " will_qos=2" : "";
            out += random_.chance(0.5) ? " will_retain" : "";
            out += v5 ? properties(PacketType::Reserved, "will.") : "";
        }
        if (random_.chance(0.5)) {
            out += " user_name=" + testing::in_quotes(text()) +
                   " password=" + testing::in_quotes(text());
        }
        return out + (v5 ? properties(PacketType::Connect, "") : "");
    }
    std::string publish(const std::string& id) {
        const std::uint64_t qos = random_.below(3);
        std::string out = qos > 0 && random_.chance(0.3) ? " dup" : "";
        out += qos > 0 ? std::format(" qos={}", qos) + id : "";
        out += random_.chance(0.3) ? " retain" : "";
        return out + " topic=" + testing::in_quotes(topic()) +
               " payload=" + testing::in_quotes(text());
    }
    std::string filters(bool v5, bool options) {
        std::string out;
        for (std::uint64_t i = 1 + random_.below(3); i > 0; --i) {
            std::string one = random_.chance(0.5) ? "+/" + text() + "/#" : topic();
            if (options) {
                one += std::format(":{}", random_.below(3));
                one += v5 && random_.chance(0.3) ? ",nl" : "";
                one += v5 && random_.chance(0.3) ? ",rap" : "";
                one += v5 && random_.chance(0.3) ? ",rh2" : "";
            }
            out += " filter=" + testing::in_quotes(one);
        }
        return out;
    }
    std::string properties(PacketType type, std::string_view prefix) {
        const std::uint32_t packet = type == PacketType::Reserved ? will_bit : packet_bit(type);
        std::string out;
        for (std::uint8_t id = 1; id <= property_id_max; ++id) {
            const PropertyRule& rule = property_rule(id);
            if ((rule.packets & packet) == 0 || rule.name.starts_with("authentication") ||
                random_.chance(0.6)) {
                continue;
            }
            out += std::format(" {}{}=", prefix, rule.name);
            if (rule.kind == PropertyKind::Pair) {
                out += testing::in_quotes("n:" + text());
            } else if (rule.kind == PropertyKind::Text || rule.kind == PropertyKind::Binary) {
                out += testing::in_quotes(topic());
            } else {
                const std::uint64_t most = rule.kind == PropertyKind::Byte       ? 1
                                           : rule.kind == PropertyKind::TwoBytes ? 65'535
                                                                                 : rule.most;
                out += std::to_string(rule.least + random_.below(most - rule.least + 1));
            }
        }
        return out;
    }

    SeededRandom random_;
};

TEST(MqttCodec, WhatItWritesItReads) {
    PacketMaker maker(1);
    for (int i = 0; i < 5'000; ++i) {
        const std::string line = maker.line();
        const testing::PacketOfText made(line);
        std::string bytes;
        encode(bytes, made.packet(), maker.version);
        const PacketType type = type_of(made.packet());
        const bool server = type == PacketType::Connack || type == PacketType::Suback ||
                            type == PacketType::Unsuback || type == PacketType::Pingresp ||
                            type == PacketType::Publish;
        const FrameLimits limits{.from = server ? Side::Server : Side::Client};
        const auto frame = read_frame(bytes, limits);
        ASSERT_TRUE(frame && *frame) << line;
        const auto packet = decode(**frame, maker.version, limits.from);
        ASSERT_TRUE(packet) << line << "\n" << packet.error().why;
        EXPECT_EQ(to_text(*packet), to_text(made.packet())) << line;
        std::string again;
        encode(again, *packet, maker.version);
        ASSERT_EQ(to_hex(as_bytes(again)), to_hex(as_bytes(bytes))) << line;
    }
}

TEST(MqttCodec, ASharedPublishIsWhatEachWouldGetAlone) {
    PacketMaker maker(2);
    for (int i = 0; i < 5'000; ++i) {
        const testing::PacketOfText made(maker.line());
        const auto* found = std::get_if<Publish>(&made.packet());
        if (found == nullptr) {
            continue;
        }
        const SharedPublish shared(*found, maker.version);
        Publish one = *found;
        const bool expires = one.properties.has(Property::MessageExpiry);
        for (const PacketId id : {PacketId{1}, PacketId{0x1234}, PacketId{65'535}}) {
            one.retain = !one.retain;
            one.id = one.qos > 0 ? id : PacketId{0};
            if (expires) {
                one.properties.set(Property::MessageExpiry, std::uint32_t{77} + id);
            }
            std::string alone;
            encode(alone, one, maker.version);
            std::string out = "before";
            shared.append(out, {one.dup, one.qos, one.retain, one.id, std::uint32_t{77} + id});
            ASSERT_EQ(to_hex(as_bytes(out.substr(6))), to_hex(as_bytes(alone)));
            EXPECT_EQ(shared.bytes(), alone.size());
        }
    }
}

// CVE-style: thousands of user properties cost no more than their bytes, and no memory.
TEST(MqttCodec, ManyUserPropertiesAreLinear) {
    std::string section;
    for (int i = 0; i < 100'000; ++i) {
        append_user_property(section, "n", "v");
    }
    Publish packet;
    packet.topic = "t";
    packet.properties.set_repeated(section);
    std::string bytes;
    encode(bytes, packet, Version::V5);
    const FrameLimits limits{.packet_bytes_max = bytes.size()};
    const auto frame = read_frame(bytes, limits);
    const auto decoded = decode_publish(**frame, Version::V5, Side::Client);
    ASSERT_TRUE(decoded);
    std::size_t count = 0;
    decoded->properties.each_user_property([&](auto, auto) { ++count; });
    EXPECT_EQ(count, 100'000U);
}

// ---- topics

TEST(MqttTopic, ChecksTexts) {
    EXPECT_TRUE(is_text(""));
    EXPECT_TRUE(is_text("plain text of more than eight"));
    EXPECT_TRUE(is_text("ümläut and \xf0\x9f\x98\x80"));
    EXPECT_TRUE(is_text("\xef\xbb\xbf"));
    EXPECT_FALSE(is_text(std::string_view("a\0b", 3)));
    EXPECT_FALSE(is_text(std::string_view("12345678\0", 9)));
    EXPECT_FALSE(is_text(std::string_view("1234\0"
                                          "678",
                                          8)));
    EXPECT_FALSE(is_text("12345678\xed\xa0\x80"));
    EXPECT_FALSE(is_text("\xff"));
    EXPECT_FALSE(is_text("\xc0\x80"));
}

TEST(MqttTopic, ChecksFilters) {
    for (const std::string_view good :
         {"#", "+", "/", "a/#", "a/+/b", "+/+", "$SYS/#", "$share/g/a", "$share/g/#", "$share/g//",
          "$shared/x", "/#", "a//b"}) {
        EXPECT_TRUE(is_topic_filter(good)) << good;
    }
    for (const std::string_view bad :
         {"", "a#", "#/a", "a/#/b", "a+", "+a/b", "a/b+", "$share/", "$share/g", "$share/g/",
          "$share//a", "$share/+/a", "$share/g/a#", "##", "++"}) {
        EXPECT_FALSE(is_topic_filter(bad)) << bad;
    }
    EXPECT_EQ(split_shared("$share/g/a/+").group, "g");
    EXPECT_EQ(split_shared("$share/g/a/+").filter, "a/+");
    EXPECT_EQ(split_shared("a/+").group, "");
    EXPECT_TRUE(is_topic_name("a//b/$"));
    EXPECT_FALSE(is_topic_name("a/+/b"));
    EXPECT_FALSE(is_topic_name(""));
    EXPECT_EQ(level_count("a//b"), 3U);
}

TEST(MqttTopic, MatchesAsTheStandardsExamplesDo) {
    const auto check = [](std::string_view filter, std::string_view topic, bool expected) {
        EXPECT_EQ(matches(filter, topic), expected) << filter << " " << topic;
    };
    check("sport/tennis/player1/#", "sport/tennis/player1", true);
    check("sport/tennis/player1/#", "sport/tennis/player1/ranking", true);
    check("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true);
    check("sport/#", "sport", true);
    check("sport/tennis/+", "sport/tennis/player1", true);
    check("sport/tennis/+", "sport/tennis/player1/ranking", false);
    check("sport/+", "sport", false);
    check("sport/+", "sport/", true);
    check("+/+", "/finance", true);
    check("/+", "/finance", true);
    check("+", "/finance", false);
    check("#", "$SYS/x", false);
    check("+/monitor/Clients", "$SYS/monitor/Clients", false);
    check("$SYS/#", "$SYS/x", true);
    check("$SYS/monitor/+", "$SYS/monitor/Clients", true);
    check("ACCOUNTS", "Accounts", false);
    check("a", "a/", false);
    check("a/", "a", false);
    check("+/#", "a", true);
    check("a/b/#", "a", false);
}

}  // namespace
}  // namespace gantry::mqtt
