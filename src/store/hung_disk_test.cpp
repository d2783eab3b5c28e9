// SPDX-License-Identifier: Apache-2.0
// F7: a disk that is slow, or does not answer at all for a while. Nothing here sleeps: the disk
// waits for the test, and the test for the disk.
#include <thread>

#include "store/held_disk.h"
#include "store/store_testing.h"

namespace gantry::store {
namespace {

// A store on a disk that can be held, with one series and what was acknowledged of it.
class HungDisk : public ::testing::Test {
protected:
    HungDisk() : disk_(fixture_.disk) {
        open();
        id_ = must(store_->make_series("a", ValueType::Int64));
        append();
        commit();
    }

    void open() {
        store_ = must(Store::open(disk_, fixture_.around.clock, fixture_.random,
                                  fixture_.around.log, fixture_.around.metrics, options_));
    }

    // One row; times are squares, so that each takes room of its own. The code of the error, if
    // that is what it was.
    std::optional<Error> append() {
        const auto lsn = store_->append(one(id_, next_ * next_, next_));
        if (!lsn) {
            return lsn.error();
        }
        ++next_;
        return std::nullopt;
    }
    void commit() {
        const Time before = next_;
        must(store_->commit());
        acknowledged_ = before;
    }
    Error append_until_refused() {
        for (int i = 0; i < 1'000'000; ++i) {
            if (const auto refused = append()) {
                return *refused;
            }
        }
        return {Code::Internal, "it was never refused", {}};
    }
    double metric(const std::string& name) {
        const std::string all = fixture_.around.metrics.render();
        const auto at = all.find("\n" + name + " ");
        return at == std::string::npos ? -1 : std::stod(all.substr(at + name.size() + 2));
    }
    void expect_all_rows() {
        const auto rows = read(*store_, id_);
        ASSERT_GE(rows.size(), static_cast<std::size_t>(acknowledged_));
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const auto number = static_cast<Time>(i);
            ASSERT_EQ(rows[i].time, number * number);
            ASSERT_EQ(rows[i].value, Value(number));
        }
    }
    void expect_all_rows_after_a_power_cut() {
        store_.reset();
        fixture_.disk.power_cut();
        open();
        expect_all_rows();
    }

    Fixture fixture_;
    HeldDisk disk_;
    StoreOptions options_ = small_options();
    std::unique_ptr<Store> store_;
    SeriesId id_{};
    Time next_ = 0;
    Time acknowledged_ = 0;  // rows before this number
};

TEST_F(HungDisk, InACommitRefusesLoudlyServesReadsAndGoesOnAfterwards) {
    EXPECT_EQ(metric("gantry_store_commit_wait_seconds"), 0);
    append();
    const Lsn before = store_->durable();
    disk_.hold("journal/");
    std::atomic<bool> committed = false;
    std::jthread commit([&] {
        must(store_->commit());
        committed = true;
    });
    disk_.wait_until_held();
    fixture_.around.clock.advance(std::chrono::seconds(7));
    EXPECT_EQ(metric("gantry_store_commit_wait_seconds"), 7);
    EXPECT_FALSE(append()) << "a slow disk is no reason yet";
    expect_all_rows();
    fixture_.around.clock.advance(std::chrono::seconds(4));
    const auto refused = append();
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code, Code::Unavailable);
    EXPECT_TRUE(refused->message.contains("has not finished a commit for 11 s"))
        << refused->message;
    EXPECT_EQ(metric("gantry_store_refused_batches_total"), 1);
    expect_all_rows();
    EXPECT_EQ(must(store_->latest(id_))->time, (next_ - 1) * (next_ - 1));
    EXPECT_FALSE(committed);
    EXPECT_EQ(store_->durable(), before) << "nothing is acknowledged meanwhile";
    EXPECT_TRUE(store_->statistics().accepting);
    disk_.release();
    commit.join();
    EXPECT_GT(store_->durable(), before);
    EXPECT_EQ(metric("gantry_store_commit_wait_seconds"), 0);
    EXPECT_FALSE(append());
    this->commit();
    expect_all_rows_after_a_power_cut();
}

