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
        SqlOptions sql_options;
        sql_options.threads = 1;
        sql_options.time_max = std::chrono::minutes(10);
        sql_ = std::make_unique<SqlEngine>(*directory_, *registry_, *store_, sql_options);
        fill();
    }

    double rows() const { return static_cast<double>(points_ * rows_); }
    double sum() const { return sum_; }
    double good_sum() const { return good_sum_; }
    std::string half() const {
        return format_time(start + static_cast<Time>(rows_ / 2) * 10 * second);
    }
    SqlAnswer ask(const std::string& text) {
        return must(sql_->run(context_, {text, {}, 100'000}));
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
    std::unique_ptr<SqlEngine> sql_;
    security::Context context_;
};

Plant& plant() {
    static Plant once;
    return once;
}

// `expected` is what the first cell must be, if it is known.
void ask(benchmark::State& state, const std::string& text, double rows,
         std::optional<double> expected = {}) {
    const double before = cpu_seconds();
    for ([[maybe_unused]] auto round : state) {
        const SqlAnswer answer = plant().ask(text);
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
    ask(state, "SELECT sum(value) FROM samples", all.rows(), all.sum());
}
BENCHMARK(sum)->Name("query/sql/sum")->UseRealTime()->Unit(benchmark::kMillisecond);

void sum_of_good(benchmark::State& state) {
    Plant& all = plant();
    ask(state, "SELECT sum(value) FROM samples WHERE quality = 'good'", all.rows(), all.good_sum());
}
BENCHMARK(sum_of_good)->Name("query/sql/sum_good")->UseRealTime()->Unit(benchmark::kMillisecond);

void sum_of_half(benchmark::State& state) {
    Plant& all = plant();
    ask(state,
        "SELECT sum(value) FROM samples WHERE time >= TIMESTAMPTZ '" + all.half() +
            "' AND quality = 'good'",
        all.rows() / 2);
}
BENCHMARK(sum_of_half)->Name("query/sql/sum_half")->UseRealTime()->Unit(benchmark::kMillisecond);

void by_point_and_day(benchmark::State& state) {
    Plant& all = plant();
    ask(state, "SELECT avg(value) FROM samples GROUP BY point, time_ns // 86400000000000 LIMIT 1",
        all.rows());
}
BENCHMARK(by_point_and_day)
    ->Name("query/sql/avg_by_point_and_day")
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace gantry::query
