// SPDX-License-Identifier: Apache-2.0
#include "base/metrics.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <format>

#include "base/assert.h"

namespace gantry {
namespace {

std::string label_text(const Labels& labels, std::string_view extra = {}) {
    std::string out;
    for (const auto& [key, value] : labels) {
        out += out.empty() ? "" : ",";
        out += key + "=\"";
        for (const char c : value) {
            out += c == '"' || c == '\\' ? std::string{'\\', c}
                   : c == '\n'           ? std::string("\\n")
                                         : std::string(1, c);
        }
        out += '"';
    }
    if (!extra.empty()) {
        out += (out.empty() ? "" : ",") + std::string(extra);
    }
    return out.empty() ? out : "{" + out + "}";
}

void render_latency(std::string& out, std::string_view name, const Labels& labels,
                    const LatencyHistogram& histogram) {
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < LatencyHistogram::bucket_count; ++i) {
        total += histogram.bucket(i);
        // An octave a line is enough for whoever reads the text.
        if (i % 4 == 0 && i + 1 < LatencyHistogram::bucket_count) {
            const double bound =
                static_cast<double>(LatencyHistogram::bucket_bound(i).count()) * 1e-9;
            out += std::format("{}_bucket{} {}\n", name,
                               label_text(labels, std::format("le=\"{:.6g}\"", bound)), total);
        }
    }
    out += std::format("{}_bucket{} {}\n", name, label_text(labels, "le=\"+Inf\""), total);
    out += std::format("{}_sum{} {}\n", name, label_text(labels),
                       static_cast<double>(histogram.sum_nanos()) * 1e-9);
    out += std::format("{}_count{} {}\n", name, label_text(labels), total);
}

}  // namespace

Duration LatencyHistogram::bucket_bound(std::size_t index) {
    return Duration{
        static_cast<std::int64_t>(1000.0 * std::exp2(static_cast<double>(index) / 4.0))};
}

void LatencyHistogram::record(Duration took) {
    const std::int64_t nanos = std::max<std::int64_t>(took.count(), 0);
    std::size_t index = 0;
    if (nanos > 1000) {
        index = static_cast<std::size_t>(
            std::ceil(4.0 * std::log2(static_cast<double>(nanos) / 1000.0)));
    }
    index = std::min(index, bucket_count - 1);
    buckets_[index].fetch_add(1, std::memory_order_relaxed);
    sum_nanos_.fetch_add(nanos, std::memory_order_relaxed);
}

std::uint64_t LatencyHistogram::count() const {
    std::uint64_t total = 0;
    for (const auto& bucket : buckets_) {
        total += bucket.load(std::memory_order_relaxed);
    }
    return total;
}

Duration LatencyHistogram::quantile(double q) const {
    const std::uint64_t total = count();
    const auto wanted = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(total)));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < bucket_count; ++i) {
        seen += bucket(i);
        if (total != 0 && seen >= wanted) {
            return bucket_bound(i);
        }
    }
    return Duration{0};
}

template <class T>
T& Metrics::find(std::deque<T>& all, Kind kind, std::string_view name, std::string_view help,
                 Labels labels) {
    const std::lock_guard lock(mutex_);
    auto family = families_.find(name);
    if (family == families_.end()) {
        family = families_.emplace(std::string(name), Family{kind, std::string(help), {}}).first;
    }
    ASSERT(family->second.kind == kind);
    const auto [member, added] = family->second.members.emplace(std::move(labels), all.size());
    return added ? all.emplace_back() : all[member->second];
}

Counter& Metrics::counter(std::string_view name, std::string_view help, Labels labels) {
    return find(counters_, Kind::Counter, name, help, std::move(labels));
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help, Labels labels) {
    return find(gauges_, Kind::Gauge, name, help, std::move(labels));
}

LatencyHistogram& Metrics::latency(std::string_view name, std::string_view help, Labels labels) {
    return find(latencies_, Kind::Latency, name, help, std::move(labels));
}

void Metrics::observe(std::string_view name, std::string_view help, std::function<double()> read) {
    find(observed_, Kind::Observed, name, help, {}) = std::move(read);
}

std::string Metrics::render() const {
    const std::lock_guard lock(mutex_);
    std::string out;
    for (const auto& [name, family] : families_) {
        constexpr std::array<std::string_view, 4> types = {"counter", "gauge", "histogram",
                                                           "gauge"};
        out += std::format("# HELP {} {}\n# TYPE {} {}\n", name, family.help, name,
                           types[static_cast<std::size_t>(family.kind)]);
        for (const auto& [labels, index] : family.members) {
            switch (family.kind) {
                case Kind::Counter:
                    out += std::format("{}{} {}\n", name, label_text(labels),
                                       counters_[index].value());
                    break;
                case Kind::Gauge:
                    out +=
                        std::format("{}{} {}\n", name, label_text(labels), gauges_[index].value());
                    break;
                case Kind::Observed: out += std::format("{} {}\n", name, observed_[index]()); break;
                case Kind::Latency: render_latency(out, name, labels, latencies_[index]); break;
            }
        }
    }
    return out;
}

}  // namespace gantry
