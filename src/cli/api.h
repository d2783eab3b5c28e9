// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "cli/credentials.h"
#include "http/client.h"
#include "model/localized.h"

namespace gantry::cli {

namespace json = boost::json;

class Loop;

struct ServerSettings {
    http::Url url;
    std::string ca_file;
    Secret token;  // given from outside; then no sign-in is used
    bool plaintext = false;
    Language language = Language::English;
};

using Query = std::vector<std::pair<std::string_view, std::string>>;
// "/v1/points?under=plant%2Fline2"; empty values are left out.
std::string target_of(std::string_view path, const Query& query);
// "/v1/points/plant%2Fline2.flow" from "/v1/points/{}".
std::string item_target(std::string_view collection, std::string_view reference);

// The server's API as a person's program uses it: signed in, tokens renewed, answers as JSON,
// problems as errors. Each call waits for its answer, or ends with Cancelled on Ctrl-C.
class Api {
public:
    Api(Loop& loop, Credentials& credentials, const Clock& clock, ServerSettings settings);
    ~Api();
    Api(const Api&) = delete;
    Api& operator=(const Api&) = delete;

    const http::Url& url() const { return settings_.url; }
    const ServerSettings& settings() const { return settings_; }
    Credentials& credentials() { return credentials_; }

    Result<json::value> get(std::string target);
    Result<json::value> post(std::string target, const json::value& body);
    Result<json::value> patch(std::string target, const json::value& body);
    Result<json::value> put(std::string target, const json::value& body);
    // What the server says to it, if anything.
    Result<json::value> remove(std::string target);
    // All pages of a list, or as many items as `most`.
    Result<json::array> list(std::string_view path, Query query, std::size_t most = SIZE_MAX);
    // A body that is JSON already; for what is too large to be built as a tree.
    Result<http::Answer> post_text(std::string target, std::string body);
    // A body that is the content of a file.
    Result<> put_bytes(std::string target, std::string body);
    // Streams the answer, of that content type, into `sink`.
    Result<> download(std::string target, std::string_view type, const http::BodySink& sink);
    // Without a token.
    Result<http::Answer> open_call(http::Outgoing request);

    // --- for what is one long conversation, inside Loop::run
    Async<Secret> token();
    Async<std::unique_ptr<http::WebSocket>> open_live();

    // Only connects.
    Result<> reach();

private:
    Async<http::Answer> call(http::Outgoing request, http::BodySink sink);
    Async<http::Answer> send(http::Outgoing request, http::BodySink sink);
    Async<Secret> renewed_token(std::string_view refused);
    Async<SignIn> refresh(SignIn before);
    Result<json::value> call_json(http::Method method, std::string target, std::string body);
    Error unreachable(Error error) const;

    Loop& loop_;
    Credentials& credentials_;
    const Clock& clock_;
    ServerSettings settings_;
    std::unique_ptr<Network> network_;
    std::unique_ptr<http::Client> client_;
};

// The error that an answer other than 2xx says.
Error problem_of(const http::Answer& answer, std::string_view url);
// Reads the answer of POST /v1/session and of its refresh.
Result<SignIn> read_sign_in(const http::Answer& answer, SignIn into);

}  // namespace gantry::cli
