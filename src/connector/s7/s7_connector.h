// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/polled_connector.h"
#include "connector/s7/link.h"
#include "connector/s7/tags.h"

namespace gantry::connector::s7 {

// Polls one S7 controller, and writes to it.
class S7Connector final : public PolledConnector<Link, Settings, Tag> {
public:
    S7Connector(const ConnectionPlan& plan, const Settings& settings, const Surroundings& around,
                Vitals& vitals);

private:
    class Group;

    Async<std::shared_ptr<Link>> open() override;
    std::unique_ptr<PollGroup> make_group(Link& link,
                                          const std::vector<std::size_t>& tags) override;
    asio::awaitable<CommandResult> write_to(Link& link, const TagBinding& binding,
                                            const Value& value) override;
};

}  // namespace gantry::connector::s7
