// SPDX-License-Identifier: Apache-2.0
// Who comes in, and what they may do.
#include "opcua/endpoint.h"
#include "opcua/values.h"

namespace gantry::opcua {
namespace {

using connector::opcua::fingerprint_of;

// For the limits on tries, which count by address: the library does not tell it, but a client that
// comes this far has a certificate that is trusted.
std::string peer_of(const std::string& client) { return "opcua " + client + ":0"; }

// What may be known of somebody who is not let in is nothing.
std::unexpected<Error> wrong_credentials() {
    return fail(Code::Unauthenticated,
                "the user name is the login of a principal of this tenant, the password one of its "
                "API tokens");
}

}  // namespace

UA_StatusCode Endpoint::check_client(const UA_ByteString& chain) {
    const std::string_view leaf = leaf_of(view(chain));
    if (trust_.trusts(leaf)) {
        return UA_STATUSCODE_GOOD;
    }
    meters_.untrusted.add();
    return leaf.empty() ? UA_STATUSCODE_BADCERTIFICATEINVALID
                        : UA_STATUSCODE_BADCERTIFICATEUNTRUSTED;
}

UA_StatusCode Endpoint::activate(const UA_ByteString* client, const UA_NodeId& session,
                                 const UA_ExtensionObject& token, void** context) {
    const std::string fingerprint = fingerprint_of(leaf_of(view(*client)));
    std::string login;
    auto identity = identify(token, fingerprint, login);
    Result<> outcome;
    if (identity) {
        outcome = admit(**identity);
    } else {
        outcome = std::unexpected(identity.error());
    }
    record_sign_in(login, fingerprint, outcome ? identity->get() : nullptr, outcome);
    if (!outcome) {
        meters_.denied.add();
        return outcome.error().code == Code::Unauthenticated
                   ? UA_STATUSCODE_BADIDENTITYTOKENREJECTED
                   : UA_STATUSCODE_BADUSERACCESSDENIED;
    }
    std::unique_ptr<Session>& kept = sessions_[*context];
    if (*context == nullptr || !kept) {
        sessions_.erase(*context);
        auto made = std::make_unique<Session>();
        UA_NodeId_copy(&session, &*made->id);
        *context = made.get();
        sessions_[made.get()] = std::move(made);
    }
    auto& now = *static_cast<Session*>(*context);
    now.identity = std::move(*identity);
    now.client = fingerprint;
    now.history.clear();
    good_until_ = std::min(good_until_, now.identity->expires);
    return UA_STATUSCODE_GOOD;
}

Result<std::shared_ptr<const security::Identity>> Endpoint::identify(
    const UA_ExtensionObject& token, const std::string& client, std::string& login) {
    const bool decoded = token.encoding == UA_EXTENSIONOBJECT_DECODED ||
                         token.encoding == UA_EXTENSIONOBJECT_DECODED_NODELETE;
    const UA_DataType* type = decoded ? token.content.decoded.type : nullptr;
    if (type == &UA_TYPES[UA_TYPES_USERNAMEIDENTITYTOKEN]) {
        const auto& shown = *static_cast<UA_UserNameIdentityToken*>(token.content.decoded.data);
        login = view(shown.userName);
        return by_token(login, std::string(view(shown.password)), client);
    }
    if (type == &UA_TYPES[UA_TYPES_X509IDENTITYTOKEN]) {
        const auto& shown = *static_cast<UA_X509IdentityToken*>(token.content.decoded.data);
        // The library has checked that the client has its key.
        const std::string fingerprint = fingerprint_of(leaf_of(view(shown.certificateData)));
        const auto found = users_.find(fingerprint);
        login = found == users_.end() ? fingerprint : found->second;
        return found == users_.end() ? wrong_credentials() : by_certificate(login);
    }
    return wrong_credentials();
}

Result<std::shared_ptr<const security::Identity>> Endpoint::by_token(const std::string& login,
                                                                     const std::string& token,
                                                                     const std::string& client) {
    auto& sessions = around_.registry.sessions();
    auto known = sessions.remembered(token);
    if (!known) {
        TRY(sessions.may_try(login, peer_of(client)));
        auto found = sessions.verify(token);
        const bool right = found && (*found)->login == login;
        if (right || found || found.error().code == Code::Unauthenticated) {
            sessions.tried(login, peer_of(client), right);
        }
        if (!found && found.error().code != Code::Unauthenticated) {
            return found;
        }
        if (!right) {
            return wrong_credentials();
        }
        known = std::move(*found);
    }
    if (known->login != login || known->tenant != tenant_.id) {
        return wrong_credentials();
    }
    return known;
}

Result<std::shared_ptr<const security::Identity>> Endpoint::by_certificate(
    const std::string& login) {
    auto& principals = around_.registry.principals();
    const auto principal = principals.get(tenant_.id, login);
    if (!principal) {
        return wrong_credentials();
    }
    auto statements = principals.rights(tenant_.id, principal->id);
    if (!statements) {
        return wrong_credentials();
    }
    return std::make_shared<const security::Identity>(
        security::Identity{.principal = principal->id,
                           .login = principal->login,
                           .tenant = tenant_.id,
                           .token = {},
                           .statements = std::move(*statements),
                           .must_change_password = false,
                           .operates_platform = false,
                           .expires = time_max});
}

Result<> Endpoint::admit(const security::Identity& identity) const {
    if (identity.must_change_password) {
        return fail(Code::Forbidden, "the first password must be changed first");
    }
    if (!security::may_anywhere(identity.statements, "points:read")) {
        return fail(Code::Forbidden, "this needs the permission points:read");
    }
    return {};
}

void Endpoint::record_sign_in(const std::string& login, const std::string& client,
                              const security::Identity* identity, const Result<>& outcome) {
    security::AuditEntry entry;
    entry.tenant = identity != nullptr ? tenant_.id.text() : "";
    entry.principal = identity != nullptr ? identity->principal.text() : "";
    entry.action = "sign_in";
    entry.object = login.substr(0, 128);
    entry.outcome = outcome ? "ok" : "denied";
    entry.detail = outcome ? "opcua" : "opcua: " + outcome.error().message;
    entry.address = client;
    elsewhere([&audit = around_.audit, &log = around_.log, entry = std::move(entry)]() mutable {
        if (const auto kept = audit.record(std::move(entry)); !kept) {
            log.error("opcua_server", "audit log cannot be written",
                      {{"detail", kept.error().message}});
        }
    });
}

// Whose token was taken back is put out; of others it is asked anew what they may do.
void Endpoint::look_after_sessions() {
    auto& sessions = around_.registry.sessions();
    const std::uint64_t epoch = sessions.epoch();
    if (epoch == epoch_ && around_.clock.now() < good_until_) {
        return;
    }
    epoch_ = epoch;
    good_until_ = time_max;
    std::vector<connector::opcua::UaNodeId> over;
    for (const auto& [key, session] : sessions_) {
        const auto& before = *session->identity;
        auto now = before.token.empty() ? by_certificate(before.login)
                                        : sessions.identity_of(before.token);
        if (now && admit(**now)) {
            session->identity = std::move(*now);
            good_until_ = std::min(good_until_, session->identity->expires);
        } else if (now || now.error().code == Code::Unauthenticated) {
            UA_NodeId_copy(&*session->id, &*over.emplace_back());
        } else {
            good_until_ = 0;  // again in a moment
        }
    }
    for (const auto& id : over) {
        UA_Server_closeSession(server_, &*id);
    }
}

UA_Byte Endpoint::access_level(const Session* session, const UA_NodeId& id,
                               const Node* node) const {
    if (session == nullptr) {
        return 0;
    }
    if (id.namespaceIndex != space_->name_space()) {
        return UA_ACCESSLEVELMASK_READ;
    }
    if (node == nullptr || !session->sees(*node)) {
        return 0;
    }
    if (node->kind != Node::Kind::Point) {
        return UA_ACCESSLEVELMASK_READ;
    }
    UA_Byte out = 0;
    if (session->may("samples:read", node->path)) {
        out |= UA_ACCESSLEVELMASK_READ | UA_ACCESSLEVELMASK_HISTORYREAD;
    }
    if (node->point->point.property.access == Access::ReadWrite &&
        session->may("commands:write", node->path)) {
        out |= UA_ACCESSLEVELMASK_WRITE;
    }
    return out;
}

bool Endpoint::may_browse(const Session* session, const UA_NodeId& id, const Node* node) const {
    if (session == nullptr) {
        return false;
    }
    return id.namespaceIndex != space_->name_space() || (node != nullptr && session->sees(*node));
}

}  // namespace gantry::opcua
