// SPDX-License-Identifier: Apache-2.0
#include "connector/words/link.h"

#include <format>

namespace gantry::connector::words {

Link::Link(std::unique_ptr<Stream> stream, const Settings& settings, const Surroundings& around)
    : RequestLink(std::move(stream), settings.where(), settings.timeout, around),
      language_(settings.language) {}

Async<> Link::begin() {
    Bytes hello = language_->hello();
    if (hello.empty()) {
        co_return Result<>{};
    }
    CO_TRY(co_await write_all(std::move(hello)));
    CO_TRY_ASSIGN(const Frame frame, co_await read_frame());
    const auto peer = language_->greeted(frame.payload);
    if (!peer) {
        co_return std::unexpected(broken(peer.error().message));
    }
    peer_ = *peer;
    co_return Result<>{};
}

Async<Frame> Link::read_frame() {
    input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(used_));
    used_ = 0;
    while (true) {
        Frame frame;
        switch (language_->take_frame(input_, frame)) {
            case Framing::Complete:
                used_ = frame.size;
                if (!frame.trouble.empty()) {
                    co_return std::unexpected(broken(frame.trouble));
                }
                co_return frame;
            case Framing::Broken:
                co_return std::unexpected(
                    broken(std::format("what it sends is not {}: is this the right port, and is it "
                                       "set to binary code?",
                                       language_->name())));
            case Framing::Incomplete: break;
        }
        CO_TRY(co_await read_more(input_));
    }
}

void Link::put(std::uint16_t number, Bytes& request, Bytes& outgoing) {
    last_ = number;
    language_->put_frame(number, peer_, request, outgoing);
}

asio::awaitable<Error> Link::receive() {
    while (true) {
        const auto frame = co_await read_frame();
        if (!frame) {
            co_return frame.error();
        }
        if (under_way() > 0 && frame->mark == language_->mark(last_)) {
            answered(last_, Bytes(frame->payload.begin(), frame->payload.end()));
        }
    }
}

Async<std::shared_ptr<Link>> open_link(const Surroundings& around, const Settings& settings) {
    return open_request_link<Link>(around, settings, [](Link& link) { return link.begin(); });
}

}  // namespace gantry::connector::words
