// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <vector>

#include "runtime/datagrams.h"
#include "runtime/event.h"

namespace gantry {

// Datagrams inside the process, for tests: one peer that answers each with any number of them, or
// says something by itself. Everything on one executor.
class MemoryDatagrams final : public Datagrams {
public:
    using Peer = std::function<std::vector<Bytes>(ByteView)>;

    explicit MemoryDatagrams(Peer peer) : peer_(std::move(peer)) {}

    Async<std::unique_ptr<DatagramSocket>> open(std::string host, std::uint16_t port) override;
    // From the peer to everybody.
    void say(const Bytes& datagram);

private:
    struct Line {
        explicit Line(asio::any_io_executor executor) : arrived(std::move(executor)) {}
        std::deque<Bytes> inbox;
        Event arrived;
        bool closed = false;
    };
    class Socket;

    Peer peer_;
    std::vector<std::weak_ptr<Line>> lines_;
};

}  // namespace gantry
