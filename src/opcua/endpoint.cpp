// SPDX-License-Identifier: Apache-2.0
// The server of the library: how it is set up, its thread, and what is done there now and then.
#include "opcua/endpoint.h"

#include <open62541/plugin/securitypolicy_default.h>
#include <open62541/server_config_default.h>

#include <boost/asio/post.hpp>
#include <cstdarg>

#include "base/assert.h"
#include "opcua/values.h"
#include "runtime/stream.h"

namespace gantry::opcua {
namespace {

using namespace std::chrono_literals;

constexpr double tick_ms = 100;
constexpr std::uint64_t ticks_per_look = 10;
// The tree is changed in pieces, so that clients never wait longer for it.
constexpr Duration piece = 20ms;
constexpr auto whole_tree = std::chrono::hours(1);
constexpr UA_UInt32 notifications_per_publish = 5'000;
constexpr UA_UInt32 kept_for_republish = 20;
constexpr UA_UInt32 writes_per_request = 100;
constexpr UA_UInt32 calls_per_request = 10;

double milliseconds(Duration duration) {
    return std::chrono::duration<double, std::milli>(duration).count();
}

void replace(UA_String& text, std::string_view with) {
    UA_String_clear(&text);
    text = copy(with);
}

// What the library has to say is about clients: those who look for it find it.
void write_log(void* context, UA_LogLevel, UA_LogCategory, const char* format, va_list arguments) {
    std::array<char, 512> text{};
    (void)std::vsnprintf(text.data(), text.size(), format, arguments);
    static_cast<Log*>(context)->debug("opcua_server", "library",
                                      {{"detail", std::string_view(text.data())}});
}

}  // namespace

// The library's functions without a `this`: each finds it and goes on there.
struct Endpoint::Callbacks {
    static Endpoint& of(UA_Server* server) {
        return *static_cast<Endpoint*>(UA_Server_getConfig(server)->context);
    }
    static const Session* session(void* context) { return static_cast<const Session*>(context); }
    static const Node* node(void* context) { return static_cast<const Node*>(context); }

