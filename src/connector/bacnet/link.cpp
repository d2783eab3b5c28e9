// SPDX-License-Identifier: Apache-2.0
#include "connector/bacnet/link.h"

#include <algorithm>
#include <format>

#include "connector/bacnet/words.h"

namespace gantry::connector::bacnet {
namespace {

constexpr ObjectId any_device{device_type, instance_max};
constexpr std::size_t apdu_bytes_least = 50;

asio::awaitable<bool> happened(Event& event) {
    co_await event.wait();
    co_return true;
}

// What stands for one property, as an unsigned number or an object; nothing if it is none.
std::optional<Element> only_element(const Answer& answer) {
    const auto result = answer.good() ? read_answer(answer.apdu.data) : std::nullopt;
    Element out;
    return result && ElementReader(result->value).take(out) ? std::optional(out) : std::nullopt;
}

std::optional<ObjectId> object_in(const Answer& answer) {
    const auto element = only_element(answer);
    return element && element->is(Element::Kind::Application,
                                  static_cast<std::uint8_t>(DataType::ObjectIdentifier))
               ? object_of(element->content)
               : std::nullopt;
}

// Whether a bit is set in a bit string, whose first byte says how many bits are unused.
bool has_bit(const Answer& answer, std::size_t bit) {
    const auto element = only_element(answer);
    const std::size_t place = 1 + bit / 8;
    return element &&
           element->is(Element::Kind::Application,
                       static_cast<std::uint8_t>(DataType::BitString)) &&
           element->content.size() > place &&
           (std::to_integer<unsigned>(element->content[place]) >> (7 - bit % 8) & 1) != 0;
}

void refuse(Answer& answer) {
    const Apdu& apdu = answer.apdu;
    switch (apdu.pdu) {
        case Pdu::Error:
            answer.error = read_error(apdu.data);
            answer.trouble =
                answer.error ? error_text(*answer.error) : "the device refuses without saying why";
            return;
        case Pdu::Reject:
            answer.trouble = reject_text(apdu.code);
            answer.not_offered = apdu.code == reason::reject_unrecognized_service;
            answer.too_long = apdu.code == reason::reject_buffer_overflow;
            return;
        case Pdu::Abort:
            answer.trouble = abort_text(apdu.code);
            answer.too_long = apdu.code == reason::abort_buffer_overflow ||
                              apdu.code == reason::abort_segmentation_not_supported ||
                              apdu.code == reason::abort_apdu_too_long;
            return;
        default: return;
    }
}

}  // namespace

Link::Link(std::unique_ptr<DatagramSocket> socket, const Settings& settings,
           const Surroundings& around, const asio::any_io_executor& executor)
    : socket_(std::move(socket)),
      settings_(settings),
      to_(settings.to()),
      around_(around),
      executor_(executor),
      room_(executor, static_cast<std::size_t>(settings.max_requests)),
      given_up_(executor),
      called_back_(executor) {}

std::size_t Link::apdu_bytes() const {
    return std::max(apdu_bytes_least,
                    std::min(static_cast<std::size_t>(settings_.max_apdu), device_.apdu_bytes));
}

Error Link::broken(std::string_view what, Code code) const {
    return {code, std::format("{}: {}", settings_.where(), what), {}};
}

asio::awaitable<Error> Link::run() {
    std::optional<Error> error = co_await either(receive(), given_up_.wait());
    co_return error ? std::move(*error) : reason_;
}

asio::awaitable<Error> Link::receive() {
    while (true) {
        auto datagram = co_await socket_->receive();
        if (!datagram) {
            co_return std::move(datagram).error();
        }
        take(std::move(*datagram));
    }
}

void Link::take(Bytes datagram) {
    const auto apdu = read_datagram(datagram);
    if (!apdu || apdu->from != to_) {
        return;  // noise, or of another device behind the same router
    }
    if (apdu->pdu == Pdu::UnconfirmedRequest) {
        if (apdu->code == static_cast<std::uint8_t>(Unconfirmed::IAm)) {
            if (const auto who = read_i_am(apdu->data)) {
                who_ = who;
                called_back_.set();
            }
        } else if (apdu->code == static_cast<std::uint8_t>(Unconfirmed::CovNotification)) {
            const auto told = read_notification(apdu->data);
            if (told && listener_ != nullptr) {
                (void)listener_->notified(*told, around_.clock.now());
            }
        }
    } else if (apdu->pdu == Pdu::ConfirmedRequest) {
        asked(*apdu);
    } else if (apdu->pdu != Pdu::SegmentAck) {
        answered(*apdu, datagram);
    }
}

// The device asks us: of that we take notifications only.
void Link::asked(const Apdu& apdu) {
    constexpr auto notification = Service::ConfirmedCovNotification;
    Bytes reply;
    if (apdu.segmented) {
        reply = abort_datagram(to_, apdu.invoke_id, true, reason::abort_segmentation_not_supported);
    } else if (apdu.code != static_cast<std::uint8_t>(notification)) {
        reply = reject_datagram(to_, apdu.invoke_id, reason::reject_unrecognized_service);
    } else {
        const auto told = read_notification(apdu.data);
        const bool wanted =
            told && listener_ != nullptr && listener_->notified(*told, around_.clock.now());
        reply = wanted ? simple_ack_datagram(to_, apdu.invoke_id, notification)
                       : reject_datagram(to_, apdu.invoke_id, 0);
    }
    (void)socket_->send(reply);
}

void Link::answered(const Apdu& apdu, Bytes& datagram) {
    const auto found = std::ranges::find(pending_, apdu.invoke_id, &Pending::invoke_id);
    if (found == pending_.end() || found->answer.arrived) {
        return;  // late, or double
    }
    const bool says_service =
        apdu.pdu == Pdu::SimpleAck || apdu.pdu == Pdu::ComplexAck || apdu.pdu == Pdu::Error;
    // Of a segmented one the service comes first, too.
    if (says_service && apdu.code != static_cast<std::uint8_t>(found->service)) {
        return;
    }
    Answer& answer = found->answer;
    answer.arrived = true;
    answer.apdu = apdu;
    answer.datagram = std::move(datagram);  // its bytes stay where they are
    answer.time = around_.clock.now();
    if (apdu.segmented) {
        (void)socket_->send(
            abort_datagram(to_, apdu.invoke_id, false, reason::abort_segmentation_not_supported));
        answer.trouble = "the answer is longer than one message";
        answer.too_long = true;
    } else {
        refuse(answer);
    }
    found->done.set();
}

std::uint8_t Link::next_invoke_id() {
    do {
        ++invoke_id_;
    } while (std::ranges::contains(pending_, invoke_id_, &Pending::invoke_id));
    return invoke_id_;
}

asio::awaitable<Answer> Link::ask(Service service, Bytes data) {
    const Semaphore::Permit permit = co_await room_.acquire();
    if (closed_) {
        co_return Answer{};
    }
    struct Listed {
        std::list<Pending>& all;
        std::list<Pending>::iterator it;
        ~Listed() { all.erase(it); }
    };
    const Listed listed{pending_, pending_.insert(pending_.end(), {next_invoke_id(), service,
                                                                   Event(executor_), Answer{}})};
    Pending& pending = *listed.it;
    const Bytes datagram = confirmed_datagram(to_, pending.invoke_id, service,
                                              static_cast<std::size_t>(settings_.max_apdu), data);
    for (std::int64_t tries = 0; tries <= settings_.retries; ++tries) {
        const Duration sent_at = around_.timers.now();
        if (auto sent = socket_->send(datagram); !sent) {
            reason_ = std::move(sent).error();
            given_up_.set();
            break;
        }
        pending.answer.sent = true;
        (void)co_await either(happened(pending.done), around_.timers.sleep(settings_.timeout));
        pending.answer.round_trip = around_.timers.now() - sent_at;
        if (pending.answer.arrived || closed_) {
            co_return std::move(pending.answer);
        }
    }
    if (reason_.message.empty()) {
        reason_ = broken(std::format("no answer to {} attempts within {} each: is the device on, "
                                     "and are address and port right?",
                                     settings_.retries + 1, format_duration(settings_.timeout)),
                         Code::Timeout);
    }
    given_up_.set();
    co_return std::move(pending.answer);
}

void Link::close() {
    if (std::exchange(closed_, true)) {
        return;
    }
    socket_->close();
    for (Pending& pending : pending_) {
        pending.done.set();
    }
}

// ---- who is there

asio::awaitable<void> Link::carry_beginning(Error& broken) {
    Error error = co_await run();
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() == asio::cancellation_type::none) {
        broken = std::move(error);
        close();
    }
    Event never(executor_);
    co_await never.wait();
}

