// SPDX-License-Identifier: Apache-2.0
// Forms that any type of value can take: all equal, runs of equals, numbers into a table.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/bytes.h"
#include "codec/codec.h"
#include "codec/detail/column_writer.h"
#include "codec/detail/kernels.h"

namespace gantry::codec::detail {

inline constexpr std::size_t table_max = 128;

template <class T>
bool all_equal(std::span<const T> values) {
    T changed = 0;
    for (const T value : values) {
        changed |= value ^ values[0];
    }
    return changed == 0;
}

template <class T>
bool take_raw(ByteReader& in, std::span<T> values) {
    ByteView raw;
    if (!in.get_bytes(values.size_bytes(), raw)) {
        return false;
    }
    std::memcpy(values.data(), raw.data(), raw.size());
    return true;
}

// Varint number of runs; for each a varint length and the value, as `put` writes it.
template <class T, class Put>
void put_runs(std::span<const T> values, std::size_t runs, ColumnWriter& writer, Put put) {
    writer.put_varint(runs);
    for (std::size_t i = 0; i < values.size();) {
        std::size_t end = i + 1;
        while (end < values.size() && values[end] == values[i]) {
            ++end;
        }
        writer.put_varint(end - i);
        put(writer, values[i]);
        i = end;
    }
}

template <class T, class Get>
bool take_runs(ByteReader& in, std::span<T> values, Get get) {
    std::uint64_t runs = 0;
    if (!in.get_varint(runs) || runs > values.size()) {
        return false;
    }
    std::size_t at = 0;
    for (std::uint64_t run = 0; run < runs; ++run) {
        std::uint64_t length = 0;
        T value{};
        if (!in.get_varint(length) || length == 0 || length > values.size() - at ||
            !get(in, value)) {
            return false;
        }
        std::ranges::fill(values.subspan(at, length), value);
        at += length;
    }
    return at == values.size();
}

// The distinct values in the order of their first appearance, and the number of each value in it.
template <class T>
struct Table {
    std::array<T, table_max> entries;
    std::array<std::uint64_t, values_max> numbers;
    std::size_t size = 0;

    // False when there are more than `most`, or seem to be; then it means nothing.
    bool fill(std::span<const T> values, std::size_t most) {
        std::array<std::uint8_t, 512> slots{};  // number + 1, found by hash
        for (std::size_t i = 0; i < values.size(); ++i) {
            auto slot = static_cast<std::size_t>(
                (static_cast<std::uint64_t>(values[i]) * 0x9e3779b97f4a7c15) >> 55);
            while (slots[slot] != 0 && entries[slots[slot] - 1] != values[i]) {
                slot = (slot + 1) % slots.size();
            }
            if (slots[slot] == 0) {
                // Of as many values as the table holds entries a quarter mostly has two alike.
                if (size == most || (size == table_max / 4 && size == i)) {
                    return false;
                }
                entries[size++] = values[i];
                slots[slot] = static_cast<std::uint8_t>(size);
            }
            numbers[i] = slots[slot] - 1U;
        }
        return true;
    }
    // The most entries with which a column stays below `bytes`.
    static std::size_t entries_below(std::size_t bytes, std::size_t count,
                                     std::size_t entry_bytes) {
        std::size_t most = 0;
        for (unsigned width = 1; std::size_t{1} << width <= table_max; ++width) {
            const std::size_t others = 2 + packed_bytes(count, width);
            if (others + entry_bytes < bytes) {
                most = std::max(
                    most, std::min(std::size_t{1} << width, (bytes - others - 1) / entry_bytes));
            }
        }
        return std::min(most, count);
    }
    unsigned width() const { return static_cast<unsigned>(std::bit_width(size - 1)); }
};

// Varint number of entries, the entries, the packed numbers.
template <class T, class Put>
void put_table(const Table<T>& table, std::size_t count, ColumnWriter& writer, Put put) {
    writer.put_varint(table.size);
    for (std::size_t i = 0; i < table.size; ++i) {
        put(writer, table.entries[i]);
    }
    writer.pack(std::span(table.numbers).first(count), 0, table.width());
}

// The packed numbers into a table of that size; each is below the next power of two.
inline bool take_packed(ByteReader& in, std::size_t size, std::span<std::uint64_t> numbers) {
    ByteView packed;
    const auto width = static_cast<unsigned>(std::bit_width(size - 1));
    if (size == 0 || size > values_max ||
        !in.get_bytes(packed_bytes(numbers.size(), width), packed)) {
        return false;
    }
    kernels().unpack(packed, width, 0, numbers);
    return true;
}

// The same; each is checked.
inline bool take_numbers(ByteReader& in, std::size_t size, std::span<std::uint64_t> numbers) {
    return take_packed(in, size, numbers) &&
           static_cast<std::uint64_t>(std::ranges::max(numbers)) < size;
}

template <class T, class Get>
bool take_table(ByteReader& in, std::span<T> values, Get get) {
    std::uint64_t size = 0;
    std::array<T, table_max> entries{};
    if (!in.get_varint(size) || size == 0 || size > table_max) {
        return false;
    }
    for (std::size_t i = 0; i < size; ++i) {
        if (!get(in, entries[i])) {
            return false;
        }
    }
    std::array<std::uint64_t, values_max> room;
    const auto numbers = std::span(room).first(values.size());
    if (!take_packed(in, size, numbers)) {
        return false;
    }
    static_assert(std::has_single_bit(table_max), "no number leaves the room of the entries");
    const T* const entry = entries.data();
    T* to = values.data();
    std::uint64_t largest = 0;
    for (const std::uint64_t number : numbers) {
        largest = std::max(largest, number);
        *to++ = entry[number];
    }
    return largest < size;
}

}  // namespace gantry::codec::detail
