// SPDX-License-Identifier: Apache-2.0
// Data of the shape of the Time Series Benchmark Suite's use case "iot": every ten seconds each
// truck says where and how it drives (readings) and how it is (diagnostics). Of its rows some never
// come and some come late. Ours, from a seed; the same for everybody who is compared.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "testing/normal_steps.h"

namespace gantry::testing {

class IotData {
public:
    enum class Table : unsigned char { Readings, Diagnostics };
    static constexpr std::array<std::string_view, 7> readings = {
        "latitude", "longitude", "elevation", "velocity", "heading", "grade", "fuel_consumption"};
    static constexpr std::array<std::string_view, 3> diagnostics = {"fuel_state", "current_load",
                                                                    "status"};
    static constexpr std::size_t fields = readings.size() + diagnostics.size();
    static constexpr Time start = 1'451'606'400'000'000'000;
    static constexpr Time interval = 10'000'000'000;

    struct Row {
        std::uint32_t truck = 0;
        Table table = Table::Readings;
        Time time = 0;
        std::array<double, readings.size()> value{};

        std::span<const std::string_view> names() const {
            return table == Table::Readings ? std::span<const std::string_view>(readings)
                                            : std::span<const std::string_view>(diagnostics);
        }
        std::string_view table_name() const {
            return table == Table::Readings ? "readings" : "diagnostics";
        }
        // The status is an integer, the others are not.
        bool whole(std::size_t field) const { return table == Table::Diagnostics && field == 2; }
        // Of the first field among all that a truck has.
        std::size_t first_field() const { return table == Table::Readings ? 0 : readings.size(); }
    };

    IotData(std::size_t trucks, std::size_t steps, std::uint64_t seed = 123)
        : random_(seed), steps_(random_), left_(steps), trucks_(trucks), late_(delay_steps_max) {
        for (Truck& truck : trucks_) {
            truck = {random_.fraction() * 90,
                     random_.fraction() * 180,
                     random_.fraction() * 500,
                     0,
                     random_.fraction() * 360,
                     0,
                     25,
                     1,
                     std::floor(random_.fraction() * load_max),
                     0};
        }
    }
    IotData(const IotData&) = delete;
    IotData& operator=(const IotData&) = delete;

    // What arrives in the next ten seconds, in that order; good until the next call. Once the
    // trucks are silent the late rows still come. False when all has come.
    bool next(std::vector<Row>& arrived) {
        arrived.clear();
        if (left_ == 0 && delayed_ == 0) {
            return false;
        }
        if (left_ > 0) {
            --left_;
            for (std::size_t i = 0; i < trucks_.size(); ++i) {
                drive(trucks_[i]);
                if (random_.fraction() >= silent_share) {
                    send(row(i, Table::Readings), arrived);
                    send(row(i, Table::Diagnostics), arrived);
                }
            }
        }
        std::vector<Row>& due = late_[turn_ % late_.size()];
        arrived.insert(arrived.end(), due.begin(), due.end());
        delayed_ -= due.size();
        due.clear();
        time_ += interval;
        ++turn_;
        return true;
    }

private:
    // The shares are those of the suite.
    static constexpr double silent_share = 0.01;  // of a truck's times: nothing comes
    static constexpr double missing_share = 0.1;  // of the rows
    static constexpr double late_share = 0.3;     // of the rows
    static constexpr std::uint64_t delay_steps_max = 30;
    static constexpr double load_max = 5000;
    static constexpr double load_change_share = 0.05;

    using Truck = std::array<double, fields>;

    void drive(Truck& truck) {
        const auto walk = [&](std::size_t field, double reach, double low, double high) {
            const double step = (2 * random_.fraction() - 1) * reach;
            truck[field] = std::clamp(truck[field] + step, low, high);
        };
        walk(0, 0.005, -90, 90);
        walk(1, 0.005, -180, 180);
        walk(2, 10, 0, 5000);
        walk(3, 10, 0, 100);
        walk(4, 5, 0, 360);
        walk(5, 5, 0, 100);
        walk(6, 5, 0, 50);
        truck[7] -= random_.fraction() * 0.001;
        if (truck[7] <= 0) {
            truck[7] = 1;
        }
        if (random_.chance(load_change_share)) {
            truck[8] = std::floor(random_.fraction() * load_max);
        }
        truck[9] = std::clamp(truck[9] + static_cast<double>(steps_.next()), 0.0, 5.0);
    }

    Row row(std::size_t index, Table table) const {
        // As decimals say it: a whole number divided by a power of ten.
        static constexpr std::array<double, fields> scale = {1e5, 1e5, 1, 1, 1, 1, 10, 10, 1, 1};
        Row out{static_cast<std::uint32_t>(index), table, time_, {}};
        for (std::size_t i = 0; i < out.names().size(); ++i) {
            const std::size_t field = out.first_field() + i;
            out.value[i] = std::trunc(trucks_[index][field] * scale[field]) / scale[field];
        }
        return out;
    }

    void send(const Row& row, std::vector<Row>& arrived) {
        if (random_.fraction() < missing_share) {
            return;
        }
        if (random_.fraction() < late_share) {
            late_[(turn_ + 1 + random_.below(delay_steps_max - 1)) % late_.size()].push_back(row);
            ++delayed_;
        } else {
            arrived.push_back(row);
        }
    }

    SeededRandom random_;
    NormalSteps steps_;
    std::size_t left_;
    std::vector<Truck> trucks_;
    std::vector<std::vector<Row>> late_;  // a ring, by the step at which they arrive
    std::size_t delayed_ = 0;
    std::size_t turn_ = 0;
    Time time_ = start;
};

}  // namespace gantry::testing
