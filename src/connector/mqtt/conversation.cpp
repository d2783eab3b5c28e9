// SPDX-License-Identifier: Apache-2.0
#include "connector/mqtt/conversation.h"

#include <boost/asio/cancel_after.hpp>
#include <boost/asio/write.hpp>
#include <format>

#include "mqttclient/reason_text.h"
#include "runtime/either.h"
#include "runtime/tls_client.h"

namespace gantry::connector::mqtt {
namespace {

using namespace std::chrono_literals;
using gantry::mqtt::Reason;

constexpr std::size_t packet_bytes_max = std::size_t{4} << 20;
constexpr std::size_t subscriptions_max = 1'000'000;
constexpr std::uint16_t receive_maximum = 500;
// What a broker that sends and does not read may make us keep.
constexpr std::size_t output_bytes_max = std::size_t{256} << 10;
constexpr Duration look_around = 500ms;
constexpr std::string_view is_it_one = "is it an MQTT broker, and is the port right?";

std::int64_t seconds_of(Duration length) {
    return std::chrono::duration_cast<std::chrono::seconds>(length).count();
}

mqttclient::ClientOptions options_of(const Settings& settings, const Guest& guest) {
    mqttclient::ClientOptions out;
    out.only = guest.only;
    out.messages_max = 100;
    out.subscriptions_max = subscriptions_max;
    mqttclient::ConnectOptions& connect = out.connect;
    connect.client_id = guest.client_id;
    connect.clean_start = !guest.stays;
    connect.session_expiry =
        guest.stays ? static_cast<std::uint32_t>(seconds_of(settings.session_expiry)) : 0;
    connect.keep_alive = static_cast<std::uint16_t>(seconds_of(settings.keep_alive));
    if (!settings.username.empty()) {
        connect.user_name = settings.username;
    }
    if (!settings.password.empty()) {
        connect.password = settings.password;
    }
    connect.receive_maximum = receive_maximum;
    connect.packet_bytes_max = packet_bytes_max;
    connect.answer_within = settings.connect_timeout;
    return out;
}

asio::awaitable<bool> changes(Event& event) {
    co_await event.wait();
    co_return true;
}

Async<std::unique_ptr<Stream>> dial(const Surroundings& around, const Settings& settings) {
    auto plain = co_await around.network.connect(settings.host, settings.port_number());
    if (!plain) {
        Error error = std::move(plain).error();
        error.message += ": is the broker on and is the port right?";
        co_return std::unexpected(std::move(error));
    }
    if (!settings.tls) {
        co_return std::move(*plain);
    }
    TlsTrust trust;
    trust.ca = settings.ca;
    trust.certificate = settings.certificate;
    trust.key = settings.key;
    auto stream = co_await encrypt_as_client(std::move(*plain), settings.host, std::move(trust));
    if (!stream && stream.error().code == Code::Unavailable) {
        Error error = std::move(stream).error();
        error.message += ": does the port speak TLS?";
        co_return std::unexpected(std::move(error));
    }
    co_return stream;
}

}  // namespace

Async<std::unique_ptr<Stream>> open_stream(const Surroundings& around, const Settings& settings) {
    co_return co_await with_deadline(
        around.timers, settings.connect_timeout, dial(around, settings),
        std::format("{}: no answer within {}: is the address right, and is the broker reachable?",
                    settings.where(), format_duration(settings.connect_timeout)));
}

Conversation::Watch::Watch(Conversation& conversation, std::string topic,
                           std::function<bool(std::string_view)> look)
    : conversation_(conversation),
      topic_(std::move(topic)),
      look_(std::move(look)),
      changed_(conversation.executor_) {
    conversation_.watches_.push_back(this);
}

Conversation::Watch::~Watch() { conversation_.watches_.remove(this); }

asio::awaitable<bool> Conversation::Watch::wait(Duration until) {
    while (!seen_ && !conversation_.closed_) {
        if (!co_await either(changes(changed_), conversation_.timers().sleep_until(until))) {
            break;
        }
    }
    co_return seen_;
}

Conversation::Conversation(std::unique_ptr<Stream> stream, const Settings& settings,
                           const Guest& guest, const Surroundings& around, Listener& listener,
                           asio::any_io_executor executor)
    : stream_(std::move(stream)),
      settings_(settings),
      guest_(guest),
      around_(around),
      listener_(listener),
      executor_(executor),
      client_(options_of(settings, guest), *this),
      has_output_(executor),
      has_room_(executor),
      begun_(std::move(executor)) {}

Conversation::~Conversation() { close(); }

Result<> Conversation::subscribe(const std::string& filter, std::uint8_t qos) {
    gantry::mqtt::SubscriptionOptions options;
    options.qos = qos;
    return client_.subscribe(filter, options);
}

asio::awaitable<Error> Conversation::run() {
    opened_at_ = around_.timers.now();
    client_.open(opened_at_);
    has_output_.set();
    // Whichever ends first is the reason.
    std::optional<Error> reason = co_await either(receive(), send_in_time());
    // Who was cancelled may still say goodbye.
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() == asio::cancellation_type::none) {
        close();
    }
    co_return reason ? std::move(*reason) : std::move(send_error_);
}

