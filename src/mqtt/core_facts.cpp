// SPDX-License-Identifier: Apache-2.0
// What people and the server itself want of the broker, beside its clients.
#include "mqtt/core.h"

namespace gantry::mqtt {

SessionFacts Core::facts_of(const Session& session) const {
    const Connection* connection = find(session.connection);
    return {.client_id = session.client_id,
            .principal = session.principal,
            .connection = session.connection,
            .version = connection == nullptr ? Version::V5 : connection->version,
            .expiry = session.expiry,
            .has_will = session.will != nullptr,
            .subscriptions = session.subscriptions.size(),
            .queued = session.queue.size(),
            .queued_bytes = session.queue_bytes,
            .inflight = session.inflight.size(),
            .dropped = session.dropped};
}

std::vector<SessionFacts> Core::list_sessions(std::string_view after, std::size_t most) const {
    std::vector<SessionFacts> out;
    for (auto at = by_client_.upper_bound(after); at != by_client_.end() && out.size() < most;
         ++at) {
        out.push_back(facts_of(*sessions_[at->second]));
    }
    return out;
}

std::optional<std::pair<SessionFacts, Subscriptions>> Core::describe_session(
    std::string_view client_id) const {
    const auto found = by_client_.find(client_id);
    if (found == by_client_.end()) {
        return std::nullopt;
    }
    const Session& session = *sessions_[found->second];
    Subscriptions subscriptions;
    for (const auto& [filter, subscription] : session.subscriptions) {
        subscriptions.emplace_back(filter, subscription.options);
    }
    return std::pair(facts_of(session), std::move(subscriptions));
}

bool Core::end_session(std::string_view client_id) {
    Session* session = session_of(client_id);
    if (session == nullptr) {
        return false;
    }
    if (session->connection != 0) {
        disconnect(*find(session->connection), Reason::AdministrativeAction,
                   "an administrator has ended the session");
        session = session_of(client_id);
    }
    if (session != nullptr) {
        end(*session);
    }
    return true;
}

std::size_t Core::publish(const Publish& packet, bool handed) {
    const auto message = std::make_shared<const Message>(packet, clock_.now());
    const std::uint64_t before = last_record_;
    if (!packet.topic.starts_with('$') && !keep_retained(message)) {
        return 0;
    }
    const std::size_t receivers = route(message, no_subscriber);
    bind_records(before);
    if (handed) {
        hand_over({}, message);
    }
    return receivers;
}

}  // namespace gantry::mqtt
