// SPDX-License-Identifier: Apache-2.0
#include "connector/modbus/protocol.h"

#include "connector/modbus/modbus_connector.h"
#include "connector/modbus/trial.h"

namespace gantry::connector::modbus {

json::object ModbusProtocol::describe() const {
    FormWriter form;
    if (kind_ == Kind::Serial) {
        SerialSettings defaults;
        defaults.describe(form);
    } else {
        Settings defaults;
        defaults.describe(form);
    }
    json::object address;
    address["help"] = to_json(LocalizedText{
        "area:address:type@order*scale+offset and options. Areas: co, di, ir, hr. Types: bool, "
        "u16.0 to u16.15, i16, u16, i32, u32, i64, u64, f32, f64, str1 to str250. Orders: ABCD, "
        "CDAB, BADC, DCBA. Options: db=0.5 or db=1% (report changes only), max=30s (and at least "
        "so often), grp=fast (poll group), unit=3 (unit id).",
        "区域:地址:类型@字节序*倍率+偏移，后接选项。区域：co、di、ir、hr。类型：bool、u16.0 至 "
        "u16.15、"
        "i16、u16、i32、u32、i64、u64、f32、f64、str1 至 str250。字节序：ABCD、CDAB、BADC、DCBA。"
        "选项：db=0.5 或 "
        "db=1%（仅上报变化）、max=30s（最长静默）、grp=fast（采集组）、unit=3（站号）。"});
    address["examples"] =
        json::array{"hr:100:f32", "hr:40:u16*0.1", "ir:8:i32@CDAB db=0.5",
                    "hr:7:u16.3", "co:17",         "hr:200:str16 unit=3 grp=slow"};
    json::array areas;
    for (const Area area :
         {Area::Coils, Area::DiscreteInputs, Area::InputRegisters, Area::HoldingRegisters}) {
        areas.emplace_back(area_name(area));
    }
    json::object out;
    out["name"] = name();
    out["title"] =
        to_json(kind_ == Kind::Tcp ? LocalizedText{"Modbus TCP", "Modbus TCP"}
                                   : LocalizedText{"Modbus RTU/ASCII", "Modbus RTU/ASCII"});
    out["settings"] = form.take();
    out["address"] = std::move(address);
    out["areas"] = std::move(areas);
    out["writable"] = true;
    return out;
}

Result<> ModbusProtocol::check_settings(std::string_view settings) const {
    TRY(read_settings(kind_, settings));
    return {};
}

Result<> ModbusProtocol::check_tag(std::string_view settings, std::string_view address,
                                   const Property& property) const {
    TRY_ASSIGN(const Settings read, read_settings(kind_, settings));
    TRY(make_tag(read, address, property));
    return {};
}

Result<std::shared_ptr<Connector>> ModbusProtocol::make(const ConnectionPlan& plan,
                                                        const Surroundings& around,
                                                        Vitals& vitals) const {
    TRY_ASSIGN(Settings settings, read_settings(kind_, plan.settings));
    return std::make_shared<ModbusConnector>(plan, std::move(settings), around, vitals);
}

Async<TestReport> ModbusProtocol::test(const Surroundings& around, std::string settings,
                                       std::vector<std::string> addresses) const {
    CO_TRY_ASSIGN(const Settings read, read_settings(kind_, settings));
    co_return co_await try_connection(around, read, std::move(addresses));
}

Async<std::vector<TrialReading>> ModbusProtocol::read(const Surroundings& around,
                                                      std::string settings,
                                                      std::vector<TrialTag> tags) const {
    CO_TRY_ASSIGN(const Settings read, read_settings(kind_, settings));
    if (tags.size() > trial_tags_max) {
        co_return fail(Code::TooLarge, "{} addresses are more than {} at a time", tags.size(),
                       trial_tags_max);
    }
    co_return co_await try_addresses(around, read, std::move(tags));
}

Async<ScanReport> ModbusProtocol::scan(const Surroundings& around, std::string settings,
                                       ScanRequest request) const {
    CO_TRY_ASSIGN(const Settings read, read_settings(kind_, settings));
    co_return co_await scan_registers(around, read, std::move(request));
}

}  // namespace gantry::connector::modbus
