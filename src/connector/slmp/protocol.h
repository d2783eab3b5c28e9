// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/words/words_protocol.h"

namespace gantry::connector::slmp {

// How to talk to one controller of Mitsubishi.
struct Settings : words::Settings {
    std::string frame = "3E";
    std::int64_t network = 0;
    std::int64_t pc = 255;
    std::int64_t module_io = 1023;
    std::int64_t station = 0;
    bool octal = false;

    Settings() { port = 5007; }
    void describe(Form& form);
};

// Errors have their field: "/settings/port".
Result<Settings> read_settings(std::string_view text);

// Mitsubishi MELSEC: iQ-R, iQ-F, Q, L.
class SlmpProtocol final : public words::WordsProtocol<Settings> {
public:
    std::string_view name() const override { return "slmp"; }

protected:
    ProtocolText text() const override;
    Result<Settings> settings_of(std::string_view text) const override;
};

}  // namespace gantry::connector::slmp
