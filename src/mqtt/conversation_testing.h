// SPDX-License-Identifier: Apache-2.0
// Conversations of clients with a Core, for scripts of tests. Not part of the program.
//
//   a> PUBLISH topic=t payload=x   the client of connection a sends; CONNECT opens the connection
//   a>hex c000                     the same in bytes; hex4: and answers are of 3.1.1
//   a< PUBLISH topic=t payload=x   the next packet that a gets; "..." at the end: and anything more
//   a. closed                      its connection was closed by the broker
//   a! lost                        its network is gone
//   +5s                            time passes
//   hold, sync                     from now on nothing is durable before sync says so
//   records opened subscribed      the names of the records that came since
//   crash                          the broker ends at once and starts with what was durable
//   deny publish a/#, allow        what principals may not do (publish, subscribe, receive); all
//   excuse a                       a is not read from for a while, of the broker's own accord
//   late, answer                   the gate answers when it is told to
//   limits queue_messages_max=2    first of a case
//   counter dropped_slow=1         what a counter is
//
// At the end of a case no packet and no closing may be left unsaid. Everything is durable at once
// unless a case holds it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <format>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/encoding.h"
#include "mqtt/codec/packet_text_testing.h"
#include "mqtt/codec/topic.h"
#include "mqtt/core.h"
#include "mqtt/script_testing.h"

namespace gantry::mqtt::testing {

// The principal is the user's name; the password "wrong" is wrong. Of enhanced authentication it
// knows the method M: the data "ask" lead to a question, whose right answer is "right".
class ScriptedGate final : public Gate {
public:
    void authenticate(const Credentials& credentials) override {
        Admission answer;
        answer.principal = std::string(credentials.user_name.value_or("nobody"));
        answer.verdict = credentials.password == "wrong" ? Admission::Verdict::Refuse
                                                         : Admission::Verdict::Accept;
        answer.reason = Reason::BadUserNameOrPassword;
        if (!credentials.method.empty()) {
            answer.principal = "nobody";
            answer.data = credentials.data == "ask" ? "question" : "";
            answer.reason =
                credentials.method == "M" ? Reason::NotAuthorized : Reason::BadAuthenticationMethod;
            answer.verdict = credentials.method != "M"     ? Admission::Verdict::Refuse
                             : credentials.data == "ask"   ? Admission::Verdict::Continue
                             : credentials.data == "right" ? Admission::Verdict::Accept
                                                           : Admission::Verdict::Refuse;
        }
        answers.emplace_back(credentials.connection, answer);
        if (!late) {
            answer_all();
        }
    }
    void answer_all() {
        for (auto& [connection, answer] : std::exchange(answers, {})) {
            core->admit(connection, answer);
        }
    }
    bool may_publish(std::string_view, std::string_view topic) override {
        return may("publish", topic);
    }
    bool may_subscribe(std::string_view, std::string_view filter) override {
        return !std::ranges::contains(denied,
                                      std::pair<std::string, std::string>("subscribe", filter));
    }
    bool may_receive(std::string_view, std::string_view topic) override {
        return may("receive", topic);
    }
    void own_messages(std::string_view filter, std::vector<MessagePtr>& out) override {
        Publish own;
        own.topic = "$own/uptime";
        own.payload = "7 seconds";
        own.retain = true;
        if (matches(filter, own.topic)) {
            out.push_back(std::make_shared<const Message>(own, 0));
        }
    }
    bool may(std::string_view what, std::string_view topic) const {
        return std::ranges::none_of(denied, [&](const auto& rule) {
            return rule.first == what && matches(rule.second, topic);
        });
    }

    Core* core = nullptr;
    std::vector<std::pair<std::string, std::string>> denied;
    std::vector<std::pair<ConnectionId, Admission>> answers;
    bool late = false;
};

class Conversation {
public:
    explicit Conversation(CoreLimits limits) : limits_(limits) { start(); }

