// SPDX-License-Identifier: Apache-2.0
#include "store/memtable.h"

#include <algorithm>

namespace gantry::store {

void Memtable::add(const SampleBatch& batch, Lsn lsn) {
    for (std::size_t i = 0; i < batch.size(); ++i) {
        const Row row = batch.row(i);
        series_[row.series.value].add(row);
    }
    rows_ += batch.size();
    bytes_ += batch.bytes();
    last_ = lsn;
}

void Memtable::read(SeriesId series, TimeRange range, Columns& out) const {
    out.clear();
    const auto found = series_.find(series.value);
    if (found == series_.end()) {
        return;
    }
    const Columns& rows = found->second;
    // Most series arrive in order: then only the part in the range is copied.
    const bool sorted = std::ranges::is_sorted(rows.time);
    const auto begin = sorted ? std::ranges::lower_bound(rows.time, range.from) : rows.time.begin();
    const auto end = sorted ? std::ranges::lower_bound(rows.time, range.to) : rows.time.end();
    for (auto at = begin; at < end; ++at) {
        if (range.contains(*at)) {
            out.add(rows.row(series, static_cast<std::size_t>(at - rows.time.begin())));
        }
    }
    out.sort_unique();
}

std::vector<SeriesId> Memtable::series() const {
    std::vector<SeriesId> out;
    out.reserve(series_.size());
    for (const auto& [id, rows] : series_) {
        out.push_back(SeriesId{id});
    }
    std::ranges::sort(out);
    return out;
}

}  // namespace gantry::store
