// SPDX-License-Identifier: Apache-2.0
#include "security/scram_name.h"

namespace gantry::security {
namespace {

constexpr std::size_t message_bytes_max = 4096;

std::unexpected<Error> malformed(std::string_view what) {
    return fail(Code::InvalidArgument, "the SCRAM message is malformed: {}", what);
}

// 5.1: saslname has =2C for a comma and =3D for an equals sign.
Result<std::string> unescaped(std::string_view name) {
    std::string out;
    for (std::size_t i = 0; i < name.size(); ++i) {
        const std::string_view escape = name.substr(i, 3);
        if (name[i] != '=') {
            out += name[i];
        } else if (escape == "=2C" || escape == "=3D") {
            out += escape == "=2C" ? ',' : '=';
            i += 2;
        } else {
            return malformed("the name has = without 2C or 3D");
        }
    }
    return out;
}

}  // namespace

// gs2-header, with two commas, then n=name.
Result<std::string> scram_name(std::string_view client_first) {
    const std::size_t comma = client_first.find(',');
    const std::size_t end =
        comma == std::string_view::npos ? comma : client_first.find(',', comma + 1);
    if (end == std::string_view::npos || client_first.size() > message_bytes_max) {
        return malformed("there is no GS2 header");
    }
    const std::string_view rest = client_first.substr(end + 1);
    const std::string_view name = rest.substr(0, rest.find(','));
    if (name.size() <= 2 || !name.starts_with("n=")) {
        return malformed("there is no name");
    }
    return unescaped(name.substr(2));
}

}  // namespace gantry::security
