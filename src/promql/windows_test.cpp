// SPDX-License-Identifier: Apache-2.0
// However windows are slid, each says what it says when it is looked at alone.
#include "promql/detail/windows.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "promql/answer.h"
#include "promql/detail/rates.h"
#include "testing/testing.h"

namespace gantry::promql {
namespace {

using enum FunctionKind;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

struct Data {
    std::vector<Millis> time;
    std::vector<double> value;

    Samples samples() const { return {time, value}; }
};

Data random_data(SeededRandom& random, std::size_t count, bool specials) {
    Data data;
    Millis time = 0;
    double value = 100;
    for (std::size_t i = 0; i < count; ++i) {
        time += 1 + static_cast<Millis>(random.below(20));
        value = random.chance(0.05) ? random.fraction() : value + random.fraction() * 10 - 2;
        data.time.push_back(time);
        data.value.push_back(!specials             ? value
                             : random.chance(0.05) ? nan
                             : random.chance(0.03) ? infinity
                             : random.chance(0.03) ? -infinity
                             : random.chance(0.1)  ? 1.5e308
                                                   : value);
    }
    return data;
}

// In the plainest way, in long double where it matters.
double expected(FunctionKind function, std::span<const double> values) {
    long double sum = 0;
    double least = nan;
    double largest = nan;
    double changes = 0;
    double resets = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        sum += values[i];
        least = std::isnan(least) || values[i] < least ? values[i] : least;
        largest = std::isnan(largest) || values[i] > largest ? values[i] : largest;
        if (i > 0) {
            const bool both_nan = std::isnan(values[i]) && std::isnan(values[i - 1]);
            changes += values[i] != values[i - 1] && !both_nan ? 1 : 0;
            resets += values[i] < values[i - 1] ? 1 : 0;
        }
    }
    const auto count = static_cast<double>(values.size());
    long double squares = 0;
    for (const double value : values) {
        squares += (value - sum / count) * (value - sum / count);
    }
    switch (function) {
        case SumOverTime: return static_cast<double>(sum);
        case AvgOverTime: return static_cast<double>(sum / count);
        case MinOverTime: return least;
        case MaxOverTime: return largest;
        case StdvarOverTime: return static_cast<double>(squares / count);
        case StddevOverTime: return static_cast<double>(std::sqrt(squares / count));
        case CountOverTime: return count;
        case LastOverTime: return values.back();
        case Changes: return changes;
        case Resets: return resets;
        default: return 1;
    }
}

void expect_same(double found, double wanted, const std::string& where) {
    if (is_absent(wanted) || !std::isfinite(wanted)) {
        EXPECT_EQ(is_absent(found), is_absent(wanted)) << where;
        EXPECT_TRUE(found == wanted || (std::isnan(found) && std::isnan(wanted)))
            << where << ": " << found << " is not " << wanted;
    } else {
        EXPECT_NEAR(found, wanted, std::abs(wanted) * 1e-12 + 1e-9) << where;
    }
}

std::vector<double> run(FunctionKind function, const Data& data, const Windows& windows) {
    const QueryOptions options;
    Work work(options);
    std::vector<double> out(windows.count);
    const std::vector<double> parameter(windows.count, 0.3);
    over_windows(function, data.samples(), windows,
                 {{windows.first_end, windows.step, windows.count}, parameter, parameter}, out,
                 work);
    return out;
}

void compare(FunctionKind function, const Data& data, const Windows& windows) {
    const std::vector<double> found = run(function, data, windows);
    for (std::size_t k = 0; k < windows.count; ++k) {
        const Millis end = windows.first_end + static_cast<Millis>(k) * windows.step;
        std::vector<double> inside;
        for (std::size_t i = 0; i < data.time.size(); ++i) {
            const Millis age = end - data.time[i];
            if (age >= 0 && (windows.closed ? age <= windows.length : age < windows.length)) {
                inside.push_back(data.value[i]);
            }
        }
        expect_same(found[k], inside.empty() ? absent : expected(function, inside),
                    std::format("function {} window {} of {} ms each {} ms",
                                static_cast<int>(function), k, windows.length, windows.step));
    }
}

TEST(WindowFunctions, SlideWithoutADifference) {
    SeededRandom random(1);
    for (int round = 0; round < 40; ++round) {
        const bool specials = round % 2 == 1;
        const Data data = random_data(random, 1 + random.below(300), specials);
        const Windows windows{.first_end = static_cast<Millis>(random.below(200)) - 50,
                              .step = 1 + static_cast<Millis>(random.below(40)),
                              .count = 80,
                              .length = 1 + static_cast<Millis>(random.below(300)),
                              .closed = random.chance(0.5)};
        for (const FunctionKind function :
             {SumOverTime, AvgOverTime, MinOverTime, MaxOverTime, CountOverTime, LastOverTime,
              Changes, Resets, PresentOverTime}) {
            // Sums beyond the largest number are another test.
            if (specials && (function == SumOverTime)) {
                continue;
            }
            compare(function, data, windows);
        }
        if (!specials) {
            compare(StdvarOverTime, data, windows);
            compare(StddevOverTime, data, windows);
        }
    }
}

TEST(WindowFunctions, AMeanDoesNotOverflow) {
    const Data data{{1, 2, 3}, {1.5e308, 1.5e308, 1.5e308}};
    EXPECT_EQ(run(AvgOverTime, data, {.first_end = 3, .count = 1, .length = 3})[0], 1.5e308);
    EXPECT_EQ(run(SumOverTime, data, {.first_end = 3, .count = 1, .length = 3})[0], infinity);
}

TEST(WindowFunctions, ASumKeepsWhatRoundingLoses) {
    const Data data{{1, 2, 3, 4}, {1, 1e100, 1, -1e100}};
    EXPECT_EQ(run(SumOverTime, data, {.first_end = 4, .count = 1, .length = 4})[0], 2);
    for (const double sum : run(SumOverTime, data, {.first_end = 4, .count = 3, .length = 9})) {
        EXPECT_EQ(sum, 2);
    }
}

TEST(WindowFunctions, QuantilesInterpolate) {
    std::vector<double> values = {4, 1, 3, 2};
    EXPECT_EQ(quantile(0.5, values), 2.5);
    EXPECT_EQ(quantile(0, values), 1);
    EXPECT_EQ(quantile(1, values), 4);
    EXPECT_NEAR(quantile(0.3, values), 1.9, 1e-12);
    EXPECT_EQ(quantile(-1, values), -infinity);
    EXPECT_EQ(quantile(2, values), infinity);
    EXPECT_TRUE(std::isnan(quantile(nan, values)));
    values = {nan, 1, 2};
    EXPECT_TRUE(std::isnan(quantile(0, values)));
    EXPECT_EQ(quantile(1, values), 2);
}

// By hand: 60 s, a sample each 15 s, as in the description of rate() by its authors.
TEST(WindowFunctions, RatesReachToTheEndsOfTheWindow) {
    Change change{.first_time = 5'000,
                  .last_time = 50'000,
                  .first = 10,
                  .last = 40,
                  .count = 4,
                  .begin = 0,
                  .end = 60'000};
    // 30 in 45 s; both ends are nearer than 1.1 distances of samples: 60 s of 45.
    EXPECT_DOUBLE_EQ(extrapolated(change, true, false), 40);
    EXPECT_DOUBLE_EQ(extrapolated(change, true, true), 40.0 / 60);
    // A counter that would have been zero 1.5 s before its first sample began then.
    change.first = 1;
    change.last = 31;
    EXPECT_DOUBLE_EQ(extrapolated(change, true, false), 30 * (45 + 1.5 + 10) / 45);
    EXPECT_DOUBLE_EQ(extrapolated(change, false, false), 40);
    // An end that is far gets half a distance.
    change.end = 70'000;
    EXPECT_DOUBLE_EQ(extrapolated(change, false, false), 30 * (45 + 5 + 7.5) / 45);
}

TEST(WindowFunctions, CountersThatBeginAnewGoOnCounting) {
    const Data data{{0, 10, 20, 30}, {5, 8, 2, 4}};
    // 3, then 8 was lost and 2 counted, then 2.
    EXPECT_DOUBLE_EQ(run(Increase, data, {.first_end = 30, .count = 1, .length = 30})[0], 7);
    const Data falling{{0, 10, 20}, {3, 2, 1}};
    EXPECT_DOUBLE_EQ(run(Delta, falling, {.first_end = 20, .count = 1, .length = 20})[0], -2);
}

TEST(WindowFunctions, ALineThroughItsPoints) {
    const std::vector<Millis> times = {1000, 2000, 4000};
    const Line line = regression(times, std::vector<double>{3, 5, 9}, 0);
    EXPECT_NEAR(line.slope, 2, 1e-12);
    EXPECT_NEAR(line.value, 1, 1e-12);
    EXPECT_EQ(regression(times, std::vector<double>{7, 7, 7}, 0).slope, 0);
    EXPECT_TRUE(std::isnan(regression(times, std::vector<double>(3, infinity), 0).slope));
}

}  // namespace
}  // namespace gantry::promql
