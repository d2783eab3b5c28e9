// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>

#include "connector/request_link.h"
#include "connector/s7/frame.h"
#include "connector/s7/settings.h"

namespace gantry::connector::s7 {

struct Job : RequestJob {
    Pdu pdu;  // views into `answer`
};

// One connection to a controller: as many requests under way as it takes.
class Link final : public RequestLink {
public:
    Link(std::unique_ptr<Stream> stream, const Settings& settings, const Surroundings& around);

    // Agrees with the controller how to talk. Before everything else.
    Async<> begin();
    asio::awaitable<void> ask(std::span<Job> jobs);

    std::size_t pdu_bytes() const { return agreed_.pdu_bytes; }
    // Of an item that fills an answer by itself.
    std::size_t answer_bytes() const { return pdu_bytes() - answer_head - answer_item; }

private:
    asio::awaitable<Error> receive() override;
    bool has_room() const override { return under_way() < agreed_.jobs; }
    void put(std::uint16_t number, Bytes& request, Bytes& outgoing) override;
    void take(RequestJob& job, Bytes answer) override;
    Async<Packet> read_packet();

    const Settings& settings_;
    Setup agreed_;
    Bytes input_;           // read, and not taken
    std::size_t used_ = 0;  // of it, by the last packet
    Bytes parts_;           // of a PDU that came in several packets
};

// Connects and agrees how to talk.
Async<std::shared_ptr<Link>> open_link(const Surroundings& around, const Settings& settings);

}  // namespace gantry::connector::s7
