// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include "base/options.h"
#include "registry/assets.h"
#include "registry/bridges.h"
#include "registry/command_rules.h"
#include "registry/commands.h"
#include "registry/connections.h"
#include "registry/idempotency.h"
#include "registry/mappings.h"
#include "registry/models.h"
#include "registry/points.h"
#include "registry/principals.h"
#include "registry/publications.h"
#include "registry/sessions.h"
#include "registry/tenants.h"

namespace gantry::registry {

struct TenantOptions {
    std::int64_t points_max = points_max_default;

    void describe(OptionVisitor& options) {
        options.number("points_max", points_max, 0, INT64_C(0xffff0000),
                       "Points, and so series, that a tenant may have unless the operator gives it "
                       "a quota of its own.");
    }
};

struct RegistryOptions {
    std::string path = "registry.sqlite";
    SessionOptions sessions;
    TenantOptions tenants;
    security::PasswordCost password_cost;
};

// The system of record for everything that is not samples.
class Registry {
public:
    static Result<std::unique_ptr<Registry>> open(const Clock& clock, Random& random, Log& log,
                                                  const RegistryOptions& options);

    // On the first start: makes the tenant `main` and its administrator `admin`, who operates the
    // platform, and returns the random password, to be shown once and changed at the first sign-in.
    Result<std::optional<Secret>> bootstrap();

    ChangeFeed& changes() { return feed_; }
    Tenants& tenants() { return tenants_; }
    Principals& principals() { return principals_; }
    Sessions& sessions() { return sessions_; }
    Models& models() { return models_; }
    Assets& assets() { return assets_; }
    Points& points() { return points_; }
    Connections& connections() { return connections_; }
    Mappings& mappings() { return mappings_; }
    Bridges& bridges() { return bridges_; }
    Publications& publications() { return publications_; }
    CommandRules& command_rules() { return command_rules_; }
    Commands& commands() { return commands_; }
    Idempotency& idempotency() { return idempotency_; }

private:
    Registry(std::unique_ptr<Database> database, const Clock& clock, Random& random,
             const RegistryOptions& options);

    std::unique_ptr<Database> database_;
    ChangeFeed feed_;
    Random& random_;
    Ground ground_;
    Tenants tenants_;
    Principals principals_;
    Sessions sessions_;
    Models models_;
    Assets assets_;
    Points points_;
    Connections connections_;
    Mappings mappings_;
    Bridges bridges_;
    Publications publications_;
    CommandRules command_rules_;
    Commands commands_;
    Idempotency idempotency_;
};

}  // namespace gantry::registry
