// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "store/chunk.h"
#include "store/paged_array.h"

namespace gantry::store {

// What is known of a series' last row: nothing; that it has no rows; which it is.
enum class Known : unsigned char { No, Empty, Yes };

// The row with the largest time of every series, as far as somebody has said it: 32 bytes a series.
//
// read() from any thread, at any time, without a lock unless the row holds a text. The caller sees
// to it that no two threads write the same series at once. What a reader gets is a row that was
// written, whole.
class LastValues {
public:
    // Series from that id on are new: as long as nobody says otherwise, they are empty.
    void begin_new_series(SeriesId first) { first_new_ = first.value; }

    // `out` is set when the answer is Yes.
    Known read(SeriesId series, LastRow& out) const;
    // Begins to fetch what read() will need: for whoever reads many and is a few ahead.
    void prefetch(SeriesId series) const { __builtin_prefetch(entries_.find(series.value)); }

    void set(SeriesId series, const Row& row);
    void set(SeriesId series, const Sample& sample);
    void set_empty(SeriesId series);
    void forget(SeriesId series);

    // Of a series that is known or empty: takes the row unless the last one has a later time.
    void advance(const Row& row);
    void advance(const SampleBatch& batch);

    // Memory that it takes.
    std::uint64_t bytes() const;

private:
    // A sequence lock. Readers take what lies between two equal even sequences. Words are stored
    // with release and loaded with acquire, so that whoever has seen one that is being written sees
    // the odd sequence too (Boehm, "Can seqlocks get along with programming language memory
    // models?", 2012).
    enum class State : unsigned char { Unset, Forgotten, Empty, Known };
    struct alignas(32) Entry {
        std::atomic<std::uint32_t> sequence;
        std::atomic<std::uint32_t> quality;
        std::atomic<Time> time;
        std::atomic<std::uint64_t> bits;
        std::atomic<ValueType> type;
        std::atomic<State> state;
    };
    static_assert(sizeof(Entry) == 32);

    // An entry becomes or ceases to be a text under the lock only: who holds it finds the text that
    // belongs to the entry.
    struct alignas(64) Texts {
        mutable std::mutex mutex;
        std::unordered_map<std::uint32_t, std::string> by_series;
    };

    static State snapshot(const Entry& entry, LastRow& out);
    static void write(Entry& entry, State state, const Row& row);
    bool takes(SeriesId series, const Entry& entry, Time time) const;
    Known known(SeriesId series, State state) const;
    State read_text(SeriesId series, const Entry& entry, LastRow& out) const;
    void put(SeriesId series, Entry& entry, State state, const Row& row);
    Texts& texts_of(SeriesId series) { return texts_[series.value % texts_.size()]; }
    const Texts& texts_of(SeriesId series) const { return texts_[series.value % texts_.size()]; }

    std::uint64_t first_new_ = UINT64_MAX;
    PagedArray<Entry> entries_;
    std::array<Texts, 64> texts_;
};

}  // namespace gantry::store
