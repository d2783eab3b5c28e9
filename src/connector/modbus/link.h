// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>

#include "connector/modbus/wire.h"
#include "runtime/semaphore.h"
#include "runtime/stream.h"
#include "runtime/timers.h"

namespace gantry::connector::modbus {

struct LinkOptions {
    std::string where;  // for messages
    Duration timeout = std::chrono::seconds(1);
    std::size_t in_flight_max = 1;  // 1 where the wire does not number
    Wire wire = Wire::Tcp;
    Duration gap{0};  // of silence between frames
    // Of silence after an answer that did not come, or was no answer: a late one is not taken for
    // that of the next request.
    Duration turnaround{0};
};

// The answer to one request, with room for its bytes.
struct Answer {
    enum class Kind : unsigned char {
        Data,       // done
        Refused,    // the device answered with an exception
        Malformed,  // it answered something that is no answer to the request
        TimedOut,   // it did not answer in time
        Lost,       // the link is gone, or went; whether the request arrived is unknown
    };
    Kind kind = Kind::Lost;
    Exception exception = Exception::IllegalFunction;  // if refused
    ByteView data;                                     // what was read; a view into `bytes`
    std::string_view defect;                           // if malformed
    Time arrived = 0;                                  // time of day
    Duration round_trip{0};
    bool sent = false;  // false only if the link was gone before

    std::array<std::byte, pdu_bytes_max> bytes;
};

// One connection to a device or gateway, and the requests on it. Replies are matched by transaction
// id, unit and function; one that comes after its time-out is recognised and dropped. Over a serial
// line there is no id: one request is under way, and what comes before it has gone is dropped.
// Lives on one executor; ask() works while run() does.
class Link {
public:
    Link(std::unique_ptr<Stream> stream, LinkOptions options, Timers& timers, const Clock& clock);

    // Puts a request, waits its turn if too many are under way, and fills in the answer. The
    // request and the bytes behind it must stay as they are meanwhile. Cancelled with its
    // coroutine.
    asio::awaitable<void> ask(std::uint8_t unit, const Request& request, Answer& answer);

    // Carries requests and replies until the link breaks, and says how it broke. Bytes that are not
    // Modbus break it, as the place of the next reply is then unknown; on a serial line, where
    // there is noise, they end the request. Cancelled with its coroutine.
    asio::awaitable<Error> run();

    // All requests under way, and all later ones, are Lost. Never fails.
    void close();

    bool closed() const { return closed_; }
    // Time-outs since the device last sent anything, or since the beginning.
    std::uint64_t silent_requests() const { return silent_requests_; }
    bool heard_anything() const { return heard_anything_; }
    std::uint64_t dropped_replies() const { return dropped_replies_; }

private:
    struct Pending {
        std::uint16_t transaction;
        std::uint8_t unit;
        const Request& request;
        Answer& answer;
        Duration sent_at;
        bool gone = false;  // it is on its way
        Event done;
    };

    asio::awaitable<Error> receive();
    asio::awaitable<Error> send();
    // Ends requests whose time is over.
    asio::awaitable<void> watch();
    asio::awaitable<void> send_and_watch();
    // Waits for the line to have been silent long enough.
    asio::awaitable<void> settle();
    // What cannot be a frame has come.
    void garbled();

    std::uint16_t next_transaction();
    void hand_out(const Frame& frame);
    void end(Pending& pending, Answer::Kind kind);
    Error broken(std::string_view what) const;

    static constexpr std::size_t buffer_bytes = 8 * adu_bytes_max;

    std::unique_ptr<Stream> stream_;
    LinkOptions options_;
    Timers& timers_;
    const Clock& clock_;
    Semaphore slots_;
    std::deque<Pending*> pending_;  // in the order in which they were sent
    Bytes outgoing_;
    Bytes writing_;
    Bytes scratch_;
    Duration quiet_until_{0};
    bool forget_input_ = false;  // what has come so far belongs to nobody
    Event has_outgoing_;
    Error send_error_;
    std::uint16_t transaction_ = 0;
    bool closed_ = false;
    bool heard_anything_ = false;
    std::uint64_t silent_requests_ = 0;
    std::uint64_t dropped_replies_ = 0;
};

}  // namespace gantry::connector::modbus
