// SPDX-License-Identifier: Apache-2.0
// Data of the shape of the Time Series Benchmark Suite's use case "cpu-only": every ten seconds
// each host says ten whole percentages that walk at random. Ours, from a seed; the same for
// everybody who is compared.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "testing/normal_steps.h"

namespace gantry::testing {

class CpuOnlyData {
public:
    static constexpr std::array<std::string_view, 10> fields = {
        "usage_user", "usage_system",  "usage_idle",  "usage_nice",  "usage_iowait",
        "usage_irq",  "usage_softirq", "usage_steal", "usage_guest", "usage_guest_nice"};
    static constexpr Time start = 1'451'606'400'000'000'000;  // 2016-01-01, as there
    static constexpr Time interval = 10'000'000'000;

    explicit CpuOnlyData(std::size_t hosts, std::uint64_t seed = 123)
        : random_(seed), steps_(random_), walk_(hosts * fields.size()) {
        for (float& value : walk_) {
            value = static_cast<float>(random_.fraction() * 100);
        }
    }
    CpuOnlyData(const CpuOnlyData&) = delete;
    CpuOnlyData& operator=(const CpuOnlyData&) = delete;

    std::size_t hosts() const { return walk_.size() / fields.size(); }
    Time time() const { return time_; }
    std::int64_t value(std::size_t host, std::size_t field) const {
        return static_cast<std::int64_t>(walk_[host * fields.size() + field]);
    }
    // Ten seconds pass.
    void step() {
        time_ += interval;
        for (float& value : walk_) {
            value = std::clamp(value + steps_.next(), 0.0F, 100.0F);
        }
    }

private:
    SeededRandom random_;
    NormalSteps steps_;
    std::vector<float> walk_;
    Time time_ = start;
};

}  // namespace gantry::testing
