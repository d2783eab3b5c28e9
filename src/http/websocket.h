// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/stream.h"

namespace gantry::http {

struct Request;
using Headers = std::vector<std::pair<std::string, std::string>>;

// One WebSocket (RFC 6455), of a server or a client. One read and one write at a time, on its
// shard. Pings are answered and sent by itself; a peer that is silent for two minutes is given up.
class WebSocket {
public:
    static constexpr std::size_t message_bytes_max = 1024 * 1024;

    explicit WebSocket(std::unique_ptr<Stream> stream);
    WebSocket(const WebSocket&) = delete;
    WebSocket& operator=(const WebSocket&) = delete;
    ~WebSocket();

    // Answers the handshake of a request that asked for it, with the subprotocol that was chosen
    // of those which it offered.
    Async<> accept(const Request& request, std::string_view protocol = {});
    // Asks for it, as a client. An answer that is not 101 is the error that it says, with its
    // status in the message.
    Async<> handshake(std::string authority, std::string target, Headers headers);
    // The next message. Cancelled when the other side has closed.
    Async<std::string> read();
    Async<> write_text(std::string_view text);
    // With a code of RFC 6455 section 7.4: 1000 normal, 1008 policy, 1011 defect.
    asio::awaitable<void> close(std::uint16_t code, std::string_view reason);
    // The payload of its binary messages as a stream of bytes, for protocols that have bounds of
    // their own; each write is a message. A text message is an error. Takes the connection over.
    std::unique_ptr<Stream> into_stream() &&;

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace gantry::http
