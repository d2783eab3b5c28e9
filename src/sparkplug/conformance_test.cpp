// SPDX-License-Identifier: Apache-2.0
// docs/sparkplug-conformance.md against the tests of this folder: lines `// tck-id-…` above a test
// name the statements that it holds us to.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "sparkplug/testing.h"

namespace gantry::sparkplug {
namespace {

std::string file_text(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::stringstream out;
    out << file.rdbuf();
    return out.str();
}

// Statements by the tests that name them.
std::map<std::string, std::set<std::string>> tests_of_statements() {
    std::map<std::string, std::set<std::string>> out;
    const auto folder = testing::checkout_folder() / "src" / "sparkplug";
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (!entry.path().string().ends_with("_test.cpp")) {
            continue;
        }
        std::istringstream lines(file_text(entry.path()));
        std::set<std::string> statements;
        for (std::string line; std::getline(lines, line);) {
            if (line.starts_with("// tck-id-")) {
                statements.insert(line.substr(3));
            } else if (line.starts_with("TEST")) {
                const std::size_t open = line.find('(');
                const std::size_t comma = line.find(',', open);
                const std::size_t close = line.find(')', open);
                const std::string name = line.substr(open + 1, comma - open - 1) + "." +
                                         line.substr(comma + 2, close - comma - 2);
                for (const std::string& statement : statements) {
                    out[statement].insert(name);
                }
                statements.clear();
            }
        }
        EXPECT_TRUE(statements.empty()) << *statements.begin() << " stands above no test";
    }
    return out;
}

TEST(SparkplugConformance, TheTableSaysWhatIsTested) {
    auto tests = tests_of_statements();
    const auto path = testing::checkout_folder() / "docs" / "sparkplug-conformance.md";
    std::istringstream lines(file_text(path));
    std::string made;
    std::size_t rows = 0;
    for (std::string line; std::getline(lines, line); made += '\n') {
        if (!line.starts_with("| tck-id-")) {
            made += line;
            continue;
        }
        ++rows;
        const std::size_t second = line.find(" | ");
        const std::size_t third = line.rfind(" | ");
        const std::string statement = line.substr(2, second - 2);
        std::string names;
        for (const std::string& name : tests[statement]) {
            names += (names.empty() ? "" : ", ") + name;
        }
        tests.erase(statement);
        const std::string told = line.substr(third + 3);
        names = names.empty() && told.starts_with('(') ? told : names + " |";
        EXPECT_NE(names, " |") << statement << " has neither a test nor a reason for none";
        made.append(line, 0, third + 3).append(names);
    }
    for (const auto& [statement, names] : tests) {
        ADD_FAILURE() << statement << " is tested in " << *names.begin() << " and has no row";
    }
    EXPECT_GT(rows, 250U);
    if (std::getenv("GANTRY_UPDATE") != nullptr) {
        std::ofstream(path) << made;
    }
    EXPECT_TRUE(file_text(path) == made) << "GANTRY_UPDATE=1 writes what the tests say";
}

}  // namespace
}  // namespace gantry::sparkplug
