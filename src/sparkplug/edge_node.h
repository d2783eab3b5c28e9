// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "sparkplug/metric_value.h"
#include "sparkplug/topic.h"

namespace gantry::sparkplug {

struct EdgeOptions {
    std::string group;
    std::string node;
    // Wait for this host: births only while it is online. Empty: do not wait.
    std::string primary_host = {};
    // Data name metrics by number.
    bool aliases = true;
};

// A sparkplug edge node (Sparkplug 3.0, 5.4 and on) with its devices: says what is to be published
// so that hosts see metrics as they are. Without a network; time comes from the clock. One thread.
//
// A session: will() for the CONNECT, connected() when the subscriptions are acknowledged, lost()
// when the network is gone. What is set meanwhile stays, and is in the next birth.
class EdgeNode {
public:
    struct Handle {
        std::uint32_t device = 0;  // 0: the node itself
        std::uint32_t metric = 0;
    };
    // A metric that a host wants to have written.
    struct Command {
        std::string device;
        std::string metric;
        Value value;
    };

    // The clock must outlive it; group, node and a primary host must be is_id().
    EdgeNode(const Clock& clock, EdgeOptions options);

    // A metric of the node (device empty) or a device. Conflict: there is one. Those that are
    // defined in a session appear with the next birth, which follows at the next flush().
    Result<Handle> define(std::string_view device, std::string_view name, DataType type,
                          std::string_view unit = {});

    // For a CONNECT: NDEATH with the next bdSeq. QoS 1, not retained; clean session.
    Publish will();
    std::vector<std::string> subscriptions() const;  // QoS 1
    void connected();
    void lost();
    // Before a DISCONNECT on purpose: an NDEATH (with MQTT 5 reason 0x04 would do too).
    void disconnect();
    // The session is to be ended, and a server looked for on which the primary host is online.
    bool leave() const { return leave_; }

    // A message of one of the subscriptions. InvalidArgument: it is none.
    Result<> receive(std::string_view topic, std::string_view payload);

    // InvalidArgument: not a value of the metric's type; Null is one of all types.
    Result<> set(Handle handle, const Value& value, Quality quality, Time time);
    // Of the past, sent late: does not change the value that births say.
    Result<> add_historical(Handle handle, const Value& value, Quality quality, Time time);
    void set_device_online(std::string_view device, bool online);
    // Makes messages of what has changed since.
    void flush();

    bool born() const { return born_; }
    std::vector<Publish> take_publishes();
    std::vector<Command> take_commands();

private:
    struct Held {
        Value value;
        Quality quality;
        Time time = 0;
    };
    struct State {
        std::string name;
        DataType type = DataType::Unknown;
        std::string unit;
        std::uint64_t alias = 0;
        Held now;
        std::vector<Held> changes;  // not sent yet, in their order
        std::vector<Held> historical;
    };
    struct Device {
        std::string id;
        bool online = false;
        bool born = false;
        bool changed = false;  // its birth has to be said again
        std::vector<State> metrics;
        std::map<std::string, std::uint32_t, std::less<>> by_name;
    };

    Result<> check(Handle handle, const Value& value) const;
    Result<> on_command(const Topic& topic, std::string_view payload);
    void birth();
    void device_birth(Device& device);
    void data(Device& device);
    void say(MessageType type, const Device& device, std::vector<Metric> metrics);
    void append(std::vector<Metric>& metrics, const State& state, const Held& held, bool birth,
                bool historical);
    std::uint64_t now_ms() const;
    std::string death() const;

    const Clock& clock_;
    const EdgeOptions options_;
    std::vector<Device> devices_;  // the first is the node
    std::map<std::string, std::uint32_t, std::less<>> by_device_;
    std::uint64_t next_alias_ = 1;
    std::optional<std::uint8_t> bd_seq_;
    std::uint8_t seq_ = 0;
    bool connected_ = false;
    bool born_ = false;
    bool leave_ = false;
    bool changed_ = false;  // the node's birth has to be said again
    bool primary_online_ = false;
    std::optional<std::uint64_t> primary_time_;
    std::deque<std::string> texts_;  // properties of the message at hand; they do not move
    std::vector<Publish> publishes_;
    std::vector<Command> commands_;
};

}  // namespace gantry::sparkplug
