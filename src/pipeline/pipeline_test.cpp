// SPDX-License-Identifier: Apache-2.0
#include "pipeline/pipeline.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_future.hpp>

#include "base/sim_disk.h"
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
