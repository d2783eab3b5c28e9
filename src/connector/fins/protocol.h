// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/words/words_protocol.h"

namespace gantry::connector::fins {

// How to talk to one controller of Omron.
struct Settings : words::Settings {
    std::int64_t network = 0;
    std::int64_t node = 0;
    std::int64_t unit = 0;

    Settings() { port = 9600; }
    void describe(Form& form);
};

// Errors have their field: "/settings/port".
Result<Settings> read_settings(std::string_view text);

// Omron SYSMAC CS, CJ, CP, and NX and NJ where they offer FINS.
class FinsProtocol final : public words::WordsProtocol<Settings> {
public:
    std::string_view name() const override { return "fins"; }

protected:
    ProtocolText text() const override;
    Result<Settings> settings_of(std::string_view text) const override;
};

}  // namespace gantry::connector::fins
