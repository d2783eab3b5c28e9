// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/connector.h"
#include "connector/form.h"

namespace gantry::connector {

// What a form says of a protocol beside its settings.
struct ProtocolText {
    LocalizedText title;
    LocalizedText address;  // how one is written
    std::vector<std::string_view> examples;
    std::vector<std::string_view> areas;  // that a scan looks through
    // How such devices are found in a network: at their usual port, with settings (JSON) in which
    // {host} and {port} are filled in. Port 0: not at all.
    std::uint16_t port = 0;
    std::string_view found_with = R"({"host": "{host}", "port": {port}})";
    bool datagrams = false;  // that port is one of UDP
    bool writable = true;
};

json::object describe_protocol(std::string_view name, json::array settings,
                               const ProtocolText& text);

// A protocol whose settings are of one type, with Form's describe(): reads them for whatever is
// asked.
template <class Settings>
class TypedProtocol : public Protocol {
public:
    json::object describe() const final {
        FormWriter form;
        describe_settings(form);
        return describe_protocol(name(), form.take(), text());
    }

    Result<> check_settings(std::string_view settings) const final {
        TRY(settings_of(settings));
        return {};
    }

    Result<> check_tag(std::string_view settings, std::string_view address,
                       const Property& property) const final {
        TRY_ASSIGN(const Settings read, settings_of(settings));
        return check_address(read, address, property);
    }

    Result<std::shared_ptr<Connector>> make(const ConnectionPlan& plan, const Surroundings& around,
                                            Vitals& vitals) const final {
        TRY_ASSIGN(Settings read, settings_of(plan.settings));
        return make_connector(plan, std::move(read), around, vitals);
    }

    Async<TestReport> test(const Surroundings& around, std::string settings,
                           std::vector<std::string> addresses) const final {
        CO_TRY_ASSIGN(const Settings read, settings_of(settings));
        co_return co_await try_connection(around, read, std::move(addresses));
    }

    Async<std::vector<TrialReading>> read(const Surroundings& around, std::string settings,
                                          std::vector<TrialTag> tags) const final {
        CO_TRY_ASSIGN(const Settings read, settings_of(settings));
        if (tags.size() > trial_tags_max) {
            co_return fail(Code::TooLarge, "{} addresses are more than {} at a time", tags.size(),
                           trial_tags_max);
        }
        co_return co_await try_addresses(around, read, std::move(tags));
    }

    Async<ScanReport> scan(const Surroundings& around, std::string settings,
                           ScanRequest request) const final {
        CO_TRY_ASSIGN(const Settings read, settings_of(settings));
        co_return co_await look_around(around, read, std::move(request));
    }

protected:
    virtual ProtocolText text() const = 0;
    virtual void describe_settings(Form& form) const {
        Settings defaults;
        defaults.describe(form);
    }
    // Errors have their field: "/settings/port".
    virtual Result<Settings> settings_of(std::string_view text) const = 0;

    // As of Protocol, with the settings read. They outlive the coroutines.
    virtual Result<> check_address(const Settings& settings, std::string_view address,
                                   const Property& property) const = 0;
    virtual std::shared_ptr<Connector> make_connector(const ConnectionPlan& plan, Settings settings,
                                                      const Surroundings& around,
                                                      Vitals& vitals) const = 0;
    virtual Async<TestReport> try_connection(const Surroundings& around, const Settings& settings,
                                             std::vector<std::string> addresses) const = 0;
    virtual Async<std::vector<TrialReading>> try_addresses(const Surroundings& around,
                                                           const Settings& settings,
                                                           std::vector<TrialTag> tags) const = 0;
    virtual Async<ScanReport> look_around(const Surroundings& around, const Settings& settings,
                                          ScanRequest request) const = 0;
};

}  // namespace gantry::connector
