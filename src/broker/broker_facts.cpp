// SPDX-License-Identifier: Apache-2.0
// What the API asks of the broker and does with it.
#include <boost/asio/post.hpp>

#include "broker/broker.h"
#include "mqtt/codec/topic.h"

namespace gantry::broker {

namespace {

std::unexpected<Error> no_space() {
    return fail(Code::StorageFull,
                "the disk of the broker is full: it is not sure that the message outlives a "
                "restart; send it again when there is space");
}

std::unexpected<Error> off() {
    return fail(Code::Unsupported, "the MQTT broker is off: set mqtt.listen or mqtt.listen_tls");
}

mqtt::Publish packet_of(const Outgoing& message) {
    mqtt::Publish packet;
    packet.topic = message.topic;
    packet.payload = message.payload;
    packet.qos = message.qos;
    packet.retain = message.retain;
    return packet;
}

}  // namespace

// On the broker's thread, with the space of the tenant.
template <class T, class Ask>
Async<T> Broker::ask(TenantId tenant, Ask ask) {
    if (!thread_) {
        co_return off();
    }
    const auto there = [](Broker& broker, TenantId whose, Ask what) -> Async<T> {
        co_return what(broker.space_of(whose));
    };
    co_return co_await run_on(thread_->executor(0),
                              there(*this, std::move(tenant), std::move(ask)));
}

SessionView Broker::view_of(const Space& space, mqtt::SessionFacts facts) const {
    SessionView out;
    if (const auto found = space.links.find(facts.connection); found != space.links.end()) {
        out.login = found->second->login;
        out.address = found->second->peer;
        out.encrypted = found->second->stream->encrypted();
        out.since = found->second->since;
    }
    out.facts = std::move(facts);
    return out;
}

Async<BrokerFacts> Broker::facts(TenantId tenant) {
    if (!thread_) {
        co_return BrokerFacts{};
    }
    co_return co_await ask<BrokerFacts>(
        std::move(tenant), [this](Space& space) -> Result<BrokerFacts> {
            BrokerFacts out;
            if (plain_) {
                out.addresses.push_back("mqtt://" + plain_->address());
            }
            if (tls_) {
                out.addresses.push_back("mqtts://" + tls_->address());
            }
            out.connections = space.links.size();
            out.sessions = space.core.sessions();
            out.subscriptions = space.core.subscriptions().size();
            out.retained = space.core.retained().size();
            out.counters = space.core.counters();
            return out;
        });
}

Async<std::vector<SessionView>> Broker::sessions(TenantId tenant, std::string after,
                                                 std::size_t most) {
    using Views = std::vector<SessionView>;
    co_return co_await ask<Views>(
        std::move(tenant), [this, after = std::move(after), most](Space& space) -> Result<Views> {
            Views out;
            for (mqtt::SessionFacts& one : space.core.list_sessions(after, most)) {
                out.push_back(view_of(space, std::move(one)));
            }
            return out;
        });
}

Async<SessionView> Broker::session(TenantId tenant, std::string client_id) {
    co_return co_await ask<SessionView>(
        std::move(tenant),
        [this, client_id = std::move(client_id)](Space& space) -> Result<SessionView> {
            auto found = space.core.describe_session(client_id);
            if (!found) {
                return fail(Code::NotFound, "there is no MQTT client '{}'", client_id);
            }
            SessionView out = view_of(space, std::move(found->first));
            out.subscriptions = std::move(found->second);
            return out;
        });
}

Async<> Broker::end_session(TenantId tenant, std::string client_id) {
    co_return co_await ask<void>(
        std::move(tenant), [this, client_id = std::move(client_id)](Space& space) -> Result<> {
            if (!space.core.end_session(client_id)) {
                return fail(Code::NotFound, "there is no MQTT client '{}'", client_id);
            }
            touch(space);
            return {};
        });
}

Async<std::vector<mqtt::MessagePtr>> Broker::retained(TenantId tenant, std::string filter,
                                                      std::size_t most) {
    using Messages = std::vector<mqtt::MessagePtr>;
    if (!mqtt::is_text(filter) || !mqtt::is_topic_filter(filter) || filter.starts_with("$share/")) {
        co_return fail(Code::InvalidArgument,
                       "'{}' is no topic filter: as in plant/#, plant/+/state", filter);
    }
    co_return co_await ask<Messages>(
        std::move(tenant),
        [this, filter = std::move(filter), most](Space& space) -> Result<Messages> {
            Messages out;
            space.core.retained().match(filter, around_.clock.now(), out);
            space.gate.own_messages(filter, out);
            std::ranges::sort(out, {}, &mqtt::Message::topic);
            if (out.size() > most) {
                out.resize(most);
            }
            return out;
        });
}

Async<std::size_t> Broker::publish(TenantId tenant, Outgoing message) {
    if (!mqtt::is_text(message.topic) || !mqtt::is_topic_name(message.topic) ||
        message.topic.starts_with('$') || message.topic.size() > 65'535) {
        co_return fail(Code::InvalidArgument,
                       "'{}' is no topic that a message can be published to: it has no + and no "
                       "#, and does not begin with $",
                       message.topic);
    }
    if (!thread_) {
        co_return off();
    }
    co_return co_await run_on(thread_->executor(0),
                              publish_here(std::move(tenant), std::move(message)));
}

void Broker::say(const TenantId& tenant, Outgoing message) {
    if (!thread_) {
        return;
    }
    asio::post(thread_->executor(0), [this, tenant, message = std::move(message)] {
        Space& space = space_of(tenant);
        space.core.publish(packet_of(message), false);
        touch(space);
    });
}

Async<> Broker::publish_all(TenantId tenant, std::vector<Outgoing> messages) {
    if (!thread_) {
        co_return off();
    }
    co_return co_await run_on(thread_->executor(0),
                              publish_all_here(std::move(tenant), std::move(messages)));
}

Async<> Broker::publish_all_here(TenantId tenant, std::vector<Outgoing> messages) {
    Space& space = space_of(tenant);
    for (const Outgoing& message : messages) {
        space.core.publish(packet_of(message), false);
    }
    touch(space);
    co_return co_await settled(space, space.core.last_record(), 0);
}

Async<std::size_t> Broker::publish_here(TenantId tenant, Outgoing message) {
    Space& space = space_of(tenant);
    if (!broken_ && !space.unlogged.empty()) {
        co_return no_space();
    }
    const std::size_t receivers = space.core.publish(packet_of(message), true);
    touch(space);
    CO_TRY(co_await settled(space, space.core.last_record(), space.core.last_handed()));
    co_return receivers;
}

// Until all up to there are where they belong.
Async<> Broker::settled(Space& space, std::uint64_t record, std::uint64_t handed) {
    auto woken = std::make_shared<asio::steady_timer>(thread_->executor(0),
                                                      asio::steady_timer::time_point::max());
    while (space.core.durable_record() < record || space.core.last_handed_over() < handed) {
        if (broken_) {
            co_return fail(Code::Unavailable, "the broker's log has failed");
        }
        if (!space.unlogged.empty()) {
            co_return no_space();
        }
        space.waiting.push_back(woken);
        (void)co_await woken->async_wait(as_result);
    }
    co_return Result<>{};
}

}  // namespace gantry::broker