    // What is wrong with the step; empty.
    std::string step(const std::string& line) {
        const std::size_t mark = line.find_first_of(" ><.!");
        const std::string name = line.substr(0, mark);
        const char what = mark == std::string::npos ? ' ' : line[mark];
        std::string wrong;
        if (what == '>') {
            speak(name, line.substr(mark + 1));
        } else if (what == '<') {
            wrong = hear(peers_[name], line.substr(mark + 2));
        } else if (what == '.') {
            wrong = peers_[name].closed ? "" : "it is open";
            peers_[name].closed = false;
        } else if (what == '!') {
            core_->lose(peers_[name].id);
            peers_[name] = {};
        } else {
            wrong = direct(name, mark == std::string::npos ? "" : line.substr(mark + 1));
        }
        turn();
        return wrong;
    }
    // What nobody has said of what happened.
    std::string left() {
        std::string out;
        for (auto& [name, peer] : peers_) {
            while (peer.at < peer.bytes.size()) {
                out += std::format("{}< {}\n", name, next(peer));
            }
            out += peer.closed ? name + ". closed\n" : "";
        }
        return out;
    }

private:
    struct Peer {
        ConnectionId id = 0;  // 0: not connected
        Version version = Version::V5;
        std::string unsent;  // what the core has not used yet
        std::string bytes;   // what it got
        std::size_t at = 0;
        bool closed = false;
    };

    // The broker, with what was durable.
    void start() {
        core_ = std::make_unique<Core>(clock_, random_, gate_, limits_);
        gate_.core = core_.get();
        log_.resize(durable_);
        core_->restore(log_);
        EXPECT_EQ(core_->restored().skipped, 0U);
        records_.clear();
    }
    void sync() {
        durable_ = log_.size();
        core_->durable(core_->last_record());
    }
    void speak(const std::string& name, const std::string& text) {
        Peer& peer = peers_[name];
        if (peer.id == 0) {
            peer = {};
            peer.id = core_->open();
        }
        if (text.starts_with("hex")) {
            peer.version = text.starts_with("hex4") ? Version::V311 : peer.version;
            peer.unsent += as_text(*from_hex(text.substr(text.find(' ') + 1)));
        } else {
            const PacketOfText packet(text);
            if (type_of(packet.packet()) == PacketType::Connect) {
                peer.version = packet.version;
            }
            encode(peer.unsent, packet.packet(), peer.version);
        }
        feed(peer);
    }
    void feed(Peer& peer) {
        const std::size_t used = core_->receive(peer.id, peer.unsent);
        peer.unsent.erase(0, used);
    }
    // As the loop of a server does.
    void turn() {
        core_->tick();
        for (bool again = true; again;) {
            for (Record& one : core_->take_records()) {
                EXPECT_EQ(one.number, log_.size() + 1);
                records_.push_back(std::string(record_name(one.type)));
                log_.push_back(std::move(one));
            }
            if (!held_) {
                sync();
            }
            again = false;
            for (const ConnectionId id : core_->take_ready()) {
                const Output output = core_->take_output(id);
                again = true;
                for (auto& [name, peer] : peers_) {
                    if (peer.id == id) {
                        peer.bytes += output.bytes;
                        peer.closed |= output.close;
                        peer.id = output.close ? 0 : peer.id;
                    }
                }
            }
        }
    }
    std::string next(Peer& peer) {
        const std::string_view rest = std::string_view(peer.bytes).substr(peer.at);
        const FrameLimits limits{.from = Side::Server, .packet_bytes_max = std::size_t{1} << 24};
        const auto frame = read_frame(rest, limits);
        if (!frame || !*frame) {
            return rest.empty() ? "nothing" : "bytes that are no packet";
        }
        peer.at += (*frame)->bytes;
        const auto packet = decode(**frame, peer.version, Side::Server);
        return packet ? to_text(*packet) : std::string(packet.error().why);
    }
    std::string hear(Peer& peer, const std::string& expected) {
        const std::string got = next(peer);
        const bool open = expected.ends_with(" ...");
        const std::string_view start =
            std::string_view(expected).substr(0, expected.size() - (open ? 4 : 0));
        const bool same = open ? got.starts_with(start) : got == start;
        return same ? "" : "got " + got;
    }
    std::string direct(const std::string& word, const std::string& rest) {
        if (word.starts_with('+')) {
            const Duration length = *parse_duration(word.substr(1));
            clock_.advance(length);
        } else if (word == "hold") {
            held_ = true;
        } else if (word == "sync") {
            sync();
        } else if (word == "crash") {
            peers_.clear();
            gate_.answers.clear();
            start();
        } else if (word == "excuse") {
            return core_->excuse(peers_[rest].id) ? "" : "it is closed";
        } else if (word == "late") {
            gate_.late = true;
        } else if (word == "answer") {
            gate_.answer_all();
            for (auto& [name, peer] : peers_) {
                if (peer.id != 0) {
                    feed(peer);
                }
            }
        } else if (word == "allow") {
            gate_.denied.clear();
        } else if (word == "deny") {
            const std::size_t blank = rest.find(' ');
            gate_.denied.emplace_back(rest.substr(0, blank), rest.substr(blank + 1));
        } else if (word == "records") {
            std::string got;
            for (const std::string& one : std::exchange(records_, {})) {
                got += (got.empty() ? "" : " ") + one;
            }
            return got == rest ? "" : "got records " + got;
        } else if (word == "counter") {
            return counter(rest);
        } else {
            return "no such step";
        }
        return "";
    }
    std::string counter(const std::string& text) const {
        const CoreCounters& all = core_->counters();
        const std::map<std::string, std::uint64_t> values = {
            {"messages_in", all.messages_in},
            {"messages_out", all.messages_out},
            {"dropped_queue_full", all.dropped_queue_full},
            {"dropped_slow", all.dropped_slow},
            {"dropped_away", all.dropped_away},
            {"dropped_expired", all.dropped_expired},
            {"dropped_too_large", all.dropped_too_large},
            {"dropped_forbidden", all.dropped_forbidden},
            {"refused_publishes", all.refused_publishes},
            {"refused_connects", all.refused_connects},
            {"protocol_errors", all.protocol_errors},
            {"takeovers", all.takeovers},
            {"connects", all.connects},
            {"connected", core_->connected()},
            {"sessions_expired", all.sessions_expired},
            {"packets_in", all.packets_in},
            {"packets_out", all.packets_out},
            {"bytes_in", all.bytes_in},
            {"bytes_out", all.bytes_out},
            {"sessions", core_->sessions()},
            {"subscriptions", core_->subscriptions().size()},
            {"retained", core_->retained().size()}};
        const std::size_t equals = text.find('=');
        const std::uint64_t value = values.at(text.substr(0, equals));
        return std::to_string(value) == text.substr(equals + 1) ? ""
                                                                : std::format("it is {}", value);
    }

