// SPDX-License-Identifier: Apache-2.0
#include "sparkplug/host_application.h"

#include "base/assert.h"
#include "sparkplug/detail/host_run.h"

namespace gantry::sparkplug {

using detail::Held;

void HostOptions::describe(OptionVisitor& options) {
    options.text("host_id", host_id, "Name of this host: edge nodes wait for its STATE.");
    options.duration("reorder_timeout", reorder_timeout, Duration{0}, std::chrono::minutes(5),
                     "How long a missing message is waited for before a rebirth is asked for.");
    options.duration("rebirth_interval", rebirth_interval, std::chrono::milliseconds(100),
                     std::chrono::hours(1), "How often a node is asked for a rebirth at most.");
    options.number("nodes_max", nodes_max, 1, 1'000'000, "Edge nodes that are known.");
    options.number("devices_max", devices_max, 0, 1'000'000, "Devices of an edge node.");
    options.number("metrics_max", metrics_max, 1, 10'000'000,
                   "Metrics of an edge node with its devices.");
    options.number("all_metrics_max", all_metrics_max, 1, 100'000'000,
                   "Metrics of all edge nodes.");
    options.number("name_bytes_max", name_bytes_max, 8, 65'535, "Longest name of a point.");
    options.number("held_bytes_max", held_bytes_max, 0, std::int64_t{1} << 30,
                   "Messages of an edge node that wait for a missing one.");
}

HostApplication::HostApplication(const Clock& clock, HostOptions options)
    : clock_(clock), options_(std::move(options)) {
    ASSERT(is_id(options_.host_id));
}

HostApplication::~HostApplication() = default;

std::uint64_t HostApplication::now_ms() const {
    return static_cast<std::uint64_t>(std::max<Time>(clock_.now(), 0) / 1'000'000);
}

// ---- STATE

Publish HostApplication::state(bool online, std::uint64_t time) const {
    return {.topic = format_topic({MessageType::State, {}, options_.host_id, {}}),
            .payload = format_state({online, time}),
            .qos = 1,
            .retain = true};
}

Publish HostApplication::will() {
    will_time_ = now_ms();
    return state(false, *will_time_);
}

std::vector<std::string> HostApplication::subscriptions() const {
    return {format_topic({MessageType::State, {}, options_.host_id, {}}), "spBv1.0/#"};
}

void HostApplication::connected() {
    online_ = true;
    publishes_.push_back(state(true, will_time_.value_or(now_ms())));
    will_time_.reset();
}

void HostApplication::disconnect() {
    online_ = false;
    publishes_.push_back(state(false, now_ms()));
}

void HostApplication::lost(ReadingBatch& out) {
    online_ = false;
    for (const auto& [name, node] : nodes_) {
        if (node->online) {
            lose(*node, clock_.now(), out);
        }
    }
}

Result<> HostApplication::on_state(const Topic& topic, std::string_view payload) {
    if (topic.node != options_.host_id) {
        return {};
    }
    TRY_ASSIGN(const HostState said, parse_state(payload));
    // Somebody's old will, or a namesake's: nodes would leave.
    if (!said.online && online_) {
        publishes_.push_back(state(true, now_ms()));
    }
    return {};
}

// ---- Nodes

HostApplication::NodeState* HostApplication::find(std::string_view group,
                                                  std::string_view node) const {
    const std::string key = std::string(group).append("/").append(node);
    const auto known = nodes_.find(key);
    return known == nodes_.end() ? nullptr : known->second.get();
}

Result<HostApplication::NodeState*> HostApplication::find_or_add(const Topic& topic) {
    key_.assign(topic.group).append("/").append(topic.node);
    const auto known = nodes_.find(key_);
    if (known != nodes_.end()) {
        return known->second.get();
    }
    if (std::cmp_greater_equal(nodes_.size(), options_.nodes_max)) {
        return fail(Code::TooLarge, "there are {} edge nodes already; '{}' is not taken",
                    nodes_.size(), key_);
    }
    auto node = std::make_unique<NodeState>();
    node->group = topic.group;
    node->id = topic.node;
    return nodes_.emplace(key_, std::move(node)).first->second.get();
}

Result<Received> HostApplication::receive(std::string_view topic_text, std::string_view payload,
                                          ReadingBatch& out) {
    const std::size_t before = out.size();
    Run run{.out = out, .arrival = clock_.now()};
    const auto handled = [&]() -> Result<> {
        TRY_ASSIGN(const Topic topic, parse_topic(topic_text));
        if (topic.type == MessageType::State) {
            return on_state(topic, payload);
        }
        if (topic.type == MessageType::Ncmd || topic.type == MessageType::Dcmd) {
            return {};  // for nodes
        }
        TRY(decode(as_bytes(payload), payload_));
        if (topic.type == MessageType::Ndeath) {
            if (NodeState* node = find(topic.group, topic.node)) {
                node_death(*node, run);
            }
            return {};
        }
        TRY_ASSIGN(NodeState* const node, find_or_add(topic));
        if (topic.type == MessageType::Nbirth) {
            return node_birth(*node, run);
        }
        return in_turn(*node, topic, payload, run);
    }();
    counters_.readings += out.size() - before;
    counters_.bad += run.result.bad;
    if (!handled) {
        ++counters_.refused;
        return std::unexpected(handled.error());
    }
    run.result.readings = out.size() - before;
    return std::move(run.result);
}

// ---- Order

Result<> HostApplication::in_turn(NodeState& node, const Topic& topic, std::string_view payload,
                                  Run& run) {
    if (!node.online) {
        ask_rebirth(node);
        return fail(Code::PreconditionFailed,
                    "{} of '{}/{}' without an NBIRTH before it: a rebirth was asked for",
                    message_type_name(topic.type), node.group, node.id);
    }
    if (!payload_.seq || *payload_.seq > 255) {
        ask_rebirth(node);
        return fail(Code::InvalidArgument,
                    "{} of '{}/{}' has no sequence number from 0 to 255: a rebirth was asked for",
                    message_type_name(topic.type), node.group, node.id);
    }
    const auto seq = static_cast<std::uint8_t>(*payload_.seq);
    if (seq != node.next_seq) {
        return hold(node, topic, payload, seq, run);
    }
    ++node.next_seq;
    auto applied = apply(node, topic.type, topic.device, run);
    drain(node, false, run);
    return applied;
}

Result<> HostApplication::hold(NodeState& node, const Topic& topic, std::string_view payload,
                               std::uint8_t seq, Run& run) {
    ++counters_.held;
    if (node.held.contains(seq)) {
        return fail(Code::InvalidArgument, "two messages of '{}/{}' have the sequence number {}",
                    node.group, node.id, seq);
    }
    node.held.emplace(seq, Held{topic.type, std::string(topic.device), std::string(payload)});
    node.held_bytes += payload.size();
    const bool full = std::cmp_greater(node.held_bytes, options_.held_bytes_max);
    if (!node.reorder_due) {
        node.reorder_due = clock_.monotonic() + options_.reorder_timeout;
        set_deadline(node);
    }
    if (full || options_.reorder_timeout == Duration{0}) {
        due(node, *node.reorder_due, run);
    }
    return {};
}

// Takes what was held and is next; with gaps all of it, in its order.
void HostApplication::drain(NodeState& node, bool gaps, Run& run) {
    while (node.online && !node.held.empty()) {
        auto next = node.held.find(node.next_seq);
        if (next == node.held.end()) {
            if (!gaps) {
                return;
            }
            next = node.held.lower_bound(node.next_seq);
            next = next == node.held.end() ? node.held.begin() : next;
        }
        const auto taken = node.held.extract(next);
        node.held_bytes -= taken.mapped().payload.size();
        node.next_seq = static_cast<std::uint8_t>(taken.key() + 1);
        const auto applied = [&]() -> Result<> {
            TRY(decode(as_bytes(taken.mapped().payload), payload_));
            return apply(node, taken.mapped().type, taken.mapped().device, run);
        }();
        if (!applied) {
            ++counters_.refused;
            ++run.result.bad;
            run.result.first = run.result.first ? run.result.first : applied.error();
        }
    }
    if (node.reorder_due) {
        node.reorder_due.reset();
        set_deadline(node);
    }
}

Result<> HostApplication::apply(NodeState& node, MessageType type, std::string_view device,
                                Run& run) {
    if (type == MessageType::Dbirth) {
        return device_birth(node, device, run);
    }
    if (type == MessageType::Ddeath) {
        return device_death(node, device, run);
    }
    std::uint32_t place = 0;
    if (type == MessageType::Ddata) {
        const auto known = node.by_device.find(device);
        if (known == node.by_device.end() || !node.devices[known->second]->born) {
            ask_rebirth(node);
            return fail(Code::PreconditionFailed,
                        "DDATA of '{}/{}/{}' without a DBIRTH before it: a rebirth was asked for",
                        node.group, node.id, device);
        }
        place = known->second;
    }
    return data(node, place, run);
}

void HostApplication::ask_rebirth(NodeState& node) {
    const Duration now = clock_.monotonic();
    if (node.rebirth_after && now < *node.rebirth_after) {
        return;
    }
    node.rebirth_after = now + options_.rebirth_interval;
    ++counters_.rebirths;
    Payload payload;
    payload.timestamp = now_ms();
    Metric& metric = payload.metrics.emplace_back();
    metric.name = rebirth_metric;
    metric.has_name = true;
    metric.timestamp = *payload.timestamp;
    metric.has_timestamp = true;
    metric.datatype = static_cast<std::uint32_t>(DataType::Boolean);
    metric.has_datatype = true;
    metric.value = {ValueField::Boolean, 1, {}};
    Publish publish{.topic = format_topic({MessageType::Ncmd, node.group, node.id, {}})};
    encode(payload, publish.payload);
    publishes_.push_back(std::move(publish));
}

// ---- Time

void HostApplication::set_deadline(NodeState& node) {
    const std::string key = node.group + "/" + node.id;
    if (node.deadline) {
        deadlines_.erase({*node.deadline, key});
    }
    node.deadline = node.reorder_due;
    if (node.devices_due && (!node.deadline || *node.devices_due < *node.deadline)) {
        node.deadline = node.devices_due;
    }
    if (node.deadline) {
        deadlines_.emplace(*node.deadline, key);
    }
}

std::optional<Duration> HostApplication::next_deadline() const {
    return deadlines_.empty() ? std::nullopt : std::optional(deadlines_.begin()->first);
}

void HostApplication::tick(ReadingBatch& out) {
    const std::size_t before = out.size();
    const Duration now = clock_.monotonic();
    Run run{.out = out, .arrival = clock_.now()};
    while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
        const auto node = nodes_.find(deadlines_.begin()->second);
        deadlines_.erase(deadlines_.begin());
        due(*node->second, now, run);
    }
    counters_.readings += out.size() - before;
    counters_.bad += run.result.bad;
}

void HostApplication::due(NodeState& node, Duration now, Run& run) {
    if (node.reorder_due && *node.reorder_due <= now) {
        // What came is used all the same; what is missing may have been a birth or a death.
        ++counters_.missing;
        node.reorder_due.reset();
        drain(node, true, run);
        ask_rebirth(node);
    }
    if (node.devices_due && *node.devices_due <= now) {
        node.devices_due.reset();
        for (const auto& device : node.devices) {
            if (!device->born) {
                stale(*device, run.arrival, run.out);
                forget_metrics(node, *device);
            }
        }
    }
    set_deadline(node);
}

std::vector<Publish> HostApplication::take_publishes() { return std::exchange(publishes_, {}); }

// ---- From outside

Result<Publish> HostApplication::command(std::string_view group, std::string_view node_id,
                                         std::string_view device, std::string_view metric,
                                         const Value& value) const {
    const NodeState* node = find(group, node_id);
    const auto unknown = [&] {
        return fail(Code::NotFound, "no birth has named '{}/{}{}{}'", group, node_id,
                    device.empty() ? "" : "/", device);
    };
    if (node == nullptr) {
        return unknown();
    }
    const auto place = node->by_device.find(device);
    if (place == node->by_device.end()) {
        return unknown();
    }
    const Device& owner = *node->devices[place->second];
    const auto known = owner.by_name.find(metric);
    if (known == owner.by_name.end()) {
        return fail(Code::NotFound, "'{}' has no metric '{}'", owner.prefix, metric);
    }
    if (!node->online || !owner.born) {
        return fail(Code::Unavailable, "'{}' is offline", owner.prefix);
    }
    const MetricState& state = owner.metrics[known->second];
    Payload payload;
    payload.timestamp = now_ms();
    Metric& written = payload.metrics.emplace_back();
    TRY_ASSIGN(written.value, to_metric_value(value, state.type));
    // 6.4.6: where there is an alias there is no name.
    written.has_alias = state.alias.has_value();
    written.alias = state.alias.value_or(0);
    written.has_name = !written.has_alias;
    written.name = metric;
    written.timestamp = *payload.timestamp;
    written.has_timestamp = true;
    written.datatype = static_cast<std::uint32_t>(state.type);
    written.has_datatype = true;
    Publish out{.topic = format_topic({device.empty() ? MessageType::Ncmd : MessageType::Dcmd,
                                       group, node_id, device})};
    encode(payload, out.payload);
    return out;
}

std::vector<HostApplication::NodeView> HostApplication::nodes() const {
    std::vector<NodeView> out;
    for (const auto& [key, node] : nodes_) {
        NodeView& view = out.emplace_back();
        view.group = node->group;
        view.node = node->id;
        view.online = node->online;
        view.since = node->since;
        view.metrics = node->metrics;
        for (std::size_t i = 1; i < node->devices.size(); ++i) {
            view.devices.emplace_back(node->devices[i]->id, node->online && node->devices[i]->born);
        }
    }
    return out;
}

}  // namespace gantry::sparkplug
