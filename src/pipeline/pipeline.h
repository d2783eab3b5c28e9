// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/options.h"
#include "directory/directory.h"
#include "pipeline/committer.h"
#include "pipeline/live_feed.h"
#include "runtime/ports.h"
#include "runtime/timers.h"

namespace gantry::pipeline {

struct PipelineOptions {
    Duration future_max = std::chrono::minutes(10);

    void describe(OptionVisitor& options) {
        options.duration("future_max", future_max, std::chrono::seconds(0),
                         std::chrono::hours(24 * 365),
                         "How far ahead of this machine's clock a sample's time may be.");
    }
};

struct RejectedRow {
    std::size_t index = 0;  // in the batch as submitted
    Error error;
};

struct SubmitReport {
    std::size_t accepted = 0;
    std::vector<RejectedRow> rejected;
    // Of the last record that the rows went into; 0 if none did. Durable when Committer::durable()
    // says so.
    store::Lsn last = 0;
};

// What to do when there is no space for a batch just now.
enum class WhenFull : unsigned char {
    Wait,  // until there is: the back-pressure that a connector wants
    Fail,  // say so: a client with an open request wants to know
};

// The only way in for samples: check → store → subscribers. Checks a row's type (converted where
// nothing is lost), engineering range (kept, and marked uncertain), and time (too far in the future
// is rejected). Any thread; coroutines stay on the executor they came from.
class Pipeline final : public SampleSink {
public:
    Pipeline(directory::Directory& directory, store::Store& store, Timers& timers,
             const Clock& clock, Log& log, Metrics& metrics, PipelineOptions options);

    // For connectors: waits while the way in is full.
    Async<> submit(SampleBatch batch, Acknowledge acknowledge) override;

    // For clients: says which rows were rejected and why; the others are stored. StorageFull,
    // Unavailable: nothing was stored.
    Async<SubmitReport> take(SampleBatch batch, Acknowledge acknowledge, WhenFull when_full);

    // For rows whose series, types and times their door has checked, as those that labels name.
    // Stored, not yet durable. StorageFull, Unavailable: nothing was stored.
    Async<store::Lsn> append_checked(const SampleBatch& batch, WhenFull when_full);
    // Waits until what was appended has come as far as asked.
    Async<> settle(store::Lsn last, Acknowledge acknowledge);
    // The latest time that a sample may have now.
    Time latest_time() const { return clock_.now() + options_.future_max.count(); }

    LiveFeed& live() { return live_; }
    Committer& committer() { return committer_; }

private:
    void check(SampleBatch& batch, SubmitReport& report) const;
    std::optional<Error> check_row(const Row& row, const directory::PointEntry& entry, Time latest,
                                   SampleBatch& out) const;
    Async<store::Lsn> append(const SampleBatch& batch, WhenFull when_full);

    directory::Directory& directory_;
    store::Store& store_;
    Timers& timers_;
    const Clock& clock_;
    Log& log_;
    const PipelineOptions options_;
    Counter& accepted_;
    Counter& rejected_;
    Counter& waited_;
    Counter& out_of_range_;
    LatencyHistogram& latency_;
    LiveFeed live_;
    Committer committer_;
};

}  // namespace gantry::pipeline
