// SPDX-License-Identifier: Apache-2.0
#include "pipeline/check.h"

#include <algorithm>
#include <bit>

namespace gantry::pipeline {
namespace {

bool in_range(const SampleBatch& batch, std::size_t row, const Property& property) {
    if (!batch.quality_column()[row].good()) {
        return true;
    }
    const std::uint64_t bits = batch.bits_column()[row];
    switch (property.type) {
        case ValueType::Bool: return property.range.contains(bits != 0 ? 1.0 : 0.0);
        case ValueType::Int64:
            return property.range.contains(static_cast<double>(static_cast<std::int64_t>(bits)));
        case ValueType::Float64: return property.range.contains(std::bit_cast<double>(bits));
        default: return true;
    }
}

// Rows [from, to) of one series.
bool run_passes(const SampleBatch& batch, std::size_t from, std::size_t to,
                const PointLookup::Slot& point, Time latest) {
    const ValueType* types = batch.type_column().data();
    const Time* times = batch.time_column().data();
    bool wrong = false;
    for (std::size_t i = from; i < to; ++i) {
        wrong |= types[i] != point.type;
        wrong |= times[i] > latest;
    }
    if (wrong || !point.bounded) {
        return !wrong;
    }
    for (std::size_t i = from; i < to; ++i) {
        if (!in_range(batch, i, point.entry->point.property)) {
            return false;
        }
    }
    return true;
}

}  // namespace

PointLookup::PointLookup(const directory::Directory& directory, std::size_t rows)
    : directory_(directory), slots_(std::bit_ceil(std::clamp<std::size_t>(rows, 1, slots_max))) {}

void PointLookup::look_up(Slot& slot, SeriesId series) {
    slot = {directory_.find(series), series, ValueType::Null, false, true};
    if (slot.entry) {
        const Property& property = slot.entry->point.property;
        slot.type = property.type;
        slot.bounded = property.range.min || property.range.max;
    }
}

std::size_t passing_rows(const SampleBatch& batch, PointLookup& points, Time latest) {
    const SeriesId* series = batch.series_column().data();
    const std::size_t rows = batch.size();
    for (std::size_t from = 0; from < rows;) {
        const PointLookup::Slot& point = points.find(series[from]);
        std::size_t to = from + 1;
        while (to < rows && series[to] == series[from]) {
            ++to;
        }
        if (!point.entry || !run_passes(batch, from, to, point, latest)) {
            return from;
        }
        from = to;
    }
    return rows;
}

}  // namespace gantry::pipeline
