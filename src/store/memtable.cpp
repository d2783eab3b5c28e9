// SPDX-License-Identifier: Apache-2.0
#include "store/memtable.h"

#include <algorithm>
#include <cstring>
#include <new>

#include <sys/mman.h>

#include "base/assert.h"
#include "store/batch_format.h"

namespace gantry::store {
namespace {

constexpr std::uint32_t chunk_rows_first = 4;
constexpr std::uint32_t chunk_rows_max = 128;

// Within these, start + n * step does not overflow for any row of a chunk.
constexpr Time time_limit = Time{1} << 62;
constexpr Time step_limit = Time{1} << 54;

bool starts_step(Time start, Time time) {
    return start > -time_limit && time < time_limit && time > start && time - start < step_limit;
}

// A text stands in the arena behind its length; the value is where.
std::string_view text_at(std::uint64_t word) {
    const auto* at = reinterpret_cast<const char*>(word);
    std::uint32_t length = 0;
    std::memcpy(&length, at, sizeof(length));
    return {at + sizeof(length), length};
}

}  // namespace

Arena::~Arena() {
    for (const Slab& slab : slabs_) {
        ::munmap(slab.start, slab.bytes);
    }
}

void Arena::begin_slab(std::size_t least) {
    const std::size_t before = slabs_.empty() ? slab_bytes_first / 2 : slabs_.back().bytes;
    const std::size_t page = slab_bytes_first;
    const std::size_t size =
        std::max(std::min(2 * before, slab_bytes_max), (least + page - 1) / page * page);
    // Aligned to its own size: what is mapped too much on either side is given back.
    const std::size_t mapped = size < slab_bytes_max ? size : size + slab_bytes_max;
    void* const start =
        ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) {
        throw std::bad_alloc();
    }
    auto* from = static_cast<std::byte*>(start);
    if (mapped > size) {
        const auto address = reinterpret_cast<std::uintptr_t>(from);
        const std::size_t skip = (slab_bytes_max - address % slab_bytes_max) % slab_bytes_max;
        if (skip > 0) {
            ::munmap(from, skip);
        }
        if (mapped - size - skip > 0) {
            ::munmap(from + skip + size, mapped - size - skip);
        }
        from += skip;
        ::madvise(from, size, MADV_HUGEPAGE);  // a wish
    }
    slabs_.push_back({from, size});
    next_ = from;
    left_ = size;
}

Memtable::Page& Memtable::page_of(Lane& lane, SeriesId series) {
    const std::size_t page = series.value >> page_bits;
    if (page >= pages_.size()) {
        pages_.resize(page + 1, nullptr);
    }
    if (pages_[page] == nullptr) {
        pages_[page] = static_cast<Page*>(lane.arena.take(sizeof(Page)));
    }
    return *pages_[page];
}

Memtable::Head& Memtable::head_of(Lane& lane, SeriesId series) {
    return page_of(lane, series)[series.value % page_series];
}

const Memtable::Head* Memtable::find(SeriesId series) const {
    const std::size_t page = series.value >> page_bits;
    if (page >= pages_.size() || pages_[page] == nullptr) {
        return nullptr;
    }
    const Head& head = (*pages_[page])[series.value % page_series];
    return head.rows == 0 ? nullptr : &head;
}

void Memtable::prefetch_head(SeriesId series) const {
    const std::size_t page = series.value >> page_bits;
    if (page < pages_.size() && pages_[page] != nullptr) {
        __builtin_prefetch(&(*pages_[page])[series.value % page_series], 1);
    }
}

void Memtable::prefetch_place(SeriesId series) const {
    const std::size_t page = series.value >> page_bits;
    if (page < pages_.size() && pages_[page] != nullptr) {
        __builtin_prefetch((*pages_[page])[series.value % page_series].place, 1);
    }
}

// `at` says which row is the nth.
template <class At>
void Memtable::add_each(Lane& lane, const RowColumns& rows, std::size_t count, At at) {
    constexpr std::size_t heads_ahead = 16;
    constexpr std::size_t places_ahead = 8;
    Page* page = nullptr;  // of the row before: neighbours come together
    std::uint32_t number = UINT32_MAX;
    for (std::size_t n = 0; n < count; ++n) {
        if (n + heads_ahead < count) {
            prefetch_head(rows.series[at(n + heads_ahead)]);
            prefetch_place(rows.series[at(n + places_ahead)]);
        }
        const std::size_t i = at(n);
        const std::uint32_t id = rows.series[i].value;
        if (id >> page_bits != number) {
            number = id >> page_bits;
            page = &page_of(lane, rows.series[i]);
        }
        Head& head = (*page)[id % page_series];
        if (head.room > 0 && rows.time[i] == head.expected && rows.type[i] == head.type &&
            rows.quality[i] == quality::good) {
            *head.place++ = rows.bits[i];
            head.expected += head.step;
            --head.room;
            ++head.rows;
        } else {
            add_row(lane, head, rows.row(i));
        }
    }
}

