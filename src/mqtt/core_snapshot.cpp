// SPDX-License-Identifier: Apache-2.0
// What there is, as records.
#include "mqtt/core.h"

namespace gantry::mqtt {

// Retained messages first: their records say all of a topic, so that applying one again does no
// harm. Then sessions by client identifier, each as of the number that its records have.
std::vector<Record> Core::snapshot(SnapshotProgress& progress, std::size_t records_wanted) {
    using Stage = SnapshotProgress::Stage;
    std::vector<Record> out;
    if (progress.stage_ == Stage::Beginning) {
        out.push_back({.type = RecordType::SnapshotBegan});
        progress.stage_ = Stage::Retained;
    }
    while (progress.stage_ == Stage::Retained && out.size() < records_wanted) {
        const bool more = retained_.visit(
            progress.place_, records_wanted - out.size(), [&](const MessagePtr& message) {
                out.push_back({.type = RecordType::Retained, .message = message});
            });
        progress.stage_ = more ? Stage::Retained : Stage::Sessions;
    }
    if (progress.stage_ == Stage::Sessions) {
        auto next =
            progress.has_client_ ? by_client_.upper_bound(progress.client_) : by_client_.begin();
        for (; next != by_client_.end() && out.size() < records_wanted; ++next) {
            snapshot_session(*sessions_[next->second], out);
            progress.client_ = next->first;
            progress.has_client_ = true;
        }
        if (next == by_client_.end()) {
            out.push_back({.type = RecordType::SnapshotEnded});
            progress.stage_ = Stage::Done;
        } else if (progress.has_client_) {
            out.push_back({.type = RecordType::SnapshotPart, .client_id = progress.client_});
        }
    }
    for (Record& one : out) {
        one.number = last_record_;
    }
    return out;
}

void Core::snapshot_session(const Session& session, std::vector<Record>& out) const {
    if (session.recorded) {
        out.push_back({.type = RecordType::SessionOpened,
                       .client_id = session.client_id,
                       .principal = session.principal,
                       .expiry = session.expiry});
        for (const auto& [filter, subscription] : session.subscriptions) {
            out.push_back({.type = RecordType::Subscribed,
                           .client_id = session.client_id,
                           .filter = filter,
                           .subscription = subscription});
        }
        for (const PacketId id : session.received) {
            out.push_back(
                {.type = RecordType::Received, .client_id = session.client_id, .packet_id = id});
        }
        snapshot_messages(session, out);
    }
    if (session.will != nullptr) {
        out.push_back({.type = RecordType::WillSet,
                       .client_id = session.client_id,
                       .principal = session.principal,
                       .expiry = session.will_delay,
                       .message = session.will});
    }
    if (session.recorded && session.connection == 0) {
        out.push_back({.type = RecordType::SessionAway,
                       .client_id = session.client_id,
                       .expiry = session.expiry,
                       .at = session.away_since});
    }
}

void Core::snapshot_messages(const Session& session, std::vector<Record>& out) const {
    const auto queued = [&](const Outgoing& one) {
        out.push_back({.type = RecordType::Queued,
                       .client_id = session.client_id,
                       .sequence = one.sequence,
                       .qos = one.qos,
                       .retain = one.retain,
                       .subscription_ids = one.subscription_ids,
                       .message = one.message});
    };
    for (const Outgoing& one : session.inflight) {
        queued(one);
        out.push_back({.type = RecordType::Sent,
                       .client_id = session.client_id,
                       .sequence = one.sequence,
                       .packet_id = one.id});
        if (one.released) {
            out.push_back({.type = RecordType::Released,
                           .client_id = session.client_id,
                           .sequence = one.sequence});
        }
    }
    for (const Outgoing& one : session.queue) {
        queued(one);
    }
    if (session.last_sequence > 0) {
        out.push_back({.type = RecordType::Counted,
                       .client_id = session.client_id,
                       .sequence = session.last_sequence,
                       .packet_id = session.last_id});
    }
}

}  // namespace gantry::mqtt
