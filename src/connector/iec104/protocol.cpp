// SPDX-License-Identifier: Apache-2.0
#include "connector/iec104/protocol.h"

#include "connector/iec104/iec104_connector.h"
#include "connector/iec104/trial.h"

namespace gantry::connector::iec104 {

ProtocolText Iec104Protocol::text() const {
    return {
        .title = {"IEC 60870-5-104", "IEC 60870-5-104"},
        .address =
            {"common/object*scale+offset and options. Options: db=0.5 or db=1% (report changes "
             "only), "
             "max=30s (and at least so often), cmd=sc@5001 (how the point is written: sc, dc, rc, "
             "nva, "
             "sva, float or bits, and the command's own object), sbo (select before operate), qu=1 "
             "(qualifier).",
             "公共地址/信息体地址*倍率+偏移，后接选项。选项：db=0.5 或 db=1%（仅上报变化）、max=30s"
             "（最长静默）、cmd=sc@5001（写入方式：sc、dc、rc、nva、sva、float 或 bits，@ "
             "后为命令的信息体"
             "地址）、sbo（先选择后执行）、qu=1（限定词）。"},
        .examples = {"4001", "1/4001*0.1 db=0.5", "1/2001 cmd=sc@5001 sbo",
                     "1/3001 cmd=float@6001"},
        .areas = {"objects"},
        .port = 2404,
    };
}

Result<Settings> Iec104Protocol::settings_of(std::string_view text) const {
    return read_settings(text);
}

Result<> Iec104Protocol::check_address(const Settings& settings, std::string_view address,
                                       const Property& property) const {
    TRY(make_tag(settings, address, property));
    return {};
}

std::shared_ptr<Connector> Iec104Protocol::make_connector(const ConnectionPlan& plan,
                                                          Settings settings,
                                                          const Surroundings& around,
                                                          Vitals& vitals) const {
    return std::make_shared<Iec104Connector>(plan, std::move(settings), around, vitals);
}

Async<TestReport> Iec104Protocol::try_connection(const Surroundings& around,
                                                 const Settings& settings,
                                                 std::vector<std::string> addresses) const {
    co_return co_await iec104::try_connection(around, settings, addresses);
}

Async<std::vector<TrialReading>> Iec104Protocol::try_addresses(const Surroundings& around,
                                                               const Settings& settings,
                                                               std::vector<TrialTag> tags) const {
    co_return co_await iec104::try_addresses(around, settings, std::move(tags));
}

Async<ScanReport> Iec104Protocol::look_around(const Surroundings& around, const Settings& settings,
                                              ScanRequest request) const {
    co_return co_await iec104::scan_objects(around, settings, std::move(request));
}

}  // namespace gantry::connector::iec104
