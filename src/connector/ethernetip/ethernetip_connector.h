// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/ethernetip/link.h"
#include "connector/ethernetip/tags.h"
#include "connector/polled_connector.h"

namespace gantry::connector::ethernetip {

// Polls one Logix controller, and writes to it.
class EthernetIpConnector final : public PolledConnector<Link, Settings, Tag> {
public:
    EthernetIpConnector(const ConnectionPlan& plan, const Settings& settings,
                        const Surroundings& around, Vitals& vitals);

private:
    class Group;

    Async<std::shared_ptr<Link>> open() override;
    std::unique_ptr<PollGroup> make_group(Link& link,
                                          const std::vector<std::size_t>& tags) override;
    asio::awaitable<CommandResult> write_to(Link& link, const TagBinding& binding,
                                            const Value& value) override;
};

}  // namespace gantry::connector::ethernetip
