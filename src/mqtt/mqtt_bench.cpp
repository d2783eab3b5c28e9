// SPDX-License-Identifier: Apache-2.0
// Of one core: messages decoded and encoded a second, topics matched a second, memory of a
// subscription, messages through the state machine.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "base/clock.h"
#include "mqtt/codec/decode.h"
#include "mqtt/codec/encode.h"
#include "mqtt/codec/wire.h"
#include "mqtt/core.h"

namespace gantry::mqtt {
namespace {

constexpr std::string_view topic = "plant/line-7/robot-12/axis-3/temperature";
const std::string payload(64, 'x');

Publish sample(std::uint8_t qos) {
    Publish out;
    out.qos = qos;
    out.id = qos > 0 ? 1 : 0;
    out.topic = topic;
    out.payload = payload;
    return out;
}

void decode_publish(benchmark::State& state, Version version, std::uint8_t qos) {
    std::string bytes;
    encode(bytes, sample(qos), version);
    for (auto _ : state) {
        const auto frame = read_frame(bytes, {});
        const auto packet = mqtt::decode_publish(**frame, version, Side::Client);
        benchmark::DoNotOptimize(packet->payload.data());
    }
    state.SetItemsProcessed(state.iterations());
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}
BENCHMARK_CAPTURE(decode_publish, v311, Version::V311, 0)->Name("mqtt/decode/v311/qos0");
BENCHMARK_CAPTURE(decode_publish, v5, Version::V5, 1)->Name("mqtt/decode/v5/qos1");

void encode_shared(benchmark::State& state) {
    const SharedPublish shared(sample(1), Version::V5);
    std::string out;
    PacketId id = 0;
    for (auto _ : state) {
        if (out.size() > 60'000) {
            out.clear();
        }
        id = id == 65'535 ? PacketId{1} : static_cast<PacketId>(id + 1);
        shared.append(out, {.qos = 1, .id = id});
        benchmark::DoNotOptimize(out.data());
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(encode_shared)->Name("mqtt/encode/shared");

// Devices of lines: exact filters, a wildcard for every hundredth, and a few for all.
void match(benchmark::State& state) {
    const auto count = static_cast<std::size_t>(state.range(0));
    SeededRandom random(1);
    SubscriptionTree tree(random);
    const auto device = [](std::size_t i) {
        return "plant/line-" + std::to_string(i / 100) + "/device-" + std::to_string(i) + "/value";
    };
    for (std::size_t i = 0; i < count; ++i) {
        const auto subscriber = static_cast<SubscriberId>(i);
        if (i % 100 == 99) {
            tree.add("plant/line-" + std::to_string(i / 100) + "/+/value",
                     {.subscriber = subscriber, .options = {}});
        } else {
            tree.add(device(i), {.subscriber = subscriber, .options = {}});
        }
    }
    tree.add("#", {.subscriber = 0, .options = {}});
    std::vector<std::string> topics;
    for (std::size_t i = 0; i < 4096; ++i) {
        topics.push_back(device(random.below(count)));
    }
    Matches matches;
    std::size_t at = 0;
    std::size_t found = 0;
    for (auto _ : state) {
        tree.match(topics[at++ % topics.size()], matches);
        found += matches.subscriptions.size();
    }
    state.SetItemsProcessed(state.iterations());
    state.counters["matches"] =
        static_cast<double>(found) / static_cast<double>(state.iterations());
    state.counters["bytes/subscription"] =
        static_cast<double>(tree.bytes()) / static_cast<double>(tree.size());
}
BENCHMARK(match)->Name("mqtt/match")->Arg(1000)->Arg(100'000)->Arg(1'000'000);

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

// A publisher to so many subscribers, all bytes in memory: messages in and out a second.
void route(benchmark::State& state, std::uint8_t qos) {
    SystemClock clock;
    SeededRandom random(1);
    OpenGate gate;
    Core core(clock, random, gate);
    gate.core = &core;
    const auto connect = [&](std::size_t number) {
        const std::string name = "c" + std::to_string(number);
        Connect packet;
        packet.client_id = name;
        std::string bytes;
        encode(bytes, packet);
        const ConnectionId id = core.open();
        core.receive(id, bytes);
        return id;
    };
    const auto subscribers = static_cast<std::size_t>(state.range(0));
    std::vector<ConnectionId> ids;
    for (std::size_t i = 0; i < subscribers; ++i) {
        ids.push_back(connect(i + 1));
        Subscribe packet;
        packet.id = 1;
        packet.requests = {{topic, {.qos = qos}}};
        std::string bytes;
        encode(bytes, packet, Version::V5);
        core.receive(ids.back(), bytes);
    }
    const ConnectionId publisher = connect(0);
    for (const ConnectionId id : core.take_ready()) {
        core.take_output(id);
    }
    std::string bytes;
    encode(bytes, sample(qos), Version::V5);
    std::string acks;
    std::uint64_t out = 0;
    for (auto _ : state) {
        core.receive(publisher, bytes);
        for (const ConnectionId id : core.take_ready()) {
            const Output output = core.take_output(id);
            out += output.bytes.size();
            if (qos > 0 && id != publisher) {
                // The identifier that was sent, acknowledged.
                Reader in(output.bytes);
                in.take8();
                in.take_varint();
                in.take_text();
                acks.clear();
                encode(acks, Ack{PacketType::Puback, in.take16(), Reason::Success, {}},
                       Version::V5);
                core.receive(id, acks);
            }
        }
    }
    const auto messages =
        static_cast<double>(state.iterations()) * static_cast<double>(subscribers + 1);
    state.counters["messages/s"] = benchmark::Counter(messages, benchmark::Counter::kIsRate);
    benchmark::DoNotOptimize(out);
}
BENCHMARK_CAPTURE(route, qos0, 0)->Name("mqtt/route/qos0")->Arg(1)->Arg(500);
BENCHMARK_CAPTURE(route, qos1, 1)->Name("mqtt/route/qos1")->Arg(1)->Arg(500);

}  // namespace
}  // namespace gantry::mqtt
