// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/repository.h"

namespace gantry::registry {

// Everything that an asset of a model has: its own, its parents' and its aspects'. A model's own
// property replaces an inherited one of the same key, which must have the same type.
struct ResolvedModel {
    std::vector<Property> properties;
    std::vector<CommandDefinition> commands;
    std::vector<EventDefinition> events;
};

// Thing models. "reference" is an id or a key. Blocks; any thread.
class Models {
public:
    explicit Models(Ground ground) : ground_(ground) {}

    // Conflict: the key is taken. InvalidArgument: parent or aspect missing, a circle, or two
    // properties of one key whose types differ.
    Result<ThingModel> create(const TenantId& tenant, ThingModel model);
    Result<ThingModel> get(const TenantId& tenant, const std::string& reference);
    Result<Page<ThingModel>> list(const TenantId& tenant, const PageRequest& request);
    // Also brings the points of all assets of this model and of models that build on it up to date:
    // new properties get points, properties that are gone lose theirs. Conflict when such a point
    // has a tag, or when a property's type would change.
    Result<ThingModel> replace(const TenantId& tenant, ThingModel model,
                               const ExpectedVersion& expected);
    // Conflict while an asset or another model uses it.
    Result<> remove(const TenantId& tenant, const std::string& reference,
                    const ExpectedVersion& expected);
    Result<ResolvedModel> resolve(const TenantId& tenant, const ModelId& id);

    static Result<ThingModel> get(Sql& sql, const TenantId& tenant, const std::string& reference);
    static Result<ResolvedModel> resolve(Sql& sql, const TenantId& tenant, const ThingModel& model,
                                         int depth = 0);

private:
    Ground ground_;
};

}  // namespace gantry::registry
