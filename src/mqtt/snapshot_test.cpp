// SPDX-License-Identifier: Apache-2.0
// What a core has, as records: they make a core that says and does the same.
#include "mqtt/snapshot.h"

#include <gtest/gtest.h>

#include "mqtt/conversation_testing.h"
#include "mqtt/record_testing.h"

namespace gantry::mqtt {
namespace {

using testing::PacketOfText;
using testing::ScriptedGate;

constexpr std::size_t clients = 6;

// A core with clients that say anything. Two of them that have come to the same state and are told
// the same say the same.
class World {
public:
    explicit World(FakeClock& clock) : core_(clock, random_, gate_, limits()) {
        gate_.core = &core_;
    }

    Core& core() { return core_; }
    // What one of the clients gets since, as texts.
    std::string heard(std::size_t client) { return std::exchange(peers_[client].heard, {}); }
    bool online(std::size_t client) const { return peers_[client].id != 0; }
    std::vector<PacketId> to_acknowledge(std::size_t client) const { return peers_[client].open; }

    void say(std::size_t client, const std::string& line) {
        Peer& peer = peers_[client];
        if (peer.id == 0) {
            peer = {};
            peer.id = core_.open();
        }
        encode(peer.unsent, PacketOfText(line).packet(), Version::V5);
        peer.unsent.erase(0, core_.receive(peer.id, peer.unsent));
        turn();
    }
    void lose(std::size_t client) {
        core_.lose(peers_[client].id);
        peers_[client] = {};
        turn();
    }
    void turn() {
        core_.tick();
        for (bool again = true; again;) {
            for (Record& one : core_.take_records()) {
                log.push_back(std::move(one));
            }
            core_.durable(core_.last_record());
            again = false;
            for (const ConnectionId id : core_.take_ready()) {
                again = true;
                hear(id);
            }
        }
    }
    // All there is, in parts of a size. Between two of them `meanwhile` runs.
    template <class Meanwhile>
    std::vector<Record> snapshot(std::size_t records, Meanwhile meanwhile) {
        SnapshotProgress progress;
        std::vector<Record> out;
        while (!progress.done()) {
            for (Record& one : core_.snapshot(progress, records)) {
                out.push_back(std::move(one));
            }
            meanwhile();
        }
        return out;
    }

    std::vector<Record> log;  // since the beginning

private:
    struct Peer {
        ConnectionId id = 0;
        std::string unsent;
        std::string heard;
        std::vector<PacketId> open;  // PUBLISHes with QoS above 0 that it got
    };

    static CoreLimits limits() {
        CoreLimits out;
        out.inflight_max = 3;
        out.queue_messages_max = 8;
        return out;
    }
    void hear(ConnectionId id) {
        const Output output = core_.take_output(id);
        for (Peer& peer : peers_) {
            if (peer.id != id) {
                continue;
            }
            std::string_view rest = output.bytes;
            while (!rest.empty()) {
                const auto frame = read_frame(
                    rest, {.from = Side::Server, .packet_bytes_max = std::size_t{1} << 24});
                const auto packet = decode(**frame, Version::V5, Side::Server);
                ASSERT_TRUE(packet.has_value());
                peer.heard += testing::to_text(*packet) + "\n";
                if (const auto* publish = std::get_if<Publish>(&*packet);
                    publish != nullptr && publish->qos > 0) {
                    peer.open.push_back(publish->id);
                }
                rest.remove_prefix((*frame)->bytes);
            }
            if (output.close) {
                peer.id = 0;
                peer.heard += "closed\n";
            }
        }
    }

    SeededRandom random_{1};
    ScriptedGate gate_;
    Core core_;
    std::array<Peer, clients> peers_;
};

// What is said next, to all of them the same.
class Play {
public:
    Play(FakeClock& clock, std::uint64_t seed) : clock_(clock), random_(seed) {}

