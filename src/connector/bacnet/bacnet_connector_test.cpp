// SPDX-License-Identifier: Apache-2.0
// What devices that are not ours do not do: datagrams that are lost, subscriptions that are
// refused, objects without flags.
#include "connector/bacnet/bacnet_connector.h"

#include "connector/bacnet/protocol.h"
#include "connector/bacnet/words.h"
#include "connector/testing.h"
#include "runtime/memory_datagrams.h"
#include "runtime/memory_network.h"
#include "runtime/task_group.h"

namespace gantry::connector::bacnet {
namespace {

using namespace std::chrono_literals;
using connector::testing::KeptSamples;
using connector::testing::must;
using connector::testing::property;
using connector::testing::tag;

Bytes real(float value) {
    Bytes content;
    put_big_endian(content, std::bit_cast<std::uint32_t>(value), 4);
    Bytes out;
    put_application(out, DataType::Real, content);
    return out;
}

// Knows properties, and answers to single reads, writes and subscriptions.
class FakeDevice {
public:
    std::vector<Bytes> answer(ByteView datagram) {
        // Behind 6 bytes of heads stands a request.
        const auto code = std::to_integer<std::uint8_t>(datagram[9]);
        const std::byte id = datagram[8];
        seen.push_back(code);
        if (lost > 0) {
            --lost;
            return {};
        }
        const ByteView data = datagram.subspan(10);
        switch (static_cast<Service>(code)) {
            case Service::ReadProperty: return {read(id, data)};
            case Service::SubscribeCov:
                return {takes_subscriptions ? head({std::byte{0x20}, id, std::byte{code}})
                                            : error(id, code, 5, 45)};
            case Service::WriteProperty: return {write(id, data)};
            default: return {head({std::byte{0x60}, id, std::byte{9}})};
        }
    }

    std::map<Reference, Bytes> holds;
    std::vector<std::uint8_t> seen;  // services
    std::size_t lost = 0;            // of those that come next
    bool takes_subscriptions = true;

    static Bytes head(Bytes apdu) {
        Bytes out = {std::byte{0x81}, std::byte{0x0a}, std::byte{0}, std::byte(apdu.size() + 6),
                     std::byte{1},    std::byte{0}};
        append(out, apdu);
        return out;
    }

private:
    static Bytes error(std::byte id, std::uint8_t service, unsigned of_class, unsigned code) {
        Bytes out = {std::byte{0x50}, id, std::byte{service}};
        put_application(out, DataType::Enumerated, shortest(of_class));
        put_application(out, DataType::Enumerated, shortest(code));
        return head(out);
    }

    static Reference asked(ElementReader& in) {
        Reference out;
        (void)in.take_context(0, out.object);
        (void)in.take_context(1, out.property);
        std::uint32_t index = 0;
        if (in.take_context(2, index)) {
            out.index = index;
        }
        return out;
    }

    Bytes read(std::byte id, ByteView data) {
        ElementReader in(data);
        const Reference of = asked(in);
        const auto found = holds.find(of);
        if (found == holds.end()) {
            return error(id, 12, 2, 32);
        }
        Bytes out = {std::byte{0x30}, id, std::byte{12}};
        append(out, read_request(of));
        put_opening(out, 3);
        append(out, found->second);
        put_closing(out, 3);
        return head(out);
    }

    Bytes write(std::byte id, ByteView data) {
        ElementReader in(data);
        const Reference to = asked(in);
        ByteView value;
        (void)in.take_enclosed(3, value);
        holds[to].assign(value.begin(), value.end());
        return head({std::byte{0x20}, id, std::byte{15}});
    }
};

class BacnetConnection : public ::testing::Test {
protected:
    BacnetConnection() {
        Bytes id;
        Bytes content;
        put_big_endian(content, number_of({device_type, 7}), 4);
        put_application(id, DataType::ObjectIdentifier, content);
        plc_.holds[{{device_type, instance_max}, property::object_identifier, {}}] = id;
        plc_.holds[{{0, 1}, property::present_value, {}}] = real(21.5F);
        auto line = std::make_unique<MemoryDatagrams>(
            [this](ByteView datagram) { return plc_.answer(datagram); });
        line_ = line.get();
        protocol_ = std::make_unique<BacnetProtocol>(std::move(line));
    }
    void TearDown() override {
        asio::co_spawn(world_.context, tasks_.stop(), asio::detached);
        world_.settle();
    }

