// SPDX-License-Identifier: Apache-2.0
#include "connector/modbus/protocol.h"

#include "connector/modbus/modbus_connector.h"
#include "connector/modbus/trial.h"

namespace gantry::connector::modbus {

ProtocolText ModbusProtocol::text() const {
    std::vector<std::string_view> areas;
    for (const Area area :
         {Area::Coils, Area::DiscreteInputs, Area::InputRegisters, Area::HoldingRegisters}) {
        areas.emplace_back(area_name(area));
    }
    return {
        .title = kind_ == Kind::Tcp ? LocalizedText{"Modbus TCP", "Modbus TCP"}
                                    : LocalizedText{"Modbus RTU/ASCII", "Modbus RTU/ASCII"},
        .address =
            {"area:address:type@order*scale+offset and options. Areas: co, di, ir, hr. Types: "
             "bool, "
             "u16.0 to u16.15, i16, u16, i32, u32, i64, u64, f32, f64, str1 to str250. Orders: "
             "ABCD, "
             "CDAB, BADC, DCBA. Options: db=0.5 or db=1% (report changes only), max=30s (and at "
             "least "
             "so often), grp=fast (poll group), unit=3 (unit id).",
             "区域:地址:类型@字节序*倍率+偏移，后接选项。区域：co、di、ir、hr。类型：bool、u16.0 "
             "至 "
             "u16.15、"
             "i16、u16、i32、u32、i64、u64、f32、f64、str1 至 "
             "str250。字节序：ABCD、CDAB、BADC、DCBA。"
             "选项：db=0.5 或 "
             "db=1%（仅上报变化）、max=30s（最长静默）、grp=fast（采集组）、unit=3（站号）。"},
        .examples = {"hr:100:f32", "hr:40:u16*0.1", "ir:8:i32@CDAB db=0.5", "hr:7:u16.3", "co:17",
                     "hr:200:str16 unit=3 grp=slow"},
        .areas = std::move(areas),
        .port = static_cast<std::uint16_t>(kind_ == Kind::Tcp ? 502 : 0),
    };
}

void ModbusProtocol::describe_settings(Form& form) const {
    if (kind_ == Kind::Serial) {
        SerialSettings defaults;
        defaults.describe(form);
    } else {
        TypedProtocol::describe_settings(form);
    }
}

Result<Settings> ModbusProtocol::settings_of(std::string_view text) const {
    return read_settings(kind_, text);
}

Result<> ModbusProtocol::check_address(const Settings& settings, std::string_view address,
                                       const Property& property) const {
    TRY(make_tag(settings, address, property));
    return {};
}

std::shared_ptr<Connector> ModbusProtocol::make_connector(const ConnectionPlan& plan,
                                                          Settings settings,
                                                          const Surroundings& around,
                                                          Vitals& vitals) const {
    return std::make_shared<ModbusConnector>(plan, std::move(settings), around, vitals);
}

Async<TestReport> ModbusProtocol::try_connection(const Surroundings& around,
                                                 const Settings& settings,
                                                 std::vector<std::string> addresses) const {
    co_return co_await modbus::try_connection(around, settings, std::move(addresses));
}

Async<std::vector<TrialReading>> ModbusProtocol::try_addresses(const Surroundings& around,
                                                               const Settings& settings,
                                                               std::vector<TrialTag> tags) const {
    co_return co_await modbus::try_addresses(around, settings, std::move(tags));
}

Async<ScanReport> ModbusProtocol::look_around(const Surroundings& around, const Settings& settings,
                                              ScanRequest request) const {
    co_return co_await modbus::scan_registers(around, settings, std::move(request));
}

}  // namespace gantry::connector::modbus
