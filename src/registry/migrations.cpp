// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "registry/database.h"

namespace gantry::registry {
namespace {

// A step is never changed once it has been released; a new one is added below it. Statements are
// those that SQLite and PostgreSQL share; times are ns UTC; documents are JSON.
constexpr std::array steps = {
    // 1: the foundation
    R"(
CREATE TABLE tenants (
    id TEXT PRIMARY KEY, key TEXT NOT NULL UNIQUE, doc TEXT NOT NULL,
    created BIGINT NOT NULL, updated BIGINT NOT NULL, version BIGINT NOT NULL);
CREATE TABLE roles (
    id TEXT PRIMARY KEY, tenant TEXT NOT NULL REFERENCES tenants(id), key TEXT NOT NULL,
    doc TEXT NOT NULL, created BIGINT NOT NULL, updated BIGINT NOT NULL, version BIGINT NOT NULL,
    UNIQUE (tenant, key));
CREATE TABLE principals (
    id TEXT PRIMARY KEY, tenant TEXT NOT NULL REFERENCES tenants(id), login TEXT NOT NULL UNIQUE,
    password TEXT NOT NULL, must_change BIGINT NOT NULL, disabled BIGINT NOT NULL,
    operator BIGINT NOT NULL, doc TEXT NOT NULL,
    created BIGINT NOT NULL, updated BIGINT NOT NULL, version BIGINT NOT NULL);
CREATE TABLE principal_roles (
    principal TEXT NOT NULL REFERENCES principals(id) ON DELETE CASCADE,
    role TEXT NOT NULL REFERENCES roles(id), PRIMARY KEY (principal, role));
CREATE TABLE tokens (
    id TEXT PRIMARY KEY, tenant TEXT NOT NULL REFERENCES tenants(id),
    principal TEXT NOT NULL REFERENCES principals(id) ON DELETE CASCADE,
    kind TEXT NOT NULL, hash TEXT NOT NULL UNIQUE, family TEXT NOT NULL, name TEXT NOT NULL,
    created BIGINT NOT NULL, expires BIGINT NOT NULL, used BIGINT NOT NULL);
CREATE INDEX tokens_family ON tokens (family);
CREATE INDEX tokens_principal ON tokens (principal);
CREATE TABLE models (
    id TEXT PRIMARY KEY, tenant TEXT NOT NULL REFERENCES tenants(id), key TEXT NOT NULL,
    parent TEXT NOT NULL, doc TEXT NOT NULL,
    created BIGINT NOT NULL, updated BIGINT NOT NULL, version BIGINT NOT NULL,
    UNIQUE (tenant, key));
CREATE TABLE assets (
    id TEXT PRIMARY KEY, tenant TEXT NOT NULL REFERENCES tenants(id), parent TEXT NOT NULL,
    path TEXT NOT NULL, model TEXT NOT NULL, doc TEXT NOT NULL,
    created BIGINT NOT NULL, updated BIGINT NOT NULL, version BIGINT NOT NULL,
    UNIQUE (tenant, path));
CREATE INDEX assets_parent ON assets (tenant, parent);
CREATE INDEX assets_model ON assets (tenant, model);
CREATE TABLE points (
    id TEXT PRIMARY KEY, tenant TEXT NOT NULL REFERENCES tenants(id),
    asset TEXT NOT NULL REFERENCES assets(id), path TEXT NOT NULL, from_model BIGINT NOT NULL,
    doc TEXT NOT NULL, created BIGINT NOT NULL, updated BIGINT NOT NULL, version BIGINT NOT NULL,
    UNIQUE (tenant, path));
CREATE INDEX points_asset ON points (asset);
CREATE TABLE connections (
    id TEXT PRIMARY KEY, tenant TEXT NOT NULL REFERENCES tenants(id), key TEXT NOT NULL,
    protocol TEXT NOT NULL, enabled BIGINT NOT NULL, doc TEXT NOT NULL,
    created BIGINT NOT NULL, updated BIGINT NOT NULL, version BIGINT NOT NULL,
    UNIQUE (tenant, key));
CREATE TABLE tags (
    id TEXT PRIMARY KEY, tenant TEXT NOT NULL REFERENCES tenants(id),
    connection TEXT NOT NULL REFERENCES connections(id), point TEXT NOT NULL REFERENCES points(id),
    address TEXT NOT NULL,
    created BIGINT NOT NULL, updated BIGINT NOT NULL, version BIGINT NOT NULL,
    UNIQUE (point));
CREATE INDEX tags_connection ON tags (connection);
CREATE TABLE changes (
    sequence BIGINT PRIMARY KEY, tenant TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
    action TEXT NOT NULL, time BIGINT NOT NULL);
CREATE TABLE idempotency (
    tenant TEXT NOT NULL, principal TEXT NOT NULL, key TEXT NOT NULL, request TEXT NOT NULL,
    answer TEXT NOT NULL, expires BIGINT NOT NULL, PRIMARY KEY (tenant, principal, key));
)",
    // 2: how many points a tenant has, and how many it may have; null is as configured
    R"(
ALTER TABLE tenants ADD COLUMN points BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tenants ADD COLUMN points_quota BIGINT;
UPDATE tenants SET points = (SELECT count(*) FROM points WHERE points.tenant = tenants.id);
)",
    // 3: series known by labels have a permission of their own: whoever could read or write samples
    // everywhere by a role that came with the tenant may do so there too.
    R"(
UPDATE roles SET
    doc = replace(doc, '"samples:read"', '"samples:read","metrics:read","usage:read"')
    WHERE key IN ('engineer', 'operator', 'viewer');
UPDATE roles SET doc = replace(doc, '"samples:write"', '"samples:write","metrics:write"')
    WHERE key IN ('engineer');
)",
    // 4: what an API token is checked with where it is not sent itself (SCRAM); empty for tokens
    // from before. `secrets` holds random values of this installation.
    R"(
