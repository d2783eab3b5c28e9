// SPDX-License-Identifier: Apache-2.0
// Writes the data of testing/tsbs_data.h and testing/tsbs_iot_data.h for the peers of a benchmark,
// as InfluxDB line protocol or as CSV, or what it comes to, so that their answers can be checked.
#include <cstdlib>
#include <format>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "testing/tsbs_lines.h"

namespace {

using gantry::Time;
using gantry::testing::append_line;
using gantry::testing::append_number;
using gantry::testing::CpuOnlyData;
using gantry::testing::IotData;

constexpr std::string_view usage =
    "usage: gantry-bench-data cpu-only|iot lines|csv|summary HOSTS STEPS [readings|diagnostics]\n"
    "csv of iot is one of its two tables\n";

// As SQL databases read it: 2016-01-01 00:00:00.
std::string sql_time(Time time) {
    std::string text = gantry::format_time(time);
    text[10] = ' ';
    text.pop_back();
    return text;
}

void hand_on(std::string& out) {
    std::cout << out;
    out.clear();
}

void cpu_only_lines(std::size_t hosts, std::size_t steps) {
    CpuOnlyData data(hosts);
    std::string out;
    for (std::size_t step = 0; step < steps; ++step, data.step()) {
        for (std::size_t host = 0; host < hosts; ++host) {
            append_line(out, data, host);
        }
        hand_on(out);
    }
}

void cpu_only_csv(std::size_t hosts, std::size_t steps) {
    CpuOnlyData data(hosts);
    std::string out;
    for (std::size_t step = 0; step < steps; ++step, data.step()) {
        const std::string time = sql_time(data.time());
        for (std::size_t host = 0; host < hosts; ++host) {
            out += time;
            out += ",host_";
            append_number(out, host);
            for (std::size_t field = 0; field < data.fields.size(); ++field) {
                out += ',';
                append_number(out, data.value(host, field));
            }
            out += '\n';
        }
        hand_on(out);
    }
}

void cpu_only_summary(std::size_t hosts, std::size_t steps) {
    constexpr std::size_t steps_an_hour = 360;
    CpuOnlyData data(hosts);
    std::int64_t sum = 0;
    std::int64_t last_sum = 0;
    double hour_mean_sum = 0;  // of the first field: what double-groupby-1 answers, added up
    std::vector<std::int64_t> hour(hosts);
    for (std::size_t step = 0; step < steps; ++step, data.step()) {
        last_sum = 0;
        for (std::size_t host = 0; host < hosts; ++host) {
            hour[host] += data.value(host, 0);
            for (std::size_t field = 0; field < data.fields.size(); ++field) {
                last_sum += data.value(host, field);
            }
        }
        sum += last_sum;
        const std::size_t in_hour = step % steps_an_hour + 1;
        if (in_hour == steps_an_hour || step + 1 == steps) {
            for (std::int64_t& total : hour) {
                hour_mean_sum += static_cast<double>(total) / static_cast<double>(in_hour);
                total = 0;
            }
        }
    }
    std::cout << std::format(R"({{"points":{},"sum":{},"last_sum":{},"hour_mean_sum":{}}})"
                             "\n",
                             hosts * steps * data.fields.size(), sum, last_sum, hour_mean_sum);
}

void iot_lines(std::size_t trucks, std::size_t steps) {
    IotData data(trucks, steps);
    std::vector<IotData::Row> rows;
    std::string out;
    while (data.next(rows)) {
        for (const IotData::Row& row : rows) {
            append_line(out, row);
        }
        hand_on(out);
    }
}

void iot_csv(std::size_t trucks, std::size_t steps, std::string_view table) {
    IotData data(trucks, steps);
    std::vector<IotData::Row> rows;
    std::map<Time, std::string> times;
    std::string out;
    while (data.next(rows)) {
        for (const IotData::Row& row : rows) {
            if (row.table_name() != table) {
                continue;
            }
            std::string& time = times[row.time];
            if (time.empty()) {
                time = sql_time(row.time);
            }
            out += time;
            out += ",truck_";
            append_number(out, row.truck);
            for (std::size_t field = 0; field < row.names().size(); ++field) {
                out += ',';
                append_number(out, row.value[field]);
            }
            out += '\n';
        }
        hand_on(out);
    }
}

void iot_summary(std::size_t trucks, std::size_t steps) {
    IotData data(trucks, steps);
    std::vector<IotData::Row> rows;
    std::size_t points = 0;
    std::size_t late = 0;
    std::size_t all = 0;
    Time newest = 0;
    double sum = 0;
    while (data.next(rows)) {
        for (const IotData::Row& row : rows) {
            points += row.names().size();
            ++all;
            late += row.time < newest ? 1 : 0;
            newest = std::max(newest, row.time);
            for (std::size_t field = 0; field < row.names().size(); ++field) {
                sum += row.value[field];
            }
        }
    }
    std::cout << std::format(R"({{"points":{},"sum":{},"rows":{},"late_rows":{}}})"
                             "\n",
                             points, sum, all, late);
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string_view> words(argv + 1, argv + argc);
    if (words.size() < 4) {
        std::cerr << usage;
        return 2;
    }
    const std::size_t hosts = std::strtoull(argv[3], nullptr, 10);
    const std::size_t steps = std::strtoull(argv[4], nullptr, 10);
    const bool cpu_only = words[0] == "cpu-only";
    if (!cpu_only && words[0] != "iot") {
        std::cerr << usage;
        return 2;
    }
    if (words[1] == "lines") {
        cpu_only ? cpu_only_lines(hosts, steps) : iot_lines(hosts, steps);
    } else if (words[1] == "csv" && cpu_only) {
        cpu_only_csv(hosts, steps);
    } else if (words[1] == "csv" && words.size() == 5) {
        iot_csv(hosts, steps, words[4]);
    } else if (words[1] == "summary") {
        cpu_only ? cpu_only_summary(hosts, steps) : iot_summary(hosts, steps);
    } else {
        std::cerr << usage;
        return 2;
    }
    std::cout.flush();
    return std::cout ? 0 : 1;
}
