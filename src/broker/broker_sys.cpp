// SPDX-License-Identifier: Apache-2.0
// What the broker says of itself to a tenant's clients, under $SYS/broker.
#include "broker/broker.h"
#include "mqtt/codec/topic.h"

namespace gantry::broker {

SysFigures Broker::figures_of(const Space& space) const {
    return {.version = around_.version,
            .uptime = around_.clock.monotonic() - started_,
            .connected = space.core.connected(),
            .sessions = space.core.sessions(),
            .subscriptions = space.core.subscriptions().size(),
            .retained = space.core.retained().size(),
            .counters = space.core.counters()};
}

// For who has just subscribed.
void Broker::own_messages(const Space& space, std::string_view filter,
                          std::vector<mqtt::MessagePtr>& out) const {
    space.sys.visit(figures_of(space), [&](std::string_view topic, std::string_view payload) {
        if (!mqtt::matches(filter, topic)) {
            return;
        }
        mqtt::Publish packet;
        packet.topic = topic;
        packet.payload = payload;
        packet.retain = true;
        out.push_back(std::make_shared<const mqtt::Message>(packet, around_.clock.now()));
    });
}

// For who has subscribed before: only what somebody gets.
void Broker::say_figures(Duration now) {
    if (options_.sys_interval == Duration::zero() || now < figures_at_) {
        return;
    }
    figures_at_ = now + options_.sys_interval;
    mqtt::Matches found;
    for (const auto& [tenant, space] : spaces_) {
        mqtt::Core& core = space->core;
        const SysFigures figures = figures_of(*space);
        space->sys.update(figures, now);
        space->sys.visit(figures, [&](std::string_view topic, std::string_view payload) {
            core.subscriptions().match(topic, found);
            if (found.subscriptions.empty() && found.groups.empty()) {
                return;
            }
            mqtt::Publish packet;
            packet.topic = topic;
            packet.payload = payload;
            packet.retain = true;
            core.publish(packet, false);
        });
        touch(*space);
    }
}

}  // namespace gantry::broker
