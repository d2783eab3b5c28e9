// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/local/allowed_folders.h"
#include "connector/local/positions.h"
#include "runtime/offload.h"

namespace gantry::connector {

// What connectors use of this machine. All of it outlives them.
struct Local {
    const AllowedFolders& folders;
    const Positions& positions;
    OffloadPool& pool;  // for what waits for disks and network shares
};

}  // namespace gantry::connector
