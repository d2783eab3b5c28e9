// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/connector.h"
#include "connector/modbus/settings.h"

namespace gantry::connector::modbus {

// "modbus_tcp", and "modbus_serial": RTU and ASCII.
class ModbusProtocol final : public Protocol {
public:
    explicit ModbusProtocol(Kind kind = Kind::Tcp) : kind_(kind) {}

    std::string_view name() const override { return protocol_name(kind_); }
    json::object describe() const override;
    Result<> check_settings(std::string_view settings) const override;
    Result<> check_tag(std::string_view settings, std::string_view address,
                       const Property& property) const override;
    Result<std::shared_ptr<Connector>> make(const ConnectionPlan& plan, const Surroundings& around,
                                            Vitals& vitals) const override;
    Async<TestReport> test(const Surroundings& around, std::string settings,
                           std::vector<std::string> addresses) const override;
    Async<std::vector<TrialReading>> read(const Surroundings& around, std::string settings,
                                          std::vector<TrialTag> tags) const override;
    Async<ScanReport> scan(const Surroundings& around, std::string settings,
                           ScanRequest request) const override;

private:
    const Kind kind_;
};

}  // namespace gantry::connector::modbus
