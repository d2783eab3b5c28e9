// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <vector>

#include "connector/opcua/certificate.h"
#include "connector/opcua/convert.h"

namespace gantry::connector::opcua {

// One session with a server, by open62541. It belongs to one thread, on which it blocks for as long
// as the settings' time-outs allow; when a session is lost it is not made again.
class Client {
public:
    explicit Client(const Settings& settings);
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    ~Client();

    // Finds the endpoint that the settings want, checks its certificate and makes a session.
    // Unavailable or Timeout, with what to look at; InvalidArgument when the server refuses the
    // user. Given up soon when `hurry` is set.
    Result<> connect(CertificateStore* certificates, const std::atomic<bool>& hurry);

    // Lets the client do what is due, for at most that long. The error is why the session is over.
    Result<> iterate(Duration at_most);

    // Has the server send what becomes of tags: a subscription for each group. What a tag's first
    // value is, or that there is no such node, comes as an arrival, too.
    using Take = std::function<void(Arrival)>;
    Result<> monitor(const std::vector<Tag>& tags, Take take);
    // Tries tags again that the server did not know.
    void retry();

    std::vector<UaDataValue> read(const std::vector<UaNodeId>& nodes);
    // An arrival each, in their order.
    std::vector<Arrival> read_tags(const std::vector<Tag>& tags);
    CommandResult write(const Tag& tag, const Property& property, const Value& value,
                        const std::atomic<bool>& hurry);
    Result<ScanReport> browse(const ScanRequest& request, const std::atomic<bool>& hurry);

    // The error is that the server has no such namespace.
    Result<UaNodeId> resolve(const NodeName& node) const;
    // How a node of the server is written, by the namespace's URI, whose number may change.
    std::string name_of(const UA_NodeId& node) const;

    // "Basic256Sha256, sign_and_encrypt" and what the server says of itself.
    const std::string& about() const { return about_; }

private:
    struct Group;

    static void on_value(UA_Client* client, UA_UInt32 subscription, void* group, UA_UInt32 item,
                         void* context, UA_DataValue* value);
    static void on_group_end(UA_Client* client, UA_UInt32 subscription, void* group);
    static void on_group_change(UA_Client* client, UA_UInt32 subscription, void* group,
                                UA_StatusChangeNotification* change);
    static void on_silence(UA_Client* client, UA_UInt32 subscription, void* group);
    static void on_inactivity(UA_Client* client);

    Result<> choose_endpoint(UA_EndpointDescription& chosen, UA_UserTokenPolicy& token,
                             const std::atomic<bool>& hurry);
    Result<> set_up(const Identity* identity, const UA_EndpointDescription& endpoint,
                    const UA_UserTokenPolicy& token);
    Result<> make_session(const std::atomic<bool>& hurry);
    Result<> read_namespaces();
    Result<> subscribe(Group& group);
    void add_items(Group& group, std::vector<std::uint32_t> tags, bool with_filter);
    void tell(std::uint32_t tag, UA_StatusCode status, std::string complaint);
    UA_StatusCode write_variant(const UA_NodeId& node, const UA_Variant& value);
    Error lost(UA_StatusCode status) const;

    const Settings settings_;
    UA_Client* client_ = nullptr;
    std::vector<std::string> namespaces_;
    std::vector<Tag> tags_;
    Take take_;
    std::vector<std::unique_ptr<Group>> groups_;
    std::string over_;  // why the session is, if it is and the status does not say
    std::string about_;
};

}  // namespace gantry::connector::opcua
