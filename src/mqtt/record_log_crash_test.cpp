// SPDX-License-Identifier: Apache-2.0
// The broker with its journal and its checkpoints on a disk whose power goes at any write: what was
// acknowledged is there, messages of QoS 2 and wills come once.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "base/sim_disk.h"
#include "mqtt/crash_testing.h"
#include "mqtt/record_log.h"
#include "testing/testing.h"

namespace gantry::mqtt {
namespace {

using gantry::testing::must;
using testing::ScriptedGate;

struct Counts {
    std::uint64_t cuts = 0;
    std::uint64_t checkpoints = 0;
    std::uint64_t restored = 0;  // records
};

class DiskBroker final : public testing::CrashingBroker {
public:
    DiskBroker(std::uint64_t seed, SeededRandom& random, Counts& counts)
        : disk_(seed), random_(random), counts_(counts), log_(clock_, lines_) {
        start();
    }

    Core& core() override { return *core_; }
    bool sync(bool all) override {
        // Wherever it is then: in the journal, in a checkpoint, or between.
        if (random_.chance(0.3)) {
            cut_after(random_.below(random_.chance(0.7) ? 3 : 20));
        }
        const bool done = write(all) && checkpoint();
        disk_.set_fault(nullptr);
        return done;
    }
    void crash() override {
        disk_.set_fault(nullptr);
        checkpoint_.reset();
        core_.reset();
        records_.reset();
        disk_.power_cut();
        ++counts_.cuts;
        // Another one while it starts.
        if (random_.chance(0.2)) {
            cut_after(random_.below(15));
            start();
            disk_.set_fault(nullptr);
            checkpoint_.reset();
            core_.reset();
            records_.reset();
            disk_.power_cut();
            ++counts_.cuts;
        }
        start();
        ASSERT_NE(core_, nullptr) << lines_.text();
    }

private:
    void cut_after(std::uint64_t operations) {
        disk_.set_fault([left = operations](SimDisk::Operation, const std::string&) mutable {
            return left == 0 ? std::optional(Error{Code::Io, "the power is gone", {}})
                             : (--left, std::nullopt);
        });
    }
    void start() {
        RecordLogOptions options;
        options.journal.file_bytes = 8 << 10;
        options.checkpoint_bytes = 4 << 10;
        auto core = std::make_unique<Core>(clock_, random_, gate_, limits());
        gate_.core = core.get();
        gate_.answers.clear();
        auto records =
            RecordLog::open(disk_, "mqtt", random_, log_, options,
                            [&](std::string_view space, std::span<const Record> some) -> Result<> {
                                EXPECT_EQ(space, "plant");
                                counts_.restored += some.size();
                                core->restore(some);
                                return {};
                            });
        if (!records) {
            EXPECT_EQ(records.error().code, Code::Io) << records.error().message;
            return;
        }
        records_ = std::move(*records);
        const Restored restored = core->restored();
        EXPECT_EQ(restored.skipped, 0U) << restored.first_skipped;
        core_ = std::move(core);
        lsn_ = 0;
        number_ = 0;
        progress_ = {};
    }
    static CoreLimits limits() {
        CoreLimits out;
        out.inflight_max = 4;
        return out;
    }
    bool append() {
        const auto some = core_->take_records();
        if (some.empty()) {
            return true;
        }
        const auto lsn = records_->append("plant", some);
        lsn_ = lsn ? *lsn : 0;
        number_ = some.back().number;
        return lsn.has_value();
    }
    bool write(bool all) {
        if (!append()) {
            return false;
        }
        // What is not committed now is with the next.
        if (!all && random_.chance(0.5)) {
            return true;
        }
        if (!records_->commit()) {
            return false;
        }
        EXPECT_GE(records_->durable(), lsn_);
        core_->durable(number_);
        return true;
    }
    // One step of a checkpoint; many things happen between two.
    bool checkpoint() {
        if (checkpoint_ == nullptr) {
            const auto due = records_->due();
            if (due.empty() && !random_.chance(0.05)) {
                return true;
            }
            auto begun = records_->begin_checkpoint("plant");
            EXPECT_TRUE(begun.has_value());
            checkpoint_ = std::move(*begun);
            progress_ = {};
        }
        if (!checkpoint_->add(core_->snapshot(progress_, 3))) {
            return false;
        }
        if (!progress_.done()) {
            return true;
        }
        if (!append() || !checkpoint_->finish()) {
            return false;
        }
        core_->durable(number_);
        checkpoint_.reset();
        ++counts_.checkpoints;
        return true;
    }

    FakeClock clock_;
    SimDisk disk_;
    SeededRandom& random_;
    Counts& counts_;
    MemoryOutput lines_;
    Log log_;
    ScriptedGate gate_;
    std::unique_ptr<Core> core_;
    std::unique_ptr<RecordLog> records_;
    std::unique_ptr<RecordLog::Checkpoint> checkpoint_;
    SnapshotProgress progress_;
    Lsn lsn_ = 0;
    std::uint64_t number_ = 0;
};

Counts run(std::uint64_t first, std::uint64_t cuts) {
    Counts counts;
    for (std::uint64_t seed = first; counts.cuts < cuts && !::testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(std::format("seed {}", seed));
        SeededRandom random(seed);
        DiskBroker broker(seed, random, counts);
        testing::play(broker, random, {.steps = 1500, .crashes = 1});
    }
    ::testing::Test::RecordProperty("cuts", std::to_string(counts.cuts));
    return counts;
}

TEST(MqttRecordLogCrash, PowerCutsLoseNothingThatWasAcknowledged) {
    const Counts counts = run(1, 2000);
    EXPECT_GE(counts.cuts, 2000U);
    EXPECT_GT(counts.checkpoints, 500U);
    EXPECT_GT(counts.restored, 10'000U);
}

// ./dev nightly asks for more.
TEST(MqttRecordLogCrash, ManyMorePowerCuts_slow) {
    const char* nightly = std::getenv("GANTRY_NIGHTLY");
    run(1'000'000, nightly != nullptr ? 200'000 : 2'000);
}

}  // namespace
}  // namespace gantry::mqtt
