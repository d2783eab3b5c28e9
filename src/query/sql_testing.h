// SPDX-License-Identifier: Apache-2.0
// A tenant with points, a store and SQL over them, for tests.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/sim_disk.h"
#include "labels/label_index.h"
#include "query/sql.h"
#include "testing/testing.h"

namespace gantry::query {

using gantry::testing::failure;
using gantry::testing::must;

inline constexpr Time second = 1'000'000'000;
inline constexpr Time start = 1'700'000'000 * second;

struct SqlFixture {
    SqlFixture() {
        registry::RegistryOptions options;
        options.path = folder / "registry.sqlite";
        options.password_cost = {.memory_kib = 64, .passes = 1};
        registry = must(registry::Registry::open(around.clock, random, around.log, options));
        must(registry->bootstrap());
        context = context_of(must(registry->tenants().get("main")).id,
                             {{security::Effect::Allow, {"*:*"}, ""}});
        store::StoreOptions store_options;
        store_options.folder = "/s";
        store_options.journal.file_bytes = 4 * 1024 * 1024;
        store = must(store::Store::open(disk, around.clock, random, around.log, around.metrics,
                                        store_options));
        directory = must(directory::Directory::open(*registry, *store, around.log));
        labels = std::make_unique<labels::LabelIndex>(*store, around.clock, nullptr);
        files = std::make_unique<files::TenantFiles>(
            real_disk, folder / "files",
            files::FilesOptions{.bytes_max = 1 << 20, .count_max = 10});
        SqlOptions sql_options;
        sql_options.time_max = std::chrono::seconds(2);
        sql = std::make_unique<SqlEngine>(*directory, *registry, *store, *labels, *files,
                                          sql_options);
    }

    static security::Context context_of(const TenantId& tenant,
                                        std::vector<security::Statement> statements) {
        security::Context out;
        out.tenant = tenant;
        auto identity = std::make_shared<security::Identity>();
        identity->statements = std::move(statements);
        out.identity = identity;
        return out;
    }

    SeriesId point(const std::string& asset, std::string key, ValueType type = ValueType::Float64) {
        if (!registry->assets().get(context.tenant, asset)) {
            Asset made;
            made.key = asset;
            must(registry->assets().create(context.tenant, made));
        }
        Property property;
        property.key = std::move(key);
        property.type = type;
        property.unit = type == ValueType::Float64 ? "bar" : "";
        const Point made = must(registry->points().create(context.tenant, asset, property));
        return directory->find(context.tenant, made.path)->series;
    }
    void put(SeriesId series, Time time, const Value& value, Quality quality = quality::good) {
        SampleBatch batch;
        batch.add(series, time, quality, value);
        must(store->append(batch));
        must(store->commit());
    }
    SqlAnswer ask(const std::string& text, std::vector<SqlCell> parameters = {}) {
        return must(sql->run(context, {.text = text, .parameters = std::move(parameters)}));
    }
    Code refused(const std::string& text) {
        return failure(sql->run(context, {.text = text, .parameters = {}}));
    }

    gantry::testing::TemporaryFolder folder;
    gantry::testing::Surroundings around;
    SystemRandom random;
    SimDisk disk{1};
    std::unique_ptr<registry::Registry> registry;
    std::unique_ptr<store::Store> store;
    std::unique_ptr<directory::Directory> directory;
    std::unique_ptr<labels::LabelIndex> labels;
    RealDisk real_disk;
    std::unique_ptr<files::TenantFiles> files;
    std::unique_ptr<SqlEngine> sql;
    security::Context context;
};

}  // namespace gantry::query
