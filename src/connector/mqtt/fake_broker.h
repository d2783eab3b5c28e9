// SPDX-License-Identifier: Apache-2.0
// A broker that does what a test tells it to. Not part of the program.
#pragma once

#include <boost/asio/write.hpp>
#include <map>

#include "connector/testing.h"
#include "mqttclient/testing.h"
#include "runtime/stream.h"

namespace gantry::connector::mqtt::testing {

class FakeBroker {
public:
    FakeBroker(connector::testing::World& world, Network& network) : world_(world) {
        listener_ = connector::testing::must(
            network.listen(world.context.get_executor(), "broker:1883", {}));
        asio::co_spawn(world.context, serve(), asio::detached);
    }
    ~FakeBroker() {
        world_.settle();  // it waits in accept() now, which ends well when the listener goes
        cut();
        listener_.reset();
        world_.settle();
    }

    // Packets as lines of text (mqtt/codec/packet_text_testing.h).
    void say(const std::string& packet) {
        say_bytes(mqttclient::testing::bytes_of(packet, version));
    }
    void say_bytes(std::string bytes) {
        if (stream_) {
            asio::co_spawn(world_.context, send(stream_, std::move(bytes)), asio::detached);
        }
        world_.settle();
    }
    void publish(std::string_view topic, std::string_view payload, std::string_view more = "") {
        say(std::format("PUBLISH {} topic={} payload={}", more,
                        gantry::mqtt::testing::in_quotes(topic),
                        gantry::mqtt::testing::in_quotes(payload)));
    }
    void cut() {
        if (stream_) {
            stream_->close();
        }
        stream_.reset();
        world_.settle();
    }

    // What has come since it was last asked, but for pings.
    std::vector<std::string> heard() { return std::exchange(heard_, {}); }
    std::size_t connections() const { return connections_; }

    gantry::mqtt::Version version = gantry::mqtt::Version::V5;
    // What it answers to packets that begin so, instead of what a broker does; {} is the id.
    std::map<std::string, std::string> answers;
    // Whether what comes is read at all.
    bool silent = false;

private:
    using Shared = std::shared_ptr<Stream>;

    asio::awaitable<void> serve() {
        while (true) {
            auto stream = co_await listener_->accept(world_.context.get_executor());
            if (!stream) {
                co_return;
            }
            ++connections_;
            stream_ = std::move(*stream);
            asio::co_spawn(world_.context, talk(stream_), asio::detached);
        }
    }

    asio::awaitable<void> talk(Shared stream) {
        std::string received;
        std::array<char, 1024> part{};
        while (true) {
            const auto [error, size] =
                co_await stream->async_read_some(asio::buffer(part), as_result);
            if (error) {
                co_return;
            }
            received.append(part.data(), size);
            while (true) {
                const auto frame =
                    gantry::mqtt::read_frame(received, {.from = gantry::mqtt::Side::Client,
                                                        .connecting = false,
                                                        .packet_bytes_max = std::size_t{1} << 24});
                if (!frame || !*frame) {
                    break;
                }
                const std::size_t bytes = (*frame)->bytes;
                std::string line = mqttclient::testing::text_of(
                    std::string_view(received).substr(0, bytes), version);
                received.erase(0, bytes);
                line.pop_back();
                co_await hear(stream, line);
            }
        }
    }

    asio::awaitable<void> hear(Shared stream, const std::string& line) {
        if (!line.starts_with("PINGREQ")) {
            heard_.push_back(line);
        }
        const std::string answer = silent ? std::string() : answer_to(line);
        if (!answer.empty()) {
            co_await send(stream, mqttclient::testing::bytes_of(answer, version));
        }
    }

    std::string answer_to(const std::string& line) const {
        const std::size_t at = line.find(" id=");
        const std::string id =
            at == std::string::npos ? "" : line.substr(at + 4, line.find(' ', at + 4) - at - 4);
        for (const auto& [begin, answer] : answers) {
            if (line.starts_with(begin)) {
                const std::size_t gap = answer.find("{}");
                return gap == std::string::npos ? answer : std::string(answer).replace(gap, 2, id);
            }
        }
        if (line.starts_with("CONNECT")) {
            return "CONNACK";
        }
        if (line.starts_with("SUBSCRIBE")) {
            std::string reasons;
            for (std::size_t filter = line.find(" filter="); filter != std::string::npos;
                 filter = line.find(" filter=", filter + 1)) {
                const std::size_t end = std::min(line.find(' ', filter + 1), line.size());
                const std::string options = line.substr(filter, end - filter);
                reasons += std::format("0{}", options[options.rfind(':') + 1]);
            }
            return std::format("SUBACK id={} reasons={}", id, reasons);
        }
        if (line.starts_with("UNSUBSCRIBE")) {
            return std::format("UNSUBACK id={} reasons=00", id);
        }
        if (line.starts_with("PUBLISH") && line.contains("qos=1")) {
            return "PUBACK id=" + id;
        }
        return line.starts_with("PINGREQ") ? "PINGRESP" : "";
    }

    static asio::awaitable<void> send(Shared stream, std::string bytes) {
        (void)co_await asio::async_write(*stream, asio::buffer(bytes), as_result);
    }

    connector::testing::World& world_;
    std::unique_ptr<gantry::Listener> listener_;
    Shared stream_;
    std::vector<std::string> heard_;
    std::size_t connections_ = 0;
};

}  // namespace gantry::connector::mqtt::testing
