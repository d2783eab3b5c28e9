// SPDX-License-Identifier: Apache-2.0
// The state that records tell of, made again after a start.
#include <algorithm>
#include <format>

#include "mqtt/core.h"

namespace gantry::mqtt {

using detail::cost_of;
using detail::never_expires;
using detail::Restoring;

namespace {

auto by_sequence(std::deque<detail::Outgoing>& messages, std::uint64_t sequence) {
    return std::ranges::find(messages, sequence, &detail::Outgoing::sequence);
}

}  // namespace

void Core::restore(std::span<const Record> records) {
    ASSERT(connections_.empty() && records_.empty());
    if (restoring_ == nullptr) {
        ASSERT(last_record_ == 0);
        restoring_ = std::make_unique<Restoring>();
    }
    for (const Record& one : records) {
        Restored& result = restoring_->result;
        ++result.records;
        last_record_ = std::max(last_record_, one.number);
        if (!restore_one(one) && result.skipped++ == 0) {
            result.first_skipped = std::format("record {}, {}, of {}", one.number,
                                               record_name(one.type), one.client_id);
        }
    }
}

Restored Core::restored() {
    durable_ = last_record_;
    for (const auto& session : sessions_) {
        if (session != nullptr) {
            restore_times(*session);
        }
    }
    const auto done = std::exchange(restoring_, nullptr);
    return done == nullptr ? Restored{} : std::move(done->result);
}

// Of a session that was connected when everything ended the time begins now, and that is recorded:
// else it would begin anew with every start.
void Core::restore_times(Session& session) {
    const Duration now = clock_.monotonic();
    const Time today = clock_.now();
    if (session.away_since == time_min) {
        session.away_since = today;
        if (session.recorded && session.kept()) {
            record({.type = RecordType::SessionAway,
                    .client_id = session.client_id,
                    .expiry = session.expiry,
                    .at = today});
        }
    }
    // What a file says may be any number.
    const Time since = std::clamp<Time>(session.away_since, 0, std::max<Time>(0, today));
    const Duration away = Duration(std::max<Time>(0, today) - since);
    const auto due = [&](std::uint32_t seconds) {
        return now + std::max(Duration(0), std::chrono::seconds(seconds) - away);
    };
    if (session.expiry != never_expires) {
        set_timer(Timer::Expiry, session.number, session.ends_at, due(session.expiry));
    }
    if (session.will != nullptr) {
        set_timer(Timer::Will, session.number, session.will_at, due(session.will_delay));
    }
}

bool Core::restore_one(const Record& one) {
    switch (one.type) {
        case RecordType::SnapshotBegan:
        case RecordType::SnapshotPart:
        case RecordType::SnapshotEnded: return restore_snapshot(one);
        case RecordType::Retained:
        case RecordType::RetainedCleared: return restore_retained(one);
        default: break;
    }
    if (!restoring_->in_snapshot && restoring_->is_in_snapshot(one.client_id, one.number)) {
        return true;
    }
    Session* session = session_of(one.client_id);
    if (one.type == RecordType::SessionOpened) {
        if (session != nullptr) {
            forget(*session);
        }
        session = &make_session(one.client_id, one.principal);
        session->recorded = true;
        session->expiry = one.expiry;
        return true;
    }
    if (one.type == RecordType::WillSet || one.type == RecordType::WillCleared) {
        return restore_will(one);
    }
    return session != nullptr && session->recorded && restore_session(*session, one);
}

bool Core::restore_snapshot(const Record& one) {
    Restoring& state = *restoring_;
    if (one.type == RecordType::SnapshotBegan) {
        // Nothing may be there: it is the first there is.
        state.in_snapshot = state.result.records == 1;
        return state.in_snapshot;
    }
    if (!state.in_snapshot) {
        return false;
    }
    if (one.type == RecordType::SnapshotPart) {
        state.parts.emplace_back(one.client_id, one.number);
    } else {
        state.end = one.number;
        state.in_snapshot = false;
    }
    return true;
}

bool Core::restore_retained(const Record& one) {
    if (one.type == RecordType::RetainedCleared) {
        retained_.remove(one.filter);
        return true;
    }
    return one.message != nullptr && retained_.restore(one.message) == RetainedStore::Kept::Stored;
}

// A session that is not kept is there for its will alone, and ends when there is none.
bool Core::restore_will(const Record& one) {
    Session* session = session_of(one.client_id);
    if (one.type == RecordType::WillCleared) {
        if (session == nullptr || session->will == nullptr) {
            return false;
        }
        session->will = nullptr;
        if (!session->recorded) {
            forget(*session);
        }
        return true;
    }
    if (one.message == nullptr) {
        return false;
    }
    if (session == nullptr) {
        session = &make_session(one.client_id, one.principal);
    }
    session->will = one.message;
    session->will_delay = one.expiry;
    return true;
}

bool Core::restore_session(Session& session, const Record& one) {
    switch (one.type) {
        case RecordType::SessionResumed:
            session.expiry = one.expiry;
            session.away_since = time_min;
            return true;
        case RecordType::SessionAway:
            session.expiry = one.expiry;
            session.away_since = one.at;
            return true;
        case RecordType::SessionEnded: forget(session); return true;
        case RecordType::Subscribed: {
            Subscription subscription = one.subscription;
            subscription.subscriber = session.number;
            if (tree_.add(one.filter, subscription) == SubscriptionTree::Added::TooDeep) {
                return false;
            }
            session.subscriptions.insert_or_assign(one.filter, subscription);
            return true;
        }
        case RecordType::Unsubscribed:
            tree_.remove(one.filter, session.number);
            return session.subscriptions.erase(one.filter) > 0;
        case RecordType::Received: {
            const auto place = std::ranges::lower_bound(session.received, one.packet_id);
            if (place != session.received.end() && *place == one.packet_id) {
                return false;
            }
            session.received.insert(place, one.packet_id);
            return true;
        }
        case RecordType::Forgotten: return std::erase(session.received, one.packet_id) > 0;
        case RecordType::Queued: return restore_queued(session, one);
        case RecordType::Counted:
            session.last_sequence = std::max(session.last_sequence, one.sequence);
            session.last_id = one.packet_id;
            return true;
        default: return restore_message(session, one);
    }
}

bool Core::restore_queued(Session& session, const Record& one) {
    if (one.message == nullptr || one.qos == 0 || one.sequence <= session.last_sequence) {
        return false;
    }
    Outgoing& made = session.queue.emplace_back();
    made.message = one.message;
    made.sequence = session.last_sequence = one.sequence;
    made.subscription_ids = one.subscription_ids;
    made.qos = one.qos;
    made.retain = one.retain;
    session.queue_bytes += cost_of(made);
    return true;
}

bool Core::restore_message(Session& session, const Record& one) {
    const auto queued = by_sequence(session.queue, one.sequence);
    const auto sent = by_sequence(session.inflight, one.sequence);
    if (one.type == RecordType::Sent) {
        const bool taken = std::ranges::contains(session.inflight, one.packet_id, &Outgoing::id);
        if (queued == session.queue.end() || taken) {
            return false;
        }
        queued->id = session.last_id = one.packet_id;
        session.queue_bytes -= cost_of(*queued);
        session.inflight.push_back(std::move(*queued));
        session.queue.erase(queued);
        return true;
    }
    if (one.type == RecordType::Released) {
        if (sent == session.inflight.end() || sent->qos != 2) {
            return false;
        }
        sent->released = true;
        return true;
    }
    if (sent != session.inflight.end()) {
        session.inflight.erase(sent);
        return true;
    }
    if (queued == session.queue.end()) {
        return false;
    }
    session.queue_bytes -= cost_of(*queued);
    session.queue.erase(queued);
    return true;
}

}  // namespace gantry::mqtt
