// SPDX-License-Identifier: Apache-2.0
#include "daemon/node.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <condition_variable>
#include <fstream>
#include <thread>

#include "acquisition/acquisition.h"
#include "api/api.h"
#include "api/live_conversation.h"
#include "bridge/bridges.h"
#include "broker/broker.h"
#include "command/dispatcher.h"
#include "connector/file/protocol.h"
#include "connector/local/local.h"
#include "connector/opcua/certificate.h"
#include "intake/intake.h"
#include "opcua/server.h"
#include "publication/publications.h"
#include "publication/tap_pair.h"
#include "runtime/tcp_network.h"

namespace gantry::daemon {
namespace {

constexpr std::size_t offload_queue_max = 10'000;
constexpr std::size_t local_threads = 4;  // of connectors that read files
constexpr auto purge_period = std::chrono::minutes(10);

// What exports left behind when the program was killed.
Result<> empty_folder(Disk& disk, const std::string& path) {
    TRY(disk.make_directory(path));
    TRY_ASSIGN(const auto names, disk.list(path));
    for (const std::string& name : names) {
        TRY(disk.remove(path + "/" + name));
    }
    return {};
}

// As many files and connections as the system lets this program have.
std::int64_t take_descriptors() {
    constexpr rlim_t most = 1 << 20;
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return most;
    }
    limit.rlim_cur = std::max(limit.rlim_cur, std::min(limit.rlim_max, most));
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
    return static_cast<std::int64_t>(std::min(limit.rlim_cur, most));
}

// Clients never take the descriptors that the store and the devices need.
void leave_descriptors(Options& options, Log& log) {
    const std::int64_t all = take_descriptors();
    const auto limit = [&](std::string_view name, std::int64_t& connections, std::int64_t most) {
        if (connections > most) {
            log.warn("daemon", "fewer connections than configured",
                     {{"option", name},
                      {"configured", connections},
                      {"connections", most},
                      {"detail", "raise the limit of open files (ulimit -n, LimitNOFILE=)"}});
            connections = most;
        }
    };
    limit("http.connections_max", options.http.connections_max, std::max<std::int64_t>(all / 2, 1));
    limit("postgres.connections_max", options.postgres.connections_max,
          std::max<std::int64_t>(all / 8, 1));
    if (options.opcua_server.enabled()) {
        limit("opcua_server.connections_max", options.opcua_server.connections_max,
              std::max<std::int64_t>(all / 8, 1));
    }
    if (options.mqtt.enabled()) {
        // What the doors above and an eighth for the rest leave: at least a quarter.
        limit("mqtt.connections_max", options.mqtt.connections_max,
              std::max<std::int64_t>(
                  all - all / 8 - options.http.connections_max - options.postgres.connections_max,
                  1));
    }
}

Result<> write_secret(const std::string& path, const Secret& secret) {
    const mode_t before = umask(0077);
    std::ofstream file(path, std::ios::trunc);
    umask(before);
    chmod(path.c_str(), 0600);  // of a file that was there before
    file << secret.reveal() << '\n';
    file.close();
    return file ? Result<>{} : fail(Code::Io, "cannot write {}", path);
}

// Of a principal of its own, which cannot sign in because nobody knows its password.
Result<Secret> make_setup_token(registry::Registry& registry, Random& random) {
    TRY_ASSIGN(const auto tenant, registry.tenants().get("main"));
    auto principal = registry.principals().get(tenant.id, "setup");
    if (!principal) {
        registry::Principal made;
        made.login = "setup";
        made.name = {.en = "Set-up programs", .zh = "安装程序"};
        made.roles = {"administrator"};
        made.operates_platform = true;
        principal =
            registry.principals().create(tenant.id, made, security::generate_password(random));
        TRY(principal);
    }
    TRY_ASSIGN(auto token, registry.sessions().create_token(tenant.id, principal->id, "setup",
                                                            std::chrono::hours(1)));
    return std::move(token.second);
}

}  // namespace

std::string_view version() { return GANTRY_VERSION; }

// In the order in which they are built; destroyed in reverse.
struct Node::Parts {
    Parts(Options node_options, Log& node_log, const Clock& node_clock)
        : options(std::move(node_options)), log(node_log), clock(node_clock) {}

    Result<> build(const SecretFiles& secrets);
    Result<> hand_out(const SecretFiles& secrets);
    void record(std::string_view action);

