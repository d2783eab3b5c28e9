// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "plant/descriptor.h"
#include "plant/frame_buffer.h"
#include "plant/unit.h"

typedef struct _modbus modbus_t;  // of libmodbus

namespace gantry::plant {

struct Endpoint {
    std::string address = "127.0.0.1";  // IPv4
    std::uint16_t port = 5020;          // 0: the system chooses

    std::string text() const;
};

// One listening port, and the units that answer behind it.
struct Gateway {
    Endpoint endpoint;
    std::map<std::uint8_t, std::unique_ptr<Unit>> units;
};

struct ServerOptions {
    Duration latency{};               // from a whole request to its answer
    std::size_t clients_most = 1024;  // one more is disconnected at once
    Duration tick_period = std::chrono::milliseconds(100);
};

// Serves Modbus TCP to many clients from one thread. It cuts the bytes of each connection into
// whole requests by itself, because modbus_receive() would wait for the rest of a half-sent one;
// libmodbus then makes and sends every answer. Requests that make modbus_reply() sleep and discard
// input (a wrong quantity, an unknown function) never reach it.
//
// Limits: a client that has 64 requests waiting for their answers is not read from until it has
// fewer; one that leaves more than about 64 KiB of answers untaken is disconnected, because
// libmodbus cannot keep what the socket does not take.
class ModbusServer {
public:
    // Opens all ports, or none. The clock and the log must outlive it.
    static Result<std::unique_ptr<ModbusServer>> open(ServerOptions options,
                                                      std::vector<Gateway> gateways,
                                                      const Clock& clock, Log& log);

    // In the order of the gateways, with the ports that the system chose.
    std::vector<Endpoint> endpoints() const;
    // Serves until `stop` can be read. Calls `tick` about once a tick period.
    Result<> run(int stop, const std::function<void()>& tick);

private:
    struct ContextDeleter {
        void operator()(modbus_t* context) const;
    };
    using Context = std::unique_ptr<modbus_t, ContextDeleter>;
    using ClientId = std::uint64_t;

    struct Listener {
        Gateway gateway;
        Descriptor socket;
    };
    struct Client {
        Descriptor socket;
        Gateway* gateway = nullptr;
        FrameBuffer frames;
        std::size_t waiting = 0;
        bool paused = false;
    };
    struct Waiting {
        Duration due;
        ClientId client;
        Frame frame;
    };

    ModbusServer(ServerOptions options, const Clock& clock, Log& log)
        : options_(options), clock_(clock), log_(log) {}

    Result<> listen(Gateway gateway);
    Result<> watch(int descriptor, std::uint64_t id);
    void accept_clients(Listener& listener);
    void read_from(ClientId id);
    // False when the client is gone.
    bool take_frames(ClientId id, Client& client);
    bool answer(Client& client, const Frame& frame);
    void answer_due(Duration now);
    void set_paused(ClientId id, Client& client, bool paused);
    void disconnect(ClientId id);
    int wait_milliseconds(Duration now, Duration next_tick) const;

    ServerOptions options_;
    const Clock& clock_;
    Log& log_;
    Descriptor epoll_;
    Context context_;  // sends the answers
    std::vector<std::unique_ptr<Listener>> listeners_;
    std::unordered_map<ClientId, Client> clients_;
    ClientId next_client_ = 0;
    std::deque<Waiting> waiting_;  // in the order in which they are due
    std::uint64_t requests_ = 0;
    std::uint64_t exceptions_ = 0;
};

}  // namespace gantry::plant
