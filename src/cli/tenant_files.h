// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/context.h"

namespace gantry::cli {

// A tenant as files: what `demo load --pack` reads (pack.h), and samples/00001.csv, … with the
// values of some points each. Programs of other makers can read and write all of it.

// Writes what is not in the folder yet: a run that broke off goes on where it was.
Result<> export_tenant(Context& context, const std::string& folder);

// Makes what is not there yet and brings the values in. What was brought in is noted in the folder,
// so that a run that broke off goes on where it was.
Result<> import_tenant(Context& context, const std::string& folder, bool dry_run);

}  // namespace gantry::cli
