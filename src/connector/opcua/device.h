// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/device_state.h"
#include "connector/opcua/arrival.h"
#include "connector/opcua/tags.h"

namespace gantry::connector::opcua {

// Settings with the tags under them, which the state below is made of.
struct Wanted {
    Wanted(Settings how, const std::vector<TagBinding>& bindings)
        : wanted(std::move(how)), table(make_tags(wanted, bindings)) {}

    Settings wanted;
    TagTable table;
};

// What a connector knows of its server from one run to the next, with its tags. On the connector's
// shard.
class Device : private Wanted, public DeviceState {
public:
    Device(std::string key, Settings how, const std::vector<TagBinding>& bindings,
           const Surroundings& around, Vitals& vitals);

    const Settings& settings() const { return wanted; }
    const std::vector<Tag>& tags() const { return table.tags; }

    // Goes on from what another device object of the same connection knows.
    void inherit(const Device& other);

    // Values have come. Those that the sink refuses are counted, and what comes next is told anew.
    asio::awaitable<void> take(SampleSink& sink, const std::vector<Arrival>& arrivals);

private:
    std::vector<bool> troubled_;
};

}  // namespace gantry::connector::opcua
