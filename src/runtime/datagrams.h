// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"
#include "runtime/async.h"

namespace gantry {

// A socket of its own for datagrams to and from one peer; what others send does not come through.
// Lives on one executor. Datagrams get lost, double and late.
class DatagramSocket {
public:
    virtual ~DatagramSocket() = default;
    // Hands a datagram to the system, or drops it if that has no room at the moment.
    virtual Result<> send(ByteView datagram) = 0;
    // The next one that comes; one waits at a time. Unavailable when nobody is at the peer's port,
    // if its computer says so. Cancelled with its coroutine.
    virtual Async<Bytes> receive() = 0;
    // At once; who waits for a datagram gets an error.
    virtual void close() = 0;
};

// The only way to datagrams.
class Datagrams {
public:
    virtual ~Datagrams() = default;
    // On the executor of the coroutine that calls, at a port that the system chooses. Unavailable
    // when there is no such host.
    virtual Async<std::unique_ptr<DatagramSocket>> open(std::string host, std::uint16_t port) = 0;
};

class UdpDatagrams final : public Datagrams {
public:
    Async<std::unique_ptr<DatagramSocket>> open(std::string host, std::uint16_t port) override;
};

}  // namespace gantry
