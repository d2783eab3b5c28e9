// SPDX-License-Identifier: Apache-2.0
#include "sparkplug/edge_node.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace gantry::sparkplug {
namespace {

// More changes of one metric than these between two flushes: the oldest go.
constexpr std::size_t changes_max = 10'000;

// What a host wrote, as a value.
Result<Value> written(const Metric& metric, DataType type) {
    std::string scratch;
    Reading reading;
    if (const char* why = read_value(metric, type, scratch, reading)) {
        return fail(Code::InvalidArgument, "the value {}", why);
    }
    return reading.value();
}

}  // namespace

EdgeNode::EdgeNode(const Clock& clock, EdgeOptions options)
    : clock_(clock), options_(std::move(options)) {
    ASSERT(is_id(options_.group) && is_id(options_.node));
    ASSERT(options_.primary_host.empty() || is_id(options_.primary_host));
    devices_.emplace_back().online = true;
    by_device_.emplace("", 0);
}

std::uint64_t EdgeNode::now_ms() const {
    return static_cast<std::uint64_t>(std::max<Time>(clock_.now(), 0) / 1'000'000);
}

Result<EdgeNode::Handle> EdgeNode::define(std::string_view device, std::string_view name,
                                          DataType type, std::string_view unit) {
    if (!device.empty() && !is_id(device)) {
        return fail(Code::InvalidArgument,
                    "'{}' is no name of a device: +, / and # are not allowed", device);
    }
    if (name.empty() || type == DataType::Unknown || name == birth_death_metric ||
        name == rebirth_metric) {
        return fail(Code::InvalidArgument, "'{}' cannot be a metric of type {}", name,
                    data_type_name(type));
    }
    auto place = by_device_.find(device);
    if (place == by_device_.end()) {
        place = by_device_.emplace(device, static_cast<std::uint32_t>(devices_.size())).first;
        devices_.emplace_back().id = device;
    }
    Device& owner = devices_[place->second];
    const auto metric = static_cast<std::uint32_t>(owner.metrics.size());
    if (!owner.by_name.emplace(name, metric).second) {
        return fail(Code::Conflict, "there is a metric '{}' of '{}' already", name, device);
    }
    State& state = owner.metrics.emplace_back();
    state.name = name;
    state.type = type;
    state.unit = unit;
    state.alias = next_alias_++;
    state.now.time = clock_.now();
    owner.changed = true;
    changed_ |= place->second == 0;
    return Handle{place->second, metric};
}

// ---- The session

std::string EdgeNode::death() const {
    Payload payload;
    Metric& metric = payload.metrics.emplace_back();
    metric.name = birth_death_metric;
    metric.has_name = true;
    metric.datatype = static_cast<std::uint32_t>(DataType::Int64);
    metric.has_datatype = true;
    metric.value = {ValueField::Long, bd_seq_.value_or(0), {}};
    std::string out;
    encode(payload, out);
    return out;
}

Publish EdgeNode::will() {
    bd_seq_ = bd_seq_ ? static_cast<std::uint8_t>(*bd_seq_ + 1) : std::uint8_t{0};
    return {.topic = format_topic({MessageType::Ndeath, options_.group, options_.node, {}}),
            .payload = death(),
            .qos = 1};
}

std::vector<std::string> EdgeNode::subscriptions() const {
    std::vector<std::string> out = {
        format_topic({MessageType::Ncmd, options_.group, options_.node, {}}),
        format_topic({MessageType::Dcmd, options_.group, options_.node, "+"})};
    if (!options_.primary_host.empty()) {
        out.push_back(format_topic({MessageType::State, {}, options_.primary_host, {}}));
    }
    return out;
}

void EdgeNode::connected() {
    connected_ = true;
    leave_ = false;
    // Another server may know other times of the host.
    primary_time_.reset();
    primary_online_ = false;
    if (options_.primary_host.empty()) {
        birth();
    }
}

void EdgeNode::lost() {
    connected_ = false;
    born_ = false;
    for (Device& device : devices_) {
        device.born = false;
    }
}

void EdgeNode::disconnect() {
    if (born_) {
        publishes_.push_back(
            {.topic = format_topic({MessageType::Ndeath, options_.group, options_.node, {}}),
             .payload = death(),
             .qos = 1});
    }
    lost();
}

// ---- What comes

