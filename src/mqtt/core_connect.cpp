// SPDX-License-Identifier: Apache-2.0
// From CONNECT to CONNACK, and the end by DISCONNECT.
#include <algorithm>

#include "base/ids.h"
#include "mqtt/codec/topic.h"
#include "mqtt/core.h"
#include "mqtt/core_send.h"

namespace gantry::mqtt {

using detail::never;
using detail::never_expires;
using State = detail::Connection::State;

namespace {

constexpr std::size_t client_id_bytes_max = 1024;

Connect decoded(const std::string& bytes) {
    const auto frame = read_frame(bytes, {.connecting = true});
    const auto packet = decode_connect(**frame);
    ASSERT(packet.has_value());
    return *packet;
}

}  // namespace

void Core::on_connect(Connection& connection, const Frame& frame) {
    const auto packet = decode_connect(frame);
    if (!packet) {
        ++counters_.protocol_errors;
        // What version it has the frame may say all the same; 3.1 and what is no MQTT at all get
        // the answer of 3.1.1.
        connection.version = protocol_level(frame) >= static_cast<std::uint8_t>(Version::V5)
                                 ? Version::V5
                                 : Version::V311;
        const bool answered = connection.version == Version::V5 ||
                              packet.error().reason == Reason::UnsupportedProtocolVersion;
        connection.state = State::Authenticating;
        if (answered) {
            reject(connection, packet.error().reason);
        } else {
            ++counters_.refused_connects;
            shut(connection, false);
        }
        return;
    }
    connection.version = packet->version;
    connection.state = State::Authenticating;
    const char* const end = frame.body.data() + frame.body.size();
    connection.connect.assign(end - frame.bytes, frame.bytes);
    connection.method = packet->properties.text(Property::AuthenticationMethod);
    take_facts(connection, *packet);
    connection.authenticating = true;
    gate_.authenticate({.connection = connection.id,
                        .client_id = packet->client_id,
                        .user_name = packet->user_name,
                        .password = packet->password,
                        .method = connection.method,
                        .data = packet->properties.text(Property::AuthenticationData)});
}

void Core::take_facts(Connection& connection, const Connect& packet) {
    const Properties& properties = packet.properties;
    connection.receive_maximum =
        static_cast<std::uint16_t>(properties.number(Property::ReceiveMaximum, 65'535));
    connection.packet_bytes_max = properties.number(Property::MaximumPacketSize, UINT32_MAX);
    connection.aliases_out_max = static_cast<std::uint16_t>(std::min<std::uint32_t>(
        properties.number(Property::TopicAliasMaximum), limits_.aliases_out_max));
    connection.aliases_in.resize(packet.version == Version::V5 ? limits_.aliases_in_max : 0);
    connection.connect_expiry = packet.version == Version::V5
                                    ? properties.number(Property::SessionExpiry)
                                : packet.clean_start ? 0
                                                     : limits_.session_expiry_max;
}

void Core::on_auth(Connection& connection, const Auth& packet) {
    const bool expected = connection.state == State::Authenticating || connection.challenged
                              ? packet.reason == Reason::ContinueAuthentication
                              : packet.reason == Reason::ReAuthenticate;
    if (connection.method.empty() || !expected) {
        refuse(connection, {Reason::ProtocolError, "an AUTH that was not asked for",
                            connection.method.empty() ? "MQTT-4.12.0-7" : "MQTT-4.12.0-3"});
        return;
    }
    if (packet.properties.text(Property::AuthenticationMethod) != connection.method) {
        refuse(connection, {Reason::ProtocolError, "an AUTH of another method", "MQTT-4.12.0-5"});
        return;
    }
    connection.challenged = false;
    connection.authenticating = true;
    const std::string client_id = connection.session != nullptr
                                      ? connection.session->client_id
                                      : std::string(decoded(connection.connect).client_id);
    gate_.authenticate({.connection = connection.id,
                        .client_id = client_id,
                        .user_name = std::nullopt,
                        .password = std::nullopt,
                        .method = connection.method,
                        .data = packet.properties.text(Property::AuthenticationData)});
}

void Core::admit(ConnectionId id, const Admission& admission) {
    Connection* connection = find(id);
    if (connection == nullptr || connection->state == State::Closing) {
        return;
    }
    ASSERT(connection->authenticating);
    connection->authenticating = false;
    const bool first = connection->state == State::Authenticating;
    if (admission.verdict == Admission::Verdict::Refuse) {
        first ? reject(*connection, admission.reason) : disconnect(*connection, admission.reason);
        return;
    }
    const bool more = admission.verdict == Admission::Verdict::Continue;
    ASSERT(!more || !connection->method.empty());
    if (!more && first) {
        const std::string bytes = std::exchange(connection->connect, {});
        accept(*connection, decoded(bytes), admission);
        return;
    }
    if (!more && admission.principal != connection->session->principal) {
        disconnect(*connection, Reason::NotAuthorized);
        return;
    }
    Auth answer;
    answer.reason = more ? Reason::ContinueAuthentication : Reason::Success;
    answer.properties.set(Property::AuthenticationMethod, std::string_view(connection->method));
    if (!admission.data.empty()) {
        answer.properties.set(Property::AuthenticationData, std::string_view(admission.data));
    }
    connection->challenged = more;
    send(*connection, answer);
}

// CONNACK with a reason, and the end.
void Core::reject(Connection& connection, Reason reason) {
    ASSERT(connection.state == State::Authenticating);
    ++counters_.refused_connects;
    Connack packet;
    if (connection.version == Version::V5) {
        const auto code = static_cast<std::uint8_t>(reason);
        packet.reason = is_reason_of(PacketType::Connack, code) ? code : std::uint8_t{0x80};
    } else {
        packet.reason = connack_return_code(reason);
    }
    send(connection, packet);
    shut(connection, false);
}

Reason Core::check_connect(const Connect& packet, const std::string& client_id,
                           const std::string& principal) const {
    if (client_id.size() > client_id_bytes_max) {
        return Reason::ClientIdentifierNotValid;
    }
    const auto known = by_client_.find(client_id);
    if (known != by_client_.end() && sessions_[known->second]->principal != principal) {
        return Reason::ClientIdentifierNotValid;
    }
    if (known == by_client_.end() && by_client_.size() >= limits_.sessions_max) {
        return Reason::QuotaExceeded;
    }
    if (packet.will) {
        const std::string_view topic = packet.will->topic;
        if (topic.starts_with('$') || level_count(topic) > levels_max ||
            !gate_.may_publish(principal, topic)) {
            return Reason::NotAuthorized;
        }
    }
    return Reason::Success;
}

void Core::accept(Connection& connection, const Connect& packet, const Admission& admission) {
    std::string client_id(packet.client_id);
    const bool assigned = client_id.empty();
    if (assigned) {
        if (packet.version == Version::V311 && !packet.clean_start) {
            reject(connection, Reason::ClientIdentifierNotValid);
            return;
        }
        client_id = make_ulid(clock_.now(), random_);
    }
    const Reason reason = check_connect(packet, client_id, admission.principal);
    if (reason != Reason::Success) {
        reject(connection, reason);
        return;
    }
    Session* session = session_of(client_id);
    if (session != nullptr && session->connection != 0) {
        ++counters_.takeovers;
        // Its will goes the way of a lost connection's; leave() has timed it.
        disconnect(*find(session->connection), Reason::SessionTakenOver);
        session = session_of(client_id);
    }
    // After a restart some may be there, until tick(), that are not kept or whose time is over.
    const Duration now = clock_.monotonic();
    if (session != nullptr && (packet.clean_start || !session->kept() || session->ends_at <= now)) {
        end(*session);
        session = nullptr;
    }
    const bool present = session != nullptr;
    const std::uint64_t before = last_record_;
    if (!present) {
        session = &make_session(client_id, admission.principal);
    } else {
        // Who comes before the next tick() does not take back what is due.
        session->will_at <= now ? publish_will(*session) : drop_will(*session);
        set_timer(Timer::Expiry, session->number, session->ends_at, never);
        session->away_since = time_min;
    }
    session->expiry =
        connection.connect_expiry == never_expires && limits_.session_expiry_max == never_expires
            ? never_expires
            : std::min(connection.connect_expiry, limits_.session_expiry_max);
    session->connection = connection.id;
    connection.session = session;
    ++connected_;
    ++counters_.connects;
    connection.state = State::Connected;
    if (session->kept() || session->recorded) {
        session->recorded = true;
        record({.type = present ? RecordType::SessionResumed : RecordType::SessionOpened,
                .client_id = client_id,
                .principal = present ? std::string() : session->principal,
                .expiry = session->expiry});
    }
    if (packet.will) {
        set_will(*session, *packet.will);
    }
    bind_records(before);
    // The will of a session that is not kept is worth no wait: it becomes durable a moment later.
    greet(connection, packet, admission, present, assigned, session->recorded ? last_record_ : 0);
    resend(connection);
    pump(*session);
}

void Core::greet(Connection& connection, const Connect& packet, const Admission& admission,
                 bool session_present, bool assigned, std::uint64_t after) {
    Connack answer;
    answer.session_present = session_present;
    std::uint16_t keep_alive = packet.keep_alive;
    Properties& properties = answer.properties;
    const Session& session = *connection.session;
    if (connection.version == Version::V5) {
        if (limits_.keep_alive_max > 0 &&
            (keep_alive == 0 || keep_alive > limits_.keep_alive_max)) {
            keep_alive = limits_.keep_alive_max;
            properties.set(Property::ServerKeepAlive, std::uint32_t{keep_alive});
        }
        if (session.expiry != connection.connect_expiry) {
            properties.set(Property::SessionExpiry, session.expiry);
        }
        properties.set(Property::ReceiveMaximum, std::uint32_t{limits_.receive_maximum});
        properties.set(Property::MaximumPacketSize,
                       static_cast<std::uint32_t>(limits_.packet_bytes_max));
        if (limits_.aliases_in_max > 0) {
            properties.set(Property::TopicAliasMaximum, std::uint32_t{limits_.aliases_in_max});
        }
        if (assigned) {
            properties.set(Property::AssignedClientId, std::string_view(session.client_id));
        }
        if (!connection.method.empty()) {
            properties.set(Property::AuthenticationMethod, std::string_view(connection.method));
            if (!admission.data.empty()) {
                properties.set(Property::AuthenticationData, std::string_view(admission.data));
            }
        }
    }
    connection.keep_alive = std::chrono::milliseconds(keep_alive * 1500);
    set_timer(Timer::Connection, connection.id, connection.deadline,
              keep_alive == 0 ? never : clock_.monotonic() + connection.keep_alive);
    send(connection, answer, after);
}

void Core::on_disconnect(Connection& connection, const Disconnect& packet) {
    if (connection.state == State::Authenticating) {
        shut(connection, false);
        return;
    }
    Session& session = *connection.session;
    if (packet.properties.has(Property::SessionExpiry)) {
        const std::uint32_t expiry = packet.properties.number(Property::SessionExpiry);
        if (connection.connect_expiry == 0 && expiry != 0) {
            refuse(connection, {Reason::ProtocolError, "a session expiry after none", ""});
            return;
        }
        session.expiry = std::min(expiry, limits_.session_expiry_max);
    }
    if (packet.reason == Reason::Success) {
        drop_will(session);
    }
    shut(connection, true);
}

}  // namespace gantry::mqtt
