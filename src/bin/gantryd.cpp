// SPDX-License-Identifier: Apache-2.0
// The Gantry daemon: reads its configuration, runs one node until it is told to stop.
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <print>
#include <string_view>

#include "base/error_tables.h"
#include "daemon/node.h"

namespace {

using gantry::Code;
using gantry::Error;
using gantry::Result;

constexpr std::string_view help = R"(gantryd runs Gantry.

usage: gantryd [options]

  gantryd                          start with the embedded defaults; data in ./gantry-data
  gantryd --config gantry.toml     start with a configuration file
  gantryd --print-config           every key with its meaning and value, as TOML

options:
  --config FILE        read the configuration from FILE (TOML)
  --data FOLDER        keep everything in FOLDER             (general.data)
  --listen ADDRESS     console and API at ADDRESS            (http.listen)
  --setup-token FILE   write an API token, good for an hour, to FILE (mode 0600) for programs that
                       set this installation up
  --password-file FILE on the first start write the administrator's password to FILE (mode 0600)
                       instead of showing it
  --print-config       print the configuration and exit
  --version            print the version and exit
  --help               print this and exit

The log goes to standard error as JSON lines. Stop with Ctrl-C or SIGTERM.
Exit codes: 0 stopped, 1 failed, 2 wrong usage or configuration.
Next: open the address it prints in a browser, or `gantry sign-in`.
)";

struct CommandLine {
    gantry::daemon::Options options;
    gantry::daemon::SecretFiles secrets;
    bool print_config = false;
};

Result<std::string> read_text(const std::string& path) {
    std::ifstream file(path);
    if (!file) {
        return gantry::fail(Code::NotFound, "cannot read {}", path);
    }
    return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

// The configuration file first, then what the command line says on top of it.
Result<CommandLine> parse(int argc, char** argv) {
    CommandLine out;
    std::vector<std::pair<std::string, std::string>> given;
    for (int i = 1; i < argc; ++i) {
        std::string name = argv[i];
        std::string value;
        if (const std::size_t equals = name.find('='); equals != std::string::npos) {
            value = name.substr(equals + 1);
            name = name.substr(0, equals);
        } else if (name == "--config" || name == "--data" || name == "--listen" ||
                   name == "--setup-token" || name == "--password-file") {
            if (++i == argc) {
                return gantry::fail(Code::InvalidArgument, "{} wants a value", name);
            }
            value = argv[i];
        }
        given.emplace_back(name, value);
    }
    for (const auto& [name, value] : given) {
        if (name == "--config") {
            TRY_ASSIGN(const std::string text, read_text(value));
            TRY(read_toml(out.options, text, value));
        }
    }
    for (const auto& [name, value] : given) {
        if (name == "--data") {
            out.options.general.data = value;
        } else if (name == "--listen") {
            out.options.http.listen = value;
        } else if (name == "--setup-token") {
            out.secrets.setup_token = value;
        } else if (name == "--password-file") {
            out.secrets.first_password = value;
        } else if (name == "--print-config") {
            out.print_config = true;
        } else if (name != "--config") {
            return gantry::fail(Code::InvalidArgument, "there is no option {}: see gantryd --help",
                                name);
        }
    }
    return out;
}

void announce(gantry::daemon::Node& node) {
    std::println("Gantry {} is running.\n", gantry::daemon::version());
    std::println("  console and API   {}", node.url());
    std::println("  documentation     {}/docs", node.url());
    if (const std::string address = node.postgres_address(); !address.empty()) {
        std::println("  PostgreSQL        {}", address);
    }
    if (const std::string address = node.mqtt_address(); !address.empty()) {
        std::println("  MQTT              {}", address);
    }
    if (const std::string address = node.mqtt_tls_address(); !address.empty()) {
        std::println("  MQTT with TLS     {}", address);
    }
    for (const std::string& address : node.opcua_addresses()) {
        std::println("  OPC UA            opc.tcp://{}", address);
    }
    std::println("  data              {}", node.data_folder());
    if (const auto password = node.take_first_password()) {
        std::println("\n  This is the first start. Sign in as  admin  with the password");
        std::println("\n      {}\n", password->reveal());
        std::println("  It is shown this once, and must be changed at the first sign-in.");
    }
    std::println("\nStop with Ctrl-C.");
    std::fflush(stdout);
}

int run(const CommandLine& line) {
    const gantry::SystemClock clock;
    gantry::DescriptorOutput output(STDERR_FILENO);
    const auto level = gantry::parse_level(line.options.general.log_level);
    if (!level) {
        std::println(stderr, "gantryd: general.log_level: {}", level.error().message);
        return 2;
    }
    gantry::Log log(clock, output, *level);
    // Before any thread is made, so that the signals come here.
    boost::asio::io_context signals_context(1);
    boost::asio::signal_set signals(signals_context, SIGINT, SIGTERM);
    auto node = gantry::daemon::Node::start(line.options, line.secrets, log, clock);
    if (!node) {
        std::println(stderr, "gantryd: {}", node.error().message);
        return gantry::exit_code(node.error().code) == 2 ? 2 : 1;
    }
    announce(**node);
    signals.async_wait([](const boost::system::error_code&, int) {});
    signals_context.run();
    (*node)->stop();
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        if (std::string_view(argv[i]) == "--help") {
            std::print("{}", help);
            return 0;
        }
        if (std::string_view(argv[i]) == "--version") {
            std::println("gantryd {}", gantry::daemon::version());
            return 0;
        }
    }
    auto line = parse(argc, argv);
    if (!line) {
        std::println(stderr, "gantryd: {}", line.error().message);
        return 2;
    }
    if (line->print_config) {
        std::print("{}", print_toml(line->options));
        return 0;
    }
    return run(*line);
}
