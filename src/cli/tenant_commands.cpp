// SPDX-License-Identifier: Apache-2.0
// Tenants and their quotas, for operators; what one's own tenant uses, for everybody.
#include <format>

#include "cli/context.h"

namespace gantry::cli {
namespace {

constexpr Parameter tenant_parameter{
    .name = "TENANT", .value = "", .about = "Key or id of a tenant", .required = true};

std::string count_text(const json::object& item, std::string_view name) {
    const json::value* number = item.if_contains(name);
    return number != nullptr && number->is_int64()
               ? grouped(static_cast<std::uint64_t>(number->as_int64()))
               : "";
}

Result<> list_tenants(Context& context, const Arguments&) {
    TRY_ASSIGN(json::array items, context.api.list("/v1/tenants", {}));
    static const std::vector<Field> fields = {
        {"KEY", [](const Output&, const json::object& item) { return field_text(item, "key"); }},
        {"POINTS",
         [](const Output&, const json::object& item) { return field_text(item, "points"); }, true},
        {"AT MOST",
         [](const Output&, const json::object& item) { return field_text(item, "points_max"); },
         true},
        {"NAME", [](const Output& out, const json::object& item) { return out.name_of(item); }}};
    return show_items(context, std::move(items), fields, "There are no tenants.");
}

std::vector<std::pair<std::string, std::string>> details(const Output& out,
                                                         const json::object& tenant) {
    const bool own = tenant.contains("points_quota");
    return {{"key", field_text(tenant, "key")},
            {"name", out.name_of(tenant)},
            {"points", std::format("{} of {}{}", count_text(tenant, "points"),
                                   count_text(tenant, "points_max"),
                                   own ? ", a quota of its own" : ", as gantryd is configured")},
            {"id", field_text(tenant, "id")},
            {"created", field_text(tenant, "created")}};
}

Result<> show_tenant(Context& context, const Arguments& arguments) {
    TRY_ASSIGN(const json::value tenant,
               context.api.get(item_target("/v1/tenants", arguments.text_or("TENANT", ""))));
    return show_item(context, tenant, details(context.out, tenant.as_object()));
}

Result<> set_quota(Context& context, const Arguments& arguments) {
    const std::string tenant = arguments.text_or("TENANT", "");
    const bool as_configured = arguments.text_or("POINTS", "") == "default";
    json::value quota = nullptr;
    if (!as_configured) {
        TRY_ASSIGN(const auto points, arguments.number("POINTS", 0, INT64_C(0xffff0000)));
        quota = points.value_or(0);
    }
    const std::string what =
        as_configured ? "as gantryd is configured" : arguments.text_or("POINTS", "") + " points";
    if (arguments.has("--dry-run")) {
        return show_done(context, std::format("Would set the quota of {}: {}", tenant, what),
                         {{"would_set", {{"tenant", tenant}, {"points_quota", quota}}}});
    }
    TRY_ASSIGN(const json::value answer, context.api.patch(item_target("/v1/tenants", tenant),
                                                           json::object{{"points_quota", quota}}));
    context.out.say(std::format("Set the quota of {}: {}", tenant, what));
    return show_item(context, answer, details(context.out, answer.as_object()));
}

Result<> show_usage(Context& context, const Arguments&) {
    TRY_ASSIGN(const json::value answer, context.api.get("/v1/usage"));
    const auto used_of = [&](std::string_view what) {
        const json::object& usage = answer.at(what).as_object();
        return std::format("{} of {}", count_text(usage, "used"), count_text(usage, "max"));
    };
    return show_item(context, answer,
                     {{"points", used_of("points")}, {"series by labels", used_of("series")}});
}

}  // namespace

void add_tenant_commands(std::vector<Command>& out) {
    out.push_back({.path = "usage",
                   .summary = "What your tenant uses, and how much of it there may be",
                   .examples = "  gantry usage           how many points and series of how many\n"
                               "  gantry usage --json    the same for programs\n",
                   .next = "gantry points list",
                   .parameters = {},
                   .run = show_usage});
    out.push_back({.path = "tenants list",
                   .summary = "Tenants of the installation",
                   .examples = "  gantry tenants list    with their points, and how many they may "
                               "have\n",
                   .next = "gantry tenants show TENANT",
                   .parameters = {},
                   .run = list_tenants});
    out.push_back({.path = "tenants show",
                   .summary = "One tenant",
                   .examples = "  gantry tenants show main    its points and its quota\n",
                   .next = "gantry tenants quota TENANT POINTS",
                   .parameters = {tenant_parameter},
                   .run = show_tenant});
    out.push_back(
        {.path = "tenants quota",
         .summary = "How many points a tenant may have",
         .examples = "  gantry tenants quota supplier 5000       from now on\n"
                     "  gantry tenants quota supplier default    as gantryd is configured\n",
         .next = "gantry tenants list",
         .parameters = {tenant_parameter,
                        {.name = "POINTS",
                         .value = "",
                         .about = "A number, or 'default': tenants.points_max of gantryd",
                         .required = true},
                        dry_run_switch},
         .run = set_quota,
         .more =
             "Each point is a series of the store, so this bounds what a tenant takes of it.\n"
             "Points that are there stay, also beyond a smaller quota; new ones are refused.\n"});
}

}  // namespace gantry::cli