    void step(const std::vector<World*>& worlds) {
        // Nothing is due at the same moment as anything else.
        clock_.advance(Duration(1 + static_cast<std::int64_t>(random_.below(1'000'000))));
        const World& first = *worlds.front();
        const std::size_t client = random_.below(clients);
        const std::uint64_t what = random_.below(100);
        const auto say = [&](const std::string& line) {
            for (World* world : worlds) {
                world->say(client, line);
            }
        };
        if (what < 6) {
            clock_.advance(std::chrono::milliseconds(random_.below(20'000)));
            for (World* world : worlds) {
                world->turn();
            }
        } else if (!first.online(client)) {
            say(connect(client));
        } else if (what < 14) {
            for (World* world : worlds) {
                world->lose(client);
            }
        } else if (what < 17) {
            say(random_.chance(0.5) ? "DISCONNECT" : "DISCONNECT reason=04");
        } else if (what < 30) {
            // In which order a wildcard finds retained messages is no part of the state.
            const std::string wanted = filter();
            const bool wild = wanted.find_first_of("+#") != std::string::npos;
            say(std::format("SUBSCRIBE id=1 {}filter={}:{}{}{}",
                            random_.chance(0.3) ? "subscription_id=7 " : "", wanted,
                            random_.below(3), random_.chance(0.3) ? ",rap" : "",
                            wild ? ",rh2" : ""));
        } else if (what < 34) {
            say("UNSUBSCRIBE id=1 filter=" + filter());
        } else if (what < 75) {
            say(publish());
        } else if (what < 80) {
            say(std::format("PUBREL id={}", 1 + random_.below(5)));
        } else {
            const auto open = first.to_acknowledge(client);
            if (!open.empty()) {
                // Some fit, some do not and end the connection.
                say(std::format(
                    "{} id={}", std::array{"PUBACK", "PUBREC", "PUBCOMP"}[random_.below(3)],
                    open[open.size() - 1 - random_.below(std::min<std::size_t>(open.size(), 4))]));
            }
        }
    }
    SeededRandom& random() { return random_; }

private:
    std::string connect(std::size_t client) {
        std::string out = std::format("CONNECT v=5 id=c{}", client);
        out += random_.chance(0.1) ? " clean" : "";
        out += random_.chance(0.7) ? std::format(" session_expiry={}", random_.below(200)) : "";
        if (random_.chance(0.4)) {
            out += std::format(" will_topic={} will_payload=w{} will_qos={}{} will.will_delay={}",
                               topic(), ++count_, random_.below(3),
                               random_.chance(0.3) ? " will_retain" : "", random_.below(30));
        }
        return out;
    }
    std::string publish() {
        const std::uint64_t qos = random_.below(3);
        const std::string id = qos == 0 ? "" : std::format("id={} ", 1 + random_.below(5));
        const std::string payload = random_.chance(0.2) ? "" : std::to_string(++count_);
        return std::format(
            "PUBLISH {}qos={} {}topic={}{}{}", random_.chance(0.3) ? "retain " : "", qos, id,
            topic(), payload.empty() ? "" : " payload=" + payload,
            random_.chance(0.2) ? std::format(" message_expiry={}", 1 + random_.below(60)) : "");
    }
    std::string topic() { return std::array{"a", "b", "a/b", "a/c", "d"}[random_.below(5)]; }
    std::string filter() { return std::array{"a", "b", "a/+", "#", "d"}[random_.below(5)]; }

    FakeClock& clock_;
    SeededRandom random_;
    int count_ = 0;
};

// What a core has, in an order that does not depend on how it came to it.
std::vector<Record> all_of(World& world) {
    auto out = world.snapshot(SIZE_MAX, [] {});
    for (Record& one : out) {
        one.number = 0;
        one.subscription.subscriber = no_subscriber;  // who that is is each core's own matter
    }
    std::ranges::stable_sort(out, {}, [](const Record& one) {
        return one.type == RecordType::Retained ? std::string(one.message->topic()) : "~";
    });
    return out;
}

void expect_same_state(World& got, World& expected) {
    const auto a = all_of(got);
    const auto b = all_of(expected);
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        ASSERT_TRUE(testing::same(a[i], b[i]))
            << record_name(a[i].type) << " " << a[i].client_id << ", expected "
            << record_name(b[i].type) << " " << b[i].client_id;
    }
    EXPECT_EQ(got.core().last_record(), expected.core().last_record());
    EXPECT_EQ(got.core().subscriptions().size(), expected.core().subscriptions().size());
    EXPECT_EQ(got.core().retained().size(), expected.core().retained().size());
}

void restore(World& world, std::span<const Record> snapshot, std::span<const Record> later) {
    world.core().restore(snapshot);
    world.core().restore(later);
    const Restored restored = world.core().restored();
    ASSERT_EQ(restored.skipped, 0U) << restored.first_skipped;
    world.log.assign(later.begin(), later.end());
}

std::size_t run(std::uint64_t seed, std::size_t records_of_part) {
    SCOPED_TRACE(std::format("seed {}, {} records a part", seed, records_of_part));
    FakeClock clock;
    World world(clock);
    Play play(clock, seed);
    for (std::size_t left = play.random().below(300); left > 0; --left) {
        play.step({&world});
    }
    const std::size_t before = world.log.size();
    const auto snapshot = world.snapshot(records_of_part, [&] {
        for (std::uint64_t left = play.random().below(6); left > 0; --left) {
            play.step({&world});
        }
    });
    for (std::uint64_t left = play.random().below(100); left > 0; --left) {
        play.step({&world});
    }
    for (std::size_t client = 0; client < clients; ++client) {
        clock.advance(Duration(client + 1));
        world.lose(client);
        world.heard(client);
    }
    const auto later = std::span(world.log).subspan(before);
    World again(clock);
    restore(again, snapshot, later);
    // Also from the beginning, without one.
    World anew(clock);
    restore(anew, {}, world.log);
    for (World* one : {&again, &anew}) {
        world.turn();
        one->turn();  // retained messages that have expired go
        expect_same_state(*one, world);
    }
    for (int step = 0; step < 200 && !::testing::Test::HasFailure(); ++step) {
        play.step({&world, &again, &anew});
        for (std::size_t client = 0; client < clients; ++client) {
            const std::string heard = world.heard(client);
            EXPECT_EQ(again.heard(client), heard) << "c" << client;
            EXPECT_EQ(anew.heard(client), heard) << "c" << client;
        }
    }
    expect_same_state(again, world);
    return snapshot.size();
}

TEST(MqttSnapshot, WithWhatCameLaterItMakesTheSameCore) {
    std::size_t records = 0;
    for (std::uint64_t seed = 1; seed <= 100 && !::testing::Test::HasFailure(); ++seed) {
        records += run(seed, 1 + seed % 9 * (seed % 9));
    }
    EXPECT_GT(records, 1000U);
}

// Records of which those are missing that they build on.
TEST(MqttSnapshot, RecordsThatDoNotFitArePassedOver) {
    FakeClock clock;
    std::uint64_t skipped = 0;
    for (std::uint64_t seed = 1; seed <= 25; ++seed) {
        World world(clock);
        Play play(clock, seed);
        for (int step = 0; step < 200; ++step) {
            play.step({&world});
        }
        std::vector<Record> damaged;
        for (const Record& one : world.log) {
            if (!play.random().chance(0.2)) {
                damaged.push_back(one);
            }
        }
        World again(clock);
        again.core().restore(damaged);
        skipped += again.core().restored().skipped;
        again.turn();
        for (int step = 0; step < 100; ++step) {
            play.step({&again});
        }
    }
    EXPECT_GT(skipped, 100U);
}

// What one call gives is bounded, however much there is.
TEST(MqttSnapshot, ComesInParts) {
    FakeClock clock;
    SeededRandom random(1);
    ScriptedGate gate;
    Core core(clock, random, gate);
    gate.core = &core;
    std::vector<Record> records;
    const auto add = [&](Record one) {
        one.number = records.size() + 1;
        records.push_back(std::move(one));
    };
    Publish packet;
    packet.payload = "x";
    for (int i = 0; i < 20'000; ++i) {
        add({.type = RecordType::SessionOpened, .client_id = std::to_string(i), .expiry = 1000});
        const std::string topic = std::format("t/{}", i);
        packet.topic = topic;
        add({.type = RecordType::Retained,
             .message = std::make_shared<const Message>(packet, clock.now())});
    }
    core.restore(records);
    EXPECT_EQ(core.restored().skipped, 0U);
    SnapshotProgress progress;
    std::size_t parts = 0;
    std::size_t all = 0;
    for (; !progress.done(); ++parts) {
        const auto part = core.snapshot(progress, 1000);
        ASSERT_LE(part.size(), 1004U);
        all += part.size();
    }
    EXPECT_GE(all, 60'000U);  // each session has a second record: since when it is away
    EXPECT_GE(parts, 60U);
}

}  // namespace
}  // namespace gantry::mqtt
