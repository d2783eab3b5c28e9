// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <vector>

#include "journal/journal.h"
#include "store/columns.h"

namespace gantry::store {

// Memory in slabs that is given back all at once. What it hands out is aligned to 8 bytes and zero.
class Arena {
public:
    void* take(std::size_t bytes);
    std::uint64_t bytes() const { return bytes_; }

private:
    static constexpr std::size_t slab_bytes = 1024 * 1024;

    std::vector<std::unique_ptr<std::byte[]>> slabs_;
    std::size_t left_ = 0;
    std::byte* next_ = nullptr;
    std::uint64_t bytes_ = 0;
};

// What was appended and is not in a segment yet. Eight bytes a row where times are regular and all
// is good: chunks of one series keep a time column, or qualities, only if they must. Not
// thread-safe: the store's lock guards it.
class Memtable {
public:
    void add(const SampleBatch& batch, journal::Lsn lsn);
    // Takes away what is there of a series in the range.
    void erase(SeriesId series, TimeRange range, journal::Lsn lsn);

    // Rows of the series in the range, sorted, one a time; out is replaced.
    void read(SeriesId series, TimeRange range, Columns& out) const;
    // All series that have rows, in rising order; false from `visit` ends it.
    void each_series(const std::function<bool(SeriesId)>& visit) const;
    bool has(SeriesId series) const;

    std::uint64_t rows() const { return rows_; }
    std::uint64_t series() const { return series_; }
    std::uint64_t bytes() const { return arena_.bytes(); }
    journal::Lsn last() const { return last_; }
    bool empty() const { return last_ == 0; }

private:
    // Rows in the order in which they came. Times are start + n * step, or stand in a column
    // behind the values; then, if there are any that are not plain, their marks.
    struct Mark {
        std::uint32_t quality;
        std::uint32_t absent;  // 1: no value
    };
    struct Chunk {
        Chunk* next;
        Time start;
        Time step;
        Time* times;  // null while regular
        Mark* marks;  // null while all rows have a value and are good
        std::uint32_t used;
        std::uint32_t capacity;

        std::uint64_t* values() { return reinterpret_cast<std::uint64_t*>(this + 1); }
        const std::uint64_t* values() const {
            return reinterpret_cast<const std::uint64_t*>(this + 1);
        }
        Time time(std::size_t index) const {
            return times != nullptr ? times[index] : start + static_cast<Time>(index) * step;
        }
    };
    // A cache line a series. While the next row is the one that is expected, it alone is touched,
    // and the place of the value.
    struct Head {
        std::uint64_t* place;  // where the next value goes
        Time expected;         // time of the next row, if the chunk is regular and has a step
        Time step;
        std::uint32_t room;  // rows that still fit as expected; 0 sends a row the long way
        std::uint32_t rows;
        Chunk* first;
        Chunk* last;
        Time newest;
        ValueType type;  // Null while no row had a value
        bool unsorted;
        bool irregular;  // the next chunk gets a column of times
    };
    static constexpr unsigned page_bits = 6;
    using Page = std::array<Head, std::size_t{1} << page_bits>;

    Head& head_of(SeriesId series);
    const Head* find(SeriesId series) const;
    void add_row(Head& head, const Row& row);
    Chunk& room_for(Head& head, Time time);
    static void settle(Head& head);
    void mark(Chunk& chunk, std::uint32_t index, const Row& row);
    std::uint64_t keep_text(std::string_view text);

    Arena arena_;
    std::vector<Page*> pages_;
    std::uint64_t rows_ = 0;
    std::uint64_t series_ = 0;
    journal::Lsn last_ = 0;
};

}  // namespace gantry::store
