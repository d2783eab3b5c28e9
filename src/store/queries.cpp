// SPDX-License-Identifier: Apache-2.0
// Scans, and what is made of rows alone.
#include <map>

#include "base/assert.h"
#include "store/reader.h"

namespace gantry::store {

Result<> Store::scan(std::span<const SeriesId> series, TimeRange range,
                     const ChunkVisitor& visit) const {
    Reader reader(*state_);
    for (const SeriesId id : series) {
        if (!reader.scan(id, range, visit)) {
            break;
        }
    }
    return {};
}

Result<std::vector<StateDuration>> Store::state_durations(SeriesId series, TimeRange range,
                                                          Usable usable) const {
    ASSERT(range.to != time_max);
    std::map<Value, StateDuration> states;
    std::optional<Value> current;  // none while the state is not known
    Time since = range.from;
    const auto pass = [&](Time until) {
        if (current) {
            states[*current].duration +=
                static_cast<std::uint64_t>(until) - static_cast<std::uint64_t>(since);
        }
        since = until;
    };
    const auto is_state = [usable](const Sample& sample) {
        const auto number = to_number(sample.value);
        return is_usable(sample.quality, usable) && type_of(sample.value) != ValueType::Null &&
               (!number || *number == *number);
    };
    const auto enter = [&](const Sample& sample) {
        pass(sample.time);
        const bool known = is_state(sample);
        const Value& value = sample.value;
        if (known && (!current || *current != value)) {
            ++states[value].entries;
        }
        current = known ? std::optional(value) : std::nullopt;
        return states.size() <= states_max;
    };
    Reader reader(*state_);
    if (const auto before =
            range.from == time_min ? std::nullopt : reader.before(series, range.from)) {
        if (is_state(*before)) {
            current = before->value;
        }
    }
    const bool all = reader.scan(series, range, [&](const Chunk& chunk) {
        for (std::size_t i = 0; i < chunk.size(); ++i) {
            const Row row = chunk.row(i);
            if (!enter({row.time, row.value(), row.quality})) {
                return false;
            }
        }
        return true;
    });
    if (!all) {
        return fail(Code::TooLarge,
                    "the series has more than {} different values: it is no series of states",
                    states_max);
    }
    pass(range.to);
    std::vector<StateDuration> out;
    for (auto& [value, state] : states) {
        state.value = value;
        out.push_back(state);
    }
    return out;
}

}  // namespace gantry::store
