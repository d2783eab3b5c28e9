// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <unordered_map>
#include <vector>

#include "promql/answer.h"
#include "promql/detail/work.h"
#include "promql/labels.h"

namespace gantry::promql {

// Which labels have a value at which step of a grid.
class Occupancy {
public:
    Occupancy(Work& work, std::size_t steps) : steps_(steps), holding_(work) {}

    // Takes the steps at which there is a value; false when one of them was taken before. With
    // `whole` a row takes all of them.
    Result<bool> claim(const Labels& labels, std::span<const double> values, bool whole = false) {
        auto found = taken_.find(labels);
        if (found == taken_.end()) {
            TRY(holding_.add(labels.bytes() + steps_ / 8 + 64));
            found = taken_.emplace(labels, std::vector<bool>(steps_)).first;
        } else if (whole) {
            return false;
        }
        for (std::size_t k = 0; k < values.size(); ++k) {
            if (is_absent(values[k])) {
                continue;
            }
            if (found->second[k]) {
                return false;
            }
            found->second[k] = true;
        }
        return true;
    }

    // Null: no step is taken.
    const std::vector<bool>* steps_of(const Labels& labels) const {
        const auto found = taken_.find(labels);
        return found == taken_.end() ? nullptr : &found->second;
    }
    // Like claim(), where it does not matter that it was taken.
    Result<> mark(const Labels& labels, std::span<const double> values) {
        auto found = taken_.find(labels);
        if (found == taken_.end()) {
            TRY(holding_.add(labels.bytes() + steps_ / 8 + 64));
            found = taken_.emplace(labels, std::vector<bool>(steps_)).first;
        }
        for (std::size_t k = 0; k < values.size(); ++k) {
            if (!is_absent(values[k])) {
                found->second[k] = true;
            }
        }
        return {};
    }

private:
    std::size_t steps_;
    std::unordered_map<Labels, std::vector<bool>, LabelsHash> taken_;
    Holding holding_;
};

inline std::unexpected<Error> same_labelset() {
    return fail(Code::Conflict, "vector cannot contain metrics with the same labelset");
}

// Passes rows on that have no value where another one with the same labels had one.
class DistinctRows {
public:
    using Sink = std::function<Result<>(Labels& labels, std::span<double> values)>;

    DistinctRows(Work& work, std::size_t steps, const Sink& sink, bool whole = false)
        : taken_(work, steps), sink_(sink), whole_(whole) {}

    Result<> operator()(Labels& labels, std::span<double> values) {
        TRY_ASSIGN(const bool free, taken_.claim(labels, values, whole_));
        return free ? sink_(labels, values) : same_labelset();
    }

private:
    Occupancy taken_;
    const Sink& sink_;
    const bool whole_;
};

}  // namespace gantry::promql
