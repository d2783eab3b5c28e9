// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/time.h"

namespace gantry::cli {

// "3.2 s", "5 min", "2 h", "12 d": how long ago, to about two digits.
std::string rough_duration(Duration length);
// "1.4 GiB"
std::string rough_bytes(double bytes);

}  // namespace gantry::cli
