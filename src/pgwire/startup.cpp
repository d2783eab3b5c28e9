// SPDX-License-Identifier: Apache-2.0
// The beginning of a session: TLS, who is asking, which tenant. PostgreSQL 17's manual, 53.2.1 and
// 53.3.
#include <array>

#include "base/encoding.h"
#include "pgwire/catalogue.h"
#include "pgwire/session.h"

namespace gantry::pgwire {
namespace {

constexpr std::string_view scram = "SCRAM-SHA-256";
constexpr std::string_view scram_plus = "SCRAM-SHA-256-PLUS";
constexpr std::size_t sign_in_bytes_max = 8 * 1024;

// What is said of a wrong login, a wrong password and another tenant's database alike.
constexpr std::string_view wrong_password =
    "password authentication failed: the user is the login of a principal, the password one of its "
    "API tokens, made since this door exists";

std::string_view state_of(const Error& error) {
    switch (error.code) {
        case Code::Unauthenticated: return "28P01";
        case Code::RateLimited: return "53300";
        case Code::NotFound: return "3D000";
        case Code::InvalidArgument: return "08P01";
        default: return "";
    }
}

}  // namespace

asio::awaitable<std::optional<StartupPacket>> Session::read_startup() {
    auto body = co_await read_body(2 * length_bytes, startup_bytes_max, 0);
    if (!body) {
        co_return std::nullopt;
    }
    auto packet = parse_startup(body->second);
    if (!packet) {
        co_await end_with({.severity = "FATAL",
                           .state = packet.error().code == Code::Unsupported ? "0A000" : "08P01",
                           .message = packet.error().message});
        co_return std::nullopt;
    }
    co_return std::move(*packet);
}

asio::awaitable<bool> Session::start_up() {
    using Kind = StartupPacket::Kind;
    bool asked_ssl = false;
    bool asked_gss = false;
    while (true) {
        const auto packet = co_await read_startup();
        if (!packet) {
            co_return false;
        }
        if (packet->kind == Kind::Cancel) {
            server_.connections().cancel({packet->process, packet->secret});
            co_return false;  // without a word, whether there was such a session or not
        }
        bool& asked = packet->kind == Kind::Ssl ? asked_ssl : asked_gss;
        if (packet->kind != Kind::Startup && std::exchange(asked, true)) {
            co_return false;
        }
        if (packet->kind == Kind::Ssl) {
            const bool going_on = co_await turn_to_tls();
            if (!going_on) {
                co_return false;
            }
            continue;
        }
        if (packet->kind == Kind::Gss) {
            out_ += 'N';
            const bool sent = co_await flush();
            if (!sent) {
                co_return false;
            }
            continue;
        }
        auto startup = take_parameters(*packet);
        Result<> in;
        if (startup) {
            in = co_await sign_in(*startup);
        } else {
            in = std::unexpected(startup.error());
        }
        if (!in) {
            Complaint complaint{
                .severity = "FATAL", .state = state_of(in.error()), .message = in.error().message};
            if (complaint.state.empty()) {
                complaint.state = complaint_of({in.error(), {}, 0}).state;
            }
            co_await end_with(std::move(complaint));
            co_return false;
        }
        greet(*startup);
        co_return co_await flush();
    }
}

asio::awaitable<bool> Session::turn_to_tls() {
    // Bytes that came along in the clear would be taken for what the client said under TLS.
    if (!in_.empty() || stream_->encrypted()) {
        co_return false;
    }
    out_ += server_.tls() != nullptr ? 'S' : 'N';
    const bool sent = co_await flush();
    if (!sent || server_.tls() == nullptr) {
        co_return sent;
    }
    auto encrypted =
        co_await server_.tls()->encrypt(std::move(stream_), server_.options().sign_in_timeout);
    if (!encrypted) {
        server_.around().log.debug("postgres", "handshake failed",
                                   {{"detail", encrypted.error().message}});
        co_return false;
    }
    stream_ = std::move(*encrypted);
    co_return true;
}

Result<Session::Startup> Session::take_parameters(const StartupPacket& packet) {
    if (server_.tls() != nullptr && !stream_->encrypted()) {
        return fail(Code::Forbidden, "this server wants TLS: connect with sslmode=require");
    }
    Startup out;
    out.minor = packet.minor;
    for (const auto& [name, value] : packet.parameters) {
        if (name == "user") {
            out.login = value;
        } else if (name == "database") {
            out.database = value;
        } else if (name == "replication" && value != "false" && value != "0" && value != "off") {
            return fail(Code::Unsupported, "this server does not replicate");
        } else if (name.starts_with("_pq_.")) {
            out.unknown_options.push_back(name);
        } else if (name != "options" && name != "replication") {
            // A client that wants a setting that we do not have is better off without.
            const auto taken = run_set({.name = lower(name), .value = value});
            if (!taken && lower(name) == "client_encoding") {
                return std::unexpected(taken.error().error);
            }
        }
    }
    out_.clear();  // what the settings had to say
    if (out.login.empty()) {
        return fail(Code::InvalidArgument, "the startup message names no user");
    }
    if (!is_utf8(out.login) || !is_utf8(out.database)) {
        return fail(Code::InvalidArgument, "the startup message is not UTF-8");
    }
    if (out.database.empty()) {
        out.database = out.login;
    }
    return out;
}

asio::awaitable<Result<>> Session::sign_in(const Startup& startup) {
    auto& sessions = server_.around().registry.sessions();
    const auto allowed = sessions.may_try(startup.login, context_.address);
    if (!allowed) {
        co_return allowed;
    }
    Result<> outcome;
    const auto verifiers = co_await offload(server_.around().offload, [&sessions, &startup] {
        return sessions.verifiers(startup.login);
    });
    if (!verifiers) {
        co_return std::unexpected(verifiers.error());
    }
    const auto token = co_await prove(*verifiers);
    if (token) {
        outcome = co_await admit(startup, *token);
    } else {
        outcome = std::unexpected(token.error());
    }
    if (!outcome && outcome.error().code == Code::Unauthenticated) {
        outcome.error().message = wrong_password;
    }
    // Who goes away in the middle has neither shown nor lost anything.
    if (outcome || outcome.error().code == Code::Unauthenticated) {
        sessions.tried(startup.login, context_.address, outcome.has_value());
    }
    if (!outcome) {
        server_.meters().denied.add();
    }
    co_await audit(startup, outcome);
    co_return outcome;
}

// RFC 5802 in SASL's messages. Which token of the principal it was.
Async<TokenId> Session::prove(const registry::TokenVerifiers& verifiers) {
    const bool bindable = stream_->encrypted() && !server_.tls()->end_point().empty();
    std::vector<std::string_view> mechanisms = {scram};
    if (bindable) {
        mechanisms.insert(mechanisms.begin(), scram_plus);
    }
    writer_.authentication_sasl(mechanisms);
    const bool asked = co_await flush();
    const std::unexpected<Error> over = fail(Code::Cancelled, "the client went away");
    if (!asked) {
        co_return over;
    }
    const auto first = co_await read_message(sign_in_bytes_max);
    if (!first) {
        co_return over;
    }
    CO_TRY_ASSIGN(const SaslInitial initial,
                  first->letter == 'p'
                      ? parse_sasl_initial(first->body)
                      : fail(Code::InvalidArgument, "a password message was expected"));
    if (std::ranges::find(mechanisms, initial.mechanism) == mechanisms.end()) {
        co_return fail(Code::InvalidArgument, "the SASL mechanism is not one of those offered");
    }
    security::ScramServer exchange({.plus = initial.mechanism == scram_plus,
                                    .offered = bindable,
                                    .end_point = bindable
                                                     ? std::string_view(server_.tls()->end_point())
                                                     : std::string_view()});
    std::array<std::byte, 18> nonce{};
    server_.around().random.fill(nonce);
    CO_TRY_ASSIGN(const std::string challenge,
                  exchange.first(initial.response, to_base64url(nonce), verifiers.salt,
                                 verifiers.iterations));
    writer_.authentication_sasl_continue(challenge);
    const bool challenged = co_await flush();
    if (!challenged) {
        co_return over;
    }
    const auto last = co_await read_message(sign_in_bytes_max);
    if (!last) {
        co_return over;
    }
    CO_TRY_ASSIGN(const auto proven,
                  exchange.final(last->letter == 'p' ? last->body : "", verifiers.verifiers));
    writer_.authentication_sasl_final(proven.message);
    co_return verifiers.tokens[proven.verifier];
}

// As a request of the HTTP API would be.
Async<> Session::admit(const Startup& startup, const TokenId& token) {
    auto& sessions = server_.around().registry.sessions();
    epoch_ = sessions.epoch();
    CO_TRY_ASSIGN(context_.identity, co_await offload(server_.around().offload,
                                                      [&] { return sessions.identity_of(token); }));
    context_.tenant = context_.identity->tenant;
    if (context_.identity->must_change_password) {
        co_return fail(Code::Forbidden,
                       "change your password first: sign in at the console, or PUT "
                       "/v1/session/password");
    }
    if (!security::may_anywhere(context_.identity->statements, "sql:read")) {
        co_return fail(Code::Forbidden, "this needs the permission sql:read");
    }
    CO_TRY(co_await choose_tenant(startup.database));
    if (!server_.connections().take_place(context_.tenant,
                                          server_.options().connections_per_tenant)) {
        server_.meters().refused.add();
        co_return fail(Code::RateLimited, "the tenant has {} connections, which is the most",
                       server_.options().connections_per_tenant);
    }
    placed_ = true;
    co_return Result<>{};
}

// The database is the tenant's key; only who operates the platform may name another's.
Async<> Session::choose_tenant(const std::string& database) {
    auto& tenants = server_.around().registry.tenants();
    CO_TRY_ASSIGN(const auto own, co_await offload(server_.around().offload, [&] {
                      return tenants.get(context_.tenant.text());
                  }));
    database_ = own.key;
    if (database == own.key || database == own.id.text()) {
        co_return Result<>{};
    }
    const std::unexpected<Error> unknown = fail(
        Code::NotFound, "there is no database \"{}\" for you: yours is \"{}\"", database, own.key);
    if (!context_.identity->operates_platform) {
        co_return unknown;
    }
    const auto other =
        co_await offload(server_.around().offload, [&] { return tenants.get(database); });
    if (!other) {
        co_return unknown;
    }
    context_.tenant = other->id;
    database_ = other->key;
    co_return Result<>{};
}

// As the sign-in by HTTP is recorded.
asio::awaitable<void> Session::audit(const Startup& startup, const Result<>& outcome) {
    if (!outcome && outcome.error().code == Code::Cancelled) {
        co_return;
    }
    security::AuditEntry entry;
    entry.tenant = context_.identity ? context_.tenant.text() : "";
    entry.principal = context_.identity ? context_.identity->principal.text() : "";
    entry.action = "sign_in";
    entry.object = startup.login.substr(0, 128);
    entry.outcome = outcome ? "ok" : "denied";
    entry.detail = outcome ? "postgres" : "postgres: " + outcome.error().message;
    entry.address = context_.address;
    entry.trace = context_.trace;
    auto& log = server_.around().audit;
    const auto kept =
        co_await offload(server_.around().offload, [&] { return log.record(std::move(entry)); });
    if (!kept) {
        server_.around().log.error("postgres", "audit log cannot be written",
                                   {{"detail", kept.error().message}});
    }
}

void Session::greet(const Startup& startup) {
    if (startup.minor > 0 || !startup.unknown_options.empty()) {
        writer_.negotiate_version(0, startup.unknown_options);
    }
    writer_.authentication_ok();
    for (const std::string name :
         {"server_version", "server_encoding", "client_encoding", "application_name", "DateStyle",
          "IntervalStyle", "TimeZone", "integer_datetimes", "is_superuser", "session_authorization",
          "standard_conforming_strings", "default_transaction_read_only", "in_hot_standby"}) {
        writer_.parameter_status(name, setting(lower(name)));
    }
    key_ = server_.connections().enter(stop_);
    writer_.backend_key_data(key_.process, key_.secret);
    writer_.ready_for_query(transaction_);
    admitted_ = true;
}

}  // namespace gantry::pgwire
