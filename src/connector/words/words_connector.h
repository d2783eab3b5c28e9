// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/device_state.h"
#include "connector/words/link.h"
#include "connector/words/tags.h"
#include "runtime/semaphore.h"

namespace gantry::connector::words {

// Polls one controller, and writes to it.
class WordsConnector final : public Connector {
public:
    // The protocol's word is for metrics.
    WordsConnector(const ConnectionPlan& plan, std::string_view protocol, Settings settings,
                   const Surroundings& around, Vitals& vitals);

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

}  // namespace gantry::connector::words
