// SPDX-License-Identifier: Apache-2.0
#include "store/columns.h"

#include <algorithm>
#include <numeric>

namespace gantry::store {
namespace {

Row make_row(SeriesId series, Time time, ValueType type, std::uint64_t bits, Quality quality,
             std::string_view texts) {
    Row out{series, time, type, bits, {}, quality};
    if (type == ValueType::String) {
        out.text = texts.substr(bits >> 32, bits & UINT32_MAX);
        out.bits = 0;
    }
    return out;
}

template <class T>
void pick(std::vector<T>& column, const std::vector<std::uint32_t>& order) {
    std::vector<T> out;
    out.reserve(order.size());
    for (const std::uint32_t index : order) {
        out.push_back(column[index]);
    }
    column = std::move(out);
}

template <class T>
void cut(std::vector<T>& column, std::size_t from, std::size_t to) {
    column.erase(column.begin() + static_cast<std::ptrdiff_t>(to), column.end());
    column.erase(column.begin(), column.begin() + static_cast<std::ptrdiff_t>(from));
}

}  // namespace

Row Chunk::row(std::size_t index) const {
    return make_row(series, time[index], type[index], bits[index], quality[index], texts);
}

void Columns::clear() {
    time.clear();
    type.clear();
    bits.clear();
    quality.clear();
    texts.clear();
}

void Columns::add(const Row& row) {
    std::uint64_t word = row.bits;
    if (row.type == ValueType::String) {
        word = static_cast<std::uint64_t>(texts.size()) << 32 | row.text.size();
        texts += row.text;
    }
    time.push_back(row.time);
    type.push_back(row.type);
    bits.push_back(word);
    quality.push_back(row.quality);
}

Row Columns::row(SeriesId series, std::size_t index) const {
    return make_row(series, time[index], type[index], bits[index], quality[index], texts);
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
    pick(type, kept);
    pick(bits, kept);
    pick(quality, kept);
}

void Columns::slice(std::size_t from, std::size_t to) {
    cut(time, from, to);
    cut(type, from, to);
    cut(bits, from, to);
    cut(quality, from, to);
}

}  // namespace gantry::store
