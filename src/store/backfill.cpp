// SPDX-License-Identifier: Apache-2.0
#include "store/backfill.h"

namespace gantry::store {
namespace {

constexpr std::uint64_t memory_bytes = 32 * 1024 * 1024;

}  // namespace

Backfill::Backfill(State& state, Maintenance& maintenance)
    : state_(state), maintenance_(maintenance), memory_(std::make_unique<Memtable>()) {}

Backfill::~Backfill() {
    for (const LiveSegment& segment : segments_) {
        (void)state_.disk.remove(segment.file->path());
    }
}

Result<> Backfill::add(const SampleBatch& batch) {
    TRY(state_.check(batch));
    memory_->add(batch, 1);
    return memory_->bytes() < memory_bytes ? Result<>{} : spill();
}

Result<> Backfill::spill() {
    SegmentSet out(state_, [this] { return maintenance_.next_number(); });
    Columns rows;
    Result<> written;
    memory_->each_series([&](SeriesId series) {
        memory_->read(series, {}, rows);
        written = out.add(rows.chunk(series));
        return written.has_value();
    });
    TRY(written);
    TRY_ASSIGN(auto made, out.finish(0, 0));
    std::ranges::move(made, std::back_inserter(segments_));
    memory_ = std::make_unique<Memtable>();
    return {};
}

Result<> Backfill::publish() {
    if (memory_->rows() > 0) {
        TRY(spill());
    }
    // A segment must never name a series that a crash could take.
    TRY(state_.catalogue->commit());
    std::vector<LiveSegment> segments = segments_;
    TRY(maintenance_.publish(std::move(segments)));
    segments_.clear();
    return {};
}

}  // namespace gantry::store