    void start(std::vector<TagBinding> tags) {
        ConnectionPlan plan;
        plan.key = "ahu1";
        plan.settings = R"({"host": "ahu", "groups": {"default": "1s"}})";
        plan.tags = std::move(tags);
        connector_ = must(protocol_->make(plan, around_, vitals_));
        tasks_.spawn(keep_running());
        world_.settle();
    }
    asio::awaitable<void> keep_running() { ended_ = co_await connector_->run(sink_); }

    connector::testing::World world_;
    FakeDevice plc_;
    MemoryDatagrams* line_ = nullptr;
    std::unique_ptr<BacnetProtocol> protocol_;
    MemoryNetwork network_;
    KeptSamples sink_{world_.context.get_executor()};
    Surroundings around_{network_,        world_.timers,       world_.base.clock,
                         world_.base.log, world_.base.metrics, world_.random};
    Vitals vitals_{world_.base.clock};
    std::shared_ptr<Connector> connector_;
    TaskGroup tasks_{world_.context.get_executor(), world_.base.log, "test"};
    std::optional<Result<>> ended_;
};

const Property number = property(ValueType::Float64);

TEST_F(BacnetConnection, AsksAgainForWhatIsLost) {
    plc_.lost = 2;
    start({tag(1, "AI:1", number)});
    world_.pass(7s);
    EXPECT_EQ(sink_.story(1), "BadWaitingForInitialData, 21.5 Good");
    plc_.lost = 3;
    world_.pass(11s);
    EXPECT_FALSE(ended_);
    plc_.lost = 4;
    world_.pass(14s);
    ASSERT_TRUE(ended_);
    EXPECT_EQ(ended_->error().code, Code::Timeout);
}

TEST_F(BacnetConnection, PollsWhatCannotBeSubscribedTo) {
    plc_.takes_subscriptions = false;
    start({tag(1, "AI:1 cov", number)});
    world_.pass(2s);
    plc_.holds[{{0, 1}, property::present_value, {}}] = real(22.5F);
    world_.pass(2s);
    EXPECT_EQ(sink_.story(1), "BadWaitingForInitialData, 21.5 Good, 22.5 Good");
    EXPECT_EQ(std::ranges::count(plc_.seen, 5), 1);
}

TEST_F(BacnetConnection, HearsWhatItHasSubscribedTo) {
    start({tag(1, "AI:1 cov", number)});
    world_.pass(2s);
    const auto reads = std::ranges::count(plc_.seen, 12);
    Bytes told = {std::byte{0x10}, std::byte{2}};
    put_context(told, 0, std::uint32_t{1});
    put_context(told, 1, ObjectId{device_type, 7});
    put_context(told, 2, ObjectId{0, 1});
    put_context(told, 3, std::uint32_t{200});
    put_opening(told, 4);
    put_context(told, 0, property::present_value);
    put_opening(told, 2);
    append(told, real(30));
    put_closing(told, 2);
    put_closing(told, 4);
    line_->say(FakeDevice::head(told));
    world_.pass(5s);
    EXPECT_TRUE(sink_.story(1).ends_with("30 Good")) << sink_.story(1);
    EXPECT_EQ(std::ranges::count(plc_.seen, 12), reads) << "it is not polled beside";
    world_.pass(150s);
    EXPECT_EQ(std::ranges::count(plc_.seen, 5), 2) << "it is renewed";
}

TEST_F(BacnetConnection, GivesAPriorityBack) {
    start({tag(1, "AO:1", number)});
    Bytes null;
    put_application(null, DataType::Null, {});
    plc_.holds[{{1, 1}, property::present_value, {}}] = real(5);
    plc_.holds[{{1, 1}, property::priority_array, 8}] = null;
    const CommandResult done =
        must(world_.finish(connector_->write(tag(1, "AO:1", number), Value())));
    // This device takes it at its word, and shows no value.
    EXPECT_EQ(done.outcome, CommandOutcome::Confirmed) << done.detail;
}

}  // namespace
}  // namespace gantry::connector::bacnet
