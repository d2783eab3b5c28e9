// SPDX-License-Identifier: Apache-2.0
// Births and deaths of nodes and devices.
#include <algorithm>

#include "base/encoding.h"
#include "sparkplug/detail/host_run.h"

namespace gantry::sparkplug {
namespace {

constexpr int template_depth_max = 4;

std::optional<std::uint64_t> bd_seq_of(const Payload& payload) {
    for (const Metric& metric : payload.metrics) {
        if (metric.name == birth_death_metric && !metric.null &&
            (metric.value.field == ValueField::Long || metric.value.field == ValueField::Int)) {
            return metric.value.bits;
        }
    }
    return std::nullopt;
}

bool has_control(std::string_view text) {
    return std::ranges::any_of(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace

Result<> HostApplication::node_birth(NodeState& node, Run& run) {
    ++counters_.births;
    if (!payload_.seq || *payload_.seq > 255) {
        return fail(Code::InvalidArgument, "NBIRTH of '{}/{}' has no sequence number from 0 to 255",
                    node.group, node.id);
    }
    const auto bd_seq = bd_seq_of(payload_);
    const bool same_session = node.online && bd_seq && bd_seq == node.bd_seq;
    node.held.clear();
    node.held_bytes = 0;
    node.reorder_due.reset();
    if (node.devices.empty()) {
        node.devices.push_back(std::make_unique<Device>());
        node.devices[0]->prefix = node.group + "/" + node.id + "/";
        node.by_device.emplace("", 0);
    }
    // A death was missed: what is not born again now is gone.
    if (node.online && !same_session) {
        for (std::size_t i = 1; i < node.devices.size(); ++i) {
            stale(*node.devices[i], run.arrival, run.out);
        }
    }
    for (std::size_t i = 1; i < node.devices.size(); ++i) {
        node.devices[i]->born = false;
        if (!same_session) {
            forget_metrics(node, *node.devices[i]);
        }
    }
    node.aliases.clear();
    for (const auto& device : node.devices) {
        for (MetricState& metric : device->metrics) {
            metric.alias.reset();
        }
    }
    node.devices_due.reset();
    if (same_session && node.devices.size() > 1) {
        node.devices_due = clock_.monotonic() + options_.reorder_timeout;
    }
    set_deadline(node);
    node.online = true;
    node.since = clock_.now();
    node.bd_seq = bd_seq;
    node.next_seq = static_cast<std::uint8_t>(*payload_.seq + 1);
    const std::size_t before = run.out.size();
    if (auto defined = define_all(node, 0, run); !defined) {
        run.out.shrink(before);
        lose(node, run.arrival, run.out);
        return defined;
    }
    return {};
}

Result<> HostApplication::device_birth(NodeState& node, std::string_view device, Run& run) {
    ++counters_.births;
    auto known = node.by_device.find(device);
    if (known == node.by_device.end()) {
        if (std::cmp_greater(node.devices.size(), options_.devices_max)) {
            return fail(Code::TooLarge, "'{}/{}' has {} devices already; '{}' is not taken",
                        node.group, node.id, node.devices.size() - 1, device);
        }
        auto made = std::make_unique<Device>();
        made->id = device;
        made->prefix = node.group + "/" + node.id + "/" + made->id + "/";
        known =
            node.by_device.emplace(made->id, static_cast<std::uint32_t>(node.devices.size())).first;
        node.devices.push_back(std::move(made));
    }
    const std::uint32_t place = known->second;
    const std::size_t before = run.out.size();
    if (auto defined = define_all(node, place, run); !defined) {
        run.out.shrink(before);
        forget_metrics(node, *node.devices[place]);
        node.devices[place]->born = false;
        return defined;
    }
    return {};
}

void HostApplication::node_death(NodeState& node, Run& run) {
    if (!node.online || bd_seq_of(payload_) != node.bd_seq) {
        ++counters_.deaths_ignored;
        return;
    }
    ++counters_.deaths;
    lose(node, run.arrival, run.out);
}

Result<> HostApplication::device_death(NodeState& node, std::string_view device, Run& run) {
    const auto known = node.by_device.find(device);
    if (known == node.by_device.end() || !node.devices[known->second]->born) {
        return fail(Code::PreconditionFailed, "DDEATH of '{}/{}/{}', which was not born",
                    node.group, node.id, device);
    }
    ++counters_.deaths;
    Device& dead = *node.devices[known->second];
    dead.born = false;
    const bool has_time = payload_.timestamp && *payload_.timestamp <= INT64_MAX / 1'000'000;
    stale(dead, has_time ? static_cast<Time>(*payload_.timestamp) * 1'000'000 : run.arrival,
          run.out);
    return {};
}

// The node and all below it are offline.
void HostApplication::lose(NodeState& node, Time time, ReadingBatch& out) {
    node.online = false;
    node.since = clock_.now();
    node.held.clear();
    node.held_bytes = 0;
    node.reorder_due.reset();
    node.devices_due.reset();
    set_deadline(node);
    for (const auto& device : node.devices) {
        if (device->born) {
            stale(*device, time, out);
            device->born = false;
        }
    }
}

void HostApplication::stale(Device& device, Time time, ReadingBatch& out) {
    for (const MetricState& metric : device.metrics) {
        if (metric.silent) {
            continue;
        }
        const bool known = metric.last_type != ValueType::Null;
        out.add({.point = metric.point,
                 .time = time,
                 .type = metric.last_type,
                 .bits = metric.last_bits,
                 .text = metric.last_text,
                 .unit = metric.unit,
                 .quality =
                     known ? quality::uncertain_last_usable_value : quality::bad_no_communication});
    }
}

void HostApplication::forget_metrics(NodeState& node, Device& device) {
    for (const MetricState& metric : device.metrics) {
        if (metric.alias) {
            node.aliases.remove(*metric.alias);
        }
    }
    node.metrics -= device.metrics.size();
    all_metrics_ -= device.metrics.size();
    device.metrics.clear();
    device.by_name.clear();
}

Result<> HostApplication::define_all(NodeState& node, std::uint32_t device, Run& run) {
    forget_metrics(node, *node.devices[device]);
    node.devices[device]->born = true;
    for (const Metric& metric : payload_.metrics) {
        TRY(define(node, device, std::string(metric.name), metric, 0, run));
    }
    return {};
}

Result<> HostApplication::define(NodeState& node, std::uint32_t device, std::string name,
                                 const Metric& metric, int depth, Run& run) {
    Device& owner = *node.devices[device];
    const auto wrong = [&](std::string_view what) {
        return fail(Code::InvalidArgument, "birth of '{}': metric '{}' {}", owner.prefix,
                    name.substr(0, 256), what);
    };
    if (metric.name.empty() || !is_utf8(name) || has_control(name)) {
        return wrong("has no name that a point can have");
    }
    if (std::cmp_greater(owner.prefix.size() + name.size(), options_.name_bytes_max)) {
        return wrong("has a name that is too long");
    }
    const DataType type = data_type_of(metric.datatype);
    if (type == DataType::Unknown) {
        return wrong("has no data type that there is");
    }
    if (owner.by_name.contains(name)) {
        return wrong("is there twice");
    }
    if (metric.has_alias && node.aliases.find(metric.alias).device != detail::Place::none) {
        return wrong(std::format("has the alias {} of another one", metric.alias));
    }
    if (std::cmp_greater_equal(node.metrics, options_.metrics_max) ||
        std::cmp_greater_equal(all_metrics_, options_.all_metrics_max)) {
        return fail(Code::TooLarge, "birth of '{}': there are {} metrics already", owner.prefix,
                    node.metrics);
    }
    Template value;
    const bool holder = type == DataType::Template;
    if (holder && !metric.null &&
        (metric.value.field != ValueField::Template ||
         !decode_template(metric.value.bytes, value) || depth >= template_depth_max)) {
        return wrong("has no sound template");
    }
    if (holder && value.definition) {
        return {};
    }
    const auto place = static_cast<std::uint32_t>(owner.metrics.size());
    MetricState& state = owner.metrics.emplace_back();
    ++node.metrics;
    ++all_metrics_;
    owner.by_name.emplace(name, place);
    state.point = owner.prefix + name;
    state.type = type;
    state.silent =
        holder || (device == 0 && (name == birth_death_metric || name == rebirth_metric));
    if (metric.has_alias) {
        state.alias = metric.alias;
        node.aliases.add(metric.alias, {device, place});
    }
    if (!holder) {
        emit(state, metric, run);
        return {};
    }
    for (const Metric& member : value.metrics) {
        TRY(define(node, device, name + "/" + std::string(member.name), member, depth + 1, run));
    }
    return {};
}

}  // namespace gantry::sparkplug
