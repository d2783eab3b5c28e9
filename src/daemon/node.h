// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/secret.h"
#include "daemon/options.h"

namespace gantry::daemon {

// Files with secrets that a start may leave behind, mode 0600, before it is ready.
struct SecretFiles {
    // An API token, good for an hour, for programs that set this installation up.
    std::string setup_token;
    // On the first start the administrator's password, which then is not handed out.
    std::string first_password;
};

// One running Gantry: builds every object from the options, in layer order, and wires their ports.
// Everything is kept in the data folder:
//
//     LOCK  sealing.key  registry.sqlite  store/  audit/  mqtt/  files/  opcua/  tmp/
class Node {
public:
    // Conflict: the data folder or the port is in use. Nothing runs after an error.
    static Result<std::unique_ptr<Node>> start(Options options, const SecretFiles& secrets,
                                               Log& log, const Clock& clock);
    // Stops.
    ~Node();

    // Takes no more, ends what runs, syncs what is left. Blocks.
    void stop();

    // "http://127.0.0.1:8080"
    std::string url() const;
    // "127.0.0.1:5432"; empty if the PostgreSQL door is closed.
    std::string postgres_address() const;
    // "127.0.0.1:1883"; empty if the MQTT broker does not listen without TLS.
    std::string mqtt_address() const;
    // The same of the one with TLS.
    std::string mqtt_tls_address() const;
    // "127.0.0.1:4840" of each endpoint of the OPC UA server.
    std::vector<std::string> opcua_addresses() const;
    const std::string& data_folder() const;
    // Set on the first start: the administrator's password, to be shown once.
    std::optional<Secret> take_first_password();

private:
    struct Parts;
    explicit Node(std::unique_ptr<Parts> parts);

    std::unique_ptr<Parts> parts_;
};

// "0.1.0"
std::string_view version();

}  // namespace gantry::daemon
