// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/polled_connector.h"
#include "connector/words/link.h"
#include "connector/words/tags.h"

namespace gantry::connector::words {

// Polls one controller, and writes to it.
class WordsConnector final : public PolledConnector<Link, Settings, Tag> {
public:
    // The protocol's word is for metrics.
    WordsConnector(const ConnectionPlan& plan, std::string_view protocol, const Settings& settings,
                   const Surroundings& around, Vitals& vitals);

private:
    class Group;

    Async<std::shared_ptr<Link>> open() override;
    std::unique_ptr<PollGroup> make_group(Link& link,
                                          const std::vector<std::size_t>& tags) override;
    asio::awaitable<CommandResult> write_to(Link& link, const TagBinding& binding,
                                            const Value& value) override;
};

}  // namespace gantry::connector::words
