// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <list>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "connector/connector.h"
#include "connector/device_link.h"
#include "runtime/either.h"
#include "runtime/event.h"

namespace gantry::connector {

// A request, and what came of it. Protocols add what they read in the answer.
struct RequestJob {
    Bytes request;
    bool sent = false;
    bool answered = false;  // false: the link is gone, or went
    Bytes answer;
    Time arrived = 0;
    Duration round_trip{0};
};

// One connection to a device that is asked, and the requests on it: several under way, matched with
// their answers by numbers. A device that does not answer in time loses the connection. Lives on
// one executor; requests are answered while run() runs.
class RequestLink : public DeviceLink {
public:
    // `where` is for messages.
    RequestLink(std::unique_ptr<Stream> stream, std::string where, Duration timeout,
                const Surroundings& around);

    asio::awaitable<Error> run() override;
    void close() override;
    bool closed() const override { return closed_; }

protected:
    // Puts requests in their order, and returns when all are answered or the link is gone. The jobs
    // must stay where they are meanwhile. Who asks for many does not hold up who asks for one.
    // Cancelled with its coroutine.
    asio::awaitable<void> ask_all(std::vector<RequestJob*> jobs);

    // ---- of the protocol
    // Reads until the link breaks, and tells what it reads by answered().
    virtual asio::awaitable<Error> receive() = 0;
    virtual bool has_room() const = 0;  // for one more request under way
    // Writes a request with its number to `outgoing`.
    virtual void put(std::uint16_t number, Bytes& request, Bytes& outgoing) = 0;
    // Reads an answer that is for the job.
    virtual void take(RequestJob& job, Bytes answer) = 0;
    // When to look after the link, if nothing is due before; and what to do then.
    virtual Duration next_look(Duration due) const { return due; }
    virtual void look_after() {}

    // ---- for the protocol
    void answered(std::uint16_t number, Bytes answer);
    // A request whose answer nobody waits for.
    void send_unasked(Bytes request);
    std::uint16_t next_number();
    std::size_t under_way() const { return pending_.size(); }
    // Before run().
    Async<> write_all(Bytes bytes);
    // Appends what comes next to `input`.
    Async<> read_more(Bytes& input);
    Error broken(std::string_view what) const;
    const Surroundings& around() const { return around_; }

private:
    struct Ticket {
        std::vector<RequestJob*> jobs;
        std::size_t next = 0;  // to be sent
        std::size_t open;      // not answered
        Event done;
    };
    struct Pending {
        std::uint16_t number;
        Ticket* ticket;  // null when nobody waits, or not any more
        RequestJob* job;
        Duration sent_at;
    };

    asio::awaitable<Error> send();
    asio::awaitable<Error> watch();
    asio::awaitable<void> send_and_watch();
    void pump();
    void dispatch(Bytes& request, Ticket* ticket, RequestJob* job);

    std::unique_ptr<Stream> stream_;
    const std::string where_;
    const Duration timeout_;
    Surroundings around_;
    std::list<Ticket*> tickets_;  // with something to be sent, who is next first
    std::deque<Pending> pending_;
    Bytes outgoing_;
    Bytes writing_;
    Event has_outgoing_;
    Error send_error_;
    std::uint16_t number_ = 0;
    bool closed_ = false;
};

template <class Job>
std::vector<RequestJob*> all_of(std::span<Job> jobs) {
    std::vector<RequestJob*> out;
    out.reserve(jobs.size());
    for (Job& job : jobs) {
        out.push_back(&job);
    }
    return out;
}

// Connects to a controller and begins to talk: `begin(link)` is an Async<>.
template <class Link, class Settings, class Begin>
Async<std::shared_ptr<Link>> open_request_link(const Surroundings& around, const Settings& settings,
                                               Begin begin) {
    const auto open = [](const Surroundings& world, const Settings& how,
                         Begin first) -> Async<std::shared_ptr<Link>> {
        auto stream =
            co_await world.network.connect(how.host, static_cast<std::uint16_t>(how.port));
        if (!stream) {
            Error error = std::move(stream).error();
            error.message += ": is the controller on and is the port right?";
            co_return std::unexpected(std::move(error));
        }
        auto link = std::make_shared<Link>(std::move(*stream), how, world);
        CO_TRY(co_await first(*link));
        co_return link;
    };
    co_return co_await with_deadline(
        around.timers, settings.connect_timeout, open(around, settings, std::move(begin)),
        std::format("{}: no answer within {}: is the address right, and is the controller "
                    "reachable?",
                    settings.where(), format_duration(settings.connect_timeout)));
}

}  // namespace gantry::connector
