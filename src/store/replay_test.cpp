// SPDX-License-Identifier: Apache-2.0
// A start after a crash: what only the journal has comes back, on all threads, within the memory
// there is.
#include <mutex>

#include "store/batch_record.h"
#include "store/store_testing.h"

namespace gantry::store {
namespace {

constexpr std::int64_t much_memory = std::int64_t{1} << 30;

StoreOptions with_memory(std::int64_t bytes) {
    StoreOptions options = small_options();
    options.memtable_bytes = bytes;
    options.journal.file_bytes = 1024 * 1024;
    return options;
}

std::vector<std::vector<Sample>> read_all(const Store& store, std::span<const SeriesId> series) {
    std::vector<std::vector<Sample>> out;
    for (const SeriesId id : series) {
        out.push_back(read(store, id));
    }
    return out;
}

// Rows of all kinds of many series, and some that are taken away, in a journal and nowhere else.
class Crashed {
public:
    Crashed(std::uint64_t batches, std::size_t batch_rows, std::uint32_t series_count)
        : fixture(7) {
        const auto store = must(fixture.open(with_memory(much_memory)));
        constexpr std::array types = {ValueType::Int64, ValueType::Float64, ValueType::Bool,
                                      ValueType::String};
        for (std::uint32_t i = 0; i < series_count; ++i) {
            series.push_back(
                must(store->make_series("s" + std::to_string(i), types[i % types.size()])));
        }
        SeededRandom random(11);
        for (std::uint64_t n = 0; n < batches; ++n) {
            SampleBatch batch;
            const bool steady = n % 3 != 0;
            for (std::size_t i = 0; i < batch_rows; ++i) {
                const std::uint32_t k =
                    steady ? i % series_count
                           : static_cast<std::uint32_t>(random.below(series_count));
                const auto round = static_cast<Time>(n * batch_rows + i) / series_count;
                add(batch, k, steady ? round * second : static_cast<Time>(random.below(1 << 20)),
                    random);
            }
            must(store->append(batch));
            if (n % 7 == 3) {
                const Time from = static_cast<Time>(random.below(1 << 20));
                must(store->erase(series[random.below(series_count)], {from, from + 5000}));
            }
            must(store->commit());
        }
        expected = read_all(*store, series);
        rows_in_memory = store->statistics().memtable_bytes;
    }

    Result<std::unique_ptr<Store>> open(Disk& disk, const StoreOptions& options) {
        return Store::open(disk, fixture.around.clock, fixture.random, fixture.around.log,
                           fixture.around.metrics, options);
    }

