// SPDX-License-Identifier: Apache-2.0
#include "query/metric_windows.h"

#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "base/sim_disk.h"
#include "testing/testing.h"

namespace gantry::query {
namespace {

using gantry::testing::must;

constexpr promql::Millis start = 1'700'000'000'000;
constexpr Time millisecond = 1'000'000;

// What the visitor gets, by series.
class Taken final : public promql::SeriesVisitor {
public:
    Result<> series(const promql::Labels& labels) override {
        at_ = std::stoul(std::string(labels.get("n")));
        return {};
    }
    Result<> samples(std::span<const Time> time, std::span<const double> value) override {
        EXPECT_EQ(time.size(), 1U) << at_;
        last.emplace(at_, std::pair(time[0], value[0]));
        return {};
    }
    Result<> statistics(std::span<const promql::WindowStatistics> windows) override {
        EXPECT_TRUE(found.try_emplace(at_, windows.begin(), windows.end()).second) << at_;
        return windows_wanted-- > 0 ? Result<>() : fail(Code::Cancelled, "enough");
    }

    std::map<std::size_t, std::vector<promql::WindowStatistics>> found;
    std::map<std::size_t, std::pair<Time, double>> last;
    int windows_wanted = 1000;

private:
    std::size_t at_ = 0;
};

class MetricWindows : public ::testing::Test {
protected:
    static constexpr std::size_t series_count = 6;

    MetricWindows() {
        store::StoreOptions options;
        options.folder = "/s";
        options.memtable_bytes = 64 * 1024;
        options.journal.file_bytes = 64 * 1024;
        store_ = must(store::Store::open(disk_, base_.clock, random_, base_.log, base_.metrics,
                                         std::move(options)));
        for (std::size_t i = 0; i < series_count; ++i) {
            const auto type = i % 2 == 0 ? ValueType::Float64 : ValueType::Int64;
            series_.push_back(must(store_->make_series("s" + std::to_string(i), type)));
            labels_.push_back(promql::Labels({{"n", std::to_string(i)}}));
        }
    }