Result<> EdgeNode::receive(std::string_view topic_text, std::string_view payload) {
    TRY_ASSIGN(const Topic topic, parse_topic(topic_text));
    if (topic.type == MessageType::State) {
        if (topic.node == options_.primary_host && connected_) {
            TRY_ASSIGN(const HostState state, parse_state(payload));
            if (primary_time_ && state.timestamp < *primary_time_) {
                return {};  // said before what is known
            }
            primary_time_ = state.timestamp;
            primary_online_ = state.online;
            if (state.online && !born_) {
                birth();
            } else if (!state.online && born_) {
                disconnect();
                leave_ = true;
            }
        }
        return {};
    }
    const bool own = topic.group == options_.group && topic.node == options_.node;
    if (!own || (topic.type != MessageType::Ncmd && topic.type != MessageType::Dcmd)) {
        return fail(Code::InvalidArgument, "'{}' is no command for {}/{}", topic_text,
                    options_.group, options_.node);
    }
    return on_command(topic, payload);
}

Result<> EdgeNode::on_command(const Topic& topic, std::string_view bytes) {
    Payload payload;
    TRY(decode(as_bytes(bytes), payload));
    const auto place = by_device_.find(topic.device);
    if (place == by_device_.end()) {
        return fail(Code::NotFound, "there is no device '{}'", topic.device);
    }
    const Device& device = devices_[place->second];
    for (const Metric& metric : payload.metrics) {
        if (topic.type == MessageType::Ncmd && metric.name == rebirth_metric) {
            if (metric.value.field == ValueField::Boolean && metric.value.bits != 0 && born_) {
                birth();
            }
            continue;
        }
        const auto known = metric.has_alias
                               ? std::ranges::find(device.metrics, metric.alias, &State::alias)
                               : std::ranges::find(device.metrics, metric.name, &State::name);
        if (known == device.metrics.end()) {
            return fail(Code::NotFound, "there is no metric '{}' (alias {}) of '{}'",
                        metric.name.substr(0, 256), metric.alias, topic.device);
        }
        TRY_ASSIGN(Value value, written(metric, known->type));
        commands_.push_back({device.id, known->name, std::move(value)});
    }
    return {};
}

// ---- What goes

Result<> EdgeNode::check(Handle handle, const Value& value) const {
    const State& state = devices_.at(handle.device).metrics.at(handle.metric);
    if (type_of(value) != ValueType::Null) {
        TRY(to_metric_value(value, state.type));
    }
    return {};
}

Result<> EdgeNode::set(Handle handle, const Value& value, Quality quality, Time time) {
    TRY(check(handle, value));
    State& state = devices_[handle.device].metrics[handle.metric];
    const bool same = state.now.value == value && state.now.quality == quality;
    state.now = {value, quality, time};
    if (same || !devices_[handle.device].born) {
        return {};  // data are changes; what is not born says it in its birth
    }
    state.changes.push_back(state.now);
    if (state.changes.size() > changes_max) {
        state.changes.erase(state.changes.begin());
    }
    return {};
}

Result<> EdgeNode::add_historical(Handle handle, const Value& value, Quality quality, Time time) {
    TRY(check(handle, value));
    State& state = devices_[handle.device].metrics[handle.metric];
    state.historical.push_back({value, quality, time});
    if (state.historical.size() > changes_max) {
        state.historical.erase(state.historical.begin());
    }
    return {};
}

void EdgeNode::set_device_online(std::string_view device, bool online) {
    const auto place = by_device_.find(device);
    if (place == by_device_.end() || place->second == 0) {
        return;
    }
    Device& owner = devices_[place->second];
    if (owner.online == online) {
        return;
    }
    owner.online = online;
    if (online && born_) {
        device_birth(owner);
    } else if (!online && owner.born) {
        owner.born = false;
        say(MessageType::Ddeath, owner, {});
    }
}

void EdgeNode::flush() {
    if (!born_) {
        return;
    }
    if (changed_) {
        birth();  // a new metric of the node: everything anew
    }
    for (std::size_t i = 1; i < devices_.size(); ++i) {
        if (devices_[i].born && devices_[i].changed) {
            device_birth(devices_[i]);
        }
    }
    for (Device& device : devices_) {
        if (device.born) {
            data(device);
        }
    }
}

