// SPDX-License-Identifier: Apache-2.0
// Any bytes from any of four connections to a Core, in any order, with time passing, connections
// lost and records becoming durable in between: it stays whole, what it sends are packets, and its
// counts agree. What the input is made of: a byte that says what happens, and, for bytes that a
// client sends, their number and they. In the end another one makes the same of the records.
#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "mqtt/core.h"

namespace {

using namespace gantry;
using namespace gantry::mqtt;

class AnyGate final : public Gate {
public:
    void authenticate(const Credentials& credentials) override {
        Admission answer;
        answer.principal = "p";
        answer.verdict = credentials.password == "no" ? Admission::Verdict::Refuse
                         : credentials.data == "ask"  ? Admission::Verdict::Continue
                                                      : Admission::Verdict::Accept;
        if (credentials.user_name == "late") {
            late = credentials.connection;
            late_answer = answer;
        } else {
            core->admit(credentials.connection, answer);
        }
    }
    bool may_publish(std::string_view, std::string_view topic) override { return topic != "no"; }
    bool may_subscribe(std::string_view, std::string_view filter) override {
        return filter != "no";
    }
    bool may_receive(std::string_view, std::string_view topic) override { return topic != "no"; }

    Core* core = nullptr;
    ConnectionId late = 0;
    Admission late_answer;
};

struct Peer {
    ConnectionId id = 0;
    std::string unsent;
    std::string got;
};

CoreLimits small_limits() {
    CoreLimits out;
    out.packet_bytes_max = 2000;
    out.receive_maximum = 3;
    out.inflight_max = 2;
    out.aliases_in_max = 2;
    out.aliases_out_max = 2;
    out.sessions_max = 3;
    out.subscriptions_max = 4;
    out.queue_messages_max = 3;
    out.queue_bytes_max = 4000;
    out.output_bytes_max = 300;
    out.retained.messages_max = 3;
    return out;
}

class World {
public:
    World() : core_(clock_, random_, gate_, small_limits()) { gate_.core = &core_; }

    void step(unsigned what, std::string_view& input) {
        Peer& peer = peers_[what % 4];
        switch (what / 4 % 8) {
            case 0: clock_.advance(std::chrono::seconds(what)); break;
            case 1:
                core_.lose(peer.id);
                peer = {};
                break;
            case 2: core_.durable(core_.last_record()); break;
            case 3:
                if (gate_.late != 0) {
                    core_.admit(std::exchange(gate_.late, 0), gate_.late_answer);
                }
                break;
            default: {
                const std::size_t size = input.empty() ? 0 : static_cast<unsigned char>(input[0]);
                peer.unsent += input.substr(std::min<std::size_t>(1, input.size()), size);
                input.remove_prefix(std::min(input.size(), size + 1));
                if (peer.id == 0) {
                    peer.id = core_.open();
                }
            }
        }
        feed(peer);
        turn();
    }
    // All records fit, and so do those of a snapshot, which is the same again.
    void restart() {
        const auto again = [this](const std::vector<Record>& records, std::size_t part) {
            AnyGate gate;
            Core core(clock_, random_, gate, small_limits());
            core.restore(records);
            ASSERT(core.restored().skipped == 0);
            std::vector<Record> out;
            for (SnapshotProgress progress; !progress.done();) {
                for (Record& one : core.snapshot(progress, part)) {
                    out.push_back(std::move(one));
                }
            }
            return out;
        };
        const auto first = again(records_, 1);
        const auto second = again(first, 1);
        ASSERT(first.size() == second.size());
    }
    void check() const {
        ASSERT(core_.sessions() <= 3 && core_.subscriptions().size() <= 12);
        ASSERT(core_.retained().size() <= 3 && core_.connections() <= 4);
    }

private:
    void feed(Peer& peer) {
        const std::size_t used = core_.receive(peer.id, peer.unsent);
        ASSERT(used <= peer.unsent.size());
        peer.unsent.erase(0, used);
    }
    void turn() {
        core_.tick();
        for (Record& one : core_.take_records()) {
            ASSERT(one.number == records_.size() + 1);
            records_.push_back(std::move(one));
        }
        for (const ConnectionId id : core_.take_ready()) {
            for (Peer& peer : peers_) {
                if (peer.id == id) {
                    const Output output = core_.take_output(id);
                    peer.got += output.bytes;
                    read(peer);
                    if (output.close) {
                        ASSERT(peer.got.empty());
                        peer = {};
                    }
                }
            }
        }
    }
    // All that is there are whole packets.
    static void read(Peer& peer) {
        while (!peer.got.empty()) {
            const auto frame = read_frame(peer.got, {.from = Side::Server});
            ASSERT(frame && *frame);
            const bool known = decode(**frame, Version::V5, Side::Server).has_value() ||
                               decode(**frame, Version::V311, Side::Server).has_value();
            ASSERT(known);
            peer.got.erase(0, (*frame)->bytes);
        }
    }

    FakeClock clock_;
    SeededRandom random_{1};
    AnyGate gate_;
    Core core_;
    std::array<Peer, 4> peers_;
    std::vector<Record> records_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view input = as_text(std::as_bytes(std::span(data, size)));
    World world;
    while (!input.empty()) {
        const auto what = static_cast<unsigned char>(input[0]);
        input.remove_prefix(1);
        world.step(what, input);
        world.check();
    }
    world.restart();
    return 0;
}