    static UA_StatusCode verify(const UA_CertificateVerification* self,
                                const UA_ByteString* certificate) {
        return static_cast<Endpoint*>(self->context)->check_client(*certificate);
    }
    static UA_StatusCode verify_uri(const UA_CertificateVerification*,
                                    const UA_ByteString* certificate, const UA_String* uri) {
        const auto found = connector::opcua::application_uri_in(leaf_of(view(*certificate)));
        return found && *found == view(*uri) ? UA_STATUSCODE_GOOD
                                             : UA_STATUSCODE_BADCERTIFICATEURIINVALID;
    }
    static UA_StatusCode activate(UA_Server* server, UA_AccessControl*,
                                  const UA_EndpointDescription*, const UA_ByteString* client,
                                  const UA_NodeId* id, const UA_ExtensionObject* token,
                                  void** context) {
        return of(server).activate(client, *id, *token, context);
    }
    static void close(UA_Server* server, UA_AccessControl*, const UA_NodeId*, void* context) {
        of(server).sessions_.erase(context);
    }
    static UA_UInt32 rights(UA_Server*, UA_AccessControl*, const UA_NodeId*, void*,
                            const UA_NodeId*, void*) {
        return 0;  // attributes are not written
    }
    static UA_Byte access_level(UA_Server* server, UA_AccessControl*, const UA_NodeId*,
                                void* context, const UA_NodeId* id, void* node_context) {
        return of(server).access_level(session(context), *id, node(node_context));
    }
    static UA_Boolean executable(UA_Server*, UA_AccessControl*, const UA_NodeId*, void* context,
                                 const UA_NodeId*, void*) {
        return context != nullptr;  // of the standard, about one's own subscriptions
    }
    static UA_Boolean executable_on(UA_Server*, UA_AccessControl*, const UA_NodeId*, void* context,
                                    const UA_NodeId*, void*, const UA_NodeId*, void*) {
        return context != nullptr;
    }
    template <class Item>
    static UA_Boolean never(UA_Server*, UA_AccessControl*, const UA_NodeId*, void*, const Item*) {
        return false;
    }
    static UA_Boolean browse(UA_Server* server, UA_AccessControl*, const UA_NodeId*, void* context,
                             const UA_NodeId* id, void* node_context) {
        return of(server).may_browse(session(context), *id, node(node_context));
    }
    static UA_Boolean transfer(UA_Server*, UA_AccessControl*, const UA_NodeId*, void* from,
                               const UA_NodeId*, void* to) {
        // Without a session there is nobody to compare with.
        return from != nullptr && to != nullptr &&
               session(from)->identity->principal == session(to)->identity->principal;
    }
    static UA_StatusCode read(UA_Server* server, const UA_NodeId*, void*, const UA_NodeId*,
                              void* node_context, UA_Boolean, const UA_NumericRange* range,
                              UA_DataValue* out) {
        if (range != nullptr) {
            return UA_STATUSCODE_BADINDEXRANGENODATA;
        }
        return of(server).read_value(*node(node_context), *out);
    }
    static UA_StatusCode write(UA_Server* server, const UA_NodeId*, void* context, const UA_NodeId*,
                               void* node_context, const UA_NumericRange* range,
                               const UA_DataValue* value) {
        if (range != nullptr) {
            return UA_STATUSCODE_BADINDEXRANGENODATA;
        }
        return of(server).write_value(session(context), *node(node_context), *value);
    }
    static void monitored(UA_Server* server, const UA_NodeId*, void*, const UA_NodeId*, void*,
                          UA_UInt32, UA_Boolean removed) {
        Endpoint& self = of(server);
        self.items_ += removed ? -1 : 1;
        self.meters_.monitored_items.add(removed ? -1 : 1);
    }
    static void tick(UA_Server*, void* context) { static_cast<Endpoint*>(context)->tick(); }
};

Endpoint::Endpoint(const Surroundings& around, const ServerOptions& options, Meters& meters,
                   ClientTrust& trust, std::map<std::string, std::string> users,
                   registry::Tenant tenant, std::string listen, asio::any_io_executor executor)
    : around_(around),
      options_(options),
      meters_(meters),
      trust_(trust),
      users_(std::move(users)),
      tenant_(std::move(tenant)),
      listen_(std::move(listen)),
      writes_(std::move(executor), around.commands, around.log,
              static_cast<std::size_t>(options.writes_waiting_max)) {
    logger_ = {write_log, &around_.log, nullptr};
}

Endpoint::~Endpoint() { stop(); }

Result<> Endpoint::start() {
    // Before the picture is taken: what changes afterwards is told.
    around_.registry.changes().listen(
        [changed = changed_, tenant = tenant_.id](const std::vector<registry::Change>& changes) {
            for (const registry::Change& change : changes) {
                using enum registry::EntityKind;
                if (change.tenant == tenant &&
                    (change.kind == Model || change.kind == Asset || change.kind == Point)) {
                    changed->store(true);
                    return;
                }
            }
        });
    epoch_ = around_.registry.sessions().epoch();
    TRY(make_server());
    UA_DataSource source{Callbacks::read, Callbacks::write};
    space_ = std::make_unique<AddressSpace>(server_, "urn:gantry:" + tenant_.id.text(), source,
                                            options_.interval_least, around_.log);
    TRY_ASSIGN(Picture picture, read_picture(around_.registry, around_.directory, tenant_.id));
    space_->aim(std::move(picture));
    space_->work(whole_tree);
    TRY(listen());
    UA_Server_addRepeatedCallback(server_, Callbacks::tick, this, tick_ms, nullptr);
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    return {};
}

Result<> Endpoint::make_server() {
    TRY_ASSIGN(const auto identity, around_.certificates.identity());
    UA_ServerConfig config{};
    config.logging = &logger_;
    Result<> configured;
    if (UA_ServerConfig_setBasics_withPort(&config, 0) != UA_STATUSCODE_GOOD) {
        configured = fail(Code::Internal, "the OPC UA server cannot be set up");
    } else {
        configured = configure(config, identity);
    }
    if (!configured) {
        UA_ServerConfig_clean(&config);
        return configured;
    }
    server_ = UA_Server_newWithConfig(&config);
    if (server_ == nullptr) {
        return fail(Code::Internal, "the OPC UA server cannot be made");
    }
    return {};
}

Result<> Endpoint::configure(UA_ServerConfig& config, const connector::opcua::Identity& identity) {
    TRY_ASSIGN(const HostPort where, parse_host_port(listen_));
    const bool six = where.host.find(':') != std::string::npos;
    replace(config.serverUrls[0], std::format("opc.tcp://{}{}{}:{}", six ? "[" : "", where.host,
                                              six ? "]" : "", where.port));
    config.context = this;
    replace(config.buildInfo.manufacturerName, "Gantry");
    replace(config.buildInfo.productName, "Gantry");
    replace(config.buildInfo.productUri, "urn:gantry");
    replace(config.buildInfo.softwareVersion, around_.version);
    replace(config.buildInfo.buildNumber, around_.version);
    replace(config.applicationDescription.applicationUri, identity.application_uri);
    replace(config.applicationDescription.productUri, "urn:gantry");
    replace(config.applicationDescription.applicationName.text,
            "Gantry, " + tenant_.name.in(Language::English));
    config.allowEmptyVariables = UA_RULEHANDLING_ACCEPT;
    config.modellingRulesOnInstances = false;
    set_limits(config);
    set_access(config);
    return add_policies(config, identity);
}

Result<> Endpoint::add_policies(UA_ServerConfig& config,
                                const connector::opcua::Identity& identity) {
    const UA_ByteString certificate = lend(identity.certificate);
    const UA_ByteString key = lend(identity.key.reveal());
    UA_StatusCode status = UA_ServerConfig_addSecurityPolicyNone(&config, &certificate);
    config.securityPolicyNoneDiscoveryOnly = true;  // to ask for endpoints, and no more
    config.allowNonePolicyPassword = false;
    // In rising strength.
    if (options_.basic256sha256) {
        status |= UA_ServerConfig_addSecurityPolicyBasic256Sha256(&config, &certificate, &key);
    }
    status |= UA_ServerConfig_addSecurityPolicyAes128Sha256RsaOaep(&config, &certificate, &key);
    status |= UA_ServerConfig_addSecurityPolicyAes256Sha256RsaPss(&config, &certificate, &key);
    for (std::size_t i = 1; i < config.securityPoliciesSize; ++i) {
        status |= UA_ServerConfig_addEndpoint(&config, config.securityPolicies[i].policyUri,
                                              UA_MESSAGESECURITYMODE_SIGNANDENCRYPT);
    }
    if (status != UA_STATUSCODE_GOOD) {
        return fail(Code::Internal, "the OPC UA server cannot use its certificate");
    }
    for (std::size_t i = 0; i < config.endpointsSize; ++i) {
        config.endpoints[i].securityLevel = static_cast<UA_Byte>(i + 1);
    }
    return {};
}

void Endpoint::set_limits(UA_ServerConfig& config) const {
    const auto nodes = static_cast<UA_UInt32>(options_.nodes_per_request);
    config.tcpMaxMsgSize = static_cast<UA_UInt32>(options_.message_bytes_max);
    config.tcpMaxChunks = 0;
    config.maxSecureChannels = static_cast<UA_UInt16>(options_.connections_max);
    config.maxSessions = static_cast<UA_UInt16>(options_.sessions_max);
    config.maxSessionTimeout = milliseconds(options_.session_timeout_max);
    config.maxNodesPerRead = nodes;
    config.maxNodesPerWrite = writes_per_request;
    config.maxNodesPerMethodCall = calls_per_request;
    config.maxNodesPerBrowse = nodes;
    config.maxNodesPerRegisterNodes = nodes;
    config.maxNodesPerTranslateBrowsePathsToNodeIds = nodes;
    config.maxNodesPerNodeManagement = 1;  // nobody may
    config.maxMonitoredItemsPerCall = nodes;
    config.maxSubscriptions = static_cast<UA_UInt32>(options_.subscriptions_max);
    config.maxSubscriptionsPerSession = static_cast<UA_UInt32>(options_.subscriptions_per_session);
    config.maxMonitoredItems = static_cast<UA_UInt32>(options_.monitored_items_max);
    config.maxPublishReqPerSession = static_cast<UA_UInt32>(options_.publish_requests_per_session);
    config.maxNotificationsPerPublish = notifications_per_publish;
    config.maxRetransmissionQueueSize = kept_for_republish;
    const double least = milliseconds(options_.interval_least);
    config.publishingIntervalLimits.min = least;
    config.samplingIntervalLimits.min = least;
    config.queueSizeLimits.max = static_cast<UA_UInt32>(options_.queue_size_max);
    config.accessHistoryDataCapability = true;
    config.maxReturnDataValues = static_cast<UA_UInt32>(options_.history_values_max);
}

void Endpoint::set_access(UA_ServerConfig& config) {
    for (UA_CertificateVerification* each : {&config.secureChannelPKI, &config.sessionPKI}) {
        if (each->clear != nullptr) {
            each->clear(each);
        }
        *each = {};
        each->context = this;
        each->verifyCertificate = Callbacks::verify;
        each->verifyApplicationURI = Callbacks::verify_uri;
        each->logging = &logger_;
    }
    token_policies_[0] = {};
    token_policies_[0].policyId = lend("token");
    token_policies_[0].tokenType = UA_USERTOKENTYPE_USERNAME;
    token_policies_[1] = {};
    token_policies_[1].policyId = lend("certificate");
    token_policies_[1].tokenType = UA_USERTOKENTYPE_CERTIFICATE;
    UA_AccessControl& access = config.accessControl;
    access.userTokenPolicies = token_policies_.data();
    access.userTokenPoliciesSize = users_.empty() ? 1 : 2;
    access.activateSession = Callbacks::activate;
    access.closeSession = Callbacks::close;
    access.getUserRightsMask = Callbacks::rights;
    access.getUserAccessLevel = Callbacks::access_level;
    access.getUserExecutable = Callbacks::executable;
    access.getUserExecutableOnObject = Callbacks::executable_on;
    access.allowAddNode = Callbacks::never<UA_AddNodesItem>;
    access.allowAddReference = Callbacks::never<UA_AddReferencesItem>;
    access.allowDeleteNode = Callbacks::never<UA_DeleteNodesItem>;
    access.allowDeleteReference = Callbacks::never<UA_DeleteReferencesItem>;
    access.allowBrowseNode = Callbacks::browse;
    access.allowTransferSubscription = Callbacks::transfer;
    config.monitoredItemRegisterCallback = Callbacks::monitored;
    set_history(config);
}

Result<> Endpoint::listen() {
    const UA_StatusCode status = UA_Server_run_startup(server_);
    if (status != UA_STATUSCODE_GOOD) {
        return fail(Code::Conflict, "opcua_server.endpoints: cannot listen on {}: is it in use?",
                    listen_);
    }
    UA_ApplicationDescription& about = UA_Server_getConfig(server_)->applicationDescription;
    const std::string host = listen_.substr(0, listen_.rfind(':'));
    std::string port = listen_.substr(listen_.rfind(':') + 1);
    if (about.discoveryUrlsSize > 0) {
        const std::string_view url = view(about.discoveryUrls[0]);
        port = url.substr(url.rfind(':') + 1);
    }
    address_ = host + ":" + port;
    // Clients go where this says: not to every address there is, nor to port 0.
    UA_Array_delete(about.discoveryUrls, about.discoveryUrlsSize, &UA_TYPES[UA_TYPES_STRING]);
    about.discoveryUrls = static_cast<UA_String*>(UA_Array_new(1, &UA_TYPES[UA_TYPES_STRING]));
    about.discoveryUrlsSize = 1;
    const bool any = host == "0.0.0.0" || host == "[::]";
    about.discoveryUrls[0] =
        copy(std::format("opc.tcp://{}:{}", any ? connector::opcua::host_name() : host, port));
    return {};
}

void Endpoint::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        UA_Server_run_iterate(server_, true);
    }
    UA_Server_run_shutdown(server_);
}

