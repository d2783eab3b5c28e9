// SPDX-License-Identifier: Apache-2.0
// Running statements, and the simple protocol: PostgreSQL 17's manual, 53.2.2.
#include <algorithm>

#include "base/error_tables.h"
#include "pgwire/catalogue.h"
#include "pgwire/session.h"

namespace gantry::pgwire {
namespace {

using query::SqlFault;
using query::SqlResult;

// What one step in the pool may gather for the client, and so what one that does not read holds.
constexpr std::size_t step_bytes = 128 * 1024;
constexpr std::size_t setting_bytes_max = 1024;

std::unexpected<SqlFault> fault(Code code, std::string_view state, std::string message) {
    return std::unexpected(SqlFault{{code, std::move(message), {}}, state, 0});
}

// A value that the setting has anyway.
bool is_utc(const std::string& value) {
    const std::string zone = lower(value);
    return zone == "utc" || zone == "gmt" || zone == "etc/utc" || zone == "z" || zone == "0" ||
           zone == "default" || zone == "local";
}

bool is_utf8_name(const std::string& value) {
    std::string bare;
    std::ranges::copy_if(lower(value), std::back_inserter(bare),
                         [](char c) { return c != '-' && c != '_' && c != '\'' && c != ' '; });
    // What SQL_ASCII means is "whatever the server has".
    return bare == "utf8" || bare == "unicode" || bare == "sqlascii" || bare == "default" ||
           bare == "auto";
}

}  // namespace

asio::awaitable<bool> Session::simple_query(std::string_view text) {
    statements_.erase("");
    put_away("");
    const StatementList list = read_statements(text, database_);
    bool failed = false;
    for (const Statement& statement : list.statements) {
        const auto done = co_await run_simple(std::make_shared<const Statement>(statement));
        if (!done) {
            fail_statement(done.error());
            failed = true;
            break;
        }
    }
    if (!failed && list.fault) {
        fail_statement(*list.fault);
    } else if (!failed && list.statements.empty()) {
        writer_.bare('I');  // EmptyQueryResponse
    }
    if (gone_) {
        co_await turn_away();
        co_return false;
    }
    if (transaction_ == 'I') {
        forget_portals();
    }
    writer_.ready_for_query(transaction_);
    co_return co_await flush();
}

asio::awaitable<SqlResult<>> Session::run_simple(std::shared_ptr<const Statement> statement) {
    if (auto may = may_run(*statement); !may) {
        co_return may;
    }
    if (is_of_cursors(*statement)) {
        co_return co_await run_cursors(std::move(statement), nullptr, true);
    }
    if (!statement->is_query()) {
        co_return run_command(*statement->command, true);
    }
    // Kept where others find it, so that it is put away with them if this ends early.
    Portal& portal = *(portals_[""] = std::make_unique<Portal>(
                           statement, std::vector<query::SqlArgument>{}, std::vector<Format>{}));
    if (auto opened = co_await open_portal(portal); !opened) {
        co_return opened;
    }
    const auto columns = portal.description();
    if (const CopyCommand* copy = statement->copy()) {
        writer_.copy_out_response(copy->form == CopyCommand::Form::Binary, columns.size());
    } else {
        writer_.row_description(columns);
    }
    const auto streamed = co_await stream_rows(portal, UINT64_MAX);
    put_away("");
    if (!streamed) {
        co_return std::unexpected(streamed.error());
    }
    co_return SqlResult<>{};
}

// In a transaction that has failed nothing runs but its end.
SqlResult<> Session::may_run(const Statement& statement) const {
    if (transaction_ != 'E' || !statement.command) {
        return {};
    }
    const auto* end = std::get_if<TransactionCommand>(&*statement.command);
    const bool ends =
        end != nullptr && (end->what == Transaction::Commit || end->what == Transaction::Rollback ||
                           end->what == Transaction::RollbackTo);
    return ends ? SqlResult<>{}
                : fault(Code::Conflict, "25P02",
                        "the transaction has failed: nothing is done until its ROLLBACK");
}

asio::awaitable<SqlResult<>> Session::open_portal(Portal& portal) {
    const bool welcome = co_await still_welcome();
    if (!welcome || !server_.connections().begin(stop_)) {
        gone_ = gone_ || !welcome;
        co_return fault(Code::Unavailable, "57P01",
                        welcome ? "the server is stopping"
                                : "the token that this connection was made with is no longer good");
    }
    server_.meters().statements.add();
    auto& engine = server_.around().sql;
    // The engine's answer in a value of its own, because the pool has errors of its own too.
    const auto asked =
        co_await offload(server_.queries(), party(), [this, &engine, &portal, who = asker()] {
            return Result<SqlResult<>>(portal.open(engine, who.caller(), stop_));
        });
    if (!asked) {
        co_return std::unexpected(SqlFault{asked.error(), {}, 0});
    }
    co_return *asked;
}

asio::awaitable<SqlResult<>> Session::pour_rows(Portal& portal, std::uint64_t rows_max,
                                                bool discard) {
    const auto begun = std::chrono::steady_clock::now();
    const std::uint64_t before = portal.count();
    while (!portal.done() && portal.count() - before < rows_max) {
        const std::uint64_t left = rows_max - (portal.count() - before);
        std::string rows;
        const auto asked = co_await offload(server_.queries(), party(), [&portal, &rows, left] {
            return Result<SqlResult<>>(portal.fill(rows, step_bytes, left));
        });
        if (!discard) {
            out_ += rows;
        }
        if (!asked) {
            co_return std::unexpected(SqlFault{asked.error(), {}, 0});
        }
        if (!*asked) {
            co_return std::unexpected(placed(asked->error(), portal.statement()));
        }
        if (out_.size() >= step_bytes) {
            const bool sent = co_await flush();
            if (!sent) {
                gone_ = true;
                co_return fault(Code::Cancelled, "57014", "the client does not read");
            }
        }
    }
    server_.meters().rows.add(portal.count() - before);
    server_.meters().seconds.record(std::chrono::steady_clock::now() - begun);
    co_return SqlResult<>{};
}

asio::awaitable<SqlResult<bool>> Session::stream_rows(Portal& portal, std::uint64_t rows_max) {
    CO_TRY(co_await pour_rows(portal, rows_max, false));
    if (!portal.done()) {
        co_return true;
    }
    const std::uint64_t count = portal.count();
    if (portal.statement().copy() != nullptr) {
        writer_.bare('c');
        writer_.command_complete(std::format("COPY {}", count));
    } else {
        const auto& command = std::get<QueryCommand>(*portal.statement().command);
        writer_.command_complete(command.tag == "SELECT" ? std::format("SELECT {}", count)
                                                         : std::string(command.tag));
    }
    co_return false;
}

// ---- what is not a query

SqlResult<> Session::run_command(const Command& command, bool describe) {
    if (const auto* transaction = std::get_if<TransactionCommand>(&command)) {
        return run_transaction(*transaction);
    }
    if (const auto* set = std::get_if<SetCommand>(&command)) {
        TRY(run_set(*set));
        writer_.command_complete(set->tag);
        return {};
    }
    if (const auto* show = std::get_if<ShowCommand>(&command)) {
        return run_show(*show, describe);
    }
    if (const auto* deallocate = std::get_if<DeallocateCommand>(&command)) {
        if (deallocate->all) {
            statements_.clear();
        } else if (statements_.erase(deallocate->name) == 0) {
            return fault(Code::NotFound, "26000",
                         std::format("there is no prepared statement \"{}\"", deallocate->name));
        }
        writer_.command_complete(deallocate->all ? "DEALLOCATE ALL" : "DEALLOCATE");
        return {};
    }
    const auto& nothing = std::get<NothingCommand>(command);
    if (nothing.forget_statements) {
        statements_.clear();
        settings_.clear();
    }
    writer_.command_complete(nothing.tag);
    return {};
}

SqlResult<> Session::run_set(const SetCommand& command) {
    if (command.name.empty()) {
        if (command.tag == "RESET") {
            settings_.clear();
        }
        return {};
    }
    if (command.value.size() > setting_bytes_max) {
        return fault(Code::TooLarge, "54000", "the value of a setting is too long");
    }
    if (command.tag == "RESET") {
        settings_.erase(command.name);
        return {};
    }
    if (command.name == "client_encoding" && !is_utf8_name(command.value)) {
        return fault(Code::Unsupported, "22023",
                     std::format("the encoding {} is not there: use UTF8", command.value));
    }
    if (command.name == "transaction_read_only" ||
        command.name == "default_transaction_read_only") {
        const std::string value = lower(command.value);
        return value == "off" || value == "false" || value == "0"
                   ? fault(Code::Forbidden, "25006", "this door only reads")
                   : SqlResult<>{};
    }
    if (command.name == "timezone" && !is_utc(command.value)) {
        writer_.notice({.severity = "WARNING",
                        .state = "01000",
                        .message = "times are told in UTC here, whatever TimeZone is set to"});
        return {};
    }
    if (command.name == "application_name") {
        settings_[command.name] = command.value;
        writer_.parameter_status(command.name, command.value);
    }
    return {};  // others are taken and mean nothing here
}

std::string Session::setting(const std::string& name) const {
    if (const auto found = settings_.find(name); found != settings_.end()) {
        return found->second;
    }
    if (name == "session_authorization") {
        return context_.identity ? context_.identity->login : std::string();
    }
    const auto known = std::ranges::find(settings(), name, &Setting::name);
    return known == settings().end() ? std::string() : std::string(known->value);
}

SqlResult<> Session::run_show(const ShowCommand& command, bool describe) {
    if (command.name == "all") {
        return fault(Code::Unsupported, "0A000", "write SELECT name, setting FROM pg_settings");
    }
    if (std::ranges::find(settings(), command.name, &Setting::name) == settings().end()) {
        return fault(Code::NotFound, "42704",
                     std::format("there is no setting \"{}\"", command.name));
    }
    if (describe) {
        const std::vector<ColumnDescription> columns = {
            {command.name, static_cast<std::uint32_t>(Oid::Text), -1, 0}};
        writer_.row_description(columns);
    }
    writer_.begin('D');
    writer_.put16(1);
    const std::size_t at = writer_.begin_value();
    writer_.put_bytes(setting(command.name));
    writer_.end_value(at);
    writer_.end();
    writer_.command_complete("SHOW");
    return {};
}

// There is nothing to undo; the states are what clients look at.
SqlResult<> Session::run_transaction(const TransactionCommand& command) {
    using enum Transaction;
    switch (command.what) {
        case Begin:
            if (transaction_ != 'I') {
                writer_.notice({.severity = "WARNING",
                                .state = "25001",
                                .message = "there is already a transaction in progress"});
            } else {
                transaction_ = 'T';
            }
            break;
        case Savepoint:
        case Release:
            if (transaction_ == 'I') {
                return fault(Code::Conflict, "25P01",
                             std::format("{} is for transactions only", command.tag));
            }
            break;
        case RollbackTo:
            if (transaction_ == 'I') {
                return fault(Code::Conflict, "25P01",
                             "ROLLBACK TO SAVEPOINT is for transactions only");
            }
            transaction_ = 'T';
            break;
        case Commit:
        case Rollback: {
            const bool failed = transaction_ == 'E';
            if (transaction_ == 'I') {
                writer_.notice({.severity = "WARNING",
                                .state = "25P01",
                                .message = "there is no transaction in progress"});
            }
            finish_transaction();
            writer_.command_complete(failed ? "ROLLBACK" : command.tag);
            return {};
        }
    }
    writer_.command_complete(command.tag);
    return {};
}

}  // namespace gantry::pgwire
