// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/file/settings.h"
#include "connector/local/local.h"
#include "connector/typed_protocol.h"

namespace gantry::connector::file {

// "file"
class FileProtocol final : public TypedProtocol<Settings> {
public:
    // What it is given outlives it.
    explicit FileProtocol(const Local& local) : local_(local) {}

    std::string_view name() const override { return "file"; }

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
    const Local& local_;
};

}  // namespace gantry::connector::file
