// SPDX-License-Identifier: Apache-2.0
// A client of our own, byte by byte, over connections in memory. What real clients make of it is in
// tests/system/test_postgres.py.
#include "base/sim_disk.h"
#include "pgwire/server.h"
#include "pgwire/testing.h"
#include "runtime/memory_network.h"

namespace gantry::pgwire {
namespace {

using gantry::testing::must;
using namespace std::literals;

constexpr Time start = 1'700'000'000'000'000'000;

struct Fixture {
    explicit Fixture(PostgresOptions options = {}) {
        registry::RegistryOptions registry_options;
        registry_options.path = folder / "registry.sqlite";
        registry_options.password_cost = {.memory_kib = 64, .passes = 1};
        registry =
            must(registry::Registry::open(around.clock, random, around.log, registry_options));
        must(registry->bootstrap());
        tenant = must(registry->tenants().get("main")).id;
        store::StoreOptions store_options;
        store_options.folder = "/s";
        store_options.journal.file_bytes = 4 * 1024 * 1024;
        store = must(store::Store::open(disk, around.clock, random, around.log, around.metrics,
                                        store_options));
        directory = must(directory::Directory::open(*registry, *store, around.log));
        files = std::make_unique<files::TenantFiles>(disk, "/files", files::FilesOptions{});
        labels = std::make_unique<labels::LabelIndex>(*store, around.clock, nullptr);
        sql = std::make_unique<query::SqlEngine>(*directory, *registry, *store, *labels, *files,
                                                 query::SqlOptions{});
        audit = must(security::AuditLog::open(disk, "/audit", around.clock, random, around.log));
        options.listen = "127.0.0.1:5432";
        server =
            std::make_unique<Server>(shards,
                                     Surroundings{*registry, *sql, *audit, offload, network,
                                                  around.clock, random, around.log, around.metrics},
                                     options);
        must(server->start());
        fill();
    }
    ~Fixture() {
        server->stop();
        server.reset();
        offload.stop();
        shards.stop();
    }

    void fill() {
        Asset asset;
        asset.key = "pump";
        must(registry->assets().create(tenant, asset));
        Property property;
        property.key = "flow";
        property.type = ValueType::Float64;
        const Point point = must(registry->points().create(tenant, "pump", property));
        SampleBatch batch;
        for (int i = 0; i < 10; ++i) {
            batch.add(directory->find(tenant, point.path)->series, start + i * 1'000'000'000LL,
                      quality::good, i * 0.5);
        }
        must(store->append(batch));
        must(store->commit());
    }
    // A principal with that role, and a token of it.
    Secret principal(const std::string& login, const std::string& role = "viewer") {
        registry::Principal made;
        made.login = login;
        made.roles = {role};
        const auto kept =
            must(registry->principals().create(tenant, made, Secret("a good password")));
        return token(kept.id);
    }
    Secret token(const PrincipalId& id) {
        auto made = must(registry->sessions().create_token(tenant, id, "t", std::chrono::hours(1)));
        last_token = made.first.id;
        return made.second;
    }
    std::unique_ptr<Client> connect() {
        auto stream =
            asio::co_spawn(shards.executor(0), network.connect("127.0.0.1", 5432), asio::use_future)
                .get();
        return std::make_unique<Client>(shards, must(std::move(stream)));
    }
    std::unique_ptr<Client> viewer() {
        if (!viewer_token) {
            viewer_token = principal("viewer");
        }
        auto client = connect();
        EXPECT_EQ(client->sign_in("viewer", "main", viewer_token->reveal()).back().letter, 'Z');
        return client;
    }

