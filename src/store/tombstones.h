// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "store/manifest.h"

namespace gantry::store {

// What was taken away and may still lie in segments. Immutable: a change makes a new one.
class Tombstones {
public:
    Tombstones() = default;
    explicit Tombstones(std::vector<Tombstone> all);  // in any order

    Tombstones with(const Tombstone& added) const;
    std::span<const Tombstone> of(SeriesId series) const;
    std::span<const Tombstone> all() const { return all_; }
    bool empty() const { return all_.empty(); }
    journal::Lsn last() const;  // the largest; 0 when empty

private:
    std::vector<Tombstone> all_;  // by series, then by LSN
};

// What is left of the range of a series for rows that came with a record up to `last_lsn`: parts in
// rising order.
std::vector<TimeRange> remaining(std::span<const Tombstone> tombstones, journal::Lsn last_lsn,
                                 TimeRange range);

}  // namespace gantry::store
