// SPDX-License-Identifier: Apache-2.0
#include "pipeline/pipeline.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_future.hpp>

#include "base/sim_disk.h"
#include "pipeline/check.h"
#include "runtime/shards.h"
#include "testing/testing.h"

namespace gantry::pipeline {
namespace {

using gantry::testing::failure;
using gantry::testing::must;

struct Fixture {
    Fixture() {
        registry::RegistryOptions options;
        options.path = folder / "registry.sqlite";
        options.password_cost = {.memory_kib = 64, .passes = 1};
        registry = must(registry::Registry::open(around.clock, random, around.log, options));
        must(registry->bootstrap());
        tenant = must(registry->tenants().get("main")).id;
        Asset asset;
        asset.key = "p";
        must(registry->assets().create(tenant, asset));
        store::StoreOptions store_options;
        store_options.folder = "/s";
        store_options.journal.file_bytes = 256 * 1024;
        store = must(store::Store::open(disk, around.clock, random, around.log, around.metrics,
                                        store_options));
        directory = must(directory::Directory::open(*registry, *store, around.log));
        pipeline = std::make_unique<Pipeline>(*directory, *store, timers, around.clock, around.log,
                                              around.metrics, PipelineOptions{});
    }

    SeriesId point(std::string key, ValueType type = ValueType::Float64, ValueRange range = {}) {
        Property property;
        property.key = std::move(key);
        property.type = type;
        property.range = range;
        const Point made = must(registry->points().create(tenant, "p", property));
        return directory->find(tenant, made.path)->series;
    }

    Result<SubmitReport> take(SampleBatch batch, Acknowledge acknowledge = Acknowledge::Durable) {
        return asio::co_spawn(shards.executor(0),
                              pipeline->take(std::move(batch), acknowledge, WhenFull::Fail),
                              asio::use_future)
            .get();
    }
    Time now() const { return around.clock.now(); }

