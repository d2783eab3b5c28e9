// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "http/message.h"
#include "pipeline/pipeline.h"

namespace gantry::api {

// The answer to samples that were sent: 204 when every row was taken, else how many were, and which
// were not and why, in order of their index. `rejected_total` counts also those that are not
// listed.
http::Response write_report(std::size_t accepted, std::vector<pipeline::RejectedRow> rejected,
                            std::uint64_t rejected_total);

}  // namespace gantry::api
