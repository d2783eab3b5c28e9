// SPDX-License-Identifier: Apache-2.0
#include "connector/ethernetip/link.h"

#include <algorithm>
#include <format>

namespace gantry::connector::ethernetip {
namespace {

// Messages of these sizes are what the controllers of Rockwell take: newer ones, and all.
constexpr std::uint16_t large_bytes = 4000;
constexpr std::uint16_t small_bytes = 500;
constexpr std::size_t sequence_bytes = 2;
// Without a connection 504 bytes, with the route and what else is around a message.
constexpr std::size_t unconnected_bytes = 400;

// A controller forgets a connection after 32 times this without a word.
constexpr Duration interval = std::chrono::seconds(2);
static_assert(3 * Link::silence_max < 32 * interval);

}  // namespace

Link::Link(std::unique_ptr<Stream> stream, const Settings& settings, const Surroundings& around)
    : RequestLink(std::move(stream), settings.where(), settings.timeout, around),
      settings_(settings),
      route_(settings.way()) {}

Async<> Link::begin(std::optional<Identity>* device) {
    if (device != nullptr) {
        CO_TRY_ASSIGN(*device, co_await list_identity());
    }
    CO_TRY(co_await register_session());
    if (settings_.connected) {
        CO_TRY(co_await open_connections());
    }
    if (lanes_.empty()) {
        CO_TRY(co_await check_route());
        message_bytes_ = unconnected_bytes;
        lanes_.resize(static_cast<std::size_t>(settings_.max_requests));
    }
    for (Lane& lane : lanes_) {
        lane.sent_at = around().timers.now();
    }
    co_return Result<>{};
}

Async<std::optional<Identity>> Link::list_identity() {
    Bytes hello;
    append_list_identity(hello);
    CO_TRY(co_await write_all(std::move(hello)));
    CO_TRY_ASSIGN(const Packet packet, co_await read_packet());
    const auto data = read_list_identity(packet);
    co_return data ? read_identity(*data) : std::nullopt;
}

Async<> Link::register_session() {
    Bytes hello;
    append_register(hello);
    CO_TRY(co_await write_all(std::move(hello)));
    CO_TRY_ASSIGN(const Packet packet, co_await read_packet());
    if (packet.status != 0) {
        co_return std::unexpected(broken(encapsulation_error(packet.status)));
    }
    if (packet.command != Command::RegisterSession) {
        co_return std::unexpected(broken("what it sends is no answer: is this the right port?"));
    }
    session_ = packet.session;
    co_return Result<>{};
}

// Large ones, or else small ones, or else none.
Async<> Link::open_connections() {
    const auto wanted = static_cast<std::size_t>(settings_.max_requests);
    for (const bool large : {true, false}) {
        while (lanes_.size() < wanted) {
            CO_TRY_ASSIGN(const bool opened, co_await open_connection(large));
            if (!opened) {
                break;
            }
        }
        if (!lanes_.empty()) {
            message_bytes_ = (large ? large_bytes : small_bytes) - sequence_bytes;
            break;
        }
    }
    co_return Result<>{};
}

Async<bool> Link::open_connection(bool large) {
    const auto by_lot = [this](std::uint64_t bound) { return around().random.below(bound); };
    CO_TRY_ASSIGN(const Bytes answer,
                  co_await exchange(open_request(
                      {.large = large,
                       .bytes = large ? large_bytes : small_bytes,
                       .to_originator = static_cast<std::uint32_t>(by_lot(std::uint64_t{1} << 32)),
                       .serial = static_cast<std::uint16_t>(by_lot(std::uint64_t{1} << 16)),
                       .originator = static_cast<std::uint32_t>(by_lot(std::uint64_t{1} << 32)),
                       .interval = interval},
                      route_)));
    const Reply reply = *read_reply(answer);
    if (const auto connection = read_opened(reply)) {
        lanes_.emplace_back().connection = connection;
        co_return true;
    }
    if (lanes_.empty() && is_lost_on_the_way(reply)) {
        co_return std::unexpected(broken(trouble_of(reply).text));
    }
    co_return false;
}

Async<> Link::check_route() {
    CO_TRY_ASSIGN(const Bytes answer,
                  co_await exchange(by_route(identity_request(), route_, settings_.timeout)));
    const Reply reply = *read_reply(answer);
    if (!reply.good()) {
        co_return std::unexpected(broken(trouble_of(reply).text));
    }
    co_return Result<>{};
}

Async<Bytes> Link::exchange(Bytes request) {
    Bytes bytes;
    append_unconnected(bytes, session_, next_number(), request);
    CO_TRY(co_await write_all(std::move(bytes)));
    CO_TRY_ASSIGN(const Packet packet, co_await read_packet());
    if (packet.status != 0) {
        co_return std::unexpected(broken(encapsulation_error(packet.status)));
    }
    const auto carried = read_carried(packet);
    if (!carried || !read_reply(carried->message)) {
        co_return std::unexpected(broken("what it sends is no answer of CIP"));
    }
    co_return Bytes(carried->message.begin(), carried->message.end());
}

Async<Packet> Link::read_packet() {
    input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(used_));
    used_ = 0;
    while (true) {
        Packet packet;
        switch (take_packet(input_, packet, used_)) {
            case Framing::Complete: co_return packet;
            case Framing::Broken:
                co_return std::unexpected(
                    broken("what it sends is not EtherNet/IP: is this the right port?"));
            case Framing::Incomplete: break;
        }
        CO_TRY(co_await read_more(input_));
    }
}

