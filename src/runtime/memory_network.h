// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>

#include "runtime/pipe.h"

namespace gantry {

// Connections inside the process, for tests: whoever connects to "host:port" gets the other end of
// what a listener of that name accepts. Everything on one executor.
class MemoryNetwork final : public Network {
public:
    Result<std::unique_ptr<Listener>> listen(asio::any_io_executor executor,
                                             const std::string& address,
                                             const TlsFiles& tls) override;
    Async<std::unique_ptr<Stream>> connect(std::string host, std::uint16_t port) override;

    // As when a cable is pulled: all connections break and new ones are refused until it is back.
    void unplug();
    void plug_in() { unplugged_ = false; }

    class Door;

private:
    std::map<std::string, std::weak_ptr<Door>> doors_;
    std::vector<std::weak_ptr<Wire>> wires_;
    bool unplugged_ = false;
};

}  // namespace gantry
