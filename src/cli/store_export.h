// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"

namespace gantry::cli {

void add_store_export_command(std::vector<Command>& out);

// Appends a field of RFC 4180: in quotes where it must be.
void append_csv_field(std::string& out, std::string_view text);

}  // namespace gantry::cli
