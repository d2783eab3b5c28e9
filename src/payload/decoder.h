// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "model/reading_batch.h"
#include "payload/convert.h"
#include "payload/csv_reader.h"
#include "payload/json_reader.h"
#include "payload/limits.h"
#include "payload/line_reader.h"
#include "payload/mapping.h"
#include "payload/sparkplug_reader.h"

namespace gantry::payload {

// What came of a message that was read.
struct Decoded {
    std::size_t readings = 0;  // that were added
    // Values that could not be taken as they are: they have been added without a value and with the
    // quality BadTypeMismatch; or, where the name or the time is wrong, not at all.
    std::size_t bad = 0;
    std::size_t left_out = 0;    // of these, those that were not added
    std::optional<Error> first;  // why the first of them is bad
};

// Makes readings of messages. Its memory is used again from message to message. One thread.
class Decoder {
public:
    explicit Decoder(Random& random, const PayloadLimits& limits = {});

    // Adds what the mapping finds in the message; values without a time get `arrival`. An empty
    // message, with which MQTT takes a retained one back, has nothing in it. An error is of the
    // message as a whole, and then nothing was added: InvalidArgument when it is not what the
    // mapping says, or no rule finds anything; TooLarge beyond a limit.
    Result<Decoded> decode(const Mapping& mapping, std::string_view topic, std::string_view payload,
                           Time arrival, ReadingBatch& out);

private:
    struct Run;

    Result<> read(const MappingConfig& config, std::string_view payload, Time arrival);
    Result<> apply(const Mapping::Rule& rule, Run& run);
    Result<> take(const Mapping::Rule& rule, NodeIndex item, NodeIndex node, Run& run);
    // Both of what is found from that base.
    void look(const Mapping::Rule& rule, NodeIndex base, Run& run);
    void bad(Run& run, bool added, std::string_view what);

    const PayloadLimits limits_;
    JsonReader json_;
    CsvReader csv_;
    LineReader lines_;
    SparkplugReader sparkplug_;
    Document document_;
    Typing typing_ = Typing::Json;
    Captures captures_;
    std::string name_;
    std::string unit_;
    std::string text_;
};

}  // namespace gantry::payload
