// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pgwire/server.h"
#include "pgwire/statement.h"
#include "security/scram.h"

namespace gantry::pgwire {

// One connection of a client, from its first byte to its last. On one shard.
class Session {
public:
    Session(std::unique_ptr<Stream> stream, Server& server);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session();

    static asio::awaitable<void> run(std::shared_ptr<Session> session);

    // Now and then, from outside run(): ends the session when its time is over or whoever it
    // belongs to may no longer come in.
    asio::awaitable<void> look_after();

private:
    using TimePoint = std::chrono::steady_clock::time_point;

    // What the startup message said.
    struct Startup {
        std::string login;
        std::string database;
        std::vector<std::string> unknown_options;
        std::uint16_t minor = 0;
    };
    struct Message {
        char letter = 0;
        std::string body;
    };

    // ---- reading and writing
    asio::awaitable<bool> read_more(Duration limit);
    // The first byte of a message, which is its letter if it has one, and what follows its length
    // word. Nothing when the connection is over.
    asio::awaitable<std::optional<std::pair<char, std::string>>> read_body(
        std::size_t least, std::size_t most, std::size_t letter_bytes);
    asio::awaitable<std::optional<Message>> read_message(std::size_t most);
    asio::awaitable<bool> flush();
    asio::awaitable<void> end_with(Complaint complaint);
    asio::awaitable<void> turn_away();

    // ---- startup.cpp
    asio::awaitable<bool> start_up();
    // Nothing when the connection is over.
    asio::awaitable<std::optional<StartupPacket>> read_startup();
    asio::awaitable<bool> turn_to_tls();
    Result<Startup> take_parameters(const StartupPacket& packet);
    asio::awaitable<Result<>> sign_in(const Startup& startup);
    Async<TokenId> prove(const registry::TokenVerifiers& verifiers);
    Async<> admit(const Startup& startup, const TokenId& token);
    Async<> choose_tenant(const std::string& database);
    asio::awaitable<void> audit(const Startup& startup, const Result<>& outcome);
    void greet(const Startup& startup);

    // ---- session.cpp
    asio::awaitable<void> serve();
    asio::awaitable<bool> dispatch(const Message& message);
    asio::awaitable<bool> still_welcome();
    void finish_transaction();
    void fail_statement(const query::SqlFault& fault);
    void broken_protocol(const Error& error);

    // ---- simple.cpp: both protocols' statements
    asio::awaitable<bool> simple_query(std::string_view text);
    asio::awaitable<query::SqlResult<>> run_simple(std::shared_ptr<const Statement> statement);
    // Rows to the client until there are no more, or as many as it wants. True: there may be more.
    asio::awaitable<query::SqlResult<bool>> stream_rows(Portal& portal, std::uint64_t rows_max);
    // The same without a word to the client at the end. They may also be passed by.
    asio::awaitable<query::SqlResult<>> pour_rows(Portal& portal, std::uint64_t rows_max,
                                                  bool discard);
    asio::awaitable<query::SqlResult<>> open_portal(Portal& portal);
    query::SqlResult<> may_run(const Statement& statement) const;
    // What is not a query; tells the client that it is done.
    query::SqlResult<> run_command(const Command& command, bool describe);
    query::SqlResult<> run_set(const SetCommand& command);
    query::SqlResult<> run_show(const ShowCommand& command, bool describe);
    query::SqlResult<> run_transaction(const TransactionCommand& command);
    std::string setting(const std::string& name) const;
    // For the pool's threads: a copy, because what is known of the client may change meanwhile.
    struct Asker {
        security::Context context;
        std::string database;

        query::SqlCaller caller() const {
            return {.context = context,
                    .database = database,
                    .whole_division = true};  // as PostgreSQL has it
        }
    };
    Party party() const { return {context_.tenant.text(), context_.identity->principal.text()}; }
    Asker asker() const { return {context_, database_}; }

    // ---- cursors.cpp: DECLARE, FETCH, MOVE, CLOSE, PREPARE, EXECUTE
    static bool is_of_cursors(const Statement& statement);
    // `around`: what the statement came in, with its arguments and formats. `describe`: tell the
    // columns before the rows.
    asio::awaitable<query::SqlResult<>> run_cursors(std::shared_ptr<const Statement> statement,
                                                    const Portal* around, bool describe);
    asio::awaitable<query::SqlResult<>> run_declare(const Statement& statement,
                                                    const Portal* around);
    asio::awaitable<query::SqlResult<>> run_fetch(FetchCommand command, const Portal* around,
                                                  bool describe);
    asio::awaitable<query::SqlResult<>> run_prepare(const Statement& statement);
    asio::awaitable<query::SqlResult<>> run_execute(ExecuteCommand command, const Portal* around,
                                                    bool describe);
    query::SqlResult<> run_close(const CloseCommand& command);
    // What a FETCH or EXECUTE will answer.
    std::vector<ColumnDescription> described(const Statement& statement,
                                             std::span<const Format> formats) const;
    query::SqlResult<> may_keep(const std::string& name, std::size_t bytes) const;

    // ---- extended.cpp
    asio::awaitable<query::SqlResult<>> extended(char letter, std::string_view body);
    asio::awaitable<query::SqlResult<>> parse(std::string_view body);
    query::SqlResult<> bind(std::string_view body);
    query::SqlResult<> describe(std::string_view body);
    query::SqlResult<> close(std::string_view body);
    asio::awaitable<query::SqlResult<>> execute(std::string_view body);
    void describe_rows(const Statement& statement, std::span<const ColumnDescription> columns);
    void put_away(const std::string& portal);
    void forget_portals();

    static constexpr std::size_t portals_max = 32;  // each may hold a query that runs

    std::unique_ptr<Stream> stream_;
    Server& server_;
    std::string in_;   // bytes read and not used yet
    std::string out_;  // messages not sent yet
    MessageWriter writer_{out_};
    TimePoint deadline_;    // of what the client is to do; passed means that it is ended
    bool reading_ = false;  // and nothing else: others may write
    bool gone_ = false;     // an end was decided on from outside

    security::Context context_;
    std::uint64_t epoch_ = 0;  // of the identity in it
    bool placed_ = false;      // counted among the tenant's
    bool admitted_ = false;
    std::string database_;
    Connections::Key key_;
    query::SqlStop stop_;

    char transaction_ = 'I';                       // I, T, E as ReadyForQuery says it
    bool skipping_ = false;                        // to the next Sync, after an error
    std::map<std::string, std::string> settings_;  // that clients set, among those we know
    std::map<std::string, std::shared_ptr<const Statement>> statements_;
    std::map<std::string, std::unique_ptr<Portal>> portals_;
};

}  // namespace gantry::pgwire