asio::awaitable<void> Link::ask(std::span<Job> jobs) { return ask_all(all_of(jobs)); }

// Of those that are free. Requests take turns on the lanes, so that each is heard of.
Link::Lane* Link::longest_silent() {
    Lane* out = nullptr;
    for (Lane& lane : lanes_) {
        if (!lane.under_way && (out == nullptr || lane.sent_at < out->sent_at)) {
            out = &lane;
        }
    }
    return out;
}

bool Link::has_room() const {
    return std::ranges::any_of(lanes_, [](const Lane& lane) { return !lane.under_way; });
}

void Link::put(std::uint16_t number, Bytes& request, Bytes& outgoing) {
    Lane& lane = *longest_silent();
    if (lane.connection) {
        append_connected(outgoing, session_, *lane.connection, number, request);
    } else {
        append_unconnected(outgoing, session_, number,
                           by_route(request, route_, settings_.timeout));
    }
    lane.under_way = number;
    lane.sent_at = around().timers.now();
}

// Of an answer that read_reply() could read.
void Link::take(RequestJob& job, Bytes answer) {
    job.answer = std::move(answer);
    static_cast<Job&>(job).reply = *read_reply(job.answer);
}

asio::awaitable<Error> Link::receive() {
    while (true) {
        const auto packet = co_await read_packet();
        if (!packet) {
            co_return packet.error();
        }
        if (packet->status != 0) {
            co_return broken(encapsulation_error(packet->status));
        }
        auto carried = read_carried(*packet);
        if (!carried) {
            continue;  // something that nobody asked for
        }
        if (!carried->connected) {
            carried->sequence = static_cast<std::uint16_t>(packet->context & 0xffff);
        }
        const auto reply = read_reply(carried->message);
        if (!reply) {
            co_return broken("what it sends is no answer of CIP");
        }
        if (is_lost_on_the_way(*reply)) {
            co_return broken(trouble_of(*reply).text);
        }
        const auto lane =
            std::ranges::find(lanes_, std::optional(carried->sequence), &Lane::under_way);
        if (lane == lanes_.end()) {
            continue;  // an answer that nobody waits for
        }
        lane->under_way.reset();
        answered(carried->sequence, Bytes(carried->message.begin(), carried->message.end()));
    }
}

Duration Link::next_look(Duration due) const {
    return std::min(due, around().timers.now() + silence_max);
}

void Link::look_after() {
    const Duration now = around().timers.now();
    for (Lane* lane = longest_silent(); lane != nullptr && now - lane->sent_at >= silence_max;
         lane = longest_silent()) {
        send_unasked(identity_request());
    }
}

std::string Link::description() const {
    const bool connected = lanes_.front().connection.has_value();
    return connected ? std::format("{}: connected, with {} connections for messages of {} bytes",
                                   settings_.where(), lanes_.size(), message_bytes_)
                     : std::format("{}: connected, without connections of CIP", settings_.where());
}

Async<std::shared_ptr<Link>> open_link(const Surroundings& around, const Settings& settings,
                                       std::optional<Identity>* device) {
    return open_request_link<Link>(around, settings,
                                   [device](Link& link) { return link.begin(device); });
}

}  // namespace gantry::connector::ethernetip
