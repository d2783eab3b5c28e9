// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/device_state.h"
#include "connector/http_json/tags.h"
#include "runtime/semaphore.h"

namespace gantry::connector::http_json {

// Polls resources of an HTTP server and makes samples of what stands in them.
class HttpJsonConnector final : public Connector {
public:
    HttpJsonConnector(const ConnectionPlan& plan, Settings settings, const Surroundings& around,
                      Vitals& vitals);

    Async<> run(SampleSink& sink) override;
    asio::awaitable<void> while_down(SampleSink& sink) override;
    Async<CommandResult> write(const TagBinding& tag, Value value) override;
    void take_over(const Connector& predecessor) override;

private:
    class Session;

    const Settings settings_;
    TagTable table_;
    DeviceState device_;
    bool standing_ = false;               // the server has answered last
    std::unique_ptr<Semaphore> writing_;  // one value at a time
};

}  // namespace gantry::connector::http_json
