// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "payload/document.h"
#include "sparkplug/payload.h"

namespace gantry::payload {

// Reads a payload of Sparkplug B by itself, without the births before it:
//
//     {"seq": …, "metrics": [{"name", "alias", "value", "timestamp", "quality", "unit"}, …]}
//
// For messages with such payloads on topics of their own; those of Sparkplug's topics are for
// sparkplug::HostApplication. A metric needs its data type, else its value is taken by the field in
// which it stands.
class SparkplugReader {
public:
    // The document was begun; its texts stay good until the next one is read.
    Result<> read(std::string_view message, Document& document);

private:
    Result<bool> add(const sparkplug::Metric& metric, Document& document);

    sparkplug::Payload payload_;
    std::deque<std::string> texts_;  // that had to be made
};

}  // namespace gantry::payload
