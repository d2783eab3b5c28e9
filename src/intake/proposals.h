// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/reading_batch.h"

namespace gantry::intake {

// A point that messages speak of and that is not there.
struct Proposal {
    std::string point;  // its path, "plant/press1.temperature"
    ValueType type = ValueType::Float64;
    std::string unit;   // UCUM; empty when the sender said none that is one
    std::string value;  // of the last reading, for people
    Time time = 0;
    std::uint64_t readings = 0;  // that were lost to it so far
    std::string mapping;         // its key
};

// Points that somebody may want to make, by path. Bounded: beyond that what is new is only counted.
// Any thread.
class Proposals {
public:
    static constexpr std::size_t count_max = 10'000;

    void add(std::string_view point, const Reading& reading, std::string_view mapping);
    // Those behind that path.
    std::vector<Proposal> list(std::string_view after, std::size_t most) const;
    std::optional<Proposal> find(std::string_view point) const;
    void remove(std::string_view point);
    void clear();
    std::size_t size() const;

private:
    mutable std::mutex mutex_;
    std::map<std::string, Proposal, std::less<>> by_point_;
};

}  // namespace gantry::intake
