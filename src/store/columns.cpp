// SPDX-License-Identifier: Apache-2.0
#include "store/columns.h"

#include <algorithm>
#include <numeric>

#include "base/assert.h"

namespace gantry::store {
namespace {

template <class T>
void pick(std::vector<T>& column, const std::vector<std::uint32_t>& order) {
    if (column.empty()) {
        return;
    }
    std::vector<T> out;
    out.reserve(order.size());
    for (const std::uint32_t index : order) {
        out.push_back(column[index]);
    }
    column = std::move(out);
}

template <class T>
void cut(std::vector<T>& column, std::size_t from, std::size_t to) {
    if (!column.empty()) {
        column.erase(column.begin() + static_cast<std::ptrdiff_t>(to), column.end());
        column.erase(column.begin(), column.begin() + static_cast<std::ptrdiff_t>(from));
    }
}

// A column that stands for `usual` everywhere while it is empty.
template <class T>
void extend(std::vector<T>& column, std::size_t before, std::span<const T> more, std::size_t count,
            T usual) {
    if (column.empty() && more.empty()) {
        return;
    }
    column.resize(before, usual);
    if (more.empty()) {
        column.resize(before + count, usual);
    } else {
        column.insert(column.end(), more.begin(), more.end());
    }
}

}  // namespace

Row Chunk::row(std::size_t index) const {
    Row out{series, time[index], type_of(index), bits[index], {}, quality_of(index)};
    if (out.type == ValueType::String) {
        out.text = texts.substr(out.bits >> 32, out.bits & UINT32_MAX);
        out.bits = 0;
    }
    return out;
}

LastRow LastRow::of(const Sample& sample) {
    SampleBatch one;
    one.add({}, sample.time, sample.quality, sample.value);
    const Row row = one.row(0);
    return {row.time, row.type, row.bits, row.quality, std::string(row.text)};
}

Chunk Chunk::part(std::size_t from, std::size_t to) const {
    const std::size_t count = to - from;
    return {series,
            type,
            time.subspan(from, count),
            bits.subspan(from, count),
            quality.empty() ? quality : quality.subspan(from, count),
            present.empty() ? present : present.subspan(from, count),
            texts};
}

void Columns::clear() {
    type = ValueType::Null;
    time.clear();
    bits.clear();
    quality.clear();
    present.clear();
    texts.clear();
}

void Columns::add(const Row& row) {
    const std::size_t before = size();
    std::uint64_t word = row.bits;
    if (row.type == ValueType::String) {
        word = static_cast<std::uint64_t>(texts.size()) << 32 | row.text.size();
        texts += row.text;
    }
    const std::uint8_t has = row.type != ValueType::Null ? 1 : 0;
    if (has == 0 || !present.empty()) {
        extend<std::uint8_t>(present, before, std::span(&has, 1), 1, 1);
    }
    if (row.quality != quality::good || !quality.empty()) {
        extend<Quality>(quality, before, std::span(&row.quality, 1), 1, quality::good);
    }
    type = has != 0 ? row.type : type;
    time.push_back(row.time);
    bits.push_back(word);
}

void Columns::add(const Chunk& rows) {
    const std::size_t before = size();
    ASSERT(rows.type == ValueType::Null || type == ValueType::Null || type == rows.type);
    type = rows.type != ValueType::Null ? rows.type : type;
    extend(present, before, rows.present, rows.size(), std::uint8_t{1});
    extend(quality, before, rows.quality, rows.size(), quality::good);
    time.insert(time.end(), rows.time.begin(), rows.time.end());
    bits.insert(bits.end(), rows.bits.begin(), rows.bits.end());
    if (rows.type == ValueType::String) {
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const Row row = rows.row(i);
            bits[before + i] = static_cast<std::uint64_t>(texts.size()) << 32 | row.text.size();
            texts += row.text;
        }
    }
}

void Columns::sort_unique() {
    if (std::ranges::adjacent_find(time, std::greater_equal<>()) == time.end()) {
        return;
    }
    std::vector<std::uint32_t> order(size());
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::stable_sort(order, {}, [this](std::uint32_t index) { return time[index]; });
    std::vector<std::uint32_t> kept;
    kept.reserve(order.size());
    for (const std::uint32_t index : order) {
        if (!kept.empty() && time[kept.back()] == time[index]) {
            kept.back() = index;
        } else {
            kept.push_back(index);
        }
    }
    pick(time, kept);
    pick(bits, kept);
    pick(quality, kept);
    pick(present, kept);
}

void Columns::slice(std::size_t from, std::size_t to) {
    cut(time, from, to);
    cut(bits, from, to);
    cut(quality, from, to);
    cut(present, from, to);
}

void Columns::keep(TimeRange range) {
    if (!empty() && (time.front() < range.from || time.back() >= range.to)) {
        const auto begin = std::ranges::lower_bound(time, range.from);
        const auto end = std::ranges::lower_bound(time, range.to);
        slice(static_cast<std::size_t>(begin - time.begin()),
              static_cast<std::size_t>(std::max(begin, end) - time.begin()));
    }
}

}  // namespace gantry::store
