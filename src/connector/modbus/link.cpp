// SPDX-License-Identifier: Apache-2.0
#include "connector/modbus/link.h"

#include <algorithm>
#include <boost/asio/write.hpp>
#include <format>

#include "base/assert.h"
#include "runtime/either.h"

namespace gantry::connector::modbus {

Link::Link(std::unique_ptr<Stream> stream, LinkOptions options, Timers& timers, const Clock& clock)
    : stream_(std::move(stream)),
      options_(std::move(options)),
      timers_(timers),
      clock_(clock),
      slots_(stream_->get_executor(), options_.in_flight_max),
      has_outgoing_(stream_->get_executor()) {}

asio::awaitable<void> Link::ask(std::uint8_t unit, const Request& request, Answer& answer) {
    answer.kind = Answer::Kind::Lost;
    answer.sent = false;
    const Semaphore::Permit permit = co_await slots_.acquire();
    if (closed_) {
        co_return;
    }
    Pending pending{.transaction = next_transaction(),
                    .unit = unit,
                    .request = request,
                    .answer = answer,
                    .sent_at = std::max(timers_.now(), quiet_until_),
                    .gone = false,
                    .done = Event(stream_->get_executor())};
    if (!is_numbered(options_.wire)) {
        outgoing_.clear();  // of somebody who went away before it was sent
    }
    append_request(options_.wire, outgoing_, pending.transaction, unit, request);
    answer.sent = true;
    pending_.push_back(&pending);
    has_outgoing_.set();
    try {
        co_await pending.done.wait();
    } catch (...) {
        std::erase(pending_, &pending);
        if (pending.gone) {  // its answer is nobody's
            quiet_until_ = std::max(quiet_until_, timers_.now() + options_.turnaround);
        }
        throw;
    }
}

// Ids of requests that are under way are not given out again; those of requests that timed out come
// back after 65,535 others.
std::uint16_t Link::next_transaction() {
    do {
        ++transaction_;
    } while (std::ranges::any_of(
        pending_, [this](const Pending* p) { return p->transaction == transaction_; }));
    return transaction_;
}

asio::awaitable<Error> Link::run() {
    std::optional<Error> error = co_await either(receive(), send_and_watch());
    co_return error ? std::move(*error) : send_error_;
}

asio::awaitable<void> Link::send_and_watch() {
    if (auto error = co_await either(send(), watch())) {
        send_error_ = std::move(*error);
    }
}

asio::awaitable<Error> Link::receive() {
    std::array<std::byte, buffer_bytes> buffer;
    std::size_t filled = 0;
    while (true) {
        const auto [error, size] = co_await stream_->async_read_some(
            asio::buffer(buffer.data() + filled, buffer.size() - filled), as_result);
        if (error) {
            co_return broken(error == asio::error::eof ? "the device closed the connection"
                                                       : error.message());
        }
        if (std::exchange(forget_input_, false)) {
            std::memmove(buffer.data(), buffer.data() + filled, size);
            filled = 0;
        }
        filled += size;
        std::size_t used = 0;
        Frame frame;
        std::size_t frame_bytes = 0;
        Framing framing = Framing::Incomplete;
        while ((framing = take_answer(options_.wire, ByteView(buffer).subspan(used, filled - used),
                                      frame, frame_bytes, scratch_)) == Framing::Complete) {
            hand_out(frame);
            used += frame_bytes;
        }
        if (framing == Framing::Broken && !is_numbered(options_.wire)) {
            garbled();
            filled = 0;
            continue;
        }
        if (framing == Framing::Broken) {
            co_return broken(
                "what it sends is not Modbus TCP: is this the right port, and does the "
                "gateway speak Modbus TCP rather than RTU over TCP?");
        }
        std::memmove(buffer.data(), buffer.data() + used, filled - used);
        filled -= used;
    }
}

asio::awaitable<Error> Link::send() {
    while (true) {
        co_await has_outgoing_.wait();
        if (!is_numbered(options_.wire)) {
            co_await settle();
            if (pending_.empty()) {  // it was given up meanwhile
                outgoing_.clear();
                continue;
            }
            forget_input_ = true;
            pending_.front()->gone = true;
            pending_.front()->sent_at = timers_.now();
        }
        writing_.clear();
        writing_.swap(outgoing_);
        const auto [error, size] =
            co_await asio::async_write(*stream_, asio::buffer(writing_), as_result);
        if (error) {
            co_return broken(error.message());
        }
    }
}

asio::awaitable<void> Link::settle() {
    while (timers_.now() < quiet_until_) {
        co_await timers_.sleep_until(quiet_until_);
    }
}

void Link::garbled() {
    quiet_until_ = std::max(quiet_until_, timers_.now() + options_.turnaround);
    if (!pending_.empty() && pending_.front()->gone) {
        heard_anything_ = true;
        pending_.front()->answer.arrived = clock_.now();
        pending_.front()->answer.defect =
            "it is garbled: are baud rate, parity and mode those of the device, and is the line "
            "terminated?";
        end(*pending_.front(), Answer::Kind::Malformed);
    }
}

asio::awaitable<void> Link::watch() {
    while (true) {
        // All requests have the same time, so the oldest ends first, and one that is put while
        // this sleeps ends after it wakes.
        const Duration oldest = pending_.empty() ? timers_.now() : pending_.front()->sent_at;
        co_await timers_.sleep_until(oldest + options_.timeout);
        while (!pending_.empty() && timers_.now() - pending_.front()->sent_at >= options_.timeout) {
            ++silent_requests_;
            quiet_until_ = std::max(quiet_until_, timers_.now() + options_.turnaround);
            end(*pending_.front(), Answer::Kind::TimedOut);
        }
    }
}

void Link::hand_out(const Frame& frame) {
    heard_anything_ = true;
    silent_requests_ = 0;
    quiet_until_ = std::max(quiet_until_, timers_.now() + options_.gap);
    const auto found = std::ranges::find_if(pending_, [this, &frame](const Pending* pending) {
        return is_numbered(options_.wire) ? pending->transaction == frame.transaction
                                          : pending->gone;
    });
    if (found == pending_.end()) {
        ++dropped_replies_;
        return;
    }
    Pending& pending = **found;
    Answer& answer = pending.answer;
    answer.arrived = clock_.now();
    answer.round_trip = timers_.now() - pending.sent_at;
    if (frame.unit != pending.unit) {
        answer.defect = "it comes from another unit";
        end(pending, Answer::Kind::Malformed);
        return;
    }
    ASSERT(frame.pdu.size() <= answer.bytes.size());
    std::ranges::copy(frame.pdu, answer.bytes.begin());
    const Reply reply =
        decode_reply(ByteView(answer.bytes).first(frame.pdu.size()), pending.request);
    answer.data = reply.data;
    answer.exception = reply.exception;
    answer.defect = reply.defect;
    switch (reply.kind) {
        case Reply::Kind::Data: end(pending, Answer::Kind::Data); break;
        case Reply::Kind::Refused: end(pending, Answer::Kind::Refused); break;
        case Reply::Kind::Malformed: end(pending, Answer::Kind::Malformed); break;
    }
}

void Link::end(Pending& pending, Answer::Kind kind) {
    pending.answer.kind = kind;
    if (kind == Answer::Kind::TimedOut || kind == Answer::Kind::Lost) {
        pending.answer.arrived = clock_.now();
        pending.answer.round_trip = timers_.now() - pending.sent_at;
    }
    std::erase(pending_, &pending);
    pending.done.set();
}

void Link::close() {
    if (closed_) {
        return;
    }
    closed_ = true;
    stream_->close();
    while (!pending_.empty()) {
        end(*pending_.front(), Answer::Kind::Lost);
    }
}

Error Link::broken(std::string_view what) const {
    return {Code::Unavailable, std::format("{}: {}", options_.where, what), {}};
}

}  // namespace gantry::connector::modbus
