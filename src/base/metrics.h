// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"

namespace gantry {

using Labels = std::vector<std::pair<std::string, std::string>>;

// Only goes up. Any thread.
class Counter {
public:
    void add(std::uint64_t amount = 1) { value_.fetch_add(amount, std::memory_order_relaxed); }
    std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_ = 0;
};

// Goes up and down. Any thread.
class Gauge {
public:
    void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
    void add(std::int64_t amount) { value_.fetch_add(amount, std::memory_order_relaxed); }
    std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::int64_t> value_ = 0;
};

// How long things took, in buckets a quarter of an octave wide from 1 µs to 137 s: a quantile is
// right to 19 %. Any thread.
class LatencyHistogram {
public:
    static constexpr std::size_t bucket_count = 4 * 27 + 2;

    void record(Duration took);
    std::uint64_t count() const;
    // The upper bound of the bucket that holds the quantile, 0 ≤ q ≤ 1; zero when empty.
    Duration quantile(double q) const;

    static Duration bucket_bound(std::size_t index);
    std::uint64_t bucket(std::size_t index) const {
        return buckets_[index].load(std::memory_order_relaxed);
    }
    std::int64_t sum_nanos() const { return sum_nanos_.load(std::memory_order_relaxed); }

private:
    std::array<std::atomic<std::uint64_t>, bucket_count> buckets_{};
    std::atomic<std::int64_t> sum_nanos_ = 0;
};

// All metrics of the process, by name and labels. A reference that it hands out stays good as long
// as the registry lives, so hot code looks its metrics up once. Any thread.
// Names follow Prometheus: gantry_<module>_<noun>_<unit>[_total]. Labels are bounded sets only:
// never a tenant's name or a device.
class Metrics {
public:
    Counter& counter(std::string_view name, std::string_view help, Labels labels = {});
    Gauge& gauge(std::string_view name, std::string_view help, Labels labels = {});
    LatencyHistogram& latency(std::string_view name, std::string_view help, Labels labels = {});
    // A gauge whose value is asked for when somebody looks. The function must stay callable.
    void observe(std::string_view name, std::string_view help, std::function<double()> read);

    // Text exposition format 0.0.4.
    std::string render() const;

private:
    enum class Kind : unsigned char { Counter, Gauge, Latency, Observed };
    struct Family {
        Kind kind;
        std::string help;
        std::map<Labels, std::size_t> members;
    };

    template <class T>
    T& find(std::deque<T>& all, Kind kind, std::string_view name, std::string_view help,
            Labels labels);

    mutable std::mutex mutex_;
    std::map<std::string, Family, std::less<>> families_;
    std::deque<Counter> counters_;
    std::deque<Gauge> gauges_;
    std::deque<LatencyHistogram> latencies_;
    std::deque<std::function<double()>> observed_;
};

}  // namespace gantry
