// SPDX-License-Identifier: Apache-2.0
// The extended protocol: PostgreSQL 17's manual, 53.2.3.
#include <boost/asio/post.hpp>

#include "base/error_tables.h"
#include "pgwire/session.h"

namespace gantry::pgwire {
namespace {

using query::SqlFault;
using query::SqlResult;

std::unexpected<SqlFault> fault(Code code, std::string_view state, std::string message) {
    return std::unexpected(SqlFault{{code, std::move(message), {}}, state, 0});
}

template <class T>
SqlResult<T> protocol(Result<T> parsed) {
    if (!parsed) {
        return fault(parsed.error().code, "08P01", parsed.error().message);
    }
    return std::move(*parsed);
}

}  // namespace

asio::awaitable<SqlResult<>> Session::extended(char letter, std::string_view body) {
    switch (letter) {
        case 'P': co_return co_await parse(body);
        case 'B': co_return bind(body);
        case 'D': co_return describe(body);
        case 'C': co_return close(body);
        default: co_return co_await execute(body);
    }
}

asio::awaitable<SqlResult<>> Session::parse(std::string_view body) {
    CO_TRY_ASSIGN(const ParseMessage message, protocol(parse_parse(body)));
    const std::string name(message.statement);
    if (name.empty()) {
        statements_.erase(name);
    }
    CO_TRY(may_keep(name, message.query.size()));
    StatementList list = read_statements(message.query, database_);
    if (list.fault) {
        co_return std::unexpected(*list.fault);
    }
    if (list.statements.size() > 1) {
        co_return fault(Code::InvalidArgument, "42601",
                        "a prepared statement is one statement, not several");
    }
    Statement statement =
        list.statements.empty() ? Statement{} : std::move(list.statements.front());
    if (auto may = may_run(statement); !may) {
        co_return may;
    }
    const bool welcome = co_await still_welcome();
    if (!welcome) {
        gone_ = true;
        co_return fault(Code::Unauthenticated, "57P01",
                        "the token that this connection was made with is no longer good");
    }
    auto& engine = server_.around().sql;
    const auto asked = co_await offload(
        server_.queries(), party(), [&engine, &message, &statement, who = asker()] {
            return Result<SqlResult<>>(prepare(engine, who.caller(), message.types, statement));
        });
    if (!asked) {
        co_return std::unexpected(SqlFault{asked.error(), {}, 0});
    }
    CO_TRY(*asked);
    statements_[name] = std::make_shared<const Statement>(std::move(statement));
    writer_.bare('1');
    co_return SqlResult<>{};
}

SqlResult<> Session::bind(std::string_view body) {
    TRY_ASSIGN(const BindMessage message, protocol(parse_bind(body)));
    const auto found = statements_.find(std::string(message.statement));
    if (found == statements_.end()) {
        return fault(Code::NotFound, "26000",
                     std::format("there is no prepared statement \"{}\"", message.statement));
    }
    const auto statement = found->second;
    TRY(may_run(*statement));
    const std::string name(message.portal);
    if (name.empty()) {
        put_away(name);
    } else if (portals_.contains(name)) {
        return fault(Code::Conflict, "42P03",
                     std::format("there is a portal \"{}\" already", name));
    }
    if (portals_.size() >= portals_max) {
        return fault(Code::TooLarge, "53400",
                     std::format("no more than {} portals may be open", portals_max));
    }
    if (message.parameters.size() != statement->parameters.size()) {
        return fault(Code::InvalidArgument, "08P01",
                     std::format("the statement has {} parameters, {} were given",
                                 statement->parameters.size(), message.parameters.size()));
    }
    const auto format_of = [](const std::vector<std::int16_t>& formats, std::size_t i) {
        const std::int16_t format = formats.empty()       ? std::int16_t{0}
                                    : formats.size() == 1 ? formats[0]
                                    : i < formats.size()  ? formats[i]
                                                          : std::int16_t{0};
        return static_cast<Format>(format);
    };
    std::vector<query::SqlArgument> arguments;
    for (std::size_t i = 0; i < message.parameters.size(); ++i) {
        auto argument =
            read_parameter(statement->parameters[i], format_of(message.parameter_formats, i),
                           message.parameters[i]);
        if (!argument) {
            return fault(argument.error().code, "22P02",
                         std::format("parameter ${}: {}", i + 1, argument.error().message));
        }
        arguments.push_back(std::move(*argument));
    }
    std::vector<Format> formats;
    for (const std::int16_t format : message.result_formats) {
        formats.push_back(static_cast<Format>(format));
    }
    portals_[name] = std::make_unique<Portal>(statement, std::move(arguments), std::move(formats));
    writer_.bare('2');
    return {};
}

void Session::describe_rows(const Statement& statement,
                            std::span<const ColumnDescription> columns) {
    const auto* show = statement.command ? std::get_if<ShowCommand>(&*statement.command) : nullptr;
    if (show != nullptr) {
        const std::vector<ColumnDescription> one = {
            {show->name, static_cast<std::uint32_t>(Oid::Text), -1, 0}};
        writer_.row_description(one);
    } else if (columns.empty() || statement.copy() != nullptr) {
        writer_.bare('n');
    } else {
        writer_.row_description(columns);
    }
}

SqlResult<> Session::describe(std::string_view body) {
    TRY_ASSIGN(const ObjectName object, protocol(parse_object_name(body)));
    const std::string name(object.name);
    if (object.kind == 'P') {
        const auto found = portals_.find(name);
        if (found == portals_.end()) {
            return fault(Code::NotFound, "34000", std::format("there is no portal \"{}\"", name));
        }
        const Portal& portal = *found->second;
        describe_rows(portal.statement(), is_of_cursors(portal.statement())
                                              ? described(portal.statement(), portal.formats())
                                              : portal.description());
        return {};
    }
    const auto found = statements_.find(name);
    if (found == statements_.end()) {
        return fault(Code::NotFound, "26000",
                     std::format("there is no prepared statement \"{}\"", name));
    }
    std::vector<std::uint32_t> types;
    for (const Oid oid : found->second->parameter_oids) {
        types.push_back(static_cast<std::uint32_t>(oid));
    }
    writer_.parameter_description(types);
    // In text, as long as nobody has said otherwise.
    describe_rows(*found->second, is_of_cursors(*found->second)
                                      ? described(*found->second, {})
                                      : Portal(found->second, {}, {}).description());
    return {};
}

// To close what is not there is no error.
SqlResult<> Session::close(std::string_view body) {
    TRY_ASSIGN(const ObjectName object, protocol(parse_object_name(body)));
    const std::string name(object.name);
    if (object.kind == 'P') {
        put_away(name);
    } else {
        statements_.erase(name);
    }
    writer_.bare('3');
    return {};
}

asio::awaitable<SqlResult<>> Session::execute(std::string_view body) {
    CO_TRY_ASSIGN(const ExecuteMessage message, protocol(parse_execute(body)));
    const std::string name(message.portal);
    const auto found = portals_.find(name);
    if (found == portals_.end()) {
        co_return fault(Code::NotFound, "34000", std::format("there is no portal \"{}\"", name));
    }
    Portal& portal = *found->second;
    const auto& statement = portal.statement();
    if (!statement.command) {
        writer_.bare('I');
        co_return SqlResult<>{};
    }
    CO_TRY(may_run(statement));
    if (is_of_cursors(statement)) {
        // Kept while it runs: a CLOSE ALL or an end of the transaction puts portals away.
        const auto kept = std::make_shared<const Statement>(statement);
        const Portal around(kept, portal.arguments(), portal.formats());
        co_return co_await run_cursors(kept, &around, false);
    }
    if (!statement.is_query()) {
        // A copy: the end of a transaction closes portals.
        const Command command = *statement.command;
        co_return run_command(command, false);
    }
    if (portal.done()) {
        writer_.command_complete("SELECT 0");
        co_return SqlResult<>{};
    }
    if (!portal.is_open()) {
        CO_TRY(co_await open_portal(portal));
        if (const CopyCommand* copy = statement.copy()) {
            writer_.copy_out_response(copy->form == CopyCommand::Form::Binary,
                                      portal.description().size());
        }
    } else if (!server_.connections().begin(stop_)) {
        co_return fault(Code::Unavailable, "57P01", "the server is stopping");
    }
    const std::uint64_t most =
        message.rows_max == 0 ? UINT64_MAX : static_cast<std::uint64_t>(message.rows_max);
    CO_TRY_ASSIGN(const bool more, co_await stream_rows(portal, most));
    if (more) {
        writer_.bare('s');  // PortalSuspended
    }
    co_return SqlResult<>{};
}

// A query that still runs is ended in the pool: that can take a while.
void Session::put_away(const std::string& name) {
    auto node = portals_.extract(name);
    if (node && node.mapped()->is_open()) {
        // Refused, it is ended here and now.
        (void)server_.queries().submit(party(), [portal = std::move(node.mapped())] {});
    }
}

void Session::forget_portals() {
    while (!portals_.empty()) {
        put_away(portals_.begin()->first);
    }
}

}  // namespace gantry::pgwire
