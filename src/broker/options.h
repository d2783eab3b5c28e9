// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/options.h"
#include "base/result.h"
#include "mqtt/limits.h"
#include "mqtt/record_log.h"

namespace gantry::broker {

struct BrokerOptions {
    std::string listen;
    std::string listen_tls;
    std::string tls_certificate;
    std::string tls_key;
    std::string tls_client_ca;
    std::string acknowledge = "durable";
    std::int64_t connections_max = 10'000;
    std::int64_t connections_per_tenant = 10'000;
    std::int64_t packet_bytes_max = 1024 * 1024;
    std::int64_t receive_maximum = 1024;
    std::int64_t queue_messages_max = 10'000;
    std::int64_t queue_bytes_max = 64 * 1024 * 1024;
    std::string queue_full = "drop_oldest";
    std::int64_t retained_messages_max = 100'000;
    std::int64_t retained_bytes_max = 256 * 1024 * 1024;
    std::int64_t sessions_max = 100'000;
    std::int64_t subscriptions_max = 10'000;
    Duration session_expiry_max = std::chrono::hours(24 * 7);
    Duration connect_timeout = std::chrono::seconds(10);
    Duration progress_timeout = std::chrono::seconds(30);
    std::int64_t messages_per_second = 0;
    std::int64_t bytes_per_second = 0;
    std::int64_t connects_per_second = 0;
    Duration rate_burst = std::chrono::seconds(1);
    Duration sys_interval = std::chrono::seconds(10);
    mqtt::RecordLogOptions log;

    void describe(OptionVisitor& options);

    // Whether an acknowledgement waits for the disk.
    bool durable() const { return acknowledge == "durable"; }
    bool enabled() const { return !listen.empty() || !listen_tls.empty(); }
    // InvalidArgument names the option and what it may be.
    Result<> check() const;
    mqtt::CoreLimits limits() const;
};

}  // namespace gantry::broker
