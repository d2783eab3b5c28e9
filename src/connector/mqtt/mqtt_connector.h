// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "connector/device_state.h"
#include "connector/mqtt/conversation.h"
#include "connector/mqtt/tags.h"
#include "runtime/semaphore.h"

namespace gantry::connector::mqtt {

// Subscribes at a broker of others and makes samples of what is published there.
class MqttConnector final : public Connector {
public:
    MqttConnector(const ConnectionPlan& plan, Settings settings, const Surroundings& around,
                  Vitals& vitals);

    Async<> run(SampleSink& sink) override;
    asio::awaitable<void> while_down(SampleSink& sink) override;
    Async<CommandResult> write(const TagBinding& tag, Value value) override;
    void take_over(const Connector& predecessor) override;

private:
    class Ears;
    // The latest times of values of a tag.
    struct Said {
        Time by_source = time_min;
        Time by_us = time_min;
    };

    Result<> subscribe(Conversation& conversation) const;
    // Stands for writes, and follows what the source says of itself. Never returns.
    asio::awaitable<void> stand(std::shared_ptr<Conversation> conversation, Ears& ears,
                                SampleSink& sink);

    const Settings settings_;
    TagTable table_;
    DeviceState device_;
    Guest guest_;
    // Tags by the topic that they are of.
    std::map<std::string, std::vector<std::size_t>, std::less<>> by_topic_;
    std::vector<Said> said_;                      // of each tag
    std::shared_ptr<Conversation> conversation_;  // while one stands; a write may outlive it
    std::unique_ptr<Semaphore> writing_;          // one value at a time
};

}  // namespace gantry::connector::mqtt
