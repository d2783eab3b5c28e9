// SPDX-License-Identifier: Apache-2.0
#include "connector/ethernetip/link.h"

#include <algorithm>
#include <boost/asio/write.hpp>
#include <format>

#include "runtime/either.h"

namespace gantry::connector::ethernetip {
namespace {

constexpr std::size_t read_bytes = 4096;

// Messages of these sizes are what the controllers of Rockwell take: newer ones, and all.
constexpr std::uint16_t large_bytes = 4000;
constexpr std::uint16_t small_bytes = 500;
constexpr std::size_t sequence_bytes = 2;
// Without a connection 504 bytes, with the route and what else is around a message.
constexpr std::size_t unconnected_bytes = 400;

// A controller forgets a connection after 32 times this without a word.
constexpr Duration interval = std::chrono::seconds(2);
static_assert(3 * Link::silence_max < 32 * interval);

}  // namespace

Link::Link(std::unique_ptr<Stream> stream, const Settings& settings, const Surroundings& around)
    : stream_(std::move(stream)),
      settings_(settings),
      around_(around),
      route_(settings.way()),
      has_outgoing_(stream_->get_executor()) {}

Async<> Link::begin() {
    CO_TRY(co_await register_session());
    if (settings_.connected) {
        CO_TRY(co_await open_connections());
    }
    if (lanes_.empty()) {
        CO_TRY(co_await check_route());
        message_bytes_ = unconnected_bytes;
        lanes_.resize(static_cast<std::size_t>(settings_.max_requests));
    }
    for (Lane& lane : lanes_) {
        lane.sent_at = around_.timers.now();
    }
    co_return Result<>{};
}

Async<std::optional<Identity>> Link::list_identity() {
    Bytes hello;
    append_list_identity(hello);
    CO_TRY(co_await write_all(std::move(hello)));
    CO_TRY_ASSIGN(const Packet packet, co_await read_packet());
    const auto data = read_list_identity(packet);
    co_return data ? read_identity(*data) : std::nullopt;
}

Async<> Link::register_session() {
    Bytes hello;
    append_register(hello);
    CO_TRY(co_await write_all(std::move(hello)));
    CO_TRY_ASSIGN(const Packet packet, co_await read_packet());
    if (packet.status != 0) {
        co_return std::unexpected(broken(encapsulation_error(packet.status)));
    }
    if (packet.command != Command::RegisterSession) {
        co_return std::unexpected(broken("what it sends is no answer: is this the right port?"));
    }
    session_ = packet.session;
    co_return Result<>{};
}

// Large ones, or else small ones, or else none.
Async<> Link::open_connections() {
    const auto wanted = static_cast<std::size_t>(settings_.max_requests);
    for (const bool large : {true, false}) {
        while (lanes_.size() < wanted) {
            CO_TRY_ASSIGN(const bool opened, co_await open_connection(large));
            if (!opened) {
                break;
            }
        }
        if (!lanes_.empty()) {
            message_bytes_ = (large ? large_bytes : small_bytes) - sequence_bytes;
            break;
        }
    }
    co_return Result<>{};
}

Async<bool> Link::open_connection(bool large) {
    const auto by_lot = [this](std::uint64_t bound) { return around_.random.below(bound); };
    CO_TRY_ASSIGN(const Bytes answer,
                  co_await exchange(open_request(
                      {.large = large,
                       .bytes = large ? large_bytes : small_bytes,
                       .to_originator = static_cast<std::uint32_t>(by_lot(std::uint64_t{1} << 32)),
                       .serial = static_cast<std::uint16_t>(by_lot(std::uint64_t{1} << 16)),
                       .originator = static_cast<std::uint32_t>(by_lot(std::uint64_t{1} << 32)),
                       .interval = interval},
                      route_)));
    const Reply reply = *read_reply(answer);
    if (const auto connection = read_opened(reply)) {
        lanes_.push_back({.connection = connection});
        co_return true;
    }
    if (lanes_.empty() && is_lost_on_the_way(reply)) {
        co_return std::unexpected(broken(trouble_of(reply).text));
    }
    co_return false;
}

Async<> Link::check_route() {
    CO_TRY_ASSIGN(const Bytes answer,
                  co_await exchange(by_route(identity_request(), route_, settings_.timeout)));
    const Reply reply = *read_reply(answer);
    if (!reply.good()) {
        co_return std::unexpected(broken(trouble_of(reply).text));
    }
    co_return Result<>{};
}

Async<Bytes> Link::exchange(Bytes request) {
    Bytes bytes;
    append_unconnected(bytes, session_, next_number(), request);
    CO_TRY(co_await write_all(std::move(bytes)));
    CO_TRY_ASSIGN(const Packet packet, co_await read_packet());
    if (packet.status != 0) {
        co_return std::unexpected(broken(encapsulation_error(packet.status)));
    }
    const auto carried = read_carried(packet);
    if (!carried || !read_reply(carried->message)) {
        co_return std::unexpected(broken("what it sends is no answer of CIP"));
    }
    co_return Bytes(carried->message.begin(), carried->message.end());
}

Async<> Link::write_all(Bytes bytes) {
    const auto [error, size] = co_await asio::async_write(*stream_, asio::buffer(bytes), as_result);
    if (error) {
        co_return std::unexpected(broken(error.message()));
    }
    co_return Result<>{};
}

Async<Packet> Link::read_packet() {
    input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(used_));
    used_ = 0;
    while (true) {
        Packet packet;
        switch (take_packet(input_, packet, used_)) {
            case Framing::Complete: co_return packet;
            case Framing::Broken:
                co_return std::unexpected(
                    broken("what it sends is not EtherNet/IP: is this the right port?"));
            case Framing::Incomplete: break;
        }
        const std::size_t filled = input_.size();
        input_.resize(filled + read_bytes);
        const auto [error, size] = co_await stream_->async_read_some(
            asio::buffer(input_.data() + filled, read_bytes), as_result);
        input_.resize(filled + size);
        if (error) {
            co_return std::unexpected(broken(error == asio::error::eof
                                                 ? "the controller closed the connection"
                                                 : error.message()));
        }
    }
}

