// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <format>
#include <list>

#include "cli/help.h"

namespace gantry::cli {
namespace {

// Where CLI11 puts what it reads for one parameter.
struct Slot {
    const Parameter* parameter = nullptr;
    std::vector<std::string> values;
    bool on = false;
};

// The tree of CLI11's commands, made from our table.
class Grammar {
public:
    Grammar() : app_("", "gantry") {
        app_.set_help_flag("-h,--help", "");
        app_.add_flag("--version", version_, "");
        for (const Parameter& parameter : global_parameters()) {
            declare(app_, parameter, globals_);
        }
        for (const Command& command : commands()) {
            CLI::App* place = &app_;
            std::string_view rest = command.path;
            while (!rest.empty()) {
                const std::size_t space = rest.find(' ');
                place = child(*place, std::string(rest.substr(0, space)));
                rest = space == std::string_view::npos ? "" : rest.substr(space + 1);
            }
            auto& slots = slots_[place];
            for (const Parameter& parameter : command.parameters) {
                declare(*place, parameter, slots);
            }
            commands_[place] = &command;
        }
    }

    Result<CommandLine> parse(int count, const char* const* words) {
        CommandLine out;
        try {
            app_.parse(count, words);
        } catch (const CLI::CallForHelp&) {
            out.help = true;
            out.help_path = path_of(chosen());
            return out;
        } catch (const CLI::ExtrasError&) {
            return unknown_word();
        } catch (const CLI::ParseError& error) {
            return complaint(std::format("{}.", error.what()));
        }
        out.version = version_;
        const CLI::App* place = chosen();
        out.help_path = path_of(place);
        const auto command = commands_.find(place);
        if (command == commands_.end()) {
            return out;  // a noun without a verb, or nothing at all
        }
        out.command = command->second;
        fill(slots_.at(place), out.arguments);
        fill(globals_, out.globals);
        return out;
    }

private:
    static CLI::App* child(CLI::App& parent, const std::string& name) {
        for (CLI::App* known : parent.get_subcommands({})) {
            if (known->get_name() == name) {
                return known;
            }
        }
        CLI::App* made = parent.add_subcommand(name);
        made->fallthrough();
        made->set_help_flag("-h,--help", "");
        return made;
    }

    static void declare(CLI::App& app, const Parameter& parameter, std::list<Slot>& slots) {
        Slot& slot = slots.emplace_back();
        slot.parameter = &parameter;
        const std::string name(parameter.name);
        if (parameter.is_option() && parameter.value.empty()) {
            app.add_flag(name, slot.on);
            return;
        }
        CLI::Option* option = app.add_option(name, slot.values);
        if (parameter.is_option() || !parameter.many) {
            option->expected(1)->allow_extra_args(false);
        }
        if (parameter.is_option() && parameter.many) {
            option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
        } else if (parameter.is_option()) {
            option->multi_option_policy(CLI::MultiOptionPolicy::Throw);
        }
        option->required(parameter.required);
    }

    static void fill(const std::list<Slot>& slots, Arguments& out) {
        for (const Slot& slot : slots) {
            const std::string_view name = slot.parameter->long_name();
            if (slot.on) {
                out.add(name, "");
            }
            for (const std::string& value : slot.values) {
                out.add(name, value);
            }
        }
    }

    const CLI::App* chosen() const {
        const CLI::App* place = &app_;
        while (!place->get_subcommands().empty()) {
            place = place->get_subcommands().front();
        }
        return place;
    }

    static std::string path_of(const CLI::App* place) {
        std::string out;
        for (; place->get_parent() != nullptr; place = place->get_parent()) {
            out = out.empty() ? place->get_name() : place->get_name() + " " + out;
        }
        return out;
    }

    std::unexpected<Error> complaint(std::string_view what) const {
        const std::string path = path_of(chosen());
        return fail(Code::InvalidArgument, "{} See gantry {}{}--help", what, path,
                    path.empty() ? "" : " ");
    }

    std::unexpected<Error> unknown_word() const {
        const CLI::App* place = chosen();
        const std::string path = path_of(place);
        const auto rest = app_.remaining(true);
        const std::string word = rest.empty() ? "?" : rest.front();
        if (word.starts_with('-')) {
            std::vector<std::string> names = {"--help", "--version"};
            const auto add = [&names](const std::list<Slot>& slots) {
                for (const Slot& slot : slots) {
                    if (slot.parameter->is_option()) {
                        names.emplace_back(slot.parameter->long_name());
                    }
                }
            };
            add(globals_);
            if (const auto slots = slots_.find(place); slots != slots_.end()) {
                add(slots->second);
            }
            const std::string bare = word.substr(0, word.find('='));
            return complaint(
                std::format("there is no option {}{}", bare, did_you_mean(bare, names)));
        }
        const auto words = words_behind(path);
        if (words.empty()) {
            return complaint(std::format("'{}' is one word too many for gantry {}.", word, path));
        }
        return complaint(std::format("there is no command '{}{}{}'{}", path,
                                     path.empty() ? "" : " ", word, did_you_mean(word, words)));
    }

    CLI::App app_;
    bool version_ = false;
    std::list<Slot> globals_;
    std::map<const CLI::App*, std::list<Slot>> slots_;
    std::map<const CLI::App*, const Command*> commands_;
};

}  // namespace

Result<CommandLine> parse_command_line(int count, const char* const* words) {
    // `gantry help assets list` is what some people try first.
    if (count > 1 && std::string_view(words[1]) == "help") {
        std::vector<const char*> turned = {words[0]};
        turned.insert(turned.end(), words + 2, words + count);
        turned.push_back("--help");
        return Grammar().parse(static_cast<int>(turned.size()), turned.data());
    }
    return Grammar().parse(count, words);
}

}  // namespace gantry::cli
