// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <list>
#include <map>
#include <memory>

#include "connector/connector.h"
#include "connector/ethernetip/cip.h"
#include "connector/ethernetip/settings.h"
#include "runtime/event.h"

namespace gantry::connector::ethernetip {

// A request, and what came of it.
struct Job {
    Bytes request;
    bool sent = false;
    bool answered = false;  // false: the link is gone, or went
    Bytes answer;
    Reply reply;  // views into `answer`
    Time arrived = 0;
    Duration round_trip{0};
};

// One session with a controller, and the requests on it: one under way on each of its lanes, which
// are connections of CIP, or none where the controller has none for us. A controller that does not
// answer in time loses the session. Lives on one executor; ask() works while run() does.
class Link {
public:
    Link(std::unique_ptr<Stream> stream, const Settings& settings, const Surroundings& around);

    // Agrees with the controller how to talk. Before everything else, but for list_identity().
    Async<> begin();
    // What the device at this end of the route says of itself. Many say nothing, which is no fault.
    Async<std::optional<Identity>> list_identity();

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

    // That a request, or an answer, may have.
    std::size_t message_bytes() const { return message_bytes_; }
    std::string description() const;

    // What is learnt of the controller while the link stands: whether it takes several services in
    // one request, and which structures are texts.
    bool takes_several = true;
    std::map<std::uint16_t, bool> texts;

    // No connection goes without a word for longer: devices give up those that are silent.
    static constexpr Duration silence_max = std::chrono::seconds(15);

private:
    struct Lane {
        std::optional<std::uint32_t> connection;
        bool busy = false;
        Duration sent_at{0};
    };
    struct Ticket {
        std::span<Job> jobs;
        std::size_t next = 0;  // to be sent
        std::size_t open;      // not answered
        Event done;
    };
    struct Pending {
        std::uint16_t number;
        Lane* lane;
        Ticket* ticket;  // null when nobody waits for it
        Job* job;
        Duration sent_at;
    };

    asio::awaitable<Error> receive();
    asio::awaitable<Error> send();
    asio::awaitable<Error> watch();
    asio::awaitable<void> send_and_watch();
    Async<Packet> read_packet();
    Async<> write_all(Bytes bytes);
    // One request and its answer, before run().
    Async<Bytes> exchange(Bytes request);
    Async<> register_session();
    Async<> open_connections();
    Async<bool> open_connection(bool large);
    Async<> check_route();
    void pump();
    void break_silence();
    Lane* free_lane();
    void send_next(Ticket& ticket, Lane& lane);
    void send_on(Lane& lane, const Bytes& request, Ticket* ticket, Job* job);
    void hand_out(const Carried& carried);
    std::uint16_t next_number();
    Error broken(std::string_view what) const;

    std::unique_ptr<Stream> stream_;
    const Settings& settings_;
    Surroundings around_;
    Bytes route_;
    std::uint32_t session_ = 0;
    std::size_t message_bytes_ = 0;
    Bytes input_;           // read, and not taken
    std::size_t used_ = 0;  // of it, by the last packet
    std::vector<Lane> lanes_;
    std::list<Ticket*> tickets_;  // with something to be sent, who is next first
    std::deque<Pending> pending_;
    Bytes outgoing_;
    Bytes writing_;
    Event has_outgoing_;
    Error send_error_;
    std::uint16_t number_ = 0;
    bool closed_ = false;
};

// Connects and agrees how to talk. `device`, if somebody wants to know, becomes who is at this end
// of the route.
Async<std::shared_ptr<Link>> open_link(const Surroundings& around, const Settings& settings,
                                       std::optional<Identity>* device = nullptr);

}  // namespace gantry::connector::ethernetip
