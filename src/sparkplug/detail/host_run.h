// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sparkplug/host_application.h"

namespace gantry::sparkplug {

// One message on its way through the host.
struct HostApplication::Run {
    ReadingBatch& out;
    Time arrival = 0;
    Received result = {};
    bool rebirth = false;  // it speaks of what no birth has named
};

}  // namespace gantry::sparkplug
