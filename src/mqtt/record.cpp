// SPDX-License-Identifier: Apache-2.0
#include "mqtt/record.h"

namespace gantry::mqtt {

std::string_view record_name(RecordType type) {
    static constexpr std::string_view names[] = {
        "",        "opened", "resumed",  "away",     "ended",    "subscribed",    "unsubscribed",
        "queued",  "sent",   "released", "done",     "received", "forgotten",     "retained",
        "cleared", "will",   "no_will",  "snapshot", "counted",  "snapshot_part", "snapshot_end"};
    return names[static_cast<std::size_t>(type)];
}

}  // namespace gantry::mqtt
