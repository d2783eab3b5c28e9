// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "api/history_request.h"

namespace gantry::api {

// All raw samples of the points in the range, or their buckets, as an Arrow IPC stream
// (docs/guide/arrow.md), read record batch by record batch as the client takes it. May block.
Result<http::Response> export_arrow(Services& services, const Call& call,
                                    const std::vector<directory::PointRef>& points,
                                    const HistoryRequest& request);

}  // namespace gantry::api
