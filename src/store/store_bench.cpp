// SPDX-License-Identifier: Apache-2.0
#include "store/store_bench.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <format>
#include <fstream>
#include <numeric>

#include <unistd.h>

namespace gantry::store::bench {
namespace {

constexpr std::size_t fields = CpuOnlyData::fields.size();
constexpr std::size_t stretch_steps_max = 1024;

// The catalogue has room for so much that is not committed.
constexpr std::size_t series_commit_hosts = 1000;

// Of a refused batch until the next try, and of maintenance that found nothing to do.
constexpr auto pause = std::chrono::milliseconds(1);

Time time_of(std::size_t step) {
    return CpuOnlyData::start + static_cast<Time>(step) * CpuOnlyData::interval;
}

}  // namespace

std::size_t setting(const char* name, std::size_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::size_t batch_rows() { return setting("GANTRY_BENCH_BATCH_ROWS", 10'000); }

double cpu_seconds() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double resident_bytes() {
    double whole = 0;
    double resident = 0;
    std::ifstream("/proc/self/statm") >> whole >> resident;
    return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double quantile(std::vector<double>& values, double q) {
    if (values.empty()) {
        return 0;
    }
    const auto at = static_cast<std::size_t>(q * static_cast<double>(values.size()));
    const auto nth = values.begin() + static_cast<std::ptrdiff_t>(std::min(at, values.size() - 1));
    std::ranges::nth_element(values, nth);
    return *nth;
}

Node::Node(StoreOptions options) : options_(std::move(options)) {
    options_.folder = folder_ / "store";
    open();
}

void Node::open() {
    metrics_.emplace();
    store_ = must(Store::open(disk_, clock_, random_, log_, *metrics_, options_));
}

double Node::reopen() {
    store_.reset();
    const Stopwatch watch;
    open();
    return watch.seconds();
}

void Node::settle() {
    must(store_->flush());
    while (must(store_->maintain())) {
    }
}

Loader::Loader(Store& store)
    : store_(store),
      commits_([this](const std::stop_token& stop) { run_commits(stop); }),
      maintenance_([this](const std::stop_token& stop) { run_maintenance(stop); }) {}

Loader::~Loader() {
    maintenance_.request_stop();
    commits_.request_stop();
}

void Loader::send(const SampleBatch& batch) {
    const auto since = std::chrono::steady_clock::now();
    while (true) {
        const Result<Lsn> lsn = store_.append(batch);
        if (!lsn && lsn.error().code == Code::Unavailable) {
            ++refused_;
            std::this_thread::sleep_for(pause);
            continue;
        }
        std::unique_lock lock(mutex_);
        waiting_.push_back({must(lsn), since});
        changed_.notify_all();
        changed_.wait(lock, [this] { return waiting_.size() < connections; });
        return;
    }
}

LoadReport Loader::report() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_.empty(); });
    LoadReport out{watch_.seconds(), watch_.cpu(), quantile(latency_, 0.5),
                   quantile(latency_, 0.99), refused_};
    latency_.clear();
    refused_ = 0;
    watch_ = {};
    return out;
}

void Loader::run_commits(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [this] { return !waiting_.empty(); })) {
        lock.unlock();
        must(store_.commit());
        const Lsn durable = store_.durable();
        const auto now = std::chrono::steady_clock::now();
        lock.lock();
        while (!waiting_.empty() && waiting_.front().lsn <= durable) {
            latency_.push_back(std::chrono::duration<double>(now - waiting_.front().since).count());
            waiting_.pop_front();
        }
        changed_.notify_all();
    }
}

void Loader::run_maintenance(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        if (!must(store_.maintain())) {
            std::this_thread::sleep_for(pause);
        }
    }
}

LoadReport load(Store& store, std::span<const SampleBatch> batches, double points_s_max) {
    Loader loader(store);
    const Stopwatch watch;
    std::size_t points = 0;
    for (const SampleBatch& batch : batches) {
        if (points_s_max > 0) {
            const double ahead = static_cast<double>(points) / points_s_max - watch.seconds();
            if (ahead > 0) {
                std::this_thread::sleep_for(std::chrono::duration<double>(ahead));
            }
        }
        loader.send(batch);
        points += batch.size();
    }
    return loader.report();
}

CpuOnly::CpuOnly(std::size_t hosts, std::size_t steps)
    : series_(hosts * fields), steps_(steps), values_(series_ * steps) {
    CpuOnlyData data(hosts);
    auto next = values_.begin();
    for (std::size_t step = 0; step < steps; ++step, data.step()) {
        for (std::size_t host = 0; host < hosts; ++host) {
            for (std::size_t field = 0; field < fields; ++field) {
                *next++ = static_cast<std::uint8_t>(data.value(host, field));
            }
        }
    }
}

TimeRange CpuOnly::range(std::size_t from, std::size_t to) const {
    return {time_of(from), time_of(to)};
}

double CpuOnly::sum(std::size_t from, std::size_t to) const {
    const auto part = std::span(values_).subspan(from * series_, (to - from) * series_);
    return static_cast<double>(std::accumulate(part.begin(), part.end(), std::uint64_t{0}));
}

std::vector<SeriesId> CpuOnly::make_series(Store& store) const {
    std::vector<SeriesId> out;
    out.reserve(series_);
    for (std::size_t host = 0; host < series_ / fields; ++host) {
        if (host % series_commit_hosts == 0) {
            must(store.commit());
            must(store.maintain());
        }
        for (const std::string_view field : CpuOnlyData::fields) {
            out.push_back(
                must(store.make_series(std::format("host_{}.{}", host, field), ValueType::Int64)));
        }
    }
    return out;
}

void CpuOnly::add(SampleBatch& batch, std::span<const SeriesId> series, std::size_t index,
                  std::size_t step) const {
    batch.add_int(series[index], time_of(step), quality::good, values_[step * series_ + index]);
}

std::vector<SampleBatch> CpuOnly::rows(std::span<const SeriesId> series, std::size_t from,
                                       std::size_t to) const {
    const std::size_t batch_points = batch_rows() * fields;
    std::vector<SampleBatch> out;
    for (std::size_t step = from; step < to; ++step) {
        for (std::size_t index = 0; index < series_; ++index) {
            if (out.empty() || out.back().size() == batch_points) {
                out.emplace_back().reserve(batch_points);
            }
            add(out.back(), series, index, step);
        }
    }
    return out;
}

std::vector<SampleBatch> CpuOnly::stretches(std::span<const SeriesId> series) const {
    const std::size_t batch_points = batch_rows() * fields;
    std::vector<SampleBatch> out;
    for (std::size_t first = 0; first < steps_; first += stretch_steps_max) {
        const std::size_t end = std::min(first + stretch_steps_max, steps_);
        for (std::size_t index = 0; index < series_; ++index) {
            if (out.empty() || out.back().size() + (end - first) > batch_points) {
                out.emplace_back().reserve(batch_points);
            }
            for (std::size_t step = first; step < end; ++step) {
                add(out.back(), series, index, step);
            }
        }
    }
    return out;
}

}  // namespace gantry::store::bench
