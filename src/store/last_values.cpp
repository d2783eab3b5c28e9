// SPDX-License-Identifier: Apache-2.0
#include "store/last_values.h"

#include <thread>

namespace gantry::store {
namespace {

// Of the map's node beside what the text itself allocates.
constexpr std::size_t text_node_bytes =
    sizeof(std::pair<const std::uint32_t, std::string>) + 2 * sizeof(void*);

}  // namespace

Known LastValues::snapshot(const Entry& entry, LastRow& out) {
    for (unsigned tries = 1;; ++tries) {
        const std::uint32_t sequence = entry.sequence.load(std::memory_order_acquire);
        const Known known = entry.known.load(std::memory_order_acquire);
        out.time = entry.time.load(std::memory_order_acquire);
        out.type = entry.type.load(std::memory_order_acquire);
        out.bits = entry.bits.load(std::memory_order_acquire);
        out.quality.code = entry.quality.load(std::memory_order_acquire);
        if (sequence % 2 == 0 && entry.sequence.load(std::memory_order_relaxed) == sequence) {
            return known;
        }
        if (tries % 16 == 0) {
            std::this_thread::yield();  // the writer may have lost its processor in the middle
        }
    }
}

void LastValues::write(Entry& entry, Known known, const Row& row) {
    const std::uint32_t sequence = entry.sequence.load(std::memory_order_relaxed);
    entry.sequence.store(sequence + 1, std::memory_order_relaxed);
    entry.known.store(known, std::memory_order_release);
    entry.time.store(row.time, std::memory_order_release);
    entry.type.store(row.type, std::memory_order_release);
    entry.bits.store(row.bits, std::memory_order_release);
    entry.quality.store(row.quality.code, std::memory_order_release);
    entry.sequence.store(sequence + 2, std::memory_order_release);
}

void LastValues::put(SeriesId series, Entry& entry, Known known, const Row& row) {
    const bool was_text = entry.type.load(std::memory_order_relaxed) == ValueType::String;
    if (!was_text && row.type != ValueType::String) {
        write(entry, known, row);
        return;
    }
    Texts& texts = texts_of(series);
    const std::lock_guard lock(texts.mutex);
    if (row.type == ValueType::String) {
        texts.by_series[series.value] = row.text;
    } else {
        texts.by_series.erase(series.value);
    }
    write(entry, known, row);
}

Known LastValues::read(SeriesId series, LastRow& out) const {
    const Entry* entry = entries_.find(series.value);
    if (entry == nullptr) {
        return Known::No;
    }
    const Known known = snapshot(*entry, out);
    if (out.type == ValueType::String) {
        return read_text(series, *entry, out);
    }
    out.text.clear();
    return known;
}

Known LastValues::read_text(SeriesId series, const Entry& entry, LastRow& out) const {
    const Texts& texts = texts_of(series);
    const std::lock_guard lock(texts.mutex);
    const Known known = snapshot(entry, out);  // what was seen without the lock may be past
    if (out.type == ValueType::String) {
        out.text = texts.by_series.at(series.value);
    } else {
        out.text.clear();
    }
    return known;
}

void LastValues::set(SeriesId series, const Row& row) {
    put(series, entries_.at(series.value), Known::Yes, row);
}

void LastValues::set_empty(SeriesId series) {
    put(series, entries_.at(series.value), Known::Empty, {});
}

void LastValues::forget(SeriesId series) {
    if (Entry* entry = entries_.find(series.value)) {
        put(series, *entry, Known::No, {});
    }
}

bool LastValues::takes(const Entry& entry, Time time) {
    const Known known = entry.known.load(std::memory_order_relaxed);
    return known == Known::Yes ? time >= entry.time.load(std::memory_order_relaxed)
                               : known == Known::Empty;
}

void LastValues::advance(const Row& row) {
    Entry* entry = entries_.find(row.series.value);
    if (entry != nullptr && takes(*entry, row.time)) {
        put(row.series, *entry, Known::Yes, row);
    }
}

void LastValues::advance(const SampleBatch& batch) {
    constexpr std::size_t ahead = 16;  // entries on their way from memory
    const auto& series = batch.series_column();
    const auto& time = batch.time_column();
    const auto& type = batch.type_column();
    const auto& bits = batch.bits_column();
    const auto& quality = batch.quality_column();
    for (std::size_t i = 0; i < batch.size(); ++i) {
        if (i + ahead < batch.size()) {
            __builtin_prefetch(entries_.find(series[i + ahead].value), 1);
        }
        Entry* entry = entries_.find(series[i].value);
        if (entry == nullptr || !takes(*entry, time[i])) {
            continue;
        }
        if (type[i] == ValueType::String) {
            put(series[i], *entry, Known::Yes, batch.row(i));
        } else {
            put(series[i], *entry, Known::Yes,
                {series[i], time[i], type[i], bits[i], {}, quality[i]});
        }
    }
}

std::uint64_t LastValues::bytes() const {
    std::uint64_t bytes = sizeof(*this) + entries_.bytes();
    for (const Texts& texts : texts_) {
        const std::lock_guard lock(texts.mutex);
        bytes += texts.by_series.bucket_count() * sizeof(void*);
        for (const auto& [series, text] : texts.by_series) {
            bytes += text_node_bytes + text.capacity();
        }
    }
    return bytes;
}

}  // namespace gantry::store
