// SPDX-License-Identifier: Apache-2.0
// Cursors and prepared statements by SQL. A cursor is a portal, as in PostgreSQL.
#include "base/error_tables.h"
#include "pgwire/session.h"

namespace gantry::pgwire {
namespace {

using query::SqlFault;
using query::SqlResult;

constexpr std::size_t statements_max = 1000;  // kept prepared by one client

std::unexpected<SqlFault> fault(Code code, std::string_view state, std::string message) {
    return std::unexpected(SqlFault{{code, std::move(message), {}}, state, 0});
}

std::unexpected<SqlFault> no_cursor(const std::string& name) {
    return fault(Code::NotFound, "34000", std::format("there is no cursor \"{}\"", name));
}

std::unexpected<SqlFault> no_statement(const std::string& name) {
    return fault(Code::NotFound, "26000",
                 std::format("there is no prepared statement \"{}\"", name));
}

}  // namespace

bool Session::is_of_cursors(const Statement& statement) {
    return statement.as<DeclareCommand>() != nullptr || statement.as<FetchCommand>() != nullptr ||
           statement.as<CloseCommand>() != nullptr || statement.as<PrepareCommand>() != nullptr ||
           statement.as<ExecuteCommand>() != nullptr;
}

SqlResult<> Session::may_keep(const std::string& name, std::size_t bytes) const {
    if (statements_.contains(name)) {
        return fault(Code::Conflict, "42P05",
                     std::format("there is a prepared statement \"{}\" already", name));
    }
    for (const auto& [other, statement] : statements_) {
        bytes += statement->text.size();
    }
    if (statements_.size() >= statements_max ||
        bytes > static_cast<std::size_t>(server_.options().message_bytes_max)) {
        return fault(Code::TooLarge, "53400",
                     "too many prepared statements: close some of them (DEALLOCATE ALL)");
    }
    return {};
}

asio::awaitable<SqlResult<>> Session::run_cursors(std::shared_ptr<const Statement> statement,
                                                  const Portal* around, bool describe) {
    if (statement->as<DeclareCommand>() != nullptr) {
        co_return co_await run_declare(*statement, around);
    }
    if (const auto* fetch = statement->as<FetchCommand>()) {
        co_return co_await run_fetch(*fetch, around, describe);
    }
    if (const auto* close = statement->as<CloseCommand>()) {
        co_return run_close(*close);
    }
    if (statement->as<PrepareCommand>() != nullptr) {
        co_return co_await run_prepare(*statement);
    }
    co_return co_await run_execute(*statement->as<ExecuteCommand>(), around, describe);
}

asio::awaitable<SqlResult<>> Session::run_declare(const Statement& statement,
                                                  const Portal* around) {
    const auto& command = *statement.as<DeclareCommand>();
    if (transaction_ == 'I') {
        co_return fault(Code::Conflict, "25P01",
                        "DECLARE CURSOR is for transactions only: say BEGIN first");
    }
    if (portals_.contains(command.name)) {
        co_return fault(Code::Conflict, "42P03",
                        std::format("there is a cursor \"{}\" already", command.name));
    }
    if (portals_.size() >= portals_max) {
        co_return fault(
            Code::TooLarge, "53400",
            std::format("no more than {} cursors may be open: CLOSE some", portals_max));
    }
    auto cursor = std::make_unique<Portal>(
        std::make_shared<const Statement>(cursor_query(statement)),
        around == nullptr ? std::vector<query::SqlArgument>{} : around->arguments(),
        command.binary ? std::vector<Format>{Format::Binary} : std::vector<Format>{});
    Portal& kept = *(portals_[command.name] = std::move(cursor));
    if (auto opened = co_await open_portal(kept); !opened) {
        put_away(command.name);
        co_return opened;
    }
    writer_.command_complete("DECLARE CURSOR");
    co_return SqlResult<>{};
}

asio::awaitable<SqlResult<>> Session::run_fetch(FetchCommand command, const Portal* around,
                                                bool describe) {
    const auto found = portals_.find(command.name);
    if (found == portals_.end() || command.name.empty()) {
        co_return no_cursor(command.name);
    }
    Portal& cursor = *found->second;
    if (around != nullptr && !around->formats().empty()) {
        cursor.use_formats(around->formats());
    }
    if (describe && !command.move) {
        writer_.row_description(cursor.description());
    }
    const std::uint64_t before = cursor.count();
    if (!cursor.done()) {
        if (!cursor.is_open()) {
            CO_TRY(co_await open_portal(cursor));
        } else if (!server_.connections().begin(stop_)) {
            co_return fault(Code::Unavailable, "57P01", "the server is stopping");
        }
        CO_TRY(co_await pour_rows(cursor, command.count, command.move));
    }
    writer_.command_complete(
        std::format("{} {}", command.move ? "MOVE" : "FETCH", cursor.count() - before));
    co_return SqlResult<>{};
}

SqlResult<> Session::run_close(const CloseCommand& command) {
    if (command.all) {
        forget_portals();
    } else if (command.name.empty() || !portals_.contains(command.name)) {
        return no_cursor(command.name);
    } else {
        put_away(command.name);
    }
    writer_.command_complete(command.all ? "CLOSE CURSOR ALL" : "CLOSE CURSOR");
    return {};
}

asio::awaitable<SqlResult<>> Session::run_prepare(const Statement& statement) {
    const auto& command = *statement.as<PrepareCommand>();
    CO_TRY(may_keep(command.name, command.query.size()));
    CO_TRY_ASSIGN(Statement inner, read_query(command, statement, database_));
    const bool welcome = co_await still_welcome();
    if (!welcome) {
        gone_ = true;
        co_return fault(Code::Unauthenticated, "57P01",
                        "the token that this connection was made with is no longer good");
    }
    auto& engine = server_.around().sql;
    const auto asked =
        co_await offload(server_.queries(), party(), [&engine, &command, &inner, who = asker()] {
            return Result<SqlResult<>>(prepare(engine, who.caller(), command.types, inner));
        });
    if (!asked) {
        co_return std::unexpected(SqlFault{asked.error(), {}, 0});
    }
    CO_TRY(*asked);
    statements_[command.name] = std::make_shared<const Statement>(std::move(inner));
    writer_.command_complete("PREPARE");
    co_return SqlResult<>{};
}

asio::awaitable<SqlResult<>> Session::run_execute(ExecuteCommand command, const Portal* around,
                                                  bool describe) {
    const auto found = statements_.find(command.name);
    if (found == statements_.end() || command.name.empty() ||
        found->second->as<QueryCommand>() == nullptr) {
        co_return no_statement(command.name);
    }
    const auto statement = found->second;
    if (command.arguments.size() != statement->parameters.size()) {
        co_return fault(Code::InvalidArgument, "42601",
                        std::format("\"{}\" has {} parameters, {} were given", command.name,
                                    statement->parameters.size(), command.arguments.size()));
    }
    std::vector<query::SqlArgument> arguments;
    for (std::size_t i = 0; i < command.arguments.size(); ++i) {
        auto argument =
            read_parameter(statement->parameters[i], Format::Text, command.arguments[i]);
        if (!argument) {
            co_return fault(argument.error().code, "22P02",
                            std::format("parameter ${}: {}", i + 1, argument.error().message));
        }
        arguments.push_back(std::move(*argument));
    }
    auto formats = around == nullptr ? std::vector<Format>{} : around->formats();
    put_away("");
    Portal& portal = *(portals_[""] = std::make_unique<Portal>(statement, std::move(arguments),
                                                               std::move(formats)));
    CO_TRY(co_await open_portal(portal));
    if (describe) {
        writer_.row_description(portal.description());
    }
    CO_TRY(co_await stream_rows(portal, UINT64_MAX));
    put_away("");
    co_return SqlResult<>{};
}

std::vector<ColumnDescription> Session::described(const Statement& statement,
                                                  std::span<const Format> formats) const {
    if (const auto* fetch = statement.as<FetchCommand>(); fetch != nullptr && !fetch->move) {
        const auto found = portals_.find(fetch->name);
        if (found != portals_.end()) {
            return formats.empty() ? found->second->description()
                                   : found->second->description(formats);
        }
    }
    if (const auto* execute = statement.as<ExecuteCommand>()) {
        const auto found = statements_.find(execute->name);
        if (found != statements_.end()) {
            return Portal(found->second, {}, {formats.begin(), formats.end()}).description();
        }
    }
    return {};
}

}  // namespace gantry::pgwire
