// SPDX-License-Identifier: Apache-2.0
#include "opcua/server.h"

#include <map>

#include "opcua/endpoint.h"
#include "opcua/trust.h"

namespace gantry::opcua {

Meters::Meters(Metrics& metrics)
    : connections(
          metrics.gauge("gantry_opcua_server_connections", "Open connections of OPC UA clients.")),
      sessions(metrics.gauge("gantry_opcua_server_sessions", "Sessions of OPC UA clients.")),
      monitored_items(metrics.gauge("gantry_opcua_server_monitored_items",
                                    "Monitored items of OPC UA clients.")),
      denied(metrics.counter("gantry_opcua_server_denied_total", "Sign-ins that failed.")),
      untrusted(metrics.counter("gantry_opcua_server_untrusted_total",
                                "Times that a client's certificate was not trusted.")),
      history_values(metrics.counter("gantry_opcua_server_history_values_total",
                                     "Values that were sent as history.")),
      writes(metrics.counter("gantry_opcua_server_writes_total", "Writes that were begun.")) {}

Server::Server(Shards& shards, Surroundings around, ServerOptions options)
    : shards_(shards),
      around_(std::move(around)),
      options_(std::move(options)),
      meters_(around_.metrics) {}

Server::~Server() { stop(); }

Result<> Server::start() {
    if (!options_.enabled()) {
        return {};
    }
    std::vector<std::string> fingerprints;
    for (const std::string& text : options_.trusted_clients) {
        auto fingerprint = read_fingerprint(text);
        if (!fingerprint) {
            return within("opcua_server.trusted_clients", fingerprint.error());
        }
        fingerprints.push_back(std::move(*fingerprint));
    }
    std::map<std::string, std::string> users;
    for (const std::string& text : options_.users) {
        TRY_ASSIGN(auto user, read_user(text));
        users.insert(std::move(user));
    }
    TRY_ASSIGN(trust_, ClientTrust::open(around_.disk, around_.folder, std::move(fingerprints),
                                         around_.log));
    for (const std::string& text : options_.endpoints) {
        TRY_ASSIGN(const EndpointOptions where, read_endpoint(text));
        auto tenant = around_.registry.tenants().get(where.tenant);
        if (!tenant) {
            return within("opcua_server.endpoints", tenant.error());
        }
        auto endpoint = std::make_unique<Endpoint>(around_, options_, meters_, *trust_, users,
                                                   *tenant, where.listen, shards_.any());
        TRY(endpoint->start());
        around_.log.info("opcua_server", "listening",
                         {{"address", endpoint->address()}, {"tenant", tenant->key}});
        endpoints_.push_back(std::move(endpoint));
    }
    return {};
}

void Server::stop() {
    for (const auto& endpoint : endpoints_) {
        endpoint->stop();
    }
    endpoints_.clear();
}

std::vector<std::string> Server::addresses() const {
    std::vector<std::string> out;
    for (const auto& endpoint : endpoints_) {
        out.push_back(endpoint->address());
    }
    return out;
}

}  // namespace gantry::opcua
