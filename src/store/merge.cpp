// SPDX-License-Identifier: Apache-2.0
#include "store/merge.h"

#include <algorithm>

#include "store/block.h"

namespace gantry::store {
namespace {

// The rows [from, to) of columns, seen without a copy.
Chunk part(SeriesId series, const Columns& rows, std::size_t from, std::size_t to) {
    const std::size_t count = to - from;
    return {series,
            std::span(rows.time).subspan(from, count),
            std::span(rows.type).subspan(from, count),
            std::span(rows.bits).subspan(from, count),
            std::span(rows.quality).subspan(from, count),
            rows.texts};
}

}  // namespace

void Cursor::advance() {
    while (at_ == rows_.size() && !blocks_.empty() && !waiting_) {
        const BlockEntry& next = blocks_.front();
        waiting_ = next.first >= range_.from && next.last < range_.to;
        if (!waiting_) {
            load();
        }
    }
}

void Cursor::load() {
    at_ = 0;
    waiting_ = false;
    if (!segment_->read(blocks_.front(), rows_)) {
        rows_.clear();
    }
    blocks_ = blocks_.subspan(1);
    if (!rows_.empty() && (rows_.time.front() < range_.from || rows_.time.back() >= range_.to)) {
        const auto begin = std::ranges::lower_bound(rows_.time, range_.from);
        const auto end = std::ranges::lower_bound(rows_.time, range_.to);
        rows_.slice(static_cast<std::size_t>(begin - rows_.time.begin()),
                    static_cast<std::size_t>(end - rows_.time.begin()));
    }
    advance();
}

void Cursor::skip_block() {
    blocks_ = blocks_.subspan(1);
    waiting_ = false;
    rows_.clear();
    at_ = 0;
    advance();
}

namespace {

// Reads what waits at that time; false if nothing did.
bool load_at(std::vector<Cursor>& cursors, Time time) {
    bool any = false;
    for (Cursor& cursor : cursors) {
        if (!cursor.done() && cursor.time() == time && cursor.waiting() != nullptr) {
            cursor.load();
            any = true;
        }
    }
    return any;
}

}  // namespace

bool merge(SeriesId series, std::vector<Cursor>& cursors, const ChunkVisitor& visit,
           const BlockVisitor& visit_block) {
    Columns mixed;
    const auto hand_on = [&] {
        const bool go_on = mixed.empty() || visit(mixed.chunk(series));
        mixed.clear();
        return go_on;
    };
    while (true) {
        std::erase_if(cursors, [](const Cursor& cursor) { return cursor.done(); });
        if (cursors.empty()) {
            break;
        }
        // The newest of those that are at the smallest time, and where the next one begins.
        Cursor* first = nullptr;
        for (Cursor& cursor : cursors) {
            if (first == nullptr || cursor.time() <= first->time()) {
                first = &cursor;
            }
        }
        const Time now = first->time();
        Time others = time_max;
        for (Cursor& cursor : cursors) {
            if (&cursor != first) {
                others = std::min(others, cursor.time());
            }
        }
        const bool alone = others > first->last_time() || cursors.size() == 1;
        if (alone && visit_block && first->waiting() != nullptr) {
            if (!hand_on()) {
                return false;
            }
            const BlockVerdict verdict = visit_block(*first->waiting());
            if (verdict == BlockVerdict::End) {
                return false;
            }
            if (verdict == BlockVerdict::Taken) {
                first->skip_block();
                continue;
            }
        }
        if (load_at(cursors, now)) {
            continue;  // a damaged block has no rows at that time
        }
        if (alone) {
            // Nothing of the others falls into what this one holds: hand it on as it is.
            if (!hand_on() ||
                !visit(part(series, first->rows(), first->at(), first->rows().size()))) {
                return false;
            }
            first->skip_to(first->rows().size());
            continue;
        }
        mixed.add(first->rows().row(series, first->at()));
        for (Cursor& cursor : cursors) {
            if (cursor.time() == now) {
                cursor.skip_to(cursor.at() + 1);
            }
        }
        if (mixed.size() == block_rows_max && !hand_on()) {
            return false;
        }
    }
    return hand_on();
}

}  // namespace gantry::store
