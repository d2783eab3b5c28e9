// SPDX-License-Identifier: Apache-2.0
// A broker that crashes at any moment and loses every record that was not said to be durable (or
// keeps some of them): messages of QoS 2 and wills arrive once, those of QoS 1 at least once.
#include <gtest/gtest.h>

#include <string>

#include "mqtt/crash_testing.h"

namespace gantry::mqtt {
namespace {

using testing::ScriptedGate;

// The broker with its journal.
class Broker final : public testing::CrashingBroker {
public:
    Broker(const Clock& clock, SeededRandom& random) : clock_(clock), random_(random) { start({}); }

    Core& core() override { return *core_; }
    bool sync(bool all) override {
        take();
        const std::uint64_t most = log_.size();
        const std::uint64_t number = all ? most : durable_ + random_.below(most - durable_ + 1);
        durable_ = number;
        core_->durable(number);
        return true;
    }
    void crash() override {
        take();
        log_.resize(durable_ + random_.below(log_.size() - durable_ + 1));
        while (!log_.empty() && log_.back().more) {
            log_.pop_back();
        }
        durable_ = log_.size();
        start(log_);
        ++crashes;
    }

    std::size_t crashes = 0;

private:
    void take() {
        for (Record& one : core_->take_records()) {
            log_.push_back(std::move(one));
        }
    }
    static CoreLimits limits() {
        CoreLimits out;
        out.inflight_max = 4;
        return out;
    }
    void start(std::span<const Record> log) {
        core_ = std::make_unique<Core>(clock_, random_, gate_, limits());
        gate_.core = core_.get();
        core_->restore(log);
        EXPECT_EQ(core_->restored().skipped, 0U);
    }

    const Clock& clock_;
    SeededRandom& random_;
    ScriptedGate gate_;
    std::unique_ptr<Core> core_;
    std::vector<Record> log_;
    std::uint64_t durable_ = 0;
};

void run(std::uint64_t seed) {
    SCOPED_TRACE(std::format("seed {}", seed));
    FakeClock clock;
    SeededRandom random(seed);
    Broker broker(clock, random);
    testing::play(broker, random, {});
}

TEST(MqttCrash, NothingIsLostAndQos2ComesOnce) {
    for (std::uint64_t seed = 1; seed <= 50 && !::testing::Test::HasFailure(); ++seed) {
        run(seed);
    }
}

TEST(MqttCrash, ManyMoreSeeds_slow) {
    for (std::uint64_t seed = 1000; seed < 11'000 && !::testing::Test::HasFailure(); ++seed) {
        run(seed);
    }
}

}  // namespace
}  // namespace gantry::mqtt
