// SPDX-License-Identifier: Apache-2.0
#include "broker/options.h"

#include <algorithm>

namespace gantry::broker {

void BrokerOptions::describe(OptionVisitor& options) {
    options.text("listen", listen,
                 "Address and port of the MQTT broker without TLS, for loopback only, as in "
                 "127.0.0.1:1883; empty: closed.");
    options.text(
        "listen_tls", listen_tls,
        "Address and port of the MQTT broker with TLS, as in 0.0.0.0:8883; empty: closed.");
    options.text("tls_certificate", tls_certificate,
                 "PEM file with the certificate chain of listen_tls.");
    options.text("tls_key", tls_key, "PEM file with the certificate's private key.");
    options.text("tls_client_ca", tls_client_ca,
                 "PEM file with the authority that clients' certificates must come from; empty: "
                 "they need none. They show a token in any case.");
    options.text("acknowledge", acknowledge,
                 "When a message is acknowledged: durable, synced to disk; or received, in memory, "
                 "so that the last moments may be lost with the power.");
    options.number("connections_max", connections_max, 1, 10'000'000,
                   "Connections at one time; more are refused.");
    options.number("connections_per_tenant", connections_per_tenant, 1, 10'000'000,
                   "Connections of one tenant at one time.");
    options.number("packet_bytes_max", packet_bytes_max, 1024, 256 * 1024 * 1024,
                   "Largest packet of a client.");
    options.number("receive_maximum", receive_maximum, 1, 65'535,
                   "Messages of QoS 1 and 2 that a client may have under way.");
    options.number("queue_messages_max", queue_messages_max, 1, 10'000'000,
                   "Messages of QoS 1 and 2 that wait for one client.");
    options.number("queue_bytes_max", queue_bytes_max, 1024, std::int64_t{1} << 36,
                   "Bytes of messages that wait for one client.");
    options.text("queue_full", queue_full,
                 "Which message is lost when too many wait for a client: drop_oldest or "
                 "drop_newest. Each is counted.");
    options.number("retained_messages_max", retained_messages_max, 0, 100'000'000,
                   "Retained messages of one tenant; those of more topics are refused.");
    options.number("retained_bytes_max", retained_bytes_max, 0, std::int64_t{1} << 40,
                   "Bytes of the retained messages of one tenant.");
    options.number("sessions_max", sessions_max, 1, 100'000'000, "Sessions of one tenant.");
    options.number("subscriptions_max", subscriptions_max, 1, 10'000'000,
                   "Subscriptions of one session.");
    options.duration("session_expiry_max", session_expiry_max, std::chrono::seconds(0),
                     std::chrono::hours(24 * 3650),
                     "How long the session of a client that is away is kept at most; also that of "
                     "clients of MQTT 3.1.1, which cannot say it.");
    options.duration("connect_timeout", connect_timeout, std::chrono::seconds(1),
                     std::chrono::minutes(10),
                     "How long a client may take until it has said who it is.");
    options.duration("progress_timeout", progress_timeout, std::chrono::seconds(1),
                     std::chrono::hours(1),
                     "How long a client may take nothing of what is sent to it.");
    options.number("messages_per_second", messages_per_second, 0, 1'000'000'000,
                   "Messages that one client may publish in a second on average; who sends more is "
                   "read from more slowly, and loses nothing. 0: as many as it can.");
    options.number("bytes_per_second", bytes_per_second, 0, std::int64_t{1} << 40,
                   "Bytes that one client may send in a second on average, likewise. 0: as many as "
                   "it can.");
    options.number("connects_per_second", connects_per_second, 0, 1'000'000,
                   "Connections in a second from one address, on average; more are refused. 0: as "
                   "many as come.");
    options.duration("rate_burst", rate_burst, std::chrono::milliseconds(100),
                     std::chrono::hours(1),
                     "What may come at once of messages, bytes and connections: as much as may in "
                     "this time.");
    options.duration("sys_interval", sys_interval, std::chrono::seconds(0), std::chrono::hours(1),
                     "How often the broker publishes what it says of itself under $SYS/broker; 0: "
                     "it says nothing.");
    log.describe(options);
}

Result<> BrokerOptions::check() const {
    if (acknowledge != "durable" && acknowledge != "received") {
        return fail(Code::InvalidArgument, "mqtt.acknowledge = \"{}\": write durable or received",
                    acknowledge);
    }
    if (queue_full != "drop_oldest" && queue_full != "drop_newest") {
        return fail(Code::InvalidArgument,
                    "mqtt.queue_full = \"{}\": write drop_oldest or drop_newest", queue_full);
    }
    if (!listen_tls.empty() && tls_certificate.empty()) {
        return fail(Code::InvalidArgument,
                    "mqtt.listen_tls = {} needs mqtt.tls_certificate and mqtt.tls_key", listen_tls);
    }
    return {};
}

mqtt::CoreLimits BrokerOptions::limits() const {
    mqtt::CoreLimits out;
    out.packet_bytes_max = static_cast<std::size_t>(packet_bytes_max);
    out.receive_maximum = static_cast<std::uint16_t>(receive_maximum);
    out.queue_messages_max = static_cast<std::size_t>(queue_messages_max);
    out.queue_bytes_max = static_cast<std::size_t>(queue_bytes_max);
    out.queue_full =
        queue_full == "drop_newest" ? mqtt::QueueFull::DropNewest : mqtt::QueueFull::DropOldest;
    out.retained = {.messages_max = static_cast<std::size_t>(retained_messages_max),
                    .bytes_max = static_cast<std::size_t>(retained_bytes_max)};
    out.sessions_max = static_cast<std::size_t>(sessions_max);
    out.subscriptions_max = static_cast<std::size_t>(subscriptions_max);
    out.session_expiry_max = static_cast<std::uint32_t>(std::min<std::int64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(session_expiry_max).count(),
        UINT32_MAX - 1));
    out.connect_within = connect_timeout;
    return out;
}

}  // namespace gantry::broker
