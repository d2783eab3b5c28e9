// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "runtime/stream.h"

namespace gantry {

// Whose word a client takes for who a server is.
struct TlsTrust {
    std::string ca_file;  // PEM; empty for the authorities of the operating system
};

// Turns a fresh connection into TLS 1.2 or 1.3 and does the handshake as its client. The server
// must show a certificate for `host` (a name or an IP address) that the trusted authorities
// vouch for: there is no way around that. Unauthenticated says what is wrong with it.
Async<std::unique_ptr<Stream>> encrypt_as_client(std::unique_ptr<Stream> plain, std::string host,
                                                 TlsTrust trust);

}  // namespace gantry
