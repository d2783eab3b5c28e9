// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>

#include "query/sql_testing.h"

namespace gantry::query {
namespace {

struct Files : SqlFixture {
    void bring(const std::string& name, std::string_view content) {
        must(files->put(context.tenant, name, std::as_bytes(std::span(content))));
    }
    std::string mine(const std::string& name) {
        return folder / "files/" + context.tenant.text() + "/" + name;
    }
    // The answer or the message of the error.
    std::string said(const security::Context& who, const std::string& text) {
        const auto answer = sql->run(who, {text, {}, 100});
        if (!answer) {
            return "! " + answer.error().message;
        }
        std::string out;
        for (const auto& row : answer->rows) {
            for (const SqlCell& cell : row) {
                const auto* word = std::get_if<std::string>(&cell);
                out += word == nullptr ? "? " : *word + " ";
            }
        }
        return out;
    }
};

TEST(SqlFiles, StandBesideTheTables) {
    Files with;
    with.put(with.point("a", "v"), start, 2.0);
    with.bring("limits.csv", "point,limit\na.v,1.5\nb.v,3\n");
    with.bring("limits.json", R"([{"point": "a.v", "limit": 7}])");
    EXPECT_EQ(with.ask("SELECT point, value, \"limit\" FROM samples JOIN "
                       "read_csv('files/limits.csv') USING (point) WHERE value > \"limit\"")
                  .rows,
              (std::vector<std::vector<SqlCell>>{{"a.v", 2.0, 1.5}}));
    EXPECT_EQ(with.ask("SELECT \"limit\" FROM read_json('files/limits.json')").rows,
              (std::vector<std::vector<SqlCell>>{{std::int64_t{7}}}));
    const auto point = with.directory->find(with.context.tenant, "a.v");
    must(with.sql->export_parquet(with.context, {point}, {}, with.folder / "x.parquet"));
    std::ifstream file(with.folder / "x.parquet", std::ios::binary);
    with.bring("x.parquet", std::string(std::istreambuf_iterator<char>(file), {}));
    EXPECT_EQ(with.ask("SELECT point, value FROM read_parquet('files/x.parquet')").rows,
              (std::vector<std::vector<SqlCell>>{{"a.v", 2.0}}));
    EXPECT_EQ(with.ask("SELECT count(*) FROM read_csv(['files/limits.csv', 'files/lim*.csv'], "
                       "union_by_name = true)")
                  .rows,
              (std::vector<std::vector<SqlCell>>{{std::int64_t{4}}}));
    EXPECT_EQ(with.said(with.context, "SELECT file FROM glob('files/*')"),
              "files/limits.csv files/limits.json files/x.parquet ");
    // What replaces a file is seen at once.
    with.bring("limits.csv", "point,limit\na.v,1.75\n");
    EXPECT_EQ(with.ask("SELECT \"limit\" FROM read_csv('files/limits.csv')").rows,
              (std::vector<std::vector<SqlCell>>{{1.75}}));
}

TEST(SqlFiles, AreAllOfTheMachineThatThereIs) {
    Files with;
    with.bring("mine.csv", "a\nopen\n");
    const std::string secret = with.folder / "secret.csv";
    std::ofstream(secret) << "a\nsesame\n";
    std::filesystem::create_symlink(secret, with.mine("link.csv"));
    std::filesystem::create_directory_symlink(with.folder / "", with.mine("out"));
    const TenantId other = must(with.registry->tenants().create({{}, "other", {}, {}})).id;
    const std::string theirs = "a\nsesame\n";
    must(with.files->put(other, "theirs.csv", std::as_bytes(std::span(theirs))));
    ASSERT_EQ(with.said(with.context, "SELECT * FROM read_csv('files/mine.csv')"), "open ");
    const std::vector<std::string> paths = {
        secret,
        "file://" + secret,
        "file:" + secret,
        "files/.." + secret,
        "files/../../secret.csv",
        "files/../files/mine.csv/../../../secret.csv",
        "./files/mine.csv/../../secret.csv",
        "files//../secret.csv",
        "files/./link.csv",
        "files/link.csv",
        "files/out/secret.csv",
        "files/**/*.csv/../../secret.csv",
        "files/theirs.csv",
        "files/../" + other.text() + "/theirs.csv",
        with.folder / "files/" + other.text() + "/theirs.csv",
        with.mine("mine.csv"),
        "secret.csv",
        "../secret.csv",
        "~/secret.csv",
        "FILES/../secret.csv",
        "files\\..\\secret.csv",
        std::string("files/%2e%2e/secret.csv"),
        "/proc/self/environ",
        "/proc/self/fd/0",
        "/dev/stdin",
        "/dev/fd/0",
        "/etc/passwd",
        "files//etc/passwd",
        "http://127.0.0.1:1/secret.csv",
        "https://example.org/secret.csv",
        "s3://bucket/secret.csv",
        "hf://datasets/x/secret.csv",
        "az://x/secret.csv",
        "ftp://127.0.0.1/secret.csv",
        "data:,x",
        "pipe:cat " + secret,
        "",
        "files",
        "files/",
    };
    const std::vector<std::string> functions = {
        "read_csv('{}')",
        "read_csv(['files/mine.csv', '{}'], union_by_name = true)",
        "read_text('{}')",
        "read_blob('{}')",
        "read_parquet('{}')",
        "read_json('{}')",
        "sniff_csv('{}')",
        "parquet_metadata('{}')",
        "parquet_schema('{}')",
        "parquet_file_metadata('{}')",
        "parquet_kv_metadata('{}')",
        "read_ndjson_objects('{}')",
        "'{}'",
    };
    for (const std::string& path : paths) {
        for (const std::string& function : functions) {
            const std::string from = std::vformat(function, std::make_format_args(path));
            const std::string said = with.said(with.context, "SELECT * FROM " + from);
            EXPECT_TRUE(said.empty() || said.starts_with("! ")) << from << ": " << said;
            EXPECT_FALSE(said.contains("sesame") || said.contains("root:")) << from << said;
        }
        const std::string found = with.said(with.context, "SELECT * FROM glob('" + path + "')");
        EXPECT_TRUE(found.empty() || found.starts_with("! ")) << path << ": " << found;
    }
    for (const char* pattern : {"*", "/*", "/etc/*", "../*", "files/../*", "files/../../*", "**",
                                "files/**/../../*", "/proc/self/*", "~/*"}) {
        const std::string found =
            with.said(with.context, std::format("SELECT * FROM glob('{}')", pattern));
        EXPECT_TRUE(found.empty() || found.starts_with("! ")) << pattern << ": " << found;
    }
    EXPECT_EQ(with.said(with.context, "SELECT file FROM glob('files/*')"), "files/mine.csv ");
}

TEST(SqlFiles, NothingWritesOrOpensADoor) {
    Files with;
    with.bring("mine.csv", "a\nopen\n");
    for (const char* text : {"COPY (SELECT 1) TO 'files/new.csv'",
                             "COPY samples TO 'files/new.parquet'",
                             "ATTACH 'files/mine.csv' AS x",
                             "ATTACH ':memory:' AS x",
                             "INSTALL httpfs",
                             "LOAD 'files/mine.csv'",
                             "LOAD httpfs",
                             "FORCE INSTALL icu",
                             "SET allowed_directories = ['/']",
                             "SET enable_external_access = true",
                             "SET file_search_path = '/etc'",
                             "SET GLOBAL home_directory = '/'",
                             "RESET lock_configuration",
                             "PRAGMA enable_profiling",
                             "EXPORT DATABASE 'files/x'",
                             "IMPORT DATABASE 'files/x'",
                             "CHECKPOINT",
                             "CREATE SECRET (TYPE s3)",
                             "CREATE TABLE t AS SELECT 1",
                             "CALL pragma_version()",
                             "EXPLAIN ANALYZE COPY (SELECT 1) TO 'files/new.csv'"}) {
        EXPECT_TRUE(with.said(with.context, text).starts_with("! ")) << text;
    }
    for (const char* text :
         {"SELECT getenv('PATH')", "SELECT * FROM query('COPY (SELECT 1) TO ''files/n.csv''')",
          "SELECT * FROM sqlite_scan('files/mine.csv', 't')",
          "SELECT * FROM postgres_scan('host=127.0.0.1', 'a', 'b')",
          "SELECT * FROM iceberg_scan('files/mine.csv')", "SELECT * FROM load_aws_credentials()",
          "SELECT write_log('x', log_file := 'files/x')"}) {
        EXPECT_TRUE(with.said(with.context, text).starts_with("! ")) << text;
    }
    EXPECT_EQ(must(with.files->list(with.context.tenant)).size(), 1U);
}

TEST(SqlFiles, AreOfWhoMayReadThem) {
    Files with;
    with.bring("mine.csv", "a\nopen\n");
    with.bring("more.csv", "a\nmore\n");
    const TenantId other = must(with.registry->tenants().create({{}, "other", {}, {}})).id;
    const auto stranger = Files::context_of(other, {{security::Effect::Allow, {"*:*"}, ""}});
    const auto without =
        Files::context_of(with.context.tenant, {{security::Effect::Allow, {"sql:read"}, ""}});
    const auto narrow = Files::context_of(with.context.tenant,
                                          {{security::Effect::Allow, {"files:read"}, "mine.csv"}});
    const std::string theirs = "a\ntheirs\n";
    must(with.files->put(other, "mine.csv", std::as_bytes(std::span(theirs))));
    const std::string text = "SELECT * FROM read_csv('files/mine.csv')";
    EXPECT_EQ(with.said(with.context, text), "open ");
    EXPECT_EQ(with.said(stranger, text), "theirs ");
    EXPECT_EQ(with.said(narrow, text), "open ");
    EXPECT_TRUE(with.said(without, text).starts_with("! "));
    EXPECT_TRUE(with.said(narrow, "SELECT * FROM read_csv('files/more.csv')").starts_with("! "));
    EXPECT_EQ(with.said(narrow, "SELECT file FROM glob('files/*')"), "files/mine.csv ");
    EXPECT_EQ(with.said(without, "SELECT file FROM glob('files/*')"), "");
}

}  // namespace
}  // namespace gantry::query