    gantry::testing::TemporaryFolder folder;
    gantry::testing::Surroundings around;
    SystemRandom random;
    SimDisk disk{1};
    RealTimers timers{around.clock};
    std::unique_ptr<registry::Registry> registry;
    std::unique_ptr<store::Store> store;
    std::unique_ptr<directory::Directory> directory;
    std::unique_ptr<Pipeline> pipeline;
    Shards shards{1, around.log};
    TenantId tenant;
};

TEST(Pipeline, ADurableAcknowledgementMeansThatAPowerCutLosesNothing) {
    Fixture fixture;
    const SeriesId series = fixture.point("v");
    SampleBatch batch;
    batch.add_float(series, fixture.now(), quality::good, 1.5);
    EXPECT_EQ(must(fixture.take(batch)).accepted, 1U);
    // From here on nothing reaches the platter any more.
    fixture.disk.set_fault([](SimDisk::Operation, const std::string&) {
        return std::optional(Error{Code::Io, "cut", {}});
    });
    fixture.pipeline.reset();
    fixture.store.reset();
    fixture.disk.set_fault(nullptr);
    fixture.disk.power_cut();
    store::StoreOptions options;
    options.folder = "/s";
    const auto again =
        must(store::Store::open(fixture.disk, fixture.around.clock, fixture.random,
                                fixture.around.log, fixture.around.metrics, options));
    EXPECT_EQ(must(again->latest(series))->value, Value(1.5));
}

TEST(Pipeline, ConvertsWhereNothingIsLostAndSaysWhichRowsItRejects) {
    Fixture fixture;
    const SeriesId number = fixture.point("f");
    const SeriesId counter = fixture.point("i", ValueType::Int64);
    SampleBatch batch;
    batch.add_int(number, fixture.now(), quality::good, 3);
    batch.add_float(counter, fixture.now(), quality::good, 2.5);
    batch.add_float(counter, fixture.now(), quality::good, 4.0);
    batch.add_text(number, fixture.now(), quality::good, "x");
    batch.add_float(number, fixture.now() + 3'600'000'000'000, quality::good, 1);
    batch.add_null(number, fixture.now(), quality::good);
    batch.add_null(number, fixture.now() + 1, quality::bad_timeout);
    batch.add_float(SeriesId{999}, fixture.now(), quality::good, 1);
    const SubmitReport report = must(fixture.take(batch));
    EXPECT_EQ(report.accepted, 3U);
    std::vector<std::size_t> rejected;
    for (const RejectedRow& row : report.rejected) {
        rejected.push_back(row.index);
    }
    EXPECT_EQ(rejected, (std::vector<std::size_t>{1, 3, 4, 5, 7}));
    EXPECT_EQ(must(fixture.store->latest(counter))->value, Value(std::int64_t{4}));
}

TEST(Pipeline, AValueOutsideItsRangeIsKeptAndMarked) {
    Fixture fixture;
    const SeriesId series = fixture.point("v", ValueType::Float64, {.min = 0, .max = 10});
    SampleBatch batch;
    batch.add_float(series, fixture.now(), quality::good, 11);
    must(fixture.take(batch));
    const auto latest = must(fixture.store->latest(series));
    EXPECT_EQ(latest->value, Value(11.0));
    EXPECT_EQ(latest->quality, quality::uncertain_engineering_units_exceeded);
}

// Rows as a table of many points has them: runs and single rows, most of them as they should be.
SampleBatch mixed_rows(SeededRandom& random, std::span<const SeriesId> series, Time now) {
    SampleBatch out;
    while (out.size() < 200) {
        const SeriesId id = series[random.below(series.size())];
        for (std::uint64_t left = 1 + random.below(20); left > 0; --left) {
            const Time time = now - static_cast<Time>(1000 - out.size());
            switch (random.below(40)) {
                case 0: out.add_int(id, time, quality::good, 7); break;
                case 1: out.add_bool(id, time, quality::good, true); break;
                case 2: out.add_text(id, time, quality::good, "x"); break;
                case 3: out.add_null(id, time, quality::bad); break;
                case 4: out.add_null(id, time, quality::good); break;
                case 5: out.add_float(id, now + 86'400'000'000'000, quality::good, 1); break;
                case 6: out.add_float(id, time, quality::uncertain, 1000); break;
                case 7: out.add_float(SeriesId{9999}, time, quality::good, 1); break;
                default:
                    out.add_float(id, time, quality::good, static_cast<double>(random.below(12)));
            }
        }
    }
    return out;
}

TEST(Pipeline, ABatchIsCheckedAsItsRowsWouldBeOneByOne) {
    Fixture fixture;
    const std::vector<SeriesId> series = {
        fixture.point("f"), fixture.point("r", ValueType::Float64, {.min = 1, .max = 10}),
        fixture.point("i", ValueType::Int64), fixture.point("b", ValueType::Bool)};
    SeededRandom random(1);
    for (int round = 0; round < 30; ++round) {
        // What a round stores lies after what the one before it did.
        const SampleBatch batch = mixed_rows(random, series, fixture.now() + round * 10'000);
        std::vector<std::pair<std::size_t, std::string>> rejected_whole;
        for (const RejectedRow& row : must(fixture.take(batch)).rejected) {
            rejected_whole.emplace_back(row.index, row.error.message);
        }
        std::map<std::uint32_t, std::optional<Sample>> stored_whole;
        for (const SeriesId id : series) {
            stored_whole[id.value] = must(fixture.store->latest(id));
        }
        std::vector<std::pair<std::size_t, std::string>> rejected_single;
        for (std::size_t i = 0; i < batch.size(); ++i) {
            SampleBatch one;
            one.add_row(batch.row(i));
            for (const RejectedRow& row : must(fixture.take(one)).rejected) {
                rejected_single.emplace_back(i + row.index, row.error.message);
            }
        }
        EXPECT_EQ(rejected_whole, rejected_single);
        for (const SeriesId id : series) {
            EXPECT_EQ(stored_whole[id.value], must(fixture.store->latest(id)));
        }
    }
}

TEST(Pipeline, ARowThatCannotBeStoredIsFoundInTheMiddleOfALongRun) {
    Fixture fixture;
    const SeriesId series = fixture.point("v", ValueType::Float64, {.min = 0, .max = 100});
    SampleBatch batch;
    for (int i = 0; i < 1000; ++i) {
        batch.add_float(series, 1'000'000 + i, quality::good, i == 500 ? 101 : i % 100);
    }
    batch.add_text(series, 2'000'000, quality::good, "many");
    batch.add_float(series, 2'000'001, quality::good, 5);
    const SubmitReport report = must(fixture.take(batch));
    EXPECT_EQ(report.accepted, 1001U);
    ASSERT_EQ(report.rejected.size(), 1U);
    EXPECT_EQ(report.rejected[0].index, 1000U);
    EXPECT_GT(report.last, 0U);
    std::size_t marked = 0;
    must(fixture.store->scan(std::span(&series, 1), {}, [&marked](const store::Chunk& chunk) {
        for (std::size_t i = 0; i < chunk.size(); ++i) {
            marked += chunk.quality_of(i) == quality::uncertain_engineering_units_exceeded ? 1 : 0;
        }
        return true;
    }));
    EXPECT_EQ(marked, 1U);
}

TEST(PointLookup, PointsThatShareAPlaceAreNotTakenForEachOther) {
    Fixture fixture;
    const SeriesId number = fixture.point("f");
    const SeriesId flag = fixture.point("b", ValueType::Bool);
    PointLookup one_place(*fixture.directory, 1);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(one_place.find(number).type, ValueType::Float64);
        EXPECT_EQ(one_place.find(flag).type, ValueType::Bool);
        EXPECT_EQ(one_place.find(SeriesId{777}).entry, nullptr);
    }
}

TEST(Pipeline, AFullDiskRefusesClientsAndHoldsConnectorsUntilThereIsSpace) {
    Fixture fixture;
    const SeriesId series = fixture.point("v");
    fixture.disk.set_capacity(fixture.disk.used_bytes());
    std::optional<Error> refused;
    std::int64_t stored = 0;
    for (int i = 0; i < 3000 && !refused; ++i) {
        SampleBatch batch;
        for (int k = 0; k < 100; ++k) {
            ++stored;  // values that no record of the journal makes shorter
            batch.add_float(series, stored, quality::good, 1.0 / static_cast<double>(stored));
        }
        const auto report = fixture.take(batch);
        if (!report) {
            refused = report.error();
            stored -= 100;
        }
    }
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code, Code::StorageFull);
    SampleBatch last;  // as large as the one that was refused
    for (int k = 1; k <= 100; ++k) {
        last.add_float(series, stored + k, quality::good, 1.0 / static_cast<double>(k + 2));
    }
    auto waiting =
        asio::co_spawn(fixture.shards.executor(0),
                       fixture.pipeline->submit(last, Acknowledge::Durable), asio::use_future);
    EXPECT_EQ(waiting.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
    fixture.disk.set_capacity(UINT64_MAX);
    must(waiting.get());
    EXPECT_EQ(must(fixture.store->latest(series))->time, stored + 100);
}

TEST(Pipeline, AfterAFailedSyncNothingIsAcknowledgedAndReadsGoOn) {
    Fixture fixture;
    const SeriesId series = fixture.point("v");
    SampleBatch batch;
    batch.add_float(series, 1, quality::good, 1);
    must(fixture.take(batch));
    fixture.disk.set_fault([](SimDisk::Operation operation, const std::string&) {
        return operation == SimDisk::Operation::Sync ? std::optional(Error{Code::Io, "EIO", {}})
                                                     : std::nullopt;
    });
    EXPECT_FALSE(fixture.take(batch));
    fixture.disk.set_fault(nullptr);
    EXPECT_EQ(failure(fixture.take(batch)), Code::Unavailable);
    EXPECT_TRUE(must(fixture.store->latest(series)));
}

TEST(LiveFeed, AFollowerGetsItsSeriesAndNoOthers) {
    Metrics metrics;
    LiveFeed feed(metrics);
    int woken = 0;
    auto subscription = std::make_shared<Subscription>([&woken] { ++woken; });
    feed.follow(subscription, {SeriesId{1}, SeriesId{2}});
    SampleBatch batch;
    for (std::uint32_t series = 0; series < 4; ++series) {
        batch.add_int(SeriesId{series}, 1, quality::good, series);
    }
    feed.publish(batch);
    feed.publish(batch);
    EXPECT_EQ(woken, 1) << "once, until it has been taken";
    EXPECT_EQ(subscription->take().samples.size(), 4U);
    feed.unfollow(subscription, {SeriesId{1}});
    feed.publish(batch);
    const auto taken = subscription->take();
    ASSERT_EQ(taken.samples.size(), 1U);
    EXPECT_EQ(taken.samples.series(0), SeriesId{2});
    EXPECT_EQ(taken.skipped, 0U);
}

TEST(LiveFeed, ASlowFollowerGetsTheLatestValueAPointAndIsTold) {
    Metrics metrics;
    LiveFeed feed(metrics);
    auto subscription = std::make_shared<Subscription>([] {});
    feed.follow(subscription, {SeriesId{1}, SeriesId{2}});
    for (int i = 0; i < 50'000; ++i) {
        SampleBatch batch;
        batch.add_int(SeriesId{1}, i, quality::good, i);
        batch.add_int(SeriesId{2}, i, quality::good, -i);
        feed.publish(batch);
    }
    const auto taken = subscription->take();
    EXPECT_LE(taken.samples.size(), Subscription::rows_max);
    EXPECT_EQ(taken.samples.size() + taken.skipped, 100'000U);
    EXPECT_EQ(taken.samples.row(taken.samples.size() - 1).value(), Value(std::int64_t{-49'999}));
}

}  // namespace
}  // namespace gantry::pipeline
