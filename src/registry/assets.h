// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/repository.h"

namespace gantry::registry {

struct AssetFilter {
    std::optional<std::string> parent;  // id or path; "" for the roots
    std::string under;                  // path: all below it
    std::string model;                  // id or key
    std::string search;                 // part of path or name, any case
};

struct AssetItem {
    Asset asset;
    bool has_children = false;
};

// The asset tree. "reference" is an id or a path. Blocks; any thread.
class Assets {
public:
    explicit Assets(Ground ground) : ground_(ground) {}

    // asset.parent may hold an id or a path. Makes a point for each property of the model.
    // Conflict: there is an asset at that path.
    Result<Asset> create(const TenantId& tenant, Asset asset);
    Result<AssetItem> get(const TenantId& tenant, const std::string& reference);
    Result<Page<AssetItem>> list(const TenantId& tenant, const AssetFilter& filter,
                                 const PageRequest& request);
    // Changes name, description, level, attributes, key and parent; with key or parent the paths of
    // all below it and of their points change. The model stays (Conflict).
    Result<Asset> update(const TenantId& tenant, Asset asset, const ExpectedVersion& expected);
    // With `recursive` also all below it; Conflict otherwise if there is any, and while a tag is
    // bound to one of the points.
    Result<> remove(const TenantId& tenant, const std::string& reference, bool recursive,
                    const ExpectedVersion& expected);

    static Result<Asset> get(Sql& sql, const TenantId& tenant, const std::string& reference);
    static Result<std::vector<Asset>> of_model(Sql& sql, const TenantId& tenant,
                                               const ModelId& model);

private:
    Result<> move(Sql& sql, const TenantId& tenant, const Asset& asset, const std::string& old_path,
                  ChangeSet& changes);

    Ground ground_;
};

}  // namespace gantry::registry