asio::awaitable<void> Link::ask(std::span<Job> jobs) {
    if (closed_ || jobs.empty()) {
        co_return;
    }
    Ticket ticket{
        .jobs = jobs, .next = 0, .open = jobs.size(), .done = Event(stream_->get_executor())};
    struct Listed {
        Link& link;
        Ticket* ticket;
        ~Listed() {
            std::erase(link.tickets_, ticket);
            for (Pending& pending : link.pending_) {
                if (pending.ticket == ticket) {
                    pending.ticket = nullptr;
                }
            }
        }
    } const listed{*this, &ticket};
    tickets_.push_back(&ticket);
    pump();
    while (ticket.open > 0 && !closed_) {
        co_await ticket.done.wait();
    }
}

Link::Lane* Link::free_lane() {
    const auto found = std::ranges::find(lanes_, false, &Lane::busy);
    return found == lanes_.end() ? nullptr : &*found;
}

void Link::pump() {
    while (!closed_ && !tickets_.empty()) {
        Lane* const lane = free_lane();
        if (lane == nullptr) {
            return;
        }
        Ticket& ticket = *tickets_.front();
        tickets_.pop_front();
        send_next(ticket, *lane);
        if (ticket.next < ticket.jobs.size()) {
            tickets_.push_back(&ticket);
        }
    }
}

void Link::send_next(Ticket& ticket, Lane& lane) {
    Job& job = ticket.jobs[ticket.next++];
    job.sent = true;
    send_on(lane, job.request, &ticket, &job);
}

void Link::send_on(Lane& lane, const Bytes& request, Ticket* ticket, Job* job) {
    const std::uint16_t number = next_number();
    if (lane.connection) {
        append_connected(outgoing_, session_, *lane.connection, number, request);
    } else {
        append_unconnected(outgoing_, session_, number,
                           by_route(request, route_, settings_.timeout));
    }
    lane.busy = true;
    lane.sent_at = around_.timers.now();
    pending_.push_back({number, &lane, ticket, job, lane.sent_at});
    has_outgoing_.set();
}

std::uint16_t Link::next_number() {
    do {
        ++number_;
    } while (std::ranges::contains(pending_, number_, &Pending::number));
    return number_;
}

asio::awaitable<Error> Link::run() {
    std::optional<Error> error = co_await either(receive(), send_and_watch());
    co_return error ? std::move(*error) : send_error_;
}

asio::awaitable<void> Link::send_and_watch() {
    std::optional<Error> error = co_await either(send(), [](Link& link) -> asio::awaitable<void> {
        link.send_error_ = co_await link.watch();
    }(*this));
    if (error) {
        send_error_ = std::move(*error);
    }
}

