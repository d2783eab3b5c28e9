// SPDX-License-Identifier: Apache-2.0
// Only for the .cpp files of this folder.
#pragma once

#include <open62541/plugin/historydatabase.h>

#include <array>
#include <future>
#include <map>
#include <thread>

#include "connector/opcua/certificate.h"
#include "opcua/server.h"
#include "opcua/session.h"
#include "opcua/trust.h"
#include "opcua/writes.h"

namespace gantry::opcua {

// One tenant at one port: a server of open62541 and the thread that it runs on, on which all
// callbacks come.
class Endpoint {
public:
    // `users` are logins by the fingerprints of their certificates.
    Endpoint(const Surroundings& around, const ServerOptions& options, Meters& meters,
             ClientTrust& trust, std::map<std::string, std::string> users, registry::Tenant tenant,
             std::string listen, asio::any_io_executor executor);
    Endpoint(const Endpoint&) = delete;
    Endpoint& operator=(const Endpoint&) = delete;
    // stop()s.
    ~Endpoint();

    Result<> start();
    void stop();
    std::string address() const { return address_; }

private:
    struct Callbacks;  // what the library calls

    // ---- endpoint.cpp
    Result<> make_server();
    Result<> configure(UA_ServerConfig& config, const connector::opcua::Identity& identity);
    Result<> add_policies(UA_ServerConfig& config, const connector::opcua::Identity& identity);
    void set_limits(UA_ServerConfig& config) const;
    void set_access(UA_ServerConfig& config);
    Result<> listen();
    void run(const std::stop_token& stop);
    void tick();
    void follow_registry();
    void count();
    // On the pool, or here if that is full.
    void elsewhere(std::move_only_function<void()> job);

    // ---- access.cpp
    UA_StatusCode check_client(const UA_ByteString& chain);
    UA_StatusCode activate(const UA_ByteString* client, const UA_NodeId& session,
                           const UA_ExtensionObject& token, void** context);
    Result<std::shared_ptr<const security::Identity>> identify(const UA_ExtensionObject& token,
                                                               const std::string& client,
                                                               std::string& login);
    Result<std::shared_ptr<const security::Identity>> by_token(const std::string& login,
                                                               const std::string& token,
                                                               const std::string& client);
    Result<std::shared_ptr<const security::Identity>> by_certificate(const std::string& login);
    Result<> admit(const security::Identity& identity) const;
    void record_sign_in(const std::string& login, const std::string& client,
                        const security::Identity* identity, const Result<>& outcome);
    void look_after_sessions();
    UA_Byte access_level(const Session* session, const UA_NodeId& id, const Node* node) const;
    bool may_browse(const Session* session, const UA_NodeId& id, const Node* node) const;

    // ---- endpoint.cpp again: values of points
    UA_StatusCode read_value(const Node& node, UA_DataValue& out) const;
    UA_StatusCode write_value(const Session* session, const Node& node, const UA_DataValue& value);

    // ---- endpoint_history.cpp
    struct HistoryRequest;
    void set_history(UA_ServerConfig& config);
    void read_history(const HistoryRequest& request);
    UA_StatusCode check_history(const HistoryRequest& request, std::size_t index,
                                const Node* node) const;
    // Of one node, at most so many values. How many it sent.
    std::size_t read_history_of(const HistoryRequest& request, std::size_t index,
                                std::size_t limit);

    const Surroundings& around_;
    const ServerOptions& options_;
    Meters& meters_;
    ClientTrust& trust_;
    const std::map<std::string, std::string> users_;
    const registry::Tenant tenant_;
    const std::string listen_;
    std::string address_;
    Writes writes_;

    UA_Logger logger_{};
    std::array<UA_UserTokenPolicy, 2> token_policies_{};
    std::map<const void*, std::unique_ptr<Session>> sessions_;
    std::int64_t items_ = 0;
    std::int64_t counted_connections_ = 0;
    std::int64_t counted_sessions_ = 0;
    std::uint64_t epoch_ = 0;
    std::uint64_t ticks_ = 0;
    Time good_until_ = time_max;  // of the identity whose time is over first

    // Set by the registry's change feed, which may outlive this.
    std::shared_ptr<std::atomic<bool>> changed_ = std::make_shared<std::atomic<bool>>(false);
    std::future<Result<Picture>> picture_;

    std::unique_ptr<AddressSpace> space_;
    UA_Server* server_ = nullptr;
    std::jthread thread_;
};

}  // namespace gantry::opcua
