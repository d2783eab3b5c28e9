// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"
#include "cli/context.h"

namespace gantry::cli {
namespace {

constexpr std::size_t offered_max = 200;

Result<> print_bash(Context& context, const Arguments&) {
    return context.out.data(bash_completion());
}

Result<> print_zsh(Context& context, const Arguments&) {
    return context.out.data(zsh_completion());
}

Result<> print_fish(Context& context, const Arguments&) {
    return context.out.data(fish_completion());
}

// Asked by the scripts while a person types: names that begin with what is there.
Result<> complete_words(Context& context, const Arguments& arguments) {
    const std::string kind = arguments.text_or("KIND", "");
    const std::string begin = arguments.text_or("BEGIN", "");
    const bool with_paths = kind == "points" || kind == "assets";
    if (!with_paths && kind != "models" && kind != "connections") {
        return fail(Code::InvalidArgument, "KIND is points, assets, models or connections");
    }
    const Query query = with_paths ? Query{{"search", begin}} : Query{};
    TRY_ASSIGN(const json::array items, context.api.list("/v1/" + kind, query, offered_max));
    std::string text;
    for (const json::value& item : items) {
        const std::string name = field_text(item.as_object(), with_paths ? "path" : "key");
        if (name.starts_with(begin)) {
            text += name + "\n";
        }
    }
    return context.out.data(text);
}

}  // namespace

void add_completion_commands(std::vector<Command>& out) {
    out.push_back({.path = "completion bash",
                   .summary = "Completion for bash",
                   .examples = "  gantry completion bash > "
                               "~/.local/share/bash-completion/completions/gantry\n"
                               "  source <(gantry completion bash)    in this shell\n",
                   .next = "gantry <Tab><Tab>",
                   .parameters = {},
                   .run = print_bash});
    out.push_back({.path = "completion zsh",
                   .summary = "Completion for zsh",
                   .examples =
                       "  gantry completion zsh > ~/.zsh/gantry.zsh    and source it in ~/.zshrc\n"
                       "  source <(gantry completion zsh)              in this shell\n",
                   .next = "gantry <Tab>",
                   .parameters = {},
                   .run = print_zsh});
    out.push_back({.path = "completion fish",
                   .summary = "Completion for fish",
                   .examples =
                       "  gantry completion fish | source    in this shell\n"
                       "  gantry completion fish > ~/.config/fish/completions/gantry.fish\n",
                   .next = "gantry <Tab>",
                   .parameters = {},
                   .run = print_fish});
    out.push_back(
        {.path = "complete-words",
         .summary = "Names that begin so, for completion scripts",
         .examples = "  gantry complete-words points plant/li\n",
         .next = "gantry completion bash",
         .parameters = {{.name = "KIND",
                         .value = "",
                         .about = "points, assets, models or connections",
                         .required = true},
                        {.name = "BEGIN", .value = "", .about = "What the name begins with"}},
         .run = complete_words,
         .hidden = true});
}

}  // namespace gantry::cli
