// SPDX-License-Identifier: Apache-2.0
#include "connector/http_json/protocol.h"

#include "connector/http_json/http_json_connector.h"
#include "connector/http_json/trial.h"

namespace gantry::connector::http_json {

ProtocolText HttpJsonProtocol::text() const {
    return {
        .title = {"HTTP/JSON", "HTTP/JSON"},
        .address =
            {"The path of a resource and options. Options: json=$.value (where in JSON; without it "
             "the whole answer is the value), time=$.ts or time=$.ts@ms (the source's time: RFC "
             "3339, or s, ms, us, ns since 1970), quality=$.q, sparse (answers without the value "
             "do not count), *scale+offset, db=0.5 or db=1% (report changes only), max=30s (and at "
             "least so often), grp=fast, set=/path (where writes go), setjson=$.value (as a member "
             "of an object), put (by PUT instead of POST).",
             "资源路径，后接选项。选项：json=$.value（JSON 中的位置，省略则整个应答为值）、"
             "time=$.ts 或 time=$.ts@ms（源时间：RFC 3339，或自 1970 年起的 s、ms、us、ns）、"
             "quality=$.q、sparse（忽略不含该值的应答）、*倍率+偏移、db=0.5 或 "
             "db=1%（仅上报变化）、max=30s（最长静默）、grp=fast、set=/路径（写入的地址）、"
             "setjson=$.value（写为 JSON 成员）、put（用 PUT 代替 POST）。"},
        .examples = {"/api/status json=$.temperature", "/api/status json=$.flow *0.1 time=$.ts@ms",
                     "/rpc/level grp=fast",
                     "/api/speed json=$.value set=/api/speed setjson=$.value put"},
        .areas = {"/"},
        .port = 80,
        .found_with = R"({"url": "http://{host}:{port}"})",
    };
}

Result<Settings> HttpJsonProtocol::settings_of(std::string_view text) const {
    return read_settings(text);
}

Result<> HttpJsonProtocol::check_address(const Settings& settings, std::string_view address,
                                         const Property& property) const {
    TRY(make_tag(settings, address, property));
    return {};
}

std::shared_ptr<Connector> HttpJsonProtocol::make_connector(const ConnectionPlan& plan,
                                                            Settings settings,
                                                            const Surroundings& around,
                                                            Vitals& vitals) const {
    return std::make_shared<HttpJsonConnector>(plan, std::move(settings), around, vitals);
}

Async<TestReport> HttpJsonProtocol::try_connection(const Surroundings& around,
                                                   const Settings& settings,
                                                   std::vector<std::string> addresses) const {
    co_return co_await http_json::try_connection(around, settings, addresses);
}

Async<std::vector<TrialReading>> HttpJsonProtocol::try_addresses(const Surroundings& around,
                                                                 const Settings& settings,
                                                                 std::vector<TrialTag> tags) const {
    co_return co_await http_json::try_addresses(around, settings, tags);
}

Async<ScanReport> HttpJsonProtocol::look_around(const Surroundings& around,
                                                const Settings& settings,
                                                ScanRequest request) const {
    co_return co_await scan_resource(around, settings, std::move(request));
}

}  // namespace gantry::connector::http_json
