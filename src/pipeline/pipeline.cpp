// SPDX-License-Identifier: Apache-2.0
#include "pipeline/pipeline.h"

#include <algorithm>

#include "pipeline/check.h"

namespace gantry::pipeline {
namespace {

constexpr Duration retry_first = std::chrono::milliseconds(2);
constexpr Duration retry_longest = std::chrono::milliseconds(250);
// So long a client's request waits while the journal catches up before it is told to come again.
constexpr int retries_before_failing = 6;

// Parts of a batch that the store takes in one go.
constexpr std::size_t part_bytes_max = store::Store::batch_bytes_max / 2;

bool passes(const Error& error) {
    return error.code == Code::Unavailable || error.code == Code::StorageFull;
}

}  // namespace

Pipeline::Pipeline(directory::Directory& directory, store::Store& store, Timers& timers,
                   const Clock& clock, Log& log, Metrics& metrics, PipelineOptions options)
    : directory_(directory),
      store_(store),
      timers_(timers),
      clock_(clock),
      log_(log),
      options_(options),
      accepted_(metrics.counter("gantry_pipeline_rows_total", "Samples taken in.",
                                {{"result", "accepted"}})),
      rejected_(metrics.counter("gantry_pipeline_rows_total", "Samples taken in.",
                                {{"result", "rejected"}})),
      waited_(metrics.counter("gantry_pipeline_waits_total",
                              "Times that a batch had to wait because the way in was full.")),
      out_of_range_(metrics.counter("gantry_pipeline_out_of_range_total",
                                    "Samples outside the engineering range of their point.")),
      latency_(metrics.latency("gantry_pipeline_submit_seconds",
                               "Time from submitting a batch to its acknowledgement.")),
      live_(metrics),
      committer_(store, log) {}

std::optional<Error> Pipeline::check_row(const Row& row, const directory::PointEntry& entry,
                                         Time latest, SampleBatch& out) const {
    const Property& property = entry.point.property;
    Quality quality = row.quality;
    if (row.time > latest) {
        return Error{Code::InvalidArgument,
                     std::format("{} is more than {} in the future: check the clock of the source",
                                 format_time(row.time), format_duration(options_.future_max)),
                     {}};
    }
    if (row.type == ValueType::Null && quality.good()) {
        return Error{Code::InvalidArgument, "a sample without a value cannot be good", {}};
    }
    if (row.type == property.type || row.type == ValueType::Null) {
        const bool bounded = property.range.min || property.range.max;
        if (bounded && quality.good()) {
            const auto number = to_number(row.value());
            if (number && !property.range.contains(*number)) {
                out_of_range_.add();
                quality = quality::uncertain_engineering_units_exceeded;
            }
        }
        Row checked = row;
        checked.quality = quality;
        out.add_row(checked);
        return std::nullopt;
    }
    auto converted = convert_value(row.value(), property.type);
    if (!converted) {
        return converted.error();
    }
    SampleBatch one;
    one.add(row.series, row.time, quality, *converted);
    return check_row(one.row(0), entry, latest, out);
}

// Leaves the rows that may be stored. Most often that is all of them, as they are.
void Pipeline::check(SampleBatch& batch, SubmitReport& report) const {
    PointLookup points(directory_, batch.size());
    const Time latest = clock_.now() + options_.future_max.count();
    const std::size_t passing = passing_rows(batch, points, latest);
    report.accepted = passing;
    if (passing == batch.size()) {
        return;
    }
    SampleBatch out;
    out.reserve(batch.size());
    for (std::size_t i = 0; i < passing; ++i) {
        out.add_row(batch.row(i));
    }
    for (std::size_t i = passing; i < batch.size(); ++i) {
        const Row row = batch.row(i);
        const directory::PointEntry* entry = points.find(row.series).entry.get();
        std::optional<Error> error;
        if (entry == nullptr) {
            error = Error{Code::NotFound, "the point is gone", {}};
        } else {
            error = check_row(row, *entry, latest, out);
        }
        if (error) {
            report.rejected.push_back({i, std::move(*error)});
        }
    }
    report.accepted = out.size();
    batch = std::move(out);
}

Async<store::Lsn> Pipeline::append(const SampleBatch& batch, WhenFull when_full) {
    Duration pause = retry_first;
    for (int tries = 0;; ++tries) {
        auto lsn = store_.append(batch);
        if (lsn || !passes(lsn.error())) {
            co_return lsn;
        }
        const bool full = lsn.error().code == Code::StorageFull;
        const bool for_good = !store_.statistics().accepting;
        if (for_good ||
            (when_full == WhenFull::Fail && (full || tries >= retries_before_failing))) {
            co_return lsn;
        }
        if (tries == 0) {
            waited_.add();
        }
        committer_.request();
        co_await timers_.sleep(pause);
        pause = std::min(pause * 2, retry_longest);
    }
}

Async<SubmitReport> Pipeline::take(SampleBatch batch, Acknowledge acknowledge, WhenFull when_full) {
    const Duration start = clock_.monotonic();
    SubmitReport report;
    check(batch, report);
    rejected_.add(report.rejected.size());
    store::Lsn& last = report.last;
    if (batch.bytes() <= part_bytes_max) {
        if (!batch.empty()) {
            CO_TRY_ASSIGN(last, co_await append(batch, when_full));
        }
    } else {
        SampleBatch part;
        for (std::size_t i = 0; i < batch.size(); ++i) {
            part.add_row(batch.row(i));
            if (part.bytes() > part_bytes_max || i + 1 == batch.size()) {
                CO_TRY_ASSIGN(last, co_await append(part, when_full));
                part.clear();
            }
        }
    }
    accepted_.add(report.accepted);
    live_.publish(batch);
    CO_TRY(co_await settle(last, acknowledge));
    latency_.record(clock_.monotonic() - start);
    co_return report;
}

Async<store::Lsn> Pipeline::append_checked(const SampleBatch& batch, WhenFull when_full) {
    if (batch.empty()) {
        co_return store::Lsn{0};
    }
    CO_TRY_ASSIGN(const store::Lsn last, co_await append(batch, when_full));
    accepted_.add(batch.size());
    live_.publish(batch);
    co_return last;
}

Async<> Pipeline::settle(store::Lsn last, Acknowledge acknowledge) {
    if (acknowledge == Acknowledge::Durable && last != 0) {
        co_return co_await committer_.durable(last);
    }
    if (last != 0) {
        committer_.request();
    }
    co_return Result<>{};
}

Async<> Pipeline::submit(SampleBatch batch, Acknowledge acknowledge) {
    const auto report = co_await take(std::move(batch), acknowledge, WhenFull::Wait);
    if (!report) {
        co_return std::unexpected(report.error());
    }
    if (!report->rejected.empty()) {
        const RejectedRow& first = report->rejected.front();
        log_.warn("pipeline", "rows rejected",
                  {{"rows", report->rejected.size()}, {"first", first.error.message}});
    }
    co_return Result<>{};
}

}  // namespace gantry::pipeline
