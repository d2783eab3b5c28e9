// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include "cli/api.h"
#include "cli/command_line.h"
#include "cli/completion.h"
#include "cli/credentials.h"
#include "cli/help.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/store_export.h"
#include "cli/store_folder.h"
#include "cli/table.h"
#include "cli/text_width.h"
#include "cli/time_text.h"
#include "testing/testing.h"

namespace gantry::cli {
namespace {

using gantry::testing::failure;
using gantry::testing::must;
using gantry::testing::TemporaryFolder;

Result<CommandLine> parse(std::vector<const char*> words) {
    words.insert(words.begin(), "gantry");
    return parse_command_line(static_cast<int>(words.size()), words.data());
}

TEST(CommandLine, FindsTheCommandItsParametersAndWhatIsSaidToAll) {
    const CommandLine line =
        must(parse({"--url", "a:1", "history", "p/q.r", "s.t", "--from", "-2h", "--json"}));
    EXPECT_EQ(line.command->path, "history");
    EXPECT_EQ(line.arguments.list("POINT"), (std::vector<std::string>{"p/q.r", "s.t"}));
    EXPECT_EQ(line.arguments.text_or("--from", ""), "-2h");
    EXPECT_EQ(line.globals.text_or("--url", ""), "a:1");
    EXPECT_TRUE(line.globals.has("--json"));
    EXPECT_FALSE(line.globals.has("--plain"));
}

TEST(CommandLine, TakesNegativeNumbersAndRepeatedOptions) {
    EXPECT_EQ(must(parse({"write", "p.q", "-5.5"})).arguments.text_or("VALUE", ""), "-5.5");
    const CommandLine line = must(
        parse({"import", "csv", "f.csv", "--column", "a=p.a", "--column", "b=p.b", "--dry-run"}));
    EXPECT_EQ(line.arguments.list("--column"), (std::vector<std::string>{"a=p.a", "b=p.b"}));
    EXPECT_TRUE(line.arguments.has("--dry-run"));
}

TEST(CommandLine, SaysWhatWasPerhapsMeant) {
    const auto message = [](std::vector<const char*> words) {
        const auto line = parse(std::move(words));
        EXPECT_EQ(failure(line), Code::InvalidArgument);
        return line ? "" : line.error().message;
    };
    EXPECT_EQ(message({"asets", "list"}),
              "there is no command 'asets'. Did you mean 'assets'? See gantry --help");
    EXPECT_EQ(message({"assets", "lst"}),
              "there is no command 'assets lst'. Did you mean 'list'? See gantry assets --help");
    EXPECT_EQ(message({"assets", "list", "--undr", "x"}),
              "there is no option --undr. Did you mean '--under'? See gantry assets list --help");
    EXPECT_EQ(message({"whoami", "really"}),
              "'really' is one word too many for gantry whoami. See gantry whoami --help");
    EXPECT_TRUE(message({"write", "p.q"}).contains("VALUE"));
    EXPECT_TRUE(message({"read", "--under"}).contains("--under"));
    EXPECT_TRUE(message({"read", "--under", "a", "--under", "b"}).contains("--under"));
}

TEST(CommandLine, HelpIsForTheDeepestCommand) {
    EXPECT_EQ(must(parse({"--help"})).help_path, "");
    EXPECT_EQ(must(parse({"assets", "--help"})).help_path, "assets");
    EXPECT_EQ(must(parse({"help", "assets", "list"})).help_path, "assets list");
    const CommandLine noun = must(parse({"assets"}));
    EXPECT_EQ(noun.command, nullptr);
    EXPECT_FALSE(noun.help);
}

TEST(Help, EveryCommandBeginsWithExamplesAndEndsWithWhatIsNext) {
    for (const Command& command : commands()) {
        EXPECT_TRUE(command.examples.starts_with("  gantry " + std::string(command.path)))
            << command.path;
        EXPECT_TRUE(command.examples.ends_with('\n')) << command.path;
        const std::string help = help_of(command.path, false);
        EXPECT_LT(help.find("  gantry "), help.find("Usage: ")) << command.path;
        EXPECT_TRUE(help.substr(help.rfind("\n", help.size() - 2) + 1).starts_with("Next: "))
            << command.path;
    }
}

TEST(Help, SecretsAreNeverOptions) {
    for (const Command& command : commands()) {
        for (const Parameter& parameter : command.parameters) {
            const std::string name(parameter.long_name());
            const bool secret = name.contains("password") || name.contains("token");
            EXPECT_TRUE(!secret || name.ends_with("-file")) << command.path << " " << name;
        }
    }
}

TEST(Arguments, NumbersAreWholeAndInRange) {
    Arguments arguments;
    arguments.add("--count", "12");
    arguments.add("--limit", "1.5");
    EXPECT_EQ(must(arguments.number("--count", 1, 100)), 12);
    EXPECT_EQ(must(arguments.number("--absent", 1, 100)), std::nullopt);
    EXPECT_EQ(failure(arguments.number("--count", 1, 10)), Code::InvalidArgument);
    EXPECT_EQ(failure(arguments.number("--limit", 1, 10)), Code::InvalidArgument);
}

TEST(TextWidth, ChineseTakesTwoColumns) {
    EXPECT_EQ(text_width("abc"), 3U);
    EXPECT_EQ(text_width("水泵3"), 5U);
    EXPECT_EQ(text_width("é"), 1U);
    EXPECT_EQ(text_width("e\xcc\x81"), 1U);  // with a combining accent
    EXPECT_EQ(text_width("（）"), 4U);
    EXPECT_EQ(pad_right("水泵", 6), "水泵  ");
    EXPECT_EQ(shorten("一号离心泵", 5), "一号…");
    EXPECT_EQ(shorten("abc", 3), "abc");
}

TEST(TextWidth, WhatComesFromOutsideDoesNotSteerTheTerminal) {
    EXPECT_EQ(printable("a\x1b[31mb"), "a\\x1b[31mb");
    EXPECT_EQ(printable("a\tb\nc"), "a b c");
    EXPECT_EQ(printable("\xc2\x9b"
                        "31m"),
              "\\x9b31m");
}

TEST(Table, AlignsChineseAndNumbers) {
    const Table table{{{"NAME"}, {"VALUE", true}}, {{"水泵", "1.5"}, {"Pump", "120"}}};
    EXPECT_EQ(lay_out(table, 0, false), "NAME  VALUE\n"
                                        "水泵    1.5\n"
                                        "Pump    120\n");
}

TEST(Table, TheWidestColumnGivesWay) {
    const Table table{{{"A"}, {"B"}}, {{std::string(40, 'x'), "yy"}}};
    const std::string text = lay_out(table, 20, false);
    EXPECT_TRUE(text.contains(std::string(15, 'x') + "…  yy")) << text;
}

TEST(Table, TabSeparatedCellsCannotBreakTheirRow) {
    EXPECT_EQ(tab_separated({{}, {{"a\tb", "c\nd\\"}, {"水"}}}), "a\\tb\tc\\nd\\\\\n水\n");
}

TEST(Output, NumbersReadBackAsTheyWere) {
    EXPECT_EQ(pretty(json::array{42.0, 0.1, 1e300, 7, true}), "[42, 0.1, 1e+300, 7, true]");
    EXPECT_EQ(pretty(json::object{{"a", json::array{}}, {"b", "x"}}),
              "{\n  \"a\": [],\n  \"b\": \"x\"\n}");
    EXPECT_EQ(grouped(22695), "22,695");
    EXPECT_EQ(grouped(999), "999");
    EXPECT_EQ(grouped(1234567), "1,234,567");
}

TEST(Output, NamesAreInTheReadersLanguageElseInTheOther) {
    OutputOptions options;
    options.language = Language::Chinese;
    const Output chinese(options);
    EXPECT_EQ(chinese.name_of({{"name", {{"en", "Pump"}, {"zh", "水泵"}}}}), "水泵");
    EXPECT_EQ(chinese.name_of({{"name", {{"en", "Pump"}}}}), "Pump");
    EXPECT_EQ(chinese.name_of({{"name", "Pump"}}), "Pump");
    EXPECT_EQ(chinese.name_of({}), "");
}

TEST(Progress, ShowsPartRateAndTimeToGo) {
    EXPECT_EQ(Progress::line("importing", 500, 1000, "rows", std::chrono::seconds(5), true),
              "importing  [##########..........]  50 %  500 rows  100/s  5.0 s to go");
    EXPECT_EQ(Progress::line("exporting", 2048, 0, "bytes", std::chrono::seconds(2), true),
              "exporting  2.0 KiB  1.0 KiB/s");
}

TEST(TimeText, IsRough) {
    EXPECT_EQ(rough_duration(std::chrono::milliseconds(3200)), "3.2 s");
    EXPECT_EQ(rough_duration(std::chrono::minutes(5)), "5 min");
    EXPECT_EQ(rough_bytes(1.4 * 1024 * 1024), "1.4 MiB");
}

TEST(StoreFolder, IsNamedByTheDataFolderOrByTheStoreInIt) {
    const TemporaryFolder folder;
    RealDisk disk;
    must(disk.make_directory(folder / "data/store/journal"));
    for (const std::string& name : {folder / "data", folder / "data/", folder / "data/store"}) {
        Arguments arguments;
        arguments.add("FOLDER", name);
        const StoreFolder found = must(find_store(disk, arguments));
        EXPECT_EQ(found.data, folder / "data");
        EXPECT_EQ(found.store, folder / "data/store");
    }
    Arguments elsewhere;
    elsewhere.add("--data", folder.path());
    EXPECT_EQ(failure(find_store(disk, elsewhere)), Code::NotFound);
    elsewhere.add("FOLDER", folder.path());
    EXPECT_EQ(failure(find_store(disk, elsewhere)), Code::InvalidArgument);
}

TEST(StoreFolder, IsRefusedWhileAGantrydHasIt) {
    const TemporaryFolder folder;
    const auto held = must(lock_directory(folder.path()));
    const auto refused = lock_store({folder.path(), folder / "store"});
    EXPECT_EQ(failure(refused), Code::Forbidden);
    EXPECT_TRUE(refused.error().message.contains("stop it first"));
}

TEST(StoreExport, FieldsAreInQuotesWhereTheyMustBe) {
    std::string text;
    for (const std::string_view field : {"plain", "a,b", "say \"no\"", "two\nlines", ""}) {
        append_csv_field(text, field);
        text += ';';
    }
    EXPECT_EQ(text, "plain;\"a,b\";\"say \"\"no\"\"\";\"two\nlines\";;");
}

TEST(Target, ReferencesArePercentEncoded) {
    EXPECT_EQ(item_target("/v1/points", "plant/line2.流量"),
              "/v1/points/plant%2Fline2.%E6%B5%81%E9%87%8F");
    EXPECT_EQ(target_of("/v1/points", {{"under", "a/b"}, {"search", ""}, {"limit", "5"}}),
              "/v1/points?under=a%2Fb&limit=5");
}

SignIn sample() {
    SignIn out;
    out.url = "http://127.0.0.1:8080";
    out.login = "li";
    out.access = Secret("gty_access");
    out.access_expires = 1'800'000'000'000'000'000;
    out.refresh = Secret("gty_refresh");
    return out;
}

TEST(Credentials, AreKeptForTheirOwnerOnly) {
    const TemporaryFolder folder;
    Credentials credentials(folder / "gantry");
    {
        const auto lock = must(credentials.try_lock());
        must(credentials.save(sample(), true));
        EXPECT_EQ(must(credentials.try_lock()), nullptr);  // taken
    }
    struct stat state{};
    ASSERT_EQ(stat(credentials.file().c_str(), &state), 0);
    EXPECT_EQ(state.st_mode & 0777, 0600U);
    const auto found = must(credentials.find("http://127.0.0.1:8080"));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->access.reveal(), "gty_access");
    EXPECT_EQ(found->access_expires, sample().access_expires);
    EXPECT_EQ(must(credentials.current()), sample().url);
    chmod(credentials.file().c_str(), 0644);
    EXPECT_EQ(failure(credentials.find(sample().url)), Code::Forbidden);
    chmod(credentials.file().c_str(), 0600);
    must(credentials.forget(sample().url));
    EXPECT_EQ(must(credentials.find(sample().url)), std::nullopt);
    EXPECT_EQ(must(credentials.current()), "");
    EXPECT_NE(must(credentials.try_lock()), nullptr);
}

TEST(Completion, KnowsEveryCommandButHiddenOnes) {
    const std::string bash = bash_completion();
    const std::string fish = fish_completion();
    for (const Command& command : commands()) {
        if (!command.hidden) {
            EXPECT_TRUE(bash.contains("'" + std::string(command.path) + "')")) << command.path;
            EXPECT_TRUE(fish.contains(command.summary.substr(0, command.summary.find('\''))))
                << command.path;
        }
    }
    EXPECT_FALSE(fish.contains("-a complete-words"));
}

}  // namespace
}  // namespace gantry::cli
