// SPDX-License-Identifier: Apache-2.0
// What the tools of the store say, as JSON.
#pragma once

#include "cli/output.h"
#include "store/repair.h"

namespace gantry::cli {

json::object document_of(const store::StoreReport& report);
json::object document_of(const store::StoreUse& use);
json::object document_of(const store::RepairPlan& plan);

}  // namespace gantry::cli
