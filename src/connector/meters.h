// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/metrics.h"

namespace gantry::connector {

// The metrics that all connections of one protocol share.
struct Meters {
    Meters(Metrics& metrics, std::string_view protocol);

    Counter& polls;
    Counter& polls_missed;
    Counter& samples;
    Counter& samples_lost;
    Counter& requests;
    Counter& requests_refused;
    Counter& requests_failed;
    LatencyHistogram& round_trip;
    LatencyHistogram& lateness;
};

}  // namespace gantry::connector
