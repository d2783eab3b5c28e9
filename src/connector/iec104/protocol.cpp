// SPDX-License-Identifier: Apache-2.0
#include "connector/iec104/protocol.h"

#include "connector/iec104/iec104_connector.h"
#include "connector/iec104/trial.h"

namespace gantry::connector::iec104 {

json::object Iec104Protocol::describe() const {
    FormWriter form;
    Settings defaults;
    defaults.describe(form);
    json::object address;
    address["help"] = to_json(LocalizedText{
        "common/object*scale+offset and options. Options: db=0.5 or db=1% (report changes only), "
        "max=30s (and at least so often), cmd=sc@5001 (how the point is written: sc, dc, rc, nva, "
        "sva, float or bits, and the command's own object), sbo (select before operate), qu=1 "
        "(qualifier).",
        "公共地址/信息体地址*倍率+偏移，后接选项。选项：db=0.5 或 db=1%（仅上报变化）、max=30s"
        "（最长静默）、cmd=sc@5001（写入方式：sc、dc、rc、nva、sva、float 或 bits，@ "
        "后为命令的信息体"
        "地址）、sbo（先选择后执行）、qu=1（限定词）。"});
    address["examples"] =
        json::array{"4001", "1/4001*0.1 db=0.5", "1/2001 cmd=sc@5001 sbo", "1/3001 cmd=float@6001"};
    json::object out;
    out["name"] = name();
    out["title"] = to_json(LocalizedText{"IEC 60870-5-104", "IEC 60870-5-104"});
    out["settings"] = form.take();
    out["address"] = std::move(address);
    out["areas"] = json::array{"objects"};
    out["writable"] = true;
    return out;
}

Result<> Iec104Protocol::check_settings(std::string_view settings) const {
    TRY(read_settings(settings));
    return {};
}

Result<> Iec104Protocol::check_tag(std::string_view settings, std::string_view address,
                                   const Property& property) const {
    TRY_ASSIGN(const Settings read, read_settings(settings));
    TRY(make_tag(read, address, property));
    return {};
}

Result<std::shared_ptr<Connector>> Iec104Protocol::make(const ConnectionPlan& plan,
                                                        const Surroundings& around,
                                                        Vitals& vitals) const {
    TRY_ASSIGN(Settings settings, read_settings(plan.settings));
    return std::make_shared<Iec104Connector>(plan, std::move(settings), around, vitals);
}

Async<TestReport> Iec104Protocol::test(const Surroundings& around, std::string settings,
                                       std::vector<std::string> addresses) const {
    CO_TRY_ASSIGN(const Settings read, read_settings(settings));
    co_return co_await try_connection(around, read, addresses);
}

Async<std::vector<TrialReading>> Iec104Protocol::read(const Surroundings& around,
                                                      std::string settings,
                                                      std::vector<TrialTag> tags) const {
    CO_TRY_ASSIGN(const Settings read, read_settings(settings));
    if (tags.size() > trial_tags_max) {
        co_return fail(Code::TooLarge, "{} addresses are more than {} at a time", tags.size(),
                       trial_tags_max);
    }
    co_return co_await try_addresses(around, read, std::move(tags));
}

Async<ScanReport> Iec104Protocol::scan(const Surroundings& around, std::string settings,
                                       ScanRequest request) const {
    CO_TRY_ASSIGN(const Settings read, read_settings(settings));
    co_return co_await scan_objects(around, read, std::move(request));
}

}  // namespace gantry::connector::iec104
