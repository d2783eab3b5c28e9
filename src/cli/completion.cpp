// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

#include <algorithm>
#include <format>
#include <set>

#include "cli/command.h"
#include "cli/help.h"

namespace gantry::cli {
namespace {

std::string_view kind_of(Offer offer) {
    switch (offer) {
        case Offer::Point: return "points";
        case Offer::Asset: return "assets";
        case Offer::Model: return "models";
        case Offer::Connection: return "connections";
        default: return "";
    }
}

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) {
        out += (out.empty() ? "" : " ") + word;
    }
    return out;
}

// "--from --to --json …", of a command and of everything.
std::string options_of(const Command& command) {
    std::vector<std::string> out;
    for (const auto* parameters : {&command.parameters, &global_parameters()}) {
        for (const Parameter& parameter : *parameters) {
            if (parameter.is_option()) {
                out.emplace_back(parameter.long_name());
            }
        }
    }
    out.emplace_back("--help");
    return joined(out);
}

// Inside single quotes of a shell.
std::string shell_word(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        out += c == '\'' ? "'\\''" : std::string(1, c);
    }
    return out + "'";
}

std::string bash_answer(const Parameter& parameter) {
    switch (parameter.offer) {
        case Offer::Nothing: return "return";
        case Offer::File: return "compopt -o filenames; COMPREPLY=($(compgen -f -- \"$word\"))";
        case Offer::Folder: return "compopt -o filenames; COMPREPLY=($(compgen -d -- \"$word\"))";
        case Offer::Words:
            return std::format("COMPREPLY=($(compgen -W {} -- \"$word\"))",
                               shell_word(parameter.words));
        default: return std::format("_gantry_ask {}", kind_of(parameter.offer));
    }
}

// The nouns, and for each noun its verbs.
std::vector<std::string> places() {
    std::vector<std::string> out = {""};
    for (const Command& command : commands()) {
        const std::string noun(command.path.substr(0, command.path.find(' ')));
        if (command.path.contains(' ') && std::ranges::find(out, noun) == out.end()) {
            out.push_back(noun);
        }
    }
    return out;
}

std::string bash_body() {
    std::string out;
    for (const Command& command : commands()) {
        if (command.hidden) {
            continue;
        }
        out +=
            std::format("        {})\n            case $previous in\n", shell_word(command.path));
        std::string positional;
        for (const auto* parameters : {&command.parameters, &global_parameters()}) {
            for (const Parameter& parameter : *parameters) {
                if (parameter.is_option() && !parameter.value.empty()) {
                    std::string names(parameter.name);
                    std::ranges::replace(names, ',', '|');
                    out += std::format("                {}) {}; return ;;\n", names,
                                       bash_answer(parameter));
                } else if (!parameter.is_option() && positional.empty()) {
                    positional = bash_answer(parameter);
                }
            }
        }
        out += "            esac\n";
        out += std::format(
            "            if [[ $word == -* ]]; then\n"
            "                COMPREPLY=($(compgen -W '{}' -- \"$word\"))\n            else\n"
            "                {}\n            fi ;;\n",
            options_of(command), positional.empty() ? "return" : positional);
    }
    for (const std::string& place : places()) {
        out += std::format("        {}) COMPREPLY=($(compgen -W '{}' -- \"$word\")) ;;\n",
                           shell_word(place), joined(words_behind(place)));
    }
    return out;
}

}  // namespace

std::string bash_completion() {
    std::string known;
    for (const Command& command : commands()) {
        known += std::format("{}{}", known.empty() ? "" : "|", shell_word(command.path));
    }
    for (const std::string& place : places()) {
        known += place.empty() ? "" : "|" + shell_word(place);
    }
    return std::format(
        R"(# Completion of gantry for bash. Load it with:  source <(gantry completion bash)
_gantry_ask() {{
    local IFS=$'\n'
    COMPREPLY=($(gantry complete-words "$1" "$word" 2>/dev/null))
}}

_gantry() {{
    local word previous path='' i next
    # A colon or '=' inside a word is not where it ends.
    word=${{COMP_WORDS[COMP_CWORD]}}
    previous=${{COMP_WORDS[COMP_CWORD-1]}}
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        next=${{path:+$path }}${{COMP_WORDS[i]}}
        case $next in
            {}) path=$next ;;
        esac
    done
    case $path in
{}    esac
}}

complete -F _gantry gantry
)",
        known, bash_body());
}

std::string zsh_completion() {
    // zsh runs bash's completions; one script to keep right instead of two.
    return "#compdef gantry\n"
           "# Completion of gantry for zsh. Load it with:  source <(gantry completion zsh)\n"
           "autoload -Uz compinit bashcompinit\n"
           "(( $+functions[compdef] )) || compinit\n"
           "bashcompinit\n"
           "compopt() { : }\n\n" +
           bash_completion();
}

std::string fish_completion() {
    std::string out =
        "# Completion of gantry for fish. Load it with:  gantry completion fish | source\n"
        "complete -c gantry -f\n";
    for (const std::string& place : places()) {
        for (const std::string& word : words_behind(place)) {
            std::string_view about = noun_summary(word);
            for (const Command& command : commands()) {
                if (command.path == (place.empty() ? word : place + " " + word)) {
                    about = command.summary;
                }
            }
            const std::string when = place.empty()
                                         ? "__fish_use_subcommand"
                                         : std::format("__fish_seen_subcommand_from {}; and not "
                                                       "__fish_seen_subcommand_from {}",
                                                       place, joined(words_behind(place)));
            out += std::format("complete -c gantry -n {} -a {} -d {}\n", shell_word(when), word,
                               shell_word(about));
        }
    }
    for (const Command& command : commands()) {
        if (command.hidden) {
            continue;
        }
        const std::size_t space = command.path.find(' ');
        std::string when =
            std::format("__fish_seen_subcommand_from {}", command.path.substr(0, space));
        if (space != std::string_view::npos) {
            when +=
                std::format("; and __fish_seen_subcommand_from {}", command.path.substr(space + 1));
        }
        for (const Parameter& parameter : command.parameters) {
            std::string offer;
            if (parameter.offer == Offer::File || parameter.offer == Offer::Folder) {
                offer = " -F";
            } else if (parameter.offer == Offer::Words) {
                offer = " -a " + shell_word(parameter.words);
            } else if (parameter.offer != Offer::Nothing) {
                offer = std::format(" -a '(gantry complete-words {} (commandline -ct))'",
                                    kind_of(parameter.offer));
            }
            if (parameter.is_option()) {
                out += std::format("complete -c gantry -n {} -l {}{}{} -d {}\n", shell_word(when),
                                   parameter.long_name().substr(2),
                                   parameter.value.empty() ? "" : " -r", offer,
                                   shell_word(parameter.about));
            } else if (!offer.empty()) {
                out += std::format("complete -c gantry -n {}{}\n", shell_word(when), offer);
            }
        }
    }
    for (const Parameter& parameter : global_parameters()) {
        out += std::format("complete -c gantry -l {}{} -d {}\n", parameter.long_name().substr(2),
                           parameter.value.empty() ? "" : " -r", shell_word(parameter.about));
    }
    return out;
}

}  // namespace gantry::cli
