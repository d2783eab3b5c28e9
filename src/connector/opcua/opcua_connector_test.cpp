// SPDX-License-Identifier: Apache-2.0
// Without a server; with one, tests/system/test_opcua.py.
#include "connector/opcua/opcua_connector.h"

#include <boost/asio/ip/tcp.hpp>

#include "connector/opcua/protocol.h"
#include "connector/testing.h"
#include "runtime/either.h"
#include "runtime/tcp_network.h"

namespace gantry::connector::opcua {
namespace {

using namespace std::chrono_literals;
using asio::ip::tcp;
using testing::must;

class OpcuaConnecting : public ::testing::Test {
protected:
    std::shared_ptr<Connector> connector(std::uint16_t port, std::vector<TagBinding> tags) {
        ConnectionPlan plan;
        plan.key = "server";
        plan.settings = std::format(
            R"({{"endpoint": "opc.tcp://127.0.0.1:{}", "security": "none", "connect_timeout": "60s"}})",
            port);
        plan.tags = std::move(tags);
        return must(protocol_.make(plan, around_, vitals_));
    }
    Result<> run(Connector& connector) {
        Result<> out;
        asio::co_spawn(
            context_,
            [](Connector& runs, SampleSink& sink, Result<>& result) -> asio::awaitable<void> {
                result = co_await runs.run(sink);
            }(connector, sink_, out),
            asio::bind_cancellation_slot(stop_.slot(), asio::detached));
        context_.restart();
        context_.run();
        return out;
    }

    asio::io_context context_;
    asio::cancellation_signal stop_;
    gantry::testing::Surroundings base_;
    SystemClock clock_;
    RealTimers timers_{clock_};
    testing::FixedRandom random_;
    TcpNetwork network_;
    Surroundings around_{network_, timers_, clock_, base_.log, base_.metrics, random_};
    Vitals vitals_{clock_};
    testing::KeptSamples sink_{context_.get_executor()};
    OpcuaProtocol protocol_;
};

TEST_F(OpcuaConnecting, SaysSoWhenNobodyIsThere) {
    tcp::acceptor probe(context_, {asio::ip::address_v4::loopback(), 0});
    const std::uint16_t port = probe.local_endpoint().port();
    probe.close();
    const auto made = connector(port, {testing::tag(1, "ns=2;i=1"), testing::tag(2, "nonsense")});
    const Result<> ended = run(*made);
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code, Code::Unavailable);
    EXPECT_NE(ended.error().message.find("is the server on"), std::string::npos)
        << ended.error().message;
    EXPECT_EQ(sink_.story(1), "BadWaitingForInitialData");
    EXPECT_EQ(sink_.story(2), "BadConfigurationError");
}

TEST_F(OpcuaConnecting, EndsSoonWhenItIsStopped) {
    tcp::acceptor silent(context_, {asio::ip::address_v4::loopback(), 0});
    const auto made = connector(silent.local_endpoint().port(), {});
    tcp::socket held(context_);
    silent.async_accept(held, [this](const error_code& error) {
        ASSERT_FALSE(error);
        stop_.emit(asio::cancellation_type::terminal);
    });
    const auto start = std::chrono::steady_clock::now();
    const Result<> ended = run(*made);
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code, Code::Cancelled);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
}

TEST_F(OpcuaConnecting, WritesNothingWithoutASession) {
    const auto made = connector(1, {});
    std::optional<Result<CommandResult>> done;
    asio::co_spawn(
        context_,
        [](Connector& writes,
           std::optional<Result<CommandResult>>& result) -> asio::awaitable<void> {
            result = co_await writes.write(testing::tag(1, "ns=2;i=1"), std::int64_t{1});
        }(*made, done),
        asio::detached);
    context_.run();
    ASSERT_TRUE(done && *done);
    EXPECT_EQ((*done)->outcome, CommandOutcome::Refused);
    EXPECT_NE((*done)->detail.find("nothing was sent"), std::string::npos);
}

}  // namespace
}  // namespace gantry::connector::opcua
