// SPDX-License-Identifier: Apache-2.0
#include "connector/s7/link.h"

#include <algorithm>

namespace gantry::connector::s7 {
namespace {

constexpr std::size_t pdu_bytes_least = 64;  // with less there is no room for a request

}  // namespace

Link::Link(std::unique_ptr<Stream> stream, const Settings& settings, const Surroundings& around)
    : RequestLink(std::move(stream), settings.where(), settings.timeout, around),
      settings_(settings) {}

Async<> Link::begin() {
    Bytes hello;
    append_connect(hello, settings_.local(), settings_.remote());
    CO_TRY(co_await write_all(std::move(hello)));
    CO_TRY_ASSIGN(const Packet confirm, co_await read_packet());
    if (confirm.kind != Packet::Kind::Connected) {
        co_return std::unexpected(
            broken("the controller refuses the connection: are rack and slot (or the TSAPs) right, "
                   "and has it a connection free?"));
    }
    Bytes request;
    append_data(request,
                setup_request({.jobs = static_cast<std::uint16_t>(settings_.max_jobs),
                               .pdu_bytes = static_cast<std::uint16_t>(settings_.pdu_bytes)}));
    CO_TRY(co_await write_all(std::move(request)));
    CO_TRY_ASSIGN(const Packet packet, co_await read_packet());
    const auto pdu = packet.kind == Packet::Kind::Data ? read_pdu(packet.payload) : std::nullopt;
    if (pdu && pdu->error != 0) {
        co_return std::unexpected(broken(pdu_error(pdu->error)));
    }
    const auto setup = pdu ? read_setup(*pdu) : std::nullopt;
    if (!setup || setup->pdu_bytes < pdu_bytes_least) {
        co_return std::unexpected(broken("what it sends is not S7: is this the right port?"));
    }
    agreed_.pdu_bytes = std::min(setup->pdu_bytes, static_cast<std::uint16_t>(settings_.pdu_bytes));
    agreed_.jobs =
        std::clamp(setup->jobs, std::uint16_t{1}, static_cast<std::uint16_t>(settings_.max_jobs));
    co_return Result<>{};
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
                    broken("what it sends is not S7 (ISO on TCP): is this the right port?"));
            case Framing::Incomplete: break;
        }
        CO_TRY(co_await read_more(input_));
    }
}

asio::awaitable<void> Link::ask(std::span<Job> jobs) { return ask_all(all_of(jobs)); }

void Link::put(std::uint16_t number, Bytes& request, Bytes& outgoing) {
    set_reference(request, number);
    append_data(outgoing, request);
}

// Of an answer that read_pdu() could read.
void Link::take(RequestJob& job, Bytes answer) {
    job.answer = std::move(answer);
    static_cast<Job&>(job).pdu = *read_pdu(job.answer);
}

asio::awaitable<Error> Link::receive() {
    while (true) {
        const auto packet = co_await read_packet();
        if (!packet) {
            co_return packet.error();
        }
        if (packet->kind == Packet::Kind::Disconnected) {
            co_return broken("the controller ended the connection");
        }
        if (packet->kind != Packet::Kind::Data) {
            continue;
        }
        append(parts_, packet->payload);
        if (parts_.size() > packet_bytes_max) {
            co_return broken("a PDU that does not end");
        }
        if (packet->last) {
            Bytes whole = std::exchange(parts_, {});
            if (const auto pdu = read_pdu(whole)) {
                answered(pdu->reference, std::move(whole));
            }
        }
    }
}

Async<std::shared_ptr<Link>> open_link(const Surroundings& around, const Settings& settings) {
    return open_request_link<Link>(around, settings, [](Link& link) { return link.begin(); });
}

}  // namespace gantry::connector::s7
