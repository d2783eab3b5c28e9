// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace gantry::intake {

// The path of the point that a reading's name stands for: its last part is the point's key, what is
// before it the asset's path; what no key may have becomes '_'. "plant/press 1/temp" is
// "plant/press_1.temp". Empty: the name has no two parts, or one that is too long.
std::string point_path(std::string_view name);

}  // namespace gantry::intake
