// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <map>
#include <string>
#include <vector>

#include "connector/protocols.h"

namespace gantry::connector {

// "192.168.0.10-60", "10.0.0.0/28", "plc.local", several by commas. InvalidArgument says what is
// wrong, or that they are too many.
Result<std::vector<std::string>> parse_hosts(std::string_view text);

inline constexpr std::size_t discovery_hosts_max = 256;

struct DiscoveryRequest {
    std::vector<std::string> hosts;
    // By protocol; empty ports: the protocol's usual one. No protocols: all that can be found.
    std::map<std::string, std::vector<std::uint16_t>> protocols;
};

struct DiscoveredDevice {
    std::string host;
    std::uint16_t port = 0;
    std::string protocol;
    std::string settings;   // JSON, to make a connection with
    double confidence = 0;  // 0 to 1: that it speaks the protocol
    std::string detail;     // what it said of itself
};

// Looks for devices by connecting to them and asking what does no harm; nothing is written. Slowly,
// and one search at a time: not every device takes it well. Any thread.
class Discovery {
public:
    // What it is given must outlive it.
    Discovery(const Protocols& protocols, const Surroundings& around)
        : protocols_(protocols), around_(around) {}

    // By host, the most likely first. RateLimited: another search is under way. InvalidArgument: a
    // protocol that is not there, or cannot be looked for.
    Async<std::vector<DiscoveredDevice>> look(DiscoveryRequest request);

    static constexpr std::size_t at_once = 16;
    static constexpr Duration between = std::chrono::milliseconds(20);  // two attempts
    static constexpr Duration connect_patience = std::chrono::seconds(1);
    static constexpr Duration answer_patience = std::chrono::seconds(6);
    // Where nothing tells whether anybody is there before it answers.
    static constexpr Duration datagram_patience = std::chrono::seconds(3);

private:
    struct Attempt {
        const Protocol* protocol = nullptr;
        std::string host;
        std::uint16_t port = 0;
        std::string settings;
        bool datagrams = false;
    };

    Result<std::vector<Attempt>> attempts_of(const DiscoveryRequest& request) const;
    asio::awaitable<void> work(std::vector<Attempt>& left, std::vector<DiscoveredDevice>& found);
    asio::awaitable<std::optional<DiscoveredDevice>> attempt(const Attempt& attempt);

    const Protocols& protocols_;
    const Surroundings& around_;
    std::atomic<bool> busy_ = false;
};

}  // namespace gantry::connector
