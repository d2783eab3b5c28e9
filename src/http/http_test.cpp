// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include "base/bytes.h"
#include "http/gzip.h"
#include "http/router.h"
#include "http/server.h"
#include "runtime/tcp_network.h"
#include "testing/testing.h"

namespace gantry::http {
namespace {

using gantry::testing::failure;
using gantry::testing::must;

// Made by gzip 1.12 of "gantry\n".
constexpr unsigned char packed_line[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                         0x03, 0x4b, 0x4f, 0xcc, 0x2b, 0x29, 0xaa, 0xe4, 0x02,
                                         0x00, 0x92, 0x18, 0xd7, 0x9b, 0x07, 0x00, 0x00, 0x00};

std::string packed_text() {
    return {reinterpret_cast<const char*>(packed_line), sizeof packed_line};
}

TEST(Gzip, IsUnpackedInPieces) {
    const std::string twice = packed_text() + packed_text();  // members one behind the other
    EXPECT_EQ(must(gunzip(twice, 100)), "gantry\ngantry\n");
    Gunzip pieces(twice);
    std::string whole;
    for (std::string_view piece; !(piece = must(pieces.next(3))).empty();) {
        EXPECT_LE(piece.size(), 3U);
        whole += piece;
    }
    EXPECT_EQ(whole, "gantry\ngantry\n");
    EXPECT_EQ(must(gunzip("", 100)), "");
    EXPECT_EQ(failure(gunzip(twice, 13)), Code::TooLarge);
}

TEST(Gzip, WhatIsDamagedOrCutOffIsRefused) {
    const std::string good = packed_text();
    for (std::size_t size = 1; size < good.size(); ++size) {
        EXPECT_EQ(failure(gunzip(good.substr(0, size), 100)), Code::InvalidArgument) << size;
    }
    for (std::size_t at = 10; at < good.size(); ++at) {
        std::string wrong = good;
        wrong[at] = static_cast<char>(wrong[at] ^ 1);
        EXPECT_EQ(failure(gunzip(wrong, 100)), Code::InvalidArgument) << at;
    }
    EXPECT_EQ(failure(gunzip("not gzip at all", 100)), Code::InvalidArgument);
}

// Answers with what it was asked: "METHOD path body-length".
class Echo final : public Application {
public:
    std::size_t body_limit(const Request& head) const override {
        return head.path() == "/small" ? 10 : head.path() == "/sum" ? 4'000'000 : 100'000;
    }
    std::string payer(const Request& head) const override { return std::string(head.path()); }
    asio::awaitable<Response> serve(Request& request) override {
        if (request.path() == "/stream") {
            co_return streamed();
        }
        if (request.path() == "/sum") {
            co_return Response::text(200, "text/plain",
                                     std::format("sum {:08x}", crc32c(as_bytes(request.body))));
        }
        if (request.path() == "/none") {
            Response out;
            out.status = 204;
            co_return out;
        }
        co_return Response::text(200, "text/plain",
                                 std::format("{} {} {}", method_name(request.method),
                                             request.path(), request.body.size()));
    }
    asio::awaitable<std::optional<Response>> upgrade(Request&) override {
        co_return Response::text(404, "text/plain", "no WebSocket here");
    }
    asio::awaitable<void> converse(Request&, WebSocket&) override { co_return; }
    Response reject(int status, std::string_view detail) const override {
        return Response::text(status, "text/plain", std::string(detail));
    }

private:
    static Async<std::string> piece(std::shared_ptr<int> left) {
        co_return *left == 0 ? std::string() : "piece " + std::to_string((*left)--) + "\n";
    }
    static Response streamed() {
        Response out;
        out.source = [left = std::make_shared<int>(3)] { return piece(left); };
        return out;
    }
};

struct Fixture {
    explicit Fixture(HttpOptions options = quick()) {
        server = std::make_unique<Server>(shards, network, echo, around.log, around.metrics,
                                          std::move(options));
        must(server->start());
        const auto where = must(parse_host_port(server->address()));
        port = where.port;
    }
    ~Fixture() { server->stop(); }

