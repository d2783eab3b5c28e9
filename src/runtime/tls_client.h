// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "base/secret.h"
#include "runtime/stream.h"

namespace gantry {

// Whose word a client takes for who a server is, and how it shows who it is itself. All PEM.
struct TlsTrust {
    std::string ca_file = {};  // both empty for the authorities of the operating system
    std::string ca = {};       // the same, as content
    // Of the client, with what vouches for it, if it shows one; and its key. Their content.
    std::string certificate = {};
    Secret key = {};
};

// InvalidArgument says what in it cannot be used.
Result<> check_tls_trust(const TlsTrust& trust);

// Turns a fresh connection into TLS 1.2 or 1.3 and does the handshake as its client. The server
// must show a certificate for `host` (a name or an IP address) that the trusted authorities
// vouch for: there is no way around that. Unauthenticated says what is wrong with it.
Async<std::unique_ptr<Stream>> encrypt_as_client(std::unique_ptr<Stream> plain, std::string host,
                                                 TlsTrust trust);

}  // namespace gantry
