// SPDX-License-Identifier: Apache-2.0
// The demo plant: reads the command line, builds the plant and its server, and waits for a signal.
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <print>

#include "base/clock.h"
#include "base/error_tables.h"
#include "base/log.h"
#include "plant/command_line.h"
#include "plant/map_text.h"
#include "plant/modbus_server.h"
#include "plant/plant_service.h"

namespace {

using namespace gantry;
using namespace gantry::plant;

int report(const Error& error) {
    std::println(stderr, "gantry-plant: {}", error.message);
    return error.code == Code::InvalidArgument ? exit_code(error.code) : EXIT_FAILURE;
}

// A descriptor that can be read when the program shall stop.
Descriptor stop_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    return Descriptor(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
}

void print_map(MapFormat format, const PlantService& service) {
    const std::vector<MappedUnit> units = service.mapped_units();
    std::print("{}", format == MapFormat::Json  ? map_as_json(units)
                     : format == MapFormat::Csv ? map_as_csv(units)
                                                : map_as_table(units));
}

// The ports of one server as a person wants to read them: one, a range, or a list.
std::string describe(const std::vector<Endpoint>& endpoints) {
    std::string text = endpoints.front().text();
    const bool range = endpoints.back().port - endpoints.front().port + 1u == endpoints.size();
    if (range && endpoints.size() > 1) {
        return text + std::format("-{}", endpoints.back().port);
    }
    for (std::size_t i = 1; i < endpoints.size(); ++i) {
        text += std::format(",{}", endpoints[i].port);
    }
    return text;
}

int serve(const CommandLine& line, PlantService& service, const Clock& clock, Log& log) {
    const Descriptor stop = stop_signals();
    const ServerOptions options{.latency = line.latency, .clients_most = 1024 + 2 * line.devices};
    auto server = ModbusServer::open(options, service.make_gateways(), clock, log);
    if (!server) {
        return report(server.error());
    }
    std::println("gantry-plant: serving Modbus TCP on {}: {}", describe((*server)->endpoints()),
                 service.summary());
    std::println("Seed {}, speed {}. Register map: gantry-plant --map. Stop: Ctrl-C.", line.seed,
                 line.speed);
    if (!line.listen.address.starts_with("127.")) {
        std::println(stderr,
                     "gantry-plant: warning: {} is not a loopback address, and whoever "
                     "reaches it may write to the plant",
                     line.listen.address);
    }
    std::fflush(stdout);
    const auto result = (*server)->run(stop.number(), [&service] { service.tick(); });
    return result ? EXIT_SUCCESS : report(result.error());
}

int run(int count, const char* const* words) {
    const auto line = parse_command_line(count, words);
    if (!line) {
        return report(line.error());
    }
    if (!line->help.empty()) {
        std::print("{}", line->help);
        return EXIT_SUCCESS;
    }
    const SystemClock clock;
    DescriptorOutput output(STDERR_FILENO);
    Log log(clock, output);
    PlantService service(*line, clock, log);
    if (line->map != MapFormat::None) {
        print_map(line->map, service);
        return EXIT_SUCCESS;
    }
    return serve(*line, service, clock, log);
}

}  // namespace

int main(int count, char** words) {
    try {
        return run(count, words);
    } catch (const std::exception& error) {
        std::println(stderr, "gantry-plant: {}", error.what());
        return EXIT_FAILURE;
    }
}
