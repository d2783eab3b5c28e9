// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/connector.h"

namespace gantry::connector::iec104 {

// "iec104"
class Iec104Protocol final : public Protocol {
public:
    std::string_view name() const override { return "iec104"; }
    json::object describe() const override;
    std::vector<SecretSetting> secrets() const override { return {{"key", "host"}}; }
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
};

}  // namespace gantry::connector::iec104
