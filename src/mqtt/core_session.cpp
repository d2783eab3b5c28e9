// SPDX-License-Identifier: Apache-2.0
// The life of sessions, and wills.
#include "mqtt/core.h"
#include "mqtt/core_send.h"

namespace gantry::mqtt {

using detail::never;
using detail::never_expires;

Core::Session& Core::make_session(const std::string& client_id, const std::string& principal) {
    SubscriberId number = static_cast<SubscriberId>(sessions_.size());
    if (free_sessions_.empty()) {
        sessions_.emplace_back();
    } else {
        number = free_sessions_.back();
        free_sessions_.pop_back();
    }
    sessions_[number] = std::make_unique<Session>();
    Session& session = *sessions_[number];
    session.number = number;
    session.client_id = client_id;
    session.principal = principal;
    by_client_.emplace(client_id, number);
    return session;
}

Core::Session* Core::session_of(std::string_view client_id) {
    const auto found = by_client_.find(client_id);
    return found == by_client_.end() ? nullptr : sessions_[found->second].get();
}

// Its connection is gone.
void Core::leave(Session& session, bool will) {
    session.retained.clear();
    const Duration now = clock_.monotonic();
    if (!will) {
        drop_will(session);
    }
    if (!session.kept()) {
        end(session);
        return;
    }
    record({.type = RecordType::SessionAway,
            .client_id = session.client_id,
            .expiry = session.expiry,
            .at = clock_.now()});
    if (session.expiry != never_expires) {
        set_timer(Timer::Expiry, session.number, session.ends_at,
                  now + std::chrono::seconds(session.expiry));
    }
    if (!session.will.empty()) {
        const auto frame = read_frame(session.will, {.connecting = true});
        const auto packet = decode_connect(**frame);
        const std::uint32_t delay = packet->will->properties.number(Property::WillDelay);
        if (delay == 0) {
            publish_will(session);
        } else {
            set_timer(Timer::Will, session.number, session.will_at,
                      now + std::chrono::seconds(delay));
        }
    }
}

void Core::drop_will(Session& session) {
    session.will.clear();
    set_timer(Timer::Will, session.number, session.will_at, never);
}

void Core::publish_will(Session& session) {
    const std::string bytes = std::exchange(session.will, {});
    set_timer(Timer::Will, session.number, session.will_at, never);
    if (bytes.empty()) {
        return;
    }
    const auto frame = read_frame(bytes, {.connecting = true});
    const auto packet = decode_connect(**frame);
    // What it may do can have changed since it connected.
    if (!gate_.may_publish(session.principal, packet->will->topic)) {
        ++counters_.refused_publishes;
        return;
    }
    const auto message = std::make_shared<const Message>(*packet->will, clock_.now());
    const std::uint64_t before = last_record_;
    keep_retained(message);
    route(message, session.number);
    bind_records(before);
}

// The session is over: what it had is gone at once.
void Core::end(Session& session) {
    ASSERT(session.connection == 0);
    unsubscribe_all(session);
    publish_will(session);
    if (session.recorded) {
        record({.type = RecordType::SessionEnded, .client_id = session.client_id});
    }
    forget(session);
}

void Core::unsubscribe_all(Session& session) {
    for (const auto& [filter, subscription] : session.subscriptions) {
        tree_.remove(filter, session.number);
    }
    session.subscriptions.clear();
}

void Core::forget(Session& session) {
    unsubscribe_all(session);
    set_timer(Timer::Expiry, session.number, session.ends_at, never);
    set_timer(Timer::Will, session.number, session.will_at, never);
    by_client_.erase(session.client_id);
    free_sessions_.push_back(session.number);
    sessions_[session.number].reset();
}

}  // namespace gantry::mqtt
