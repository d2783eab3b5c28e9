// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/stream.h"

namespace gantry {

// The operating system's TCP, with TLS 1.2 and 1.3 where a listener has a certificate.
class TcpNetwork final : public Network {
public:
    Result<std::unique_ptr<Listener>> listen(asio::any_io_executor executor,
                                             const std::string& address,
                                             const TlsFiles& tls) override;
    Async<std::unique_ptr<Stream>> connect(std::string host, std::uint16_t port) override;
};

}  // namespace gantry