void Endpoint::stop() {
    if (thread_.joinable()) {
        thread_.request_stop();
        thread_.join();
    }
    writes_.stop();
    if (picture_.valid()) {
        picture_.wait();
    }
    if (server_ != nullptr) {
        UA_Server_delete(server_);
        server_ = nullptr;
    }
    space_.reset();
    sessions_.clear();
    meters_.monitored_items.add(-items_);
    meters_.sessions.add(-std::exchange(counted_sessions_, 0));
    meters_.connections.add(-std::exchange(counted_connections_, 0));
    items_ = 0;
}

void Endpoint::elsewhere(std::move_only_function<void()> job) {
    OffloadPool& pool = around_.offload;
    if (!pool.try_enter()) {
        job();
        return;
    }
    asio::post(pool.threads(), [&pool, job = std::move(job)]() mutable {
        job();
        pool.leave();
    });
}

void Endpoint::tick() {
    follow_registry();
    if (++ticks_ % ticks_per_look == 0) {
        look_after_sessions();
        count();
    }
}

void Endpoint::follow_registry() {
    space_->work(piece);
    if (picture_.valid()) {
        if (picture_.wait_for(0s) != std::future_status::ready) {
            return;
        }
        auto picture = picture_.get();
        if (picture) {
            space_->aim(std::move(*picture));
        } else {
            around_.log.error("opcua_server", "registry cannot be read",
                              {{"detail", picture.error().message}});
            changed_->store(true);
        }
    }
    if (changed_->exchange(false)) {
        auto promise = std::make_shared<std::promise<Result<Picture>>>();
        picture_ = promise->get_future();
        elsewhere([this, promise] {
            promise->set_value(read_picture(around_.registry, around_.directory, tenant_.id));
        });
    }
}

