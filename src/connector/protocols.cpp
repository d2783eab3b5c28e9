// SPDX-License-Identifier: Apache-2.0
#include "connector/protocols.h"

#include "base/assert.h"
#include "connector/bacnet/protocol.h"
#include "connector/ethernetip/protocol.h"
#include "connector/fins/protocol.h"
#include "connector/http_json/protocol.h"
#include "connector/iec104/protocol.h"
#include "connector/modbus/protocol.h"
#include "connector/mqtt/protocol.h"
#include "connector/opcua/protocol.h"
#include "connector/s7/protocol.h"
#include "connector/slmp/protocol.h"
#include "runtime/datagrams.h"

namespace gantry::connector {

void Protocols::add(std::unique_ptr<Protocol> protocol) {
    std::string name(protocol->name());
    const bool added = protocols_.emplace(std::move(name), std::move(protocol)).second;
    ASSERT(added);
}

Result<const Protocol*> Protocols::find(std::string_view name) const {
    if (const auto found = protocols_.find(name); found != protocols_.end()) {
        return found->second.get();
    }
    std::string known;
    for (const auto& [word, protocol] : protocols_) {
        known += (known.empty() ? "" : ", ") + word;
    }
    return std::unexpected(
        Error{Code::NotFound, std::format("there is no protocol '{}': use one of {}", name, known),
              "/protocol"});
}

std::vector<const Protocol*> Protocols::all() const {
    std::vector<const Protocol*> out;
    for (const auto& [name, protocol] : protocols_) {
        out.push_back(protocol.get());
    }
    return out;
}

Protocols built_in_protocols() {
    Protocols out;
    out.add(std::make_unique<modbus::ModbusProtocol>());
    out.add(std::make_unique<modbus::ModbusProtocol>(modbus::Kind::Serial));
    out.add(std::make_unique<bacnet::BacnetProtocol>(std::make_unique<UdpDatagrams>()));
    out.add(std::make_unique<ethernetip::EthernetIpProtocol>());
    out.add(std::make_unique<fins::FinsProtocol>());
    out.add(std::make_unique<http_json::HttpJsonProtocol>());
    out.add(std::make_unique<iec104::Iec104Protocol>());
    out.add(std::make_unique<mqtt::MqttProtocol>());
    out.add(std::make_unique<opcua::OpcuaProtocol>());
    out.add(std::make_unique<s7::S7Protocol>());
    out.add(std::make_unique<slmp::SlmpProtocol>());
    return out;
}

}  // namespace gantry::connector