ALTER TABLE tokens ADD COLUMN scram TEXT NOT NULL DEFAULT '';
CREATE TABLE secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL);
)",
    // 5: files for SQL have permissions of their own, for who can ask with SQL or write samples.
    R"(
UPDATE roles SET doc = replace(doc, '"sql:read"', '"sql:read","files:read"')
    WHERE key IN ('engineer', 'operator', 'viewer');
UPDATE roles SET doc = replace(doc, '"samples:write"', '"samples:write","files:write"')
    WHERE key IN ('engineer');
)",
    // 6: topics of the MQTT broker have permissions of their own, for who reads or writes samples.
    R"(
UPDATE roles SET doc = replace(doc, '"samples:read"', '"samples:read","topics:subscribe"')
    WHERE key IN ('engineer', 'operator', 'viewer');
UPDATE roles SET doc = replace(doc, '"samples:write"',
    '"samples:write","topics:publish","broker:read","mappings:read","mappings:write"')
    WHERE key IN ('engineer');
)",
    // 7: what to make of messages.
    R"(
CREATE TABLE mappings (
    id TEXT PRIMARY KEY, tenant TEXT NOT NULL REFERENCES tenants(id), key TEXT NOT NULL,
    doc TEXT NOT NULL,
    created BIGINT NOT NULL, updated BIGINT NOT NULL, version BIGINT NOT NULL,
    UNIQUE (tenant, key));
)",
    // 8: bridges to other MQTT brokers. Who may publish and subscribe everywhere, and looks after
    // the broker, looks after them too.
    R"(
CREATE TABLE bridges (
    id TEXT PRIMARY KEY, tenant TEXT NOT NULL REFERENCES tenants(id), key TEXT NOT NULL,
    doc TEXT NOT NULL, secrets TEXT NOT NULL,
    created BIGINT NOT NULL, updated BIGINT NOT NULL, version BIGINT NOT NULL,
    UNIQUE (tenant, key));
UPDATE roles SET doc = replace(doc, '"mappings:write"',
    '"mappings:write","bridges:read","bridges:write"')
    WHERE key IN ('engineer');
)",
    // 9: which points are told to the clients of the broker.
    R"(
CREATE TABLE publications (
    id TEXT PRIMARY KEY, tenant TEXT NOT NULL REFERENCES tenants(id), key TEXT NOT NULL,
    doc TEXT NOT NULL,
    created BIGINT NOT NULL, updated BIGINT NOT NULL, version BIGINT NOT NULL,
    UNIQUE (tenant, key));
)",
    // 10: commands, each with what became of it, and what must be true before one is sent. Who
    // could set up devices makes the rules and approves; who could read samples may see both.
    R"(
CREATE TABLE command_rules (
    id TEXT PRIMARY KEY, tenant TEXT NOT NULL REFERENCES tenants(id), key TEXT NOT NULL,
    doc TEXT NOT NULL,
    created BIGINT NOT NULL, updated BIGINT NOT NULL, version BIGINT NOT NULL,
    UNIQUE (tenant, key));
CREATE TABLE commands (
    id TEXT PRIMARY KEY, tenant TEXT NOT NULL REFERENCES tenants(id), point TEXT NOT NULL,
    principal TEXT NOT NULL, key TEXT NOT NULL, request TEXT NOT NULL, state TEXT NOT NULL,
    doc TEXT NOT NULL, UNIQUE (tenant, principal, key));
CREATE INDEX commands_state ON commands (state);
CREATE INDEX commands_point ON commands (point);
UPDATE roles SET doc = replace(doc, '"samples:read"',
    '"samples:read","commands:read","command_rules:read"')
    WHERE key IN ('engineer', 'operator', 'viewer');
UPDATE roles SET doc = replace(doc, '"commands:write"',
    '"commands:write","commands:approve","command_rules:write"')
    WHERE key IN ('engineer');
)",
};

Result<> run_all(Sql& sql, std::string_view script) {
    while (true) {
        const std::size_t end = script.find(';');
        if (end == std::string_view::npos) {
            return {};
        }
        TRY(sql.execute(script.substr(0, end)));
        script.remove_prefix(end + 1);
    }
}

}  // namespace

int schema_version() { return static_cast<int>(steps.size()); }

Result<> migrate(Sql& sql, Log& log) {
    TRY(sql.execute("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)"));
    TRY_ASSIGN(const auto row, sql.first("SELECT version FROM schema_version"));
    const std::int64_t has = row ? row->number(0) : 0;
    const std::int64_t wanted = schema_version();
    if (has > wanted) {
        return fail(Code::Unsupported,
                    "the registry has schema {}, this program knows {}: use the program that wrote "
                    "it, or a newer one",
                    has, wanted);
    }
    if (!row) {
        TRY(sql.execute("INSERT INTO schema_version (version) VALUES (0)"));
    }
    for (std::int64_t step = has; step < wanted; ++step) {
        TRY(run_all(sql, steps[static_cast<std::size_t>(step)]));
        TRY(sql.execute("UPDATE schema_version SET version = :version", {{"version", step + 1}}));
        log.info("registry", "schema brought up to date", {{"version", step + 1}});
    }
    return {};
}

}  // namespace gantry::registry
