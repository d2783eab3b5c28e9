// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/models.h"
#include "registry/repository.h"

namespace gantry::registry {

struct PointFilter {
    std::string under;   // path of an asset: its points and those of all below it
    std::string asset;   // id: only its own
    std::string search;  // part of the path, any case
};

// Points. "reference" is an id or a path. Blocks; any thread.
class Points {
public:
    explicit Points(Ground ground) : ground_(ground) {}

    // A point of its own, beside those of the asset's model. NotFound: no such asset. Conflict: the
    // asset has a point of that key. QuotaExceeded: the tenant may not have more points.
    Result<Point> create(const TenantId& tenant, const std::string& asset, Property property);
    Result<Point> get(const TenantId& tenant, const std::string& reference);
    Result<Page<Point>> list(const TenantId& tenant, const PointFilter& filter,
                             const PageRequest& request);
    // Every point of every tenant, for followers that keep their own picture.
    Result<std::vector<std::pair<TenantId, Point>>> all();
    // Changes name, unit, range and access; key and type stay. Of a point from a model the model is
    // to be changed instead (Conflict).
    Result<Point> update(const TenantId& tenant, const std::string& reference, Property property,
                         const ExpectedVersion& expected);
    // Conflict while a tag is bound to it. Its history stays in the store.
    Result<> remove(const TenantId& tenant, const std::string& reference,
                    const ExpectedVersion& expected);

    static Result<Point> get(Sql& sql, const TenantId& tenant, const std::string& reference);
    // Those of a new asset, all or none. QuotaExceeded: the tenant may not have so many.
    static Result<> insert_all(Sql& sql, const Ground& ground, const TenantId& tenant,
                               const Asset& asset, const std::vector<Property>& properties,
                               ChangeSet& changes);
    // Brings the points of all assets of a model in line with what the model has now, those that
    // go before those that come. QuotaExceeded: the tenant may not have so many.
    static Result<> follow_model(Sql& sql, const Ground& ground, const TenantId& tenant,
                                 const ModelId& model, const ResolvedModel& resolved,
                                 ChangeSet& changes);
    static Result<> remove(Sql& sql, const TenantId& tenant, const Point& point,
                           ChangeSet& changes);
    static Result<std::vector<Point>> of_asset(Sql& sql, const AssetId& asset);

private:
    // The point is counted already.
    static Result<Point> insert(Sql& sql, const Ground& ground, const TenantId& tenant,
                                const Asset& asset, const Property& property, bool from_model,
                                ChangeSet& changes);

    Ground ground_;
};

}  // namespace gantry::registry
