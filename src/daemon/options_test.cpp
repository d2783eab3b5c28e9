// SPDX-License-Identifier: Apache-2.0
#include "daemon/options.h"

#include "testing/testing.h"

namespace gantry::daemon {
namespace {

using gantry::testing::failure;
using gantry::testing::must;

std::string complaint(const std::string& text) {
    Options options;
    const auto result = read_toml(options, text, "gantry.toml");
    EXPECT_EQ(failure(result), Code::InvalidArgument) << text;
    return result ? "" : result.error().message;
}

TEST(Options, AreReadFromToml) {
    Options options;
    must(read_toml(options, R"(
[general]
data = "/srv/gantry"
[http]
listen = "127.0.0.1:9000"
idle_timeout = "2m"
connections_max = 5
)",
                   "gantry.toml"));
    EXPECT_EQ(options.general.data, "/srv/gantry");
    EXPECT_EQ(options.http.idle_timeout, std::chrono::minutes(2));
    EXPECT_EQ(options.http.connections_max, 5);
}

TEST(Options, WhatIsWrongIsNamedWithItsLine) {
    EXPECT_EQ(complaint("[http]\nlisten = 5\n"),
              "gantry.toml:2: http.listen must be a string in quotes");
    EXPECT_EQ(complaint("[http]\n\nlissten = \"x\"\n"),
              "gantry.toml:3: http.lissten is not a known key: did you mean listen?");
    EXPECT_EQ(complaint("[htp]\n"),
              "gantry.toml:1: [htp] is not a known section: did you mean http?");
    EXPECT_EQ(complaint("[http]\nconnections_max = 0\n"),
              "gantry.toml:2: http.connections_max must be 1 to 1000000");
    EXPECT_EQ(complaint("[http]\nidle_timeout = \"2 minutes\"\n").substr(0, 40),
              "gantry.toml:2: http.idle_timeout '2 minu");
    EXPECT_EQ(complaint("http = 5\n"), "gantry.toml:1: http must be a section: [http]");
    EXPECT_TRUE(complaint("[http\n").starts_with("gantry.toml:1: "));
}

TEST(Options, WhatIsPrintedCanBeReadBack) {
    Options options;
    options.general.data = "a \"quoted\" \\ folder";
    const std::string text = print_toml(options);
    Options back;
    must(read_toml(back, text, "printed"));
    EXPECT_EQ(print_toml(back), text);
    EXPECT_EQ(back.general.data, options.general.data);
    for (const auto* key :
         {"listen = ", "memtable_bytes = ", "access_lifetime = ", "rows_max = "}) {
        EXPECT_NE(text.find(key), std::string::npos) << key;
    }
}

}  // namespace
}  // namespace gantry::daemon
