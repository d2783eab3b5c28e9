// SPDX-License-Identifier: Apache-2.0
// A store that does everything at once in little memory. tests/system/test_store_memory.py runs it
// longer, under a limit.
#include <cstdlib>

#include "base/disk.h"
#include "store/backfill.h"
#include "store/batch_record.h"
#include "store/store_testing.h"

namespace gantry::store {
namespace {

// Many series, rows that come late, merges, questions about all, and a start again: the data is
// many times larger than memory.
TEST(StoreMemory, IsBoundedWhateverIsDone_slow) {
    constexpr std::uint32_t series_count = 50'000;
    // Under the limit there is more to do; here it is to run at all.
    const char* wanted = std::getenv("GANTRY_MEMORY_TEST_BATCHES");
    const std::uint64_t batches = wanted == nullptr ? 40 : std::strtoull(wanted, nullptr, 10);
    constexpr std::uint64_t batch_rows = 20'000;
    const gantry::testing::TemporaryFolder folder;
    gantry::testing::Surroundings around;
    RealDisk disk;
    SystemRandom system_random;
    SeededRandom random(1);
    StoreOptions options;
    options.folder = folder / "s";
    options.memtable_bytes = 8 * 1024 * 1024;
    options.journal.file_bytes = 8 * 1024 * 1024;
    options.journal_bytes = 32 * 1024 * 1024;
    const auto open = [&] {
        return must(
            Store::open(disk, around.clock, system_random, around.log, around.metrics, options));
    };
    auto store = open();
    std::vector<std::string> keys;
    std::vector<SeriesSpec> specs;
    for (std::uint32_t i = 0; i < series_count; ++i) {
        keys.push_back("line/machine" + std::to_string(i));
    }
    for (const std::string& key : keys) {
        specs.push_back({key, ValueType::Float64});
    }
    std::vector<SeriesId> ids;
    must(store->make_series(specs, ids));
    must(store->commit());
    SampleBatch batch;
    for (std::uint64_t n = 0; n < batches; ++n) {
        batch.clear();
        for (std::uint64_t i = 0; i < batch_rows; ++i) {
            const SeriesId id = ids[random.below(series_count)];
            const Time now = static_cast<Time>(n * batch_rows + i) * second / 100;
            const Time time = random.chance(0.1) ? now / 2 : now;
            batch.add_float(id, time, quality::good, static_cast<double>(random.below(1000)) / 10);
        }
        while (true) {
            const auto lsn = store->append(batch);
            if (lsn) {
                break;
            }
            ASSERT_EQ(lsn.error().code, Code::Unavailable);
            must(store->maintain());
        }
        must(store->commit());
        must(store->maintain());
        if (n == batches / 2) {
            store.reset();
            store = open();
        }
    }
    const auto backfill = store->begin_backfill();
    must(backfill->add(batch));
    must(backfill->publish());
    std::uint64_t scanned = 0;
    must(store->scan(ids, {}, [&](const Chunk& chunk) {
        scanned += chunk.size();
        return true;
    }));
    must(store->compact());
    std::uint64_t counted = 0;
    must(store->aggregate(ids, {}, Duration{0}, [&](const Bucket& bucket) {
        counted += bucket.aggregate.rows;
        return true;
    }));
    EXPECT_EQ(scanned, counted);
    EXPECT_GT(counted, batches * batch_rows * 9 / 10);
}

// A journal that a node with more memory has left.
TEST(StoreMemory, OfAStartIsBoundedWhateverTheJournalHolds_slow) {
    constexpr std::uint32_t series_count = 10'000;
    constexpr std::uint64_t batch_rows = 20'000;
    const char* wanted = std::getenv("GANTRY_MEMORY_TEST_BATCHES");
    const std::uint64_t batches = wanted == nullptr ? 40 : std::strtoull(wanted, nullptr, 10);
    const gantry::testing::TemporaryFolder folder;
    gantry::testing::Surroundings around;
    RealDisk disk;
    SystemRandom system_random;
    SeededRandom random(1);
    StoreOptions options;
    options.folder = folder / "s";
    options.memtable_bytes = 8 * 1024 * 1024;
    const auto open = [&] {
        return must(
            Store::open(disk, around.clock, system_random, around.log, around.metrics, options));
    };
    std::vector<SeriesId> ids;
    for (auto store = open(); ids.size() < series_count;) {
        ids.push_back(must(store->make_series(std::to_string(ids.size()), ValueType::Float64)));
        must(store->commit());
    }
    {
        const auto journal = must(journal::Journal::open(
            disk, options.folder + "/journal", system_random, around.log, options.journal,
            [](const journal::Record&) { return Result<>{}; }));
        SampleBatch batch;
        Bytes payload;
        for (std::uint64_t n = 0; n < batches; ++n) {
            batch.clear();
            for (std::uint64_t i = 0; i < batch_rows; ++i) {
                // No step is like another: each row keeps its time.
                const auto at = static_cast<Time>(n * batch_rows + i);
                batch.add_float(ids[random.below(series_count)], at * second, quality::good,
                                random.fraction());
            }
            encode_batch(batch, payload);
            must(journal->append(batch_record, payload));
            must(journal->commit());
        }
    }
    const auto store = open();
    EXPECT_LT(store->statistics().memtable_bytes, 3U * 8 * 1024 * 1024);
    std::uint64_t rows = 0;
    must(store->aggregate(ids, {}, Duration{0}, [&](const Bucket& bucket) {
        rows += bucket.aggregate.rows;
        return true;
    }));
    EXPECT_EQ(rows, batches * batch_rows);
}

}  // namespace
}  // namespace gantry::store
