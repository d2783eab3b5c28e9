// SPDX-License-Identifier: Apache-2.0
// histogram_quantile() of classic histograms: a series for each bucket, whose bound is the label
// le.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <format>
#include <limits>
#include <optional>

#include "promql/detail/evaluation.h"
#include "promql/detail/lexer.h"

namespace gantry::promql {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

// How much a bucket may differ from the one before it and still count as equal: what rates of
// buckets lose by rounding.
constexpr double small_difference = 1e-12;

struct Bucket {
    double bound = 0;
    double count = 0;
};

std::optional<double> bound_of(std::string_view text) {
    std::string_view digits = text;
    if (digits.starts_with('+')) {
        digits.remove_prefix(1);
    }
    double bound = 0;
    const char* end = digits.data() + digits.size();
    const auto [stopped, error] = std::from_chars(digits.data(), end, bound);
    if (digits.empty() || error != std::errc() || stopped != end) {
        return std::nullopt;
    }
    return bound;
}

bool almost_equal(double a, double b) {
    if (a == b) {
        return true;
    }
    constexpr double least = std::numeric_limits<double>::min();
    const double size = std::abs(a) + std::abs(b);
    const double difference = std::abs(a - b);
    if (a == 0 || b == 0 || size < least) {
        return difference < small_difference * least;
    }
    return difference / std::min(size, std::numeric_limits<double>::max()) < small_difference;
}

// Buckets with one bound become one.
void unite(std::vector<Bucket>& buckets) {
    std::size_t kept = 0;
    for (std::size_t i = 1; i < buckets.size(); ++i) {
        if (buckets[i].bound == buckets[kept].bound) {
            buckets[kept].count += buckets[i].count;
        } else {
            buckets[++kept] = buckets[i];
        }
    }
    buckets.resize(kept + 1);
}

// They count all that is below their bound, so none may count less than the one before it.
void make_rising(std::vector<Bucket>& buckets) {
    double before = buckets[0].count;
    for (Bucket& bucket : std::span(buckets).subspan(1)) {
        if (bucket.count < before || almost_equal(before, bucket.count)) {
            bucket.count = before;
        }
        before = std::max(before, bucket.count);
    }
}

double quantile_of(double phi, std::vector<Bucket>& buckets) {
    if (std::isnan(phi)) {
        return nan;
    }
    if (phi < 0 || phi > 1) {
        return phi < 0 ? -infinity : infinity;
    }
    std::ranges::sort(buckets, {}, &Bucket::bound);
    if (buckets.back().bound != infinity) {
        return nan;
    }
    unite(buckets);
    make_rising(buckets);
    if (buckets.size() < 2) {
        return nan;
    }
    const double all = buckets.back().count;
    if (all == 0) {
        return nan;
    }
    double rank = phi * all;
    const auto finite = std::span(buckets).first(buckets.size() - 1);
    const auto found =
        std::ranges::find_if(finite, [&](const Bucket& bucket) { return bucket.count >= rank; });
    if (found == finite.end()) {
        return finite.back().bound;
    }
    const auto index = static_cast<std::size_t>(found - finite.begin());
    if (index == 0 && found->bound <= 0) {
        return found->bound;
    }
    double from = 0;
    double count = found->count;
    if (index > 0) {
        from = finite[index - 1].bound;
        count -= finite[index - 1].count;
        rank -= finite[index - 1].count;
    }
    return from + (found->bound - from) * (rank / count);
}

struct Histogram {
    Labels labels;
    std::vector<double> bounds;
    std::vector<std::vector<double>> counts;  // of each bound, at each step
};

}  // namespace

Result<> Evaluation::histogram_quantile(const Call& node, const Grid& grid, const RowSink& sink) {
    std::vector<double> phi(grid.count);
    TRY(scalar(*node.arguments[0], grid, phi));
    warn_of_quantiles(*node.arguments[0], phi, phi);
    std::vector<Histogram> histograms;
    std::unordered_map<Labels, std::size_t, LabelsHash> by_labels;
    Holding holding(work_);
    const std::string le[] = {"le"};
    const RowSink take = [&](Labels& labels, Row row) -> Result<> {
        const auto bound = bound_of(labels.get("le"));
        if (!bound) {
            warn(*node.arguments[1],
                 std::format("bucket label \"le\" is missing or has a malformed value of {} for "
                             "metric name {}",
                             in_quotes(labels.get("le")), in_quotes(labels.get(metric_name))));
            return {};
        }
        Labels group = group_of(labels, true, le);
        TRY(holding.add(row.size_bytes() + group.bytes() * 2 + sizeof(Histogram)));
        const auto [found, fresh] = by_labels.try_emplace(group, histograms.size());
        if (fresh) {
            histograms.push_back({std::move(group), {}, {}});
        }
        Histogram& histogram = histograms[found->second];
        histogram.bounds.push_back(*bound);
        histogram.counts.emplace_back(row.begin(), row.end());
        return {};
    };
    TRY(vector(*node.arguments[1], grid, take));
    std::vector<double> out(grid.count);
    std::vector<Bucket> buckets;
    for (Histogram& histogram : histograms) {
        TRY(work_.spend_or_fail(grid.count * histogram.bounds.size() * 8));
        for (std::size_t k = 0; k < grid.count; ++k) {
            buckets.clear();
            for (std::size_t i = 0; i < histogram.bounds.size(); ++i) {
                if (!is_absent(histogram.counts[i][k])) {
                    buckets.push_back({histogram.bounds[i], histogram.counts[i][k]});
                }
            }
            out[k] = buckets.empty() ? absent : quantile_of(phi[k], buckets);
        }
        TRY(sink(histogram.labels, out));
    }
    return {};
}

}  // namespace gantry::promql
