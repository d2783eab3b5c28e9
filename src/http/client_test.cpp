// SPDX-License-Identifier: Apache-2.0
#include "http/client.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/write.hpp>

#include "runtime/memory_network.h"
#include "testing/testing.h"

namespace gantry::http {
namespace {

using gantry::testing::failure;
using gantry::testing::must;

// A server that answers the requests of each connection with given bytes, whatever they are, and
// then closes.
class Clients : public ::testing::Test {
protected:
    template <class T>
    Result<T> run(Async<T> task) {
        std::optional<Result<T>> out;
        asio::co_spawn(context_, std::move(task),
                       [&](const std::exception_ptr&, Result<T> result) { out = result; });
        context_.restart();
        while (!out && context_.run_one() > 0) {
        }
        return out ? std::move(*out) : fail(Code::Internal, "nothing came");
    }

    void serve(std::vector<std::string> answers) {
        answers_ = std::move(answers);
        listener_ = must(network_.listen(context_.get_executor(), "plant:80", {}));
        asio::co_spawn(context_, accept(), asio::detached);
    }

    asio::awaitable<void> accept() {
        while (true) {
            auto stream = co_await listener_->accept(context_.get_executor());
            if (!stream) {
                co_return;
            }
            ++connections_;
            asio::co_spawn(context_, answer(std::move(*stream)), asio::detached);
        }
    }

    asio::awaitable<void> answer(std::unique_ptr<Stream> stream) {
        std::string buffer(4096, '\0');
        for (const std::string& text : answers_) {
            const auto [error, size] =
                co_await stream->async_read_some(asio::buffer(buffer), as_result);
            if (error) {
                co_return;
            }
            requests_.push_back(buffer.substr(0, size));
            (void)co_await asio::async_write(*stream, asio::buffer(text), as_result);
        }
        co_await stream->shut_down();
    }

    Result<Answer> call(Outgoing request, BodySink sink = {}) {
        return run(client_.call(std::move(request), std::move(sink)));
    }
    Result<Answer> get(std::string target = "/") {
        return call({Method::Get, std::move(target), {}, ""});
    }

    asio::io_context context_;
    MemoryNetwork network_;
    FakeClock clock_;
    std::unique_ptr<Listener> listener_;
    std::vector<std::string> answers_;
    std::vector<std::string> requests_;
    int connections_ = 0;
    Client client_{network_, clock_, must(parse_url("http://plant")), {}};
};

TEST_F(Clients, KeepAConnectionUntilItHasBeenIdleForTooLong) {
    const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nGantry-Trace: x\r\n\r\nhi";
    serve({ok, ok, ok});
    const Answer first = must(get("/a?b=c"));
    EXPECT_EQ(first.status, 200);
    EXPECT_EQ(first.body, "hi");
    EXPECT_EQ(first.header("gantry-trace"), "x");
    EXPECT_EQ(requests_[0], "GET /a?b=c HTTP/1.1\r\nHost: plant\r\n\r\n");
    must(call({Method::Post, "/", {{"X", "y"}}, "body"}));
    EXPECT_EQ(requests_[1],
              "POST / HTTP/1.1\r\nHost: plant\r\nX: y\r\nContent-Length: 4\r\n\r\nbody");
    EXPECT_EQ(connections_, 1);
    clock_.advance(std::chrono::minutes(1));
    must(get());
    EXPECT_EQ(connections_, 2);
}

TEST_F(Clients, HandChunksOnAsTheyCome) {
    serve({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
           "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"});
    std::string taken;
    const Answer answer = must(call({Method::Get, "/", {}, ""}, [&](std::string_view piece) {
        taken += piece;
        return Result<>{};
    }));
    EXPECT_EQ(taken, "abcde");
    EXPECT_EQ(answer.body, "");
}

TEST_F(Clients, KeepTheBodyOfAnErrorFromTheSink) {
    serve({"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\noops"});
    const Answer answer = must(call({Method::Get, "/", {}, ""}, [](std::string_view) {
        return Result<>(fail(Code::Internal, "not to be called"));
    }));
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(answer.body, "oops");
}

TEST_F(Clients, SayWhetherARequestMayHaveBeenDone) {
    EXPECT_EQ(failure(get()), Code::Unavailable);  // nobody there: nothing was sent
    serve({"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"});
    EXPECT_EQ(failure(get()), Code::Timeout);
    answers_ = {""};
    EXPECT_EQ(failure(get()), Code::Timeout);
    answers_ = {"SSH-2.0-OpenSSH\r\n"};
    EXPECT_EQ(failure(get()), Code::Timeout);
}

TEST_F(Clients, RefuseToSmuggle) {
    serve({});
    EXPECT_EQ(failure(get("/a\r\nX: y")), Code::InvalidArgument);
    EXPECT_EQ(failure(get("/a b")), Code::InvalidArgument);
    EXPECT_EQ(failure(call({Method::Get, "/", {{"A", "b\r\nC: d"}}, ""})), Code::InvalidArgument);
}

TEST(Url, KnowsHostsAndPorts) {
    EXPECT_EQ(must(parse_url("https://plant:8443/")).text(), "https://plant:8443");
    EXPECT_EQ(must(parse_url("https://plant:443")).text(), "https://plant");
    EXPECT_EQ(must(parse_url("http://[::1]:8080")).text(), "http://[::1]:8080");
    EXPECT_TRUE(must(parse_url("http://[::1]:8080")).loopback());
    EXPECT_EQ(must(parse_url("127.0.0.1:8080")).text(), "http://127.0.0.1:8080");
    EXPECT_EQ(must(parse_url("plant.example")).text(), "https://plant.example");
    EXPECT_FALSE(must(parse_url("http://127.evil.example")).loopback());
    for (const char* wrong : {"", "ftp://x", "http://", "http://a/b", "http://u@h", "http://a:0",
                              "http://a:70000", "http://a:b", "http://::1", "http://a b"}) {
        EXPECT_EQ(failure(parse_url(wrong)), Code::InvalidArgument) << wrong;
    }
}

}  // namespace
}  // namespace gantry::http
