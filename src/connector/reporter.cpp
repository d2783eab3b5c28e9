// SPDX-License-Identifier: Apache-2.0
#include "connector/reporter.h"

#include <bit>
#include <cmath>

namespace gantry::connector {
namespace {

double as_number(ValueType type, std::uint64_t bits) {
    return type == ValueType::Float64 ? std::bit_cast<double>(bits)
                                      : static_cast<double>(static_cast<std::int64_t>(bits));
}

void add(SampleBatch& out, SeriesId series, Time time, Quality quality, ValueType type,
         std::uint64_t bits, std::string_view text) {
    Row row;
    row.series = series;
    row.time = time;
    row.type = type;
    row.bits = bits;
    row.text = text;
    row.quality = quality;
    out.add_row(row);
}

}  // namespace

Reporter::Reporter(std::vector<ReportRule> tags) : tags_(std::move(tags)), states_(tags_.size()) {
    counts_.bad = tags_.size();
}

void Reporter::inherit(std::size_t tag, const Reporter& other, std::size_t other_tag) {
    const State& from = other.states_[other_tag];
    change(states_[tag], from.quality);
    states_[tag] = from;
}

void Reporter::value(std::size_t tag, const Reading& reading, Time time, Duration now,
                     SampleBatch& out) {
    if (reading.quality.bad()) {
        failed(tag, reading.quality, true, time, out);
        return;
    }
    State& state = states_[tag];
    const bool news = is_news(tags_[tag], state, reading, now);
    change(state, reading.quality);
    state.usable = true;
    if (!news) {
        return;
    }
    state.type = reading.type;
    state.bits = reading.bits;
    if (reading.type == ValueType::String) {
        state.text = reading.text;
    }
    state.reported = true;
    state.reported_at = now;
    add(out, tags_[tag].series, time, reading.quality, reading.type, reading.bits, reading.text);
}

bool Reporter::is_news(const ReportRule& tag, const State& state, const Reading& reading,
                       Duration now) const {
    if (!tag.deadband || !state.reported || state.quality != reading.quality ||
        state.type != reading.type) {
        return true;
    }
    if (tag.silence_max && now - state.reported_at >= *tag.silence_max) {
        return true;
    }
    if (reading.type == ValueType::String) {
        return state.text != reading.text;
    }
    if (state.bits == reading.bits) {
        return false;
    }
    return *tag.deadband == 0 || std::abs(as_number(reading.type, reading.bits) -
                                          as_number(state.type, state.bits)) > *tag.deadband;
}

void Reporter::failed(std::size_t tag, Quality why, bool device_said_so, Time time,
                      SampleBatch& out) {
    State& state = states_[tag];
    const bool news = !state.reported || state.quality != why;
    change(state, why);
    state.usable = state.usable && !device_said_so;
    state.reported = true;
    if (news) {
        out.add_null(tags_[tag].series, time, why);
    }
}

void Reporter::last_usable(std::size_t tag, Time time, SampleBatch& out) {
    State& state = states_[tag];
    constexpr Quality why = quality::uncertain_last_usable_value;
    if (!state.usable || (state.quality == why && state.reported)) {
        return;
    }
    change(state, why);
    state.reported = true;
    add(out, tags_[tag].series, time, why, state.type, state.bits, state.text);
}

void Reporter::no_communication(std::size_t tag, Time time, SampleBatch& out) {
    // A wrong address stays wrong, whether the device is there or not.
    if (states_[tag].quality != quality::bad_configuration_error) {
        failed(tag, quality::bad_no_communication, true, time, out);
    }
}

void Reporter::waiting(std::size_t tag, Time time, SampleBatch& out) {
    State& state = states_[tag];
    if (state.quality == quality::bad_waiting_for_initial_data && !state.reported) {
        state.reported = true;
        out.add_null(tags_[tag].series, time, state.quality);
    }
}

void Reporter::repeat_all() {
    for (State& state : states_) {
        state.reported = false;
    }
}

void Reporter::change(State& state, Quality quality) {
    --count_of(state.quality);
    ++count_of(quality);
    state.quality = quality;
}

std::uint64_t& Reporter::count_of(Quality quality) {
    switch (quality.severity()) {
        case Severity::Good: return counts_.good;
        case Severity::Uncertain: return counts_.uncertain;
        case Severity::Bad: return counts_.bad;
    }
    return counts_.bad;
}

}  // namespace gantry::connector
