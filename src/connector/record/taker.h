// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "connector/device_state.h"
#include "connector/message/decoder.h"
#include "connector/record/tags.h"
#include "connector/record/time_reader.h"

namespace gantry::connector::record {

// Where the time of a row stands; empty: nowhere.
struct TimeColumn {
    std::string column;
    TimeReader reader;
};

// A row as whatever reads it has it.
struct Row {
    const payload::Document& document;
    payload::NodeIndex node;
    payload::Typing typing = payload::Typing::Json;
};

// The time of a row, or none if rows have none. An error when it is not there or no time.
Result<std::optional<Time>> time_of(const Row& row, const std::optional<payload::Path>& path,
                                    const TimeReader& reader);

bool is_meant(const Tag& tag, const Row& row, std::string& scratch);

// Makes samples of rows. What it is given outlives it.
class Taker {
public:
    Taker(DeviceState& device, const TagTable& table);

    // The values of a row, at a time.
    void take(const Row& row, Time time, SampleBatch& out);

private:
    void take_tag(std::size_t tag, const Row& row, Time time, SampleBatch& out);
    void note(std::size_t tag, const std::string& trouble);

    DeviceState& device_;
    const TagTable& table_;
    Decoder decoder_;
    std::string scratch_;
    std::vector<std::size_t> always_;  // tags without conditions
    // By their first condition: many machines may share a table.
    struct Chosen {
        payload::Path path;
        std::map<std::string, std::vector<std::size_t>, std::less<>> by_value;
    };
    std::map<std::string, Chosen> chosen_;
    std::map<std::size_t, std::string> troubles_;
};

}  // namespace gantry::connector::record
