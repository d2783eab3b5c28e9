// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/options.h"
#include "model/reading_batch.h"
#include "sparkplug/detail/node_state.h"
#include "sparkplug/metric_value.h"
#include "sparkplug/topic.h"

namespace gantry::sparkplug {

struct HostOptions {
    std::string host_id = "gantry";
    Duration reorder_timeout = std::chrono::seconds(5);
    Duration rebirth_interval = std::chrono::seconds(10);
    std::int64_t nodes_max = 10'000;
    std::int64_t devices_max = 1'000;    // of a node
    std::int64_t metrics_max = 100'000;  // of a node with its devices
    std::int64_t all_metrics_max = 2'000'000;
    std::int64_t name_bytes_max = 512;      // of a point
    std::int64_t held_bytes_max = 1 << 20;  // of messages of a node that wait for another

    void describe(OptionVisitor& options);
};

// What has happened since the beginning.
struct HostCounters {
    std::uint64_t births = 0;
    std::uint64_t deaths = 0;
    std::uint64_t deaths_ignored = 0;  // of another session than that which is known
    std::uint64_t data = 0;            // messages
    std::uint64_t readings = 0;
    std::uint64_t transient = 0;  // metrics that are not to be kept
    std::uint64_t bad = 0;        // metrics whose value, name or time is wrong
    std::uint64_t held = 0;       // messages that came too early
    std::uint64_t missing = 0;    // times that one did not come in time
    std::uint64_t rebirths = 0;   // that were asked for
    std::uint64_t refused = 0;    // messages
};

// What came of a message.
struct Received {
    std::size_t readings = 0;
    std::size_t bad = 0;         // metrics that could not be taken as they are
    std::optional<Error> first;  // why the first could not
};

// A Sparkplug host application (Sparkplug 3.0, 5.8 and on) for one namespace of topics (a
// tenant's): from messages to readings, and to what is to be published. Knows each edge node with
// its devices and metrics from their births. Without a network; time comes from the clock. One
// thread.
//
// Points are called group/node/metric and group/node/device/metric. When a node or device is gone,
// each of its metrics gets a reading: its last value, UncertainLastUsableValue.
class HostApplication {
public:
    // The clock must outlive it. The host_id must be is_id().
    HostApplication(const Clock& clock, HostOptions options);
    ~HostApplication();
    HostApplication(const HostApplication&) = delete;
    HostApplication& operator=(const HostApplication&) = delete;

    // ---- As a client of a server: will() before each CONNECT, connected() when the subscriptions
    // are acknowledged, disconnect() before a DISCONNECT, lost() when the network is gone. Whoever
    // lives in the server calls connected() at the start and disconnect() at the end.
    Publish will();
    std::vector<std::string> subscriptions() const;  // QoS 1
    void connected();
    void disconnect();
    void lost(ReadingBatch& out);

    // A message of a topic that is_sparkplug(). An error: nothing of it was used, and why; it may
    // have led to a request for a rebirth. What a node sends is used in the order of its sequence
    // numbers, so that some of it becomes readings later, here or in tick().
    Result<Received> receive(std::string_view topic, std::string_view payload, ReadingBatch& out);

    // Does what is due.
    void tick(ReadingBatch& out);
    // Monotonic; nothing is due before.
    std::optional<Duration> next_deadline() const;

    // Messages that are to be published, since the last call.
    std::vector<Publish> take_publishes();

    // A command that writes a metric: NCMD, or DCMD where there is a device. NotFound: no birth has
    // named it; InvalidArgument: the value is not of its type; Unavailable: it is offline.
    Result<Publish> command(std::string_view group, std::string_view node, std::string_view device,
                            std::string_view metric, const Value& value) const;

    struct NodeView {
        std::string group;
        std::string node;
        bool online = false;
        Time since = 0;
        std::size_t metrics = 0;
        std::vector<std::pair<std::string, bool>> devices;  // and whether they are online
    };
    std::vector<NodeView> nodes() const;
    const HostCounters& counters() const { return counters_; }

private:
    using NodeState = detail::NodeState;
    using Device = detail::Device;
    using MetricState = detail::MetricState;
    struct Run;

    // host_application.cpp
    NodeState* find(std::string_view group, std::string_view node) const;
    Result<NodeState*> find_or_add(const Topic& topic);
    Result<> on_state(const Topic& topic, std::string_view payload);
    Result<> in_turn(NodeState& node, const Topic& topic, std::string_view payload, Run& run);
    Result<> hold(NodeState& node, const Topic& topic, std::string_view payload, std::uint8_t seq,
                  Run& run);
    void drain(NodeState& node, bool gaps, Run& run);
    Result<> apply(NodeState& node, MessageType type, std::string_view device, Run& run);
    void ask_rebirth(NodeState& node);
    void set_deadline(NodeState& node);
    void due(NodeState& node, Duration now, Run& run);
    std::uint64_t now_ms() const;
    Publish state(bool online, std::uint64_t time) const;

    // host_births.cpp
    Result<> node_birth(NodeState& node, Run& run);
    Result<> device_birth(NodeState& node, std::string_view device, Run& run);
    void node_death(NodeState& node, Run& run);
    Result<> device_death(NodeState& node, std::string_view device, Run& run);
    void lose(NodeState& node, Time time, ReadingBatch& out);
    void stale(Device& device, Time time, ReadingBatch& out);
    void forget_metrics(NodeState& node, Device& device);
    Result<> define_all(NodeState& node, std::uint32_t device, Run& run);
    Result<> define(NodeState& node, std::uint32_t device, std::string name, const Metric& metric,
                    int depth, Run& run);

    // host_data.cpp
    Result<> data(NodeState& node, std::uint32_t device, Run& run);
    bool update(NodeState& node, std::uint32_t device, const Metric& metric, Run& run);
    bool update_members(NodeState& node, std::uint32_t device, const MetricState& holder,
                        const Metric& metric, int depth, Run& run);
    void emit(MetricState& state, const Metric& metric, Run& run);
    static bool bad(Run& run, std::string_view point, std::string_view what);

    const Clock& clock_;
    const HostOptions options_;
    HostCounters counters_;
    std::map<std::string, std::unique_ptr<NodeState>, std::less<>> nodes_;  // "group/node"
    std::set<std::pair<Duration, std::string>> deadlines_;
    std::size_t all_metrics_ = 0;
    std::vector<Publish> publishes_;
    bool online_ = false;
    std::optional<std::uint64_t> will_time_;  // of the will of the CONNECT at hand
    Payload payload_;
    std::string key_;
    std::string text_;
};

}  // namespace gantry::sparkplug