    static HttpOptions quick() {
        HttpOptions options;
        options.listen = "127.0.0.1:0";
        options.header_timeout = std::chrono::milliseconds(200);
        options.progress_timeout = std::chrono::milliseconds(200);
        options.idle_timeout = std::chrono::milliseconds(500);
        return options;
    }

    asio::ip::tcp::socket connect() {
        asio::ip::tcp::socket socket(context);
        socket.connect({asio::ip::address_v4::loopback(), port});
        return socket;
    }
    // Sends the text and reads until the server closes.
    std::string talk(std::string_view text) {
        auto socket = connect();
        error_code error;
        asio::write(socket, asio::buffer(text), error);
        return rest_of(socket);
    }
    static std::string rest_of(asio::ip::tcp::socket& socket) {
        std::string out;
        error_code error;
        asio::read(socket, asio::dynamic_buffer(out), error);
        return out;
    }

    gantry::testing::Surroundings around;
    Shards shards{2, around.log};
    TcpNetwork network;
    Echo echo;
    std::unique_ptr<Server> server;
    asio::io_context context;
    std::uint16_t port = 0;
};

int count(std::string_view text, std::string_view part) {
    int found = 0;
    for (std::size_t at = text.find(part); at != std::string_view::npos;
         at = text.find(part, at + 1)) {
        ++found;
    }
    return found;
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
    Fixture fixture;
    const std::string answer = fixture.talk(
        "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
        "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
        "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        "GET /d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(count(answer, "HTTP/1.1 200 OK"), 4) << answer;
    const auto a = answer.find("GET /a 0");
    const auto b = answer.find("POST /b 5");
    const auto c = answer.find("POST /c 3");
    const auto d = answer.find("GET /d 0");
    EXPECT_TRUE(a < b && b < c && c < d && d != std::string::npos) << answer;
}

TEST(Server, TakesARequestThatComesByteByByte) {
    Fixture fixture;
    auto socket = fixture.connect();
    for (const char c : std::string("GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")) {
        asio::write(socket, asio::buffer(&c, 1));
    }
    EXPECT_NE(Fixture::rest_of(socket).find("GET /slow 0"), std::string::npos);
}

TEST(Server, TakesALargeBodyAsItIsAndThenTheNextRequest) {
    Fixture fixture;
    std::string body;
    for (std::uint32_t i = 0; body.size() < 3'000'000; ++i) {
        body += std::to_string(i * 2654435761U);
    }
    const std::string answer = fixture.talk(
        std::format("POST /sum HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", body.size()) +
        body + "GET /d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_NE(answer.find(std::format("sum {:08x}", crc32c(as_bytes(body)))), std::string::npos)
        << answer;
    EXPECT_TRUE(answer.ends_with("GET /d 0")) << answer;
}

TEST(ByteBudget, OnePayerGetsHalfUnlessItIsAlone) {
    ByteBudget budget(100);
    EXPECT_TRUE(budget.charge("a", 80));
    EXPECT_FALSE(budget.charge("b", 30));
    EXPECT_TRUE(budget.charge("b", -30));
    EXPECT_TRUE(budget.charge("a", -80));
    EXPECT_TRUE(budget.charge("a", 50));
    EXPECT_FALSE(budget.charge("a", 1));
    EXPECT_TRUE(budget.charge("b", 40));
    EXPECT_FALSE(budget.charge("b", 10));
    EXPECT_TRUE(budget.charge("b", -11));
    EXPECT_TRUE(budget.charge("a", -51));
    EXPECT_TRUE(budget.charge("c", 50));
}

// Each byte in time, but all of them would take for ever.
TEST(Server, ABodyThatComesTooSlowlyIsRefused) {
    Fixture fixture;
    auto socket = fixture.connect();
    asio::write(
        socket,
        asio::buffer(std::string("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n")));
    error_code error;
    for (int i = 0; i < 1000 && socket.available() == 0; ++i) {
        asio::write(socket, asio::buffer("a", 1), error);
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_TRUE(Fixture::rest_of(socket).starts_with("HTTP/1.1 408"));
}

TEST(Server, OneConnectionTooManyIsToldSo) {
    HttpOptions options = Fixture::quick();
    options.connections_max = 1;
    Fixture fixture(options);
    auto first = fixture.connect();
    asio::write(first, asio::buffer(std::string("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")));
    std::array<char, 8> some{};
    asio::read(first, asio::buffer(some));
    auto second = fixture.connect();
    EXPECT_TRUE(Fixture::rest_of(second).starts_with("HTTP/1.1 503"));
}

TEST(Server, StreamsInChunksAndSendsNoBodyForHeadAnd204) {
    Fixture fixture;
    const std::string streamed =
        fixture.talk("GET /stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_NE(streamed.find("Transfer-Encoding: chunked"), std::string::npos);
    EXPECT_TRUE(streamed.ends_with("8\r\npiece 1\n\r\n0\r\n\r\n")) << streamed;
    const std::string old = fixture.talk("GET /stream HTTP/1.0\r\n\r\n");
    EXPECT_TRUE(old.ends_with("\r\n\r\npiece 3\npiece 2\npiece 1\n")) << old;
    const std::string head =
        fixture.talk("HEAD /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(head.ends_with("\r\n\r\n"));
    EXPECT_NE(head.find("Content-Length: 9"), std::string::npos);
    const std::string none =
        fixture.talk("GET /none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(none.find("Content-Length"), std::string::npos);
}

TEST(Server, RefusesWhatIsNotHttpOrTooLarge) {
    Fixture fixture;
    EXPECT_TRUE(fixture.talk("nonsense\r\n\r\n").starts_with("HTTP/1.1 400"));
    EXPECT_TRUE(fixture.talk("GET nothing HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 400"));
    EXPECT_TRUE(fixture.talk("GET /%zz HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 400"));
    EXPECT_TRUE(fixture.talk("POST /small HTTP/1.1\r\nContent-Length: 11\r\n\r\n")
                    .starts_with("HTTP/1.1 413"));
    EXPECT_TRUE(fixture
                    .talk("POST /small HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                          "b\r\nhello world\r\n0\r\n\r\n")
                    .starts_with("HTTP/1.1 413"));
    EXPECT_TRUE(fixture.talk("GET / HTTP/1.1\r\nX: " + std::string(40'000, 'x') + "\r\n\r\n")
                    .starts_with("HTTP/1.1 431"));
    EXPECT_TRUE(
        fixture.talk("POST /x HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!")
            .starts_with("HTTP/1.1 400"));
}

TEST(Server, DoesNotWaitForSilentClientsWithoutEnd) {
    Fixture fixture;
    EXPECT_TRUE(fixture.talk("GET / HTTP/1.1\r\nHo").starts_with("HTTP/1.1 408"));
    EXPECT_TRUE(fixture.talk("POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nhal")
                    .starts_with("HTTP/1.1 408"));
    EXPECT_EQ(fixture.talk(""), "");
}

TEST(Server, RefusesMoreConnectionsThanItsLimit) {
    HttpOptions options = Fixture::quick();
    options.connections_max = 2;
    Fixture fixture(options);
    auto first = fixture.connect();
    auto second = fixture.connect();
    asio::write(first, asio::buffer(std::string("GET /1 HTTP/1.1\r\nHost: x\r\n\r\n")));
    asio::write(second, asio::buffer(std::string("GET /2 HTTP/1.1\r\nHost: x\r\n\r\n")));
    std::string answer;
    asio::read_until(first, asio::dynamic_buffer(answer), "GET /1 0");
    answer.clear();
    asio::read_until(second, asio::dynamic_buffer(answer), "GET /2 0");
    const std::string turned_away = fixture.talk("GET /3 HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(turned_away.starts_with("HTTP/1.1 503")) << turned_away;
    EXPECT_TRUE(turned_away.contains("2 connections")) << turned_away;
}

TEST(Server, StopsWithOpenConnections) {
    Fixture fixture;
    auto socket = fixture.connect();
    asio::write(socket, asio::buffer(std::string("GET / HTTP/1.1\r\nHost: x\r\n\r\n")));
    std::string answer;
    asio::read_until(socket, asio::dynamic_buffer(answer), "GET / 0");
    fixture.server->stop();
    EXPECT_EQ(Fixture::rest_of(socket), "");
}

TEST(Server, ATakenPortAndAnOpenOneWithoutTlsAreRefused) {
    Fixture fixture;
    HttpOptions options = Fixture::quick();
    options.listen = fixture.server->address();
    Server second(fixture.shards, fixture.network, fixture.echo, fixture.around.log,
                  fixture.around.metrics, options);
    EXPECT_EQ(failure(second.start()), Code::Conflict);
    options.listen = "0.0.0.0:0";
    Server open(fixture.shards, fixture.network, fixture.echo, fixture.around.log,
                fixture.around.metrics, options);
    EXPECT_EQ(failure(open.start()), Code::InvalidArgument);
}

Request request_for(std::string target, Method method = Method::Get) {
    Request out;
    out.method = method;
    out.target = std::move(target);
    EXPECT_TRUE(parse_target(out)) << out.target;
    return out;
}

TEST(Router, FindsTheRouteAndItsParts) {
    Router router;
    router.add(Method::Get, "/v1/points");
    router.add(Method::Get, "/v1/points/{point}");
    router.add(Method::Delete, "/v1/points/{point}");
    router.add(Method::Get, "/v1/points/{point}/latest");
    router.add(Method::Get, "/v1/points/special");
    std::vector<Method> allowed;
    const auto find = [&](const std::string& target, Method method = Method::Get) {
        allowed.clear();
        return router.match(request_for(target, method), allowed);
    };
    EXPECT_EQ(find("/v1/points?x=1")->index, 0U);
    const auto encoded = find("/v1/points/plant%2Fpump.flow/latest");
    EXPECT_EQ(encoded->index, 3U);
    EXPECT_EQ(encoded->parameters.at("point"), "plant/pump.flow");
    EXPECT_EQ(find("/v1/points/special")->index, 4U);
    EXPECT_EQ(find("/v1/points/a", Method::Head)->index, 1U);
    EXPECT_FALSE(find("/v1/points/a", Method::Post));
    EXPECT_EQ(allowed, (std::vector<Method>{Method::Get, Method::Delete}));
    EXPECT_FALSE(find("/v1/nothing"));
    EXPECT_TRUE(allowed.empty());
    EXPECT_FALSE(find("/v1/points/a/latest/more"));
}

TEST(Target, IsSplitBeforeItIsDecoded) {
    const Request request = request_for("/a%2Fb/c?x=1+2&y=%E6%B3%B5&x=3&=5&flag");
    EXPECT_EQ(request.segments, (std::vector<std::string>{"a/b", "c"}));
    EXPECT_EQ(request.parameters("x"), (std::vector<std::string>{"1 2", "3"}));
    EXPECT_EQ(request.parameter("y"), "泵");
    EXPECT_EQ(request.parameter("flag"), "");
    EXPECT_FALSE(request.parameter("z"));
    for (const auto* target : {"", "a", "/%", "/%4", "/%00", "/%ff", "/a?b=%gg"}) {
        Request wrong;
        wrong.target = target;
        EXPECT_FALSE(parse_target(wrong)) << target;
    }
}

TEST(Target, EncodingComesBack) {
    const std::string text = "plant/line 2/泵.flow?&=%+";
    EXPECT_EQ(percent_decode(percent_encode(text)), text);
}

TEST(Request, CookiesAreFound) {
    Request request;
    request.headers = {{"cookie", "a=1; gantry_session=xyz;b=2"}};
    EXPECT_EQ(request.cookie("gantry_session"), "xyz");
    EXPECT_EQ(request.cookie("b"), "2");
    EXPECT_FALSE(request.cookie("session"));
}

}  // namespace
}  // namespace gantry::http
