// SPDX-License-Identifier: Apache-2.0
// From the first byte of a connection to the core of the tenant whose it is.
#include <boost/asio/cancel_after.hpp>
#include <boost/asio/write.hpp>

#include "broker/broker.h"
#include "mqtt/codec/decode.h"

namespace gantry::broker {

using mqtt::Reason;

namespace {

struct SignIn {
    std::string login;
    std::string token;
    std::string method;  // of enhanced authentication; then there is no token
};

// What a CONNECT that is there whole shows; why it is not let in otherwise.
std::expected<SignIn, Reason> sign_in_of(std::string_view bytes) {
    const auto frame = mqtt::read_frame(bytes, {.connecting = true});
    if (!frame || !*frame) {
        return std::unexpected(Reason::MalformedPacket);
    }
    const auto packet = mqtt::decode_connect(**frame);
    if (!packet) {
        return std::unexpected(packet.error().reason);
    }
    if (packet->client_id.starts_with(inner_prefix)) {
        return std::unexpected(Reason::ClientIdentifierNotValid);
    }
    if (packet->properties.has(mqtt::Property::AuthenticationMethod)) {
        const auto method = packet->properties.text(mqtt::Property::AuthenticationMethod);
        if (method != scram_method) {
            return std::unexpected(Reason::BadAuthenticationMethod);
        }
        return SignIn{std::string(packet->user_name.value_or("")), {}, std::string(method)};
    }
    if (!packet->password || packet->password->empty()) {
        return std::unexpected(Reason::NotAuthorized);  // anonymous
    }
    return SignIn{std::string(packet->user_name.value_or("")), std::string(*packet->password), {}};
}

// No principal of the registry has such an id.
constexpr std::string_view inner_principal = "$bridge";

std::vector<security::Statement> inner_statements() {
    return {{security::Effect::Allow, {"topics:publish", "topics:subscribe"}, ""}};
}

bool may_use_topics(const security::Identity& identity) {
    return security::may_anywhere(identity.statements, "topics:publish") ||
           security::may_anywhere(identity.statements, "topics:subscribe");
}

}  // namespace

std::shared_ptr<const security::Identity> inner_identity(const TenantId& tenant, std::string name) {
    security::Identity out;
    out.principal = PrincipalId(std::string(inner_principal));
    out.login = std::move(name);
    out.tenant = tenant;
    out.statements = inner_statements();
    out.expires = time_max;
    return std::make_shared<const security::Identity>(std::move(out));
}

// Until the CONNECT is there whole. False: it never will be.
asio::awaitable<bool> Broker::read_connect(Link& link, Reason& wrong) {
    const Duration until = around_.clock.monotonic() + options_.connect_timeout;
    while (true) {
        const auto head = mqtt::read_head(link.inbox.view(), {.connecting = true});
        if (!head) {
            wrong = head.error().reason;
            co_return true;  // what is there is enough to be refused
        }
        const std::size_t whole = *head ? (*head)->bytes : 0;
        if (whole > 0 && link.inbox.view().size() >= whole) {
            co_return true;
        }
        link.inbox.make_room(whole);
        const Duration left = until - around_.clock.monotonic();
        if (left <= Duration::zero()) {
            co_return false;
        }
        const auto [error, count] = co_await link.stream->async_read_some(
            link.inbox.room(), asio::cancel_after(left, as_result));
        if (error || count == 0) {
            co_return false;
        }
        link.inbox.came(count);
    }
}

// Not counted by what it shows: who tries many logins comes from somewhere, too.
bool Broker::may_connect(const Link& link) {
    if (options_.connects_per_second == 0) {
        return true;
    }
    if (connects_.take(link.peer.substr(0, link.peer.rfind(':'))).allowed) {
        return true;
    }
    meters_.refused.add();
    return false;
}

// False: the connection is closed.
asio::awaitable<bool> Broker::enter(Link& link) {
    Reason wrong = Reason::Success;
    const bool came = co_await read_connect(link, wrong);
    if (!came) {
        link.stream->close();
        co_return false;
    }
    Admitted admitted{.reason = wrong};
    std::string connect;  // if it is no longer in the inbox
    if (!link.inner && !may_connect(link)) {
        admitted.reason = Reason::ConnectionRateExceeded;
    } else if (wrong == Reason::Success) {
        admitted = co_await admit(link, connect);
    }
    if (!admitted.identity) {
        if (!admitted.closed) {
            co_await turn_away(link, connect.empty() ? link.inbox.view() : connect,
                               admitted.reason);
        }
        link.stream->close();
        co_return false;
    }
    Space& space = space_of(admitted.identity->tenant);
    if (!link.inner &&
        static_cast<std::int64_t>(space.links.size()) >= options_.connections_per_tenant) {
        meters_.refused.add();
        co_await turn_away(link, connect.empty() ? link.inbox.view() : connect,
                           Reason::QuotaExceeded);
        co_return false;
    }
    link.space = &space;
    link.principal = admitted.identity->principal;
    link.token = admitted.identity->token;
    link.login = admitted.identity->login;
    tokens_good_until_ = std::min(tokens_good_until_, admitted.identity->expires);
    if (!link.inner) {
        link.throttle = Throttle({.messages_per_second = options_.messages_per_second,
                                  .bytes_per_second = options_.bytes_per_second,
                                  .burst = options_.rate_burst});
    }
    link.id = space.core.open();
    const std::size_t used =
        space.core.receive(link.id, connect.empty() ? link.inbox.view() : connect);
    if (space.gate.take_asked().connection == link.id) {
        space.core.admit(link.id, {.verdict = mqtt::Admission::Verdict::Accept,
                                   .reason = Reason::Success,
                                   .principal = link.principal.text(),
                                   .data = std::move(admitted.data)});
    }
    link.inbox.used(connect.empty() ? used : 0);
    touch(space);
    co_return true;
}

// `connect` is the CONNECT, if more was read behind it.
asio::awaitable<Broker::Admitted> Broker::admit(Link& link, std::string& connect) {
    if (link.inner) {
        co_return broken_ ? Admitted{.reason = Reason::ServerUnavailable}
                          : Admitted{.identity = link.inner};
    }
    const auto shown = sign_in_of(link.inbox.view());
    if (!shown) {
        meters_.denied.add();
        co_return Admitted{.reason = shown.error()};
    }
    if (broken_) {
        co_return Admitted{.reason = Reason::ServerUnavailable};
    }
    if (!shown->method.empty()) {
        co_return co_await admit_by_scram(link, shown->login, connect);
    }
    const Admitted out = judge(co_await identify(shown->login, shown->token, link.peer));
    co_await audit(shown->login, link, out);
    co_return out;
}

Broker::Admitted Broker::judge(Result<std::shared_ptr<const security::Identity>> identity) {
    if (!identity) {
        switch (identity.error().code) {
            case Code::Unauthenticated: return {.reason = Reason::BadUserNameOrPassword};
            case Code::RateLimited: return {.reason = Reason::ConnectionRateExceeded};
            case Code::InvalidArgument:
            case Code::Unsupported: return {.reason = Reason::NotAuthorized};
            default: return {.reason = Reason::ServerUnavailable};
        }
    }
    if ((*identity)->must_change_password || !may_use_topics(**identity)) {
        return {.reason = Reason::NotAuthorized};
    }
    return {.identity = std::move(*identity)};
}

// The password is an API token, or an access token, of the principal whose login the user name is.
Async<std::shared_ptr<const security::Identity>> Broker::identify(std::string login,
                                                                  std::string token,
                                                                  std::string peer) {
    auto& sessions = around_.registry.sessions();
    const std::unexpected<Error> wrong =
        fail(Code::Unauthenticated, "the user name or the token is wrong");
    auto known = sessions.remembered(token);
    if (!known) {
        CO_TRY(sessions.may_try(login, peer));
        auto found = co_await offload(around_.offload,
                                      [&sessions, &token] { return sessions.verify(token); });
        if (found && (*found)->login == login) {
            sessions.tried(login, peer, true);
        } else if (found || found.error().code == Code::Unauthenticated) {
            sessions.tried(login, peer, false);
            co_return wrong;
        } else {
            co_return std::unexpected(found.error());
        }
        known = std::move(*found);
    }
    if (known->login != login) {
        co_return wrong;
    }
    co_return known;
}

// Machines connect again and again: who is let in is recorded once an hour and address, who is not
// every time.
asio::awaitable<void> Broker::audit(std::string login, const Link& link, const Admitted& admitted) {
    constexpr std::size_t most = 100'000;
    const bool ok = admitted.identity != nullptr;
    if (ok) {
        const std::string host = link.peer.substr(0, link.peer.rfind(':'));
        if (audited_.size() >= most) {
            audited_.clear();
        }
        if (!audited_.insert(admitted.identity->principal.text() + "\n" + host).second) {
            co_return;
        }
    } else {
        meters_.denied.add();
    }
    security::AuditEntry entry;
    entry.tenant = ok ? admitted.identity->tenant.text() : "";
    entry.principal = ok ? admitted.identity->principal.text() : "";
    entry.action = "sign_in";
    entry.object = login.substr(0, 128);
    entry.outcome = ok ? "ok" : "denied";
    entry.detail =
        ok ? "mqtt"
           : std::format("mqtt: reason code 0x{:02x}", static_cast<unsigned>(admitted.reason));
    entry.address = link.peer;
    const auto kept = co_await offload(
        around_.offload, [this, &entry] { return around_.audit.record(std::move(entry)); });
    if (!kept) {
        around_.log.error("mqtt", "audit log cannot be written",
                          {{"detail", kept.error().message}});
    }
}

// A core that lets nobody in says it, as the client's version has it.
asio::awaitable<void> Broker::turn_away(Link& link, std::string_view connect, Reason reason) {
    const mqtt::ConnectionId id = lobby_->open();
    lobby_->receive(id, connect);
    if (nobody_.take_asked().connection == id) {
        lobby_->admit(id, {.verdict = mqtt::Admission::Verdict::Refuse,
                           .reason = reason,
                           .principal = {},
                           .data = {}});
    }
    const std::string answer = lobby_->take_output(id).bytes;
    lobby_->lose(id);
    (void)lobby_->take_records();
    (void)lobby_->take_ready();
    if (!answer.empty()) {
        (void)co_await write_out(link, answer);
        co_await link.stream->shut_down();
    }
    link.stream->close();
}

// Of who is not in yet, for whom nobody waits long.
asio::awaitable<bool> Broker::write_out(Link& link, const std::string& bytes) {
    const auto [error, count] = co_await asio::async_write(
        *link.stream, asio::buffer(bytes), asio::cancel_after(std::chrono::seconds(1), as_result));
    co_return !error;
}

Space& Broker::space_of(const TenantId& tenant) {
    auto& space = spaces_[tenant];
    if (!space) {
        space = std::make_unique<Space>(
            tenant, around_.clock, around_.random,
            [this, tenant](std::string_view principal) -> Result<std::vector<security::Statement>> {
                if (principal == inner_principal) {
                    return inner_statements();
                }
                return around_.registry.principals().rights(tenant,
                                                            PrincipalId(std::string(principal)));
            },
            limits_);
        if (options_.sys_interval > Duration::zero()) {
            space->gate.tell_own([this, &made = *space](std::string_view filter,
                                                        std::vector<mqtt::MessagePtr>& out) {
                own_messages(made, filter, out);
            });
        }
        if (around_.tap != nullptr) {
            space->gate.offer([this, tenant](std::string_view topic) {
                return around_.tap->wants(tenant, topic);
            });
        }
    }
    return *space;
}

// Whose token was taken back is put out, and what others may do is asked anew.
asio::awaitable<void> Broker::check_tokens() {
    auto& sessions = around_.registry.sessions();
    const std::uint64_t epoch = sessions.epoch();
    const Time now = around_.clock.now();
    if (epoch == epoch_ && now < tokens_good_until_) {
        co_return;
    }
    std::map<TokenId, bool> good;
    for (const auto& [tenant, space] : spaces_) {
        space->gate.forget();
        for (const auto& [id, link] : space->links) {
            good.emplace(link->token, link->inner != nullptr);
        }
    }
    Time until = time_max;
    const auto asked = co_await offload(around_.offload, [&]() -> Result<> {
        for (auto& [token, fine] : good) {
            if (fine) {
                continue;  // of a part of this program
            }
            const auto identity = sessions.identity_of(token);
            if (!identity && identity.error().code != Code::Unauthenticated) {
                return std::unexpected(identity.error());
            }
            fine = identity && may_use_topics(**identity);
            if (fine) {
                until = std::min(until, (*identity)->expires);
            }
        }
        return {};
    });
    if (!asked) {
        around_.log.error("mqtt", "tokens cannot be checked", {{"detail", asked.error().message}});
        co_return;  // again in a moment
    }
    epoch_ = epoch;
    tokens_good_until_ = until;
    for (const auto& [tenant, space] : spaces_) {
        for (const auto& [id, link] : space->links) {
            const auto found = good.find(link->token);
            if (found != good.end() && !found->second) {
                space->core.close(id, Reason::NotAuthorized,
                                  "the token is no longer good, or may use no topics");
            }
        }
        touch(*space);
    }
}

}  // namespace gantry::broker