    Fixture fixture;
    std::vector<SeriesId> series;
    std::vector<std::vector<Sample>> expected;
    std::uint64_t rows_in_memory = 0;  // bytes

private:
    void add(SampleBatch& batch, std::uint32_t k, Time time, SeededRandom& random) const {
        const auto number = static_cast<std::int64_t>(random.below(1000));
        const Quality quality = random.chance(0.01) ? quality::uncertain : quality::good;
        switch (k % 4) {
            case 0: batch.add_int(series[k], time, quality, number); break;
            case 1:
                batch.add_float(series[k], time, quality, static_cast<double>(number) / 8);
                break;
            case 2: batch.add_bool(series[k], time, quality, number % 2 == 0); break;
            default: batch.add_text(series[k], time, quality, std::to_string(number));
        }
    }
};

// 120,000 rows are enough for several threads to share them.
TEST(Replay, ByManyThreadsGivesBackEveryRow) {
    Crashed crashed(12, 10'000, 500);
    const auto store = must(crashed.open(crashed.fixture.disk, with_memory(much_memory)));
    EXPECT_EQ(store->statistics().segments, 0U) << "it all fits";
    EXPECT_EQ(read_all(*store, crashed.series), crashed.expected);
    for (std::size_t k = 0; k < crashed.series.size(); ++k) {
        const auto& rows = crashed.expected[k];
        ASSERT_EQ(must(store->latest(crashed.series[k])),
                  rows.empty() ? std::nullopt : std::optional(rows.back()));
    }
}

TEST(Replay, OfAJournalLargerThanMemoryStaysWithinIt) {
    Crashed crashed(24, 10'000, 500);
    const std::int64_t memory = 256 * 1024;
    ASSERT_GT(crashed.rows_in_memory, 10U * memory);
    Gauge& held = crashed.fixture.around.metrics.gauge("gantry_store_memtable_bytes", "");
    std::mutex mutex;
    std::int64_t most = 0;
    crashed.fixture.disk.set_fault([&](SimDisk::Operation, const std::string&) {
        const std::lock_guard lock(mutex);
        most = std::max(most, held.value());
        return std::nullopt;
    });
    {
        const auto store = must(crashed.open(crashed.fixture.disk, with_memory(memory)));
        EXPECT_GT(most, memory);
        // Two parts, and a batch more than each may hold.
        EXPECT_LT(most, 2 * memory + 2 * 10'000 * 24);
        EXPECT_GT(store->statistics().segments, 5U);
        EXPECT_LE(store->statistics().memtable_bytes, static_cast<std::uint64_t>(most));
        EXPECT_EQ(read_all(*store, crashed.series), crashed.expected);
    }
    crashed.fixture.disk.set_fault(nullptr);
    // What went to segments is not replayed again, and the journal has let go of it.
    crashed.fixture.disk.power_cut();
    const auto again = must(crashed.open(crashed.fixture.disk, with_memory(much_memory)));
    EXPECT_LT(again->statistics().memtable_bytes, 4U * memory);
    EXPECT_EQ(read_all(*again, crashed.series), crashed.expected);
}

// The power goes at every single operation of a start that writes segments, and comes back.
TEST(Replay, ThatACrashEndsLosesNothing) {
    Crashed crashed(12, 400, 20);
    const StoreOptions options = with_memory(8 * 1024);
    std::uint64_t operations = 0;
    for (bool cut = true; cut; ++operations) {
        SCOPED_TRACE(operations);
        const auto disk = crashed.fixture.disk.copy(operations);
        cut = false;
        std::uint64_t left = operations;
        disk->set_fault([&](SimDisk::Operation, const std::string&) {
            cut = cut || left-- == 0;
            return cut ? std::optional(Error{Code::Io, "power", {}}) : std::nullopt;
        });
        (void)crashed.open(*disk, options);
        disk->set_fault(nullptr);
        disk->power_cut();
        const auto store = must(crashed.open(*disk, options));
        ASSERT_EQ(read_all(*store, crashed.series), crashed.expected);
    }
    EXPECT_GT(operations, 100U);
}

// Then memory has to do: what was acknowledged can be read, and nothing more is taken in.
TEST(Replay, OnAFullDiskOpensAllTheSame) {
    Crashed crashed(12, 1000, 50);
    SimDisk& disk = crashed.fixture.disk;
    disk.set_capacity(disk.used_bytes() + 4096);
    const auto store = must(crashed.open(disk, with_memory(8 * 1024)));
    EXPECT_EQ(read_all(*store, crashed.series), crashed.expected);
    EXPECT_EQ(failure(store->append(one(crashed.series[0], 0, std::int64_t{0}))),
              Code::StorageFull);
    disk.set_capacity(UINT64_MAX);
    while (must(store->maintain())) {
    }
    must(store->append(one(crashed.series[0], -1, std::int64_t{0})));
    EXPECT_GT(store->statistics().segments, 0U);
}

// Whatever they are in bytes, there are never more rows to replay than that.
TEST(Replay, HasNoMoreRowsToDoThanTheOptionSays) {
    Fixture fixture;
    StoreOptions options = with_memory(much_memory);
    options.journal_rows = 10'000;
    const auto store = must(fixture.open(options));
    const SeriesId id = must(store->make_series("a", ValueType::Int64));
    Time next = 0;
    const auto append = [&] {
        SampleBatch batch;
        for (int i = 0; i < 100; ++i) {
            batch.add_int(id, next + i, quality::good, 1);
        }
        const auto done = store->append(batch);
        next += done ? 100 : 0;
        return done;
    };
    // Nobody maintains it.
    for (int i = 0; i < 101; ++i) {
        must(append());
        must(store->commit());
    }
    EXPECT_EQ(failure(append()), Code::Unavailable);
    EXPECT_EQ(store->statistics().memtable_rows, 10'100U);
    while (must(store->maintain())) {
    }
    for (int i = 0; i < 300; ++i) {
        must(append());
        must(store->commit());
        must(store->maintain());
        ASSERT_LE(store->statistics().memtable_rows, 5'000U);
    }
    EXPECT_EQ(read(*store, id).size(), static_cast<std::size_t>(next));
}

}  // namespace
}  // namespace gantry::store
