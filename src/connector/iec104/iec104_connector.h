// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "connector/device_state.h"
#include "connector/iec104/conversation.h"
#include "connector/iec104/tags.h"
#include "runtime/semaphore.h"

namespace gantry::connector::iec104 {

// Listens to one controlled station, which says by itself what has changed, and interrogates it.
class Iec104Connector final : public Connector {
public:
    Iec104Connector(const ConnectionPlan& plan, Settings settings, const Surroundings& around,
                    Vitals& vitals);

    Async<> run(SampleSink& sink) override;
    asio::awaitable<void> while_down(SampleSink& sink) override;
    Async<CommandResult> write(const TagBinding& tag, Value value) override;
    void take_over(const Connector& predecessor) override;

private:
    class Ears;

    // Asks for everything, now and from time to time. Never returns.
    asio::awaitable<void> interrogate(std::shared_ptr<Conversation> standing);
    asio::awaitable<void> interrogate(Conversation& conversation, std::uint16_t common);

    const Settings settings_;
    TagTable table_;
    DeviceState device_;
    // Tags by the object that they show.
    std::multimap<std::pair<std::uint16_t, std::uint32_t>, std::size_t> by_object_;
    std::shared_ptr<Conversation> conversation_;  // while one stands; a command may outlive it
    std::unique_ptr<Semaphore> writing_;          // one command at a time
};

}  // namespace gantry::connector::iec104
