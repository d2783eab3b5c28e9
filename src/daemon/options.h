// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/options.h"
#include "broker/options.h"
#include "files/tenant_files.h"
#include "http/server.h"
#include "opcua/options.h"
#include "pgwire/server.h"
#include "pipeline/pipeline.h"
#include "query/sql.h"
#include "registry/registry.h"
#include "store/store.h"

namespace gantry::daemon {

struct GeneralOptions {
    std::string data = "gantry-data";
    std::string log_level = "info";
    std::int64_t shards = 0;
    std::int64_t offload_threads = 4;
    std::int64_t query_threads = 4;
    std::int64_t queries_waiting_max = 64;
    std::int64_t requests_per_second = 0;

    void describe(OptionVisitor& options) {
        options.text("data", data,
                     "Folder of everything that is kept. One program at a time uses it.");
        options.text("log_level", log_level,
                     "Least important lines to log: debug, info, warning, "
                     "error. The log goes to standard error, as JSON.");
        options.number("shards", shards, 0, 1024,
                       "Threads for connections and devices; 0 for one a processor.");
        options.number("offload_threads", offload_threads, 1, 1024,
                       "Threads for work that waits for the disk.");
        options.number("query_threads", query_threads, 1, 1024,
                       "Threads for queries over HTTP. Tenants and their principals take turns; "
                       "one principal has half of the threads at most.");
        options.number("queries_waiting_max", queries_waiting_max, 1, 100'000,
                       "Queries of one principal that may wait for their turn; more are refused "
                       "(429).");
        options.number("requests_per_second", requests_per_second, 0, 1'000'000,
                       "HTTP requests of one principal, on average and at once; more are refused "
                       "(429). 0 for any number.");
    }
};

struct ConnectorOptions {
    std::vector<std::string> serial_ports;
    std::vector<std::string> folders;

    void describe(OptionVisitor& options) {
        options.texts("serial_ports", serial_ports,
                      "Serial lines that connections may use, as in \"/dev/ttyUSB0\"; * at the end "
                      "stands for any rest. None unless they are named: whoever may make "
                      "connections uses them.");
        options.texts("folders", folders,
                      "Folders of this computer whose files and SQLite databases connections may "
                      "read, with those below them, as in \"/srv/machines\". None unless they are "
                      "named: whoever may make connections reads them.");
    }
};

// The configuration of gantryd: a section a module.
struct Options {
    GeneralOptions general;
    http::HttpOptions http;
    registry::RegistryOptions registry;
    store::StoreOptions store;
    pipeline::PipelineOptions pipeline;
    query::SqlOptions sql;
    files::FilesOptions files;
    pgwire::PostgresOptions postgres;
    broker::BrokerOptions mqtt;
    opcua::ServerOptions opcua_server;
    ConnectorOptions connectors;

    // Calls back with each section's name and what describes it.
    void sections(const std::function<void(std::string_view name,
                                           const std::function<void(OptionVisitor&)>&)>& visit);
};

// Reads TOML. InvalidArgument names file, line, section and key: unknown keys (with the nearest
// known one), wrong types, values outside their limits.
Result<> read_toml(Options& options, const std::string& text, const std::string& file_name);

// Every key with its description and present value, as TOML that can be read back.
std::string print_toml(Options& options);

}  // namespace gantry::daemon
