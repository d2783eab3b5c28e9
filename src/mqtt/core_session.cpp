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
    session.away_since = clock_.now();
    record({.type = RecordType::SessionAway,
            .client_id = session.client_id,
            .expiry = session.expiry,
            .at = session.away_since});
    if (session.expiry != never_expires) {
        set_timer(Timer::Expiry, session.number, session.ends_at,
                  now + std::chrono::seconds(session.expiry));
    }
    if (session.will != nullptr) {
        if (session.will_delay == 0) {
            publish_will(session);
        } else {
            set_timer(Timer::Will, session.number, session.will_at,
                      now + std::chrono::seconds(session.will_delay));
        }
    }
}

// Also that of a session that is not kept is recorded: it is to be published after a crash, which
// is a lost connection to it.
void Core::set_will(Session& session, const Will& will) {
    session.will = std::make_shared<const Message>(will, time_max);
    session.will_delay = will.properties.number(Property::WillDelay);
    record({.type = RecordType::WillSet,
            .client_id = session.client_id,
            .principal = session.principal,
            .expiry = session.will_delay,
            .message = session.will});
}

void Core::drop_will(Session& session) {
    set_timer(Timer::Will, session.number, session.will_at, never);
    if (std::exchange(session.will, nullptr) != nullptr) {
        record({.type = RecordType::WillCleared, .client_id = session.client_id});
    }
}

void Core::publish_will(Session& session) {
    const MessagePtr kept = session.will;
    // What it may do can have changed since it connected.
    if (kept != nullptr && !gate_.may_publish(session.principal, kept->topic())) {
        ++counters_.refused_publishes;
        drop_will(session);
        return;
    }
    const std::uint64_t before = last_record_;
    drop_will(session);
    if (kept == nullptr) {
        return;
    }
    Will will;
    will.topic = kept->topic();
    will.payload = kept->payload();
    will.qos = kept->qos();
    will.retain = kept->retain();
    will.properties = kept->properties();
    const auto message = std::make_shared<const Message>(will, clock_.now());
    keep_retained(message);
    route(message, session.number);
    bind_records(before);
    hand_over(session.client_id, message);
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
