// SPDX-License-Identifier: Apache-2.0
// Data of the shape of the Time Series Benchmark Suite's use case "cpu-only": every ten seconds
// each host says ten whole percentages that walk at random. Ours, from a seed; the same for
// everybody who is compared.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/time.h"

namespace gantry::testing {

class CpuOnlyData {
public:
    static constexpr std::array<std::string_view, 10> fields = {
        "usage_user", "usage_system",  "usage_idle",  "usage_nice",  "usage_iowait",
        "usage_irq",  "usage_softirq", "usage_steal", "usage_guest", "usage_guest_nice"};
    static constexpr Time start = 1'451'606'400'000'000'000;  // 2016-01-01, as there
    static constexpr Time interval = 10'000'000'000;

    explicit CpuOnlyData(std::size_t hosts, std::uint64_t seed = 123)
        : random_(seed), walk_(hosts * fields.size()) {
        for (double& value : walk_) {
            value = random_.fraction() * 100;
        }
    }

    std::size_t hosts() const { return walk_.size() / fields.size(); }
    Time time() const { return time_; }
    std::int64_t value(std::size_t host, std::size_t field) const {
        return static_cast<std::int64_t>(walk_[host * fields.size() + field]);
    }
    // Ten seconds pass.
    void step() {
        time_ += interval;
        for (double& value : walk_) {
            value = std::clamp(value + normal(), 0.0, 100.0);
        }
    }

private:
    // Of mean 0 and deviation 1, nearly: the sum of twelve even ones (Irwin-Hall).
    double normal() {
        double sum = -6;
        for (int i = 0; i < 12; ++i) {
            sum += random_.fraction();
        }
        return sum;
    }

    SeededRandom random_;
    std::vector<double> walk_;
    Time time_ = start;
};

}  // namespace gantry::testing
