// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace gantry::api {

// The console's files, embedded in the program (tools/pack_assets.py says how).
class StaticFiles {
public:
    StaticFiles();

    // The file at the path of the request; the console's page for every other path that a person
    // may have in the address bar, which is one without a dot. Answers 304 where the ETag is known.
    std::optional<http::Response> find(const http::Request& request) const;

private:
    struct File {
        std::string type;
        std::string tag;
        std::string_view plain;
        std::string_view gzip;  // empty where it does not pay
        bool forever = false;   // its name holds a hash of its content
    };

    std::map<std::string, File, std::less<>> files_;
};

}  // namespace gantry::api
