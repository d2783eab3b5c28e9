// SPDX-License-Identifier: Apache-2.0
#include "directory/directory.h"

#include "base/sim_disk.h"
#include "testing/testing.h"

namespace gantry::directory {
namespace {

using gantry::testing::must;

struct Fixture {
    Fixture() {
        registry::RegistryOptions options;
        options.path = folder / "registry.sqlite";
        options.password_cost = {.memory_kib = 64, .passes = 1};
        registry = must(registry::Registry::open(around.clock, random, around.log, options));
        must(registry->bootstrap());
        tenant = must(registry->tenants().get("main")).id;
        store::StoreOptions store_options;
        store_options.folder = "/s";
        store_options.journal.file_bytes = 64 * 1024;
        store = must(store::Store::open(disk, around.clock, random, around.log, around.metrics,
                                        store_options));
        directory = must(Directory::open(*registry, *store, around.log));
    }

    Asset add_asset(std::string key, std::string parent = "") {
        Asset asset;
        asset.key = std::move(key);
        asset.parent = AssetId(std::move(parent));
        return must(registry->assets().create(tenant, asset));
    }
    Point add_point(const std::string& asset, std::string key) {
        Property property;
        property.key = std::move(key);
        return must(registry->points().create(tenant, asset, property));
    }

    gantry::testing::TemporaryFolder folder;
    gantry::testing::Surroundings around;
    SystemRandom random;
    SimDisk disk{1};
    std::unique_ptr<registry::Registry> registry;
    std::unique_ptr<store::Store> store;
    std::unique_ptr<Directory> directory;
    TenantId tenant;
};

TEST(Directory, FollowsEveryChangeOfPoints) {
    Fixture fixture;
    std::vector<std::string> heard;
    fixture.directory->listen([&](const PointId&, const PointRef& entry) {
        heard.push_back(entry ? entry->point.path : "gone");
    });
    Asset plant = fixture.add_asset("plant");
    const Point point = fixture.add_point("plant", "v");
    const PointRef first = fixture.directory->find(fixture.tenant, "plant.v");
    ASSERT_TRUE(first);
    EXPECT_EQ(fixture.directory->find(fixture.tenant, point.id.text()), first);
    EXPECT_EQ(fixture.directory->find(first->series), first);
    EXPECT_FALSE(fixture.directory->find(TenantId("ten_other"), "plant.v"));

    plant.key = "works";
    must(fixture.registry->assets().update(fixture.tenant, plant, {}));
    EXPECT_FALSE(fixture.directory->find(fixture.tenant, "plant.v"));
    const PointRef moved = fixture.directory->find(fixture.tenant, "works.v");
    ASSERT_TRUE(moved);
    EXPECT_EQ(moved->series, first->series) << "history stays";

    must(fixture.registry->assets().remove(fixture.tenant, "works", false, {}));
    EXPECT_FALSE(fixture.directory->find(fixture.tenant, "works.v"));
    EXPECT_FALSE(fixture.directory->find(first->series));
    EXPECT_EQ(heard, (std::vector<std::string>{"plant.v", "works.v", "gone"}));
}

TEST(Directory, TellsTheStoreHowLongSamplesAreKept) {
    Fixture fixture;
    constexpr Time hour = 3'600'000'000'000;
    fixture.add_asset("plant");
    Point point = fixture.add_point("plant", "v");
    const SeriesId series = fixture.directory->find(fixture.tenant, "plant.v")->series;
    SampleBatch batch;
    for (Time time = 1; time <= 10; ++time) {
        batch.add_float(series, time * hour, quality::good, 1);
    }
    must(fixture.store->append(batch));
    const auto rows = [&] {
        std::size_t count = 0;
        must(fixture.store->scan(std::span(&series, 1), {}, [&count](const store::Chunk& chunk) {
            count += chunk.size();
            return true;
        }));
        return count;
    };
    EXPECT_EQ(rows(), 10U);
    point.property.retention = std::chrono::hours(3);
    must(fixture.registry->points().update(fixture.tenant, "plant.v", point.property, {}));
    const std::size_t kept = rows();
    EXPECT_GE(kept, 3U);
    EXPECT_LE(kept, 4U);
    point.property.retention = Duration{0};
    must(fixture.registry->points().update(fixture.tenant, "plant.v", point.property, {}));
    EXPECT_EQ(rows(), 10U);

    // What the registry says holds, also if the store never heard of it.
    must(fixture.store->set_time_to_live(series, std::chrono::hours(1)));
    const auto again = must(Directory::open(*fixture.registry, *fixture.store, fixture.around.log));
    EXPECT_EQ(rows(), 10U);
}

TEST(Directory, KnowsAllPointsAfterARestart) {
    Fixture fixture;
    fixture.add_asset("a");
    fixture.add_asset("b", "a");
    fixture.add_asset("ab");
    for (const auto* asset : {"a", "a/b", "ab"}) {
        fixture.add_point(asset, "v");
    }
    const SeriesId before = fixture.directory->find(fixture.tenant, "a/b.v")->series;
    const auto again = must(Directory::open(*fixture.registry, *fixture.store, fixture.around.log));
    EXPECT_EQ(again->find(fixture.tenant, "a/b.v")->series, before);
    std::vector<std::string> paths;
    for (const PointRef& entry : again->under(fixture.tenant, "a")) {
        paths.push_back(entry->point.path);
    }
    EXPECT_EQ(paths, (std::vector<std::string>{"a.v", "a/b.v"}));
    EXPECT_EQ(again->under(fixture.tenant, "").size(), 3U);
    EXPECT_EQ(again->under(fixture.tenant, "a/b.v").size(), 1U);
}

}  // namespace
}  // namespace gantry::directory
