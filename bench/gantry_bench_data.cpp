// SPDX-License-Identifier: Apache-2.0
// Writes the data of testing/tsbs_data.h as InfluxDB line protocol, for the peers of a benchmark:
// gantry-bench-data HOSTS STEPS > file
#include <cstdlib>
#include <format>
#include <iostream>
#include <iterator>
#include <string>

#include "testing/tsbs_data.h"

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: gantry-bench-data HOSTS STEPS\n";
        return 2;
    }
    gantry::testing::CpuOnlyData data(std::strtoull(argv[1], nullptr, 10));
    const std::size_t steps = std::strtoull(argv[2], nullptr, 10);
    std::string out;
    for (std::size_t step = 0; step < steps; ++step) {
        for (std::size_t host = 0; host < data.hosts(); ++host) {
            std::format_to(std::back_inserter(out), "cpu,hostname=host_{} ", host);
            for (std::size_t field = 0; field < data.fields.size(); ++field) {
                std::format_to(std::back_inserter(out), "{}{}={}i", field == 0 ? "" : ",",
                               data.fields[field], data.value(host, field));
            }
            std::format_to(std::back_inserter(out), " {}\n", data.time());
        }
        std::cout << out;
        out.clear();
        data.step();
    }
    std::cout.flush();
    return std::cout ? 0 : 1;
}