asio::awaitable<void> Conversation::send_in_time() {
    const auto keep_time = [](Conversation& self) -> asio::awaitable<void> {
        self.send_error_ = co_await self.keep_time();
    };
    if (auto error = co_await either(send_all(), keep_time(*this))) {
        send_error_ = std::move(*error);
    }
}

asio::awaitable<void> Conversation::begun() {
    while (!let_in_ || closed_) {
        co_await begun_.wait();
    }
}

void Conversation::close() {
    if (std::exchange(closed_, true)) {
        return;
    }
    stream_->close();
    for (Request* const request : requests_) {
        request->changed.set();
    }
    for (Watch* const watch : watches_) {
        watch->changed_.set();
    }
}

asio::awaitable<void> Conversation::leave() {
    client_.disconnect();
    const std::string output = client_.take_output(around_.timers.now());
    if (!closed_ && !output.empty()) {
        (void)co_await asio::async_write(*stream_, asio::buffer(output),
                                         asio::cancel_after(1s, as_result));
    }
    close();
}

// ---- what comes

asio::awaitable<Error> Conversation::receive() {
    while (true) {
        if (auto error = co_await take_in()) {
            co_return std::move(*error);
        }
        if (client_.ended()) {
            co_return ended();
        }
        while (client_.output_bytes() > output_bytes_max) {
            co_await has_room_.wait();
        }
        const auto [error, size] = co_await stream_->async_read_some(
            inbox_.room(client_.packet_bytes(inbox_.view())), as_result);
        if (error) {
            const std::string what =
                error == asio::error::eof ? "the broker closed the connection" : error.message();
            co_return broken(
                Code::Unavailable,
                let_in_ ? what
                        : std::format(
                              "{} before it answered: {} Does it want TLS, or another version of "
                              "MQTT?",
                              what, is_it_one));
        }
        inbox_.came(size);
    }
}

asio::awaitable<std::optional<Error>> Conversation::take_in() {
    std::size_t used = 0;
    bool taken = true;
    while (taken && !client_.ended()) {
        // One packet at a time, so that what waits for the sink stays within bounds.
        const std::string_view rest = inbox_.view().substr(used);
        const std::size_t packet = client_.packet_bytes(rest);
        const std::size_t more =
            client_.receive(packet == 0 ? rest : rest.substr(0, packet), around_.timers.now());
        if (more == 0) {
            break;
        }
        used += more;
        if (listener_.full()) {
            taken = co_await hand_over();
        }
    }
    inbox_.used(used);
    if (taken) {
        taken = co_await hand_over();
    }
    if (!taken) {
        co_return broken(Code::Unavailable,
                         "the samples were not taken: the broker is to send the messages again");
    }
    co_return std::nullopt;
}

asio::awaitable<bool> Conversation::hand_over() {
    holding_ = true;
    const bool taken =
        co_await listener_.pause(owed_.empty() ? Acknowledge::Written : Acknowledge::Durable);
    holding_ = false;
    // Without a session they would not come again.
    if (!taken && guest_.stays && !owed_.empty()) {
        co_return false;
    }
    for (const std::uint64_t number : std::exchange(owed_, {})) {
        client_.acknowledge(number);
    }
    has_output_.set();
    co_return true;
}

void Conversation::connected(const mqttclient::ServerFacts& facts, bool resumed) {
    let_in_ = true;
    retains_ = facts.retain;
    before_ = resumed;
    begun_.set();
    listener_.connected();
}

void Conversation::message(const gantry::mqtt::Publish& packet, std::uint64_t number) {
    if (number != 0) {
        owed_.push_back(number);
    }
    for (Watch* const watch : watches_) {
        if (!watch->seen_ && !packet.retain && watch->topic_ == packet.topic &&
            watch->look_(packet.payload)) {
            watch->seen_ = true;
            watch->changed_.set();
        }
    }
    // What is retained comes because of what was asked now.
    listener_.heard(packet, before_ && !packet.retain);
}

