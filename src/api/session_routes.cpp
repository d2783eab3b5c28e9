// SPDX-License-Identifier: Apache-2.0
// Signing in and out.
#include "api/entities_json.h"
#include "api/route.h"

namespace gantry::api {
namespace {

// Where a browser keeps the refresh token, out of reach of scripts. The __Host- prefix binds it to
// this host over TLS; on loopback without TLS there is no such binding to be had.
constexpr std::string_view secure_cookie = "__Host-gantry_session";
constexpr std::string_view plain_cookie = "gantry_session";

std::string_view cookie_name(const Call& call) {
    return call.request.encrypted ? secure_cookie : plain_cookie;
}

std::string cookie(const Call& call, std::string_view value, std::int64_t seconds) {
    return std::format("{}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}{}", cookie_name(call),
                       value, seconds, call.request.encrypted ? "; Secure" : "");
}

http::Response signed_in_answer(Services& services, const Call& call,
                                const registry::SignedIn& signed_in, bool in_cookie, int status) {
    json::object out;
    out["access_token"] = signed_in.access.reveal();
    out["token_type"] = "Bearer";
    out["expires"] = format_time(signed_in.access_expires);
    out["must_change_password"] = signed_in.must_change_password;
    if (!in_cookie) {
        out["refresh_token"] = signed_in.refresh.reveal();
        out["refresh_expires"] = format_time(signed_in.refresh_expires);
    }
    http::Response answer = json_answer(out, status);
    if (in_cookie) {
        const std::int64_t seconds =
            (signed_in.refresh_expires - services.clock.now()) / 1'000'000'000;
        answer.with("Set-Cookie", cookie(call, signed_in.refresh.reveal(), seconds));
    }
    return answer;
}

Result<http::Response> sign_in(Services& services, const Call& call) {
    TRY_ASSIGN(const json::value body, call.body());
    std::string login;
    std::string password;
    bool in_cookie = false;
    ObjectReader in(body, "");
    in.required("login", login);
    in.required("password", password);
    in.optional("cookie", in_cookie);
    TRY(in.finish());
    auto signed_in = services.registry.sessions().sign_in(login, Secret(std::move(password)),
                                                          call.context.address);
    security::AuditEntry entry;
    entry.action = "sign_in";
    entry.object = login;
    entry.outcome = signed_in ? "ok" : "denied";
    entry.detail = signed_in ? "" : signed_in.error().message;
    entry.address = call.context.address;
    entry.trace = call.context.trace;
    TRY(services.audit.record(std::move(entry)));
    TRY(signed_in);
    return signed_in_answer(services, call, *signed_in, in_cookie, 201);
}

Result<http::Response> refresh(Services& services, const Call& call) {
    std::string token;
    const auto from_cookie = call.request.cookie(cookie_name(call));
    if (from_cookie && call.request.body.empty()) {
        // A cookie comes along by itself, so only our own page may use it: another site cannot set
        // this header.
        if (call.request.header("gantry-console").empty()) {
            return fail(Code::Forbidden, "the Gantry-Console header is missing");
        }
        token = *from_cookie;
    } else {
        TRY_ASSIGN(const json::value body, call.body());
        ObjectReader in(body, "");
        in.required("refresh_token", token);
        TRY(in.finish());
    }
    TRY_ASSIGN(const registry::SignedIn signed_in, services.registry.sessions().refresh(token));
    return signed_in_answer(services, call, signed_in, from_cookie.has_value(), 200);
}

Result<http::Response> sign_out(Services& services, const Call& call) {
    TRY(services.registry.sessions().sign_out(call.context.identity->token));
    http::Response answer = no_content();
    answer.with("Set-Cookie", cookie(call, "", 0));
    return answer;
}

Result<http::Response> session(Services& services, const Call& call) {
    const security::Identity& identity = *call.context.identity;
    TRY_ASSIGN(const registry::Tenant tenant,
               services.registry.tenants().get(call.tenant().text()));
    json::object out;
    out["principal"] = identity.principal.text();
    out["login"] = identity.login;
    out["tenant"] = show(tenant);
    out["must_change_password"] = identity.must_change_password;
    out["operates_platform"] = identity.operates_platform;
    out["expires"] = format_time(identity.expires);
    registry::Role role;
    role.statements = identity.statements;
    out["statements"] = show(role)["statements"];
    return json_answer(out);
}

Result<http::Response> change_password(Services& services, const Call& call) {
    TRY_ASSIGN(const json::value body, call.body());
    std::string current;
    std::string wanted;
    ObjectReader in(body, "");
    in.required("current", current);
    in.required("new", wanted);
    TRY(in.finish());
    const security::Identity& identity = *call.context.identity;
    auto& principals = services.registry.principals();
    TRY_ASSIGN(const auto credentials, principals.credentials(identity.login));
    if (!security::verify_password(Secret(current), credentials.password_hash)) {
        return bad_field("/current", "is not the present password");
    }
    if (current == wanted) {
        return bad_field("/new", "is the present password: choose another");
    }
    if (auto set = principals.set_password(identity.principal, Secret(wanted), false); !set) {
        return bad_field("/new", set.error().message);
    }
    TRY(services.registry.sessions().end_others(identity.principal, identity.token));
    return no_content();
}

}  // namespace

void add_session_routes(std::vector<Route>& out) {
    using enum http::Method;
    out.push_back({.method = Post,
                   .path = "/v1/session",
                   .id = "signIn",
                   .tag = "Session",
                   .summary = "Sign in with login and password",
                   .admission = Admission::Public,
                   .permission = "",
                   .handle = sign_in,
                   .request = "SignIn",
                   .response = "SignedIn",
                   .success = 201,
                   .body_max = 4096,
                   .about =
                       "Answers an access token for the Authorization header and a refresh "
                       "token to get the next one. With \"cookie\": true the refresh token goes "
                       "into an HttpOnly cookie instead."});
    out.push_back(
        {.method = Post,
         .path = "/v1/session/refresh",
         .id = "refreshSession",
         .tag = "Session",
         .summary = "Get a new access token",
         .admission = Admission::Public,
         .permission = "",
         .handle = refresh,
         .request = "Refresh",
         .response = "SignedIn",
         .body_max = 4096,
         .about = "A refresh token is good once; shown a second time it ends the session."});
    out.push_back({.method = Get,
                   .path = "/v1/session",
                   .id = "getSession",
                   .tag = "Session",
                   .summary = "Who is signed in and what they may do",
                   .admission = Admission::SignedIn,
                   .permission = "",
                   .handle = session,
                   .response = "Session"});
    out.push_back({.method = Delete,
                   .path = "/v1/session",
                   .id = "signOut",
                   .tag = "Session",
                   .summary = "Sign out",
                   .admission = Admission::SignedIn,
                   .permission = "",
                   .handle = sign_out,
                   .success = 204,
                   .audited = true});
    out.push_back({.method = Put,
                   .path = "/v1/session/password",
                   .id = "changePassword",
                   .tag = "Session",
                   .summary = "Change one's own password",
                   .admission = Admission::SignedIn,
                   .permission = "",
                   .handle = change_password,
                   .request = "ChangePassword",
                   .success = 204,
                   .body_max = 4096,
                   .audited = true,
                   .about = "Ends all other sessions and API tokens of the principal."});
}

}  // namespace gantry::api
