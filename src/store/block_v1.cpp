// SPDX-License-Identifier: Apache-2.0
// Blocks of segments of version 1, which are still read (docs/formats/segment.md).
#include "store/block.h"

#include <zstd.h>

#include "base/bytes.h"

namespace gantry::store {
namespace {

constexpr std::size_t plain_bytes_max = block_rows_max * (text_value_bytes_max + 64);

template <class T, class Make>
bool get_runs(ByteReader& in, std::vector<T>& column, std::size_t rows, Make make) {
    column.clear();
    while (column.size() < rows) {
        std::uint64_t length = 0;
        std::uint64_t number = 0;
        if (!in.get_varint(length) || !in.get_varint(number) || length == 0 ||
            length > rows - column.size() || number > UINT32_MAX) {
            return false;
        }
        column.insert(column.end(), length, make(static_cast<std::uint32_t>(number)));
    }
    return true;
}

bool get_times(ByteReader& in, std::vector<Time>& times, std::size_t rows) {
    std::uint64_t last = 0;
    std::uint64_t step = 0;
    times.clear();
    for (std::size_t i = 0; i < rows; ++i) {
        std::int64_t change = 0;
        if (!in.get_signed_varint(change)) {
            return false;
        }
        step += static_cast<std::uint64_t>(change);
        last += step;
        times.push_back(static_cast<Time>(last));
    }
    return true;
}

bool get_text(ByteReader& in, Columns& out) {
    std::string_view text;
    if (!in.get_text(text) || text.size() > text_value_bytes_max) {
        return false;
    }
    out.bits.push_back(static_cast<std::uint64_t>(out.texts.size()) << 32 | text.size());
    out.texts += text;
    return true;
}

bool get_floats(ByteReader& in, Columns& out, const std::vector<std::size_t>& places) {
    ByteView planes;
    if (!in.get_bytes(places.size() * 8, planes)) {
        return false;
    }
    std::uint64_t last = 0;
    for (std::size_t k = 0; k < places.size(); ++k) {
        std::uint64_t change = 0;
        for (std::size_t plane = 0; plane < 8; ++plane) {
            change |= std::to_integer<std::uint64_t>(planes[plane * places.size() + k])
                      << 8 * plane;
        }
        last ^= change;
        out.bits[places[k]] = last;
    }
    return true;
}

bool get_values(ByteReader& in, const std::vector<ValueType>& types, Columns& out) {
    std::uint64_t last = 0;
    std::vector<std::size_t> float_places;
    out.bits.clear();
    out.texts.clear();
    for (std::size_t i = 0; i < out.size(); ++i) {
        std::uint8_t flag = 0;
        std::int64_t change = 0;
        switch (types[i]) {
            case ValueType::Null: out.bits.push_back(0); break;
            case ValueType::Bool:
                if (!in.get(flag) || flag > 1) {
                    return false;
                }
                out.bits.push_back(flag);
                break;
            case ValueType::Int64:
                if (!in.get_signed_varint(change)) {
                    return false;
                }
                last += static_cast<std::uint64_t>(change);
                out.bits.push_back(last);
                break;
            case ValueType::Float64:
                float_places.push_back(i);
                out.bits.push_back(0);
                break;
            case ValueType::String:
                if (!get_text(in, out)) {
                    return false;
                }
                break;
        }
    }
    return get_floats(in, out, float_places);
}

bool decode_plain(ByteView plain, Columns& out) {
    ByteReader in(plain);
    std::uint64_t rows = 0;
    std::vector<ValueType> types;
    out.clear();
    if (!in.get_varint(rows) || rows == 0 || rows > block_rows_max ||
        !get_times(in, out.time, rows) ||
        !get_runs(in, types, rows, [](std::uint32_t n) { return static_cast<ValueType>(n); }) ||
        !get_runs(in, out.quality, rows, [](std::uint32_t n) { return Quality{n}; })) {
        return false;
    }
    for (const ValueType type : types) {
        if (type > ValueType::String ||
            (type != ValueType::Null && out.type != ValueType::Null && type != out.type)) {
            return false;
        }
        out.type = type == ValueType::Null ? out.type : type;
    }
    if (std::ranges::adjacent_find(out.time, std::greater_equal<>()) != out.time.end()) {
        return false;
    }
    if (std::ranges::count(out.quality, quality::good) == std::ssize(out.quality)) {
        out.quality.clear();
    }
    if (std::ranges::find(types, ValueType::Null) != types.end()) {
        out.present.resize(rows);
        std::ranges::transform(types, out.present.begin(), [](ValueType type) {
            return static_cast<std::uint8_t>(type != ValueType::Null ? 1 : 0);
        });
    }
    return get_values(in, types, out) && in.empty();
}

}  // namespace

bool decode_block_v1(ByteView payload, Columns& out) {
    const unsigned long long size = ZSTD_getFrameContentSize(payload.data(), payload.size());
    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN ||
        size > plain_bytes_max) {
        return false;
    }
    Bytes plain(size);
    const std::size_t got =
        ZSTD_decompress(plain.data(), plain.size(), payload.data(), payload.size());
    return ZSTD_isError(got) == 0 && got == size && decode_plain(plain, out);
}

}  // namespace gantry::store
