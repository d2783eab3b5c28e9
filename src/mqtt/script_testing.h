// SPDX-License-Identifier: Apache-2.0
// Where the scripts of tests/mqtt are, and what they have in common. Not part of the program.
//
// A script is a list of cases. A case begins with a line `# [MQTT-3.3.1-4] What is claimed`: the
// statements of the standard that it holds us to, if any; the lines up to the next are its steps.
// `##` is a comment.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::mqtt::testing {

struct ScriptLine {
    std::size_t number = 0;
    std::string text;
};

struct ScriptCase {
    std::string file;  // "codec/publish.test"
    std::size_t number = 0;
    std::string claim;
    std::vector<std::string> statements;
    std::vector<ScriptLine> lines;
};

// The folder that this program was built in lies in the checkout.
inline std::filesystem::path checkout_folder() {
    auto folder = std::filesystem::canonical("/proc/self/exe").parent_path();
    while (!std::filesystem::exists(folder / "src" / "modules.cmake")) {
        if (folder == folder.parent_path()) {
            throw std::runtime_error("this program is in no build folder of a checkout");
        }
        folder = folder.parent_path();
    }
    return folder;
}

inline std::vector<std::string> statements_of(std::string_view claim) {
    std::vector<std::string> out;
    for (std::size_t at = 0; (at = claim.find("[MQTT-", at)) != std::string_view::npos; ++at) {
        out.emplace_back(claim.substr(at + 1, claim.find(']', at) - at - 1));
    }
    return out;
}

inline std::vector<ScriptCase> read_scripts(const std::string& kind) {
    const auto folder = checkout_folder() / "tests" / "mqtt";
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(folder / kind)) {
        if (entry.path().extension() == ".test") {
            paths.push_back(entry.path());
        }
    }
    std::ranges::sort(paths);
    std::vector<ScriptCase> out;
    for (const auto& path : paths) {
        std::ifstream file(path);
        std::size_t number = 0;
        for (std::string line; std::getline(file, line);) {
            ++number;
            if (line.empty() || line.starts_with("##")) {
                continue;
            }
            if (line.starts_with("# ")) {
                out.push_back({path.lexically_relative(folder).string(),
                               number,
                               line.substr(2),
                               statements_of(line),
                               {}});
            } else if (!out.empty()) {
                out.back().lines.push_back({number, line});
            }
        }
    }
    return out;
}

}  // namespace gantry::mqtt::testing
