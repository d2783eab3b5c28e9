// SPDX-License-Identifier: Apache-2.0
// What must not happen to a store: F1 to F6 of the list of faults, and what peers' users met.
#include <set>

#include "store/store_testing.h"

namespace gantry::store {
namespace {

// One life after another, each ended by a power cut at some operation of the disk. The oracle
// stands outside. Each row carries its number as value, so an invented or doubled row shows.
class PowerCutTrial {
public:
    explicit PowerCutTrial(std::uint64_t seed) : fixture_(seed), random_(seed ^ 0xabcdef) {}

    void live() {
        auto opened = fixture_.open();
        ASSERT_TRUE(opened) << opened.error().message;
        const auto store = std::move(*opened);
        check(*store);
        std::uint64_t left = 1 + random_.below(80);
        bool cut = false;
        fixture_.disk.set_fault([&](SimDisk::Operation, const std::string&) {
            cut = cut || --left == 0;
            return cut ? std::optional(Error{Code::Io, "power", {}}) : std::nullopt;
        });
        for (int step = 0; !cut && step < 200; ++step) {
            const auto kind = random_.below(10);
            if (kind == 0) {
                (void)store->flush();
            } else if (kind == 1) {
                (void)store->maintain();
            } else if (kind == 2) {
                erase(*store);
            } else {
                write(*store);
            }
        }
        fixture_.disk.set_fault(nullptr);
        fixture_.disk.power_cut();
    }

    void check(const Store& store) {
        for (std::uint32_t k = 0; k < series_count; ++k) {
            const auto info = store.find_series("s" + std::to_string(k));
            std::set<std::int64_t> seen;
            if (info) {
                for (const Sample& sample : read(store, info->id)) {
                    const auto number = std::get<std::int64_t>(sample.value);
                    ASSERT_EQ(sample.time, number * 10);
                    ASSERT_TRUE(seen.insert(number).second) << "twice";
                    ASSERT_TRUE(attempted_[k].contains(number)) << "never sent";
                    ASSERT_FALSE(erased_[k].contains(number)) << "came back";
                }
            }
            for (const std::int64_t number : promised_[k]) {
                ASSERT_TRUE(seen.contains(number)) << "series " << k << " lost " << number;
            }
            // What a start has given back is there for good.
            promised_[k].insert(seen.begin(), seen.end());
        }
    }

    Fixture fixture_;

private:
    static constexpr std::uint32_t series_count = 3;

    void write(Store& store) {
        std::vector<std::pair<std::uint32_t, std::int64_t>> rows;
        SampleBatch batch;
        for (std::uint64_t n = 1 + random_.below(50); n > 0; --n) {
            const auto k = static_cast<std::uint32_t>(random_.below(series_count));
            const auto id = store.make_series("s" + std::to_string(k), ValueType::Int64);
            if (!id) {
                return;
            }
            const std::int64_t number = next_++;
            batch.add_int(*id, number * 10, quality::good, number);
            attempted_[k].insert(number);
            rows.emplace_back(k, number);
        }
        const auto lsn = store.append(batch);
        if (!lsn || !store.commit() || store.durable() < *lsn) {
            return;
        }
        for (const auto& [k, number] : rows) {
            promised_[k].insert(number);
        }
    }

    void erase(Store& store) {
        const auto k = static_cast<std::uint32_t>(random_.below(series_count));
        const auto info = store.find_series("s" + std::to_string(k));
        if (!info || next_ == 1) {
            return;
        }
        const auto from =
            static_cast<std::int64_t>(1 + random_.below(static_cast<std::uint64_t>(next_)));
        const std::int64_t to = from + static_cast<std::int64_t>(random_.below(100));
        // Until it is known, either may be.
        promised_[k].erase(promised_[k].lower_bound(from), promised_[k].lower_bound(to));
        const auto lsn = store.erase(info->id, {from * 10, to * 10});
        if (lsn && store.commit() && store.durable() >= *lsn) {
            erased_[k].insert(attempted_[k].lower_bound(from), attempted_[k].lower_bound(to));
        }
    }

