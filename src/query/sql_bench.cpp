// SPDX-License-Identifier: Apache-2.0
// Questions in SQL over samples, through DuckDB, on one thread.
#include <benchmark/benchmark.h>

#include <ctime>

#include "query/sql.h"
#include "testing/testing.h"

namespace gantry::query {
namespace {

using gantry::testing::must;

constexpr Time second = 1'000'000'000;
constexpr Time start = 1'700'000'000 * second;
constexpr std::size_t rows_a_batch = 10'000;

double cpu_seconds() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

std::size_t setting(const char* name, std::size_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// As many rows as the benchmarks of the store have with the same settings, in a fortieth of the
// series: points are made one by one. Values are those of a sensor with one decimal; one row in a
// thousand, of one point in ten, is bad.
class Plant {
public:
    Plant()
        : points_(std::max<std::size_t>(10, setting("GANTRY_BENCH_HOSTS", 100) / 4)),
          rows_(setting("GANTRY_BENCH_STEPS", 60) * 40) {
        registry::RegistryOptions options;
        options.path = folder_ / "registry.sqlite";
        options.password_cost = {.memory_kib = 64, .passes = 1};
        registry_ = must(registry::Registry::open(around_.clock, random_, around_.log, options));
        must(registry_->bootstrap());
        context_.tenant = must(registry_->tenants().get("main")).id;
        auto identity = std::make_shared<security::Identity>();
        identity->statements = {{security::Effect::Allow, {"*:*"}, ""}};
        context_.identity = identity;
        store::StoreOptions store_options;
        store_options.folder = folder_ / "store";
        store_ = must(store::Store::open(disk_, around_.clock, random_, around_.log,
                                         around_.metrics, store_options));
        directory_ = must(directory::Directory::open(*registry_, *store_, around_.log));
        labels_ = std::make_unique<labels::LabelIndex>(*store_, around_.clock, nullptr);
        files_ =
            std::make_unique<files::TenantFiles>(disk_, folder_ / "files", files::FilesOptions{});
        SqlOptions sql_options;
        sql_options.threads = 1;
        sql_options.time_max = std::chrono::minutes(10);
        sql_ = std::make_unique<SqlEngine>(*directory_, *registry_, *store_, *labels_, *files_,
                                           sql_options);
        sql_options.native_aggregates = false;
        rows_only_ = std::make_unique<SqlEngine>(*directory_, *registry_, *store_, *labels_,
                                                 *files_, sql_options);
        fill();
        bring_parquet();
    }

    double rows() const { return static_cast<double>(points_ * rows_); }
    double sum() const { return sum_; }
    double good_sum() const { return good_sum_; }
    std::string half() const {
        return format_time(start + static_cast<Time>(rows_ / 2) * 10 * second);
    }
    // By the rows themselves, or as the engine likes.
    SqlAnswer ask(const std::string& text, bool rows_only = false) {
        return must((rows_only ? rows_only_ : sql_)->run(context_, {text, {}, 100'000}));
    }

private:
    void fill() {
        Asset asset;
        asset.key = "a";
        must(registry_->assets().create(context_.tenant, asset));
        SeededRandom random(5);
        SampleBatch batch;
        for (std::size_t i = 0; i < points_; ++i) {
            Property property;
            property.key = std::format("p{}", i);
            property.type = ValueType::Float64;
            const Point made = must(registry_->points().create(context_.tenant, "a", property));
            const SeriesId series = directory_->find(context_.tenant, made.path)->series;
            std::int64_t level = 500;
            for (std::size_t k = 0; k < rows_; ++k) {
                level += static_cast<std::int64_t>(random.below(3)) - 1;
                const double value = static_cast<double>(level) / 10;
                const bool bad = i % 10 == 3 && k % 1000 == 500;
                sum_ += value;
                good_sum_ += bad ? 0 : value;
                batch.add_float(series, start + static_cast<Time>(k) * 10 * second,
                                bad ? quality::bad_sensor_failure : quality::good, value);
                if (batch.size() == rows_a_batch) {
                    append(batch);
                }
            }
        }
        append(batch);
        must(store_->flush());
        maintain();
    }
    // The same rows, for DuckDB alone.
    void bring_parquet() {
        const std::string path = folder_ / "all.parquet";
        must(sql_->export_parquet(context_, directory_->under(context_.tenant, ""), {}, path));
        const Bytes content = must(read_file(disk_, path, std::uint64_t{1} << 32));
        must(files_->put(context_.tenant, "all.parquet", content));
    }
    void append(SampleBatch& batch) {
        must(store_->append(batch));
        must(store_->commit());
        maintain();
        batch.clear();
    }
    void maintain() {
        while (must(store_->maintain())) {
        }
    }

    std::size_t points_;
    std::size_t rows_;
    double sum_ = 0;
    double good_sum_ = 0;
    gantry::testing::TemporaryFolder folder_;
    gantry::testing::Surroundings around_;
    SystemRandom random_;
    RealDisk disk_;
    std::unique_ptr<registry::Registry> registry_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<directory::Directory> directory_;
    std::unique_ptr<labels::LabelIndex> labels_;
    std::unique_ptr<files::TenantFiles> files_;
    std::unique_ptr<SqlEngine> sql_;
    std::unique_ptr<SqlEngine> rows_only_;
    security::Context context_;
};

Plant& plant() {
    static Plant once;
    return once;
}

// `expected` is what the first cell must be, if it is known.
void ask(benchmark::State& state, const std::string& text, double rows,
         std::optional<double> expected = {}, bool rows_only = false) {
    const double before = cpu_seconds();
    for ([[maybe_unused]] auto round : state) {
        const SqlAnswer answer = plant().ask(text, rows_only);
        const auto* got = std::get_if<double>(&answer.rows.at(0).at(0));
        if (expected && (got == nullptr || std::abs(*got - *expected) > 1e-9 * *expected)) {
            state.SkipWithError("the answer is wrong");
        }
    }
    const double cpu = (cpu_seconds() - before) / static_cast<double>(state.iterations());
    state.counters["points_cpu_s"] = rows / cpu;
    state.counters["cpu_ms"] = 1e3 * cpu;
}

void sum(benchmark::State& state) {
    Plant& all = plant();
    ask(state, "SELECT sum(value) FROM samples", all.rows(), all.sum(), true);
}
BENCHMARK(sum)->Name("query/sql/sum")->UseRealTime()->Unit(benchmark::kMillisecond);

void sum_of_good(benchmark::State& state) {
    Plant& all = plant();
    ask(state, "SELECT sum(value) FROM samples WHERE quality = 'good'", all.rows(), all.good_sum(),
        true);
}
BENCHMARK(sum_of_good)->Name("query/sql/sum_good")->UseRealTime()->Unit(benchmark::kMillisecond);

void sum_of_half(benchmark::State& state) {
    Plant& all = plant();
    ask(state,
        "SELECT sum(value) FROM samples WHERE time >= TIMESTAMPTZ '" + all.half() +
            "' AND quality = 'good'",
        all.rows() / 2, {}, true);
}
BENCHMARK(sum_of_half)->Name("query/sql/sum_half")->UseRealTime()->Unit(benchmark::kMillisecond);

void by_point_and_day(benchmark::State& state) {
    Plant& all = plant();
    ask(state, "SELECT avg(value) FROM samples GROUP BY point, time_ns // 86400000000000 LIMIT 1",
        all.rows(), {}, true);
}
BENCHMARK(by_point_and_day)
    ->Name("query/sql/avg_by_point_and_day")
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

// Buckets of some minutes of each point: from the store's aggregates, from its rows through DuckDB,
// and by DuckDB from a Parquet file with the same rows.
void buckets(benchmark::State& state, std::string_view from, bool rows_only) {
    ask(state,
        std::format("SELECT max(a) FROM (SELECT avg(value) AS a, min(value), max(value), count(*) "
                    "FROM {} WHERE quality = 'good' GROUP BY point, time_bucket(INTERVAL '{} "
                    "minutes', time))",
                    from, state.range(0)),
        plant().rows(), {}, rows_only);
}
void native_buckets(benchmark::State& state) { buckets(state, "samples", false); }
void row_buckets(benchmark::State& state) { buckets(state, "samples", true); }
void parquet_buckets(benchmark::State& state) {
    buckets(state, "read_parquet('files/all.parquet')", true);
}
#define BUCKETS(function, name)           \
    BENCHMARK(function)                   \
        ->Name("query/sql/buckets_" name) \
        ->ArgName("minutes")              \
        ->Arg(1)                          \
        ->Arg(10)                         \
        ->Arg(60)                         \
        ->Arg(1440)                       \
        ->UseRealTime()                   \
        ->Unit(benchmark::kMillisecond)
BUCKETS(native_buckets, "native");
BUCKETS(row_buckets, "rows");
BUCKETS(parquet_buckets, "parquet");

void native_sum(benchmark::State& state) {
    Plant& all = plant();
    ask(state, "SELECT sum(value) FROM samples", all.rows(), all.sum());
}
BENCHMARK(native_sum)->Name("query/sql/sum_native")->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace gantry::query
