// SPDX-License-Identifier: Apache-2.0
#include "mqtt/detail/record_replay.h"

#include <algorithm>
#include <format>

#include "mqtt/record_bytes.h"

namespace gantry::mqtt::detail {

using journal::Lsn;
using journal::LsnRange;

Result<> RecordReplay::look(const journal::Record& record) {
    TRY_ASSIGN(const LogFrame frame, read_log_frame(record));
    Life& life = lives_[frame.born];
    life.durable = std::max(life.durable, frame.durable);
    if (record.type == gone_frame) {
        removals_.push_back({std::string(frame.space), frame.born, record.lsn});
    }
    return {};
}

void RecordReplay::settle(const std::vector<LsnRange>& missing) {
    for (auto life = lives_.begin(); life != lives_.end(); ++life) {
        const auto after = std::next(life);
        const Lsn end = after == lives_.end() ? UINT64_MAX : after->first;
        for (const LsnRange& hole : missing) {
            const Lsn first = std::max({hole.first, life->first, life->second.durable + 1});
            if (first <= hole.last && first < end) {
                life->second.end = std::min(life->second.end, first);
            }
        }
        if (life->second.end != UINT64_MAX) {
            log_.info("mqtt", "unfinished write dropped", {{"from", life->second.end}});
        }
    }
    for (const Gone& one : removals_) {
        if (counts(one.born, one.lsn)) {
            gone_[one.space] = one.lsn;
        }
    }
    for (const LsnRange& hole : missing) {
        const auto next = lives_.upper_bound(hole.first);
        if (next != lives_.begin() && hole.first <= std::prev(next)->second.durable) {
            log_.error("mqtt", "records lost", {{"first", hole.first}, {"last", hole.last}});
        }
    }
}

Lsn RecordReplay::gone(std::string_view space) const {
    const auto found = gone_.find(space);
    return found == gone_.end() ? 0 : found->second;
}

bool RecordReplay::counts(Lsn born, Lsn lsn) const {
    const auto life = lives_.find(born);
    return life != lives_.end() && lsn < life->second.end;
}

Result<> RecordReplay::replay(const journal::Record& record, const Visitor& visit) {
    TRY_ASSIGN(const LogFrame frame, read_log_frame(record));
    if (record.lsn <= gone(frame.space)) {
        return {};
    }
    if (!counts(frame.born, record.lsn)) {
        return {};
    }
    if (record.type == part_frame) {
        return join(frame, record.lsn, visit);
    }
    return hand_out(frame.space, record.lsn, frame.body, visit);
}

// Parts of a group follow each other; what is not followed by all of it was never acknowledged, or
// part of it is damaged.
Result<> RecordReplay::join(const LogFrame& part, Lsn lsn, const Visitor& visit) {
    if (part.part == 0) {
        space_ = part.space;
        parts_ = part.parts;
        next_part_ = 0;
        joined_.clear();
    } else if (part.part != next_part_ || part.parts != parts_ || part.space != space_ ||
               lsn != next_lsn_) {
        parts_ = 0;
        return {};
    }
    joined_.insert(joined_.end(), part.body.begin(), part.body.end());
    next_lsn_ = lsn + 1;
    if (++next_part_ < parts_) {
        return {};
    }
    const Bytes group = std::exchange(joined_, {});
    parts_ = 0;
    return hand_out(space_, lsn, group, visit);
}

Result<> RecordReplay::hand_out(std::string_view space, Lsn lsn, ByteView group,
                                const Visitor& visit) const {
    const auto failed = [&](Error error) {
        return within(std::format("record {} of the MQTT journal, of {}", lsn, space),
                      std::move(error));
    };
    auto reader = RecordReader::open(group);
    if (!reader) {
        return failed(reader.error());
    }
    std::vector<Record> records;
    while (true) {
        Record one;
        const auto more = reader->next(one);
        if (!more) {
            return failed(more.error());
        }
        if (*more) {
            records.push_back(std::move(one));
        }
        if (records.size() == records_at_once || (!*more && !records.empty())) {
            TRY(visit(space, lsn, records));
            records.clear();
        }
        if (!*more) {
            return {};
        }
    }
}

}  // namespace gantry::mqtt::detail
