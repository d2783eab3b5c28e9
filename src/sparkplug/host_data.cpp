// SPDX-License-Identifier: Apache-2.0
// From metrics to readings.
#include "base/encoding.h"
#include "sparkplug/detail/host_run.h"

namespace gantry::sparkplug {
namespace {

constexpr int template_depth_max = 4;
// Longer texts are not kept for the day on which they are stale.
constexpr std::size_t last_text_bytes_max = 1024;

}  // namespace

// Always false.
bool HostApplication::bad(Run& run, std::string_view point, std::string_view what) {
    ++run.result.bad;
    if (!run.result.first) {
        run.result.first =
            Error{Code::InvalidArgument, std::format("metric '{}' {}", point, what), {}};
    }
    return false;
}

Result<> HostApplication::data(NodeState& node, std::uint32_t device, Run& run) {
    ++counters_.data;
    run.rebirth = false;
    for (const Metric& metric : payload_.metrics) {
        update(node, device, metric, run);
    }
    if (run.rebirth) {
        ask_rebirth(node);
    }
    return {};
}

bool HostApplication::update(NodeState& node, std::uint32_t device, const Metric& metric,
                             Run& run) {
    Device& owner = *node.devices[device];
    std::uint32_t place = detail::Place::none;
    if (metric.has_alias) {
        const detail::Place found = node.aliases.find(metric.alias);
        if (found.device == device) {
            place = found.metric;
        }
    } else if (metric.has_name) {
        const auto known = owner.by_name.find(metric.name);
        if (known != owner.by_name.end()) {
            place = known->second;
        }
    }
    if (place == detail::Place::none) {
        run.rebirth = true;
        return bad(run,
                   owner.prefix + (metric.has_alias ? std::format("(alias {})", metric.alias)
                                                    : std::string(metric.name.substr(0, 256))),
                   "was not in the birth: a rebirth was asked for");
    }
    MetricState& state = owner.metrics[place];
    if (state.type == DataType::Template) {
        return update_members(node, device, state, metric, 0, run);
    }
    emit(state, metric, run);
    return true;
}

bool HostApplication::update_members(NodeState& node, std::uint32_t device,
                                     const MetricState& holder, const Metric& metric, int depth,
                                     Run& run) {
    if (metric.null) {
        return true;
    }
    Template value;
    if (metric.value.field != ValueField::Template || !decode_template(metric.value.bytes, value) ||
        depth >= template_depth_max) {
        return bad(run, holder.point, "has no sound template");
    }
    Device& owner = *node.devices[device];
    for (Metric& member : value.metrics) {
        const std::string name =
            holder.point.substr(owner.prefix.size()) + "/" + std::string(member.name);
        const auto known = owner.by_name.find(name);
        if (known == owner.by_name.end()) {
            run.rebirth = true;
            bad(run, owner.prefix + name.substr(0, 256),
                "was not in the birth: a rebirth was asked for");
            continue;
        }
        MetricState& state = owner.metrics[known->second];
        member.historical |= metric.historical;
        member.transient |= metric.transient;
        if (!member.has_timestamp && metric.has_timestamp) {
            member.timestamp = metric.timestamp;
            member.has_timestamp = true;
        }
        if (state.type == DataType::Template) {
            update_members(node, device, state, member, depth + 1, run);
        } else {
            emit(state, member, run);
        }
    }
    return true;
}

void HostApplication::emit(MetricState& state, const Metric& metric, Run& run) {
    if (state.silent) {
        return;
    }
    Reading reading;
    reading.point = state.point;
    reading.historical = metric.historical;
    reading.time = run.arrival;
    reading.quality = quality::good;
    if (metric.has_timestamp || payload_.timestamp) {
        const std::uint64_t time = metric.has_timestamp ? metric.timestamp : *payload_.timestamp;
        if (time > INT64_MAX / 1'000'000) {
            bad(run, state.point, "has a time after 2262");
            return;
        }
        reading.time = static_cast<Time>(time) * 1'000'000;
    }
    if (!metric.properties.empty()) {
        KnownProperties known;
        if (!find_properties(metric.properties, known)) {
            bad(run, state.point, "has properties that are not sound");
        } else {
            if (known.quality) {
                reading.quality = quality_of(*known.quality);
            }
            if (!known.unit.empty() && known.unit.size() <= 64 && is_utf8(known.unit)) {
                state.unit = known.unit;
            }
        }
    }
    reading.unit = state.unit;
    if (const char* why = read_value(metric, state.type, text_, reading)) {
        bad(run, state.point, why);
        reading.type = ValueType::Null;
        reading.quality = quality::bad_type_mismatch;
    } else if (reading.type == ValueType::Null && !reading.quality.bad()) {
        reading.quality = quality::bad;
    }
    if (metric.transient) {
        ++counters_.transient;
        return;
    }
    run.out.add(reading);
    if (!metric.historical && reading.type != ValueType::Null) {
        const bool kept =
            reading.type != ValueType::String || reading.text.size() <= last_text_bytes_max;
        state.last_type = kept ? reading.type : ValueType::Null;
        state.last_bits = reading.bits;
        state.last_text = kept ? reading.text : std::string_view();
    }
}

}  // namespace gantry::sparkplug