// Who does not look at the clock is stopped by the room there is.
TEST_F(HungDisk, InACommitTakesInNoMoreThanItHasRoomFor) {
    append();
    disk_.hold("journal/");
    std::jthread commit([&] { must(store_->commit()); });
    disk_.wait_until_held();
    const Error refused = append_until_refused();
    EXPECT_EQ(refused.code, Code::Unavailable) << refused.message;
    const StoreStatistics statistics = store_->statistics();
    EXPECT_LE(statistics.memtable_bytes, 3 * 16 * 1024U);
    EXPECT_LE(statistics.journal_bytes, 3 * 16 * 1024U);
    expect_all_rows();
    disk_.release();
    commit.join();
    while (must(store_->maintain())) {
    }
    EXPECT_FALSE(append());
    this->commit();
    expect_all_rows_after_a_power_cut();
}

// Acknowledging goes on until both parts of memory are full.
TEST_F(HungDisk, UnderASegmentIsSeenAndBoundsMemory) {
    while (store_->statistics().memtable_bytes < 16 * 1024) {
        append();
        commit();
    }
    disk_.hold("segment-");
    std::jthread maintenance([&] { must(store_->maintain()); });
    disk_.wait_until_held();
    fixture_.around.clock.advance(std::chrono::seconds(90));
    EXPECT_EQ(metric("gantry_store_flush_wait_seconds"), 90);
    std::optional<Error> refused;
    for (int i = 0; i < 100'000 && !refused; ++i) {
        refused = append();
        commit();
    }
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code, Code::Unavailable);
    EXPECT_TRUE(refused->message.contains("have waited for 90 s")) << refused->message;
    EXPECT_LE(store_->statistics().memtable_bytes, 3 * 16 * 1024U);
    expect_all_rows();
    // Killed now, everything that was acknowledged is there.
    const auto future = fixture_.disk.copy(5);
    const auto other = must(Store::open(*future, fixture_.around.clock, fixture_.random,
                                        fixture_.around.log, fixture_.around.metrics, options_));
    EXPECT_EQ(read(*other, id_).size(), static_cast<std::size_t>(acknowledged_));
    disk_.release();
    maintenance.join();
    EXPECT_FALSE(append());
    commit();
    expect_all_rows_after_a_power_cut();
}

// A merge is not a flush: memory has nothing that is being written, and still must not grow.
TEST_F(HungDisk, UnderAMergeBoundsMemory) {
    for (int segment = 0; segment < 4; ++segment) {
        append();
        commit();
        must(store_->flush());
    }
    disk_.hold("segment-");
    std::jthread maintenance([&] { must(store_->maintain()); });
    disk_.wait_until_held();
    std::optional<Error> refused;
    for (int i = 0; i < 100'000 && !refused; ++i) {
        refused = append();
        commit();
    }
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code, Code::Unavailable);
    EXPECT_LE(store_->statistics().memtable_bytes, 3 * 16 * 1024U);
    expect_all_rows();
    disk_.release();
    maintenance.join();
    while (must(store_->maintain())) {
    }
    EXPECT_FALSE(append());
    commit();
    expect_all_rows_after_a_power_cut();
}

// Every single operation waits for its turn: all is late, and all is well.
TEST_F(HungDisk, ThatIsOnlySlowLosesNothing) {
    disk_.hold("/s");
    std::atomic<bool> done = false;
    std::jthread work([&] {
        for (int round = 0; round < 20; ++round) {
            for (int i = 0; i < 40; ++i) {
                append();
            }
            commit();
            must(store_->maintain());
        }
        must(store_->flush());
        done = true;
        disk_.wake();
    });
    std::uint64_t operations = 0;
    while (!done) {
        disk_.wait_until_held_or([&] { return done.load(); });
        disk_.pass(1);
        ++operations;
        fixture_.around.clock.advance(std::chrono::milliseconds(300));
    }
    disk_.release();
    work.join();
    EXPECT_GT(operations, 50U);
    EXPECT_EQ(acknowledged_, 1 + 20 * 40);
    expect_all_rows_after_a_power_cut();
}

}  // namespace
}  // namespace gantry::store
