// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/message.h"
#include "http/websocket.h"
#include "runtime/stream.h"
#include "runtime/tls_client.h"

namespace gantry::http {

// Where a server is: "https://gantry.plant.example:8443".
struct Url {
    bool encrypted = false;
    std::string host;
    std::uint16_t port = 80;

    std::string text() const;
    // As the Host header wants it.
    std::string authority() const;
    // Whether bytes to it stay inside this machine.
    bool loopback() const;
};
// Without a scheme, "host:port" is https, and http where it is loopback. A path is refused.
Result<Url> parse_url(std::string_view text);

struct Outgoing {
    Method method = Method::Get;
    std::string target;  // "/v1/points/a%2Fb?limit=5"
    Headers headers;
    std::string body;
};

struct Answer {
    int status = 0;
    Headers headers;  // names in lower case
    std::string body;

    std::string_view header(std::string_view name) const;
};

// Takes the body of a 2xx answer piece by piece; an error ends the call with it.
using BodySink = std::function<Result<>(std::string_view)>;

struct ClientOptions {
    TlsTrust trust;
    Duration connect_timeout = std::chrono::seconds(10);
    // How long the server may be silent; a query may run for half a minute.
    Duration silence_max = std::chrono::seconds(90);
};

// Speaks HTTP/1.1 to one server over one connection, kept alive between calls. One call at a time.
// It never sends a request twice by itself. Unavailable: nobody was reached, and nothing was done.
// Timeout: the request was sent and no whole answer came, so what it did is not known.
class Client {
public:
    Client(Network& network, const Clock& clock, Url url, ClientOptions options);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    Async<Answer> call(Outgoing request, BodySink sink = {});
    // On a connection of its own. Answers other than 101 become the error that they say.
    Async<std::unique_ptr<WebSocket>> open_websocket(std::string target, Headers headers);
    // The encrypted or plain connection alone, for who wants to know how far things go.
    Async<std::unique_ptr<Stream>> connect();

    const Url& url() const { return url_; }

private:
    struct Incoming;
    Async<> exchange(const Outgoing& request, const BodySink& sink, Answer& answer);
    Async<> read_answer(Incoming& incoming, const BodySink& sink);

    Network& network_;
    const Clock& clock_;
    Url url_;
    ClientOptions options_;
    std::unique_ptr<Stream> stream_;
    std::string buffer_;
    Duration last_used_{0};
};

}  // namespace gantry::http
