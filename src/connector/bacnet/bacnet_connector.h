// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/bacnet/link.h"
#include "connector/bacnet/tags.h"
#include "connector/polled_connector.h"

namespace gantry::connector::bacnet {

class CovWatch;

// Polls one BACnet/IP device, subscribes to its changes, and writes to it.
class BacnetConnector final : public PolledConnector<Link, Settings, Tag> {
public:
    BacnetConnector(const ConnectionPlan& plan, const Settings& settings,
                    const Surroundings& around, Datagrams& datagrams, Vitals& vitals);

private:
    class Group;

    Async<std::shared_ptr<Link>> open() override;
    std::unique_ptr<PollGroup> make_group(Link& link,
                                          const std::vector<std::size_t>& tags) override;
    asio::awaitable<CommandResult> write_to(Link& link, const TagBinding& binding,
                                            const Value& value) override;
    asio::awaitable<Error> poll(Link& link, SampleSink& sink) override;

    Datagrams& datagrams_;
    CovWatch* watch_ = nullptr;  // while a link stands
};

}  // namespace gantry::connector::bacnet