    SeededRandom random_;
    std::array<std::set<std::int64_t>, series_count> erased_;
    std::array<std::set<std::int64_t>, series_count> attempted_;
    std::array<std::set<std::int64_t>, series_count> promised_;
    std::int64_t next_ = 1;
};

void run_power_cuts(std::uint64_t first, std::uint64_t count) {
    constexpr int lives = 5;
    for (std::uint64_t seed = first; seed < first + count / lives; ++seed) {
        SCOPED_TRACE(seed);
        PowerCutTrial trial(seed);
        for (int life = 0; life < lives; ++life) {
            trial.live();
        }
        const auto store = must(trial.fixture_.open());
        trial.check(*store);
        if (::testing::Test::HasFailure()) {
            return;
        }
    }
}

TEST(StoreFaults, PowerCutsLoseNothingThatWasAcknowledged) { run_power_cuts(0, 1000); }

// F2: 10,000 here; ./dev nightly asks for more.
TEST(StoreFaults, TenThousandPowerCutsLoseNothing_slow) {
    const char* nightly = std::getenv("GANTRY_NIGHTLY");
    run_power_cuts(1'000'000, nightly != nullptr ? 100'000 : 10'000);
}

// F5: every operation of the disk fails once, for a moment or from then on.
TEST(StoreFaults, NoAcknowledgementAfterAnyFailingOperation) {
    for (std::uint64_t nth = 1; nth < 260; ++nth) {
        SCOPED_TRACE(nth);
        Fixture fixture(nth);
        std::int64_t committed = 0;
        std::uint64_t left = nth;
        const bool sticky = nth % 2 == 0;
        bool broken = false;
        fixture.disk.set_fault([&](SimDisk::Operation, const std::string&) {
            const bool now = --left == 0;
            broken = broken || (now && sticky);
            return now || broken ? std::optional(Error{Code::Io, "EIO", {}}) : std::nullopt;
        });
        if (auto opened = fixture.open()) {
            auto& store = **opened;
            const auto id = store.make_series("a", ValueType::Int64);
            for (std::int64_t i = 1; id && i < 60; ++i) {
                const auto lsn = store.append(one(*id, i, i));
                if (lsn && store.commit() && store.durable() >= *lsn) {
                    committed = i;
                }
                if (i % 5 == 0) {
                    (void)store.flush();
                    (void)store.maintain();
                }
            }
        }
        fixture.disk.set_fault(nullptr);
        fixture.disk.power_cut();
        const auto store = must(fixture.open());
        const auto info = store->find_series("a");
        std::set<Time> times;
        if (info) {
            for (const Sample& sample : read(*store, info->id)) {
                times.insert(sample.time);
            }
        }
        for (std::int64_t i = 1; i <= committed; ++i) {
            // Rows after a failed commit were refused, so all up to the last success must be there.
            ASSERT_TRUE(times.contains(i)) << i;
        }
    }
}

// F4: one bit at every byte of every file. Nothing wrong is served, and what is lost is one block
// or one record at most.
TEST(StoreFaults, AFlippedBitIsNeverServed) {
    Fixture fixture;
    std::vector<std::int64_t> sent;
    {
        const auto store = must(fixture.open());
        const SeriesId id = must(store->make_series("a", ValueType::Int64));
        const SeriesId other = must(store->make_series("b", ValueType::Int64));
        for (std::int64_t i = 1; i <= 40; ++i) {
            must(store->append(one(id, i, i * 3)));
            must(store->append(one(other, i, i * 5)));
            must(store->commit());
            if (i == 20 || i == 30) {
                must(store->flush());
            }
        }
    }
    int trials = 0;
    for (const std::string folder : {"/s", "/s/journal", "/s/catalogue"}) {
        for (const std::string& name : must(fixture.disk.list(folder))) {
            const std::string path = folder + "/" + name;
            if (name.starts_with("reserved-")) {
                continue;
            }
            const auto size = must(read_file(fixture.disk, path, 1 << 30)).size();
            // The reserved, empty rest of a journal file is the same everywhere.
            for (std::uint64_t byte = 0; byte < std::min<std::uint64_t>(size, 1500); byte += 3) {
                SCOPED_TRACE(path + " byte " + std::to_string(byte));
                const auto disk = fixture.disk.copy(byte);
                must(disk->flip_bit(path, byte, static_cast<unsigned>(byte % 8)));
                const auto opened =
                    Store::open(*disk, fixture.around.clock, fixture.random, fixture.around.log,
                                fixture.around.metrics, small_options());
                ASSERT_TRUE(opened) << opened.error().message;
                std::size_t lost = 0;
                for (const auto& [key, factor] : {std::pair{"a", 3}, std::pair{"b", 5}}) {
                    const auto info = (*opened)->find_series(key);
                    const auto rows = info ? read(**opened, info->id) : std::vector<Sample>{};
                    for (const Sample& row : rows) {
                        ASSERT_EQ(row.value, Value(row.time * factor));
                    }
                    lost += 40 - rows.size();
                }
                // One block holds 20 rows; a series whose name is lost takes its own rows with it.
                ASSERT_LE(lost, folder == "/s/catalogue" ? 40U : folder == "/s" ? 20U : 1U);
                ++trials;
            }
        }
    }
    EXPECT_GT(trials, 1000);
}

// F6 and requirement "disk full": writes are refused, reads go on, and it recovers by itself.
TEST(StoreFaults, AFullDiskRefusesWritesServesReadsAndRecovers) {
    Fixture fixture;
    const auto store = must(fixture.open());
    const SeriesId id = must(store->make_series("a", ValueType::Int64));
    must(store->append(one(id, 0, std::int64_t{0})));
    must(store->commit());
    fixture.disk.set_capacity(fixture.disk.used_bytes() + 10'000);
    std::int64_t last = 0;
    std::optional<Error> refused;
    for (std::int64_t i = 1; i < 200'000 && !refused; ++i) {
        const auto lsn = store->append(one(id, i, i));
        if (!lsn) {
            refused = lsn.error();
            break;
        }
        must(store->commit());
        last = i;
        if (i % 50 == 0) {
            (void)store->maintain();
        }
    }
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code, Code::StorageFull);
    EXPECT_EQ(read(*store, id).size(), static_cast<std::size_t>(last + 1));
    EXPECT_TRUE(store->statistics().accepting);
    fixture.disk.set_capacity(UINT64_MAX);
    while (must(store->maintain())) {
    }
    must(store->append(one(id, last + 1, last + 1)));
    must(store->commit());
    fixture.disk.power_cut();
    const auto again = must(fixture.open());
    EXPECT_EQ(read(*again, id).size(), static_cast<std::size_t>(last + 2));
}

// F6: the disk fills up at any moment, whatever the store is doing then, and is emptied again.
TEST(StoreFaults, AFullDiskAtAnyMomentLosesNothing) {
    for (std::uint64_t room = 0; room < 400'000; room += 7'000) {
        SCOPED_TRACE(room);
        Fixture fixture(room + 1);
        auto store = must(fixture.open());
        const SeriesId id = must(store->make_series("a", ValueType::Int64));
        must(store->append(one(id, 0, std::int64_t{0})));
        must(store->commit());
        fixture.disk.set_capacity(fixture.disk.used_bytes() + room);
        std::set<std::int64_t> acknowledged = {0};
        for (std::int64_t i = 1; i <= 600; ++i) {
            const auto lsn = store->append(one(id, i, i));
            if (lsn && store->commit() && store->durable() >= *lsn) {
                acknowledged.insert(i);
            }
            if (i % 20 == 0) {
                (void)store->flush();
            } else if (i % 7 == 0) {
                (void)store->maintain();
            } else if (i % 150 == 0) {
                (void)store->compact();
            }
        }
        ASSERT_GE(read(*store, id).size(), acknowledged.size());
        ASSERT_TRUE(store->statistics().accepting) << "reads and later writes go on";
        fixture.disk.set_capacity(UINT64_MAX);
        while (must(store->maintain())) {
        }
        must(store->append(one(id, 1000, std::int64_t{1000})));
        must(store->commit());
        store.reset();
        fixture.disk.power_cut();
        store = must(fixture.open());
        std::set<Time> times;
        for (const Sample& sample : read(*store, id)) {
            ASSERT_EQ(sample.value, Value(sample.time));
            times.insert(sample.time);
        }
        ASSERT_TRUE(times.contains(1000));
        for (const std::int64_t i : acknowledged) {
            ASSERT_TRUE(times.contains(i)) << i;
        }
    }
}

// What a power cut can leave of files, and what InfluxDB (27654) would not start with: nothing, or
// less than all, or zeros behind the end (IoTDB 11276).
TEST(StoreFaults, FilesThatLostTheirEndDoNotStopTheStart) {
    Fixture fixture;
    {
        const auto store = must(fixture.open());
        const SeriesId id = must(store->make_series("a", ValueType::Int64));
        for (std::int64_t i = 0; i < 60; ++i) {
            must(store->append(one(id, i, i)));
            must(store->commit());
            if (i % 20 == 19) {
                must(store->flush());
            }
        }
    }
    for (const std::string folder : {"/s", "/s/journal", "/s/catalogue"}) {
        for (const std::string& name : must(fixture.disk.list(folder))) {
            const std::string path = folder + "/" + name;
            if (name.starts_with("reserved-")) {
                continue;
            }
            const auto size = must(read_file(fixture.disk, path, 1 << 30)).size();
            for (const std::uint64_t left :
                 {std::uint64_t{0}, std::uint64_t{1}, size / 2, size - 1, size + 4096}) {
                SCOPED_TRACE(path + " with " + std::to_string(left) + " bytes");
                const auto disk = fixture.disk.copy(left);
                {
                    const auto file = must(disk->open(path, OpenMode::ReadWrite));
                    must(file->truncate(left));
                    must(file->sync());
                }
                const auto opened =
                    Store::open(*disk, fixture.around.clock, fixture.random, fixture.around.log,
                                fixture.around.metrics, small_options());
                ASSERT_TRUE(opened) << opened.error().message;
                const auto info = (*opened)->find_series("a");
                const auto rows = info ? read(**opened, info->id) : std::vector<Sample>{};
                for (const Sample& row : rows) {
                    ASSERT_EQ(row.value, Value(row.time));
                }
                // One file of rows holds 20; the names of the series are all in one.
                ASSERT_GE(rows.size(), folder == "/s/catalogue" ? 0U : 40U);
                const SeriesId again = must((*opened)->make_series("b", ValueType::Bool));
                must((*opened)->append(one(again, 1, true)));
                must((*opened)->commit());
            }
        }
    }
}

// Segments are not taken for leftovers of a crash because nothing names them any more.
TEST(StoreFaults, SegmentsWithoutAManifestAreNotRemoved) {
    Fixture fixture;
    {
        const auto store = must(fixture.open());
        const SeriesId id = must(store->make_series("a", ValueType::Int64));
        must(store->append(one(id, 1, std::int64_t{1})));
        must(store->flush());
    }
    const auto before = segment_files(fixture);
    ASSERT_EQ(before.size(), 1U);
    must(fixture.disk.remove("/s/MANIFEST"));
    must(fixture.disk.remove("/s/MANIFEST.copy"));
    EXPECT_EQ(failure(fixture.open()), Code::Corrupt);
    EXPECT_EQ(segment_files(fixture), before);
}

// IoTDB 11375: a journal that fills up because memory is never written.
TEST(StoreFaults, AnOldJournalForcesMemoryOut) {
    Fixture fixture;
    auto options = small_options();
    options.memtable_bytes = 1 << 30;
    options.journal_bytes = 64 * 1024;
    const auto store = must(fixture.open(options));
    const SeriesId id = must(store->make_series("a", ValueType::String));
    std::uint64_t most = 0;
    for (Time i = 0; i < 300; ++i) {
        must(store->append(one(id, i, std::string(1000, 'x'))));
        must(store->commit());
        must(store->maintain());
        most = std::max(most, store->statistics().journal_bytes);
    }
    EXPECT_GT(store->statistics().segments, 0U);
    EXPECT_LT(most, 160 * 1024U);
}

// Nobody takes in more than there is memory for, and who is refused is told (QuestDB 3986).
TEST(StoreFaults, MemoryThatCannotBeWrittenRefusesLoudly) {
    Fixture fixture;
    const auto store = must(fixture.open());
    const SeriesId id = must(store->make_series("a", ValueType::Int64));
    bool broken = false;
    fixture.disk.set_fault([&](SimDisk::Operation, const std::string& path) {
        return broken && path.find("segment-") != std::string::npos
                   ? std::optional(Error{Code::Io, "EIO", {}})
                   : std::nullopt;
    });
    broken = true;
    std::optional<Error> refused;
    for (Time i = 0; i < 100'000 && !refused; ++i) {
        const auto lsn = store->append(one(id, i * i, i));
        if (!lsn) {
            refused = lsn.error();
        } else {
            must(store->commit());
        }
        (void)store->maintain();
    }
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code, Code::Unavailable);
    EXPECT_LT(store->statistics().memtable_bytes, 8 * 16 * 1024U);
    EXPECT_GT(fixture.around.metrics.counter("gantry_store_refused_batches_total", "").value(), 0U);
    broken = false;
    while (must(store->maintain())) {
    }
    must(store->append(one(id, -1, Time{-1})));
    must(store->commit());
}

}  // namespace
}  // namespace gantry::store
