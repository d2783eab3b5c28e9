// SPDX-License-Identifier: Apache-2.0
#include "store/catalogue_record.h"

namespace gantry::store {
namespace {

constexpr std::uint64_t ids_end = UINT32_MAX;  // the last number is none

std::size_t varint_bytes(std::uint64_t value) {
    std::size_t bytes = 1;
    for (; value >= 0x80; value >>= 7) {
        ++bytes;
    }
    return bytes;
}

bool read_type(ByteReader& in, ValueType& type) {
    std::uint8_t number = 0;
    if (!in.get(number) || number == 0 || number > static_cast<std::uint8_t>(ValueType::String)) {
        return false;
    }
    type = static_cast<ValueType>(number);
    return true;
}

bool decode_one(ByteReader& in, CatalogueRecord& out) {
    SeriesSpec spec;
    if (!read_type(in, spec.type) || out.first.value == ids_end) {
        return false;
    }
    spec.key = as_text(in.rest());
    out.series.push_back(spec);
    return true;
}

bool decode_many(ByteReader& in, CatalogueRecord& out) {
    std::uint64_t count = 0;
    // A series takes two bytes at least: what claims more than there can be is not believed.
    if (!in.get_varint(count) || count == 0 || count > in.rest().size() / 2 ||
        out.first.value + count > ids_end) {
        return false;
    }
    out.series.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i) {
        SeriesSpec spec;
        if (!read_type(in, spec.type) || !in.get_text(spec.key)) {
            return false;
        }
        out.series.push_back(spec);
    }
    return in.empty();
}

bool decode_time_to_live(ByteReader& in, CatalogueRecord& out) {
    std::int64_t nanoseconds = 0;
    if (!in.get(nanoseconds) || nanoseconds < 0) {
        return false;
    }
    out.time_to_live = Duration(nanoseconds);
    return in.empty();
}

}  // namespace

bool decode_catalogue_record(std::uint32_t type, ByteView payload, CatalogueRecord& out) {
    out.series.clear();
    out.time_to_live = {};
    ByteReader in(payload);
    if (!in.get(out.first.value)) {
        return false;
    }
    switch (type) {
        case one_series_record: return decode_one(in, out);
        case series_record: return decode_many(in, out);
        case time_to_live_record: return decode_time_to_live(in, out);
        default: return false;
    }
}

std::size_t encode_series(SeriesId first, std::span<const SeriesSpec> series, std::size_t bytes_max,
                          Bytes& payload) {
    std::size_t bytes = sizeof(first.value) + varint_bytes(series.size());
    std::size_t count = 0;
    while (count < series.size()) {
        const std::size_t key = series[count].key.size();
        bytes += 1 + varint_bytes(key) + key;
        if (count != 0 && bytes > bytes_max) {
            break;
        }
        ++count;
    }
    payload.clear();
    ByteWriter out(payload);
    out.put(first.value);
    out.put_varint(count);
    for (const SeriesSpec& spec : series.first(count)) {
        out.put(spec.type);
        out.put_text(spec.key);
    }
    return count;
}

Bytes encode_time_to_live(SeriesId series, Duration time_to_live) {
    Bytes payload;
    ByteWriter out(payload);
    out.put(series.value);
    out.put(std::int64_t{time_to_live.count()});
    return payload;
}

}  // namespace gantry::store
