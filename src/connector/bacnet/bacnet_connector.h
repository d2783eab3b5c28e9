// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/bacnet/link.h"
#include "connector/bacnet/tags.h"
#include "connector/device_state.h"
#include "runtime/semaphore.h"

namespace gantry::connector::bacnet {

// Polls one BACnet/IP device, subscribes to its changes, and writes to it.
class BacnetConnector final : public Connector {
public:
    BacnetConnector(const ConnectionPlan& plan, Settings settings, const Surroundings& around,
                    Datagrams& datagrams, Vitals& vitals);

    Async<> run(SampleSink& sink) override;
    asio::awaitable<void> while_down(SampleSink& sink) override;
    Async<CommandResult> write(const TagBinding& tag, Value value) override;
    void take_over(const Connector& predecessor) override;

private:
    class Group;

    const Settings settings_;
    Datagrams& datagrams_;
    TagTable table_;
    DeviceState device_;
    std::shared_ptr<Link> link_;          // while one stands; a command may outlive it
    std::unique_ptr<Semaphore> writing_;  // one command at a time
};

}  // namespace gantry::connector::bacnet
