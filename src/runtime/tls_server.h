// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "base/time.h"
#include "runtime/stream.h"

namespace boost::asio::ssl {
class context;
}

namespace gantry {

// A server's certificate, for protocols that begin in the clear and turn to TLS when the client
// asks for it. Any shard.
class TlsServer {
public:
    // InvalidArgument names the file and what is wrong with it.
    static Result<std::unique_ptr<TlsServer>> load(const TlsFiles& files);

    // Does the handshake as its server. Unauthenticated: it failed or took longer than that.
    Async<std::unique_ptr<Stream>> encrypt(std::unique_ptr<Stream> plain, Duration limit) const;

    // The hash of the certificate by which a client can bind what it says to this connection
    // (tls-server-end-point, RFC 5929).
    const std::string& end_point() const { return end_point_; }

private:
    std::shared_ptr<asio::ssl::context> context_;
    std::string end_point_;
};

}  // namespace gantry
