// SPDX-License-Identifier: Apache-2.0
#include "connector/iec104/conversation.h"

#include <format>

#include "runtime/either.h"
#include "runtime/tls_client.h"

namespace gantry::connector::iec104 {
namespace {

constexpr std::size_t buffer_bytes = 16 * 1024;

std::uint32_t first_object(const Asdu& asdu) {
    std::uint32_t out = 0;
    for (std::size_t i = 0; i < 3 && i < asdu.body.size(); ++i) {
        out |= std::to_integer<std::uint32_t>(asdu.body[i]) << 8 * i;
    }
    return out;
}

bool is_refusal(Cause cause) {
    return cause == Cause::UnknownType || cause == Cause::UnknownCause ||
           cause == Cause::UnknownCommonAddress || cause == Cause::UnknownObjectAddress;
}

// Takes an entry out of its list, however its coroutine ends.
template <class List, class Entry>
struct Listed {
    Listed(List& in, Entry& one) : list(in), entry(&one) { list.push_back(entry); }
    Listed(const Listed&) = delete;
    Listed& operator=(const Listed&) = delete;
    ~Listed() { list.remove(entry); }
    List& list;
    Entry* entry;
};

asio::awaitable<bool> changes(Event& event) {
    co_await event.wait();
    co_return true;
}

}  // namespace

Async<std::unique_ptr<Stream>> open_stream(const Surroundings& around, const Settings& settings) {
    const auto connect = [](const Surroundings& world,
                            const Settings& to) -> Async<std::unique_ptr<Stream>> {
        CO_TRY_ASSIGN(auto plain,
                      co_await world.network.connect(to.host, static_cast<std::uint16_t>(to.port)));
        if (!to.tls) {
            co_return std::move(plain);
        }
        TlsTrust trust;
        trust.ca = to.ca;
        trust.certificate = to.certificate;
        trust.key = to.key;
        co_return co_await encrypt_as_client(std::move(plain), to.host, std::move(trust));
    };
    auto stream = co_await with_deadline(
        around.timers, settings.connect_timeout, connect(around, settings),
        std::format("{}: no answer within {}: is the address right, and is the station reachable?",
                    settings.where(), format_duration(settings.connect_timeout)));
    if (!stream && stream.error().code == Code::Unavailable) {
        Error error = stream.error();
        error.message += ": is the station on and is the port right?";
        co_return std::unexpected(std::move(error));
    }
    co_return stream;
}

Conversation::Conversation(std::unique_ptr<Stream> stream, const Settings& settings,
                           const Surroundings& around, Listener& listener,
                           asio::any_io_executor executor)
    : stream_(std::move(stream)),
      settings_(settings),
      around_(around),
      listener_(listener),
      executor_(executor),
      session_(settings.limits()),
      has_output_(executor),
      begun_(executor) {}

Conversation::~Conversation() { close(); }

asio::awaitable<Error> Conversation::run() {
    session_.start(around_.timers.now());
    has_output_.set();
    // Whichever ends first is the reason.
    std::optional<Error> reason = co_await either(receive(), send_in_time());
    close();
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
    while (!session_.started() || closed_) {
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
        watch->changed.set();
    }
}

asio::awaitable<Error> Conversation::receive() {
    std::array<std::byte, buffer_bytes> buffer;
    while (true) {
        const auto [error, size] =
            co_await stream_->async_read_some(asio::buffer(buffer), as_result);
        if (error) {
            co_return broken(error == asio::error::eof ? "the station closed the connection"
                                                       : error.message());
        }
        const auto taken = session_.receive(ByteView(buffer).first(size), around_.timers.now(),
                                            [this](ByteView asdu) { hear(asdu); });
        if (session_.started()) {
            begun_.set();
        }
        has_output_.set();
        co_await listener_.pause();
        if (!taken) {
            co_return broken(taken.error().message);
        }
    }
}

asio::awaitable<Error> Conversation::send_all() {
    while (true) {
        co_await has_output_.wait();
        while (session_.has_output()) {
            const Bytes output = session_.take_output();
            const auto [error, size] =
                co_await asio::async_write(*stream_, asio::buffer(output), as_result);
            if (error) {
                co_return broken(error.message());
            }
        }
    }
}

asio::awaitable<Error> Conversation::keep_time() {
    while (true) {
        // What is sent or comes meanwhile is due later than a second from now.
        const Duration now = around_.timers.now();
        co_await around_.timers.sleep_until(
            std::min(session_.next_deadline(), now + std::chrono::milliseconds(500)));
        if (const auto in_time = session_.tick(around_.timers.now()); !in_time) {
            co_return broken(in_time.error().message);
        }
        has_output_.set();
    }
}

void Conversation::hear(ByteView bytes) {
    const auto asdu = read_asdu(bytes);
    if (!asdu) {
        listener_.not_understood("an ASDU is too short");
        return;
    }
    const Header& header = asdu->header;
    objects_.clear();
    const Objects kind = read_objects(*asdu, objects_);
    const auto number = static_cast<unsigned>(header.type);
    if (kind == Objects::Malformed) {
        listener_.not_understood(std::format("objects of type {} {} do not have the right size",
                                             number, type_name(header.type)));
        return;
    }
    if (kind == Objects::Unknown && type_name(header.type).empty()) {
        listener_.not_understood(std::format("type {} is not known", number));
        return;
    }
    note_answer(header, *asdu);
    if (number < static_cast<unsigned>(Type::C_SC_NA_1)) {
        for (Watch* const watch : watches_) {
            for (const Object& object : objects_) {
                if (watch->common == header.common_address && watch->object == object.address) {
                    watch->seen = Heard{header.type, object};
                    watch->changed.set();
                }
            }
        }
        listener_.heard(header, objects_);
    }
}

void Conversation::note_answer(const Header& header, const Asdu& asdu) {
    for (Request* const request : requests_) {
        if (request->type != header.type || request->common != header.common_address ||
            request->object != first_object(asdu)) {
            continue;
        }
        if (is_refusal(header.cause) ||
            (header.cause == Cause::ActivationConfirmation && header.negative)) {
            request->refusal = is_refusal(header.cause)
                                   ? cause_name(header.cause)
                                   : "the station does not confirm it (negative confirmation)";
        } else if (header.cause == Cause::ActivationConfirmation) {
            request->confirmed = true;
        } else if (header.cause == Cause::ActivationTermination) {
            request->confirmed = true;
            request->ended = true;
        }
        request->changed.set();
    }
}

asio::awaitable<Conversation::Reply> Conversation::activate(Bytes asdu) {
    return request(std::move(asdu), false);
}

asio::awaitable<Conversation::Reply> Conversation::carry_out(Bytes asdu) {
    return request(std::move(asdu), true);
}

asio::awaitable<Conversation::Reply> Conversation::request(Bytes asdu, bool to_its_end) {
    const auto read = read_asdu(asdu);
    Request waiting{.type = read->header.type,
                    .common = read->header.common_address,
                    .object = first_object(*read),
                    .confirmed = false,
                    .ended = false,
                    .refusal = {},
                    .changed = Event(executor_)};
    const Listed<std::list<Request*>, Request> listed(requests_, waiting);
    send(std::move(asdu));
    Duration until = around_.timers.now() + settings_.command_timeout;
    bool confirmed = false;
    while (!closed_) {
        if (!waiting.refusal.empty()) {
            co_return Reply{Reply::Kind::Refused, waiting.refusal, waiting.confirmed};
        }
        if (waiting.ended || (waiting.confirmed && !to_its_end)) {
            co_return Reply{Reply::Kind::Confirmed, {}, true};
        }
        if (waiting.confirmed && !std::exchange(confirmed, true)) {
            until = around_.timers.now() + settings_.command_timeout;
        }
        if (!co_await either(changes(waiting.changed), around_.timers.sleep_until(until))) {
            co_return Reply{Reply::Kind::TimedOut,
                            std::format("the station {} within {}",
                                        confirmed ? "confirmed, but does not say that it is done"
                                                  : "does not answer",
                                        format_duration(settings_.command_timeout)),
                            confirmed};
        }
    }
    co_return Reply{Reply::Kind::Lost, "the connection to the station broke", confirmed};
}

void Conversation::send(Bytes asdu) {
    session_.send(std::move(asdu), around_.timers.now());
    has_output_.set();
}

asio::awaitable<std::optional<Conversation::Heard>> Conversation::next_value(std::uint16_t common,
                                                                             std::uint32_t object,
                                                                             Duration most) {
    Watch waiting{.common = common, .object = object, .seen = {}, .changed = Event(executor_)};
    const Listed<std::list<Watch*>, Watch> listed(watches_, waiting);
    const Duration until = around_.timers.now() + most;
    while (!closed_ && !waiting.seen) {
        if (!co_await either(changes(waiting.changed), around_.timers.sleep_until(until))) {
            break;
        }
    }
    co_return waiting.seen;
}

Header Conversation::header(Type type, Cause cause, std::uint16_t common) const {
    Header out;
    out.type = type;
    out.cause = cause;
    out.originator = static_cast<std::uint8_t>(settings_.originator);
    out.common_address = common;
    return out;
}

Error Conversation::broken(std::string_view what) const {
    return {Code::Unavailable, std::format("{}: {}", settings_.where(), what), {}};
}

}  // namespace gantry::connector::iec104
