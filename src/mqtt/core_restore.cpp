// SPDX-License-Identifier: Apache-2.0
// The state that records tell of, made again after a start.
#include <algorithm>

#include "mqtt/core.h"

namespace gantry::mqtt {

using detail::cost_of;
using detail::never_expires;

namespace {

auto by_sequence(std::deque<detail::Outgoing>& messages, std::uint64_t sequence) {
    return std::ranges::find(messages, sequence, &detail::Outgoing::sequence);
}

}  // namespace

void Core::restore(std::span<const Record> records) {
    ASSERT(connections_.empty() && last_record_ == 0);
    while (!records.empty() && records.back().more) {
        records = records.first(records.size() - 1);
    }
    for (const Record& one : records) {
        restore_one(one);
        last_record_ = one.number;
    }
    durable_ = last_record_;
    const Duration now = clock_.monotonic();
    const Time today = clock_.now();
    for (const auto& session : sessions_) {
        if (session == nullptr || session->expiry == never_expires) {
            continue;
        }
        // Of one that was connected when everything ended the time begins now.
        const Duration away = session->away_since == time_min
                                  ? Duration(0)
                                  : Duration(std::max<Time>(0, today - session->away_since));
        set_timer(Timer::Expiry, session->number, session->ends_at,
                  now + std::max(Duration(0), std::chrono::seconds(session->expiry) - away));
    }
}

void Core::restore_one(const Record& one) {
    Session* session = session_of(one.client_id);
    switch (one.type) {
        case RecordType::SessionOpened:
            if (session != nullptr) {
                forget(*session);
            }
            session = &make_session(one.client_id, one.principal);
            session->recorded = true;
            session->expiry = one.expiry;
            return;
        case RecordType::Retained:
        case RecordType::RetainedCleared:
            if (one.message != nullptr) {
                retained_.put(one.message);
            } else {
                retained_.remove(one.filter);
            }
            return;
        default: break;
    }
    ASSERT(session != nullptr);  // what a session had was recorded after it was opened
    switch (one.type) {
        case RecordType::SessionResumed:
            session->expiry = one.expiry;
            session->away_since = time_min;
            break;
        case RecordType::SessionAway:
            session->expiry = one.expiry;
            session->away_since = one.at;
            break;
        case RecordType::SessionEnded: forget(*session); break;
        case RecordType::Subscribed: {
            Subscription subscription = one.subscription;
            subscription.subscriber = session->number;
            tree_.add(one.filter, subscription);
            session->subscriptions.insert_or_assign(one.filter, subscription);
            break;
        }
        case RecordType::Unsubscribed:
            tree_.remove(one.filter, session->number);
            session->subscriptions.erase(one.filter);
            break;
        case RecordType::Received:
            session->received.insert(std::ranges::lower_bound(session->received, one.packet_id),
                                     one.packet_id);
            break;
        case RecordType::Forgotten: std::erase(session->received, one.packet_id); break;
        default: restore_message(*session, one);
    }
}

void Core::restore_message(Session& session, const Record& one) {
    const auto queued = by_sequence(session.queue, one.sequence);
    const auto sent = by_sequence(session.inflight, one.sequence);
    if (one.type == RecordType::Queued) {
        Outgoing& made = session.queue.emplace_back();
        made.message = one.message;
        made.sequence = session.last_sequence = one.sequence;
        made.subscription_ids = one.subscription_ids;
        made.qos = one.qos;
        made.retain = one.retain;
        session.queue_bytes += cost_of(made);
    } else if (one.type == RecordType::Sent) {
        ASSERT(queued != session.queue.end());
        queued->id = session.last_id = one.packet_id;
        session.queue_bytes -= cost_of(*queued);
        session.inflight.push_back(std::move(*queued));
        session.queue.erase(queued);
    } else if (one.type == RecordType::Released) {
        ASSERT(sent != session.inflight.end());
        sent->released = true;
    } else if (sent != session.inflight.end()) {
        session.inflight.erase(sent);
    } else {
        ASSERT(queued != session.queue.end());
        session.queue_bytes -= cost_of(*queued);
        session.queue.erase(queued);
    }
}

}  // namespace gantry::mqtt