void Memtable::add(const SampleBatch& batch, journal::Lsn lsn) {
    add_each(lanes_[0], RowColumns::of(batch), batch.size(), [](std::size_t n) { return n; });
    added(batch.size(), lsn);
}

void Memtable::reserve(SeriesId largest) {
    const std::size_t pages = (std::size_t{largest.value} >> page_bits) + 1;
    pages_.resize(std::max(pages_.size(), pages), nullptr);
}

void Memtable::add_some(const RowColumns& rows, unsigned lane, SeriesBlocks own) {
    if (own.all()) {
        add_each(lanes_[lane], rows, rows.size(), [](std::size_t n) { return n; });
        return;
    }
    std::array<std::uint32_t, group_rows> some;
    for (std::size_t from = 0; from < rows.size(); from += some.size()) {
        const std::size_t to = std::min(rows.size(), from + some.size());
        std::size_t count = 0;
        for (std::size_t i = from; i < to; ++i) {
            some[count] = static_cast<std::uint32_t>(i);
            count += own.has(rows.series[i]) ? 1 : 0;
        }
        add_each(lanes_[lane], rows, count, [&some](std::size_t n) { return some[n]; });
    }
}

void Memtable::added(std::size_t rows, journal::Lsn last) {
    rows_ += rows;
    last_ = last;
}

std::uint64_t Memtable::series() const {
    std::int64_t out = 0;
    for (const Lane& lane : lanes_) {
        out += lane.series;
    }
    return static_cast<std::uint64_t>(out);
}

std::uint64_t Memtable::bytes() const {
    std::uint64_t out = 0;
    for (const Lane& lane : lanes_) {
        out += lane.arena.bytes();
    }
    return out;
}

// Brings the chunk up to date with rows that came as expected.
void Memtable::settle(Head& head) {
    if (head.last != nullptr && head.place != nullptr) {
        head.last->used = static_cast<std::uint32_t>(head.place - head.last->values());
        head.newest = std::max(head.newest, head.last->time(head.last->used - 1));
    }
}

// The chunk that takes a row of that time next.
Memtable::Chunk& Memtable::room_for(Arena& arena, Head& head, Time time) {
    Chunk* last = head.last;
    if (last != nullptr && last->used < last->capacity) {
        if (last->times == nullptr && last->used == 1 && starts_step(last->start, time)) {
            last->step = time - last->start;
        }
        if (last->times != nullptr || time == last->time(last->used)) {
            return *last;
        }
        // The step is broken. If that was soon, the times of this series are kept from now on.
        head.irregular = last->used < std::min(last->capacity, 16U);
    }
    const std::uint32_t rows =
        last == nullptr ? chunk_rows_first
                        : std::min(std::max(head.rows, chunk_rows_first), chunk_rows_max);
    const std::size_t column = rows * sizeof(std::uint64_t);
    auto* chunk =
        static_cast<Chunk*>(arena.take(sizeof(Chunk) + column * (head.irregular ? 2 : 1)));
    chunk->capacity = rows;
    chunk->start = time;
    if (head.irregular) {
        chunk->times = reinterpret_cast<Time*>(chunk->values() + rows);
    }
    (last == nullptr ? head.first : last->next) = chunk;
    head.last = chunk;
    return *chunk;
}

void Memtable::mark(Arena& arena, Chunk& chunk, std::uint32_t index, const Row& row) {
    if (chunk.marks == nullptr) {
        chunk.marks = static_cast<Mark*>(arena.take(chunk.capacity * sizeof(Mark)));
    }
    chunk.marks[index] = {row.quality.code, row.type == ValueType::Null ? 1U : 0U};
}

std::uint64_t Memtable::keep_text(Arena& arena, std::string_view text) {
    const auto length = static_cast<std::uint32_t>(text.size());
    auto* at = static_cast<std::byte*>(arena.take(sizeof(length) + text.size()));
    std::memcpy(at, &length, sizeof(length));
    std::memcpy(at + sizeof(length), text.data(), text.size());
    return reinterpret_cast<std::uint64_t>(at);
}

