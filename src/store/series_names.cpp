// SPDX-License-Identifier: Apache-2.0
#include "store/series_names.h"

#include <format>

namespace gantry::store {

Bytes encode_series(const SeriesRecord& record) {
    Bytes payload;
    ByteWriter out(payload);
    out.put(record.id.value);
    out.put(static_cast<std::uint8_t>(record.type));
    out.put_bytes(as_bytes(record.key));
    return payload;
}

bool decode_series(const journal::Record& record, SeriesRecord& out) {
    ByteReader in(record.payload);
    std::uint8_t type = 0;
    if (record.type != SeriesRecord::record_type || !in.get(out.id.value) || !in.get(type) ||
        type > static_cast<std::uint8_t>(ValueType::String)) {
        return false;
    }
    out.type = static_cast<ValueType>(type);
    out.key = as_text(in.rest());
    return true;
}

bool SeriesNames::add(const journal::Record& record) {
    SeriesRecord found;
    if (!decode_series(record, found)) {
        return false;
    }
    if (series_.size() <= found.id.value) {
        series_.resize(std::size_t{found.id.value} + 1);
    }
    Series& series = series_[found.id.value];
    size_ += series.type == ValueType::Null ? 1 : 0;
    series = {std::string(found.key), found.type};
    return true;
}

std::string SeriesNames::describe(SeriesId id) const {
    return has(id) ? std::string(key(id)) : std::format("series {}, whose name is lost", id.value);
}

std::uint64_t SeriesNames::bytes() const {
    std::uint64_t out = series_.capacity() * sizeof(Series);
    for (const Series& series : series_) {
        out += series.key.capacity();
    }
    return out;
}

}  // namespace gantry::store
