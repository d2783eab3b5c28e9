// SPDX-License-Identifier: Apache-2.0
#include "connector/mqtt/protocol.h"

#include "connector/mqtt/mqtt_connector.h"
#include "connector/mqtt/trial.h"

namespace gantry::connector::mqtt {

ProtocolText MqttProtocol::text() const {
    return {
        .title = {"MQTT client", "MQTT 客户端"},
        .address =
            {"A topic (in quotes if it has blanks) and options. Options: json=$.value (where in "
             "JSON; without it the whole message is the value), time=$.ts or time=$.ts@ms (the "
             "source's time: RFC 3339, or s, ms, us, ns since 1970), quality=$.q, sparse (messages "
             "without the value do not count), *scale+offset, db=0.5 or db=1% (report changes "
             "only), max=30s (and at least so often), qos=1, set=topic (where writes go), "
             "setjson=$.value (as a member of an object), retain.",
             "主题（含空格时加双引号），后接选项。选项：json=$.value（JSON "
             "中的位置，省略则整条消息为值）、"
             "time=$.ts 或 time=$.ts@ms（源时间：RFC 3339，或自 1970 年起的 s、ms、us、ns）、"
             "quality=$.q、sparse（忽略不含该值的消息）、*倍率+偏移、db=0.5 或 "
             "db=1%（仅上报变化）、"
             "max=30s（最长静默）、qos=1、set=主题（写入的主题）、setjson=$.value（写为 JSON "
             "成员）、"
             "retain（保留消息）。"},
        .examples = {"plant/line1/temperature", "plant/line1/state json=$.temperature time=$.ts@ms",
                     "plant/line1/flow json=$.values[0] *0.1 db=0.5",
                     "plant/line1/speed set=plant/line1/speed/set",
                     "plant/line1/state json=$.speed set=plant/line1/command setjson=$.speed"},
        .areas = {"#"},
        .port = 1883,
    };
}

Result<Settings> MqttProtocol::settings_of(std::string_view text) const {
    return read_settings(text);
}

Result<> MqttProtocol::check_address(const Settings& settings, std::string_view address,
                                     const Property& property) const {
    TRY(make_tag(settings, address, property));
    return {};
}

std::shared_ptr<Connector> MqttProtocol::make_connector(const ConnectionPlan& plan,
                                                        Settings settings,
                                                        const Surroundings& around,
                                                        Vitals& vitals) const {
    return std::make_shared<MqttConnector>(plan, std::move(settings), around, vitals);
}

Async<TestReport> MqttProtocol::try_connection(const Surroundings& around, const Settings& settings,
                                               std::vector<std::string> addresses) const {
    co_return co_await mqtt::try_connection(around, settings, addresses);
}

Async<std::vector<TrialReading>> MqttProtocol::try_addresses(const Surroundings& around,
                                                             const Settings& settings,
                                                             std::vector<TrialTag> tags) const {
    co_return co_await mqtt::try_addresses(around, settings, std::move(tags));
}

Async<ScanReport> MqttProtocol::look_around(const Surroundings& around, const Settings& settings,
                                            ScanRequest request) const {
    co_return co_await mqtt::scan_topics(around, settings, std::move(request));
}

}  // namespace gantry::connector::mqtt
