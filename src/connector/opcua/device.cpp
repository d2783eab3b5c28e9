// SPDX-License-Identifier: Apache-2.0
#include "connector/opcua/device.h"

namespace gantry::connector::opcua {
namespace {

std::vector<ReportRule> rules_of(const std::vector<Tag>& tags) {
    std::vector<ReportRule> out;
    for (const Tag& tag : tags) {
        out.push_back({tag.series, tag.deadband, std::nullopt});
    }
    return out;
}

}  // namespace

Device::Device(std::string key, Settings how, const std::vector<TagBinding>& bindings,
               const Surroundings& around, Vitals& vitals)
    : Wanted(std::move(how), bindings),
      DeviceState(std::move(key), "opcua", rules_of(table.tags), table.wrong, wanted.stale_after,
                  around, vitals),
      troubled_(table.tags.size(), false) {}

void Device::inherit(const Device& other) {
    DeviceState::inherit(other,
                         same_tags(tags(), other.tags(), [](const Tag& now, const Tag& before) {
                             return now.address == before.address && now.type == before.type;
                         }));
}

asio::awaitable<void> Device::take(SampleSink& sink, const std::vector<Arrival>& arrivals) {
    SampleBatch out;
    for (const Arrival& arrival : arrivals) {
        const auto known = [](Time time) { return time != 0 ? std::optional(time) : std::nullopt; };
        const std::optional<Time> server = known(arrival.server);
        const std::optional<Time> source = known(arrival.source);
        value(arrival.tag, arrival.reading(), source ? source : server,
              server.value_or(around().clock.now()), out);
        if (!arrival.complaint.empty() || troubled_[arrival.tag]) {
            troubled_[arrival.tag] = !arrival.complaint.empty();
            vitals().part(table.paths[arrival.tag], arrival.complaint);
        }
    }
    meters().polls.add();
    vitals().polled({});
    co_await deliver(sink, std::move(out));
}

}  // namespace gantry::connector::opcua
