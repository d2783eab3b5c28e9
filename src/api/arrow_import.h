// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/call.h"
#include "runtime/ports.h"

namespace gantry::api {

// Whether the body is an Arrow stream, by its Content-Type.
bool is_arrow(const http::Request& request);

// Takes the samples of a body that is an Arrow IPC stream (docs/guide/arrow.md). Decoded in the
// offload pool, part by part; an error in the midst of the stream says how many rows were stored
// before it.
Async<http::Response> write_arrow(Services& services, const Call& call, Acknowledge acknowledge);

}  // namespace gantry::api
