// SPDX-License-Identifier: Apache-2.0
#include "connector/typed_protocol.h"

namespace gantry::connector {
namespace {

json::array words(const std::vector<std::string_view>& from) {
    json::array out;
    for (const std::string_view word : from) {
        out.emplace_back(word);
    }
    return out;
}

}  // namespace

json::object describe_protocol(std::string_view name, json::array settings,
                               const ProtocolText& text) {
    json::object address;
    address["help"] = to_json(text.address);
    address["examples"] = words(text.examples);
    json::object out;
    out["name"] = name;
    out["title"] = to_json(text.title);
    out["settings"] = std::move(settings);
    out["address"] = std::move(address);
    out["areas"] = words(text.areas);
    out["writable"] = text.writable;
    if (text.port != 0) {
        out["discovery"] = {{"port", text.port},
                            {"transport", text.datagrams ? "udp" : "tcp"},
                            {"settings", text.found_with}};
    }
    return out;
}

}  // namespace gantry::connector
