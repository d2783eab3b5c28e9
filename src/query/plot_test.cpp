// SPDX-License-Identifier: Apache-2.0
#include "query/plot.h"

#include <cmath>
#include <map>

#include "base/sim_disk.h"
#include "testing/testing.h"

namespace gantry::query {
namespace {

using gantry::testing::failure;
using gantry::testing::must;

constexpr Time start = 1'700'000'000'000'000'000;

class Plot : public ::testing::Test {
protected:
    Plot() {
        store::StoreOptions options;
        options.folder = "/s";
        options.journal.file_bytes = 64 * 1024;
        store_ = must(store::Store::open(disk_, base_.clock, random_, base_.log, base_.metrics,
                                         std::move(options)));
        series_ = must(store_->make_series("a", ValueType::Float64));
    }
    void put(Time at, const Value& value, Quality quality = quality::good) {
        SampleBatch batch;
        batch.add(series_, start + at, quality, value);
        must(store_->append(batch));
    }
    std::vector<Time> times(std::size_t spans, Time wide,
                            store::Usable usable = store::Usable::Any) {
        std::vector<Time> out;
        for (const Sample& sample :
             must(plot_history(*store_, series_, {start, start + wide}, spans, usable)).samples) {
            out.push_back(sample.time - start);
        }
        return out;
    }

    gantry::testing::Surroundings base_;
    SeededRandom random_{7};
    SimDisk disk_{7};
    std::unique_ptr<store::Store> store_;
    SeriesId series_;
};

TEST_F(Plot, KeepsTheFirstTheLastAndTheExtremesOfEachSpan) {
    const std::vector<double> values = {5, 7, 1, 9, 3, 6, /* second span */ 2, 2, 2};
    for (std::size_t i = 0; i < values.size(); ++i) {
        put(static_cast<Time>(i), values[i]);
    }
    EXPECT_EQ(times(2, 12), (std::vector<Time>{0, 2, 3, 5, 6, 8}));
    EXPECT_EQ(times(1, 2), (std::vector<Time>{0, 1})) << "only what is in the range";
    EXPECT_EQ(times(12, 12).size(), values.size());
}

TEST_F(Plot, GapsStay) {
    put(0, 1.0);
    put(1, {}, quality::bad);
    put(2, {}, quality::bad);
    put(3, {}, quality::bad);
    put(4, std::nan(""));
    put(5, 2.0);
    EXPECT_EQ(times(1, 10), (std::vector<Time>{0, 1, 4, 5}));
    EXPECT_EQ(times(1, 10, store::Usable::Good), (std::vector<Time>{0, 4, 5}));
}

TEST_F(Plot, OfStringsTheEnds) {
    series_ = must(store_->make_series("text", ValueType::String));
    for (Time at = 0; at < 5; ++at) {
        put(at, "state " + std::to_string(at));
    }
    EXPECT_EQ(times(1, 10), (std::vector<Time>{0, 4}));
}

TEST_F(Plot, WhatHasNoEndIsRefused) {
    EXPECT_EQ(failure(plot_history(*store_, series_, {start, time_max}, 10, store::Usable::Any)),
              Code::InvalidArgument);
    EXPECT_EQ(failure(plot_history(*store_, series_, {start, start + 1}, 0, store::Usable::Any)),
              Code::InvalidArgument);
    EXPECT_EQ(failure(plot_history(*store_, series_, {start, start + 1}, plot_spans_max + 1,
                                   store::Usable::Any)),
              Code::InvalidArgument);
}

// What is drawn: for each column of pixels from where to where it is black, and where the line
// enters and leaves it.
struct Drawn {
    double first, last, min, max;
    bool operator==(const Drawn&) const = default;
};

std::map<std::uint64_t, Drawn> draw(const std::vector<Sample>& rows, Time wide,
                                    std::size_t pixels) {
    std::map<std::uint64_t, Drawn> out;
    for (const Sample& row : rows) {
        const double value = *to_number(row.value);
        const auto column = static_cast<std::uint64_t>(row.time - start) * pixels /
                            static_cast<std::uint64_t>(wide);
        const auto [at, fresh] = out.try_emplace(column, Drawn{value, value, value, value});
        at->second.last = value;
        at->second.min = std::min(at->second.min, value);
        at->second.max = std::max(at->second.max, value);
    }
    return out;
}

TEST_F(Plot, TheLineIsTheSameAsThroughAllRows) {
    Time time = 0;
    SampleBatch batch;
    for (int i = 0; i < 20'000; ++i) {
        time += 1 + static_cast<Time>(random_.below(50));
        batch.add(series_, start + time, quality::good,
                  static_cast<double>(random_.below(1'000)) / 10);
        if (batch.size() == 1'000) {
            must(store_->append(batch));
            must(store_->commit());
            batch = {};
        }
    }
    must(store_->flush());
    for (const std::size_t pixels : {1U, 3U, 100U, 777U, 5'000U}) {
        for (const Time wide : {Time{1}, time / 3, time, 2 * time, Time{1'000'000'007}}) {
            const TimeRange range{start, start + wide};
            const auto all = must(raw_history(*store_, series_, range, SIZE_MAX)).samples;
            const auto some =
                must(plot_history(*store_, series_, range, pixels, store::Usable::Any)).samples;
            EXPECT_LE(some.size(), 4 * pixels);
            EXPECT_TRUE(draw(some, wide, pixels) == draw(all, wide, pixels))
                << pixels << " pixels, " << wide << " ns";
        }
    }
}

}  // namespace
}  // namespace gantry::query
