// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/bacnet/settings.h"
#include "connector/typed_protocol.h"
#include "runtime/datagrams.h"

namespace gantry::connector::bacnet {

// "bacnet_ip"
class BacnetProtocol final : public TypedProtocol<Settings> {
public:
    explicit BacnetProtocol(std::unique_ptr<Datagrams> datagrams)
        : datagrams_(std::move(datagrams)) {}

    std::string_view name() const override { return "bacnet_ip"; }

protected:
    ProtocolText text() const override;
    Result<Settings> settings_of(std::string_view text) const override;
    Result<> check_address(const Settings& settings, std::string_view address,
                           const Property& property) const override;
    std::shared_ptr<Connector> make_connector(const ConnectionPlan& plan, Settings settings,
                                              const Surroundings& around,
                                              Vitals& vitals) const override;
    Async<TestReport> try_connection(const Surroundings& around, const Settings& settings,
                                     std::vector<std::string> addresses) const override;
    Async<std::vector<TrialReading>> try_addresses(const Surroundings& around,
                                                   const Settings& settings,
                                                   std::vector<TrialTag> tags) const override;
    Async<ScanReport> look_around(const Surroundings& around, const Settings& settings,
                                  ScanRequest request) const override;

private:
    std::unique_ptr<Datagrams> datagrams_;
};

}  // namespace gantry::connector::bacnet
