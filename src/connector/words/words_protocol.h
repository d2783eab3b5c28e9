// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/typed_protocol.h"
#include "connector/words/tags.h"
#include "connector/words/trial.h"
#include "connector/words/words_connector.h"

namespace gantry::connector::words {

// A protocol of such controllers: its settings are words::Settings and what its make has beside.
// What is left for it are name(), text() and settings_of().
template <class Own>
class WordsProtocol : public TypedProtocol<Own> {
protected:
    Result<> check_address(const Own& settings, std::string_view address,
                           const Property& property) const override {
        TRY(make_tag(settings, address, property));
        return {};
    }

    std::shared_ptr<Connector> make_connector(const ConnectionPlan& plan, Own settings,
                                              const Surroundings& around,
                                              Vitals& vitals) const override {
        return std::make_shared<WordsConnector>(plan, this->name(), std::move(settings), around,
                                                vitals);
    }

    Async<TestReport> try_connection(const Surroundings& around, const Own& settings,
                                     std::vector<std::string> addresses) const override {
        co_return co_await words::try_connection(around, settings, addresses);
    }

    Async<std::vector<TrialReading>> try_addresses(const Surroundings& around, const Own& settings,
                                                   std::vector<TrialTag> tags) const override {
        co_return co_await words::try_addresses(around, settings, tags);
    }

    Async<ScanReport> look_around(const Surroundings& around, const Own& settings,
                                  ScanRequest request) const override {
        co_return co_await words::look_around(around, settings, request);
    }
};

}  // namespace gantry::connector::words
