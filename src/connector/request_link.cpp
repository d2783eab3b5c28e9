// SPDX-License-Identifier: Apache-2.0
#include "connector/request_link.h"

#include <algorithm>
#include <boost/asio/write.hpp>
#include <format>

namespace gantry::connector {
namespace {

constexpr std::size_t read_bytes = 4096;

}  // namespace

RequestLink::RequestLink(std::unique_ptr<Stream> stream, std::string where, Duration timeout,
                         const Surroundings& around)
    : stream_(std::move(stream)),
      where_(std::move(where)),
      timeout_(timeout),
      around_(around),
      has_outgoing_(stream_->get_executor()) {}

Async<> RequestLink::write_all(Bytes bytes) {
    const auto [error, size] = co_await asio::async_write(*stream_, asio::buffer(bytes), as_result);
    if (error) {
        co_return std::unexpected(broken(error.message()));
    }
    co_return Result<>{};
}

Async<> RequestLink::read_more(Bytes& input) {
    const std::size_t filled = input.size();
    input.resize(filled + read_bytes);
    const auto [error, size] = co_await stream_->async_read_some(
        asio::buffer(input.data() + filled, read_bytes), as_result);
    input.resize(filled + size);
    if (error) {
        co_return std::unexpected(broken(
            error == asio::error::eof ? "the controller closed the connection" : error.message()));
    }
    co_return Result<>{};
}

asio::awaitable<void> RequestLink::ask_all(std::vector<RequestJob*> jobs) {
    if (closed_ || jobs.empty()) {
        co_return;
    }
    const std::size_t count = jobs.size();
    Ticket ticket{
        .jobs = std::move(jobs), .next = 0, .open = count, .done = Event(stream_->get_executor())};
    struct Listed {
        RequestLink& link;
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

void RequestLink::pump() {
    while (!closed_ && !tickets_.empty() && has_room()) {
        Ticket& ticket = *tickets_.front();
        tickets_.pop_front();
        RequestJob& job = *ticket.jobs[ticket.next++];
        job.sent = true;
        dispatch(job.request, &ticket, &job);
        if (ticket.next < ticket.jobs.size()) {
            tickets_.push_back(&ticket);
        }
    }
}

void RequestLink::dispatch(Bytes& request, Ticket* ticket, RequestJob* job) {
    const std::uint16_t number = next_number();
    put(number, request, outgoing_);
    pending_.push_back({number, ticket, job, around_.timers.now()});
    has_outgoing_.set();
}

void RequestLink::send_unasked(Bytes request) { dispatch(request, nullptr, nullptr); }

std::uint16_t RequestLink::next_number() {
    do {
        ++number_;
    } while (std::ranges::contains(pending_, number_, &Pending::number));
    return number_;
}

void RequestLink::answered(std::uint16_t number, Bytes answer) {
    const auto found = std::ranges::find(pending_, number, &Pending::number);
    if (found == pending_.end()) {
        return;  // a message that nobody asked for
    }
    if (found->ticket != nullptr) {
        RequestJob& job = *found->job;
        take(job, std::move(answer));
        job.answered = true;
        job.arrived = around_.clock.now();
        job.round_trip = around_.timers.now() - found->sent_at;
        --found->ticket->open;
        found->ticket->done.set();
    }
    pending_.erase(found);
    pump();
}

asio::awaitable<Error> RequestLink::run() {
    std::optional<Error> error = co_await either(receive(), send_and_watch());
    co_return error ? std::move(*error) : send_error_;
}

asio::awaitable<void> RequestLink::send_and_watch() {
    std::optional<Error> error =
        co_await either(send(), [](RequestLink& link) -> asio::awaitable<void> {
            link.send_error_ = co_await link.watch();
        }(*this));
    if (error) {
        send_error_ = std::move(*error);
    }
}

asio::awaitable<Error> RequestLink::send() {
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

asio::awaitable<Error> RequestLink::watch() {
    while (true) {
        // One that is sent while this sleeps is late after it wakes.
        const Duration oldest = pending_.empty() ? around_.timers.now() : pending_.front().sent_at;
        co_await around_.timers.sleep_until(next_look(oldest + timeout_));
        if (!pending_.empty() && around_.timers.now() - pending_.front().sent_at >= timeout_) {
            co_return Error{
                Code::Timeout,
                std::format("{}: no answer within {}", where_, format_duration(timeout_)),
                {}};
        }
        look_after();
    }
}

void RequestLink::close() {
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

Error RequestLink::broken(std::string_view what) const {
    return {Code::Unavailable, std::format("{}: {}", where_, what), {}};
}

}  // namespace gantry::connector