void Endpoint::count() {
    const UA_ServerStatistics now = UA_Server_getStatistics(server_);
    const auto connections = static_cast<std::int64_t>(now.scs.currentChannelCount);
    const auto sessions = static_cast<std::int64_t>(sessions_.size());
    meters_.connections.add(connections - std::exchange(counted_connections_, connections));
    meters_.sessions.add(sessions - std::exchange(counted_sessions_, sessions));
}

UA_StatusCode Endpoint::read_value(const Node& node, UA_DataValue& out) const {
    const auto sample = around_.store.latest(node.point->series);
    if (!sample) {
        return UA_STATUSCODE_BADINTERNALERROR;
    }
    if (!*sample) {
        return UA_STATUSCODE_BADWAITINGFORINITIALDATA;
    }
    put_sample(**sample, out);
    if (out.hasValue) {
        return UA_STATUSCODE_GOOD;
    }
    // The library takes the status of what has no value from here.
    return out.status == UA_STATUSCODE_GOOD ? UA_STATUSCODE_BADWAITINGFORINITIALDATA : out.status;
}

UA_StatusCode Endpoint::write_value(const Session* session, const Node& node,
                                    const UA_DataValue& value) {
    if (session == nullptr) {
        return UA_STATUSCODE_BADUSERACCESSDENIED;
    }
    const Property& property = node.point->point.property;
    auto wanted = value_in(value.value, property.type);
    if (!wanted) {
        return wanted.error().code == Code::TooLarge ? UA_STATUSCODE_BADOUTOFRANGE
                                                     : UA_STATUSCODE_BADTYPEMISMATCH;
    }
    if (!command::check_value(node.point->point, *wanted)) {
        return UA_STATUSCODE_BADOUTOFRANGE;
    }
    meters_.writes.add();
    security::Context context;
    context.identity = session->identity;
    context.tenant = tenant_.id;
    context.address = session->client;
    return writes_.write(node.point, std::move(*wanted), std::move(context));
}

}  // namespace gantry::opcua
