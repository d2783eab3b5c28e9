// SPDX-License-Identifier: Apache-2.0
// Looking for devices that are not connected yet.
#include "api/discovery_routes.h"

#include "model/json.h"

namespace gantry::api {
namespace {

constexpr std::size_t discovery_ports_max = 16;

// {"modbus_tcp": [502, 5020], "s7": []}
Result<std::map<std::string, std::vector<std::uint16_t>>> read_ways(const json::value* from) {
    std::map<std::string, std::vector<std::uint16_t>> out;
    if (from == nullptr) {
        return out;
    }
    if (!from->is_object()) {
        return bad_field("/protocols", "is an object of ports by protocol, as in {\"s7\": [102]}");
    }
    for (const auto& [name, ports] : from->as_object()) {
        const std::string where = "/protocols/" + std::string(name);
        auto& of = out[std::string(name)];
        if (!ports.is_array() || ports.as_array().size() > discovery_ports_max) {
            return bad_field(where, std::format("is a list of at most {} ports; empty: the usual "
                                                "one",
                                                discovery_ports_max));
        }
        for (const json::value& port : ports.as_array()) {
            std::int64_t number = 0;
            TRY(ObjectReader::read(port, number, where));
            if (number < 1 || number > 65'535) {
                return bad_field(where, "has ports from 1 to 65535");
            }
            of.push_back(static_cast<std::uint16_t>(number));
        }
    }
    return out;
}

Async<http::Response> discover_devices(Services& services, const Call& call) {
    CO_TRY_ASSIGN(const json::value body, call.body());
    std::string hosts;
    bool consent = false;
    ObjectReader in(body, "");
    in.required("hosts", hosts);
    in.optional("consent", consent);
    const json::value* const ways = in.take("protocols");
    CO_TRY(in.finish());
    if (!consent) {
        co_return bad_field("/consent", "must be true: not every device takes it well to be called "
                                        "upon, so ask who owns them");
    }
    connector::DiscoveryRequest request;
    CO_TRY_ASSIGN(request.hosts, connector::parse_hosts(hosts));
    CO_TRY_ASSIGN(request.protocols, read_ways(ways));
    const std::size_t looked_at = request.hosts.size();
    CO_TRY_ASSIGN(const auto found, co_await services.discovery.look(std::move(request)));
    json::array items;
    for (const connector::DiscoveredDevice& device : found) {
        CO_TRY_ASSIGN(json::value settings, parse_json(device.settings));
        items.push_back(json::object{{"host", device.host},
                                     {"port", device.port},
                                     {"protocol", device.protocol},
                                     {"confidence", device.confidence},
                                     {"detail", device.detail},
                                     {"settings", std::move(settings)}});
    }
    co_return json_answer(json::object{{"hosts", looked_at}, {"items", std::move(items)}});
}

}  // namespace

void add_discovery_routes(std::vector<Route>& out) {
    out.push_back(
        {.method = http::Method::Post,
         .path = "/v1/discovery",
         .id = "discoverDevices",
         .tag = "Connections",
         .summary = "Look for devices in a range of addresses",
         .permission = "connections:write",
         .handle = discover_devices,
         .request = "DiscoveryRequest",
         .response = "DiscoveryAnswer",
         .audited = true,
         .about = "Connects to each address by each protocol and asks who is there; nothing is "
                  "written. 50 attempts a second at most, one search at a time. The settings of "
                  "what is found can be saved as a connection."});
}

}  // namespace gantry::api
