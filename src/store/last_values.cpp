// SPDX-License-Identifier: Apache-2.0
#include "store/last_values.h"

#include <thread>

namespace gantry::store {
namespace {

// Of the map's node beside what the text itself allocates.
constexpr std::size_t text_node_bytes =
    sizeof(std::pair<const std::uint32_t, std::string>) + 2 * sizeof(void*);

}  // namespace

LastValues::State LastValues::snapshot(const Entry& entry, LastRow& out) {
    for (unsigned tries = 1;; ++tries) {
        const std::uint32_t sequence = entry.sequence.load(std::memory_order_acquire);
        const State state = entry.state.load(std::memory_order_acquire);
        out.time = entry.time.load(std::memory_order_acquire);
        out.type = entry.type.load(std::memory_order_acquire);
        out.bits = entry.bits.load(std::memory_order_acquire);
        out.quality.code = entry.quality.load(std::memory_order_acquire);
        if (sequence % 2 == 0 && entry.sequence.load(std::memory_order_relaxed) == sequence) {
            return state;
        }
        if (tries % 16 == 0) {
            std::this_thread::yield();  // the writer may have lost its processor in the middle
        }
    }
}

void LastValues::write(Entry& entry, State state, const Row& row) {
    const std::uint32_t sequence = entry.sequence.load(std::memory_order_relaxed);
    entry.sequence.store(sequence + 1, std::memory_order_relaxed);
    entry.state.store(state, std::memory_order_release);
    entry.time.store(row.time, std::memory_order_release);
    entry.type.store(row.type, std::memory_order_release);
    entry.bits.store(row.bits, std::memory_order_release);
    entry.quality.store(row.quality.code, std::memory_order_release);
    entry.sequence.store(sequence + 2, std::memory_order_release);
}

void LastValues::put(SeriesId series, Entry& entry, State state, const Row& row) {
    const bool was_text = entry.type.load(std::memory_order_relaxed) == ValueType::String;
    if (!was_text && row.type != ValueType::String) {
        write(entry, state, row);
        return;
    }
    Texts& texts = texts_of(series);
    const std::lock_guard lock(texts.mutex);
    if (row.type == ValueType::String) {
        texts.by_series[series.value] = row.text;
    } else {
        texts.by_series.erase(series.value);
    }
    write(entry, state, row);
}

Known LastValues::known(SeriesId series, State state) const {
    switch (state) {
        case State::Known: return Known::Yes;
        case State::Empty: return Known::Empty;
        case State::Unset: return series.value >= first_new_ ? Known::Empty : Known::No;
        case State::Forgotten: break;
    }
    return Known::No;
}

Known LastValues::read(SeriesId series, LastRow& out) const {
    const Entry* entry = entries_.find(series.value);
    if (entry == nullptr) {
        return known(series, State::Unset);
    }
    State state = snapshot(*entry, out);
    if (out.type == ValueType::String) {
        state = read_text(series, *entry, out);
    } else {
        out.text.clear();
    }
    return known(series, state);
}

LastValues::State LastValues::read_text(SeriesId series, const Entry& entry, LastRow& out) const {
    const Texts& texts = texts_of(series);
    const std::lock_guard lock(texts.mutex);
    const State state = snapshot(entry, out);  // what was seen without the lock may be past
    if (out.type == ValueType::String) {
        out.text = texts.by_series.at(series.value);
    } else {
        out.text.clear();
    }
    return state;
}

void LastValues::set(SeriesId series, const Row& row) {
    put(series, entries_.at(series.value), State::Known, row);
}

void LastValues::set_empty(SeriesId series) {
    put(series, entries_.at(series.value), State::Empty, {});
}

void LastValues::forget(SeriesId series) {
    put(series, entries_.at(series.value), State::Forgotten, {});
}

void LastValues::set(SeriesId series, const Sample& sample) {
    SampleBatch one;
    one.add(series, sample.time, sample.quality, sample.value);
    set(series, one.row(0));
}

bool LastValues::takes(SeriesId series, const Entry& entry, Time time) const {
    switch (entry.state.load(std::memory_order_relaxed)) {
        case State::Known: return time >= entry.time.load(std::memory_order_relaxed);
        case State::Empty: return true;
        case State::Unset: return series.value >= first_new_;
        case State::Forgotten: break;
    }
    return false;
}

void LastValues::advance(const Row& row) {
    Entry& entry = entries_.at(row.series.value);
    if (takes(row.series, entry, row.time)) {
        put(row.series, entry, State::Known, row);
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
        Entry& entry = entries_.at(series[i].value);
        if (!takes(series[i], entry, time[i])) {
            continue;
        }
        if (type[i] == ValueType::String) {
            put(series[i], entry, State::Known, batch.row(i));
        } else {
            put(series[i], entry, State::Known,
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