    gantry::testing::TemporaryFolder folder;
    gantry::testing::Surroundings around;
    SystemRandom random;
    SimDisk disk{1};
    Shards shards{1, around.log};
    OffloadPool offload{2, 100};
    MemoryNetwork network;
    TenantId tenant;
    TokenId last_token;
    std::optional<Secret> viewer_token;
    std::unique_ptr<registry::Registry> registry;
    std::unique_ptr<store::Store> store;
    std::unique_ptr<directory::Directory> directory;
    std::unique_ptr<labels::LabelIndex> labels;
    std::unique_ptr<files::TenantFiles> files;
    std::unique_ptr<query::SqlEngine> sql;
    std::unique_ptr<security::AuditLog> audit;
    std::unique_ptr<Server> server;
};

std::string letters(const std::vector<Answer>& answers) {
    std::string out;
    for (const Answer& answer : answers) {
        out += answer.letter;
    }
    return out;
}

// The SQLSTATE of an error.
std::string state(const Answer& answer) {
    const std::size_t at = answer.body.find("\0C"s);
    return answer.letter == 'E' && at != std::string::npos ? answer.body.substr(at + 2, 5) : "";
}

TEST(Session, SignsInWithAnyTokenOfThePrincipal) {
    Fixture fixture;
    const Secret first = fixture.principal("reader");
    const auto id = must(fixture.registry->principals().get(fixture.tenant, "reader")).id;
    const Secret second = fixture.token(id);
    for (const Secret& token : {first, second}) {
        const auto answers = fixture.connect()->sign_in("reader", "main", token.reveal());
        EXPECT_EQ(answers.back().letter, 'Z');
        EXPECT_EQ(answers.back().body, "I");
    }
    EXPECT_EQ(fixture.audit->list("", 1000, 1)[0].outcome, "ok");
}

TEST(Session, WhoIsWrongLearnsNothing) {
    Fixture fixture;
    const Secret token = fixture.principal("reader");
    const auto last = [&](const std::string& login, const std::string& database,
                          std::string_view password) {
        return fixture.connect()->sign_in(login, database, password);
    };
    const auto wrong = last("reader", "main", "gty_wrong");
    const auto nobody = last("nobody", "main", "gty_wrong");
    EXPECT_EQ(letters(wrong), letters(nobody));
    EXPECT_EQ(wrong[wrong.size() - 2].body, nobody[nobody.size() - 2].body);
    EXPECT_EQ(state(wrong[wrong.size() - 2]), "28P01");
    // The salt of nobody is as constant as that of somebody.
    const auto salt = [](const std::vector<Answer>& answers) {
        return answers[1].body.substr(answers[1].body.find(",s="));
    };
    EXPECT_EQ(salt(last("nobody", "main", "x")), salt(nobody));
    EXPECT_NE(salt(wrong), salt(nobody));
    const auto elsewhere = last("reader", "other", token.reveal());
    EXPECT_EQ(state(elsewhere[elsewhere.size() - 2]), "3D000");
    EXPECT_EQ(fixture.audit->list("", 1000, 1)[0].outcome, "denied");
    const std::string log = fixture.around.output.text();
    EXPECT_FALSE(log.contains(token.reveal()));
}

TEST(Session, TooManyWrongTriesAreHeldUp) {
    Fixture fixture;
    const Secret token = fixture.principal("reader");
    for (int i = 0; i < 10; ++i) {
        fixture.connect()->sign_in("reader", "main", "gty_wrong");
    }
    EXPECT_EQ(state(fixture.connect()->sign_in("reader", "main", token.reveal()).back()), "53300");
    fixture.around.clock.advance(std::chrono::minutes(2));
    EXPECT_EQ(fixture.connect()->sign_in("reader", "main", token.reveal()).back().letter, 'Z');
}

TEST(Session, WithoutThePermissionNobodyComesIn) {
    Fixture fixture;
    const Secret token = fixture.principal("watcher", "auditor");
    const auto answers = fixture.connect()->sign_in("watcher", "main", token.reveal());
    EXPECT_EQ(state(answers[answers.size() - 2]), "42501");
}

TEST(Session, AnswersSimpleQueries) {
    Fixture fixture;
    const auto client = fixture.viewer();
    const auto answers = client->query("SELECT value FROM samples ORDER BY time LIMIT 2");
    EXPECT_EQ(letters(answers), "TDDCZ");
    EXPECT_EQ(answers[2].body, "\0\1\0\0\0\0030.5"s);
    EXPECT_EQ(answers[3].body, "SELECT 2\0"s);
    EXPECT_EQ(letters(client->query("")), "IZ");
    EXPECT_EQ(letters(client->query("-- ping")), "IZ");
    EXPECT_EQ(letters(client->query("BEGIN; SELECT 1; COMMIT; SHOW server_version")), "CTDCCTDCZ");
    // What came before a statement that fails has been answered.
    const auto partly = client->query("SELECT 1; SELECT nothing; SELECT 2");
    EXPECT_EQ(letters(partly), "TDCEZ");
    EXPECT_EQ(state(partly[3]), "42703");
    EXPECT_TRUE(partly[3].body.contains("P18\0"s)) << partly[3].body;
}

TEST(Session, KeepsTheStateOfATransaction) {
    Fixture fixture;
    const auto client = fixture.viewer();
    const auto state_after = [&](std::string_view sql) { return client->query(sql).back().body; };
    EXPECT_EQ(state_after("BEGIN READ ONLY"), "T");
    EXPECT_EQ(state_after("SELECT 1"), "T");
    EXPECT_EQ(state_after("SAVEPOINT a"), "T");
    EXPECT_EQ(state_after("SELECT nothing"), "E");
    EXPECT_EQ(state(client->query("SELECT 1")[0]), "25P02");
    EXPECT_EQ(state_after("ROLLBACK TO a"), "T");
    EXPECT_EQ(state_after("INSERT INTO samples VALUES (1)"), "E");
    const auto ended = client->query("COMMIT");
    EXPECT_EQ(ended[0].body, "ROLLBACK\0"s);
    EXPECT_EQ(ended.back().body, "I");
    EXPECT_EQ(state(client->query("DELETE FROM samples")[0]), "25006");
    EXPECT_EQ(client->query("SELECT 1").back().body, "I");
}

TEST(Session, RunsThePartsOfTheExtendedProtocol) {
    Fixture fixture;
    const auto client = fixture.viewer();
    client->send(Client::parse("s", "SELECT value FROM samples WHERE value > $1 ORDER BY time") +
                 Client::message('D', "Ss\0"s) + Client::bind("p", "s", {"1.5"}) +
                 Client::message('D', "Pp\0"s) + Client::execute("p", 2) + Client::execute("p", 2) +
                 Client::execute("p", 2) + Client::execute("p", 2) + Client::sync());
    const auto answers = client->answers();
    EXPECT_EQ(letters(answers), "1tT2TDDsDDsDDsCZ");
    EXPECT_EQ(answers[1].body, Client::half(1) + Client::word(701));
    // A portal goes with its transaction, a statement does not.
    client->send(Client::execute("p") + Client::sync());
    EXPECT_EQ(state(client->answers()[0]), "34000");
    client->send(Client::bind("", "s", {"4"}) + Client::execute("") + Client::sync());
    EXPECT_EQ(letters(client->answers()), "2DCZ");
    client->send(Client::parse("s", "SELECT 1") + Client::sync());
    EXPECT_EQ(state(client->answers()[0]), "42P05");
}

TEST(Session, AfterAnErrorSkipsToTheNextSync) {
    Fixture fixture;
    const auto client = fixture.viewer();
    client->send(Client::parse("", "SELECT nothing") + Client::bind("", "") + Client::execute("") +
                 Client::sync() + Client::parse("", "SELECT 7") + Client::bind("", "") +
                 Client::execute("") + Client::sync());
    EXPECT_EQ(letters(client->answers()), "EZ");
    EXPECT_EQ(letters(client->answers()), "12DCZ");
}

TEST(Session, PortalsOfOneTransactionRunBesideEachOther) {
    Fixture fixture;
    const auto client = fixture.viewer();
    client->send(Client::parse("b", "BEGIN") + Client::bind("", "b") + Client::execute("") +
                 Client::parse("s", "SELECT range FROM range(100000)") + Client::bind("one", "s") +
                 Client::bind("two", "s") + Client::execute("one", 1) + Client::execute("two", 2) +
                 Client::execute("one", 1) + Client::sync());
    const auto answers = client->answers();
    EXPECT_EQ(letters(answers), "12C122DsDDsDsZ");
    EXPECT_EQ(answers[11].body, "\0\1\0\0\0\0011"s);
}

TEST(Session, RefusesWhatIsNotTheProtocol) {
    Fixture fixture;
    const auto broken = fixture.connect();
    broken->send("GET / HTTP/1.1\r\n\r\n");
    EXPECT_EQ(broken->answer().letter, 'E');
    EXPECT_EQ(broken->answer().letter, 0);
    const auto large = fixture.viewer();
    large->send("Q\x7f\xff\xff\xff");
    EXPECT_EQ(state(large->answer()), "54000");
    EXPECT_EQ(large->answer().letter, 0);
    // Not before the sign-in.
    const auto early = fixture.connect();
    early->send(Client::startup("viewer", "main"));
    EXPECT_EQ(early->answer().letter, 'R');
    early->send(Client::message('Q', "SELECT 1\0"s));
    EXPECT_EQ(state(early->answer()), "08P01");
}

TEST(Session, BytesBehindTheRequestForTlsAreNotTaken) {
    Fixture fixture;
    const auto client = fixture.connect();
    client->send("\0\0\0\x8\4\xd2\x16\x2f"s + Client::startup("viewer", "main"));
    EXPECT_EQ(client->answer().letter, 0);
    const auto polite = fixture.connect();
    polite->send("\0\0\0\x8\4\xd2\x16\x2f"s);
    EXPECT_EQ(polite->receive(1), "N");
    polite->send("\0\0\0\x8\4\xd2\x16\x30"s);
    EXPECT_EQ(polite->receive(1), "N");
    polite->send(Client::startup("viewer", "main"));
    EXPECT_EQ(polite->answer().letter, 'R');
}

TEST(Session, ATokenThatIsTakenBackEndsItsConnections) {
    Fixture fixture;
    const auto busy = fixture.viewer();
    const auto idle = fixture.viewer();
    EXPECT_EQ(letters(busy->query("SELECT 1")), "TDCZ");
    must(fixture.registry->sessions().remove_token(fixture.tenant, fixture.last_token));
    EXPECT_EQ(state(busy->query("SELECT 1")[0]), "57P01");
    EXPECT_EQ(state(idle->answer()), "57P01");  // by itself
    EXPECT_EQ(idle->answer().letter, 0);
}

TEST(Session, OneConnectionCancelsWhatAnotherRuns) {
    Fixture fixture;
    const Secret token = fixture.principal("reader");
    const auto client = fixture.connect();
    std::string key;
    for (const Answer& answer : client->sign_in("reader", "main", token.reveal())) {
        key = answer.letter == 'K' ? answer.body : key;
    }
    client->send(Client::message(
        'Q', "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range = 7\0"s));
    const std::string code = "\0\0\0\x10\4\xd2\x16\x2e"s;
    std::string wrong = key;
    wrong.back() = static_cast<char>(wrong.back() ^ 1);
    fixture.connect()->send(code + wrong);
    std::vector<Answer> answers;
    std::jthread canceller([&](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            fixture.connect()->send(code + key);
            std::this_thread::yield();
        }
    });
    answers = client->answers();
    canceller.request_stop();
    canceller.join();
    EXPECT_EQ(state(answers[0]), "57014");
    EXPECT_EQ(answers.back().letter, 'Z');
}

TEST(Session, ATenantHasOnlySoManyConnections) {
    PostgresOptions options;
    options.connections_per_tenant = 1;
    Fixture fixture(options);
    auto first = fixture.viewer();
    auto second = fixture.connect();
    EXPECT_EQ(state(second->sign_in("viewer", "main", fixture.viewer_token->reveal()).end()[-2]),
              "53300");
    first->close();
    // Its place is free when the server has seen it go.
    for (bool in = false; !in;) {
        in = fixture.connect()
                 ->sign_in("viewer", "main", fixture.viewer_token->reveal())
                 .back()
                 .letter == 'Z';
    }
}

TEST(Session, CopiesOut) {
    Fixture fixture;
    const auto client = fixture.viewer();
    const auto csv = client->query(
        "COPY (SELECT value, NULL AS \"a,b\" FROM samples ORDER BY time LIMIT 1) TO STDOUT CSV "
        "HEADER");
    EXPECT_EQ(letters(csv), "HddcCZ");
    EXPECT_EQ(csv[1].body, "value,\"a,b\"\n");
    EXPECT_EQ(csv[2].body, "0,\n");
    EXPECT_EQ(csv[4].body, "COPY 1\0"s);
    const auto text = client->query("COPY (SELECT E'a\\tb\\\\', NULL) TO STDOUT");
    EXPECT_EQ(text[1].body, "a\\tb\\\\\t\\N\n");
}

// The tag of a CommandComplete, or the state of an error.
std::string tag(const std::vector<Answer>& answers) {
    for (const Answer& answer : answers) {
        if (answer.letter == 'C') {
            return answer.body.substr(0, answer.body.size() - 1);
        }
    }
    for (const Answer& answer : answers) {
        if (answer.letter == 'E') {
            return state(answer);
        }
    }
    return "";
}

TEST(Session, CursorsGiveRowsInParts) {
    Fixture fixture;
    const auto client = fixture.viewer();
    EXPECT_EQ(tag(client->query("DECLARE c CURSOR FOR SELECT 1")), "25P01");
    client->query("BEGIN");
    EXPECT_EQ(tag(client->query("DECLARE c NO SCROLL CURSOR WITHOUT HOLD FOR "
                                "SELECT range FROM range(10000) WHERE range < 7000")),
              "DECLARE CURSOR");
    const auto first = client->query("FETCH FORWARD 3 FROM c");
    EXPECT_EQ(letters(first), "TDDDCZ");
    EXPECT_EQ(first[3].body, Client::half(1) + Client::word(1) + "2");
    EXPECT_EQ(tag(first), "FETCH 3");
    EXPECT_EQ(letters(client->query("FETCH c")), "TDCZ");
    EXPECT_EQ(tag(client->query("MOVE 4996 IN c")), "MOVE 4996");
    const auto next = client->query("FETCH NEXT FROM \"c\"");
    EXPECT_EQ(next[1].body, Client::half(1) + Client::word(4) + "5000");
    EXPECT_EQ(tag(client->query("FETCH ALL IN c")), "FETCH 1999");
    EXPECT_EQ(tag(client->query("FETCH 5 FROM c")), "FETCH 0");
    EXPECT_EQ(tag(client->query("CLOSE c")), "CLOSE CURSOR");
    EXPECT_EQ(tag(client->query("FETCH c")), "34000");
    client->query("ROLLBACK");
    client->query("BEGIN");
    EXPECT_EQ(tag(client->query("DECLARE d CURSOR FOR SELECT point FROM samples")),
              "DECLARE CURSOR");
    EXPECT_EQ(tag(client->query("DECLARE d CURSOR FOR SELECT 1")), "42P03");
    client->query("ROLLBACK");
    client->query("BEGIN");
    EXPECT_EQ(tag(client->query("FETCH d")), "34000");  // it ended with its transaction
    client->query("ROLLBACK");
    client->query("BEGIN");
    for (int i = 0; i < 32; ++i) {
        EXPECT_EQ(tag(client->query(std::format("DECLARE c{} CURSOR FOR SELECT 1", i))),
                  "DECLARE CURSOR");
    }
    EXPECT_EQ(tag(client->query("DECLARE more CURSOR FOR SELECT 1")), "53400");
    client->query("ROLLBACK");
    client->query("BEGIN");
    EXPECT_EQ(tag(client->query("DECLARE c CURSOR FOR SELECT 1 / x FROM nothing")), "42P01");
    EXPECT_EQ(tag(client->query("FETCH c")), "25P02");
    EXPECT_EQ(tag(client->query("COMMIT")), "ROLLBACK");
    EXPECT_EQ(tag(client->query("CLOSE ALL")), "CLOSE CURSOR ALL");
}

TEST(Session, WhatCursorsCannotDoIsSaid) {
    Fixture fixture;
    const auto client = fixture.viewer();
    for (const auto& [text, code] : std::vector<std::pair<std::string, std::string>>{
             {"DECLARE c SCROLL CURSOR FOR SELECT 1", "0A000"},
             {"DECLARE c CURSOR WITH HOLD FOR SELECT 1", "0A000"},
             {"DECLARE c CURSOR FOR", "42601"},
             {"DECLARE c SELECT 1", "42601"},
             {"FETCH PRIOR FROM c", "55000"},
             {"FETCH -1 FROM c", "55000"},
             {"FETCH BACKWARD ALL IN c", "55000"},
             {"FETCH 99999999999999999999 FROM c", "42601"},
             {"FETCH 1 FROM", "42601"},
             {"FETCH", "42601"},
             {"CLOSE", "42601"},
             {"PREPARE p AS DROP VIEW samples", "25006"},
             {"PREPARE p AS BEGIN", "0A000"},
             {"PREPARE p (nothing) AS SELECT 1", "42704"},
             {"PREPARE p (int", "42601"},
             {"EXECUTE nothing", "26000"},
             {"EXECUTE p (1", "42601"},
             {"EXECUTE p (1 + 1)", "42601"},
             {"EXECUTE p (now())", "0A000"}}) {
        EXPECT_EQ(tag(client->query(text)), code) << text;
    }
}

TEST(Session, PreparesBySql) {
    Fixture fixture;
    const auto client = fixture.viewer();
    EXPECT_EQ(tag(client->query("PREPARE half (int, text) AS SELECT $1 / 2, $2 || 'b'")),
              "PREPARE");
    EXPECT_EQ(tag(client->query("PREPARE half AS SELECT 1")), "42P05");
    const auto rows = client->query("EXECUTE half (-7, 'a''')");
    EXPECT_EQ(letters(rows), "TDCZ");
    EXPECT_EQ(rows[1].body, Client::half(2) + Client::word(2) + "-3" + Client::word(3) + "a'b");
    EXPECT_EQ(tag(rows), "SELECT 1");
    EXPECT_EQ(client->query("EXECUTE half (NULL, NULL)")[1].body,
              Client::half(2) + Client::word(0xffffffff) + Client::word(0xffffffff));
    EXPECT_EQ(tag(client->query("EXECUTE half (1)")), "42601");
    EXPECT_EQ(tag(client->query("EXECUTE half ('x', 'y')")), "22P02");
    // The protocol's prepared statements and SQL's are the same.
    client->send(Client::bind("", "half", {"9", "c"}) + Client::execute("") + Client::sync());
    EXPECT_EQ(letters(client->answers()), "2DCZ");
    client->send(Client::parse("byprotocol", "SELECT $1::int8 + 1") + Client::sync());
    EXPECT_EQ(letters(client->answers()), "1Z");
    EXPECT_EQ(client->query("EXECUTE byprotocol (41)")[1].body,
              Client::half(1) + Client::word(2) + "42");
    EXPECT_EQ(tag(client->query("DEALLOCATE half")), "DEALLOCATE");
    EXPECT_EQ(tag(client->query("EXECUTE half (1, 'x')")), "26000");
}

}  // namespace
}  // namespace gantry::pgwire