    Options options;
    Log& log;
    const Clock& clock;
    SystemRandom random;
    RealDisk disk;
    Metrics metrics;
    std::unique_ptr<DirectoryLock> lock;
    std::unique_ptr<security::Sealer> sealer;
    std::unique_ptr<SerialPorts> serial_ports;
    std::unique_ptr<connector::opcua::CertificateStore> certificates;
    std::unique_ptr<connector::AllowedFolders> folders;
    std::unique_ptr<connector::Positions> positions;
    std::unique_ptr<OffloadPool> local_pool;
    std::optional<connector::Local> local;
    std::unique_ptr<security::AuditLog> audit;
    std::unique_ptr<registry::Registry> registry;
    std::optional<Secret> first_password;
    std::unique_ptr<store::Store> store;
    std::unique_ptr<directory::Directory> directory;
    std::unique_ptr<labels::LabelIndex> labels;
    std::unique_ptr<labels::LineCaches> line_caches;
    std::unique_ptr<files::TenantFiles> files;
    RealTimers timers{clock};
    TcpNetwork network;
    std::unique_ptr<Shards> shards;
    std::unique_ptr<OffloadPool> offload;
    std::unique_ptr<FairPool> queries;
    std::stop_source stopping;
    std::unique_ptr<pipeline::Pipeline> pipeline;
    std::unique_ptr<query::SqlEngine> sql;
    connector::Protocols protocols = connector::built_in_protocols();
    std::unique_ptr<connector::Supervisor> connectors;
    std::unique_ptr<acquisition::Acquisition> acquisition;
    std::unique_ptr<connector::Discovery> discovery;
    std::unique_ptr<command::Dispatcher> commands;
    std::unique_ptr<intake::Intake> intake;
    std::unique_ptr<publication::TapPair> tap;
    std::unique_ptr<broker::Broker> broker;
    std::unique_ptr<bridge::Bridges> bridges;
    std::unique_ptr<publication::Publications> publications;
    std::unique_ptr<api::LiveParking> live_parking;
    std::unique_ptr<api::Services> services;
    std::unique_ptr<api::Api> api;
    std::unique_ptr<http::Server> server;
    std::unique_ptr<pgwire::Server> postgres;
    std::unique_ptr<opcua::Server> opcua_server;
    std::jthread purge;
    std::mutex purge_mutex;
    std::condition_variable_any purge_tick;
    bool stopped = false;
};

Result<> Node::Parts::hand_out(const SecretFiles& secrets) {
    if (first_password && !secrets.first_password.empty()) {
        TRY(write_secret(secrets.first_password, *first_password));
        first_password.reset();
    }
    if (!secrets.setup_token.empty()) {
        TRY_ASSIGN(const Secret token, make_setup_token(*registry, random));
        TRY(write_secret(secrets.setup_token, token));
    }
    return {};
}

