// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/device_state.h"
#include "connector/s7/link.h"
#include "connector/s7/tags.h"
#include "runtime/semaphore.h"

namespace gantry::connector::s7 {

// Polls one S7 controller, and writes to it.
class S7Connector final : public Connector {
public:
    S7Connector(const ConnectionPlan& plan, Settings settings, const Surroundings& around,
                Vitals& vitals);

    Async<> run(SampleSink& sink) override;
    asio::awaitable<void> while_down(SampleSink& sink) override;
    Async<CommandResult> write(const TagBinding& tag, Value value) override;
    void take_over(const Connector& predecessor) override;

private:
    class Group;

    const Settings settings_;
    TagTable table_;
    DeviceState device_;
    std::shared_ptr<Link> link_;          // while one stands; a command may outlive it
    std::unique_ptr<Semaphore> writing_;  // one command at a time
};

}  // namespace gantry::connector::s7
