// SPDX-License-Identifier: Apache-2.0
#include "store/memtable.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"

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

void* Arena::take(std::size_t bytes) {
    bytes = (bytes + 7) / 8 * 8;
    if (bytes > left_) {
        const std::size_t size = std::max(bytes, slab_bytes);
        slabs_.push_back(std::make_unique<std::byte[]>(size));
        next_ = slabs_.back().get();
        left_ = size;
    }
    std::byte* out = next_;
    next_ += bytes;
    left_ -= bytes;
    bytes_ += bytes;
    return out;
}

Memtable::Head& Memtable::head_of(SeriesId series) {
    const std::size_t page = series.value >> page_bits;
    if (page >= pages_.size()) {
        pages_.resize(page + 1, nullptr);
    }
    if (pages_[page] == nullptr) {
        pages_[page] = static_cast<Page*>(arena_.take(sizeof(Page)));
    }
    return (*pages_[page])[series.value & ((1U << page_bits) - 1)];
}

const Memtable::Head* Memtable::find(SeriesId series) const {
    const std::size_t page = series.value >> page_bits;
    if (page >= pages_.size() || pages_[page] == nullptr) {
        return nullptr;
    }
    const Head& head = (*pages_[page])[series.value & ((1U << page_bits) - 1)];
    return head.rows == 0 ? nullptr : &head;
}

void Memtable::add(const SampleBatch& batch, journal::Lsn lsn) {
    const SeriesId* series = batch.series_column().data();
    const Time* times = batch.time_column().data();
    const std::uint64_t* bits = batch.bits_column().data();
    const Quality* qualities = batch.quality_column().data();
    const ValueType* types = batch.type_column().data();
    const std::size_t count = batch.size();
    constexpr std::size_t ahead = 8;
    for (std::size_t i = 0; i < count; ++i) {
        if (i + ahead < count) {
            const std::size_t page = series[i + ahead].value >> page_bits;
            if (page < pages_.size() && pages_[page] != nullptr) {
                __builtin_prefetch(
                    &(*pages_[page])[series[i + ahead].value & ((1U << page_bits) - 1)], 1);
            }
        }
        Head& head = head_of(series[i]);
        if (head.room > 0 && times[i] == head.expected && types[i] == head.type &&
            qualities[i] == quality::good) {
            *head.place++ = bits[i];
            head.expected += head.step;
            --head.room;
            ++head.rows;
        } else {
            add_row(head, batch.row(i));
        }
    }
    rows_ += count;
    last_ = lsn;
}

// Brings the chunk up to date with rows that came as expected.
void Memtable::settle(Head& head) {
    if (head.last != nullptr && head.place != nullptr) {
        head.last->used = static_cast<std::uint32_t>(head.place - head.last->values());
        head.newest = std::max(head.newest, head.last->time(head.last->used - 1));
    }
}

// The chunk that takes a row of that time next.
Memtable::Chunk& Memtable::room_for(Head& head, Time time) {
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
        static_cast<Chunk*>(arena_.take(sizeof(Chunk) + column * (head.irregular ? 2 : 1)));
    chunk->capacity = rows;
    chunk->start = time;
    if (head.irregular) {
        chunk->times = reinterpret_cast<Time*>(chunk->values() + rows);
    }
    (last == nullptr ? head.first : last->next) = chunk;
    head.last = chunk;
    return *chunk;
}

void Memtable::mark(Chunk& chunk, std::uint32_t index, const Row& row) {
    if (chunk.marks == nullptr) {
        chunk.marks = static_cast<Mark*>(arena_.take(chunk.capacity * sizeof(Mark)));
    }
    chunk.marks[index] = {row.quality.code, row.type == ValueType::Null ? 1U : 0U};
}

std::uint64_t Memtable::keep_text(std::string_view text) {
    const auto length = static_cast<std::uint32_t>(text.size());
    auto* at = static_cast<std::byte*>(arena_.take(sizeof(length) + text.size()));
    std::memcpy(at, &length, sizeof(length));
    std::memcpy(at + sizeof(length), text.data(), text.size());
    return reinterpret_cast<std::uint64_t>(at);
}

void Memtable::add_row(Head& head, const Row& row) {
    settle(head);
    if (head.rows == 0) {
        ++series_;
    }
    head.unsorted = head.unsorted || (head.rows > 0 && row.time <= head.newest);
    head.newest = head.rows == 0 ? row.time : std::max(head.newest, row.time);
    Chunk& chunk = room_for(head, row.time);
    const std::uint32_t index = chunk.used++;
    chunk.values()[index] = row.type == ValueType::String ? keep_text(row.text) : row.bits;
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
        mark(chunk, index, row);
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
    Head& head = head_of(series);
    rows_ -= head.rows;
    --series_;
    head = {};
    const store::Chunk all = rows.chunk(series);
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (!range.contains(all.time[i])) {
            add_row(head, all.row(i));
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
