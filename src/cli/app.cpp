// SPDX-License-Identifier: Apache-2.0
#include "cli/app.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <print>

#include "base/error_tables.h"
#include "cli/command_line.h"
#include "cli/context.h"
#include "cli/help.h"

namespace gantry::cli {
namespace {

constexpr int interrupted_exit = 130;  // 128 + SIGINT, as shells expect
constexpr std::string_view usual_url = "http://127.0.0.1:8080";

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
}

Language language_of_person() {
    for (const char* name : {"GANTRY_LANG", "LC_ALL", "LC_MESSAGES", "LANG"}) {
        if (const std::string value = environment(name); !value.empty()) {
            return value.starts_with("zh") ? Language::Chinese : Language::English;
        }
    }
    return Language::English;
}

OutputOptions output_options(const Arguments& globals) {
    OutputOptions out;
    out.form = globals.has("--json")    ? Form::Json
               : globals.has("--plain") ? Form::Plain
                                        : Form::People;
    out.quiet = globals.has("--quiet");
    out.out_is_tty = isatty(STDOUT_FILENO) == 1;
    out.err_is_tty = isatty(STDERR_FILENO) == 1;
    out.color = out.out_is_tty && !globals.has("--no-color") && environment("NO_COLOR").empty() &&
                environment("TERM") != "dumb";
    winsize size{};
    if (ioctl(out.out_is_tty ? STDOUT_FILENO : STDERR_FILENO, TIOCGWINSZ, &size) == 0) {
        out.columns = size.ws_col;
    }
    out.language = language_of_person();
    return out;
}

// Flag, then environment, then config.json, then the last sign-in.
Result<ServerSettings> server_settings(const Arguments& globals, const Arguments& arguments,
                                       const Credentials& credentials, Language language) {
    ServerSettings out;
    out.language = language;
    TRY_ASSIGN(const Config config, credentials.config());
    TRY_ASSIGN(const std::string current, credentials.current());
    std::string url;
    for (const std::string& candidate :
         {arguments.text_or("URL", ""), globals.text_or("--url", ""), environment("GANTRY_URL"),
          config.url, current, std::string(usual_url)}) {
        if (!candidate.empty()) {
            url = candidate;
            break;
        }
    }
    TRY_ASSIGN(out.url, http::parse_url(url));
    TRY_ASSIGN(const auto known, credentials.find(out.url.text()));
    for (const std::string& candidate : {globals.text_or("--ca", ""), environment("GANTRY_CA"),
                                         config.ca_file, known ? known->ca_file : ""}) {
        if (!candidate.empty()) {
            out.ca_file = candidate;
            break;
        }
    }
    out.plaintext = arguments.has("--plaintext") || (known && known->plaintext);
    if (const auto file = globals.text("--token-file")) {
        TRY_ASSIGN(out.token, read_secret(*file));
    } else {
        out.token = Secret(environment("GANTRY_TOKEN"));
    }
    return out;
}

Result<> run_command(const CommandLine& line, Output& out, Loop& loop) {
    if (line.globals.has("--json") && line.globals.has("--plain")) {
        return fail(Code::InvalidArgument, "--json and --plain exclude each other: choose one");
    }
    const SystemClock clock;
    Credentials credentials(config_folder());
    TRY_ASSIGN(const ServerSettings settings,
               server_settings(line.globals, line.arguments, credentials, out.options().language));
    Terminal terminal(loop, !line.globals.has("--no-input") && isatty(STDIN_FILENO) == 1);
    Api api(loop, credentials, clock, settings);
    Context context{out, terminal, api, credentials, loop, clock};
    TRY(line.command->run(context, line.arguments));
    return out.flush();
}

// Before there is a parsed line, errors still want to be JSON where that was asked for.
bool asks_for_json(int count, const char* const* words) {
    for (int i = 1; i < count; ++i) {
        if (std::string_view(words[i]) == "--json") {
            return true;
        }
    }
    return false;
}

}  // namespace

int run(int count, const char* const* words) {
    std::signal(SIGPIPE, SIG_IGN);
    const auto line = parse_command_line(count, words);
    if (!line) {
        OutputOptions options;
        options.form = asks_for_json(count, words) ? Form::Json : Form::People;
        Output(options).report(line.error());
        return exit_code(Code::InvalidArgument);
    }
    Output out(output_options(line->globals));
    if (line->version) {
        std::println("gantry {}", GANTRY_VERSION);
        return 0;
    }
    if (line->command == nullptr || line->help) {
        const bool asked = line->help || line->help_path.empty();
        std::print(asked ? stdout : stderr, "{}",
                   help_of(line->help_path, asked && out.options().color));
        return asked ? 0 : exit_code(Code::InvalidArgument);
    }
    Loop loop;
    const auto done = run_command(*line, out, loop);
    if (done) {
        return 0;
    }
    if (loop.interrupted()) {
        out.report({Code::Cancelled, done.error().message, {}});
        return interrupted_exit;
    }
    // Whoever reads our output has gone, as `head` does: nothing to complain about.
    if (done.error().code == Code::Io && errno == EPIPE) {
        return 0;
    }
    out.report(done.error());
    return exit_code(done.error().code);
}

}  // namespace gantry::cli
