// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/request_link.h"
#include "connector/words/settings.h"

namespace gantry::connector::words {

// One connection to a controller: one request under way, as such controllers have it.
class Link final : public RequestLink {
public:
    Link(std::unique_ptr<Stream> stream, const Settings& settings, const Surroundings& around);

    // Agrees with the controller who is who. Before everything else.
    Async<> begin();
    // The answers are payloads of frames.
    asio::awaitable<void> ask(std::span<RequestJob> jobs) { return ask_all(all_of(jobs)); }

    const Language& language() const { return *language_; }

private:
    asio::awaitable<Error> receive() override;
    bool has_room() const override { return under_way() == 0; }
    void put(std::uint16_t number, Bytes& request, Bytes& outgoing) override;
    void take(RequestJob& job, Bytes answer) override { job.answer = std::move(answer); }
    Async<Frame> read_frame();

    const std::shared_ptr<const Language> language_;
    Peer peer_;
    std::uint16_t last_ = 0;  // number of the last request
    Bytes input_;             // read, and not taken
    std::size_t used_ = 0;    // of it, by the last frame
};

// Connects and agrees how to talk.
Async<std::shared_ptr<Link>> open_link(const Surroundings& around, const Settings& settings);

}  // namespace gantry::connector::words
