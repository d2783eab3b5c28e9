// SPDX-License-Identifier: Apache-2.0
#include "connector/opcua/client.h"

#include <open62541/client_config_default.h>
#include <open62541/plugin/pki_default.h>
#include <open62541/plugin/securitypolicy_default.h>

#include <algorithm>
#include <array>
#include <optional>

#include "connector/opcua/client_group.h"

namespace gantry::connector::opcua {
namespace {

using namespace std::chrono_literals;
using Endpoint = Ua<UA_EndpointDescription, UA_TYPES_ENDPOINTDESCRIPTION>;
using TokenPolicy = Ua<UA_UserTokenPolicy, UA_TYPES_USERTOKENPOLICY>;

constexpr Duration tick = 20ms;
constexpr UA_UInt32 inactivity_check_ms = 10'000;
constexpr UA_UInt32 goodbye_ms = 1000;
constexpr std::string_view tcp_profile =
    "http://opcfoundation.org/UA-Profile/Transport/uatcp-uasc-uabinary";

UA_UInt32 milliseconds(Duration length) {
    return static_cast<UA_UInt32>(
        std::chrono::duration_cast<std::chrono::milliseconds>(length).count());
}

// open62541 says on its own what it does, for nobody: what matters comes as a status.
UA_Logger* silence() {
    static UA_Logger silent{};
    return &silent;
}

std::optional<Policy> policy_of(std::string_view uri) {
    for (const Policy policy : {Policy::None, Policy::Basic256Sha256, Policy::Aes128Sha256RsaOaep,
                                Policy::Aes256Sha256RsaPss}) {
        if (uri == policy_uri(policy)) {
            return policy;
        }
    }
    return std::nullopt;
}

UA_StatusCode make_policy(Policy policy, const Identity* identity, UA_SecurityPolicy* out) {
    if (policy == Policy::None) {
        return UA_SecurityPolicy_None(out, UA_BYTESTRING_NULL, silence());
    }
    const UA_ByteString certificate = lend(identity->certificate);
    const UA_ByteString key = lend(identity->key.reveal());
    switch (policy) {
        case Policy::Basic256Sha256:
            return UA_SecurityPolicy_Basic256Sha256(out, certificate, key, silence());
        case Policy::Aes128Sha256RsaOaep:
            return UA_SecurityPolicy_Aes128Sha256RsaOaep(out, certificate, key, silence());
        default: return UA_SecurityPolicy_Aes256Sha256RsaPss(out, certificate, key, silence());
    }
}

// An array of one, as a configuration owns it.
Result<> put_policy(Policy policy, const Identity* identity, UA_SecurityPolicy*& policies,
                    std::size_t& count) {
    policies = static_cast<UA_SecurityPolicy*>(UA_calloc(1, sizeof(UA_SecurityPolicy)));
    if (policies == nullptr) {
        return fail(Code::Internal, "out of memory");
    }
    const UA_StatusCode made = make_policy(policy, identity, policies);
    if (is_bad(made)) {
        UA_free(policies);
        policies = nullptr;
        return fail(Code::Internal, "the security policy {} cannot be set up: {}",
                    policy_name(policy), status_name(made));
    }
    count = 1;
    return {};
}

bool wants(const Settings& settings, const UA_EndpointDescription& endpoint) {
    const UA_MessageSecurityMode mode = settings.policy == Policy::None
                                            ? UA_MESSAGESECURITYMODE_NONE
                                        : settings.encrypts ? UA_MESSAGESECURITYMODE_SIGNANDENCRYPT
                                                            : UA_MESSAGESECURITYMODE_SIGN;
    const std::string_view profile = view(endpoint.transportProfileUri);
    return endpoint.securityMode == mode &&
           view(endpoint.securityPolicyUri) == policy_uri(settings.policy) &&
           (profile.empty() || profile == tcp_profile);
}

std::string offer_of(const UA_EndpointDescription& endpoint) {
    const std::string_view uri = view(endpoint.securityPolicyUri);
    const std::string_view name = uri.substr(uri.find('#') + 1);
    if (endpoint.securityMode == UA_MESSAGESECURITYMODE_NONE) {
        return "none";
    }
    return std::format(
        "{} ({})", name,
        endpoint.securityMode == UA_MESSAGESECURITYMODE_SIGN ? "sign" : "sign_and_encrypt");
}

// The first of a chain: that is the server's own.
std::string_view first_certificate(std::string_view chain) {
    if (chain.size() < 4 || chain[0] != 0x30 || chain[1] != '\x82') {
        return chain;
    }
    const std::size_t length = 4 + (static_cast<std::size_t>(static_cast<UA_Byte>(chain[2])) << 8) +
                               static_cast<UA_Byte>(chain[3]);
    return chain.substr(0, length);
}

Result<> check_certificate(const Settings& settings, const UA_EndpointDescription& endpoint) {
    if (settings.policy == Policy::None && settings.user.empty()) {
        return {};
    }
    const std::string_view certificate = first_certificate(view(endpoint.serverCertificate));
    if (certificate.empty()) {
        return fail(Code::Unavailable, "the server shows no certificate, so nothing tells that it "
                                       "is the right one");
    }
    const std::string found = fingerprint_of(certificate);
    if (settings.fingerprint.empty()) {
        return fail(Code::Unavailable,
                    "the server's certificate is not trusted yet. Its SHA-256 fingerprint is {}: "
                    "compare it with what the server itself shows, then set server_certificate to "
                    "it",
                    show_fingerprint(found));
    }
    if (found != settings.fingerprint) {
        return fail(
            Code::Unavailable,
            "the server shows another certificate than the one that is trusted: its SHA-256 "
            "fingerprint is {}, server_certificate says {}. Only if the server has been "
            "given a new one, set server_certificate to that",
            show_fingerprint(found), show_fingerprint(settings.fingerprint));
    }
    return {};
}

// How the user is told to the server. A password never goes out in clear.
Result<const UA_UserTokenPolicy*> choose_token(const Settings& settings,
                                               const UA_EndpointDescription& endpoint) {
    const auto wanted =
        settings.user.empty() ? UA_USERTOKENTYPE_ANONYMOUS : UA_USERTOKENTYPE_USERNAME;
    bool in_clear = false;
    for (std::size_t i = 0; i < endpoint.userIdentityTokensSize; ++i) {
        const UA_UserTokenPolicy& token = endpoint.userIdentityTokens[i];
        if (token.tokenType != wanted) {
            continue;
        }
        if (wanted == UA_USERTOKENTYPE_ANONYMOUS) {
            return &token;
        }
        const std::string_view uri = view(token.securityPolicyUri).empty()
                                         ? view(endpoint.securityPolicyUri)
                                         : view(token.securityPolicyUri);
        const auto policy = policy_of(uri);
        const bool hidden = endpoint.securityMode == UA_MESSAGESECURITYMODE_SIGNANDENCRYPT;
        if (policy && (*policy != Policy::None || hidden)) {
            return &token;
        }
        in_clear = in_clear || policy == Policy::None;
    }
    if (settings.user.empty()) {
        return fail(Code::InvalidArgument, "the server does not let anonymous users in: set user "
                                           "and password");
    }
    return fail(Code::InvalidArgument, "{}",
                in_clear ? "the server takes the password in clear only, which is refused: "
                           "use a security policy with sign_and_encrypt"
                         : "the server takes no user name and password at this endpoint, or "
                           "none that a policy of today protects");
}

UA_Client* new_client(UA_ClientConfig& config, Duration timeout) {
    config.logging = silence();
    config.timeout = milliseconds(timeout);
    config.noReconnect = true;
    config.noNewSession = true;
    if (is_bad(UA_ClientConfig_setDefault(&config))) {
        UA_ClientConfig_clear(&config);
        return nullptr;
    }
    UA_Client* out = UA_Client_newWithConfig(&config);
    if (out == nullptr) {
        UA_ClientConfig_clear(&config);
    }
    return out;
}

// Runs the client until it is so, or why that cannot be.
template <class Condition>
UA_StatusCode run_until(UA_Client* client, Duration at_most, const std::atomic<bool>& hurry,
                        Condition condition) {
    const auto until = std::chrono::steady_clock::now() + at_most;
    UA_StatusCode status = UA_STATUSCODE_GOOD;
    while (!is_bad(status) && !condition()) {
        status = hurry ? UA_STATUSCODE_BADREQUESTCANCELLEDBYCLIENT
                 : std::chrono::steady_clock::now() > until
                     ? UA_STATUSCODE_BADTIMEOUT
                     : UA_Client_run_iterate(client, milliseconds(tick));
    }
    return status;
}

}  // namespace

Client::Client(const Settings& settings) : settings_(settings) {}

Client::~Client() {
    if (client_ != nullptr) {
        // Of a server that is gone nobody waits for a goodbye.
        UA_Client_getConfig(client_)->timeout = goodbye_ms;
        UA_Client_delete(client_);
    }
}

Error Client::lost(UA_StatusCode status) const {
    const std::string where = std::format("{}: {}", settings_.endpoint, status_name(status));
    switch (status) {
        case UA_STATUSCODE_BADTIMEOUT:
            return {
                Code::Timeout,
                where + ": no answer in time: is the address right, and is the server reachable?",
                {}};
        case UA_STATUSCODE_BADIDENTITYTOKENREJECTED:
        case UA_STATUSCODE_BADIDENTITYTOKENINVALID:
        case UA_STATUSCODE_BADUSERACCESSDENIED:
            return {Code::InvalidArgument,
                    where + ": the server refuses the user: check user and password",
                    {}};
        case UA_STATUSCODE_BADCONNECTIONREJECTED:
        case UA_STATUSCODE_BADCONNECTIONCLOSED:
        case UA_STATUSCODE_BADDISCONNECT:
        case UA_STATUSCODE_BADNOTCONNECTED:
            return {Code::Unavailable,
                    where + ": there is no connection: is the server on, and is the port right?",
                    {}};
        case UA_STATUSCODE_BADCERTIFICATEUNTRUSTED:
        case UA_STATUSCODE_BADCERTIFICATEINVALID:
        case UA_STATUSCODE_BADSECURITYCHECKSFAILED:
            return {Code::Unavailable,
                    where + ": the server does not trust this node's certificate: have it accepted "
                            "at the server",
                    {}};
        default: return {Code::Unavailable, where, {}};
    }
}

Result<> Client::connect(CertificateStore* certificates, const std::atomic<bool>& hurry) {
    Endpoint endpoint;
    TokenPolicy token;
    TRY(choose_endpoint(*endpoint, *token, hurry));
    std::optional<Identity> identity;
    if (settings_.policy != Policy::None || !settings_.user.empty()) {
        if (certificates == nullptr) {
            return fail(Code::Internal, "there is no certificate of this node");
        }
        TRY_ASSIGN(identity, certificates->identity());
    }
    if (hurry) {
        return fail(Code::Cancelled, "stopped");
    }
    TRY(set_up(identity ? &*identity : nullptr, *endpoint, *token));
    TRY(make_session(hurry));
    return read_namespaces();
}

Result<> Client::choose_endpoint(UA_EndpointDescription& chosen, UA_UserTokenPolicy& token,
                                 const std::atomic<bool>& hurry) {
    UA_ClientConfig config{};
    // Or it would look for the server elsewhere.
    config.endpoint.endpointUrl = copy(settings_.endpoint);
    config.endpoint.securityMode = UA_MESSAGESECURITYMODE_NONE;
    config.endpoint.securityPolicyUri = copy(policy_uri(Policy::None));
    UA_Client* client = new_client(config, settings_.connect_timeout);
    if (client == nullptr) {
        return fail(Code::Internal, "no OPC UA client could be made");
    }
    std::size_t count = 0;
    UA_EndpointDescription* endpoints = nullptr;
    UA_StatusCode got = UA_Client_connectSecureChannelAsync(client, settings_.endpoint.c_str());
    if (!is_bad(got)) {
        got = run_until(client, settings_.connect_timeout, hurry, [client] {
            UA_SecureChannelState channel = UA_SECURECHANNELSTATE_CLOSED;
            UA_Client_getState(client, &channel, nullptr, nullptr);
            return channel == UA_SECURECHANNELSTATE_OPEN;
        });
    }
    if (!is_bad(got)) {
        got = UA_Client_getEndpoints(client, settings_.endpoint.c_str(), &count, &endpoints);
    }
    UA_Client_getConfig(client)->timeout = goodbye_ms;
    UA_Client_delete(client);
    const auto release = [count](UA_EndpointDescription* array) {
        UA_Array_delete(array, count, &UA_TYPES[UA_TYPES_ENDPOINTDESCRIPTION]);
    };
    const std::unique_ptr<UA_EndpointDescription, decltype(release)> held(endpoints, release);
    if (is_bad(got)) {
        return std::unexpected(lost(got));
    }
    const std::span all(endpoints, count);
    const auto found = std::ranges::find_if(
        all, [this](const UA_EndpointDescription& each) { return wants(settings_, each); });
    if (found == all.end()) {
        std::string offers;
        for (const UA_EndpointDescription& each : all) {
            offers += (offers.empty() ? "" : ", ") + offer_of(each);
        }
        return fail(Code::Unavailable,
                    "{}: the server does not offer the security policy {}{}; it offers {}",
                    settings_.endpoint, settings_.security,
                    settings_.policy == Policy::None ? "" : std::format(" ({})", settings_.mode),
                    offers.empty() ? "none at all" : offers);
    }
    TRY(check_certificate(settings_, *found));
    TRY_ASSIGN(const UA_UserTokenPolicy* user, choose_token(settings_, *found));
    UA_UserTokenPolicy_copy(user, &token);
    UA_EndpointDescription_copy(&*found, &chosen);
    about_ = std::format("{}, {}", offer_of(*found), view(found->server.applicationName.text));
    return {};
}

Result<> Client::set_up(const Identity* identity, const UA_EndpointDescription& endpoint,
                        const UA_UserTokenPolicy& token) {
    UA_ClientConfig config{};
    config.clientContext = this;
    UA_EndpointDescription_copy(&endpoint, &config.endpoint);
    // Servers name themselves as their own network knows them; we have reached this one as we did.
    UA_String_clear(&config.endpoint.endpointUrl);
    config.endpoint.endpointUrl = copy(settings_.endpoint);
    UA_UserTokenPolicy_copy(&token, &config.userTokenPolicy);
    config.securityMode = endpoint.securityMode;
    UA_String_copy(&endpoint.securityPolicyUri, &config.securityPolicyUri);
    config.sessionName = copy("Gantry");
    config.clientDescription.applicationUri =
        copy(identity != nullptr ? identity->application_uri : "urn:gantry");
    config.clientDescription.productUri = copy("urn:gantry");
    config.clientDescription.applicationName = {UA_STRING_NULL, copy("Gantry")};
    config.clientDescription.applicationType = UA_APPLICATIONTYPE_CLIENT;
    config.connectivityCheckInterval = inactivity_check_ms;
    config.inactivityCallback = &Client::on_inactivity;
    config.subscriptionInactivityCallback = &Client::on_silence;
    Result<> ready = put_policy(settings_.policy, identity, config.securityPolicies,
                                config.securityPoliciesSize);
    if (ready && !settings_.user.empty()) {
        const std::string_view uri = view(token.securityPolicyUri).empty()
                                         ? view(endpoint.securityPolicyUri)
                                         : view(token.securityPolicyUri);
        const Policy policy = policy_of(uri).value_or(Policy::None);
        if (policy != Policy::None) {
            ready = put_policy(policy, identity, config.authSecurityPolicies,
                               config.authSecurityPoliciesSize);
        }
        std::string password(settings_.password.reveal());
        UA_ClientConfig_setAuthenticationUsername(&config, settings_.user.c_str(),
                                                  password.c_str());
        explicit_bzero(password.data(), password.size());
    }
    if (!ready) {
        config.logging = silence();
        UA_ClientConfig_clear(&config);
        return ready;
    }
    client_ = new_client(config, settings_.timeout);
    return client_ != nullptr ? Result<>{} : fail(Code::Internal, "no OPC UA client could be made");
}

Result<> Client::make_session(const std::atomic<bool>& hurry) {
    UA_StatusCode status = UA_Client_connectAsync(client_, settings_.endpoint.c_str());
    if (!is_bad(status)) {
        status = run_until(client_, settings_.connect_timeout, hurry, [this] {
            UA_SessionState session = UA_SESSIONSTATE_CLOSED;
            UA_Client_getState(client_, nullptr, &session, nullptr);
            return session == UA_SESSIONSTATE_ACTIVATED;
        });
    }
    return is_bad(status) ? std::unexpected(lost(status)) : Result<>{};
}

Result<> Client::iterate(Duration at_most) {
    const UA_StatusCode status = UA_Client_run_iterate(client_, milliseconds(at_most));
    if (!over_.empty()) {
        return fail(Code::Unavailable, "{}: {}", settings_.endpoint, over_);
    }
    if (is_bad(status)) {
        return std::unexpected(lost(status));
    }
    UA_SessionState session = UA_SESSIONSTATE_CLOSED;
    UA_SecureChannelState channel = UA_SECURECHANNELSTATE_CLOSED;
    UA_Client_getState(client_, &channel, &session, nullptr);
    if (session != UA_SESSIONSTATE_ACTIVATED) {
        return std::unexpected(lost(UA_STATUSCODE_BADCONNECTIONCLOSED));
    }
    return {};
}

void Client::on_inactivity(UA_Client* client) {
    auto* self = static_cast<Client*>(UA_Client_getContext(client));
    self->over_ = "the server does not answer any more";
}

}  // namespace gantry::connector::opcua
