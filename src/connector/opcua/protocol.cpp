// SPDX-License-Identifier: Apache-2.0
#include "connector/opcua/protocol.h"

#include "connector/opcua/opcua_connector.h"
#include "connector/opcua/trial.h"

namespace gantry::connector::opcua {

json::object OpcuaProtocol::describe() const {
    FormWriter form;
    Settings defaults;
    defaults.describe(form);
    json::object address;
    address["help"] = to_json(LocalizedText{
        "A node, and options after blanks. Nodes: ns=2;s=Line1.Temp, ns=2;i=42, ns=2;g=…, "
        "ns=2;b=…, "
        "or nsu=http://plant.example/;s=Line1.Temp, which stays right when the server numbers its "
        "namespaces anew. Options: [3] (element of an array), *0.1+5 (scale and offset), db=0.5 or "
        "db=1% (report changes only), grp=fast (group). Where the identifier itself ends like an "
        "option, write -- after it.",
        "节点，后接以空格分隔的选项。节点：ns=2;s=Line1.Temp、ns=2;i=42、ns=2;g=…、ns=2;b=…，或 "
        "nsu=http://plant.example/"
        ";s=Line1.Temp（服务器重新编号命名空间后仍有效）。选项：[3]（数组元素）、"
        "*0.1+5（倍率与偏移）、db=0.5 或 db=1%（仅上报变化）、grp=fast（采集组）。"
        "若标识符本身以类似选项的文字结尾，请在其后写 --。"});
    address["examples"] =
        json::array{"ns=2;s=Line1.Temp", "ns=2;i=42 *0.1", "ns=3;s=\"DB1\".\"Values\" [3]",
                    "nsu=http://plant.example/;s=Line1.Speed db=0.5 grp=fast"};
    json::object out;
    out["name"] = name();
    out["title"] = to_json(LocalizedText{"OPC UA", "OPC UA"});
    out["settings"] = form.take();
    out["address"] = std::move(address);
    // A node to look below: the folder of all objects.
    out["areas"] = json::array{"i=85"};
    out["writable"] = true;
    return out;
}

Result<> OpcuaProtocol::check_settings(std::string_view settings) const {
    TRY(read_settings(settings));
    return {};
}

Result<> OpcuaProtocol::check_tag(std::string_view settings, std::string_view address,
                                  const Property& property) const {
    TRY_ASSIGN(const Settings read, read_settings(settings));
    TRY(make_tag(read, address, property));
    return {};
}

Result<std::shared_ptr<Connector>> OpcuaProtocol::make(const ConnectionPlan& plan,
                                                       const Surroundings& around,
                                                       Vitals& vitals) const {
    TRY_ASSIGN(Settings settings, read_settings(plan.settings));
    return std::make_shared<OpcuaConnector>(plan, std::move(settings), around, vitals);
}

Async<TestReport> OpcuaProtocol::test(const Surroundings& around, std::string settings,
                                      std::vector<std::string> addresses) const {
    CO_TRY_ASSIGN(const Settings read, read_settings(settings));
    co_return co_await try_connection(around, read, addresses);
}

Async<std::vector<TrialReading>> OpcuaProtocol::read(const Surroundings& around,
                                                     std::string settings,
                                                     std::vector<TrialTag> tags) const {
    CO_TRY_ASSIGN(const Settings read, read_settings(settings));
    if (tags.size() > trial_tags_max) {
        co_return fail(Code::TooLarge, "{} addresses are more than {} at a time", tags.size(),
                       trial_tags_max);
    }
    co_return co_await try_addresses(around, read, tags);
}

Async<ScanReport> OpcuaProtocol::scan(const Surroundings& around, std::string settings,
                                      ScanRequest request) const {
    CO_TRY_ASSIGN(const Settings read, read_settings(settings));
    co_return co_await look_around(around, read, request);
}

}  // namespace gantry::connector::opcua
