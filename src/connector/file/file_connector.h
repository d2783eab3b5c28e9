// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "connector/device_state.h"
#include "connector/file/source.h"
#include "connector/local/local.h"

namespace gantry::connector::file {

// Reads files of a folder, and remembers how far it has come once the samples are on disk.
class FileConnector final : public Connector {
public:
    FileConnector(const ConnectionPlan& plan, Settings settings, const Local& local,
                  const Surroundings& around, Vitals& vitals);

    Async<> run(SampleSink& sink) override;
    asio::awaitable<void> while_down(SampleSink& sink) override;
    Async<CommandResult> write(const TagBinding& tag, Value value) override;
    void take_over(const Connector& predecessor) override;

private:
    class Session;

    asio::awaitable<void> tell_wrong(SampleSink& sink);

    const Settings settings_;
    const Local& local_;
    const std::string id_;
    record::TagTable table_;
    DeviceState device_;
    record::Taker taker_;
    bool told_ = false;
};

}  // namespace gantry::connector::file
