// SPDX-License-Identifier: Apache-2.0
#include "cli/context.h"
#include "cli/pack.h"

namespace gantry::cli {
namespace {

Result<> load_demo(Context& context, const Arguments& arguments) {
    TRY_ASSIGN(Pack pack, read_pack(arguments.text_or("--pack", "")));
    TRY_ASSIGN(const auto port, arguments.number("--port", 1, 65'535));
    pack.set_device(arguments.text_or("--host", ""), port.value_or(0));
    return load_pack(context, pack, arguments.has("--dry-run"));
}

}  // namespace

void add_demo_command(std::vector<Command>& out) {
    out.push_back(
        {.path = "demo load",
         .summary = "Fill the server with a pump station, a bottling line and a meter",
         .examples = "  gantry demo load               gantry-plant runs beside the server\n"
                     "  gantry demo load --dry-run     what would be made\n"
                     "  gantry demo load --host 192.168.0.7 --port 5020\n",
         .next = "gantry watch --under demo/pump-station",
         .parameters = {{.name = "--host",
                         .value = "HOST",
                         .about = "Where gantry-plant runs, as the server sees it (127.0.0.1)"},
                        {.name = "--port", .value = "PORT", .about = "Its port (5020)"},
                        {.name = "--pack",
                         .value = "FOLDER",
                         .about = "Load this pack instead of the one inside the program",
                         .offer = Offer::Folder},
                        dry_run_switch},
         .run = load_demo,
         .more = "It makes thing models, assets, points, a connection and its tags. What is there\n"
                 "already is left as it is, so it can be repeated.\n"});
}

}  // namespace gantry::cli
