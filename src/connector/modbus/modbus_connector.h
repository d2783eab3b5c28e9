// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/modbus/session.h"

namespace gantry::connector::modbus {

// Polls one Modbus TCP device, or the units behind one gateway, over one TCP connection.
class ModbusConnector final : public Connector {
public:
    ModbusConnector(const ConnectionPlan& plan, Settings settings, const Surroundings& around,
                    Vitals& vitals)
        : device_(plan.key, std::move(settings), plan.tags, around, vitals) {}

    Async<> run(SampleSink& sink) override;
    asio::awaitable<void> while_down(SampleSink& sink) override;
    Async<CommandResult> write(const TagBinding& tag, Value value) override;
    void take_over(const Connector& predecessor) override;

private:
    Semaphore& write_lock(std::uint8_t unit, const asio::any_io_executor& executor);

    Device device_;
    std::shared_ptr<Link> link_;  // while one stands; writes may outlive it
    // One write to a unit at a time, so that changing a bit does not lose another's change.
    std::map<std::uint8_t, std::unique_ptr<Semaphore>> write_locks_;
};

// Connects to the device. Unavailable or Timeout, with what to look at.
Async<std::shared_ptr<Link>> open_link(const Surroundings& around, const Settings& settings);

}  // namespace gantry::connector::modbus
