// SPDX-License-Identifier: Apache-2.0
#include "cli/help.h"

#include <algorithm>
#include <format>

#include "base/encoding.h"
#include "cli/command.h"
#include "cli/text_width.h"

namespace gantry::cli {
namespace {

constexpr std::size_t about_column_max = 48;

constexpr std::string_view program_examples =
    R"(  gantry sign-in                                  say who you are, and to which server
  gantry demo load                                fill an empty server with a small plant
  gantry read demo/pump-station/pump1.flow        the value of a point now
  gantry watch --under demo/pump-station          values as they come
  gantry import csv recording.csv --point a/b.c   bring a recording in
)";

constexpr std::string_view exit_codes =
    "Exit codes: 0 ok, 1 failed, 2 wrong usage, 3 not found, 4 refused, 5 unreachable.\n";

class Page {
public:
    explicit Page(bool bold) : bold_(bold) {}

    void title(std::string_view text) {
        out_ += std::format("{}{}{}\n", bold_ ? "\x1b[1m" : "", text, bold_ ? "\x1b[0m" : "");
    }
    void text(std::string_view text) { out_ += text; }
    void gap() { out_ += "\n"; }
    void rows(const std::vector<std::pair<std::string, std::string>>& rows) {
        std::size_t width = 0;
        for (const auto& [left, right] : rows) {
            if (text_width(left) <= about_column_max && !right.empty()) {
                width = std::max(width, text_width(left));
            }
        }
        for (const auto& [left, right] : rows) {
            if (right.empty()) {
                out_ += std::format("  {}\n", left);
            } else if (text_width(left) > width) {
                out_ += std::format("  {}\n  {}  {}\n", left, std::string(width, ' '), right);
            } else {
                out_ += std::format("  {}  {}\n", pad_right(left, width), right);
            }
        }
    }
    std::string take() { return std::move(out_); }

private:
    bool bold_;
    std::string out_;
};

std::string left_of(const Parameter& parameter) {
    std::string name(parameter.name);
    if (const std::size_t comma = name.find(','); comma != std::string::npos) {
        name.insert(comma + 1, " ");
    }
    if (parameter.is_option() && !parameter.value.empty()) {
        name += " " + std::string(parameter.value);
    }
    return name;
}

std::string usage_of(const Command& command) {
    std::string out = std::format("gantry {}", command.path);
    bool options = false;
    for (const Parameter& parameter : command.parameters) {
        if (parameter.is_option()) {
            options = options || !parameter.required;
            if (parameter.required) {
                out += " " + left_of(parameter);
            }
        }
    }
    out += options ? " [options]" : "";
    for (const Parameter& parameter : command.parameters) {
        if (!parameter.is_option()) {
            const std::string name = std::string(parameter.name) + (parameter.many ? "..." : "");
            out += parameter.required ? " " + name : " [" + name + "]";
        }
    }
    return out;
}

std::vector<std::pair<std::string, std::string>> rows_of(const std::vector<Parameter>& parameters) {
    std::vector<std::pair<std::string, std::string>> out;
    for (const Parameter& parameter : parameters) {
        out.emplace_back(left_of(parameter), std::string(parameter.about));
    }
    return out;
}

std::string command_help(const Command& command, bool bold) {
    Page page(bold);
    page.title(command.summary);
    page.gap();
    page.text(command.examples);
    page.gap();
    page.text(std::format("Usage: {}\n", usage_of(command)));
    if (!command.parameters.empty()) {
        page.rows(rows_of(command.parameters));
    }
    if (!command.more.empty()) {
        page.gap();
        page.text(command.more);
    }
    page.gap();
    page.text("Everywhere: --url, --ca, --token-file, --json, --plain, -q, --no-color, --no-input"
              " (gantry --help)\n");
    page.text(std::format("Next: {}\n", command.next));
    return page.take();
}

std::string noun_help(std::string_view noun, bool bold) {
    Page page(bold);
    page.title(noun_summary(noun));
    page.gap();
    std::vector<std::pair<std::string, std::string>> rows;
    std::vector<std::pair<std::string, std::string>> examples;
    std::string first;
    for (const Command& command : commands()) {
        if (command.path.starts_with(std::string(noun) + " ")) {
            const std::string_view line =
                command.examples.substr(2, command.examples.find('\n') - 2);
            const std::size_t end = line.find("  ");
            const std::size_t about = std::min(line.find_first_not_of(' ', end), line.size());
            examples.emplace_back(line.substr(0, end), line.substr(about));
            rows.emplace_back(command.path, command.summary);
            first = first.empty() ? std::string(command.path) : first;
        }
    }
    page.rows(examples);
    page.gap();
    page.text(std::format("Usage: gantry {} COMMAND\n", noun));
    page.rows(rows);
    page.gap();
    page.text(std::format("Next: gantry {} --help\n", first));
    return page.take();
}

std::string program_help(bool bold) {
    Page page(bold);
    page.title("gantry speaks to a Gantry server from the command line");
    page.gap();
    page.text(program_examples);
    page.gap();
    page.text("Usage: gantry COMMAND [options]\n");
    std::vector<std::pair<std::string, std::string>> rows;
    std::string_view last_noun;
    for (const Command& command : commands()) {
        const std::size_t space = command.path.find(' ');
        const std::string_view noun = command.path.substr(0, space);
        if (command.hidden || noun == last_noun) {
            continue;
        }
        last_noun = noun;
        rows.emplace_back(noun,
                          space == std::string_view::npos ? command.summary : noun_summary(noun));
    }
    page.rows(rows);
    page.gap();
    page.title("Everywhere");
    auto everywhere = rows_of(global_parameters());
    everywhere.emplace_back("-h, --help", "This text; behind a command, that of the command");
    everywhere.emplace_back("--version", "The version");
    page.rows(everywhere);
    page.gap();
    page.text(exit_codes);
    page.text("Next: gantry sign-in, then gantry status\n");
    return page.take();
}

}  // namespace

std::string help_of(std::string_view path, bool bold) {
    if (path.empty()) {
        return program_help(bold);
    }
    for (const Command& command : commands()) {
        if (command.path == path) {
            return command_help(command, bold);
        }
    }
    return noun_help(path, bold);
}

std::vector<std::string> words_behind(std::string_view path) {
    const std::string prefix = path.empty() ? "" : std::string(path) + " ";
    std::vector<std::string> out;
    for (const Command& command : commands()) {
        if (command.hidden || !command.path.starts_with(prefix)) {
            continue;
        }
        const std::string_view rest = command.path.substr(prefix.size());
        const std::string word(rest.substr(0, rest.find(' ')));
        if (std::ranges::find(out, word) == out.end()) {
            out.push_back(word);
        }
    }
    return out;
}

std::string did_you_mean(std::string_view written, const std::vector<std::string>& words) {
    const std::string* best = nullptr;
    std::size_t least = std::max<std::size_t>(2, written.size() / 3) + 1;
    for (const std::string& word : words) {
        // A beginning of a word is what people write who know it.
        const std::size_t distance =
            word.starts_with(written) && written.size() > 1 ? 1 : edit_distance(written, word);
        if (distance < least) {
            least = distance;
            best = &word;
        }
    }
    return best == nullptr ? "." : std::format(". Did you mean '{}'?", *best);
}

}  // namespace gantry::cli
