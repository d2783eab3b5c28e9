// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/opcua/device.h"
#include "connector/opcua/worker.h"
#include "runtime/semaphore.h"

namespace gantry::connector::opcua {

// Has one OPC UA server send the values of nodes, by one session with a subscription for each
// group.
class OpcuaConnector final : public Connector {
public:
    OpcuaConnector(const ConnectionPlan& plan, Settings settings, const Surroundings& around,
                   Vitals& vitals)
        : device_(plan.key, std::move(settings), plan.tags, around, vitals) {}

    Async<> run(SampleSink& sink) override;
    asio::awaitable<void> while_down(SampleSink& sink) override;
    Async<CommandResult> write(const TagBinding& tag, Value value) override;
    void take_over(const Connector& predecessor) override;

private:
    // Why it is over.
    asio::awaitable<Error> session(SampleSink& sink, const std::shared_ptr<Worker>& worker);

    Device device_;
    std::shared_ptr<Worker> worker_;  // while a session stands; writes may outlive it
    // One write at a time, so that changing an element of an array does not lose another's change.
    std::unique_ptr<Semaphore> writing_;
};

}  // namespace gantry::connector::opcua