Async<> Link::begin() {
    Error broken;
    std::optional<Result<>> done = co_await either(identify(), carry_beginning(broken));
    if (!broken.message.empty()) {
        co_return std::unexpected(std::move(broken));
    }
    co_return done ? std::move(*done) : Result<>{};
}

Async<> Link::identify() {
    CO_TRY_ASSIGN(device_.id, co_await find_device());
    const Answer size = co_await ask(
        Service::ReadProperty, read_request({device_.id, property::max_apdu_length_accepted, {}}));
    const auto element = only_element(size);
    const auto bytes = element ? unsigned_of(element->content) : std::nullopt;
    device_.apdu_bytes =
        static_cast<std::size_t>(std::min<std::uint64_t>(bytes.value_or(50), 1476));
    const Answer services =
        co_await ask(Service::ReadProperty,
                     read_request({device_.id, property::protocol_services_supported, {}}));
    device_.reads_multiple =
        has_bit(services, static_cast<std::size_t>(Service::ReadPropertyMultiple));
    if (!services.arrived) {
        co_return std::unexpected(reason_);
    }
    co_return Result<>{};
}

Async<ObjectId> Link::find_device() {
    const bool known = settings_.device >= 0;
    const ObjectId wanted{device_type, static_cast<std::uint32_t>(settings_.device)};
    if (known) {
        const Answer answer = co_await ask(Service::ReadProperty,
                                           read_request({wanted, property::object_identifier, {}}));
        if (object_in(answer) == wanted) {
            co_return wanted;
        }
        if (!answer.arrived) {
            co_return std::unexpected(reason_);
        }
    }
    const Answer answer = co_await ask(Service::ReadProperty,
                                       read_request({any_device, property::object_identifier, {}}));
    auto there = object_in(answer);
    if (!answer.arrived) {
        co_return std::unexpected(reason_);
    }
    if (!there || there->type != device_type) {  // one from before revision 4 of the protocol
        there = co_await call_device();
    }
    if (!there) {
        co_return std::unexpected(
            broken("the device does not say which instance it has: set device"));
    }
    if (known && *there != wanted) {
        co_return std::unexpected(
            broken(std::format("here is device {}, not {}: is the address right, or has the "
                               "device another instance now?",
                               there->instance, wanted.instance)));
    }
    co_return *there;
}

asio::awaitable<std::optional<ObjectId>> Link::call_device() {
    for (std::int64_t tries = 0; tries <= settings_.retries && !who_; ++tries) {
        (void)socket_->send(unconfirmed_datagram(to_, Unconfirmed::WhoIs, {}));
        (void)co_await either(happened(called_back_), around_.timers.sleep(settings_.timeout));
    }
    co_return who_ ? std::optional(who_->device) : std::nullopt;
}

Async<std::shared_ptr<Link>> open_link(const Surroundings& around, Datagrams& datagrams,
                                       const Settings& settings) {
    CO_TRY_ASSIGN(auto socket, co_await datagrams.open(settings.host,
                                                       static_cast<std::uint16_t>(settings.port)));
    auto link = std::make_shared<Link>(std::move(socket), settings, around,
                                       co_await asio::this_coro::executor);
    CO_TRY(co_await link->begin());
    co_return link;
}

}  // namespace gantry::connector::bacnet
