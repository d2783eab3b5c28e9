// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "connector/ethernetip/link.h"
#include "connector/ethernetip/symbols.h"

namespace gantry::connector::ethernetip {

// Walks through the tags of a controller, and finds the addresses that have values.
class Browser {
public:
    // The program is empty for the tags of the controller itself.
    Browser(Link& link, Timers& timers, std::string program);

    // Until there are so many addresses, or no more. False if the link went meanwhile.
    asio::awaitable<bool> find(std::size_t count);

    const std::vector<std::string>& addresses() const { return addresses_; }
    bool done() const { return done_; }  // there are no more
    const std::vector<std::string>& programs() const { return programs_; }
    const std::string& trouble() const { return trouble_; }

private:
    asio::awaitable<bool> add(std::string name, SymbolType type, unsigned depth);
    asio::awaitable<bool> learn(std::uint16_t instance);
    asio::awaitable<bool> ask(Job& job);

    Link& link_;
    Timers& timers_;
    std::string program_;
    std::vector<std::string> addresses_;
    std::vector<std::string> programs_;
    std::map<std::uint16_t, std::vector<Member>> structures_;  // by template
    std::string trouble_;
    std::uint32_t next_ = 0;  // instance
    bool done_ = false;
};

}  // namespace gantry::connector::ethernetip
