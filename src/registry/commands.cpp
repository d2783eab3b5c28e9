// SPDX-License-Identifier: Apache-2.0
#include "registry/commands.h"

#include <algorithm>
#include <array>
#include <format>

#include "model/json.h"

namespace gantry::registry {
namespace {

constexpr std::array<std::string_view, 3> state_names = {"waiting", "sending", "done"};
constexpr std::string_view columns = "id, tenant, point, principal, state, doc";

json::object to_json(const Person& person) {
    return {{"id", person.id.text()}, {"login", person.login}, {"tenant", person.tenant.text()}};
}

Result<> read_entity(const json::value& value, Person& out, const std::string& where) {
    std::string id;
    std::string tenant;
    ObjectReader in(value, where);
    in.required("id", id);
    in.required("login", out.login);
    in.required("tenant", tenant);
    TRY(in.finish());
    out.id = PrincipalId(std::move(id));
    out.tenant = TenantId(std::move(tenant));
    return {};
}

// With its type, which JSON does not say of every number.
json::object typed(const Value& value) {
    return {{"type", value_type_name(type_of(value))}, {"value", gantry::to_json(value)}};
}

Result<> read_typed(const json::value* from, Value& out) {
    if (from == nullptr) {
        return {};
    }
    ValueType type = ValueType::Null;
    ObjectReader in(*from, "");
    in.required("type", type);
    const json::value* raw = in.take("value");
    TRY(in.finish());
    if (raw == nullptr) {
        return fail(Code::Corrupt, "a value is missing");
    }
    TRY_ASSIGN(out, value_from_json(*raw, type));
    return {};
}

std::string document_of(const Command& command) {
    json::object doc{
        {"path", command.path},       {"value", typed(command.value)}, {"reason", command.reason},
        {"by", to_json(command.by)},  {"created", command.created},    {"expires", command.expires},
        {"decided", command.decided}, {"note", command.note},          {"outcome", command.outcome},
        {"detail", command.detail},   {"finished", command.finished}};
    if (!command.decided_by.id.empty()) {
        doc["decided_by"] = to_json(command.decided_by);
    }
    if (type_of(command.read_back) != ValueType::Null) {
        doc["read_back"] = typed(command.read_back);
    }
    return json::serialize(doc);
}

Result<> read_document(const std::string& text, Command& out) {
    TRY_ASSIGN(const json::value doc, parse_json(text));
    ObjectReader in(doc, "");
    in.required("path", out.path);
    in.required("reason", out.reason);
    in.required("created", out.created);
    in.required("expires", out.expires);
    in.required("decided", out.decided);
    in.required("note", out.note);
    in.required("outcome", out.outcome);
    in.required("detail", out.detail);
    in.required("finished", out.finished);
    const json::value* by = in.take("by");
    const json::value* decided_by = in.take("decided_by");
    const json::value* value = in.take("value");
    const json::value* read_back = in.take("read_back");
    TRY(in.finish());
    if (by == nullptr) {
        return fail(Code::Corrupt, "its sender is missing");
    }
    TRY(read_entity(*by, out.by, "/by"));
    if (decided_by != nullptr) {
        TRY(read_entity(*decided_by, out.decided_by, "/decided_by"));
    }
    TRY(read_typed(value, out.value));
    return read_typed(read_back, out.read_back);
}

Result<Command> command_of(const SqlRow& row) {
    Command out;
    out.id = CommandId(row.text(0));
    out.tenant = TenantId(row.text(1));
    out.point = PointId(row.text(2));
    out.state = parse_command_state(row.text(4)).value_or(CommandState::Done);
    if (const auto read = read_document(row.text(5), out); !read) {
        return fail(Code::Corrupt, "command {} is damaged: {}", out.id.text(),
                    read.error().message);
    }
    return out;
}

Result<std::vector<Command>> commands_of(const std::vector<SqlRow>& rows) {
    std::vector<Command> out;
    out.reserve(rows.size());
    for (const SqlRow& row : rows) {
        TRY_ASSIGN(out.emplace_back(), command_of(row));
    }
    return out;
}

Result<std::optional<Command>> find_by_key(Sql& sql, const TenantId& tenant,
                                           const PrincipalId& principal, const CommandKey& key) {
    TRY_ASSIGN(
        const auto row,
        sql.first(std::format("SELECT {}, request FROM commands WHERE tenant = :tenant AND "
                              "principal = :principal AND key = :key",
                              columns),
                  {{"tenant", tenant.text()}, {"principal", principal.text()}, {"key", key.key}}));
    if (!row) {
        return std::nullopt;
    }
    if (row->text(6) != key.request) {
        return fail(Code::Conflict, "the Idempotency-Key '{}' was used for another request",
                    key.key);
    }
    return command_of(*row);
}

Result<> check_room(Sql& sql, const TenantId& tenant) {
    TRY_ASSIGN(const auto row, sql.first("SELECT count(*) FROM commands WHERE tenant = :tenant AND "
                                         "state = 'waiting'",
                                         {{"tenant", tenant.text()}}));
    if (row && row->number(0) >= Commands::waiting_max) {
        return fail(Code::QuotaExceeded,
                    "{} commands wait for approval, more than {} do not: approve or reject some",
                    row->number(0), Commands::waiting_max);
    }
    return {};
}

}  // namespace

std::string_view command_state_name(CommandState state) {
    return state_names[static_cast<std::size_t>(state)];
}

std::optional<CommandState> parse_command_state(std::string_view name) {
    const auto found = std::ranges::find(state_names, name);
    return found == state_names.end()
               ? std::nullopt
               : std::optional(static_cast<CommandState>(found - state_names.begin()));
}

Result<std::pair<Command, bool>> Commands::create(Command command, const CommandKey& key) {
    using Made = std::pair<Command, bool>;
    return ground_.database.write<Made>([&](Sql& sql) -> Result<Made> {
        if (!key.key.empty()) {
            TRY_ASSIGN(auto before, find_by_key(sql, command.tenant, command.by.id, key));
            if (before) {
                return Made(std::move(*before), true);
            }
        }
        if (command.state == CommandState::Waiting) {
            TRY(check_room(sql, command.tenant));
        }
        command.id = make_id<CommandTag>(ground_.clock, ground_.random);
        command.created = ground_.clock.now();
        TRY(sql.execute("INSERT INTO commands (id, tenant, point, principal, key, request, state, "
                        "doc) VALUES (:id, :tenant, :point, :principal, :key, :request, :state, "
                        ":doc)",
                        {{"id", command.id.text()},
                         {"tenant", command.tenant.text()},
                         {"point", command.point.text()},
                         {"principal", command.by.id.text()},
                         // Keys are those of their principal: its own id is nobody's choice.
                         {"key", key.key.empty() ? command.id.text() : key.key},
                         {"request", key.request},
                         {"state", command_state_name(command.state)},
                         {"doc", document_of(command)}}));
        return Made(std::move(command), false);
    });
}

Result<std::optional<Command>> Commands::find(const TenantId& tenant, const PrincipalId& principal,
                                              const CommandKey& key) {
    return ground_.database.read<std::optional<Command>>(
        [&](Sql& sql) { return find_by_key(sql, tenant, principal, key); });
}

Result<Command> Commands::get(const TenantId& tenant, const std::string& id) {
    return ground_.database.read<Command>([&](Sql& sql) -> Result<Command> {
        TRY_ASSIGN(
            const auto row,
            sql.first(
                std::format("SELECT {} FROM commands WHERE tenant = :tenant AND id = :id", columns),
                {{"tenant", tenant.text()}, {"id", id}}));
        if (!row) {
            return fail(Code::NotFound, "there is no command '{}'", id);
        }
        return command_of(*row);
    });
}

Result<Page<Command>> Commands::list(const TenantId& tenant, const CommandFilter& filter,
                                     const PageRequest& request) {
    return ground_.database.read<Page<Command>>([&](Sql& sql) -> Result<Page<Command>> {
        std::string text = std::format("SELECT {} FROM commands WHERE tenant = :tenant", columns);
        std::vector<SqlParameter> parameters = {{"tenant", tenant.text()}};
        if (filter.state) {
            text += " AND state = :state";
            parameters.emplace_back("state", command_state_name(*filter.state));
        }
        if (!filter.point.empty()) {
            text += " AND point = :point";
            parameters.emplace_back("point", filter.point.text());
        }
        if (!request.after.empty()) {
            text += " AND id < :after";
            parameters.emplace_back("after", request.after);
        }
        parameters.emplace_back("limit", request.limit + 1);
        TRY_ASSIGN(const auto rows,
                   sql.query(text + " ORDER BY id DESC LIMIT :limit", std::move(parameters)));
        TRY_ASSIGN(auto items, commands_of(rows));
        return make_page(std::move(items), request,
                         [](const Command& command) { return command.id.text(); });
    });
}

Result<std::vector<Command>> Commands::in_state(CommandState state) {
    using All = std::vector<Command>;
    return ground_.database.read<All>([&](Sql& sql) -> Result<All> {
        TRY_ASSIGN(const auto rows, sql.query(std::format("SELECT {} FROM commands WHERE "
                                                          "state = :state ORDER BY id",
                                                          columns),
                                              {{"state", command_state_name(state)}}));
        return commands_of(rows);
    });
}

Result<> Commands::move(const Command& command, CommandState from) {
    const auto done = ground_.database.write<bool>([&](Sql& sql) -> Result<bool> {
        TRY_ASSIGN(const std::int64_t changed,
                   sql.execute("UPDATE commands SET state = :state, doc = :doc WHERE id = :id AND "
                               "state = :from",
                               {{"state", command_state_name(command.state)},
                                {"doc", document_of(command)},
                                {"id", command.id.text()},
                                {"from", command_state_name(from)}}));
        if (changed == 0) {
            return fail(Code::Conflict, "the command is not {} any more: read it again",
                        command_state_name(from));
        }
        return true;
    });
    return done ? Result<>{} : std::unexpected(done.error());
}

Result<> Commands::purge() {
    const auto done = ground_.database.write<bool>([&](Sql& sql) -> Result<bool> {
        TRY_ASSIGN(const auto tenants,
                   sql.query("SELECT tenant FROM commands GROUP BY tenant HAVING count(*) > :kept",
                             {{"kept", kept}}));
        for (const SqlRow& tenant : tenants) {
            TRY(sql.execute(
                "DELETE FROM commands WHERE tenant = :tenant AND state = 'done' AND "
                "id < (SELECT min(id) FROM (SELECT id FROM commands WHERE tenant = "
                ":tenant2 ORDER BY id DESC LIMIT :kept) AS newest)",
                {{"tenant", tenant.text(0)}, {"tenant2", tenant.text(0)}, {"kept", kept}}));
        }
        return true;
    });
    return done ? Result<>{} : std::unexpected(done.error());
}

}  // namespace gantry::registry
