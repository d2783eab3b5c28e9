// SPDX-License-Identifier: Apache-2.0
#include "connector/ethernetip/protocol.h"

#include "connector/ethernetip/ethernetip_connector.h"
#include "connector/ethernetip/trial.h"

namespace gantry::connector::ethernetip {

ProtocolText EthernetIpProtocol::text() const {
    return {
        .title = {"EtherNet/IP (Allen-Bradley Logix)", "EtherNet/IP（Allen-Bradley Logix）"},
        .address =
            {"The tag as Studio 5000 shows it: Speed, Line[3].Speed, Recipe[1,2], Word.5, T1.ACC, "
             "Program:Main.Speed. Then *scale+offset, and options. The controller says the type. "
             "Options: db=0.5 or db=1% (report changes only), max=30s (and at least so often), "
             "grp=fast (poll group).",
             "与 Studio 5000 中显示的标签相同：Speed、Line[3].Speed、Recipe[1,2]、Word.5、T1.ACC、"
             "Program:Main.Speed；后接 *倍率+偏移与选项。类型由控制器给出。"
             "选项：db=0.5 或 db=1%（仅上报变化）、max=30s（最长静默）、grp=fast（采集组）。"},
        .examples = {"Line[3].Speed", "Program:Main.Level*0.1 db=0.5", "Status.5", "T1.ACC",
                     "Recipe.Name grp=slow"},
        .areas = {"Program:MainProgram", "controller"},
        .port = 44818,
    };
}

Result<Settings> EthernetIpProtocol::settings_of(std::string_view text) const {
    return read_settings(text);
}

Result<> EthernetIpProtocol::check_address(const Settings& settings, std::string_view address,
                                           const Property& property) const {
    TRY(make_tag(settings, address, property));
    return {};
}

std::shared_ptr<Connector> EthernetIpProtocol::make_connector(const ConnectionPlan& plan,
                                                              Settings settings,
                                                              const Surroundings& around,
                                                              Vitals& vitals) const {
    return std::make_shared<EthernetIpConnector>(plan, std::move(settings), around, vitals);
}

Async<TestReport> EthernetIpProtocol::try_connection(const Surroundings& around,
                                                     const Settings& settings,
                                                     std::vector<std::string> addresses) const {
    co_return co_await ethernetip::try_connection(around, settings, addresses);
}

Async<std::vector<TrialReading>> EthernetIpProtocol::try_addresses(
    const Surroundings& around, const Settings& settings, std::vector<TrialTag> tags) const {
    co_return co_await ethernetip::try_addresses(around, settings, tags);
}

Async<ScanReport> EthernetIpProtocol::look_around(const Surroundings& around,
                                                  const Settings& settings,
                                                  ScanRequest request) const {
    co_return co_await ethernetip::scan_tags(around, settings, request);
}

}  // namespace gantry::connector::ethernetip
