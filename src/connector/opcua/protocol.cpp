// SPDX-License-Identifier: Apache-2.0
#include "connector/opcua/protocol.h"

#include "connector/opcua/opcua_connector.h"
#include "connector/opcua/trial.h"

namespace gantry::connector::opcua {

ProtocolText OpcuaProtocol::text() const {
    // The area is a node to look below: the folder of all objects.
    return {
        .title = {"OPC UA", "OPC UA"},
        .address =
            {"A node, and options after blanks. Nodes: ns=2;s=Line1.Temp, ns=2;i=42, ns=2;g=…, "
             "ns=2;b=…, "
             "or nsu=http://plant.example/;s=Line1.Temp, which stays right when the server numbers "
             "its "
             "namespaces anew. Options: [3] (element of an array), *0.1+5 (scale and offset), "
             "db=0.5 or "
             "db=1% (report changes only), grp=fast (group). Where the identifier itself ends like "
             "an "
             "option, write -- after it.",
             "节点，后接以空格分隔的选项。节点：ns=2;s=Line1.Temp、ns=2;i=42、ns=2;g=…、ns=2;b="
             "…，或 "
             "nsu=http://plant.example/"
             ";s=Line1.Temp（服务器重新编号命名空间后仍有效）。选项：[3]（数组元素）、"
             "*0.1+5（倍率与偏移）、db=0.5 或 db=1%（仅上报变化）、grp=fast（采集组）。"
             "若标识符本身以类似选项的文字结尾，请在其后写 --。"},
        .examples = {"ns=2;s=Line1.Temp", "ns=2;i=42 *0.1", "ns=3;s=\"DB1\".\"Values\" [3]",
                     "nsu=http://plant.example/;s=Line1.Speed db=0.5 grp=fast"},
        .areas = {"i=85"},
        .port = 4840,
        .found_with = R"({"endpoint": "opc.tcp://{host}:{port}", "security": "none"})",
    };
}

Result<Settings> OpcuaProtocol::settings_of(std::string_view text) const {
    return read_settings(text);
}

Result<> OpcuaProtocol::check_address(const Settings& settings, std::string_view address,
                                      const Property& property) const {
    TRY(make_tag(settings, address, property));
    return {};
}

std::shared_ptr<Connector> OpcuaProtocol::make_connector(const ConnectionPlan& plan,
                                                         Settings settings,
                                                         const Surroundings& around,
                                                         Vitals& vitals) const {
    return std::make_shared<OpcuaConnector>(plan, std::move(settings), around, vitals);
}

Async<TestReport> OpcuaProtocol::try_connection(const Surroundings& around,
                                                const Settings& settings,
                                                std::vector<std::string> addresses) const {
    co_return co_await opcua::try_connection(around, settings, addresses);
}

Async<std::vector<TrialReading>> OpcuaProtocol::try_addresses(const Surroundings& around,
                                                              const Settings& settings,
                                                              std::vector<TrialTag> tags) const {
    co_return co_await opcua::try_addresses(around, settings, tags);
}

Async<ScanReport> OpcuaProtocol::look_around(const Surroundings& around, const Settings& settings,
                                             ScanRequest request) const {
    co_return co_await opcua::look_around(around, settings, request);
}

}  // namespace gantry::connector::opcua