Result<> Node::Parts::build(const SecretFiles& secrets) {
    leave_descriptors(options, log);
    const std::string& data = options.general.data;
    TRY(disk.make_directory(data));
    TRY_ASSIGN(lock, lock_directory(data));
    TRY(empty_folder(disk, data + "/tmp"));
    TRY_ASSIGN(sealer, security::Sealer::open(disk, data, random));
    TRY_ASSIGN(certificates,
               connector::opcua::CertificateStore::open(disk, data + "/opcua", random));
    TRY_ASSIGN(audit, security::AuditLog::open(disk, data + "/audit", clock, random, log));
    options.registry.path = data + "/registry.sqlite";
    TRY_ASSIGN(registry, registry::Registry::open(clock, random, log, options.registry));
    TRY_ASSIGN(first_password, registry->bootstrap());
    TRY(hand_out(secrets));
    options.store.folder = data + "/store";
    TRY_ASSIGN(store, store::Store::open(disk, clock, random, log, metrics, options.store));
    TRY_ASSIGN(directory, directory::Directory::open(*registry, *store, log));
    labels = std::make_unique<labels::LabelIndex>(
        *store, clock, [this](const TenantId& tenant) -> Result<std::uint64_t> {
            TRY_ASSIGN(const registry::Tenant now, registry->tenants().get(tenant.text()));
            return static_cast<std::uint64_t>(now.points_max);
        });
    line_caches = std::make_unique<labels::LineCaches>(*labels, random);
    files = std::make_unique<files::TenantFiles>(disk, data + "/files", options.files);

    std::size_t count = static_cast<std::size_t>(options.general.shards);
    if (count == 0) {
        count = std::max(1U, std::thread::hardware_concurrency());
    }
    shards = std::make_unique<Shards>(count, log);
    offload = std::make_unique<OffloadPool>(
        static_cast<std::size_t>(options.general.offload_threads), offload_queue_max);
    queries = std::make_unique<FairPool>(
        FairLimits{.threads = static_cast<std::size_t>(options.general.query_threads),
                   .waiting_max = static_cast<std::size_t>(options.general.queries_waiting_max)});
    pipeline = std::make_unique<pipeline::Pipeline>(*directory, *store, timers, clock, log, metrics,
                                                    options.pipeline);
    sql = std::make_unique<query::SqlEngine>(*directory, *registry, *store, *labels, *files,
                                             options.sql);
    serial_ports = std::make_unique<SystemSerialPorts>(options.connectors.serial_ports);
    TRY(disk.make_directory(data + "/positions"));
    folders = std::make_unique<connector::AllowedFolders>(options.connectors.folders);
    positions = std::make_unique<connector::Positions>(disk, data + "/positions");
    local_pool = std::make_unique<OffloadPool>(local_threads, offload_queue_max);
    local.emplace(connector::Local{*folders, *positions, *local_pool});
    protocols.add(std::make_unique<connector::file::FileProtocol>(*local));
    const connector::Surroundings around{
        network, timers, clock, log, metrics, random, serial_ports.get(), certificates.get()};
    std::vector<asio::any_io_executor> executors;
    for (std::size_t shard = 0; shard < shards->count(); ++shard) {
        executors.emplace_back(shards->executor(shard));
    }
    connectors = std::make_unique<connector::Supervisor>(protocols, *pipeline, around, executors);
    acquisition = std::make_unique<acquisition::Acquisition>(*registry, *directory, *connectors,
                                                             protocols, *sealer, log);
    discovery = std::make_unique<connector::Discovery>(protocols, connectors->around());
    commands = std::make_unique<command::Dispatcher>(command::Surroundings{
        *registry, *directory, *store, *connectors, *audit, *offload, timers, clock, log, metrics});
    live_parking = std::make_unique<api::LiveParking>(clock);
    intake = std::make_unique<intake::Intake>(
        intake::Surroundings{*registry, *directory, *pipeline, *offload, clock, random, log,
                             metrics},
        *shards);
    tap = std::make_unique<publication::TapPair>(
        *intake,
        publication::TapPair::Listener{
            [this] { return publications->version(); },
            [this](const TenantId& tenant, std::string_view topic) {
                return publications->wants(tenant, topic);
            },
            [this](const TenantId& tenant, std::string_view topic, std::string_view payload) {
                publications->hear(tenant, topic, payload);
            }});
    broker = std::make_unique<broker::Broker>(
        broker::Surroundings{*registry, *audit, *offload, network, disk, tap.get(), clock, random,
                             log, metrics, std::string(version())},
        data + "/mqtt", options.mqtt);
    bridges =
        std::make_unique<bridge::Bridges>(bridge::Surroundings{*registry, *sealer, *broker, network,
                                                               timers, clock, random, log, metrics},
                                          *shards);
    publications = std::make_unique<publication::Publications>(
        publication::Surroundings{*registry, *directory, *store, pipeline->live(), *broker,
                                  *offload, clock, log, metrics,
                                  [this](const TenantId& tenant, std::string_view topic) {
                                      return intake->taker(tenant, topic);
                                  },
                                  [this] { return intake->version(); }},
        *shards);
    services.reset(new api::Services{*registry,
                                     *store,
                                     *directory,
                                     *labels,
                                     *line_caches,
                                     *pipeline,
                                     *live_parking,
                                     *sql,
                                     *files,
                                     *connectors,
                                     protocols,
                                     *discovery,
                                     *commands,
                                     *broker,
                                     *bridges,
                                     *sealer,
                                     *intake,
                                     *publications,
                                     *audit,
                                     *offload,
                                     *queries,
                                     network,
                                     timers,
                                     clock,
                                     random,
                                     log,
                                     metrics,
                                     std::string(version()),
                                     data + "/tmp",
                                     clock.now(),
                                     options.general.requests_per_second,
                                     stopping.get_token()});
    api = std::make_unique<api::Api>(*services);
    intake->speak_by([this](const TenantId& tenant, sparkplug::Publish message) {
        broker->say(tenant, {std::move(message.topic), std::move(message.payload), message.qos,
                             message.retain});
    });
    TRY(intake->start());
    TRY(broker->start());
    TRY(bridges->start());
    TRY(publications->start());
    TRY(commands->start(shards->executor(0)));
    server = std::make_unique<http::Server>(*shards, network, *api, log, metrics, options.http);
    TRY(server->start());
    postgres =
        std::make_unique<pgwire::Server>(*shards,
                                         pgwire::Surroundings{*registry, *sql, *audit, *offload,
                                                              network, clock, random, log, metrics},
                                         options.postgres);
    TRY(postgres->start());
    TRY(acquisition->start());
    opcua_server = std::make_unique<opcua::Server>(
        *shards,
        opcua::Surroundings{*registry, *directory, *store, *commands, *certificates, *audit,
                            *offload, disk, clock, log, metrics, data + "/opcua",
                            std::string(version())},
        options.opcua_server);
    TRY(opcua_server->start());
    purge = std::jthread([this](const std::stop_token& stop) {
        std::unique_lock hold(purge_mutex);
        while (!stop.stop_requested()) {
            if (const auto purged = registry->sessions().purge(); !purged) {
                log.error("daemon", "purge failed", {{"detail", purged.error().message}});
            }
            if (const auto purged = registry->commands().purge(); !purged) {
                log.error("daemon", "purge failed", {{"detail", purged.error().message}});
            }
            live_parking->sweep();
            purge_tick.wait_for(hold, stop, purge_period, [] { return false; });
        }
    });
    record("start");
    return {};
}

