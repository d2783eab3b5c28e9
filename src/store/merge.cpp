// SPDX-License-Identifier: Apache-2.0
#include "store/merge.h"

#include <algorithm>

#include "store/block.h"

namespace gantry::store {

void Cursor::advance() {
    while (at_ == rows_->size() && !blocks_.empty() && !waiting_) {
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
    if (!segment_->read(blocks_.front(), *rows_)) {
        rows_->clear();
    }
    blocks_ = blocks_.subspan(1);
    rows_->keep(range_);
    advance();
}

void Cursor::skip_block() {
    blocks_ = blocks_.subspan(1);
    waiting_ = false;
    rows_->clear();
    at_ = 0;
    advance();
}

namespace {

class Merge {
public:
    Merge(SeriesId series, std::vector<Cursor>& cursors, const ChunkVisitor& visit,
          const BlockVisitor& visit_block)
        : series_(series), cursors_(cursors), visit_(visit), visit_block_(visit_block) {}

    bool run() {
        std::erase_if(cursors_, [](const Cursor& cursor) { return cursor.done(); });
        if (follow_each_other()) {
            return std::ranges::all_of(cursors_, [this](Cursor& cursor) { return drain(cursor); });
        }
        while (true) {
            std::erase_if(cursors_, [](const Cursor& cursor) { return cursor.done(); });
            if (cursors_.empty()) {
                return hand_on();
            }
            if (!step()) {
                return false;
            }
        }
    }

private:
    // Most often: rows came in order, and each source begins where the one before ends.
    bool follow_each_other() const {
        for (std::size_t i = 1; i < cursors_.size(); ++i) {
            if (cursors_[i - 1].latest_time() >= cursors_[i].time()) {
                return false;
            }
        }
        return true;
    }

    bool drain(Cursor& cursor) {
        while (!cursor.done()) {
            if (cursor.waiting() != nullptr) {
                const BlockVerdict verdict = visit_block_
                                                 ? visit_block_(cursor.segment(), *cursor.waiting())
                                                 : BlockVerdict::Read;
                if (verdict == BlockVerdict::End) {
                    return false;
                }
                verdict == BlockVerdict::Taken ? cursor.skip_block() : cursor.load();
                continue;
            }
            const Chunk rows = cursor.rows().chunk(series_);
            if (!visit_(cursor.at() == 0 ? rows : rows.part(cursor.at(), rows.size()))) {
                return false;
            }
            cursor.skip_to(rows.size());
        }
        return true;
    }

    bool hand_on() {
        const bool go_on = mixed_.empty() || visit_(mixed_.chunk(series_));
        mixed_.clear();
        return go_on;
    }

    // Some rows on; false if a visitor ended it.
    bool step() {
        // The newest of those that are at the smallest time, and where the next one begins.
        Cursor* first = &cursors_.front();
        for (Cursor& cursor : cursors_) {
            first = cursor.time() <= first->time() ? &cursor : first;
        }
        const Time now = first->time();
        Time others = time_max;
        for (const Cursor& cursor : cursors_) {
            others = &cursor != first ? std::min(others, cursor.time()) : others;
        }
        const bool alone = others > first->last_time() || cursors_.size() == 1;
        if (alone && visit_block_ && first->waiting() != nullptr) {
            if (!hand_on()) {
                return false;
            }
            switch (visit_block_(first->segment(), *first->waiting())) {
                case BlockVerdict::End: return false;
                case BlockVerdict::Taken: first->skip_block(); return true;
                case BlockVerdict::Read: break;
            }
        }
        if (load_at(now)) {
            return true;  // a damaged block has no rows at that time
        }
        const std::size_t end = alone ? first->rows().size() : end_of_run(*first, others);
        return take(*first, end, others == now ? &now : nullptr);
    }

    // Reads what waits at that time; false if nothing did.
    bool load_at(Time time) {
        bool any = false;
        for (Cursor& cursor : cursors_) {
            if (cursor.time() == time && cursor.waiting() != nullptr) {
                cursor.load();
                any = true;
                break;  // the cursor may be done now
            }
        }
        return any;
    }

    // The rows before the others begin, or the one at which they stand too.
    static std::size_t end_of_run(const Cursor& first, Time others) {
        const auto& time = first.rows().time;
        const auto end = std::lower_bound(time.begin() + static_cast<std::ptrdiff_t>(first.at()),
                                          time.end(), others);
        return std::max(first.at() + 1, static_cast<std::size_t>(end - time.begin()));
    }

    // Rows of a cursor up to `end`; a time that others have too they pass over.
    bool take(Cursor& from, std::size_t end, const Time* shared) {
        const Chunk rows = from.rows().chunk(series_).part(from.at(), end);
        const bool large = rows.size() >= block_rows_max / 4;
        if (large || mixed_.size() + rows.size() > block_rows_max) {
            if (!hand_on()) {
                return false;
            }
        }
        if (large && !visit_(rows)) {
            return false;
        }
        if (!large) {
            mixed_.add(rows);
        }
        if (shared != nullptr) {
            const Time time = *shared;
            for (Cursor& cursor : cursors_) {
                if (&cursor != &from && cursor.time() == time) {
                    cursor.skip_to(cursor.at() + 1);
                }
            }
        }
        from.skip_to(end);
        return true;
    }

    SeriesId series_;
    std::vector<Cursor>& cursors_;
    const ChunkVisitor& visit_;
    const BlockVisitor& visit_block_;
    Columns mixed_;
};

}  // namespace

bool merge(SeriesId series, std::vector<Cursor>& cursors, const ChunkVisitor& visit,
           const BlockVisitor& visit_block) {
    return Merge(series, cursors, visit, visit_block).run();
}

}  // namespace gantry::store
