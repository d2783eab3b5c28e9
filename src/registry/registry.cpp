// SPDX-License-Identifier: Apache-2.0
#include "registry/registry.h"

namespace gantry::registry {

Registry::Registry(std::unique_ptr<Database> database, const Clock& clock, Random& random,
                   const RegistryOptions& options)
    : database_(std::move(database)),
      feed_(*database_, clock),
      random_(random),
      ground_{*database_, feed_, clock, random, options.tenants.points_max},
      tenants_(ground_),
      principals_(ground_, options.password_cost),
      sessions_(ground_, principals_, options.sessions),
      models_(ground_),
      assets_(ground_),
      points_(ground_),
      connections_(ground_),
      mappings_(ground_),
      bridges_(ground_),
      publications_(ground_),
      command_rules_(ground_),
      commands_(ground_),
      idempotency_(ground_) {}

Result<std::unique_ptr<Registry>> Registry::open(const Clock& clock, Random& random, Log& log,
                                                 const RegistryOptions& options) {
    TRY_ASSIGN(auto database, Database::open(options.path, log));
    std::unique_ptr<Registry> out(new Registry(std::move(database), clock, random, options));
    TRY(out->sessions_.make_salt_secret());
    return out;
}

Result<std::optional<Secret>> Registry::bootstrap() {
    TRY_ASSIGN(const auto tenants, tenants_.list({.limit = 1, .after = ""}));
    if (!tenants.items.empty()) {
        return std::nullopt;
    }
    TRY_ASSIGN(const Tenant tenant,
               tenants_.create({{}, "main", {.en = "Main tenant", .zh = "主租户"}, {}}));
    Principal administrator;
    administrator.login = "admin";
    administrator.name = {.en = "Administrator", .zh = "管理员"};
    administrator.roles = {"administrator"};
    administrator.must_change_password = true;
    administrator.operates_platform = true;
    Secret password = security::generate_password(random_);
    TRY(principals_.create(tenant.id, administrator, password));
    return password;
}

}  // namespace gantry::registry