    FakeClock clock_;
    SeededRandom random_{1};
    ScriptedGate gate_;
    const CoreLimits limits_;
    std::unique_ptr<Core> core_;
    std::map<std::string, Peer> peers_;
    std::vector<Record> log_;
    std::size_t durable_ = 0;           // records of the log
    std::vector<std::string> records_;  // names of those that the script has not asked for
    bool held_ = false;
};

// Of a line "limits receive_maximum=2 drop_newest".
inline CoreLimits limits_of(std::string_view line) {
    CoreLimits out;
    const auto number = [&](std::string_view name, auto& value) {
        const std::size_t at = line.find(" " + std::string(name) + "=");
        if (at != std::string_view::npos) {
            value = static_cast<std::decay_t<decltype(value)>>(
                std::stoull(std::string(line.substr(at + name.size() + 2))));
        }
    };
    number("packet_bytes_max", out.packet_bytes_max);
    number("receive_maximum", out.receive_maximum);
    number("inflight_max", out.inflight_max);
    number("aliases_in_max", out.aliases_in_max);
    number("aliases_out_max", out.aliases_out_max);
    number("session_expiry_max", out.session_expiry_max);
    number("keep_alive_max", out.keep_alive_max);
    number("sessions_max", out.sessions_max);
    number("subscriptions_max", out.subscriptions_max);
    number("queue_messages_max", out.queue_messages_max);
    number("queue_bytes_max", out.queue_bytes_max);
    number("output_bytes_max", out.output_bytes_max);
    number("retained_messages_max", out.retained.messages_max);
    out.queue_full = line.contains("drop_newest") ? QueueFull::DropNewest : QueueFull::DropOldest;
    return out;
}

}  // namespace gantry::mqtt::testing
