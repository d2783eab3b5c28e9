// SPDX-License-Identifier: Apache-2.0
// What durability costs: messages of QoS 1 through the queue of a kept session into the log, on a
// real disk, and a start from what it has.
#include <benchmark/benchmark.h>

#include <iostream>
#include <string>

#include "base/clock.h"
#include "mqtt/codec/encode.h"
#include "mqtt/codec/wire.h"
#include "mqtt/core.h"
#include "mqtt/record_bytes.h"
#include "mqtt/record_log.h"
#include "testing/testing.h"

namespace gantry::mqtt {
namespace {

constexpr std::string_view topic = "plant/line-7/robot-12/axis-3/temperature";

class OpenGate final : public Gate {
public:
    void authenticate(const Credentials& credentials) override {
        core->admit(credentials.connection,
                    {.verdict = Admission::Verdict::Accept, .principal = "p", .data = {}});
    }
    bool may_publish(std::string_view, std::string_view) override { return true; }
    bool may_subscribe(std::string_view, std::string_view) override { return true; }
    bool may_receive(std::string_view, std::string_view) override { return true; }

    Core* core = nullptr;
};

// A log on the disk of temporary files, and a core with a publisher and a subscriber that is kept.
struct Node {
    Node() : core(clock, random, gate), log(clock, lines) { gate.core = &core; }

    std::uint64_t open() {
        std::uint64_t count = 0;
        auto opened =
            RecordLog::open(disk, folder / "mqtt", random, log, {},
                            [&](std::string_view, std::span<const Record> some) -> Result<> {
                                count += some.size();
                                core.restore(some);
                                return {};
                            });
        if (!opened) {
            std::cerr << opened.error().message << '\n';
            std::abort();
        }
        records = std::move(*opened);
        benchmark::DoNotOptimize(core.restored().skipped);
        return count;
    }
    void connect() {
        publisher = connect("publisher", 0);
        subscriber = connect("subscriber", 3600);
        Subscribe packet;
        packet.id = 1;
        packet.requests = {{topic, {.qos = 1}}};
        std::string bytes;
        encode(bytes, packet, Version::V5);
        core.receive(subscriber, bytes);
        turn();
    }
    // So many messages that were published, delivered and acknowledged: records of one turn.
    std::size_t publish(std::size_t count) {
        Publish packet;
        packet.qos = 1;
        packet.id = 1;
        packet.topic = topic;
        packet.payload = payload;
        std::string bytes;
        encode(bytes, packet, Version::V5);
        std::string acks;
        for (std::size_t i = 0; i < count; ++i) {
            core.receive(publisher, bytes);
            core.take_output(publisher);
            const std::string sent = core.take_output(subscriber).bytes;
            Reader in(sent);
            in.take8();
            in.take_varint();
            in.take_text();
            acks.clear();
            encode(acks, Ack{PacketType::Puback, in.take16(), Reason::Success, {}}, Version::V5);
            core.receive(subscriber, acks);
        }
        return turn();
    }
    std::size_t turn() {
        const auto some = core.take_records();
        if (!some.empty()) {
            Bytes group;
            encode_records(some, group);
            group_bytes += group.size();
            benchmark::DoNotOptimize(records->append("01JD000000000000000000TEST", some));
            if (!records->commit()) {
                std::abort();
            }
            core.durable(some.back().number);
        }
        for (const ConnectionId id : core.take_ready()) {
            core.take_output(id);
        }
        return some.size();
    }

    gantry::testing::TemporaryFolder folder;
    RealDisk disk;
    SystemClock clock;
    SeededRandom random{1};
    OpenGate gate;
    Core core;
    MemoryOutput lines;
    Log log;
    std::unique_ptr<RecordLog> records;
    ConnectionId publisher = 0;
    ConnectionId subscriber = 0;
    std::uint64_t group_bytes = 0;  // of all groups
    const std::string payload = std::string(64, 'x');

private:
    ConnectionId connect(std::string_view client, std::uint32_t expiry) {
        Connect packet;
        packet.client_id = client;
        packet.properties.set(Property::SessionExpiry, expiry);
        std::string text;
        encode(text, packet);
        const ConnectionId id = core.open();
        core.receive(id, text);
        turn();
        return id;
    }
};

// Messages of one turn share a sync.
void append(benchmark::State& state) {
    Node node;
    node.open();
    node.connect();
    const auto turn = static_cast<std::size_t>(state.range(0));
    node.group_bytes = 0;
    std::size_t records = 0;
    for (auto _ : state) {
        records += node.publish(turn);
    }
    const auto count = static_cast<double>(records);
    state.counters["records/s"] = benchmark::Counter(count, benchmark::Counter::kIsRate);
    state.counters["messages/s"] =
        benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(turn),
                           benchmark::Counter::kIsRate);
    state.counters["bytes/record"] = static_cast<double>(node.group_bytes) / count;
}
BENCHMARK(append)->Name("mqtt/log/append")->Arg(1)->Arg(100)->Arg(1000)->UseRealTime();

// The log of so many messages to a session that is away.
void restore(benchmark::State& state) {
    std::uint64_t records = 0;
    Node written;
    written.open();
    written.connect();
    for (std::int64_t i = 0; i < state.range(0); i += 1000) {
        written.publish(1000);
    }
    written.records.reset();
    for (auto _ : state) {
        Node node;
        auto opened =
            RecordLog::open(written.disk, written.folder / "mqtt", node.random, node.log, {},
                            [&](std::string_view, std::span<const Record> some) -> Result<> {
                                records += some.size();
                                node.core.restore(some);
                                return {};
                            });
        benchmark::DoNotOptimize(opened.has_value());
        benchmark::DoNotOptimize(node.core.restored().skipped);
    }
    state.counters["records/s"] =
        benchmark::Counter(static_cast<double>(records), benchmark::Counter::kIsRate);
}
BENCHMARK(restore)->Name("mqtt/log/restore")->Arg(200'000)->Unit(benchmark::kMillisecond);

// Of so many sessions that are away, with a subscription each: the longest that a part takes is how
// long the core stands still for a checkpoint.
void snapshot(benchmark::State& state) {
    Node node;
    std::vector<Record> records;
    for (std::int64_t i = 0; i < state.range(0); ++i) {
        const std::string client = "device-" + std::to_string(i);
        const auto number = static_cast<std::uint64_t>(i) * 2 + 1;
        records = {{.number = number,
                    .type = RecordType::SessionOpened,
                    .client_id = client,
                    .principal = "p",
                    .expiry = 3600},
                   {.number = number + 1,
                    .type = RecordType::Subscribed,
                    .client_id = client,
                    .filter = "plant/" + client + "/#",
                    .subscription = {}}};
        node.core.restore(records);
    }
    node.core.restored();
    std::uint64_t made = 0;
    Duration longest{0};
    for (auto _ : state) {
        for (SnapshotProgress progress; !progress.done();) {
            const Duration before = node.clock.monotonic();
            const auto part = node.core.snapshot(progress, 4096);
            longest = std::max(longest, node.clock.monotonic() - before);
            made += part.size();
        }
    }
    state.counters["records/s"] =
        benchmark::Counter(static_cast<double>(made), benchmark::Counter::kIsRate);
    state.counters["longest_ms"] = std::chrono::duration<double, std::milli>(longest).count();
}
BENCHMARK(snapshot)->Name("mqtt/log/snapshot")->Arg(1'000'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace gantry::mqtt
