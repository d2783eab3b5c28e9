// SPDX-License-Identifier: Apache-2.0
// Values for devices: write, what became of commands, approval, and the rules that they must pass.
#include <format>

#include "cli/context.h"
#include "model/json.h"

namespace gantry::cli {
namespace {

constexpr Parameter point_parameter{.name = "POINT",
                                    .value = "",
                                    .about = "Path (plant/line2/pump3.flow) or id",
                                    .required = true,
                                    .offer = Offer::Point};
constexpr Parameter command_parameter{
    .name = "COMMAND", .value = "", .about = "Id, as commands list shows it", .required = true};
constexpr Parameter rule_parameter{.name = "RULE", .value = "", .about = "Key", .required = true};

// ---- write

Result<> check_range(const json::object& point, const Value& value) {
    const json::value* range = point.if_contains("range");
    const auto number = to_number(value);
    if (range == nullptr || !range->is_object() || !number) {
        return {};
    }
    const json::value* least = range->as_object().if_contains("min");
    const json::value* most = range->as_object().if_contains("max");
    if ((least != nullptr && *number < least->to_number<double>()) ||
        (most != nullptr && *number > most->to_number<double>())) {
        return fail(Code::InvalidArgument, "{} is outside the range of {}: {} to {}",
                    to_text(value), field_text(point, "path"), cell_text(least), cell_text(most));
    }
    return {};
}

Result<> show_outcome(Context& context, const json::object& answer, std::string_view unit) {
    const std::string outcome = field_text(answer, "outcome");
    if (outcome.empty()) {
        return show_done(context,
                         std::format("{} = {} waits until {} for somebody else to say: gantry "
                                     "commands approve {}",
                                     field_text(answer, "point"), field_text(answer, "value"),
                                     field_text(answer, "expires"), field_text(answer, "id")),
                         answer);
    }
    if (context.out.for_programs()) {
        TRY(context.out.document(answer));
    } else {
        const std::string back = field_text(answer, "read_back");
        std::string line = std::format("{}  {}", outcome, field_text(answer, "point"));
        if (!back.empty()) {
            line += std::format("  now {}{}{}", back, unit.empty() ? "" : " ", unit);
        }
        TRY(context.out.data(line + "\n"));
    }
    TRY(context.out.flush());
    const std::string detail = field_text(answer, "detail");
    if (outcome == "confirmed") {
        return {};
    }
    if (outcome == "refused") {
        return fail(Code::Forbidden, "refused, and nothing was written: {}", detail);
    }
    if (outcome == "failed") {
        return fail(Code::Internal, "written, but the device reads back something else: {}",
                    detail);
    }
    return fail(Code::Internal,
                "no answer came, so whether it was written is not known: read the point before you "
                "write again. {}",
                detail);
}

// What would become of it: the rules that it meets, and what they say.
Result<> show_check(Context& context, const std::string& path, const Value& value) {
    TRY_ASSIGN(const json::value answer,
               context.api.post("/v1/commands/check",
                                json::object{{"point", path}, {"value", to_json(value)}}));
    if (context.out.for_programs()) {
        return context.out.document(answer);
    }
    const json::object& in = answer.as_object();
    for (const json::value& rule : in.at("rules").as_array()) {
        const json::object& one = rule.as_object();
        const std::string detail = field_text(one, "detail");
        context.out.say(detail.empty() ? std::format("rule {} passes", field_text(one, "rule"))
                                       : detail);
    }
    context.out.say(std::format("Would {} {} = {}",
                                field_text(in, "passes") != "true" ? "refuse"
                                : field_text(in, "needs_approval") == "true"
                                    ? "wait for somebody else to approve"
                                    : "write",
                                path, to_text(value)));
    return {};
}

Result<> write_point(Context& context, const Arguments& arguments) {
    TRY_ASSIGN(const json::value point,
               context.api.get(item_target("/v1/points", arguments.text_or("POINT", ""))));
    const json::object& in = point.as_object();
    const std::string path = field_text(in, "path");
    const std::string unit = field_text(in, "unit");
    const std::string written = arguments.text_or("VALUE", "");
    const auto type = parse_value_type(field_text(in, "type"));
    const auto value = parse_value(written, type.value_or(ValueType::Float64));
    if (!value) {
        return fail(Code::InvalidArgument, "{}: {}", path, value.error().message);
    }
    if (field_text(in, "access") != "read_write") {
        return fail(Code::Forbidden, "point {} can only be read", path);
    }
    TRY(check_range(in, *value));
    if (arguments.has("--dry-run")) {
        return show_check(context, path, *value);
    }
    if (context.terminal.may_ask() && !arguments.has("--yes")) {
        const auto latest = context.api.get(item_target("/v1/points", path) + "/latest");
        const std::string now = latest ? field_text(latest->as_object(), "value") : "";
        TRY(confirm_or_stop(context, arguments,
                            std::format("Write {} {} to {} (now {})?", written, unit, path,
                                        now.empty() ? "unknown" : now)));
    }
    json::object body{{"point", path}, {"value", to_json(*value)}};
    if (const auto reason = arguments.text("--reason")) {
        body["reason"] = *reason;
    }
    if (const auto expires = arguments.text("--expires-in")) {
        body["expires_in"] = *expires;
    }
    TRY_ASSIGN(const json::value answer, context.api.post("/v1/commands", body));
    return show_outcome(context, answer.as_object(), unit);
}

// ---- commands

std::string person_text(const json::object& item, std::string_view name) {
    const json::value* person = item.if_contains(name);
    return person == nullptr ? "" : field_text(person->as_object(), "login");
}

Result<> list_commands(Context& context, const Arguments& arguments) {
    TRY_ASSIGN(const auto limit, arguments.number("--limit", 1, 10'000));
    TRY_ASSIGN(json::array items,
               context.api.list("/v1/commands",
                                {{"state", arguments.has("--waiting") ? "waiting" : ""},
                                 {"point", arguments.text_or("--point", "")}},
                                static_cast<std::size_t>(limit.value_or(50))));
    static const std::vector<Field> fields = {
        {"CREATED",
         [](const Output&, const json::object& item) { return field_text(item, "created"); }},
        {"POINT",
         [](const Output&, const json::object& item) { return field_text(item, "point"); }},
        {"VALUE", [](const Output&, const json::object& item) { return field_text(item, "value"); },
         true},
        {"BY", [](const Output&, const json::object& item) { return person_text(item, "by"); }},
        {"OUTCOME",
         [](const Output&, const json::object& item) {
             const std::string outcome = field_text(item, "outcome");
             return outcome.empty() ? field_text(item, "state") : outcome;
         }},
        {"ID", [](const Output&, const json::object& item) { return field_text(item, "id"); }}};
    return show_items(context, std::move(items), fields,
                      "There are no commands. Next: gantry write POINT VALUE");
}

Result<> show_command(Context& context, const Arguments& arguments) {
    TRY_ASSIGN(const json::value answer,
               context.api.get(item_target("/v1/commands", arguments.text_or("COMMAND", ""))));
    const json::object& in = answer.as_object();
    std::vector<std::pair<std::string, std::string>> fields;
    for (const auto& [name, value] : in) {
        fields.emplace_back(std::string(name),
                            value.is_object() ? person_text(in, name) : cell_text(&value));
    }
    return show_item(context, answer, fields);
}

json::object note_of(const Arguments& arguments) {
    json::object out;
    if (const auto note = arguments.text("--note")) {
        out["note"] = *note;
    }
    return out;
}

Result<> approve_command(Context& context, const Arguments& arguments) {
    const std::string target = item_target("/v1/commands", arguments.text_or("COMMAND", ""));
    TRY_ASSIGN(const json::value before, context.api.get(target));
    const json::object& in = before.as_object();
    TRY(confirm_or_stop(context, arguments,
                        std::format("Write {} to {}, as {} asked?", field_text(in, "value"),
                                    field_text(in, "point"), person_text(in, "by"))));
    TRY_ASSIGN(const json::value answer, context.api.post(target + "/approve", note_of(arguments)));
    return show_outcome(context, answer.as_object(), "");
}

Result<> reject_command(Context& context, const Arguments& arguments) {
    const std::string id = arguments.text_or("COMMAND", "");
    TRY_ASSIGN(const json::value answer,
               context.api.post(item_target("/v1/commands", id) + "/reject", note_of(arguments)));
    return show_done(context, std::format("Rejected {}", id), answer.as_object());
}

// ---- rules

Result<> list_rules(Context& context, const Arguments&) {
    TRY_ASSIGN(json::array items, context.api.list("/v1/command-rules", {}));
    static const std::vector<Field> fields = {
        {"KEY", [](const Output&, const json::object& item) { return field_text(item, "key"); }},
        {"UNDER",
         [](const Output&, const json::object& item) { return field_text(item, "under"); }},
        {"POINTS",
         [](const Output&, const json::object& item) { return field_text(item, "points"); }},
        {"CONDITION",
         [](const Output&, const json::object& item) { return field_text(item, "condition"); }},
        {"APPROVAL",
         [](const Output&, const json::object& item) {
             return field_text(item, "approval") == "true" ? "within " + field_text(item, "wait")
                                                           : std::string();
         }},
        {"ENABLED", [](const Output&, const json::object& item) {
             return std::string(field_text(item, "enabled") == "true" ? "yes" : "no");
         }}};
    return show_items(context, std::move(items), fields,
                      "There are no rules yet. Next: gantry command-rules create RULE");
}

Result<> create_rule(Context& context, const Arguments& arguments) {
    json::object body{{"key", arguments.text_or("RULE", "")}};
    put_names(body, arguments);
    for (const char* name : {"under", "points", "condition", "max_age", "wait"}) {
        std::string option = std::string("--") + name;
        std::ranges::replace(option, '_', '-');
        if (const auto text = arguments.text(option)) {
            body[name] = *text;
        }
    }
    body["approval"] = arguments.has("--approval");
    if (arguments.has("--dry-run")) {
        return show_done(context, std::format("Would make rule {}", field_text(body, "key")),
                         {{"would_create", std::move(body)}});
    }
    TRY_ASSIGN(const json::value made, context.api.post("/v1/command-rules", body));
    return show_done(context, std::format("Made rule {}", field_text(body, "key")),
                     made.as_object());
}

Result<> delete_rule(Context& context, const Arguments& arguments) {
    const std::string key = arguments.text_or("RULE", "");
    if (arguments.has("--dry-run")) {
        return show_done(context, std::format("Would delete rule {}", key),
                         {{"would_delete", key}});
    }
    TRY(confirm_or_stop(context, arguments,
                        std::format("Delete rule {}? Values are written without it.", key)));
    TRY(context.api.remove(item_target("/v1/command-rules", key)));
    return show_done(context, std::format("Deleted rule {}", key), {{"deleted", key}});
}

void add_rule_commands(std::vector<Command>& out) {
    out.push_back({.path = "command-rules list",
                   .summary = "What must be true before a value is written",
                   .examples = "  gantry command-rules list    all of the tenant\n",
                   .next = "gantry command-rules create RULE",
                   .parameters = {},
                   .run = list_rules});
    out.push_back(
        {.path = "command-rules create",
         .summary = "Make a rule: an interlock, an approval by somebody else, or both",
         .examples =
             "  gantry command-rules create pump-stands --points '*.mode' --condition 'not "
             "running'\n"
             "  gantry command-rules create small-steps --points '*.speed_setpoint' --condition "
             "'abs(value - current) <= 10'\n"
             "  gantry command-rules create four-eyes --under plant/boiler --approval --wait 10m\n",
         .next = "gantry write POINT VALUE --dry-run",
         .parameters = {rule_parameter,
                        {.name = "--name",
                         .value = "TEXT",
                         .about = "What to do: who is refused "
                                  "reads it"},
                        {.name = "--name-zh", .value = "TEXT", .about = "The same in Chinese"},
                        {.name = "--under",
                         .value = "PATH",
                         .about = "Of an asset or a point (all)",
                         .offer = Offer::Asset},
                        {.name = "--points",
                         .value = "PATTERN",
                         .about = "Of their paths; * is any text (*)"},
                        {.name = "--condition",
                         .value = "FORMULA",
                         .about = "Must be true: value is what is to be written, current the value "
                                  "now, another name a point of the asset"},
                        {.name = "--max-age",
                         .value = "LENGTH",
                         .about = "Of the values in the condition (any)"},
                        {.name = "--approval", .value = "", .about = "Somebody else must agree"},
                        {.name = "--wait", .value = "LENGTH", .about = "For that, at most (15m)"},
                        dry_run_switch},
         .run = create_rule,
         .more = "A condition that cannot be judged (a point that is missing or has no good value) "
                 "forbids.\n"});
    out.push_back({.path = "command-rules delete",
                   .summary = "Remove a rule",
                   .examples = "  gantry command-rules delete small-steps    asks first\n",
                   .next = "gantry command-rules list",
                   .parameters = {rule_parameter, yes_switch, dry_run_switch},
                   .run = delete_rule});
}

}  // namespace

void add_write_commands(std::vector<Command>& out) {
    out.push_back(
        {.path = "write",
         .summary = "Write a value to the device behind a point",
         .examples = "  gantry write plant/line2/pump3.speed_setpoint 75   asks first\n"
                     "  gantry write plant/line2/pump3.run true --yes      in scripts\n",
         .next = "gantry read POINT",
         .parameters = {point_parameter,
                        {.name = "VALUE",
                         .value = "",
                         .about = "In the point's unit; true or false for a switch",
                         .required = true},
                        {.name = "--reason",
                         .value = "TEXT",
                         .about = "For those who approve it, and for the audit log"},
                        {.name = "--expires-in",
                         .value = "LENGTH",
                         .about = "Not sent after that, as in 10m"},
                        dry_run_switch,
                        yes_switch},
         .run = write_point,
         .more =
             "The value is checked, sent and read back. It prints one of\n"
             "  confirmed  the device reads back what was written            exit code 0\n"
             "  refused    a check or the device said no; nothing changed    exit code 4\n"
             "  failed     sent, and the device reads back something else    exit code 1\n"
             "  unknown    no answer: read the point before writing again    exit code 1\n"
             "Where a rule wants somebody else to approve it, it waits (exit code 0). --dry-run\n"
             "says what the rules would say. On a terminal it asks first.\n"});
    out.push_back({.path = "commands list",
                   .summary = "Values that were sent to devices, the newest first",
                   .examples = "  gantry commands list              the last 50\n"
                               "  gantry commands list --waiting    those that wait for approval\n",
                   .next = "gantry commands show COMMAND",
                   .parameters = {{.name = "--waiting",
                                   .value = "",
                                   .about = "Only those that wait for approval"},
                                  {.name = "--point",
                                   .value = "POINT",
                                   .about = "Only to this one",
                                   .offer = Offer::Point},
                                  {.name = "--limit", .value = "N", .about = "At most (50)"}},
                   .run = list_commands});
    out.push_back({.path = "commands show",
                   .summary = "A command, and what became of it",
                   .examples = "  gantry commands show cmd_01J…    by the id of the list\n",
                   .next = "gantry commands list",
                   .parameters = {command_parameter},
                   .run = show_command});
    constexpr Parameter note{.name = "--note", .value = "TEXT", .about = "Why"};
    out.push_back({.path = "commands approve",
                   .summary = "Send a command that somebody else asked for",
                   .examples = "  gantry commands approve cmd_01J…    asks first\n",
                   .next = "gantry commands list --waiting",
                   .parameters = {command_parameter, note, yes_switch},
                   .run = approve_command,
                   .more = "It prints what became of it, as gantry write does.\n"});
    out.push_back({.path = "commands reject",
                   .summary = "End a command that waits: somebody else's, or one's own",
                   .examples = "  gantry commands reject cmd_01J… --note 'not in this shift'\n",
                   .next = "gantry commands list --waiting",
                   .parameters = {command_parameter, note},
                   .run = reject_command});
    add_rule_commands(out);
}

}  // namespace gantry::cli
