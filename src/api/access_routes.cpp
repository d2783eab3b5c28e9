// SPDX-License-Identifier: Apache-2.0
// Tenants, principals, roles, API tokens, and the explanation of a decision.
#include "api/entities_json.h"
#include "api/route.h"
#include "security/statement_json.h"

namespace gantry::api {
namespace {

template <class T>
auto show_item(const T& item) {
    return std::optional<json::object>(show(item));
}

Result<> must_operate(const Call& call) {
    return call.context.identity->operates_platform
               ? Result<>{}
               : fail(Code::NotFound, "there is no such list for this principal");
}

Result<http::Response> list_tenants(Services& services, const Call& call) {
    TRY(must_operate(call));
    TRY_ASSIGN(const auto page, call.page());
    TRY_ASSIGN(const auto tenants, services.registry.tenants().list(page));
    return page_answer(tenants, [](const registry::Tenant& tenant) {
        return std::optional(show_with_quota(tenant));
    });
}

// The operator's; null takes it back.
Result<> take_quota(ObjectReader& in, registry::Tenant& tenant) {
    constexpr std::int64_t most = INT64_C(0xffff0000);
    const json::value* quota = in.take("points_quota");
    if (quota == nullptr) {
        return {};
    }
    if (quota->is_null()) {
        tenant.points_quota.reset();
        return {};
    }
    std::int64_t points = 0;
    TRY(ObjectReader::read(*quota, points, "/points_quota"));
    if (points < 0 || points > most) {
        return bad_field("/points_quota",
                         std::format("must be 0 to {}, or null to be as configured", most));
    }
    tenant.points_quota = points;
    return {};
}

Result<http::Response> read_tenant(Services& services, const Call& call) {
    TRY(must_operate(call));
    TRY_ASSIGN(const auto tenant, services.registry.tenants().get(call.part("tenant")));
    return item_answer(show_with_quota(tenant), tenant.stamp);
}

Result<http::Response> patch_tenant(Services& services, const Call& call) {
    TRY(must_operate(call));
    TRY_ASSIGN(const json::value body, call.body());
    TRY_ASSIGN(const auto expected, call.expected_version());
    TRY_ASSIGN(registry::Tenant tenant, services.registry.tenants().get(call.part("tenant")));
    ObjectReader in(body, "");
    in.optional("name", tenant.name);
    in.check(take_quota(in, tenant));
    TRY(in.finish());
    TRY_ASSIGN(tenant, services.registry.tenants().update(tenant, expected));
    return item_answer(show_with_quota(tenant), tenant.stamp);
}

Result<http::Response> read_usage(Services& services, const Call& call) {
    TRY_ASSIGN(const auto tenant, services.registry.tenants().get(call.tenant().text()));
    const std::size_t series = services.labels.size(tenant.id);
    return json_answer({{"points", {{"used", tenant.points}, {"max", tenant.points_max}}},
                        {"series", {{"used", series}, {"max", tenant.points_max}}}});
}

Result<http::Response> create_tenant(Services& services, const Call& call) {
    TRY(must_operate(call));
    TRY_ASSIGN(const json::value body, call.body());
    registry::Tenant tenant;
    ObjectReader in(body, "");
    in.required("key", tenant.key);
    in.optional("name", tenant.name);
    in.check(take_quota(in, tenant));
    TRY(in.finish());
    TRY_ASSIGN(tenant, services.registry.tenants().create(tenant));
    return item_answer(show_with_quota(tenant), tenant.stamp, 201);
}

Result<http::Response> list_principals(Services& services, const Call& call) {
    TRY_ASSIGN(const auto page, call.page());
    TRY_ASSIGN(const auto principals, services.registry.principals().list(call.tenant(), page));
    return page_answer(principals, show_item<registry::Principal>);
}

Result<http::Response> read_principal(Services& services, const Call& call) {
    TRY_ASSIGN(const auto principal,
               services.registry.principals().get(call.tenant(), call.part("principal")));
    return item_answer(show(principal), principal.stamp);
}

Result<http::Response> create_principal(Services& services, const Call& call) {
    TRY_ASSIGN(const json::value body, call.body());
    registry::Principal principal;
    std::string password;
    principal.must_change_password = true;
    ObjectReader in(body, "");
    in.required("login", principal.login);
    in.required("password", password);
    in.optional("name", principal.name);
    in.optional("roles", principal.roles);
    in.optional("must_change_password", principal.must_change_password);
    TRY(in.finish());
    TRY_ASSIGN(principal, services.registry.principals().create(call.tenant(), principal,
                                                                Secret(std::move(password))));
    return item_answer(show(principal), principal.stamp, 201);
}

Result<http::Response> patch_principal(Services& services, const Call& call) {
    TRY_ASSIGN(const json::value body, call.body());
    TRY_ASSIGN(const auto expected, call.expected_version());
    auto& principals = services.registry.principals();
    TRY_ASSIGN(registry::Principal principal,
               principals.get(call.tenant(), call.part("principal")));
    ObjectReader in(body, "");
    in.optional("name", principal.name);
    in.optional("roles", principal.roles);
    in.optional("disabled", principal.disabled);
    TRY(in.finish());
    if (principal.id == call.context.identity->principal && principal.disabled) {
        return bad_field("/disabled", "nobody can disable themselves");
    }
    TRY_ASSIGN(principal, principals.update(call.tenant(), principal, expected));
    return item_answer(show(principal), principal.stamp);
}

Result<http::Response> remove_principal(Services& services, const Call& call) {
    auto& principals = services.registry.principals();
    TRY_ASSIGN(const auto principal, principals.get(call.tenant(), call.part("principal")));
    if (principal.id == call.context.identity->principal) {
        return fail(Code::Conflict, "nobody can remove themselves");
    }
    TRY(principals.remove(call.tenant(), principal.id.text()));
    return no_content();
}

Result<http::Response> reset_password(Services& services, const Call& call) {
    TRY_ASSIGN(const json::value body, call.body());
    std::string password;
    ObjectReader in(body, "");
    in.required("password", password);
    TRY(in.finish());
    auto& principals = services.registry.principals();
    TRY_ASSIGN(const auto principal, principals.get(call.tenant(), call.part("principal")));
    TRY(principals.set_password(principal.id, Secret(std::move(password)), true));
    TRY(services.registry.sessions().end_others(principal.id, TokenId()));
    return no_content();
}

Result<http::Response> list_roles(Services& services, const Call& call) {
    TRY_ASSIGN(const auto page, call.page());
    TRY_ASSIGN(const auto roles, services.registry.principals().list_roles(call.tenant(), page));
    return page_answer(roles, show_item<registry::Role>);
}

Result<http::Response> read_role(Services& services, const Call& call) {
    TRY_ASSIGN(const auto role,
               services.registry.principals().role(call.tenant(), call.part("role")));
    return item_answer(show(role), role.stamp);
}

Result<http::Response> create_role(Services& services, const Call& call) {
    TRY_ASSIGN(const json::value body, call.body());
    registry::Role role;
    TRY(read(body, role));
    TRY_ASSIGN(role, services.registry.principals().create_role(call.tenant(), role));
    return item_answer(show(role), role.stamp, 201);
}

Result<http::Response> replace_role(Services& services, const Call& call) {
    TRY_ASSIGN(const json::value body, call.body());
    TRY_ASSIGN(const auto expected, call.expected_version());
    auto& principals = services.registry.principals();
    TRY_ASSIGN(const auto before, principals.role(call.tenant(), call.part("role")));
    registry::Role role;
    TRY(read(body, role));
    role.id = before.id;
    TRY_ASSIGN(role, principals.update_role(call.tenant(), role, expected));
    return item_answer(show(role), role.stamp);
}

Result<http::Response> remove_role(Services& services, const Call& call) {
    TRY(services.registry.principals().remove_role(call.tenant(), call.part("role")));
    return no_content();
}

Result<http::Response> list_tokens(Services& services, const Call& call) {
    TRY_ASSIGN(const auto page, call.page());
    TRY_ASSIGN(const auto tokens, services.registry.sessions().list_tokens(call.tenant(), page));
    return page_answer(tokens, show_item<registry::ApiToken>);
}

Result<http::Response> create_token(Services& services, const Call& call) {
    TRY_ASSIGN(const json::value body, call.body());
    std::string name;
    std::string principal = call.context.identity->principal.text();
    Duration lifetime = std::chrono::hours(24 * 90);
    ObjectReader in(body, "");
    in.required("name", name);
    in.optional("principal", principal);
    in.optional("lifetime", lifetime);
    TRY(in.finish());
    if (lifetime <= Duration{0} || lifetime > std::chrono::hours(24 * 366)) {
        return bad_field("/lifetime", "must be more than nothing and at most 366d");
    }
    TRY_ASSIGN(const auto owner, services.registry.principals().get(call.tenant(), principal));
    TRY_ASSIGN(const auto made,
               services.registry.sessions().create_token(call.tenant(), owner.id, name, lifetime));
    json::object out = show(made.first);
    out["token"] = made.second.reveal();
    return json_answer(out, 201);
}

Result<http::Response> remove_token(Services& services, const Call& call) {
    TRY(services.registry.sessions().remove_token(call.tenant(), TokenId(call.part("token"))));
    return no_content();
}

Result<http::Response> explain(Services&, const Call& call) {
    TRY_ASSIGN(const json::value body, call.body());
    std::string permission;
    std::string path;
    ObjectReader in(body, "");
    in.required("permission", permission);
    in.optional("path", path);
    TRY(in.finish());
    const auto decision = security::decide(call.context.identity->statements, {permission, path});
    json::object out;
    out["allowed"] = decision.allowed;
    if (decision.because != nullptr) {
        out["because"] = to_json(*decision.because);
    } else {
        out["reason"] = "no statement of any role allows it";
    }
    return json_answer(out);
}

}  // namespace

void add_access_routes(std::vector<Route>& out) {
    using enum http::Method;
    constexpr std::string_view tag = "Access";
    out.push_back({.method = Get,
                   .path = "/v1/tenants",
                   .id = "listTenants",
                   .tag = tag,
                   .summary = "Tenants of this installation (platform operators only)",
                   .permission = "tenants:read",
                   .handle = list_tenants,
                   .query = with_paging(),
                   .response = "TenantPage"});
    out.push_back({.method = Post,
                   .path = "/v1/tenants",
                   .id = "createTenant",
                   .tag = tag,
                   .summary = "Make a tenant (platform operators only)",
                   .permission = "tenants:write",
                   .handle = create_tenant,
                   .request = "NewTenant",
                   .response = "TenantQuota",
                   .success = 201,
                   .audited = true});
    out.push_back({.method = Get,
                   .path = "/v1/tenants/{tenant}",
                   .id = "getTenant",
                   .tag = tag,
                   .summary = "One tenant, with its quota of points (platform operators only)",
                   .permission = "tenants:read",
                   .handle = read_tenant,
                   .response = "TenantQuota"});
    out.push_back({.method = Patch,
                   .path = "/v1/tenants/{tenant}",
                   .id = "patchTenant",
                   .tag = tag,
                   .summary = "Change name or quota of points (platform operators only)",
                   .permission = "tenants:write",
                   .handle = patch_tenant,
                   .request = "TenantPatch",
                   .response = "TenantQuota",
                   .audited = true,
                   .about = "points_quota is how many points, and so series, the tenant may have; "
                            "null makes it tenants.points_max again. It may have as many series by "
                            "labels beside them. What is there stays, also beyond a smaller "
                            "quota."});
    out.push_back({.method = Get,
                   .path = "/v1/usage",
                   .id = "getUsage",
                   .tag = tag,
                   .summary = "What the caller's tenant uses, and how much of it there may be",
                   .permission = "usage:read",
                   .handle = read_usage,
                   .response = "Usage",
                   .about = "A point more than max is refused with quota_exceeded (403), and so "
                            "are lines that would make a series more."});
    out.push_back({.method = Get,
                   .path = "/v1/principals",
                   .id = "listPrincipals",
                   .tag = tag,
                   .summary = "People and programs that may sign in",
                   .permission = "principals:read",
                   .handle = list_principals,
                   .query = with_paging(),
                   .response = "PrincipalPage"});
    out.push_back({.method = Post,
                   .path = "/v1/principals",
                   .id = "createPrincipal",
                   .tag = tag,
                   .summary = "Add a person or program",
                   .permission = "principals:write",
                   .handle = create_principal,
                   .request = "NewPrincipal",
                   .response = "Principal",
                   .success = 201,
                   .audited = true});
    out.push_back({.method = Get,
                   .path = "/v1/principals/{principal}",
                   .id = "getPrincipal",
                   .tag = tag,
                   .summary = "One person or program",
                   .permission = "principals:read",
                   .handle = read_principal,
                   .response = "Principal"});
    out.push_back({.method = Patch,
                   .path = "/v1/principals/{principal}",
                   .id = "patchPrincipal",
                   .tag = tag,
                   .summary = "Change name or roles, disable or enable",
                   .permission = "principals:write",
                   .handle = patch_principal,
                   .request = "PrincipalPatch",
                   .response = "Principal",
                   .audited = true});
    out.push_back({.method = Delete,
                   .path = "/v1/principals/{principal}",
                   .id = "removePrincipal",
                   .tag = tag,
                   .summary = "Remove, with all tokens",
                   .permission = "principals:write",
                   .handle = remove_principal,
                   .success = 204,
                   .audited = true});
    out.push_back({.method = Post,
                   .path = "/v1/principals/{principal}/reset-password",
                   .id = "resetPassword",
                   .tag = tag,
                   .summary = "Set a password that must be changed at the next sign-in",
                   .permission = "principals:write",
                   .handle = reset_password,
                   .request = "NewPassword",
                   .success = 204,
                   .audited = true});
    out.push_back({.method = Get,
                   .path = "/v1/roles",
                   .id = "listRoles",
                   .tag = tag,
                   .summary = "Roles",
                   .permission = "roles:read",
                   .handle = list_roles,
                   .query = with_paging(),
                   .response = "RolePage"});
    out.push_back({.method = Post,
                   .path = "/v1/roles",
                   .id = "createRole",
                   .tag = tag,
                   .summary = "Make a role",
                   .permission = "roles:write",
                   .handle = create_role,
                   .request = "NewRole",
                   .response = "Role",
                   .success = 201,
                   .audited = true});
    out.push_back({.method = Get,
                   .path = "/v1/roles/{role}",
                   .id = "getRole",
                   .tag = tag,
                   .summary = "One role",
                   .permission = "roles:read",
                   .handle = read_role,
                   .response = "Role"});
    out.push_back({.method = Put,
                   .path = "/v1/roles/{role}",
                   .id = "replaceRole",
                   .tag = tag,
                   .summary = "Change a role",
                   .permission = "roles:write",
                   .handle = replace_role,
                   .request = "NewRole",
                   .response = "Role",
                   .audited = true});
    out.push_back({.method = Delete,
                   .path = "/v1/roles/{role}",
                   .id = "removeRole",
                   .tag = tag,
                   .summary = "Remove a role that nobody has",
                   .permission = "roles:write",
                   .handle = remove_role,
                   .success = 204,
                   .audited = true});
    out.push_back({.method = Get,
                   .path = "/v1/tokens",
                   .id = "listTokens",
                   .tag = tag,
                   .summary = "API tokens, without their secrets",
                   .permission = "tokens:read",
                   .handle = list_tokens,
                   .query = with_paging(),
                   .response = "TokenPage"});
    out.push_back({.method = Post,
                   .path = "/v1/tokens",
                   .id = "createToken",
                   .tag = tag,
                   .summary = "Make an API token; its secret is shown this once",
                   .permission = "tokens:write",
                   .handle = create_token,
                   .request = "NewToken",
                   .response = "NewTokenAnswer",
                   .success = 201,
                   .audited = true});
    out.push_back({.method = Delete,
                   .path = "/v1/tokens/{token}",
                   .id = "removeToken",
                   .tag = tag,
                   .summary = "Take back an API token, at once",
                   .permission = "tokens:write",
                   .handle = remove_token,
                   .success = 204,
                   .audited = true});
    out.push_back({.method = Post,
                   .path = "/v1/access/explain",
                   .id = "explainAccess",
                   .tag = tag,
                   .summary = "Whether, and why, the caller may do something",
                   .admission = Admission::SignedIn,
                   .permission = "",
                   .handle = explain,
                   .request = "AccessQuestion",
                   .response = "AccessAnswer"});
}

}  // namespace gantry::api
