// SPDX-License-Identifier: Apache-2.0
#include "plant/command_line.h"

#include <arpa/inet.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <format>

#include "base/time.h"

namespace gantry::plant {
namespace {

constexpr std::string_view about =
    "Simulates a small plant, a pump station and a bottling line with their energy meter, and "
    "serves "
    "it over Modbus TCP: unit 1 the pump station, 2 the bottling line, 3 the energy meter.";

constexpr std::string_view examples = R"(
Examples:
  gantry-plant                                    serve on 127.0.0.1:5020
  gantry-plant --speed 60 --fault bearing-wear@1h an hour of plant time a minute
  gantry-plant --map                              the register map; --json and --csv for programs
  gantry-plant --devices 1000 --ports-from 20000  a thousand small devices for load tests

Faults, by chance, by --fault or by their coils:
)";

std::string footer() {
    std::string text(examples);
    for (const FaultInfo& info : fault_table()) {
        text += std::format("  {:<15} {}\n", info.name, info.about);
    }
    return text + "\nModbus has no passwords: whoever reaches the port may write.";
}

// What CLI11 reads as plain text, before it is checked.
struct Words {
    std::string listen = "127.0.0.1:5020";
    std::vector<std::string> faults;
    std::string latency = "0s";
    bool map = false;
    bool json = false;
    bool csv = false;
};

void declare(CLI::App& app, CommandLine& line, Words& words) {
    app.footer(footer());
    app.add_option("--listen", words.listen, "Address and port; port 0 lets the system choose")
        ->type_name("ADDRESS:PORT")
        ->capture_default_str();
    app.add_option("--seed", line.seed, "The same seed gives the same plant")
        ->type_name("NUMBER")
        ->capture_default_str();
    app.add_option("--speed", line.speed, "How many times faster than real time, 0.1 to 3600")
        ->type_name("FACTOR")
        ->check(CLI::Range(0.1, speed_most, "speed"))
        ->capture_default_str();
    app.add_option("--fault-rate", line.fault_rate,
                   "How often faults come by chance: 0 never, 2 twice as often, up to 1000")
        ->type_name("FACTOR")
        ->check(CLI::Range(0.0, 1000.0, "rate"))
        ->capture_default_str();
    app.add_option("--fault", words.faults,
                   "Begins a fault at a time after the start, in plant time; may be repeated")
        ->type_name("NAME@TIME")
        ->allow_extra_args(false);
    app.add_option("--units", line.stations,
                   "Serves so many more pump stations at unit ids 10 and up, at most 200")
        ->type_name("COUNT")
        ->check(CLI::Range(std::size_t{0}, stations_most, "units"));
    app.add_option("--latency", words.latency, "Delay of each answer, at most 60s")
        ->type_name("TIME")
        ->capture_default_str();
    app.add_option("--devices", line.devices,
                   "Serves so many small devices instead of the plant, each as unit 1 of its own "
                   "port, at most 10000")
        ->type_name("COUNT")
        ->check(CLI::Range(std::size_t{1}, devices_most, "devices"));
    app.add_option("--ports-from", line.ports_from,
                   "First port of the devices; 0 lets the system choose each")
        ->type_name("PORT");
    app.add_flag("--map", words.map, "Prints the register map and stops (with --devices, theirs)");
    app.add_flag("--json", words.json, "With --map: as JSON");
    app.add_flag("--csv", words.csv, "With --map: as CSV");
}

Result<> check(CommandLine& line, const Words& words) {
    const auto option = [](std::string_view name, auto result) {
        return result ? std::move(result) : within(name, result.error());
    };
    TRY_ASSIGN(line.listen, option("--listen", parse_endpoint(words.listen)));
    TRY_ASSIGN(line.latency, option("--latency", parse_duration(words.latency)));
    if (line.latency < Duration::zero() || line.latency > std::chrono::minutes(1)) {
        return fail(Code::InvalidArgument, "--latency: '{}' is not between 0s and 60s",
                    words.latency);
    }
    for (const std::string& text : words.faults) {
        TRY_ASSIGN(const PlannedFault fault, option("--fault", parse_planned_fault(text)));
        line.faults.push_back(fault);
    }
    if ((words.json || words.csv) && !words.map) {
        return fail(Code::InvalidArgument, "--json and --csv belong to --map: add it");
    }
    if (words.json && words.csv) {
        return fail(Code::InvalidArgument, "--json and --csv exclude each other: choose one");
    }
    if (words.map) {
        line.map = words.json ? MapFormat::Json : words.csv ? MapFormat::Csv : MapFormat::Table;
    }
    if (line.devices > 0 && (line.stations > 0 || !line.faults.empty())) {
        return fail(Code::InvalidArgument,
                    "--devices serves no plant: leave out --units and --fault");
    }
    if (line.devices == 0 && line.ports_from != 0) {
        return fail(Code::InvalidArgument, "--ports-from belongs to --devices: add it");
    }
    if (line.speed * static_cast<double>(line.stations + 1) > load_most) {
        return fail(
            Code::InvalidArgument,
            "--speed: {} for {} pump stations is more than one core can compute: keep their "
            "product below {}",
            line.speed, line.stations + 1, load_most);
    }
    if (line.ports_from != 0 && line.ports_from + line.devices > 65'536) {
        return fail(Code::InvalidArgument,
                    "--ports-from: {} devices from port {} reach beyond port 65535", line.devices,
                    line.ports_from);
    }
    return {};
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    const std::string_view port = colon == std::string_view::npos ? "" : text.substr(colon + 1);
    Endpoint endpoint{.address = std::string(text.substr(0, colon)), .port = 0};
    if (endpoint.address == "localhost") {
        endpoint.address = "127.0.0.1";
    }
    const auto [end, error] =
        std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
    in_addr ignored{};
    if (port.empty() || error != std::errc() || end != port.data() + port.size() ||
        inet_pton(AF_INET, endpoint.address.c_str(), &ignored) != 1) {
        return fail(Code::InvalidArgument,
                    "'{}' is not an IPv4 address and a port: write them as in 127.0.0.1:5020",
                    text);
    }
    return endpoint;
}

Result<CommandLine> parse_command_line(int count, const char* const* words) {
    CommandLine line;
    Words texts;
    CLI::App app{std::string(about), "gantry-plant"};
    declare(app, line, texts);
    try {
        app.parse(count, words);
    } catch (const CLI::CallForHelp&) {
        line.help = app.help();
        return line;
    } catch (const CLI::ParseError& error) {
        return fail(Code::InvalidArgument, "{}: see gantry-plant --help", error.what());
    }
    TRY(check(line, texts));
    return line;
}

}  // namespace gantry::plant