    // A row every 10 s, some of them not quite, some missing; few are bad, or no number.
    void fill(int rows, bool odd) {
        for (int row = 0; row < rows; ++row) {
            SampleBatch batch;
            for (std::size_t i = 0; i < series_count; ++i) {
                if (random_.below(10) == 0) {
                    continue;
                }
                const promql::Millis jitter =
                    random_.below(4) == 0 ? static_cast<promql::Millis>(random_.below(3)) - 1 : 0;
                const Time time = (start + row * 10'000 + jitter) * millisecond;
                const bool wrong = odd && i < 2 && random_.below(500) == 0;
                const auto number = static_cast<std::int64_t>(random_.below(1000));
                if (i % 2 != 0) {
                    batch.add_int(series_[i], time,
                                  wrong ? quality::bad_no_communication : quality::good, number);
                } else {
                    batch.add_float(series_[i], time, quality::good,
                                    wrong ? std::numeric_limits<double>::quiet_NaN()
                                          : static_cast<double>(number) / 7);
                }
            }
            must(store_->append(batch));
            must(store_->commit());
            if (random_.below(400) == 0) {
                must(store_->flush());
            }
        }
    }

    void check(const promql::Windows& windows) {
        promql::SelectHints hints;
        hints.windows = windows;
        hints.range = {windows.range(0).from, windows.range(windows.count - 1).to};
        hints.function = "stdvar_over_time";
        Taken taken;
        const auto left = must(visit_windows(
            *store_, series_, hints,
            [this](std::size_t i) -> const promql::Labels& { return labels_[i]; }, taken));
        const std::set<std::size_t> with_samples(left.begin(), left.end());
        EXPECT_TRUE(std::ranges::is_sorted(left));
        for (std::size_t i = 0; i < series_count; ++i) {
            bool plain = true;
            const auto expected = naive(series_[i], windows, hints.range, plain);
            ASSERT_EQ(with_samples.contains(i), !plain) << i;
            const bool any = std::ranges::any_of(
                expected, [](const promql::WindowStatistics& window) { return window.count > 0; });
            ASSERT_EQ(taken.found.contains(i), plain && any) << i;
            if (!plain || !any) {
                continue;
            }
            ASSERT_EQ(taken.found[i].size(), windows.count);
            for (std::size_t k = 0; k < windows.count; ++k) {
                compare(taken.found[i][k], expected[k]);
            }
        }
    }

    std::vector<promql::WindowStatistics> naive(SeriesId series, const promql::Windows& windows,
                                                TimeRange all, bool& plain) {
        std::vector<promql::WindowStatistics> out(windows.count);
        std::vector<std::vector<double>> values(windows.count);
        must(store_->scan(std::span(&series, 1), all, [&](const store::Chunk& chunk) {
            for (std::size_t row = 0; row < chunk.size(); ++row) {
                const auto number = to_number(chunk.row(row).value());
                if (!number || std::isnan(*number) || chunk.quality_of(row).bad()) {
                    plain = false;
                    continue;
                }
                for (std::size_t k = 0; k < windows.count; ++k) {
                    if (windows.range(k).contains(chunk.time[row])) {
                        values[k].push_back(*number);
                    }
                }
            }
            return true;
        }));
        for (std::size_t k = 0; k < windows.count; ++k) {
            if (!values[k].empty()) {
                out[k] = statistics_of(values[k]);
            }
        }
        return out;
    }

    static promql::WindowStatistics statistics_of(const std::vector<double>& values) {
        promql::WindowStatistics out{.count = values.size(),
                                     .min = std::ranges::min(values),
                                     .max = std::ranges::max(values),
                                     .first = values.front(),
                                     .last = values.back()};
        for (const double value : values) {
            out.sum += value;
        }
        const double mean = out.sum / static_cast<double>(out.count);
        for (const double value : values) {
            out.variance += (value - mean) * (value - mean) / static_cast<double>(out.count);
        }
        return out;
    }

    static void compare(const promql::WindowStatistics& got, const promql::WindowStatistics& want) {
        ASSERT_EQ(got.count, want.count);
        EXPECT_NEAR(got.sum, want.sum, 1e-9 * std::abs(want.sum) + 1e-9);
        if (want.count > 0) {
            EXPECT_EQ(got.min, want.min);
            EXPECT_EQ(got.max, want.max);
            EXPECT_EQ(got.first, want.first);
            EXPECT_EQ(got.last, want.last);
            EXPECT_NEAR(got.variance, want.variance, 1e-9 * want.variance + 1e-6);
        }
    }

    gantry::testing::Surroundings base_;
    SeededRandom random_{11};
    SimDisk disk_{11};
    std::unique_ptr<store::Store> store_;
    std::vector<SeriesId> series_;
    std::vector<promql::Labels> labels_;
};

TEST_F(MetricWindows, ComeToWhatTheirSamplesComeTo) {
    fill(3000, true);
    for (int round = 0; round < 60; ++round) {
        const auto length = static_cast<promql::Millis>(1 + random_.below(600)) * 5'000;
        const promql::Millis first =
            start + static_cast<promql::Millis>(random_.below(40)) * 10'000 + length;
        promql::Windows windows{.first_end = first,
                                .step = length,
                                .count = 1 + random_.below(12),
                                .length = length,
                                .closed = random_.below(2) == 0};
        ASSERT_TRUE(windows_are_buckets(windows));
        check(windows);
        windows.count = 1;
        windows.length = 30'000'000;  // all
        check(windows);
    }
}

TEST_F(MetricWindows, AreReadAsSamplesWhenASumIsTooLarge) {
    SampleBatch batch;
    for (int row = 0; row < 3; ++row) {
        batch.add_float(series_[0], (start + row) * millisecond, quality::good, 1e308);
    }
    must(store_->append(batch));
    promql::SelectHints hints;
    hints.windows = {.first_end = start + 10, .step = 1, .count = 1, .length = 10};
    hints.range = hints.windows.range(0);
    Taken taken;
    EXPECT_EQ(must(visit_windows(
                  *store_, series_, hints,
                  [this](std::size_t i) -> const promql::Labels& { return labels_[i]; }, taken)),
              std::vector<std::size_t>{0});
}

TEST_F(MetricWindows, StopWhenTheVisitorHasEnough) {
    fill(50, false);
    promql::SelectHints hints;
    hints.windows = {.first_end = start + 500'000, .step = 1, .count = 1, .length = 500'000};
    hints.range = hints.windows.range(0);
    Taken taken;
    taken.windows_wanted = 2;
    const auto got = visit_windows(
        *store_, series_, hints,
        [this](std::size_t i) -> const promql::Labels& { return labels_[i]; }, taken);
    EXPECT_EQ(gantry::testing::failure(got), Code::Cancelled);
    EXPECT_EQ(taken.found.size(), 3U);
}

TEST_F(MetricWindows, TheLastSampleIsTheLastRowIfThatIsInTheRange) {
    const Time from = start * millisecond;
    SampleBatch batch;
    batch.add_float(series_[0], from, quality::good, 1.5);
    batch.add_float(series_[0], from + 5, quality::uncertain, 2.5);
    batch.add_int(series_[1], from + 3, quality::good, 7);
    batch.add_int(series_[1], from + 100, quality::good, 8);  // later than the range
    batch.add_float(series_[2], from - 1, quality::good, 3);  // earlier
    batch.add_int(series_[3], from + 1, quality::good, 4);
    batch.add_int(series_[3], from + 2, quality::bad_no_communication, 5);
    must(store_->append(batch));
    promql::SelectHints hints;
    hints.range = {from, from + 50};
    const auto ask = [&](Taken& taken) {
        return must(visit_latest(
            *store_, series_, hints,
            [this](std::size_t i) -> const promql::Labels& { return labels_[i]; }, taken));
    };
    Taken instant;
    EXPECT_EQ(ask(instant), std::vector<std::size_t>{1});
    ASSERT_EQ(instant.last.size(), 2U);
    EXPECT_EQ(instant.last.at(0), (std::pair<Time, double>(from + 5, 2.5)));
    EXPECT_TRUE(promql::is_stale(instant.last.at(3).second));
    hints.function = "last_over_time";
    Taken over_time;
    EXPECT_EQ(ask(over_time), (std::vector<std::size_t>{1, 3})) << "the one before may count";
    EXPECT_EQ(over_time.last.size(), 1U);
}

TEST_F(MetricWindows, ThatOverlapAreNoBuckets) {
    EXPECT_FALSE(windows_are_buckets({.first_end = start, .step = 5, .count = 2, .length = 10}));
    EXPECT_FALSE(windows_are_buckets({.first_end = start, .step = 20, .count = 2, .length = 10}));
    EXPECT_TRUE(windows_are_buckets({.first_end = start, .step = 0, .count = 1, .length = 10}));
}

}  // namespace
}  // namespace gantry::query
