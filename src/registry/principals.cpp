// SPDX-License-Identifier: Apache-2.0
#include "registry/principals.h"

#include <algorithm>

#include "model/json.h"
#include "security/statement_json.h"

namespace gantry::registry {
namespace {

constexpr std::string_view columns =
    "id, tenant, login, must_change, disabled, operator, doc, created, updated, version";
constexpr std::string_view role_columns = "id, key, doc, created, updated, version";

Result<Principal> principal_of(Sql& sql, const SqlRow& row) {
    Principal out;
    out.id = PrincipalId(row.text(0));
    out.tenant = TenantId(row.text(1));
    out.login = row.text(2);
    out.must_change_password = row.flag(3);
    out.disabled = row.flag(4);
    out.operates_platform = row.flag(5);
    out.stamp = read_stamp(row, 7);
    TRY_ASSIGN(const json::value doc, parse_json(row.text(6)));
    ObjectReader in(doc, "");
    in.optional("name", out.name);
    TRY(in.finish());
    TRY_ASSIGN(const auto roles,
               sql.query("SELECT roles.key FROM principal_roles JOIN roles ON roles.id = "
                         "principal_roles.role WHERE principal = :id ORDER BY roles.key",
                         {{"id", out.id.text()}}));
    for (const SqlRow& role : roles) {
        out.roles.push_back(role.text(0));
    }
    return out;
}

std::string document_of(const Role& role) {
    json::object doc;
    doc["name"] = to_json(role.name);
    json::array statements;
    for (const security::Statement& statement : role.statements) {
        statements.push_back(to_json(statement));
    }
    doc["statements"] = std::move(statements);
    return json::serialize(doc);
}

Result<Role> role_of(const SqlRow& row) {
    Role out;
    out.id = RoleId(row.text(0));
    out.key = row.text(1);
    out.stamp = read_stamp(row, 3);
    TRY_ASSIGN(const json::value doc, parse_json(row.text(2)));
    ObjectReader in(doc, "");
    in.optional("name", out.name);
    in.optional("statements", out.statements);
    TRY(in.finish());
    return out;
}

Result<Role> find_role(Sql& sql, const TenantId& tenant, const std::string& reference) {
    TRY_ASSIGN(
        const auto row,
        sql.first(
            std::format("SELECT {} FROM roles WHERE tenant = :tenant AND "
                        "(id = :reference OR key = :reference2)",
                        role_columns),
            {{"tenant", tenant.text()}, {"reference", reference}, {"reference2", reference}}));
    if (!row) {
        return fail(Code::NotFound, "there is no role '{}'", reference);
    }
    return role_of(*row);
}

Result<> set_roles(Sql& sql, const Principal& principal) {
    TRY(sql.execute("DELETE FROM principal_roles WHERE principal = :id",
                    {{"id", principal.id.text()}}));
    for (std::size_t i = 0; i < principal.roles.size(); ++i) {
        const auto role = find_role(sql, principal.tenant, principal.roles[i]);
        if (!role) {
            return bad_field("/roles/" + std::to_string(i), role.error().message);
        }
        TRY(sql.execute("INSERT INTO principal_roles (principal, role) VALUES (:principal, :role)",
                        {{"principal", principal.id.text()}, {"role", role->id.text()}}));
    }
    return {};
}

std::string name_document(const LocalizedText& name) {
    json::object doc;
    doc["name"] = to_json(name);
    return json::serialize(doc);
}

Result<Principal> find_principal(Sql& sql, const TenantId& tenant, const std::string& reference) {
    TRY_ASSIGN(
        const auto row,
        sql.first(
            std::format("SELECT {} FROM principals WHERE tenant = :tenant AND "
                        "(id = :reference OR login = :reference2)",
                        columns),
            {{"tenant", tenant.text()}, {"reference", reference}, {"reference2", reference}}));
    if (!row) {
        return fail(Code::NotFound, "there is no principal '{}'", reference);
    }
    return principal_of(sql, *row);
}

Result<> check_login(const std::string& login) {
    const bool fine = !login.empty() && login.size() <= 128 &&
                      std::ranges::none_of(login, [](unsigned char c) { return c <= ' '; });
    return fine ? Result<>{} : bad_field("/login", "a login has 1 to 128 characters, no spaces");
}

}  // namespace

std::vector<Role> Principals::built_in_roles() {
    using security::Effect;
    const std::vector<std::string> plant_read = {
        "assets:read",  "models:read",      "points:read",   "connections:read",  "tags:read",
        "samples:read", "metrics:read",     "sql:read",      "files:read",        "jobs:read",
        "usage:read",   "topics:subscribe", "commands:read", "command_rules:read"};
    const auto with = [&plant_read](std::vector<std::string> more) {
        more.insert(more.begin(), plant_read.begin(), plant_read.end());
        return std::vector<security::Statement>{{Effect::Allow, std::move(more), ""}};
    };
    const auto role = [](std::string key, std::string en, std::string zh,
                         std::vector<security::Statement> statements) {
        return Role{{}, std::move(key), {std::move(en), std::move(zh)}, std::move(statements), {}};
    };
    return {
        role("administrator", "Administrator", "管理员", {{Effect::Allow, {"*:*"}, ""}}),
        role("engineer", "Automation engineer", "自动化工程师",
             with({"assets:write", "models:write", "points:write", "connections:write",
                   "tags:write", "samples:write", "metrics:write", "files:write", "commands:write",
                   "commands:approve", "command_rules:write", "jobs:write", "topics:publish",
                   "broker:read", "mappings:read", "mappings:write", "bridges:read",
                   "bridges:write"})),
        role("operator", "Operator", "操作员", with({"commands:write"})),
        role("viewer", "Viewer", "只读用户", with({})),
        role("auditor", "Auditor", "审计员",
             {{Effect::Allow, {"audit:read", "principals:read", "roles:read", "tokens:read"}, ""}}),
    };
}

Result<std::vector<security::Statement>> Principals::rights(const TenantId& tenant,
                                                            const PrincipalId& id) {
    using Statements = std::vector<security::Statement>;
    return ground_.database.read<Statements>([&](Sql& sql) -> Result<Statements> {
        TRY_ASSIGN(const Principal principal, by_id(sql, id));
        if (principal.tenant != tenant || principal.disabled) {
            return fail(Code::NotFound, "there is no principal '{}'", id.text());
        }
        return statements(sql, id);
    });
}

Result<std::vector<security::Statement>> Principals::statements(Sql& sql, const PrincipalId& id) {
    TRY_ASSIGN(const auto rows,
               sql.query("SELECT roles.id, roles.key, roles.doc, roles.created, roles.updated, "
                         "roles.version FROM principal_roles JOIN roles ON roles.id = "
                         "principal_roles.role WHERE principal = :id ORDER BY roles.key",
                         {{"id", id.text()}}));
    std::vector<security::Statement> out;
    for (const SqlRow& row : rows) {
        TRY_ASSIGN(Role role, role_of(row));
        std::ranges::move(role.statements, std::back_inserter(out));
    }
    return out;
}

Result<Principal> Principals::by_id(Sql& sql, const PrincipalId& id) {
    TRY_ASSIGN(const auto row,
               sql.first(std::format("SELECT {} FROM principals WHERE id = :id", columns),
                         {{"id", id.text()}}));
    if (!row) {
        return fail(Code::NotFound, "there is no principal '{}'", id.text());
    }
    return principal_of(sql, *row);
}

Result<Principal> Principals::create(const TenantId& tenant, Principal principal,
                                     const Secret& password) {
    TRY(check_login(principal.login));
    if (const auto checked = security::check_new_password(password, principal.login); !checked) {
        return bad_field("/password", checked.error().message);
    }
    const std::string hash = security::hash_password(password, ground_.random, cost_);
    return ground_.feed.write<Principal>([&](Sql& sql, ChangeSet& changes) -> Result<Principal> {
        principal.id = make_id<PrincipalTag>(ground_.clock, ground_.random);
        principal.tenant = tenant;
        principal.stamp = new_stamp(ground_.clock);
        const auto done = sql.execute(
            "INSERT INTO principals (id, tenant, login, password, must_change, disabled, operator, "
            "doc, created, updated, version) VALUES (:id, :tenant, :login, :password, "
            ":must_change, "
            ":disabled, :operator, :doc, :created, :updated, :version)",
            with_stamp({{"id", principal.id.text()},
                        {"tenant", tenant.text()},
                        {"login", principal.login},
                        {"password", hash},
                        {"must_change", principal.must_change_password ? 1 : 0},
                        {"disabled", principal.disabled ? 1 : 0},
                        {"operator", principal.operates_platform ? 1 : 0},
                        {"doc", name_document(principal.name)}},
                       principal.stamp));
        if (!done) {
            return done.error().code == Code::Conflict
                       ? fail(Code::Conflict, "the login '{}' is taken", principal.login)
                       : std::unexpected(done.error());
        }
        TRY(set_roles(sql, principal));
        changes.add(tenant, EntityKind::Principal, principal.id.text(), ChangeAction::Created);
        return principal;
    });
}

Result<Principal> Principals::get(const TenantId& tenant, const std::string& reference) {
    return ground_.database.read<Principal>(
        [&](Sql& sql) { return find_principal(sql, tenant, reference); });
}

Result<Page<Principal>> Principals::list(const TenantId& tenant, const PageRequest& request) {
    return ground_.database.read<Page<Principal>>([&](Sql& sql) -> Result<Page<Principal>> {
        TRY_ASSIGN(const auto rows,
                   sql.query(std::format("SELECT {} FROM principals WHERE tenant = :tenant AND "
                                         "login > :after ORDER BY login LIMIT :limit",
                                         columns),
                             {{"tenant", tenant.text()},
                              {"after", request.after},
                              {"limit", request.limit + 1}}));
        std::vector<Principal> items;
        for (const SqlRow& row : rows) {
            TRY_ASSIGN(Principal principal, principal_of(sql, row));
            items.push_back(std::move(principal));
        }
        return make_page(std::move(items), request,
                         [](const Principal& principal) { return principal.login; });
    });
}

Result<Principal> Principals::update(const TenantId& tenant, Principal principal,
                                     const ExpectedVersion& expected) {
    return ground_.feed.write<Principal>([&](Sql& sql, ChangeSet& changes) -> Result<Principal> {
        TRY_ASSIGN(Principal before, find_principal(sql, tenant, principal.id.text()));
        TRY(check_version(before.stamp, expected));
        before.name = principal.name;
        before.roles = principal.roles;
        before.disabled = principal.disabled;
        before.stamp = next_stamp(before.stamp, ground_.clock);
        TRY(sql.execute(
            "UPDATE principals SET disabled = :disabled, doc = :doc, created = :created, "
            "updated = :updated, version = :version WHERE id = :id",
            with_stamp({{"disabled", before.disabled ? 1 : 0},
                        {"doc", name_document(before.name)},
                        {"id", before.id.text()}},
                       before.stamp)));
        TRY(set_roles(sql, before));
        changes.add(tenant, EntityKind::Principal, before.id.text(), ChangeAction::Updated);
        return before;
    });
}

Result<> Principals::set_password(const PrincipalId& id, const Secret& password, bool must_change) {
    TRY_ASSIGN(const Principal principal,
               ground_.database.read<Principal>([&](Sql& sql) { return by_id(sql, id); }));
    if (const auto checked = security::check_new_password(password, principal.login); !checked) {
        return bad_field("/password", checked.error().message);
    }
    const std::string hash = security::hash_password(password, ground_.random, cost_);
    const auto done = ground_.feed.write<bool>([&](Sql& sql, ChangeSet& changes) -> Result<bool> {
        TRY(sql.execute(
            "UPDATE principals SET password = :password, must_change = :must_change "
            "WHERE id = :id",
            {{"password", hash}, {"must_change", must_change ? 1 : 0}, {"id", id.text()}}));
        changes.add(principal.tenant, EntityKind::Principal, id.text(), ChangeAction::Updated);
        return true;
    });
    return done ? Result<>{} : std::unexpected(done.error());
}

Result<> Principals::remove(const TenantId& tenant, const std::string& reference) {
    const auto done = ground_.feed.write<bool>([&](Sql& sql, ChangeSet& changes) -> Result<bool> {
        TRY_ASSIGN(const Principal principal, find_principal(sql, tenant, reference));
        TRY(sql.execute("DELETE FROM principals WHERE id = :id", {{"id", principal.id.text()}}));
        changes.add(tenant, EntityKind::Principal, principal.id.text(), ChangeAction::Deleted);
        return true;
    });
    return done ? Result<>{} : std::unexpected(done.error());
}

Result<Principals::Credentials> Principals::credentials(const std::string& login) {
    return ground_.database.read<Credentials>([&](Sql& sql) -> Result<Credentials> {
        TRY_ASSIGN(const auto row,
                   sql.first(std::format("SELECT {}, password FROM principals WHERE login = :login",
                                         columns),
                             {{"login", login}}));
        if (!row) {
            return fail(Code::NotFound, "there is no principal '{}'", login);
        }
        TRY_ASSIGN(Principal principal, principal_of(sql, *row));
        return Credentials{std::move(principal), row->text(10)};
    });
}

Result<Role> Principals::insert_role(Sql& sql, const Ground& ground, const TenantId& tenant,
                                     Role role, ChangeSet& changes) {
    TRY(check_key(role.key, "/key"));
    role.id = make_id<RoleTag>(ground.clock, ground.random);
    role.stamp = new_stamp(ground.clock);
    const auto done = sql.execute(
        "INSERT INTO roles (id, tenant, key, doc, created, updated, version) VALUES (:id, :tenant, "
        ":key, :doc, :created, :updated, :version)",
        with_stamp({{"id", role.id.text()},
                    {"tenant", tenant.text()},
                    {"key", role.key},
                    {"doc", document_of(role)}},
                   role.stamp));
    if (!done) {
        return done.error().code == Code::Conflict
                   ? fail(Code::Conflict, "there is a role '{}' already", role.key)
                   : std::unexpected(done.error());
    }
    changes.add(tenant, EntityKind::Role, role.id.text(), ChangeAction::Created);
    return role;
}

Result<Role> Principals::create_role(const TenantId& tenant, Role role) {
    return ground_.feed.write<Role>([&](Sql& sql, ChangeSet& changes) {
        return insert_role(sql, ground_, tenant, role, changes);
    });
}

Result<Role> Principals::role(const TenantId& tenant, const std::string& reference) {
    return ground_.database.read<Role>([&](Sql& sql) { return find_role(sql, tenant, reference); });
}

Result<Page<Role>> Principals::list_roles(const TenantId& tenant, const PageRequest& request) {
    return ground_.database.read<Page<Role>>([&](Sql& sql) -> Result<Page<Role>> {
        TRY_ASSIGN(const auto rows,
                   sql.query(std::format("SELECT {} FROM roles WHERE tenant = :tenant AND "
                                         "key > :after ORDER BY key LIMIT :limit",
                                         role_columns),
                             {{"tenant", tenant.text()},
                              {"after", request.after},
                              {"limit", request.limit + 1}}));
        std::vector<Role> items;
        for (const SqlRow& row : rows) {
            TRY_ASSIGN(Role role, role_of(row));
            items.push_back(std::move(role));
        }
        return make_page(std::move(items), request, [](const Role& role) { return role.key; });
    });
}

Result<Role> Principals::update_role(const TenantId& tenant, Role role,
                                     const ExpectedVersion& expected) {
    return ground_.feed.write<Role>([&](Sql& sql, ChangeSet& changes) -> Result<Role> {
        TRY_ASSIGN(const Role before, find_role(sql, tenant, role.id.text()));
        TRY(check_version(before.stamp, expected));
        role.id = before.id;
        role.key = before.key;
        role.stamp = next_stamp(before.stamp, ground_.clock);
        TRY(sql.execute(
            "UPDATE roles SET doc = :doc, created = :created, updated = :updated, "
            "version = :version WHERE id = :id",
            with_stamp({{"doc", document_of(role)}, {"id", role.id.text()}}, role.stamp)));
        changes.add(tenant, EntityKind::Role, role.id.text(), ChangeAction::Updated);
        return role;
    });
}

Result<> Principals::remove_role(const TenantId& tenant, const std::string& reference) {
    const auto done = ground_.feed.write<bool>([&](Sql& sql, ChangeSet& changes) -> Result<bool> {
        TRY_ASSIGN(const Role role, find_role(sql, tenant, reference));
        TRY_ASSIGN(const auto user,
                   sql.first("SELECT principals.login FROM principal_roles JOIN principals ON "
                             "principals.id = principal_roles.principal WHERE role = :role",
                             {{"role", role.id.text()}}));
        if (user) {
            return fail(Code::Conflict, "principal '{}' has the role '{}'", user->text(0),
                        role.key);
        }
        TRY(sql.execute("DELETE FROM roles WHERE id = :id", {{"id", role.id.text()}}));
        changes.add(tenant, EntityKind::Role, role.id.text(), ChangeAction::Deleted);
        return true;
    });
    return done ? Result<>{} : std::unexpected(done.error());
}

}  // namespace gantry::registry
