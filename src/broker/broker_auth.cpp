// SPDX-License-Identifier: Apache-2.0
// Enhanced authentication (4.12): the core speaks MQTT, we SCRAM. Before it is known who somebody
// is, and so which tenant's, the core is the lobby's.
#include <boost/asio/cancel_after.hpp>

#include "broker/broker.h"

namespace gantry::broker {

using mqtt::Admission;
using mqtt::Reason;
using Verdict = mqtt::Admission::Verdict;

namespace {

// Of an AUTH of who is not in yet.
constexpr std::size_t auth_bytes_max = 8 * 1024;

// A DISCONNECT has fewer words than a CONNACK (table 3-10).
Reason disconnect_reason(Reason reason) {
    switch (reason) {
        case Reason::ConnectionRateExceeded: return reason;
        case Reason::ServerUnavailable: return Reason::ServerBusy;
        default: return Reason::NotAuthorized;
    }
}

}  // namespace

std::unique_ptr<ScramSignIn> Broker::make_sign_in(const Link& link) {
    return std::make_unique<ScramSignIn>(around_.registry, around_.offload, around_.random,
                                         link.peer);
}

asio::awaitable<Broker::Admitted> Broker::admit_by_scram(Link& link, std::string login,
                                                         std::string& connect) {
    struct Guest {
        mqtt::Core& lobby;
        mqtt::ConnectionId id;
        explicit Guest(mqtt::Core& at) : lobby(at), id(at.open()) {}
        ~Guest() {
            lobby.lose(id);
            (void)lobby.take_records();
            (void)lobby.take_ready();
        }
    };
    const Guest guest(*lobby_);
    const std::size_t used = lobby_->receive(guest.id, link.inbox.view());
    connect = link.inbox.view().substr(0, used);
    link.inbox.used(used);
    std::string data = nobody_.take_asked().data;
    const auto sign_in = make_sign_in(link);
    Result<std::shared_ptr<const security::Identity>> who;
    auto challenge = co_await sign_in->first(std::move(data), login);
    if (challenge) {
        lobby_->admit(guest.id, {.verdict = Verdict::Continue,
                                 .reason = Reason::Success,
                                 .principal = {},
                                 .data = std::move(*challenge)});
        auto answer = co_await hear_auth(link, guest.id);
        if (!answer) {
            co_return Admitted{.closed = true};
        }
        who = co_await sign_in->last(std::move(*answer));
    } else {
        who = std::unexpected(challenge.error());
    }
    Admitted out = judge(std::move(who));
    out.data = sign_in->final_message();
    co_await audit(sign_in->login().empty() ? login : sign_in->login(), link, out);
    co_return out;
}

// Sends what the lobby has to say, until it asks about the next AUTH: what is in that. Nothing: it
// has said no, or the other side is gone.
asio::awaitable<std::optional<std::string>> Broker::hear_auth(Link& link, mqtt::ConnectionId id) {
    const Duration until = around_.clock.monotonic() + options_.connect_timeout;
    while (true) {
        link.inbox.used(lobby_->receive(id, link.inbox.view()));
        if (auto asked = nobody_.take_asked(); asked.connection == id) {
            co_return std::move(asked.data);
        }
        const mqtt::Output out = lobby_->take_output(id);
        if (!out.bytes.empty()) {
            const bool written = co_await write_out(link, out.bytes);
            if (!written) {
                co_return std::nullopt;
            }
        }
        if (out.close) {
            co_await link.stream->shut_down();
            co_return std::nullopt;
        }
        const std::size_t whole = lobby_->packet_bytes(id, link.inbox.view());
        const Duration left = until - around_.clock.monotonic();
        if (whole > auth_bytes_max || left <= Duration::zero()) {
            co_return std::nullopt;
        }
        link.inbox.make_room(whole);
        const auto [error, count] = co_await link.stream->async_read_some(
            link.inbox.room(), asio::cancel_after(left, as_result));
        if (error || count == 0) {
            co_return std::nullopt;
        }
        link.inbox.came(count);
    }
}

// Of who is in: as who it was, perhaps with another token. What it sends meanwhile is not read.
asio::awaitable<void> Broker::authenticate_anew(Link& link, std::string data) {
    Space& space = *link.space;
    Admission answer;
    if (!link.sign_in) {
        link.sign_in = make_sign_in(link);
        auto challenge = co_await link.sign_in->first(std::move(data), link.login);
        if (challenge) {
            answer.verdict = Verdict::Continue;
            answer.data = std::move(*challenge);
        } else {
            answer.reason = disconnect_reason(judge(std::unexpected(challenge.error())).reason);
        }
    } else {
        const auto sign_in = std::exchange(link.sign_in, nullptr);
        const Admitted who = judge(co_await sign_in->last(std::move(data)));
        co_await audit(link.login, link, who);
        if (who.identity && who.identity->tenant == space.tenant) {
            answer.verdict = Verdict::Accept;
            answer.principal = who.identity->principal.text();
            answer.data = sign_in->final_message();
            link.token = who.identity->token;
            tokens_good_until_ = std::min(tokens_good_until_, who.identity->expires);
        } else {
            answer.reason = disconnect_reason(who.reason);
        }
    }
    space.core.admit(link.id, answer);
    touch(space);
}

}  // namespace gantry::broker
