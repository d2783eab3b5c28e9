// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <list>
#include <memory>

#include "connector/connector.h"
#include "connector/s7/frame.h"
#include "connector/s7/settings.h"
#include "runtime/event.h"

namespace gantry::connector::s7 {

// A request, and what came of it.
struct Job {
    Bytes request;
    bool sent = false;
    bool answered = false;  // false: the link is gone, or went
    Bytes answer;
    Pdu pdu;  // views into `answer`
    Time arrived = 0;
    Duration round_trip{0};
};

// One connection to a controller, and the requests on it: as many under way as the controller
// takes, matched by their numbers. A controller that does not answer in time loses the connection.
// Lives on one executor; ask() works while run() does.
class Link {
public:
    Link(std::unique_ptr<Stream> stream, const Settings& settings, const Surroundings& around);

    // Agrees with the controller how to talk. Before everything else.
    Async<> begin();

    // Puts requests in their order, and returns when all are answered or the link is gone. The jobs
    // must stay where they are meanwhile. Who asks for many does not hold up who asks for one.
    // Cancelled with its coroutine.
    asio::awaitable<void> ask(std::span<Job> jobs);

    // Carries requests and answers until the link breaks, and says how. Cancelled with its
    // coroutine.
    asio::awaitable<Error> run();
    // All requests under way, and all later ones, stay unanswered.
    void close();
    bool closed() const { return closed_; }

    std::size_t pdu_bytes() const { return agreed_.pdu_bytes; }

private:
    struct Ticket {
        std::span<Job> jobs;
        std::size_t next = 0;  // to be sent
        std::size_t open;      // not answered
        Event done;
    };
    struct Pending {
        std::uint16_t reference;
        Ticket* ticket;  // null when nobody waits any more
        Job* job;
        Duration sent_at;
    };

    asio::awaitable<Error> receive();
    asio::awaitable<Error> send();
    asio::awaitable<Error> watch();
    asio::awaitable<void> send_and_watch();
    Async<Packet> read_packet();
    Async<> write_all(Bytes bytes);
    void pump();
    void send_next(Ticket& ticket);
    void hand_out(Bytes bytes);
    std::uint16_t next_reference();
    Error broken(std::string_view what) const;

    std::unique_ptr<Stream> stream_;
    const Settings& settings_;
    Surroundings around_;
    Setup agreed_;
    Bytes input_;                 // read, and not taken
    std::size_t used_ = 0;        // of it, by the last packet
    Bytes parts_;                 // of a PDU that came in several packets
    std::list<Ticket*> tickets_;  // with something to be sent, who is next first
    std::deque<Pending> pending_;
    Bytes outgoing_;
    Bytes writing_;
    Event has_outgoing_;
    Error send_error_;
    std::uint16_t reference_ = 0;
    bool closed_ = false;
};

// Connects and agrees how to talk.
Async<std::shared_ptr<Link>> open_link(const Surroundings& around, const Settings& settings);

}  // namespace gantry::connector::s7
