// SPDX-License-Identifier: Apache-2.0
#include <format>

#include "cli/context.h"

namespace gantry::cli {
namespace {

Result<> list_tokens(Context& context, const Arguments&) {
    TRY_ASSIGN(json::array items, context.api.list("/v1/tokens", {}));
    static const std::vector<Field> fields = {
        {"NAME", [](const Output&, const json::object& item) { return field_text(item, "name"); }},
        {"PRINCIPAL",
         [](const Output&, const json::object& item) { return field_text(item, "principal"); }},
        {"CREATED",
         [](const Output&, const json::object& item) { return field_text(item, "created"); }},
        {"EXPIRES",
         [](const Output&, const json::object& item) { return field_text(item, "expires"); }},
        {"ID", [](const Output&, const json::object& item) { return field_text(item, "id"); }}};
    return show_items(context, std::move(items), fields,
                      "There are no API tokens yet. Next: gantry tokens create NAME");
}

// The secret goes to standard output alone, so that it can be sent on to where it is needed.
Result<> create_token(Context& context, const Arguments& arguments) {
    json::object body = {{"name", arguments.text_or("NAME", "")}};
    if (const auto lifetime = arguments.text("--lifetime")) {
        body["lifetime"] = *lifetime;
    }
    if (const auto principal = arguments.text("--principal")) {
        body["principal"] = *principal;
    }
    if (arguments.has("--dry-run")) {
        return show_done(context, std::format("Would make token {}", field_text(body, "name")),
                         {{"would_create", std::move(body)}});
    }
    TRY_ASSIGN(const json::value made, context.api.post("/v1/tokens", body));
    if (context.out.for_programs()) {
        return context.out.document(made);
    }
    const std::string expires = field_text(made.as_object(), "expires");
    TRY(context.out.data(field_text(made.as_object(), "token") + "\n"));
    context.out.say(std::format("Made token {}{}. It is shown this once: keep it where only its "
                                "program reads it.",
                                field_text(body, "name"),
                                expires.empty() ? "" : ", good until " + expires));
    return {};
}

Result<> delete_token(Context& context, const Arguments& arguments) {
    const std::string id = arguments.text_or("TOKEN", "");
    if (arguments.has("--dry-run")) {
        return show_done(context, std::format("Would take back token {}", id),
                         {{"would_delete", id}});
    }
    TRY(confirm_or_stop(context, arguments, std::format("Take back token {}?", id)));
    TRY(context.api.remove(item_target("/v1/tokens", id)));
    return show_done(context, std::format("Took back token {}", id), {{"deleted", id}});
}

}  // namespace

void add_token_commands(std::vector<Command>& out) {
    out.push_back({.path = "tokens list",
                   .summary = "API tokens, without their secrets",
                   .examples = "  gantry tokens list    all that you may see\n",
                   .next = "gantry tokens delete TOKEN",
                   .parameters = {},
                   .run = list_tokens});
    out.push_back(
        {.path = "tokens create",
         .summary = "Make a token for a program: it may do what its principal may",
         .examples = "  gantry tokens create telegraf                  yours, for 90 days\n"
                     "  gantry tokens create grafana --lifetime 365d   for a year\n"
                     "  (umask 077; gantry tokens create psql > ~/.gantry-token)\n",
         .next = "gantry tokens list",
         .parameters = {{.name = "NAME", .value = "", .about = "What it is for", .required = true},
                        {.name = "--lifetime",
                         .value = "DURATION",
                         .about = "How long it is good, as in 90d"},
                        {.name = "--principal",
                         .value = "LOGIN",
                         .about = "Whose it is; else yours"},
                        dry_run_switch},
         .run = create_token,
         .more = "The secret is the only thing on standard output, and is shown this once.\n"});
    out.push_back(
        {.path = "tokens delete",
         .summary = "Take a token back, at once",
         .examples = "  gantry tokens delete tok_01J…    by the id that tokens list shows\n",
         .next = "gantry tokens list",
         .parameters = {{.name = "TOKEN", .value = "", .about = "Id", .required = true},
                        yes_switch,
                        dry_run_switch},
         .run = delete_token});
}

}  // namespace gantry::cli
