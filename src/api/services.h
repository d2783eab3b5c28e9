// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "connector/protocols.h"
#include "connector/supervisor.h"
#include "directory/directory.h"
#include "files/tenant_files.h"
#include "labels/line_caches.h"
#include "pipeline/pipeline.h"
#include "query/sql.h"
#include "registry/registry.h"
#include "runtime/offload.h"
#include "security/audit.h"
#include "store/store.h"

namespace gantry::api {

class LiveParking;

// Everything that a handler may use. All of it outlives the API.
struct Services {
    registry::Registry& registry;
    store::Store& store;
    directory::Directory& directory;
    labels::LabelIndex& labels;
    labels::LineCaches& line_caches;
    pipeline::Pipeline& pipeline;
    LiveParking& live_parking;
    query::SqlEngine& sql;
    files::TenantFiles& files;
    connector::Supervisor& connectors;
    const connector::Protocols& protocols;
    security::AuditLog& audit;
    OffloadPool& offload;
    Network& network;
    Timers& timers;
    const Clock& clock;
    Random& random;
    Log& log;
    Metrics& metrics;
    std::string version;
    std::string temporary_folder;  // for exports on their way out
    Time started = 0;
};

}  // namespace gantry::api
