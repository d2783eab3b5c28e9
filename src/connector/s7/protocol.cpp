// SPDX-License-Identifier: Apache-2.0
#include "connector/s7/protocol.h"

#include "connector/s7/s7_connector.h"
#include "connector/s7/trial.h"

namespace gantry::connector::s7 {

ProtocolText S7Protocol::text() const {
    return {
        .title = {"Siemens S7", "西门子 S7"},
        .address =
            {"As STEP 7 shows it, with a type: DB1.DBX0.3, DB1.DBW4:int, DB1.DBD6:real, M0.3, "
             "IB1, T5, C3. Then *scale+offset, and options. Types: bool, byte, sint, word, "
             "int, dword, dint, real, lword, lint, lreal, char8, string20, wstring20, time, "
             "ltime, s5time, date, tod, dt, dtl. Options: db=0.5 or db=1% (report changes "
             "only), max=30s (and at least so often), grp=fast (poll group).",
             "与 STEP 7 中相同，并加上类型：DB1.DBX0.3、DB1.DBW4:int、DB1.DBD6:real、M0.3、IB1、"
             "T5、C3；后接 *倍率+偏移与选项。类型：bool、byte、sint、word、int、dword、dint、real、"
             "lword、lint、lreal、char8、string20、wstring20、time、ltime、s5time、date、tod、dt、"
             "dtl。选项：db=0.5 或 db=1%（仅上报变化）、max=30s（最长静默）、grp=fast（采集组）。"},
        .examples = {"DB1.DBD0:real", "DB1.DBW4:int*0.1 db=0.5", "DB1.DBX6.0", "MW10:word",
                     "DB2.DBB20:string20 grp=slow"},
        .areas = {"I", "Q", "M", "DB1"},
        .port = 102,
    };
}

Result<Settings> S7Protocol::settings_of(std::string_view text) const {
    return read_settings(text);
}

Result<> S7Protocol::check_address(const Settings& settings, std::string_view address,
                                   const Property& property) const {
    TRY(make_tag(settings, address, property));
    return {};
}

std::shared_ptr<Connector> S7Protocol::make_connector(const ConnectionPlan& plan, Settings settings,
                                                      const Surroundings& around,
                                                      Vitals& vitals) const {
    return std::make_shared<S7Connector>(plan, std::move(settings), around, vitals);
}

Async<TestReport> S7Protocol::try_connection(const Surroundings& around, const Settings& settings,
                                             std::vector<std::string> addresses) const {
    co_return co_await s7::try_connection(around, settings, addresses);
}

Async<std::vector<TrialReading>> S7Protocol::try_addresses(const Surroundings& around,
                                                           const Settings& settings,
                                                           std::vector<TrialTag> tags) const {
    co_return co_await s7::try_addresses(around, settings, tags);
}

Async<ScanReport> S7Protocol::look_around(const Surroundings& around, const Settings& settings,
                                          ScanRequest request) const {
    co_return co_await s7::scan_bytes(around, settings, request);
}

}  // namespace gantry::connector::s7
