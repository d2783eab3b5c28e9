// SPDX-License-Identifier: Apache-2.0
// Values for devices: sent, approved, and what became of them; and the rules that they must pass.
#include "api/point_access.h"
#include "api/route.h"
#include "command/dispatcher.h"
#include "security/token.h"

namespace gantry::api {
namespace {

// ---- commands

json::object show(const registry::Person& person) {
    return {{"id", person.id.text()}, {"login", person.login}};
}

json::object show(const registry::Command& command) {
    json::object out{
        {"id", command.id.text()},         {"point", command.path},
        {"value", to_json(command.value)}, {"state", registry::command_state_name(command.state)},
        {"by", show(command.by)},          {"created", format_time(command.created)}};
    const auto add = [&out](std::string_view name, const std::string& text) {
        if (!text.empty()) {
            out[name] = text;
        }
    };
    const auto add_time = [&out](std::string_view name, Time time) {
        if (time != 0) {
            out[name] = format_time(time);
        }
    };
    add("outcome", command.outcome);
    add("detail", command.detail);
    if (type_of(command.read_back) != ValueType::Null) {
        out["read_back"] = to_json(command.read_back);
    }
    add("reason", command.reason);
    add_time("expires", command.expires);
    if (!command.decided_by.id.empty()) {
        out["decided_by"] = show(command.decided_by);
    }
    add_time("decided", command.decided);
    add("note", command.note);
    add_time("finished", command.finished);
    return out;
}

// 202 for what has no outcome yet.
http::Response answer_with(const registry::Command& command) {
    return json_answer(show(command), command.state == registry::CommandState::Done ? 200 : 202);
}

struct Wanted {
    directory::PointRef point;
    Value value;
    std::string reason;
    Duration expires_in{0};
};

Result<Wanted> read_wanted(const Services& services, const Call& call, bool to_send) {
    TRY_ASSIGN(const json::value body, call.body());
    Wanted out;
    std::string reference;
    ObjectReader in(body, "");
    in.required("point", reference);
    const json::value* raw = in.take("value");
    if (to_send) {
        in.optional("reason", out.reason);
        in.optional("expires_in", out.expires_in);
    }
    TRY(in.finish());
    if (raw == nullptr || raw->is_null()) {
        return bad_field("/value", "is required");
    }
    if (out.expires_in < Duration{0}) {
        return bad_field("/expires_in", "must be positive");
    }
    TRY_ASSIGN(out.point, find_point(services, call, reference, "commands:write"));
    auto value = value_from_json(*raw, out.point->point.property.type);
    if (!value) {
        return bad_field("/value", value.error().message);
    }
    out.value = std::move(*value);
    return out;
}

Result<registry::CommandKey> key_of(const Call& call) {
    registry::CommandKey out{std::string(call.request.header("idempotency-key")),
                             security::sha256_hex(call.request.body)};
    if (out.key.size() > 255) {
        return bad_field("Idempotency-Key", "is longer than 255 characters");
    }
    return out;
}

Async<http::Response> send_command(Services& services, const Call& call) {
    CO_TRY_ASSIGN(Wanted wanted, read_wanted(services, call, true));
    CO_TRY_ASSIGN(registry::CommandKey key, key_of(call));
    command::Order order{.point = std::move(wanted.point),
                         .value = std::move(wanted.value),
                         .reason = std::move(wanted.reason),
                         .expires = wanted.expires_in > Duration{0}
                                        ? services.clock.now() + wanted.expires_in.count()
                                        : 0,
                         .key = std::move(key)};
    CO_TRY_ASSIGN(const auto sent,
                  co_await services.commands.submit(call.context, std::move(order)));
    http::Response out = answer_with(sent.first);
    if (sent.second) {
        out.with("Idempotency-Replayed", "true");
    }
    co_return out;
}

Result<http::Response> check_command(Services& services, const Call& call) {
    TRY_ASSIGN(const Wanted wanted, read_wanted(services, call, false));
    const Point& point = wanted.point->point;
    TRY(command::check_value(point, wanted.value));
    TRY_ASSIGN(const command::Verdict verdict,
               services.commands.judge(call.tenant(), point, wanted.value, call.context.language));
    json::array rules;
    for (const command::Verdict::Line& line : verdict.lines) {
        json::object shown{
            {"rule", line.rule}, {"passes", line.objection.empty()}, {"approval", line.approval}};
        if (!line.objection.empty()) {
            shown["detail"] = line.objection;
        }
        rules.push_back(std::move(shown));
    }
    return json_answer(json::object{{"point", point.path},
                                    {"passes", verdict.objections().empty()},
                                    {"needs_approval", verdict.needs_approval()},
                                    {"rules", std::move(rules)}});
}

bool may_see(const Call& call, const registry::Command& command) {
    return command.by.id == call.context.identity->principal ||
           call.context.may("commands:read", command.path);
}

Result<registry::Command> find_command(Services& services, const Call& call) {
    TRY_ASSIGN(auto command, services.registry.commands().get(call.tenant(), call.part("command")));
    if (!may_see(call, command) && !call.context.may("commands:approve", command.path)) {
        return fail(Code::NotFound, "there is no command '{}'", call.part("command"));
    }
    return command;
}

Result<http::Response> list_commands(Services& services, const Call& call) {
    TRY_ASSIGN(const auto request, call.page());
    registry::CommandFilter filter;
    if (const auto state = call.request.parameter("state")) {
        filter.state = registry::parse_command_state(*state);
        if (!filter.state) {
            return bad_field("state", "must be waiting, sending or done");
        }
    }
    if (const auto point = call.request.parameter("point")) {
        TRY_ASSIGN(const auto entry, find_point(services, call, *point, "commands:read"));
        filter.point = entry->point.id;
    }
    TRY_ASSIGN(const auto page, services.registry.commands().list(call.tenant(), filter, request));
    return page_answer(page, [&](const registry::Command& command) {
        return may_see(call, command) ? std::optional(show(command)) : std::nullopt;
    });
}

Result<http::Response> read_command(Services& services, const Call& call) {
    TRY_ASSIGN(const auto command, find_command(services, call));
    return json_answer(show(command));
}

Result<std::string> note_of(const Call& call) {
    std::string note;
    if (!call.request.body.empty()) {
        TRY_ASSIGN(const json::value body, call.body());
        ObjectReader in(body, "");
        in.optional("note", note);
        TRY(in.finish());
    }
    return note;
}

using Decide = Async<registry::Command> (command::Dispatcher::*)(const security::Context&,
                                                                 std::string, std::string);

Async<http::Response> decide(Services& services, const Call& call, Decide how) {
    CO_TRY_ASSIGN(std::string note, note_of(call));
    CO_TRY_ASSIGN(const auto command,
                  co_await offload(services.offload, [&] { return find_command(services, call); }));
    CO_TRY_ASSIGN(const auto decided, co_await (services.commands.*how)(
                                          call.context, command.id.text(), std::move(note)));
    co_return answer_with(decided);
}

Async<http::Response> approve_command(Services& services, const Call& call) {
    return decide(services, call, &command::Dispatcher::approve);
}

Async<http::Response> reject_command(Services& services, const Call& call) {
    return decide(services, call, &command::Dispatcher::reject);
}

// ---- rules

Result<json::object> show(const registry::CommandRuleDocument& document) {
    TRY_ASSIGN(const json::value parsed, parse_json(document.json));
    if (!parsed.is_object()) {
        return fail(Code::Corrupt, "the command rule '{}' cannot be read", document.key);
    }
    json::object out = parsed.as_object();
    out["id"] = document.id.text();
    out["created"] = format_time(document.stamp.created);
    out["updated"] = format_time(document.stamp.updated);
    out["version"] = document.stamp.version;
    return out;
}

Result<http::Response> answer_with(const registry::CommandRuleDocument& document,
                                   int status = 200) {
    TRY_ASSIGN(const json::object shown, show(document));
    return item_answer(shown, document.stamp, status);
}

// As it is stored: in the form that the program itself writes. Who rules over a part of the plant
// makes no rules for the rest.
Result<registry::CommandRuleDocument> read_rule(const Call& call) {
    TRY_ASSIGN(const json::value body, call.body());
    command::RuleConfig config;
    TRY(command::read_entity(body, config, ""));
    TRY_ASSIGN(const auto rule, command::Rule::compile(std::move(config)));
    TRY(call.require("command_rules:write", rule.config().under, "path"));
    registry::CommandRuleDocument out;
    out.key = rule.config().key;
    out.json = json::serialize(command::to_json(rule.config()));
    return out;
}

Result<registry::CommandRuleDocument> rule_to_change(Services& services, const Call& call) {
    TRY_ASSIGN(auto found, services.registry.command_rules().get(call.tenant(), call.part("rule")));
    TRY_ASSIGN(const json::value parsed, parse_json(found.json));
    command::RuleConfig config;
    TRY(command::read_entity(parsed, config, ""));
    TRY(call.require("command_rules:write", config.under, "command rule '" + config.key + "'"));
    return found;
}

Result<http::Response> list_rules(Services& services, const Call& call) {
    TRY_ASSIGN(const auto request, call.page());
    TRY_ASSIGN(const auto page, services.registry.command_rules().list(call.tenant(), request));
    return page_answer(page, [](const registry::CommandRuleDocument& one) {
        auto shown = show(one);
        return shown ? std::optional(std::move(*shown)) : std::nullopt;
    });
}

Result<http::Response> read_rule_of(Services& services, const Call& call) {
    TRY_ASSIGN(const auto found,
               services.registry.command_rules().get(call.tenant(), call.part("rule")));
    return answer_with(found);
}

Result<http::Response> create_rule(Services& services, const Call& call) {
    TRY_ASSIGN(auto document, read_rule(call));
    TRY_ASSIGN(const auto made,
               services.registry.command_rules().create(call.tenant(), std::move(document)));
    return answer_with(made, 201);
}

Result<http::Response> replace_rule(Services& services, const Call& call) {
    TRY_ASSIGN(const auto expected, call.expected_version());
    TRY_ASSIGN(const auto before, rule_to_change(services, call));
    TRY_ASSIGN(auto document, read_rule(call));
    if (document.key != before.key) {
        return bad_field("/key", "the key of a command rule stays");
    }
    document.id = before.id;
    TRY_ASSIGN(const auto made, services.registry.command_rules().update(
                                    call.tenant(), std::move(document), expected));
    return answer_with(made);
}

Result<http::Response> delete_rule(Services& services, const Call& call) {
    TRY_ASSIGN(const auto before, rule_to_change(services, call));
    TRY(services.registry.command_rules().remove(call.tenant(), before.id.text()));
    return no_content();
}

void add_rule_routes(std::vector<Route>& out) {
    using enum http::Method;
    constexpr std::string_view tag = "Commands";
    out.push_back({.method = Get,
                   .path = "/v1/command-rules",
                   .id = "listCommandRules",
                   .tag = tag,
                   .summary = "What must be true before a value is sent to a device",
                   .permission = "command_rules:read",
                   .handle = list_rules,
                   .query = with_paging(),
                   .response = "CommandRulePage"});
    out.push_back({.method = Post,
                   .path = "/v1/command-rules",
                   .id = "createCommandRule",
                   .tag = tag,
                   .summary = "Make a rule for commands",
                   .permission = "command_rules:write",
                   .handle = create_rule,
                   .request = "NewCommandRule",
                   .response = "CommandRule",
                   .success = 201,
                   .audited = true,
                   .about = "An interlock (a condition over values of points), an approval by "
                            "somebody else, or both. A command must pass all rules that cover its "
                            "point; a condition that cannot be judged forbids."});
    out.push_back({.method = Get,
                   .path = "/v1/command-rules/{rule}",
                   .id = "getCommandRule",
                   .tag = tag,
                   .summary = "A rule for commands",
                   .permission = "command_rules:read",
                   .handle = read_rule_of,
                   .response = "CommandRule"});
    out.push_back({.method = Put,
                   .path = "/v1/command-rules/{rule}",
                   .id = "replaceCommandRule",
                   .tag = tag,
                   .summary = "Change a rule for commands",
                   .permission = "command_rules:write",
                   .handle = replace_rule,
                   .request = "NewCommandRule",
                   .response = "CommandRule",
                   .audited = true});
    out.push_back({.method = Delete,
                   .path = "/v1/command-rules/{rule}",
                   .id = "deleteCommandRule",
                   .tag = tag,
                   .summary = "Remove a rule for commands",
                   .permission = "command_rules:write",
                   .handle = delete_rule,
                   .success = 204,
                   .audited = true});
}

}  // namespace

// What a command does is recorded by who dispatches it, before it is sent and when it has ended.
void add_command_routes(std::vector<Route>& out) {
    using enum http::Method;
    constexpr std::string_view tag = "Commands";
    out.push_back({.method = Post,
                   .path = "/v1/commands",
                   .id = "writePoint",
                   .tag = tag,
                   .summary = "Write a value to the device behind a point",
                   .permission = "commands:write",
                   .handle = send_command,
                   .request = "NewCommand",
                   .response = "Command",
                   .about = "Checked against type, range and rules, sent, and read back. The "
                            "outcome is confirmed, refused, failed or unknown. 202: it waits for "
                            "somebody else to approve it, and has no outcome yet. With an "
                            "Idempotency-Key it is sent once, also if this program breaks down "
                            "meanwhile.",
                   .own_idempotency = true});
    out.push_back({.method = Post,
                   .path = "/v1/commands/check",
                   .id = "checkCommand",
                   .tag = tag,
                   .summary = "What would become of a command now",
                   .permission = "commands:write",
                   .handle = check_command,
                   .request = "CommandQuestion",
                   .response = "CommandCheck",
                   .about = "Nothing is sent or kept."});
    out.push_back({.method = Get,
                   .path = "/v1/commands",
                   .id = "listCommands",
                   .tag = tag,
                   .summary = "Commands, the newest first",
                   .admission = Admission::SignedIn,
                   .permission = {},
                   .handle = list_commands,
                   .query = with_paging({{"state", "string", "waiting, sending or done."},
                                         {"point", "string", "Id or path of a point."}}),
                   .response = "CommandPage",
                   .about = "One's own, and those to points for which one has commands:read."});
    out.push_back({.method = Get,
                   .path = "/v1/commands/{command}",
                   .id = "getCommand",
                   .tag = tag,
                   .summary = "A command, and what became of it",
                   .admission = Admission::SignedIn,
                   .permission = {},
                   .handle = read_command,
                   .response = "Command"});
    out.push_back({.method = Post,
                   .path = "/v1/commands/{command}/approve",
                   .id = "approveCommand",
                   .tag = tag,
                   .summary = "Send a command that waits",
                   .permission = "commands:approve",
                   .handle = approve_command,
                   .request = "CommandNote",
                   .response = "Command",
                   .about = "Not by who asked for it. Rules are asked again: if one forbids it now "
                            "(409) the command goes on waiting."});
    out.push_back({.method = Post,
                   .path = "/v1/commands/{command}/reject",
                   .id = "rejectCommand",
                   .tag = tag,
                   .summary = "End a command that waits",
                   .admission = Admission::SignedIn,
                   .permission = {},
                   .handle = reject_command,
                   .request = "CommandNote",
                   .response = "Command",
                   .about = "By somebody with commands:approve, or by who asked for it."});
    add_rule_routes(out);
}

}  // namespace gantry::api
