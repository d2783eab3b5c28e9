// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <vector>

#include "journal/journal.h"
#include "store/columns.h"
#include "store/row_columns.h"

namespace gantry::store {

// Memory in slabs that is given back all at once. What it hands out is aligned to 8 bytes and zero.
class Arena {
public:
    Arena() = default;
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;
    ~Arena();

    void* take(std::size_t bytes) {
        bytes = (bytes + 7) / 8 * 8;
        if (bytes > left_) {
            begin_slab(bytes);
        }
        std::byte* out = next_;
        next_ += bytes;
        left_ -= bytes;
        bytes_ += bytes;
        return out;
    }
    std::uint64_t bytes() const { return bytes_; }

private:
    struct Slab {
        std::byte* start;
        std::size_t bytes;
    };
    // The first is small, for whoever has little to keep. Then they are what the processor can map
    // as one page: memory that is written all over costs a fifth of the faults and look-ups.
    static constexpr std::size_t slab_bytes_first = std::size_t{64} << 10;
    static constexpr std::size_t slab_bytes_max = std::size_t{2} << 20;

    void begin_slab(std::size_t least);

    std::vector<Slab> slabs_;
    std::size_t left_ = 0;
    std::byte* next_ = nullptr;
    std::uint64_t bytes_ = 0;
};

// Some of all series: blocks of 1 << bits neighbours, those whose number is `block` under a mask.
struct SeriesBlocks {
    unsigned bits = 0;
    std::uint32_t mask = 0;
    std::uint32_t block = 0;

    bool all() const { return mask == 0; }
    bool has(SeriesId series) const { return (series.value >> bits & mask) == block; }
};
// The pages that a memtable is made of lie whole in blocks that are no smaller.
inline constexpr unsigned block_bits_min = 6;

// What was appended and is not in a segment yet. Eight bytes a row where times are regular and all
// is good: chunks of one series keep a time column, or qualities, only if they must. Not
// thread-safe but where it says so: the store's lock guards it.
class Memtable {
public:
    void add(const SampleBatch& batch, journal::Lsn lsn);

    // The same by several threads at once, each with a lane and with series of its own: first
    // reserve() for all ids that will come, then add_some() by each thread, every record in its
    // turn, then added() for what all of them have.
    static constexpr unsigned lane_count = 4;
    void reserve(SeriesId largest);
    void add_some(const RowColumns& rows, unsigned lane, SeriesBlocks own);
    void added(std::size_t rows, journal::Lsn last);

    // Takes away what is there of a series in the range.
    void erase(SeriesId series, TimeRange range, journal::Lsn lsn);

    // Rows of the series in the range, sorted, one a time; out is replaced.
    void read(SeriesId series, TimeRange range, Columns& out) const;
    // All series that have rows, in rising order; false from `visit` ends it.
    void each_series(const std::function<bool(SeriesId)>& visit) const;
    bool has(SeriesId series) const;

    std::uint64_t rows() const { return rows_; }
    std::uint64_t series() const;
    std::uint64_t bytes() const;
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
    static constexpr unsigned page_bits = block_bits_min;
    static constexpr std::uint32_t page_series = 1U << page_bits;
    using Page = std::array<Head, page_series>;
    // What one thread at a time takes memory from.
    struct alignas(64) Lane {
        Arena arena;
        std::int64_t series = 0;  // that got their first row here, less those that lost their last
    };

    Page& page_of(Lane& lane, SeriesId series);
    Head& head_of(Lane& lane, SeriesId series);
    const Head* find(SeriesId series) const;
    void prefetch_head(SeriesId series) const;
    void prefetch_place(SeriesId series) const;
    template <class At>
    void add_each(Lane& lane, const RowColumns& rows, std::size_t count, At at);
    static void add_row(Lane& lane, Head& head, const Row& row);
    static Chunk& room_for(Arena& arena, Head& head, Time time);
    static void settle(Head& head);
    static void mark(Arena& arena, Chunk& chunk, std::uint32_t index, const Row& row);
    static std::uint64_t keep_text(Arena& arena, std::string_view text);

    std::array<Lane, lane_count> lanes_;
    std::vector<Page*> pages_;
    std::uint64_t rows_ = 0;
    journal::Lsn last_ = 0;
};

}  // namespace gantry::store
