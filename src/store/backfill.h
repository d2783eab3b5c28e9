// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "store/maintenance.h"

namespace gantry::store {

// Old data in bulk: rows go into segments directly, past the journal and the memory for new
// samples, and all appear at once. For one thread. Rows that were not published are forgotten.
class Backfill {
public:
    Backfill(State& state, Maintenance& maintenance);
    ~Backfill();
    Backfill(const Backfill&) = delete;
    Backfill& operator=(const Backfill&) = delete;

    // Rows in any order, of series that exist; checked as by Store::append.
    Result<> add(const SampleBatch& batch);
    // Makes all that was added part of the store, durable, in one step. Of two rows with one series
    // and time the one added here wins over one that was appended before, and the later added over
    // the earlier.
    Result<> publish();

private:
    Result<> spill();

    State& state_;
    Maintenance& maintenance_;
    std::unique_ptr<Memtable> memory_;
    std::vector<LiveSegment> segments_;
};

}  // namespace gantry::store
