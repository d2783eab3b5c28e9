// SPDX-License-Identifier: Apache-2.0
// A host at a fake time, and what comes of messages as text. For tests.
#pragma once

#include <gtest/gtest.h>

#include "sparkplug/host_application.h"
#include "sparkplug/testing.h"

namespace gantry::sparkplug::testing {

using Texts = std::vector<std::string>;

class SparkplugHost : public ::testing::Test {
public:
    // Readings, and "! …" for what was refused.
    Texts receive(std::string_view topic, std::string_view message) {
        batch.clear();
        const auto received = host.receive(topic, message, batch);
        Texts out = texts(batch);
        if (!received) {
            out.push_back("! " + received.error().message);
        } else if (received->first) {
            out.push_back("! " + received->first->message);
        }
        return out;
    }
    Texts tick(Duration by) {
        clock.advance(by);
        batch.clear();
        host.tick(batch);
        return texts(batch);
    }
    // Topics, with the metrics of commands.
    Texts publishes() {
        Texts out;
        for (const Publish& one : host.take_publishes()) {
            std::string text = one.topic;
            Payload payload;
            if (one.topic.contains("CMD") && decode(as_bytes(one.payload), payload)) {
                EXPECT_FALSE(payload.seq);
                EXPECT_EQ(payload.timestamp, static_cast<std::uint64_t>(clock.now() / 1'000'000));
                EXPECT_EQ(one.qos, 0);
                EXPECT_FALSE(one.retain);
                for (const Metric& metric : payload.metrics) {
                    text += std::format(" {}={}", metric.name, metric.value.bits);
                }
            }
            out.push_back(text);
        }
        return out;
    }
    void bear() {
        receive("spBv1.0/g/NBIRTH/n", birth(3, {with_alias(real("temp", 20), 1)}));
        receive("spBv1.0/g/DBIRTH/n/d", message(1, {with_alias(real("speed", 7), 2)}));
    }

    FakeClock clock{5'000'000'000};
    HostApplication host{clock, {}};
    ReadingBatch batch;
};

}  // namespace gantry::sparkplug::testing
