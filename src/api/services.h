// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "connector/discovery.h"
#include "connector/supervisor.h"
#include "directory/directory.h"
#include "files/tenant_files.h"
#include "labels/line_caches.h"
#include "pipeline/pipeline.h"
#include "query/sql.h"
#include "registry/registry.h"
#include "runtime/fair_pool.h"
#include "security/audit.h"
#include "store/store.h"

namespace gantry::bridge {
class Bridges;
}
namespace gantry::broker {
class Broker;
}
namespace gantry::command {
class Dispatcher;
}
namespace gantry::intake {
class Intake;
}
namespace gantry::publication {
class Publications;
}
namespace gantry::security {
class Sealer;
}

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
    connector::Discovery& discovery;
    command::Dispatcher& commands;
    broker::Broker& broker;
    bridge::Bridges& bridges;
    const security::Sealer& sealer;
    intake::Intake& intake;
    publication::Publications& publications;
    security::AuditLog& audit;
    OffloadPool& offload;  // what is short
    FairPool& queries;     // what may take long
    Network& network;
    Timers& timers;
    const Clock& clock;
    Random& random;
    Log& log;
    Metrics& metrics;
    std::string version;
    std::string temporary_folder;  // for exports on their way out
    Time started = 0;
    std::int64_t requests_per_second = 0;  // of one principal; 0 for any number
    std::stop_token stopping = {};         // what runs long looks at it
};

}  // namespace gantry::api
