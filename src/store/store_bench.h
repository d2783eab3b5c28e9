// SPDX-License-Identifier: Apache-2.0
// What the benchmarks of the store share: how much to do, a store on a real disk, data of the shape
// of TSBS, and loading as a server does it. bench/store_workload.py runs them, and peers beside.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "store/store.h"
#include "testing/testing.h"
#include "testing/tsbs_data.h"
#include "testing/tsbs_iot_data.h"

namespace gantry::store::bench {

using gantry::testing::CpuOnlyData;
using gantry::testing::IotData;

// The value of a Result that must hold one; otherwise the program says why, and ends.
template <class T>
T must(Result<T> result) {
    if (!result) {
        std::cerr << code_name(result.error().code) << ": " << result.error().message << '\n';
        std::abort();
    }
    if constexpr (!std::is_void_v<T>) {
        return std::move(*result);
    }
}

// A whole number from the environment.
std::size_t setting(const char* name, std::size_t otherwise);

// User and system time of the process.
double cpu_seconds();
double resident_bytes();

class Stopwatch {
public:
    double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    }
    double cpu() const { return cpu_seconds() - cpu_; }

private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    double cpu_ = cpu_seconds();
};

// Sorts what it is given; 0 of nothing.
double quantile(std::vector<double>& values, double q);

// A store on the real disk in a folder of its own, with the clock and log that a server gives it.
class Node {
public:
    explicit Node(StoreOptions options = {});
    Store& store() { return *store_; }
    Store* operator->() { return store_.get(); }
    // Without flushing first, as after a crash. Returns how long opening took.
    double reopen();
    // Flushes, and maintains until there is nothing left to do.
    void settle();

private:
    void open();

    gantry::testing::TemporaryFolder folder_;
    StoreOptions options_;
    SystemClock clock_;
    SystemRandom random_;
    RealDisk disk_;
    DescriptorOutput output_{2};
    Log log_{clock_, output_, Level::Error};
    std::optional<Metrics> metrics_;
    std::unique_ptr<Store> store_;
};

struct LoadReport {
    double seconds = 0;
    double cpu = 0;          // of all threads of the process
    double latency_p50 = 0;  // seconds from append() until durable() has passed, a batch
    double latency_p99 = 0;
    std::uint64_t refused = 0;  // times that the store was too full to append at once
};

// Loads as a server does: the caller appends, a second thread commits all that came meanwhile, a
// third maintains. As many batches wait for the disk as there are connections whose next request
// waits for the answer; a batch counts when it is durable.
class Loader {
public:
    explicit Loader(Store& store);
    ~Loader();
    Loader(const Loader&) = delete;
    Loader& operator=(const Loader&) = delete;

    void send(const SampleBatch& batch);
    // Returns when all that was sent is durable, with what came since the last report.
    LoadReport report();

private:
    struct Waiting {
        Lsn lsn;
        std::chrono::steady_clock::time_point since;
    };

    void run_commits(const std::stop_token& stop);
    void run_maintenance(const std::stop_token& stop);

    static constexpr std::size_t connections = 8;

    Store& store_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<Waiting> waiting_;
    std::vector<double> latency_;
    std::uint64_t refused_ = 0;
    Stopwatch watch_;
    std::jthread commits_;
    std::jthread maintenance_;
};

// All batches, at most so many points a second; 0 is as fast as it goes.
LoadReport load(Store& store, std::span<const SampleBatch> batches, double points_s_max = 0);

// cpu-only, made before any clock starts.
class CpuOnly {
public:
    CpuOnly(std::size_t hosts, std::size_t steps);

    std::size_t points() const { return values_.size(); }
    std::size_t steps() const { return steps_; }
    TimeRange whole() const { return range(0, steps_); }
    TimeRange range(std::size_t from, std::size_t to) const;
    double sum(std::size_t from, std::size_t to) const;
    double sum() const { return sum(0, steps_); }

    // Host by host, their ten fields together.
    std::vector<SeriesId> make_series(Store& store) const;
    // Rows of ten values as they come: all hosts, then ten seconds later. `from` and `to` are
    // steps.
    std::vector<SampleBatch> rows(std::span<const SeriesId> series, std::size_t from,
                                  std::size_t to) const;
    // Stretches of one series after another, as a gateway sends what it has kept.
    std::vector<SampleBatch> stretches(std::span<const SeriesId> series) const;

private:
    void add(SampleBatch& batch, std::span<const SeriesId> series, std::size_t index,
             std::size_t step) const;

    std::size_t series_;
    std::size_t steps_;
    std::vector<std::uint8_t> values_;  // step by step, all series
};

// Rows a batch, as TSBS loads them.
std::size_t batch_rows();

}  // namespace gantry::store::bench
