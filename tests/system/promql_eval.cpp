// SPDX-License-Identifier: Apache-2.0
// For tests only: answers PromQL from samples in a file, so that the answers can be compared with
// those of Prometheus. A line of the file is `metric{label="value"} value seconds`; a line of the
// input one of
//   instant <tab> time <tab> expression
//   range <tab> start <tab> end <tab> step <tab> expression
//   series <tab> selector
// and each gets a line with what the HTTP API would answer.
#include <charconv>
#include <fstream>
#include <iostream>
#include <map>

#include "base/json_writer.h"
#include "promql/testing.h"

namespace {

using namespace gantry;
using namespace gantry::promql;
using promql::testing::MemorySource;

double number_of(std::string_view text) {
    if (text == "stale") {
        return std::bit_cast<double>(stale_bits);
    }
    if (text == "NaN") {
        return std::numeric_limits<double>::quiet_NaN();
    }
    double value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

void load(MemorySource& source, const char* path) {
    std::ifstream file(path);
    std::map<std::string, std::size_t> known;
    for (std::string line; std::getline(file, line);) {
        const std::size_t time_at = line.rfind(' ');
        const std::size_t value_at = line.rfind(' ', time_at - 1);
        const std::string labels = line.substr(0, value_at);
        const auto [found, fresh] = known.try_emplace(labels, source.series.size());
        if (fresh) {
            source.series.push_back({promql::testing::labels_of(labels), {}, {}});
        }
        MemorySource::Series& series = source.series[found->second];
        const auto millis = parse_query_time(std::string_view(line).substr(time_at + 1));
        series.time.push_back(*millis * 1'000'000);
        series.value.push_back(
            number_of(std::string_view(line).substr(value_at + 1, time_at - value_at - 1)));
    }
}

std::vector<std::string_view> fields(std::string_view line) {
    std::vector<std::string_view> parts;
    while (true) {
        const std::size_t tab = line.find('\t');
        parts.push_back(line.substr(0, tab));
        if (tab == std::string_view::npos) {
            return parts;
        }
        line.remove_prefix(tab + 1);
    }
}

Result<std::string> answered(MemorySource& source, const std::vector<std::string_view>& words) {
    std::string out;
    if (words[0] == "series") {
        TRY_ASSIGN(const auto matchers, parse_selector(words[1]));
        out = "[";
        for (const auto& series : source.series) {
            if (matches_all(matchers, series.labels)) {
                out += out.size() == 1 ? "" : ",";
                append_json_string(out, to_text(series.labels));
            }
        }
        return out + "]";
    }
    TRY_ASSIGN(const Query query, Query::parse(words.back()));
    if (words[0] == "instant") {
        TRY_ASSIGN(const Millis time, parse_query_time(words[1]));
        TRY_ASSIGN(const Answer answer, evaluate(query, source, time));
        append_json(out, answer);
        return out;
    }
    Steps steps;
    TRY_ASSIGN(steps.start, parse_query_time(words[1]));
    TRY_ASSIGN(steps.end, parse_query_time(words[2]));
    TRY_ASSIGN(steps.step, parse_query_duration(words[3]));
    TRY_ASSIGN(const Answer answer, evaluate(query, source, steps));
    append_json(out, answer);
    return out;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: gantry-promql-eval samples.txt < queries\n";
        return 2;
    }
    MemorySource source;
    load(source, argv[1]);
    for (std::string line; std::getline(std::cin, line);) {
        const auto answer = answered(source, fields(line));
        std::string error;
        if (!answer) {
            promql::append_error_json(error, answer.error());
        }
        std::cout << (answer ? *answer : error) << std::endl;
    }
    return 0;
}
