// SPDX-License-Identifier: Apache-2.0
// A connector and a device on one thread, in a world where time passes only when the test says so.
#pragma once

#include "connector/modbus/fake_device.h"
#include "connector/modbus/modbus_connector.h"
#include "connector/modbus/protocol.h"
#include "runtime/memory_network.h"
#include "runtime/task_group.h"

namespace gantry::connector::modbus::testing {

using namespace std::chrono_literals;
using gantry::connector::testing::KeptSamples;
using gantry::connector::testing::must;
using gantry::connector::testing::property;
using gantry::connector::testing::tag;

class Polling : public ::testing::Test {
protected:
    Polling() {
        for (std::uint16_t address = 0; address < 300; ++address) {
            device_.units[1].holding[address] = address;
            device_.units[2].holding[address] = static_cast<std::uint16_t>(1000 + address);
        }
    }
    ~Polling() override { stop(); }

    void start(std::vector<TagBinding> tags, std::string more = "") {
        make(std::move(tags), std::move(more));
        run();
    }
    void make(std::vector<TagBinding> tags, std::string more = "") {
        ConnectionPlan plan;
        plan.key = "plc1";
        plan.settings = R"({"host": "plc")" + more + "}";
        plan.tags = std::move(tags);
        connector_ = must(ModbusProtocol().make(plan, around_, vitals_));
    }
    void run() {
        ended_.reset();
        tasks_.spawn(keep_running());
        world_.settle();
    }
    void stop() {
        asio::co_spawn(world_.context, tasks_.stop(), asio::detached);
        world_.settle();
    }
    asio::awaitable<void> keep_running() { ended_ = co_await connector_->run(sink_); }
    asio::awaitable<void> be_down() { co_await connector_->while_down(sink_); }

    CommandResult write(const TagBinding& binding, Value value) {
        return must(world_.finish(connector_->write(binding, std::move(value))));
    }
    std::vector<Duration> request_times() const {
        std::vector<Duration> out;
        for (const Duration time : device_.times) {
            out.push_back(time - began_);
        }
        return out;
    }

    connector::testing::World world_;
    MemoryNetwork network_;
    FakeDevice device_{world_, network_, "plc:502"};
    KeptSamples sink_{world_.context.get_executor()};
    Surroundings around_{network_,        world_.timers,       world_.base.clock,
                         world_.base.log, world_.base.metrics, world_.random};
    Vitals vitals_{world_.base.clock};
    std::shared_ptr<Connector> connector_;
    TaskGroup tasks_{world_.context.get_executor(), world_.base.log, "test"};
    std::optional<Result<>> ended_;
    Duration began_ = world_.timers.now();
};

}  // namespace gantry::connector::modbus::testing
