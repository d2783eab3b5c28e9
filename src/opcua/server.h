// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/disk.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "command/dispatcher.h"
#include "directory/directory.h"
#include "opcua/options.h"
#include "registry/registry.h"
#include "runtime/offload.h"
#include "runtime/shards.h"
#include "security/audit.h"
#include "store/store.h"

namespace gantry::connector::opcua {
class CertificateStore;
}

namespace gantry::opcua {

class ClientTrust;
class Endpoint;

// What the server may use. All of it outlives it.
struct Surroundings {
    registry::Registry& registry;
    const directory::Directory& directory;
    const store::Store& store;
    command::Dispatcher& commands;
    connector::opcua::CertificateStore& certificates;  // the node's own, that clients are shown
    security::AuditLog& audit;
    OffloadPool& offload;
    Disk& disk;
    const Clock& clock;
    Log& log;
    Metrics& metrics;
    std::string folder;  // of the certificates of others
    std::string version;
};

struct Meters {
    explicit Meters(Metrics& metrics);

    Gauge& connections;
    Gauge& sessions;
    Gauge& monitored_items;
    Counter& denied;
    Counter& untrusted;
    Counter& history_values;
    Counter& writes;
};

// OPC UA for clients: each endpoint shows one tenant, on a thread of its own, so that no request
// whatever can reach what is another's.
class Server {
public:
    Server(Shards& shards, Surroundings around, ServerOptions options);
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    // stop()s.
    ~Server();

    // Does nothing without options.endpoints. Conflict: a port is taken; NotFound: no such tenant;
    // InvalidArgument: an option. Takes as long as the address spaces take to be made.
    Result<> start();
    // Ends all sessions. Blocks; not from a shard's thread.
    void stop();
    // "127.0.0.1:4840", with the ports that were chosen.
    std::vector<std::string> addresses() const;

private:
    Shards& shards_;
    const Surroundings around_;
    ServerOptions options_;
    Meters meters_;
    std::unique_ptr<ClientTrust> trust_;
    std::vector<std::unique_ptr<Endpoint>> endpoints_;
};

}  // namespace gantry::opcua
