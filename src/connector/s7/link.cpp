// SPDX-License-Identifier: Apache-2.0
#include "connector/s7/link.h"

#include <algorithm>
#include <boost/asio/write.hpp>
#include <format>

#include "runtime/either.h"

namespace gantry::connector::s7 {
namespace {

constexpr std::size_t read_bytes = 4096;
constexpr std::size_t pdu_bytes_least = 64;  // with less there is no room for a request

}  // namespace

Link::Link(std::unique_ptr<Stream> stream, const Settings& settings, const Surroundings& around)
    : stream_(std::move(stream)),
      settings_(settings),
      around_(around),
      has_outgoing_(stream_->get_executor()) {}

Async<> Link::begin() {
    Bytes hello;
    append_connect(hello, settings_.local(), settings_.remote());
    CO_TRY(co_await write_all(std::move(hello)));
    CO_TRY_ASSIGN(const Packet confirm, co_await read_packet());
    if (confirm.kind != Packet::Kind::Connected) {
        co_return std::unexpected(
            broken("the controller refuses the connection: are rack and slot (or the TSAPs) right, "
                   "and has it a connection free?"));
    }
    Bytes request;
    append_data(request,
                setup_request({.jobs = static_cast<std::uint16_t>(settings_.max_jobs),
                               .pdu_bytes = static_cast<std::uint16_t>(settings_.pdu_bytes)}));
    CO_TRY(co_await write_all(std::move(request)));
    CO_TRY_ASSIGN(const Packet packet, co_await read_packet());
    const auto pdu = packet.kind == Packet::Kind::Data ? read_pdu(packet.payload) : std::nullopt;
    if (pdu && pdu->error != 0) {
        co_return std::unexpected(broken(pdu_error(pdu->error)));
    }
    const auto setup = pdu ? read_setup(*pdu) : std::nullopt;
    if (!setup || setup->pdu_bytes < pdu_bytes_least) {
        co_return std::unexpected(broken("what it sends is not S7: is this the right port?"));
    }
    agreed_.pdu_bytes = std::min(setup->pdu_bytes, static_cast<std::uint16_t>(settings_.pdu_bytes));
    agreed_.jobs =
        std::clamp(setup->jobs, std::uint16_t{1}, static_cast<std::uint16_t>(settings_.max_jobs));
    co_return Result<>{};
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
                    broken("what it sends is not S7 (ISO on TCP): is this the right port?"));
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

void Link::pump() {
    while (!closed_ && pending_.size() < agreed_.jobs && !tickets_.empty()) {
        Ticket& ticket = *tickets_.front();
        tickets_.pop_front();
        send_next(ticket);
        if (ticket.next < ticket.jobs.size()) {
            tickets_.push_back(&ticket);
        }
    }
}

void Link::send_next(Ticket& ticket) {
    Job& job = ticket.jobs[ticket.next++];
    const std::uint16_t reference = next_reference();
    set_reference(job.request, reference);
    append_data(outgoing_, job.request);
    job.sent = true;
    pending_.push_back({reference, &ticket, &job, around_.timers.now()});
    has_outgoing_.set();
}

std::uint16_t Link::next_reference() {
    do {
        ++reference_;
    } while (std::ranges::contains(pending_, reference_, &Pending::reference));
    return reference_;
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
        if (packet->kind == Packet::Kind::Disconnected) {
            co_return broken("the controller ended the connection");
        }
        if (packet->kind != Packet::Kind::Data) {
            continue;
        }
        append(parts_, packet->payload);
        if (parts_.size() > packet_bytes_max) {
            co_return broken("a PDU that does not end");
        }
        if (packet->last) {
            hand_out(std::exchange(parts_, {}));
            pump();
        }
    }
}

void Link::hand_out(Bytes bytes) {
    const auto pdu = read_pdu(bytes);
    const auto found =
        pdu ? std::ranges::find(pending_, pdu->reference, &Pending::reference) : pending_.end();
    if (found == pending_.end()) {
        return;  // a message that nobody asked for
    }
    if (found->ticket != nullptr) {
        Job& job = *found->job;
        job.answer = std::move(bytes);
        job.pdu = *read_pdu(job.answer);
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
        const Duration oldest = pending_.empty() ? around_.timers.now() : pending_.front().sent_at;
        co_await around_.timers.sleep_until(oldest + settings_.timeout);
        if (!pending_.empty() &&
            around_.timers.now() - pending_.front().sent_at >= settings_.timeout) {
            co_return Error{Code::Timeout,
                            std::format("{}: no answer within {}", settings_.where(),
                                        format_duration(settings_.timeout)),
                            {}};
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

Error Link::broken(std::string_view what) const {
    return {Code::Unavailable, std::format("{}: {}", settings_.where(), what), {}};
}

Async<std::shared_ptr<Link>> open_link(const Surroundings& around, const Settings& settings) {
    const auto open = [](const Surroundings& world,
                         const Settings& how) -> Async<std::shared_ptr<Link>> {
        auto stream =
            co_await world.network.connect(how.host, static_cast<std::uint16_t>(how.port));
        if (!stream) {
            Error error = std::move(stream).error();
            error.message += ": is the controller on and is the port right?";
            co_return std::unexpected(std::move(error));
        }
        auto link = std::make_shared<Link>(std::move(*stream), how, world);
        CO_TRY(co_await link->begin());
        co_return link;
    };
    auto link = co_await with_deadline(
        around.timers, settings.connect_timeout, open(around, settings),
        std::format("{}: no answer within {}: is the address right, and is the controller "
                    "reachable?",
                    settings.where(), format_duration(settings.connect_timeout)));
    co_return link;
}

}  // namespace gantry::connector::s7
