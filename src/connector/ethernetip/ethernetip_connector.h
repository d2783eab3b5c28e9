// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/device_state.h"
#include "connector/ethernetip/link.h"
#include "connector/ethernetip/tags.h"
#include "runtime/semaphore.h"

namespace gantry::connector::ethernetip {

// Polls one Logix controller, and writes to it.
class EthernetIpConnector final : public Connector {
public:
    EthernetIpConnector(const ConnectionPlan& plan, Settings settings, const Surroundings& around,
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

}  // namespace gantry::connector::ethernetip