void EdgeNode::birth() {
    born_ = true;
    changed_ = false;
    seq_ = 0;
    Device& own = devices_[0];
    std::vector<Metric> metrics;
    const std::uint64_t now = now_ms();
    Metric& session = metrics.emplace_back();
    session.name = birth_death_metric;
    session.datatype = static_cast<std::uint32_t>(DataType::Int64);
    session.value = {ValueField::Long, bd_seq_.value_or(0), {}};
    Metric& rebirth = metrics.emplace_back();
    rebirth.name = rebirth_metric;
    rebirth.datatype = static_cast<std::uint32_t>(DataType::Boolean);
    rebirth.value = {ValueField::Boolean, 0, {}};
    for (Metric& metric : metrics) {
        metric.has_name = metric.has_datatype = metric.has_timestamp = true;
        metric.timestamp = now;
    }
    for (State& state : own.metrics) {
        state.changes.clear();
        append(metrics, state, state.now, true, false);
    }
    own.born = true;
    own.changed = false;
    say(MessageType::Nbirth, own, std::move(metrics));
    for (std::size_t i = 1; i < devices_.size(); ++i) {
        devices_[i].born = false;
        if (devices_[i].online) {
            device_birth(devices_[i]);
        }
    }
}

void EdgeNode::device_birth(Device& device) {
    device.born = true;
    device.changed = false;
    std::vector<Metric> metrics;
    for (State& state : device.metrics) {
        state.changes.clear();
        append(metrics, state, state.now, true, false);
    }
    say(MessageType::Dbirth, device, std::move(metrics));
}

void EdgeNode::data(Device& device) {
    std::vector<Metric> metrics;
    for (const State& state : device.metrics) {
        for (const Held& held : state.historical) {
            append(metrics, state, held, false, true);
        }
        for (const Held& held : state.changes) {
            append(metrics, state, held, false, false);
        }
    }
    if (!metrics.empty()) {
        const bool own = &device == devices_.data();
        say(own ? MessageType::Ndata : MessageType::Ddata, device, std::move(metrics));
    }
    for (State& state : device.metrics) {
        state.historical.clear();
        state.changes.clear();
    }
}

void EdgeNode::append(std::vector<Metric>& metrics, const State& state, const Held& held,
                      bool birth, bool historical) {
    Metric& metric = metrics.emplace_back();
    metric.has_name = birth || !options_.aliases;
    metric.name = metric.has_name ? std::string_view(state.name) : std::string_view();
    metric.has_alias = options_.aliases;
    metric.alias = options_.aliases ? state.alias : 0;
    metric.has_datatype = birth;
    metric.datatype = birth ? static_cast<std::uint32_t>(state.type) : 0;
    metric.has_timestamp = true;
    metric.timestamp = static_cast<std::uint64_t>(std::max<Time>(held.time, 0) / 1'000'000);
    metric.historical = historical;
    metric.null = type_of(held.value) == ValueType::Null;
    if (!metric.null) {
        metric.value = *to_metric_value(held.value, state.type);
    }
    std::vector<Property> properties;
    if (!held.quality.good()) {
        properties.push_back({.key = "Quality",
                              .type = static_cast<std::uint32_t>(DataType::Int32),
                              .value = {ValueField::Int,
                                        static_cast<std::uint32_t>(sparkplug_quality(held.quality)),
                                        {}}});
    }
    if (birth && !state.unit.empty()) {
        properties.push_back({.key = "engUnit",
                              .type = static_cast<std::uint32_t>(DataType::String),
                              .value = {ValueField::String, 0, state.unit}});
    }
    if (!properties.empty()) {
        encode_properties(properties, texts_.emplace_back());
        metric.properties = texts_.back();
    }
}

void EdgeNode::say(MessageType type, const Device& device, std::vector<Metric> metrics) {
    Payload payload;
    payload.timestamp = now_ms();
    payload.seq = seq_++;
    payload.metrics = std::move(metrics);
    Publish publish{.topic = format_topic({type, options_.group, options_.node, device.id})};
    encode(payload, publish.payload);
    publishes_.push_back(std::move(publish));
    texts_.clear();
}

std::vector<Publish> EdgeNode::take_publishes() { return std::exchange(publishes_, {}); }
std::vector<EdgeNode::Command> EdgeNode::take_commands() { return std::exchange(commands_, {}); }

}  // namespace gantry::sparkplug
