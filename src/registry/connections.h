// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/repository.h"

namespace gantry::registry {

// A tag with what its connector needs to know about the point behind it.
struct BoundTag {
    Tag tag;
    Point point;
};

// Connections and their tags. "reference" is an id or a key. What settings and addresses mean is
// checked by the protocol before they come here. Blocks; any thread.
class Connections {
public:
    explicit Connections(Ground ground) : ground_(ground) {}

    Result<Connection> create(const TenantId& tenant, Connection connection);
    Result<Connection> get(const TenantId& tenant, const std::string& reference);
    Result<Page<Connection>> list(const TenantId& tenant, const PageRequest& request);
    // Of every tenant, for the supervisor.
    Result<std::vector<std::pair<TenantId, Connection>>> all();
    // Everything but the protocol.
    Result<Connection> update(const TenantId& tenant, Connection connection,
                              const ExpectedVersion& expected);
    // Its tags go with it.
    Result<> remove(const TenantId& tenant, const std::string& reference,
                    const ExpectedVersion& expected);

    // All or none. Tag.connection and Tag.point may hold a key or path. Conflict: a point has a
    // tag.
    Result<std::vector<Tag>> create_tags(const TenantId& tenant, std::vector<Tag> tags);
    Result<Tag> tag(const TenantId& tenant, const std::string& id);
    Result<Page<BoundTag>> list_tags(const TenantId& tenant, const std::string& connection,
                                     const PageRequest& request);
    Result<Tag> update_tag(const TenantId& tenant, const std::string& id, std::string address,
                           const ExpectedVersion& expected);
    Result<> remove_tag(const TenantId& tenant, const std::string& id);
    // All tags of one connection, by address.
    Result<std::vector<BoundTag>> tags_of(const ConnectionId& connection);

private:
    Ground ground_;
};

}  // namespace gantry::registry
