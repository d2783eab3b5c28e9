// SPDX-License-Identifier: Apache-2.0
#include "connector/bacnet/protocol.h"

#include "connector/bacnet/bacnet_connector.h"
#include "connector/bacnet/trial.h"

namespace gantry::connector::bacnet {

ProtocolText BacnetProtocol::text() const {
    return {
        .title = {"BACnet/IP", "BACnet/IP"},
        .address =
            {"The object, by its type and instance: AI:1, analog-value:3. Then .property if it is "
             "not the present-value, [n] for an element, *scale+offset, and options: db=0.5 or "
             "db=1% (report changes only), max=30s (and at least so often), grp=fast (poll "
             "group), prio=8 (to write with), cov (subscribe to changes).",
             "对象类型与实例号：AI:1、analog-value:3；属性不是 present-value 时接 "
             ".属性名，数组元素用 "
             "[n]，再接 *倍率+偏移与选项：db=0.5 或 "
             "db=1%（仅上报变化）、max=30s（最长静默）、grp=fast"
             "（采集组）、prio=8（写入优先级）、cov（订阅变化）。"},
        .examples = {"AI:1", "analog-value:3 db=0.5", "BV:2 cov", "AO:1 prio=8",
                     "AV:3.description grp=slow"},
        .areas = {"objects", "AI", "AV", "BI", "MSV"},
        .port = 47808,
        .datagrams = true,
    };
}

Result<Settings> BacnetProtocol::settings_of(std::string_view text) const {
    return read_settings(text);
}

Result<> BacnetProtocol::check_address(const Settings& settings, std::string_view address,
                                       const Property& property) const {
    TRY(make_tag(settings, address, property));
    return {};
}

std::shared_ptr<Connector> BacnetProtocol::make_connector(const ConnectionPlan& plan,
                                                          Settings settings,
                                                          const Surroundings& around,
                                                          Vitals& vitals) const {
    return std::make_shared<BacnetConnector>(plan, std::move(settings), around, *datagrams_,
                                             vitals);
}

Async<TestReport> BacnetProtocol::try_connection(const Surroundings& around,
                                                 const Settings& settings,
                                                 std::vector<std::string> addresses) const {
    co_return co_await bacnet::try_connection(around, *datagrams_, settings, addresses);
}

Async<std::vector<TrialReading>> BacnetProtocol::try_addresses(const Surroundings& around,
                                                               const Settings& settings,
                                                               std::vector<TrialTag> tags) const {
    co_return co_await bacnet::try_addresses(around, *datagrams_, settings, tags);
}

Async<ScanReport> BacnetProtocol::look_around(const Surroundings& around, const Settings& settings,
                                              ScanRequest request) const {
    co_return co_await bacnet::scan_objects(around, *datagrams_, settings, request);
}

}  // namespace gantry::connector::bacnet