asio::awaitable<Error> Link::receive() {
    while (true) {
        const auto packet = co_await read_packet();
        if (!packet) {
            co_return packet.error();
        }
        if (packet->status != 0) {
            co_return broken(encapsulation_error(packet->status));
        }
        auto carried = read_carried(*packet);
        if (!carried) {
            continue;  // something that nobody asked for
        }
        if (!carried->connected) {
            carried->sequence = static_cast<std::uint16_t>(packet->context & 0xffff);
        }
        const auto reply = read_reply(carried->message);
        if (!reply) {
            co_return broken("what it sends is no answer of CIP");
        }
        if (is_lost_on_the_way(*reply)) {
            co_return broken(trouble_of(*reply).text);
        }
        hand_out(*carried);
        pump();
    }
}

void Link::hand_out(const Carried& carried) {
    const auto found = std::ranges::find(pending_, carried.sequence, &Pending::number);
    if (found == pending_.end()) {
        return;
    }
    found->lane->busy = false;
    if (found->ticket != nullptr) {
        Job& job = *found->job;
        job.answer.assign(carried.message.begin(), carried.message.end());
        job.reply = *read_reply(job.answer);
        job.answered = true;
        job.arrived = around_.clock.now();
        job.round_trip = around_.timers.now() - found->sent_at;
        --found->ticket->open;
        found->ticket->done.set();
    }
    pending_.erase(found);
}

asio::awaitable<Error> Link::send() {
    while (true) {
        co_await has_outgoing_.wait();
        writing_.clear();
        writing_.swap(outgoing_);
        const auto [error, size] =
            co_await asio::async_write(*stream_, asio::buffer(writing_), as_result);
        if (error) {
            co_return broken(error.message());
        }
    }
}

asio::awaitable<Error> Link::watch() {
    while (true) {
        // One that is sent while this sleeps is late after it wakes.
        const Duration now = around_.timers.now();
        const Duration oldest = pending_.empty() ? now : pending_.front().sent_at;
        co_await around_.timers.sleep_until(
            std::min(oldest + settings_.timeout, now + silence_max));
        if (!pending_.empty() &&
            around_.timers.now() - pending_.front().sent_at >= settings_.timeout) {
            co_return Error{Code::Timeout,
                            std::format("{}: no answer within {}", settings_.where(),
                                        format_duration(settings_.timeout)),
                            {}};
        }
        break_silence();
    }
}

void Link::break_silence() {
    for (Lane& lane : lanes_) {
        if (!lane.busy && around_.timers.now() - lane.sent_at >= silence_max) {
            send_on(lane, identity_request(), nullptr, nullptr);
        }
    }
}

void Link::close() {
    if (std::exchange(closed_, true)) {
        return;
    }
    stream_->close();
    for (Pending& pending : pending_) {
        if (pending.ticket != nullptr) {
            pending.ticket->done.set();
        }
    }
    for (Ticket* ticket : tickets_) {
        ticket->done.set();
    }
}

std::string Link::description() const {
    const bool connected = lanes_.front().connection.has_value();
    return connected ? std::format("{}: connected, with {} connections for messages of {} bytes",
                                   settings_.where(), lanes_.size(), message_bytes_)
                     : std::format("{}: connected, without connections of CIP", settings_.where());
}

Error Link::broken(std::string_view what) const {
    return {Code::Unavailable, std::format("{}: {}", settings_.where(), what), {}};
}

Async<std::shared_ptr<Link>> open_link(const Surroundings& around, const Settings& settings,
                                       std::optional<Identity>* device) {
    const auto open = [](const Surroundings& world, const Settings& how,
                         std::optional<Identity>* who) -> Async<std::shared_ptr<Link>> {
        auto stream =
            co_await world.network.connect(how.host, static_cast<std::uint16_t>(how.port));
        if (!stream) {
            Error error = std::move(stream).error();
            error.message += ": is the controller on and is the port right?";
            co_return std::unexpected(std::move(error));
        }
        auto link = std::make_shared<Link>(std::move(*stream), how, world);
        if (who != nullptr) {
            CO_TRY_ASSIGN(*who, co_await link->list_identity());
        }
        CO_TRY(co_await link->begin());
        co_return link;
    };
    auto link = co_await with_deadline(
        around.timers, settings.connect_timeout, open(around, settings, device),
        std::format("{}: no answer within {}: is the address right, and is the controller "
                    "reachable?",
                    settings.where(), format_duration(settings.connect_timeout)));
    co_return link;
}

}  // namespace gantry::connector::ethernetip
