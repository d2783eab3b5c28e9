// SPDX-License-Identifier: Apache-2.0
// Any bytes from a server to a Client, with connections that come and go, time that passes and a
// user who publishes, subscribes and acknowledges: it stays whole, keeps within its limits, and
// what it sends are packets of a client. What the input is made of: a byte that says what happens,
// and, for bytes of the server, their number and they.
#include <string>
#include <vector>

#include "base/assert.h"
#include "base/bytes.h"
#include "mqttclient/client.h"

namespace {

using namespace gantry;
using namespace gantry::mqttclient;

ClientOptions small_options() {
    ClientOptions out;
    out.connect.client_id = "c";
    out.connect.clean_start = false;
    out.connect.session_expiry = 60;
    out.connect.keep_alive = 5;
    out.connect.receive_maximum = 2;
    out.connect.packet_bytes_max = 2000;
    out.messages_max = 3;
    out.bytes_max = 3000;
    out.subscriptions_max = 3;
    return out;
}

class World final : public ClientUser {
public:
    void connected(const ServerFacts&, bool) override {}
    void message(const mqtt::Publish& packet, std::uint64_t number) override {
        ASSERT((packet.qos > 0) == (number > 0));
        last_ = number > 0 ? number : last_;
    }
    void delivered(std::uint64_t number, mqtt::Reason) override { ASSERT(number > 0); }
    void subscribed(std::string_view filter, mqtt::Reason) override { ASSERT(!filter.empty()); }

    void step(unsigned what, std::string_view& input) {
        switch (what % 8) {
            case 0: now_ += std::chrono::seconds(what / 8); break;
            case 1: client_.lose(); break;
            case 2:
                if (client_.ended()) {
                    client_.open(now_);
                    unread_.clear();
                }
                break;
            case 3: publish(what / 8); break;
            case 4: client_.acknowledge(last_ - what / 8 % 3); break;
            case 5: (void)client_.subscribe(std::string(1 + what / 8 % 3, 'f'), {.qos = 2}); break;
            case 6: client_.unsubscribe(std::string(1 + what / 8 % 3, 'f')); break;
            default: hear(input);
        }
        client_.tick(now_);
        check_output();
        ASSERT(client_.waiting() <= 3);
    }

private:
    void publish(unsigned how) {
        mqtt::Publish packet;
        packet.topic = how % 5 == 4 ? "wild/#" : "t";
        packet.payload = "payload";
        packet.qos = static_cast<std::uint8_t>(how % 3);
        (void)client_.publish(packet);
    }
    void hear(std::string_view& input) {
        const std::size_t size = input.empty() ? 0 : static_cast<unsigned char>(input[0]);
        unread_ += input.substr(std::min<std::size_t>(1, input.size()), size);
        input.remove_prefix(std::min(input.size(), size + 1));
        const std::size_t used = client_.receive(unread_, now_);
        ASSERT(used <= unread_.size());
        unread_.erase(0, used);
    }
    void check_output() {
        const std::string bytes = client_.take_output(now_);
        for (std::string_view rest = bytes; !rest.empty();) {
            const auto frame = mqtt::read_frame(
                rest,
                {.from = mqtt::Side::Client, .connecting = false, .packet_bytes_max = 1 << 20});
            ASSERT(frame && *frame);
            const bool known =
                mqtt::decode(**frame, mqtt::Version::V5, mqtt::Side::Client).has_value() ||
                mqtt::decode(**frame, mqtt::Version::V311, mqtt::Side::Client).has_value();
            ASSERT(known);
            rest.remove_prefix((*frame)->bytes);
        }
    }

    Client client_{small_options(), *this};
    std::string unread_;
    Duration now_{0};
    std::uint64_t last_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view input = as_text(std::as_bytes(std::span(data, size)));
    World world;
    while (!input.empty()) {
        const auto what = static_cast<unsigned char>(input[0]);
        input.remove_prefix(1);
        world.step(what, input);
    }
    return 0;
}
