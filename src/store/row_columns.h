// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>

#include "model/sample_batch.h"

namespace gantry::store {

// Rows of any series in the order in which they came, a column each, without a copy. For strings,
// bits holds offset << 32 | length into the texts.
struct RowColumns {
    std::span<const SeriesId> series;
    std::span<const Time> time;
    std::span<const ValueType> type;
    std::span<const std::uint64_t> bits;
    std::span<const Quality> quality;
    std::string_view texts;

    static RowColumns of(const SampleBatch& batch) {
        return {batch.series_column(), batch.time_column(),    batch.type_column(),
                batch.bits_column(),   batch.quality_column(), batch.texts()};
    }

    std::size_t size() const { return time.size(); }
    bool empty() const { return time.empty(); }
    Row row(std::size_t index) const {
        Row out{series[index], time[index], type[index], bits[index], {}, quality[index]};
        if (out.type == ValueType::String) {
            out.text = texts.substr(out.bits >> 32, out.bits & UINT32_MAX);
            out.bits = 0;
        }
        return out;
    }
    // INT64_MIN of no rows.
    Time newest() const { return time.empty() ? time_min : std::ranges::max(time); }
};

}  // namespace gantry::store
