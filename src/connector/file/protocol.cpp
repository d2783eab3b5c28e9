// SPDX-License-Identifier: Apache-2.0
#include "connector/file/protocol.h"

#include "connector/file/file_connector.h"
#include "connector/file/trial.h"

namespace gantry::connector::file {

ProtocolText FileProtocol::text() const {
    return {
        .title = {"Files", "文件"},
        .address =
            {"A column of the CSV (in quotes if it has blanks; by number without a header) or a "
             "path into a JSON line, as in $.motor.speed, and options: where=machine:M1 (only rows "
             "with this value in that column), quality=column, sparse (rows without the value do "
             "not count), *scale+offset, db=0.5 or db=1% (report changes only), max=30s (and at "
             "least so often).",
             "CSV 的列名（含空格时加引号；无表头时为列号）或 JSON 行中的路径（如 "
             "$.motor.speed），后接选项：where=machine:M1（仅取该列为此值的行）、quality=列、"
             "sparse（忽略不含该值的行）、*倍率+偏移、db=0.5 或 db=1%（仅上报变化）、"
             "max=30s（最长静默）。"},
        .examples = {"temperature", "\"flow rate\" *0.1 quality=status",
                     "value where=machine:M1 where=signal:speed", "$.motor.speed db=0.5"},
        .areas = {""},
        .writable = false,
    };
}

Result<Settings> FileProtocol::settings_of(std::string_view text) const {
    return read_settings(text);
}

Result<> FileProtocol::check_address(const Settings& /*settings*/, std::string_view address,
                                     const Property& property) const {
    TRY(record::make_tag(address, property));
    return {};
}

std::shared_ptr<Connector> FileProtocol::make_connector(const ConnectionPlan& plan,
                                                        Settings settings,
                                                        const Surroundings& around,
                                                        Vitals& vitals) const {
    return std::make_shared<FileConnector>(plan, std::move(settings), local_, around, vitals);
}

Async<TestReport> FileProtocol::try_connection(const Surroundings& /*around*/,
                                               const Settings& settings,
                                               std::vector<std::string> /*addresses*/) const {
    co_return co_await file::try_connection(local_, settings);
}

Async<std::vector<TrialReading>> FileProtocol::try_addresses(const Surroundings& around,
                                                             const Settings& settings,
                                                             std::vector<TrialTag> tags) const {
    co_return co_await file::try_addresses(local_, around, settings, tags);
}

Async<ScanReport> FileProtocol::look_around(const Surroundings& /*around*/,
                                            const Settings& settings, ScanRequest request) const {
    co_return co_await scan_columns(local_, settings, request);
}

}  // namespace gantry::connector::file