void Conversation::subscribed(std::string_view filter, Reason reason) {
    // What a session has kept comes before the answer to what is asked anew.
    before_ = false;
    listener_.answered(filter, reason);
}

void Conversation::delivered(std::uint64_t number, Reason reason) {
    for (Request* const request : requests_) {
        if (request->number == number) {
            request->reason = reason;
            request->changed.set();
        }
    }
}

// ---- what goes

asio::awaitable<Error> Conversation::send_all() {
    while (true) {
        const std::string output = client_.take_output(around_.timers.now());
        if (output.empty()) {
            co_await has_output_.wait();
            continue;
        }
        const auto [error, size] =
            co_await asio::async_write(*stream_, asio::buffer(output), as_result);
        if (error) {
            co_return broken(Code::Unavailable, error.message());
        }
        has_room_.set();
    }
}

asio::awaitable<Error> Conversation::keep_time() {
    while (true) {
        Duration now = around_.timers.now();
        const Duration due = std::max(client_.next_deadline(), now);
        co_await around_.timers.sleep_until(std::min(due, now + look_around));
        now = around_.timers.now();
        tick(now);
        if (client_.ended()) {
            co_return ended();
        }
        if (!let_in_ && now - opened_at_ >= settings_.connect_timeout) {
            co_return broken(Code::Timeout,
                             std::format("no answer to CONNECT within {}: {}",
                                         format_duration(settings_.connect_timeout), is_it_one));
        }
        has_output_.set();
    }
}

void Conversation::tick(Duration now) {
    if (holding_) {
        client_.excuse(now);
    }
    client_.tick(now);
}

void Conversation::unsubscribe(const std::string& filter) {
    client_.unsubscribe(filter);
    has_output_.set();
}

asio::awaitable<Conversation::Sent> Conversation::publish(gantry::mqtt::Publish packet) {
    if (closed_ || !client_.connected()) {
        co_return Sent{Sent::Kind::Refused, "the broker is not connected; nothing was sent"};
    }
    if (packet.retain && !retains_) {
        co_return Sent{Sent::Kind::Refused,
                       "the broker has no retained messages; nothing was sent: leave retain out"};
    }
    const auto number = client_.publish(packet);
    if (!number) {
        co_return Sent{Sent::Kind::Refused, number.error().message + "; nothing was sent"};
    }
    has_output_.set();
    if (*number == 0) {
        co_return Sent{Sent::Kind::Taken, {}};
    }
    struct Asking {
        Asking(std::list<Request*>& in, Request& of) : all(in), one(&of) { all.push_back(one); }
        Asking(const Asking&) = delete;
        Asking& operator=(const Asking&) = delete;
        ~Asking() { all.remove(one); }
        std::list<Request*>& all;
        Request* one;
    };
    Request waiting{.number = *number, .reason = {}, .changed = Event(executor_)};
    const Asking asking(requests_, waiting);
    const Duration until = around_.timers.now() + settings_.command_timeout;
    while (!closed_ && !waiting.reason) {
        if (!co_await either(changes(waiting.changed), around_.timers.sleep_until(until))) {
            co_return Sent{Sent::Kind::TimedOut,
                           std::format("the broker does not say within {} that it has the value",
                                       format_duration(settings_.command_timeout))};
        }
    }
    if (!waiting.reason) {
        co_return Sent{Sent::Kind::Lost, "the connection to the broker broke"};
    }
    if (gantry::mqtt::is_failure(*waiting.reason)) {
        co_return Sent{Sent::Kind::Refused,
                       mqttclient::refusal("the broker refuses it", *waiting.reason).message};
    }
    co_return Sent{Sent::Kind::Taken, {}, *waiting.reason == Reason::NoMatchingSubscribers};
}

// ---- how it ends

Error Conversation::ended() const {
    const auto& failure = client_.failure();
    const std::string what = failure ? failure->message : "the connection has ended";
    if (let_in_ || !failure) {
        return broken(Code::Unavailable, what);
    }
    // A broker that says no says why.
    const bool refused = failure->code != Code::Unavailable || what.contains("(0x");
    return broken(failure->code, refused ? what : std::format("{}: {}", what, is_it_one));
}

Error Conversation::broken(Code code, std::string_view what) const {
    return {code, std::format("{}: {}", settings_.where(), what), {}};
}

}  // namespace gantry::connector::mqtt
