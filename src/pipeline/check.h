// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "directory/directory.h"

namespace gantry::pipeline {

// The points of a batch's rows: each is asked of the directory once, or again when another of the
// batch has taken its place here.
class PointLookup {
public:
    PointLookup(const directory::Directory& directory, std::size_t rows);

    // What rows of a series are checked against. Good until the next call.
    struct Slot {
        directory::PointRef entry;  // null when the point is gone
        SeriesId series;
        ValueType type = ValueType::Null;
        bool bounded = false;  // it has a range
        bool known = false;
    };
    const Slot& find(SeriesId series) {
        Slot& slot = slots_[series.value & (slots_.size() - 1)];
        if (!slot.known || slot.series != series) {
            look_up(slot, series);
        }
        return slot;
    }

    static constexpr std::size_t slots_max = 16 * 1024;

private:
    void look_up(Slot& slot, SeriesId series);

    const directory::Directory& directory_;
    std::vector<Slot> slots_;  // a power of two
};

// How many rows from the first on may be stored as they are: their point is there and holds values
// of their type, they are not later than `latest`, and within their range or not good. Looks at
// rows of one series that follow each other together.
std::size_t passing_rows(const SampleBatch& batch, PointLookup& points, Time latest);

}  // namespace gantry::pipeline
