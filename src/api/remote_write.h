// SPDX-License-Identifier: Apache-2.0
// Requests of Prometheus remote write on their way into the store.
#pragma once

#include <string>

#include "api/call.h"

namespace gantry::api {

struct RemoteReport {
    std::size_t samples = 0;     // stored
    std::size_t refused = 0;     // series, or samples of a series that was taken
    std::size_t histograms = 0;  // not taken
    std::size_t exemplars = 0;   // not taken
    std::string first_refusal;
    bool second_version = false;

    // Of version 2: how many were written.
    void add_headers(http::Response& response) const;
};

// Stores what the body holds and waits until it is durable. An error of the whole (InvalidArgument:
// not such a body; StorageFull; Unavailable) may come after a part was stored; to send it again
// does no harm.
Async<RemoteReport> take_remote_write(Services& services, const Call& call);

}  // namespace gantry::api
