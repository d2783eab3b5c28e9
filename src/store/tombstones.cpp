// SPDX-License-Identifier: Apache-2.0
#include "store/tombstones.h"

#include <algorithm>

namespace gantry::store {

Tombstones::Tombstones(std::vector<Tombstone> all) : all_(std::move(all)) {
    std::ranges::sort(all_, {}, [](const Tombstone& tombstone) {
        return std::pair(tombstone.series.value, tombstone.lsn);
    });
}

Tombstones Tombstones::with(const Tombstone& added) const {
    std::vector<Tombstone> all = all_;
    all.push_back(added);
    return Tombstones(std::move(all));
}

std::span<const Tombstone> Tombstones::of(SeriesId series) const {
    const auto found = std::ranges::equal_range(all_, series, {}, &Tombstone::series);
    return {found.begin(), found.end()};
}

journal::Lsn Tombstones::last() const {
    journal::Lsn out = 0;
    for (const Tombstone& tombstone : all_) {
        out = std::max(out, tombstone.lsn);
    }
    return out;
}

std::vector<TimeRange> remaining(std::span<const Tombstone> tombstones, journal::Lsn last_lsn,
                                 TimeRange range) {
    std::vector<TimeRange> out = {range};
    for (const Tombstone& tombstone : tombstones) {
        if (tombstone.lsn <= last_lsn) {
            continue;
        }
        std::vector<TimeRange> left;
        for (const TimeRange& part : out) {
            const TimeRange before{part.from, std::min(part.to, tombstone.range.from)};
            const TimeRange after{std::max(part.from, tombstone.range.to), part.to};
            if (!before.empty()) {
                left.push_back(before);
            }
            if (!after.empty()) {
                left.push_back(after);
            }
        }
        out = std::move(left);
    }
    return out;
}

}  // namespace gantry::store