void Memtable::add_row(Lane& lane, Head& head, const Row& row) {
    settle(head);
    if (head.rows == 0) {
        ++lane.series;
    }
    head.unsorted = head.unsorted || (head.rows > 0 && row.time <= head.newest);
    head.newest = head.rows == 0 ? row.time : std::max(head.newest, row.time);
    Chunk& chunk = room_for(lane.arena, head, row.time);
    const std::uint32_t index = chunk.used++;
    chunk.values()[index] =
        row.type == ValueType::String ? keep_text(lane.arena, row.text) : row.bits;
    if (chunk.times != nullptr) {
        chunk.times[index] = row.time;
        // A steady step at its end: the next chunk may do without the column again.
        head.irregular =
            chunk.used < chunk.capacity || index < 2 ||
            !starts_step(chunk.times[index - 2], chunk.times[index - 1]) ||
            !starts_step(chunk.times[index - 1], row.time) ||
            row.time - chunk.times[index - 1] != chunk.times[index - 1] - chunk.times[index - 2];
    }
    if (row.type == ValueType::Null || row.quality != quality::good) {
        mark(lane.arena, chunk, index, row);
    }
    head.type = row.type != ValueType::Null ? row.type : head.type;
    ++head.rows;
    const bool steady = chunk.times == nullptr && chunk.step > 0;
    head.place = chunk.values() + chunk.used;
    head.step = chunk.step;
    head.expected = steady ? chunk.time(chunk.used) : 0;
    const bool number = head.type != ValueType::Null && head.type != ValueType::String;
    head.room = steady && number ? chunk.capacity - chunk.used : 0;
}

void Memtable::erase(SeriesId series, TimeRange range, journal::Lsn lsn) {
    last_ = lsn;
    if (find(series) == nullptr) {
        return;
    }
    Columns rows;
    read(series, {}, rows);
    Lane& lane = lanes_[0];
    Head& head = head_of(lane, series);
    rows_ -= head.rows;
    --lane.series;
    head = {};
    const store::Chunk all = rows.chunk(series);
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (!range.contains(all.time[i])) {
            add_row(lane, head, all.row(i));
            ++rows_;
        }
    }
}

bool Memtable::has(SeriesId series) const { return find(series) != nullptr; }

void Memtable::read(SeriesId series, TimeRange range, Columns& out) const {
    out.clear();
    const Head* head = find(series);
    if (head == nullptr) {
        return;
    }
    for (const Chunk* chunk = head->first; chunk != nullptr; chunk = chunk->next) {
        const std::size_t used = chunk == head->last
                                     ? static_cast<std::size_t>(head->place - chunk->values())
                                     : chunk->used;
        if (chunk->times == nullptr && chunk->marks == nullptr && head->type != ValueType::String &&
            out.plain()) {
            // Most series: only the part in the range is copied.
            std::size_t from = 0;
            std::size_t to = used;
            if (chunk->time(used - 1) < range.from || chunk->start >= range.to) {
                continue;
            }
            if (chunk->step > 0) {
                while (from < to && chunk->time(from) < range.from) {
                    ++from;
                }
                while (to > from && chunk->time(to - 1) >= range.to) {
                    --to;
                }
            } else if (!range.contains(chunk->start)) {
                to = 0;
            }
            out.type = from < to ? head->type : out.type;
            out.bits.insert(out.bits.end(), chunk->values() + from, chunk->values() + to);
            for (std::size_t i = from; i < to; ++i) {
                out.time.push_back(chunk->time(i));
            }
            continue;
        }
        for (std::size_t i = 0; i < used; ++i) {
            if (!range.contains(chunk->time(i))) {
                continue;
            }
            const bool absent = chunk->marks != nullptr && chunk->marks[i].absent != 0;
            Row row{series,
                    chunk->time(i),
                    absent ? ValueType::Null : head->type,
                    chunk->values()[i],
                    {},
                    {}};
            if (row.type == ValueType::String) {
                row.text = text_at(row.bits);
                row.bits = 0;
            }
            if (chunk->marks != nullptr) {
                row.quality.code = chunk->marks[i].quality;
            }
            out.add(row);
        }
    }
    if (head->unsorted) {
        out.sort_unique();
    }
}

void Memtable::each_series(const std::function<bool(SeriesId)>& visit) const {
    for (std::size_t page = 0; page < pages_.size(); ++page) {
        if (pages_[page] == nullptr) {
            continue;
        }
        for (std::size_t i = 0; i < pages_[page]->size(); ++i) {
            if ((*pages_[page])[i].rows > 0 &&
                !visit(SeriesId{static_cast<std::uint32_t>(page << page_bits | i)})) {
                return;
            }
        }
    }
}

}  // namespace gantry::store
