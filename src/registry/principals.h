// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/secret.h"
#include "registry/repository.h"
#include "security/password.h"
#include "security/policy.h"

namespace gantry::registry {

struct Role {
    RoleId id;
    std::string key;
    LocalizedText name;
    std::vector<security::Statement> statements;
    Stamp stamp;
};

// A person or program that may sign in.
struct Principal {
    PrincipalId id;
    TenantId tenant;
    std::string login;
    LocalizedText name;
    std::vector<std::string> roles;  // keys
    bool must_change_password = false;
    bool disabled = false;
    bool operates_platform = false;
    Stamp stamp;
};

// Principals and roles of a tenant. Blocks, the methods with a password for a good while; any
// thread.
class Principals {
public:
    Principals(Ground ground, security::PasswordCost cost) : ground_(ground), cost_(cost) {}

    // Conflict: the login is taken, in whatever tenant. InvalidArgument: a weak password, no such
    // role.
    Result<Principal> create(const TenantId& tenant, Principal principal, const Secret& password);
    Result<Principal> get(const TenantId& tenant, const std::string& reference);
    Result<Page<Principal>> list(const TenantId& tenant, const PageRequest& request);
    // Name, roles, disabled.
    Result<Principal> update(const TenantId& tenant, Principal principal,
                             const ExpectedVersion& expected);
    Result<> set_password(const PrincipalId& id, const Secret& password, bool must_change);
    Result<> remove(const TenantId& tenant, const std::string& reference);

    Result<Role> create_role(const TenantId& tenant, Role role);
    Result<Role> role(const TenantId& tenant, const std::string& reference);
    Result<Page<Role>> list_roles(const TenantId& tenant, const PageRequest& request);
    Result<Role> update_role(const TenantId& tenant, Role role, const ExpectedVersion& expected);
    // Conflict while a principal has it.
    Result<> remove_role(const TenantId& tenant, const std::string& reference);

    // The principal of that login and the hash of its password; NotFound if there is none.
    struct Credentials {
        Principal principal;
        std::string password_hash;
    };
    Result<Credentials> credentials(const std::string& login);
    // What it may do now. NotFound: it is gone, or disabled.
    Result<std::vector<security::Statement>> rights(const TenantId& tenant, const PrincipalId& id);
    // Of all its roles together.
    static Result<std::vector<security::Statement>> statements(Sql& sql, const PrincipalId& id);
    static Result<Principal> by_id(Sql& sql, const PrincipalId& id);
    static Result<Role> insert_role(Sql& sql, const Ground& ground, const TenantId& tenant,
                                    Role role, ChangeSet& changes);
    // administrator, engineer, operator, viewer, auditor.
    static std::vector<Role> built_in_roles();

    const security::PasswordCost& cost() const { return cost_; }

private:
    Ground ground_;
    security::PasswordCost cost_;
};

}  // namespace gantry::registry
