// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/tags.h"

namespace gantry::connector {

// What becomes of the values of a tag.
struct ReportRule {
    SeriesId series;
    std::optional<double> deadband;       // only changes by more than this; absolute
    std::optional<Duration> silence_max;  // and at least this often
};

// Of tags whose addresses say how long they may be silent.
template <class Tag>
std::vector<ReportRule> rules_of(const std::vector<Tag>& tags) {
    std::vector<ReportRule> out;
    out.reserve(tags.size());
    for (const Tag& tag : tags) {
        out.push_back({tag.series, tag.deadband, tag.address.silence_max});
    }
    return out;
}

// Decides what of what is known about the tags becomes a sample: every good value that is polled,
// or with a deadband the changes, and otherwise each change of quality once. Never a value that the
// device has not sent. Pure, apart from what it remembers.
class Reporter {
public:
    explicit Reporter(std::vector<ReportRule> tags);

    std::size_t size() const { return tags_.size(); }

    // Goes on from what another one knows of a tag.
    void inherit(std::size_t tag, const Reporter& other, std::size_t other_tag);

    // A tag was read. `now` is monotonic, `time` goes into the sample.
    void value(std::size_t tag, const Reading& reading, Time time, Duration now, SampleBatch& out);
    // A tag could not be read. Keeps in mind that its last value may still be usable, unless the
    // device itself has said that there is none.
    void failed(std::size_t tag, Quality why, bool device_said_so, Time time, SampleBatch& out);
    // The device is away: the last value once more, as uncertain, if there is one.
    void last_usable(std::size_t tag, Time time, SampleBatch& out);
    // It has been away too long.
    void no_communication(std::size_t tag, Time time, SampleBatch& out);
    // Nothing is known yet.
    void waiting(std::size_t tag, Time time, SampleBatch& out);

    // A batch did not arrive: everything is to be said again at the next occasion.
    void repeat_all();

    Quality quality(std::size_t tag) const { return states_[tag].quality; }
    struct Counts {
        std::uint64_t good = 0;
        std::uint64_t uncertain = 0;
        std::uint64_t bad = 0;
    };
    const Counts& counts() const { return counts_; }

private:
    struct State {
        Quality quality = quality::bad_waiting_for_initial_data;
        bool reported = false;  // whether a sample tells this already
        bool usable = false;    // whether the value below is the device's last word
        ValueType type = ValueType::Null;
        std::uint64_t bits = 0;
        std::string text;
        Duration reported_at{0};
    };

    void change(State& state, Quality quality);
    std::uint64_t& count_of(Quality quality);
    bool is_news(const ReportRule& tag, const State& state, const Reading& reading,
                 Duration now) const;

    std::vector<ReportRule> tags_;
    std::vector<State> states_;
    Counts counts_;
};

}  // namespace gantry::connector
