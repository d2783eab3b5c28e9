// SPDX-License-Identifier: Apache-2.0
// Signing in and out.
#include <format>

#include "cli/context.h"
#include "model/json.h"

namespace gantry::cli {
namespace {

Result<Secret> password_of(Context& context, const Arguments& arguments, std::string_view option,
                           std::string_view question) {
    if (const auto file = arguments.text(option)) {
        return read_secret(*file);
    }
    return context.terminal.ask_secret(
        question, std::format("{}: nobody can be asked here: give it with {} FILE ('-' reads "
                              "standard input)",
                              question, option));
}

Result<Secret> new_password_of(Context& context, const Arguments& arguments) {
    if (arguments.has("--new-password-file")) {
        return password_of(context, arguments, "--new-password-file", "New password");
    }
    if (context.terminal.may_ask()) {
        context.out.say("This password was given to you by somebody else: choose your own.");
    }
    TRY_ASSIGN(const Secret first,
               password_of(context, arguments, "--new-password-file", "New password"));
    TRY_ASSIGN(const Secret second,
               password_of(context, arguments, "--new-password-file", "The same again"));
    if (first.reveal() != second.reveal()) {
        return fail(Code::InvalidArgument, "the two are not the same: nothing was changed");
    }
    return first;
}

Result<SignIn> open_session(Context& context, const SignIn& known, const Secret& password) {
    const json::object body = {{"login", known.login}, {"password", password.reveal()}};
    TRY_ASSIGN(
        const http::Answer answer,
        context.api.open_call({http::Method::Post, "/v1/session", {}, json::serialize(body)}));
    return read_sign_in(answer, known);
}

bool must_change(Context& context, const SignIn& signed_in) {
    const auto answer = context.api.open_call(
        {http::Method::Get,
         "/v1/session",
         {{"Authorization", std::format("Bearer {}", signed_in.access.reveal())}},
         ""});
    const auto body = answer ? parse_json(answer->body) : json::value();
    return body && body->is_object() &&
           field_text(body->as_object(), "must_change_password") == "true";
}

Result<> change_password(Context& context, const SignIn& signed_in, const Secret& present,
                         const Secret& wanted) {
    const json::object body = {{"current", present.reveal()}, {"new", wanted.reveal()}};
    TRY_ASSIGN(const http::Answer answer,
               context.api.open_call(
                   {http::Method::Put,
                    "/v1/session/password",
                    {{"Authorization", std::format("Bearer {}", signed_in.access.reveal())}},
                    json::serialize(body)}));
    if (answer.status / 100 != 2) {
        return std::unexpected(problem_of(answer, signed_in.url));
    }
    return {};
}

Result<> keep(Context& context, const SignIn& signed_in) {
    std::unique_ptr<Credentials::Lock> lock;
    while (!lock) {
        if (context.loop.interrupted()) {
            return fail(Code::Cancelled, "stopped");
        }
        TRY_ASSIGN(lock, context.credentials.try_lock());
    }
    return context.credentials.save(signed_in, true);
}

Result<> sign_in(Context& context, const Arguments& arguments) {
    const std::string url = context.api.url().text();
    SignIn wish;
    wish.url = url;
    wish.login = arguments.text_or("--login", "");
    wish.ca_file = context.api.settings().ca_file;
    wish.plaintext = context.api.settings().plaintext;
    TRY(context.api.reach());
    if (wish.login.empty()) {
        context.out.say(std::format("Signing in at {}", url));
        TRY_ASSIGN(wish.login, context.terminal.ask("Login", "admin",
                                                    "nobody can be asked here: name the login with "
                                                    "--login, the password with --password-file"));
    }
    TRY_ASSIGN(const Secret password,
               password_of(context, arguments, "--password-file", "Password"));
    TRY_ASSIGN(const SignIn signed_in, open_session(context, wish, password));
    if (must_change(context, signed_in)) {
        TRY_ASSIGN(const Secret wanted, new_password_of(context, arguments));
        TRY(change_password(context, signed_in, password, wanted));
    }
    TRY(keep(context, signed_in));
    return show_done(
        context, std::format("Signed in at {} as {}. Next: gantry status", url, signed_in.login),
        {{"url", url},
         {"login", signed_in.login},
         {"expires", format_time(signed_in.refresh_expires)}});
}

Result<> sign_out(Context& context, const Arguments&) {
    const std::string url = context.api.url().text();
    TRY_ASSIGN(const auto known, context.credentials.find(url));
    if (!known) {
        return show_done(context, std::format("You were not signed in at {}.", url),
                         {{"url", url}, {"was_signed_in", false}});
    }
    const auto ended = context.api.remove("/v1/session");
    if (!ended && ended.error().code != Code::Unauthenticated) {
        context.out.warn(std::format("the server was not told: {}", ended.error().message));
    }
    TRY(context.credentials.forget(url));
    return show_done(context, std::format("Signed out at {}.", url),
                     {{"url", url}, {"was_signed_in", true}});
}

Result<> whoami(Context& context, const Arguments&) {
    TRY_ASSIGN(json::value answer, context.api.get("/v1/session"));
    json::object& session = answer.as_object();
    session["url"] = context.api.url().text();
    const json::value* tenant = session.if_contains("tenant");
    const bool has_tenant = tenant != nullptr && tenant->is_object();
    std::vector<std::pair<std::string, std::string>> fields = {
        {"login", field_text(session, "login")},
        {"server", context.api.url().text()},
        {"tenant", has_tenant ? field_text(tenant->as_object(), "key") : ""},
        {"token until", field_text(session, "expires")}};
    if (const json::value* statements = session.if_contains("statements");
        statements != nullptr && statements->is_array()) {
        for (const json::value& statement : statements->as_array()) {
            const json::object& in = statement.as_object();
            std::string permissions;
            if (const json::value* names = in.if_contains("permissions")) {
                for (const json::value& name : names->as_array()) {
                    permissions += (permissions.empty() ? "" : " ") + cell_text(&name);
                }
            }
            const std::string effect = field_text(in, "effect");
            const std::string under = field_text(in, "under");
            fields.emplace_back(effect == "forbid" ? "may not" : "may",
                                permissions + (under.empty() ? "" : "  under " + under));
        }
    }
    return show_item(context, answer, fields);
}

}  // namespace

void add_session_commands(std::vector<Command>& out) {
    out.push_back(
        {.path = "sign-in",
         .summary = "Sign in at a server",
         .examples = "  gantry sign-in                             asks for login and password\n"
                     "  gantry sign-in https://gantry.plant:8443   at another server\n"
                     "  gantry sign-in --login li --password-file secret.txt\n",
         .next = "gantry status",
         .parameters = {{.name = "URL",
                         .value = "",
                         .about = "The server; else as everywhere (--url)"},
                        {.name = "--login", .value = "NAME", .about = "Who you are"},
                        {.name = "--password-file",
                         .value = "FILE",
                         .about = "The password is the first line of FILE ('-': standard input)",
                         .offer = Offer::File},
                        {.name = "--new-password-file",
                         .value = "FILE",
                         .about = "Where a first password must be changed: the new one",
                         .offer = Offer::File},
                        {.name = "--plaintext",
                         .value = "",
                         .about = "Allow an unencrypted connection to another machine"}},
         .run = sign_in,
         .more = "The sign-in is kept in credentials.json of $XDG_CONFIG_HOME/gantry, readable "
                 "only by you.\nA password is never an option: others would see it in the list of "
                 "processes.\n"});
    out.push_back({.path = "sign-out",
                   .summary = "Sign out and forget the tokens",
                   .examples = "  gantry sign-out    end the sign-in, here and at the server\n",
                   .next = "gantry sign-in",
                   .parameters = {},
                   .run = sign_out});
    out.push_back({.path = "whoami",
                   .summary = "Who you are signed in as, and what you may do",
                   .examples = "  gantry whoami           login, server, permissions\n"
                               "  gantry whoami --json    the same for programs\n",
                   .next = "gantry status",
                   .parameters = {},
                   .run = whoami});
}

}  // namespace gantry::cli