void Node::Parts::record(std::string_view action) {
    security::AuditEntry entry;
    entry.action = action;
    entry.object = "gantryd " + std::string(version());
    entry.outcome = "ok";
    if (const auto kept = audit->record(std::move(entry)); !kept) {
        log.error("daemon", "audit log cannot be written", {{"detail", kept.error().message}});
    }
}

Node::Node(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Result<std::unique_ptr<Node>> Node::start(Options options, const SecretFiles& secrets, Log& log,
                                          const Clock& clock) {
    std::unique_ptr<Node> node(new Node(std::make_unique<Parts>(std::move(options), log, clock)));
    TRY(node->parts_->build(secrets));
    log.info("daemon", "ready", {{"url", node->url()}, {"data", node->data_folder()}});
    return node;
}

Node::~Node() { stop(); }

// From the outside in: first nothing new comes, then what runs ends, then what it wrote is synced.
void Node::stop() {
    Parts& parts = *parts_;
    if (std::exchange(parts.stopped, true)) {
        return;
    }
    // Queries may have long to go: who waits for one hears that it has ended.
    parts.stopping.request_stop();
    if (parts.sql) {
        parts.sql->stop();
    }
    // Before the broker, whose clients they are.
    if (parts.bridges) {
        parts.bridges->stop();
    }
    if (parts.publications) {
        parts.publications->stop();
    }
    // Before the broker, which it tells what is done: what is not done by then is not acknowledged.
    if (parts.intake) {
        parts.intake->stop();
    }
    // Before the server, which carries its clients that come over WebSocket.
    if (parts.broker) {
        parts.broker->hang_up();
    }
    if (parts.server) {
        parts.server->stop();
    }
    if (parts.postgres) {
        parts.postgres->stop();
    }
    if (parts.opcua_server) {
        parts.opcua_server->stop();
    }
    if (parts.broker) {
        parts.broker->stop();
    }
    if (parts.purge.joinable()) {
        parts.purge.request_stop();
        parts.purge.join();
    }
    if (parts.acquisition) {
        parts.acquisition->stop();
    }
    if (parts.commands) {
        asio::co_spawn(parts.shards->executor(0), parts.commands->stop(), asio::use_future).get();
    }
    if (parts.connectors) {
        asio::co_spawn(parts.shards->executor(0), parts.connectors->stop(), asio::use_future).get();
    }
    if (parts.local_pool) {
        parts.local_pool->stop();
    }
    if (parts.queries) {
        parts.queries->stop();
    }
    if (parts.offload) {
        parts.offload->stop();
    }
    if (parts.store) {
        parts.record("stop");
    }
    if (parts.shards) {
        parts.shards->stop();
    }
    parts.server.reset();
    parts.live_parking.reset();
    parts.postgres.reset();
    parts.opcua_server.reset();
    parts.pipeline.reset();
    if (parts.store) {
        if (const auto committed = parts.store->commit(); !committed) {
            parts.log.error("daemon", "last commit failed",
                            {{"detail", committed.error().message}});
        }
    }
    parts.log.info("daemon", "stopped");
}

std::string Node::url() const {
    return (parts_->server->encrypted() ? "https://" : "http://") + parts_->server->address();
}

std::string Node::postgres_address() const { return parts_->postgres->address(); }

std::string Node::mqtt_address() const { return parts_->broker->address(); }

std::vector<std::string> Node::opcua_addresses() const { return parts_->opcua_server->addresses(); }

std::string Node::mqtt_tls_address() const { return parts_->broker->tls_address(); }

const std::string& Node::data_folder() const { return parts_->options.general.data; }

std::optional<Secret> Node::take_first_password() {
    return std::exchange(parts_->first_password, std::nullopt);
}

}  // namespace gantry::daemon
