// SPDX-License-Identifier: Apache-2.0
#include "query/sql_fill.h"

#include <algorithm>

namespace gantry::query {
namespace {

using duckdb::idx_t;

template <class T>
T* place(duckdb::Vector& vector, idx_t to) {
    return duckdb::FlatVector::GetData<T>(vector) + to;
}

void set_null(duckdb::Vector& vector, idx_t from, idx_t to) {
    auto& validity = duckdb::FlatVector::Validity(vector);
    for (; from < to; ++from) {
        validity.SetInvalid(from);
    }
}

void set_absent_null(duckdb::Vector& vector, idx_t to, const store::Chunk& rows) {
    for (std::size_t i = 0; i < rows.present.size(); ++i) {
        if (rows.present[i] == 0) {
            set_null(vector, to + i, to + i + 1);
        }
    }
}

void fill_time(duckdb::Vector& vector, idx_t to, const store::Chunk& rows) {
    // Microseconds, rounded down.
    std::ranges::transform(rows.time, place<std::int64_t>(vector, to),
                           [](Time time) { return time / 1000 - (time % 1000 < 0 ? 1 : 0); });
}

void fill_time_ns(duckdb::Vector& vector, idx_t to, const store::Chunk& rows) {
    std::ranges::copy(rows.time, place<std::int64_t>(vector, to));
}

void fill_value(duckdb::Vector& vector, idx_t to, const store::Chunk& rows) {
    switch (rows.type) {
        case ValueType::Float64:
            std::memcpy(place<double>(vector, to), rows.bits.data(), rows.bits.size_bytes());
            break;
        case ValueType::Bool:
        case ValueType::Int64:
            std::ranges::transform(rows.bits, place<double>(vector, to), [](std::uint64_t bits) {
                return static_cast<double>(static_cast<std::int64_t>(bits));
            });
            break;
        default: set_null(vector, to, to + rows.size()); return;
    }
    set_absent_null(vector, to, rows);
}

void fill_value_int(duckdb::Vector& vector, idx_t to, const store::Chunk& rows) {
    if (rows.type != ValueType::Int64) {
        set_null(vector, to, to + rows.size());
        return;
    }
    std::memcpy(place<std::int64_t>(vector, to), rows.bits.data(), rows.bits.size_bytes());
    set_absent_null(vector, to, rows);
}

void fill_value_text(duckdb::Vector& vector, idx_t to, const store::Chunk& rows) {
    if (rows.type != ValueType::String) {
        set_null(vector, to, to + rows.size());
        return;
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const std::string_view text = rows.row(i).text;
        place<duckdb::string_t>(vector, to)[i] =
            duckdb::StringVector::AddString(vector, text.data(), text.size());
    }
    set_absent_null(vector, to, rows);
}

void fill_quality(duckdb::Vector& vector, idx_t to, const store::Chunk& rows) {
    // So short that they need no memory of their own.
    const auto text = [](Severity severity) {
        const std::string_view name = severity_name(severity);
        return duckdb::string_t(name.data(), static_cast<std::uint32_t>(name.size()));
    };
    auto* out = place<duckdb::string_t>(vector, to);
    std::fill_n(out, rows.size(), text(Severity::Good));
    for (std::size_t i = 0; i < rows.quality.size(); ++i) {
        out[i] = text(rows.quality[i].severity());
    }
}

void fill_quality_code(duckdb::Vector& vector, idx_t to, const store::Chunk& rows) {
    auto* out = place<std::uint32_t>(vector, to);
    std::fill_n(out, rows.size(), 0U);
    std::ranges::transform(rows.quality, out, &Quality::code);
}

}  // namespace

Fill fill_of(SampleColumn column) {
    switch (column) {
        case SampleColumn::Time: return fill_time;
        case SampleColumn::TimeNs: return fill_time_ns;
        case SampleColumn::Value: return fill_value;
        case SampleColumn::ValueInt: return fill_value_int;
        case SampleColumn::ValueText: return fill_value_text;
        case SampleColumn::Quality: return fill_quality;
        case SampleColumn::QualityCode: return fill_quality_code;
        default: return nullptr;
    }
}

}  // namespace gantry::query
