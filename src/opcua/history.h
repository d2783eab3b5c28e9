// SPDX-License-Identifier: Apache-2.0
// What HistoryRead asks of the store (OPC 10000-11, 6.5.3 and 6.5.4; OPC 10000-13). Knows nothing
// of sessions.
#pragma once

#include <optional>
#include <vector>

#include "store/store.h"

namespace gantry::opcua {

// Raw values between two times: from `from` on, in rising time if `forward`, else in falling time;
// `to` is not included, unless it is the same as `from`.
struct RawQuestion {
    SeriesId series;
    Time from = 0;
    Time to = 0;
    bool forward = true;
    bool start_bound = false;  // also the value at `from`, or before it in the direction of reading
    bool end_bound = false;    // also the value at `to`, or behind it
    std::size_t limit = 0;
};

struct RawPart {
    // A bound that there is none of is a sample without a value, with BadBoundNotFound.
    std::vector<Sample> samples;
    std::optional<Time> next;  // where reading on begins
};

Result<RawPart> read_raw(const store::Store& store, const RawQuestion& question);

enum class Aggregation : unsigned char { Average, Minimum, Maximum, Range, Count };
// By the node id of a standard aggregate; nothing if it is not one of these, whose definitions are
// those of the store.
std::optional<Aggregation> aggregation_of(std::uint32_t node);

// AggregateConfiguration, OPC 10000-13, 4.2.1.2.
struct AggregateRules {
    bool uncertain_is_bad = true;
    std::uint8_t percent_bad = 100;
    std::uint8_t percent_good = 100;

    bool consistent() const {
        return percent_bad <= 100 && percent_good <= 100 && percent_good >= 100 - percent_bad;
    }
};

struct ProcessedQuestion {
    SeriesId series;
    ValueType type = ValueType::Float64;
    Time from = 0;
    Time to = 0;
    Duration interval{0};  // 0: one interval
    Aggregation aggregation = Aggregation::Average;
    AggregateRules rules;
    std::size_t limit = 0;
};

// An interval each; those without a value say why not.
Result<RawPart> read_processed(const store::Store& store, const ProcessedQuestion& question);

}  // namespace gantry::opcua
