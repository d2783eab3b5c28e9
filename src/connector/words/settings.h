// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "connector/form.h"
#include "connector/words/language.h"

namespace gantry::connector::words {

// How to talk to one controller, whatever its make.
struct Settings {
    std::string host;
    std::int64_t port = 0;
    NamedDurations groups = {{"default", std::chrono::seconds(1)}};
    Duration timeout = std::chrono::seconds(2);  // of one request
    Duration connect_timeout = std::chrono::seconds(5);
    Duration stale_after = std::chrono::seconds(30);
    std::int64_t max_gap = 16;  // words that nobody wants, to save a request
    bool report_on_change = false;
    std::shared_ptr<const Language> language;  // never null once the settings are read

    // Those before what the make has, and those after.
    void describe_place(Form& form);
    void describe_polling(Form& form);

    std::string where() const;  // "192.168.0.5:5007"
};

// What all have to fulfil.
Result<> check_settings(const Settings& settings);

}  // namespace gantry::connector::words
