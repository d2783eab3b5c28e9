// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace gantry {

// Settings are declared once, in the struct that holds them:
//
//     struct HttpOptions {
//         std::string listen = "127.0.0.1:8080";
//         void describe(OptionVisitor& options) {
//             options.text("listen", listen, "Address and port to accept connections on.");
//         }
//     };
//
// The same declaration reads them from TOML, refuses unknown keys, checks limits and documents
// them.
class OptionVisitor {
public:
    virtual ~OptionVisitor() = default;
    virtual void text(std::string_view name, std::string& value, std::string_view about) = 0;
    virtual void flag(std::string_view name, bool& value, std::string_view about) = 0;
    // Refuses what lies outside least to most.
    virtual void number(std::string_view name, std::int64_t& value, std::int64_t least,
                        std::int64_t most, std::string_view about) = 0;
    virtual void duration(std::string_view name, Duration& value, Duration least, Duration most,
                          std::string_view about) = 0;
    virtual void texts(std::string_view name, std::vector<std::string>& value,
                       std::string_view about) = 0;
};

}  // namespace gantry
