// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <span>

#include "connector/ethernetip/cip.h"
#include "connector/ethernetip/settings.h"
#include "connector/request_link.h"

namespace gantry::connector::ethernetip {

struct Job : RequestJob {
    Reply reply;  // views into `answer`
};

// One session with a controller: one request under way on each of its lanes, which are connections
// of CIP, or none where the controller has none for us.
class Link final : public RequestLink {
public:
    Link(std::unique_ptr<Stream> stream, const Settings& settings, const Surroundings& around);

    // Agrees with the controller how to talk. Before everything else. `device`, if somebody wants
    // to know, becomes who is at this end of the route; many say nothing, which is no fault.
    Async<> begin(std::optional<Identity>* device);
    asio::awaitable<void> ask(std::span<Job> jobs);

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
        std::optional<std::uint16_t> under_way;  // the number of a request
        Duration sent_at{0};
    };

    asio::awaitable<Error> receive() override;
    bool has_room() const override;
    void put(std::uint16_t number, Bytes& request, Bytes& outgoing) override;
    void take(RequestJob& job, Bytes answer) override;
    Duration next_look(Duration due) const override;
    void look_after() override;

    Async<Packet> read_packet();
    // One request and its answer, before run().
    Async<Bytes> exchange(Bytes request);
    Async<std::optional<Identity>> list_identity();
    Async<> register_session();
    Async<> open_connections();
    Async<bool> open_connection(bool large);
    Async<> check_route();
    Lane* longest_silent();

    const Settings& settings_;
    Bytes route_;
    std::uint32_t session_ = 0;
    std::size_t message_bytes_ = 0;
    Bytes input_;           // read, and not taken
    std::size_t used_ = 0;  // of it, by the last packet
    std::vector<Lane> lanes_;
};

// Connects and agrees how to talk. `device`, if somebody wants to know, becomes who is at this end
// of the route.
Async<std::shared_ptr<Link>> open_link(const Surroundings& around, const Settings& settings,
                                       std::optional<Identity>* device = nullptr);

}  // namespace gantry::connector::ethernetip
