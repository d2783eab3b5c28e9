// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "runtime/stream.h"

namespace gantry {

// A connection that lives on one executor, used from another, its home: what it does is asked for
// there and answered here. The stream goes back where it lives to be closed and freed.
std::unique_ptr<Stream> relay_stream(std::unique_ptr<Stream> stream, asio::any_io_executor home);

}  // namespace gantry
