// SPDX-License-Identifier: Apache-2.0
#include "connector/iec104/session.h"

#include <algorithm>

#include "connector/iec104/asdu.h"

namespace gantry::connector::iec104 {
namespace {

constexpr std::byte start_byte{0x68};
constexpr std::size_t control_bytes = 4;
constexpr std::size_t apdu_bytes_max = 253;
// Answers to tests that the station does not read.
constexpr std::size_t output_bytes_max = 64 * 1024;
static_assert(control_bytes + asdu_bytes_max == apdu_bytes_max);

unsigned byte_at(ByteView bytes, std::size_t at) { return std::to_integer<unsigned>(bytes[at]); }

std::uint16_t number_at(ByteView bytes, std::size_t at) {
    return static_cast<std::uint16_t>((byte_at(bytes, at) | byte_at(bytes, at + 1) << 8) >> 1);
}

void put(Bytes& out, std::size_t length, std::uint16_t first, std::uint16_t second) {
    out.push_back(start_byte);
    for (const unsigned byte : {static_cast<unsigned>(length), first & 0xffU, first >> 8 & 0xffU,
                                second & 0xffU, second >> 8 & 0xffU}) {
        out.push_back(static_cast<std::byte>(byte));
    }
}

}  // namespace

void Session::start(Duration now) {
    heard_at_ = now;
    asked_at_ = now;
    put_unnumbered(Unnumbered::StartAct);
}

Result<> Session::receive(ByteView bytes, Duration now, const Take& take) {
    input_.insert(input_.end(), bytes.begin(), bytes.end());
    std::size_t at = 0;
    while (input_.size() - at >= 2) {
        const ByteView rest = ByteView(input_).subspan(at);
        const std::size_t length = byte_at(rest, 1);
        if (rest[0] != start_byte || length < control_bytes || length > apdu_bytes_max) {
            return fail(Code::Unavailable, "what comes is not IEC 60870-5-104: {:#04x} {:#04x}",
                        byte_at(rest, 0), length);
        }
        if (rest.size() < 2 + length) {
            break;
        }
        TRY(take_frame(rest.subspan(2, control_bytes),
                       rest.subspan(2 + control_bytes, length - control_bytes), now, take));
        at += 2 + length;
    }
    input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(at));
    flush(now);
    if (output_.size() > output_bytes_max) {
        return fail(Code::Unavailable, "the station asks, and does not read the answers");
    }
    return {};
}

Result<> Session::take_frame(ByteView control, ByteView asdu, Duration now, const Take& take) {
    heard_at_ = now;
    if ((byte_at(control, 0) & 1) == 0) {  // I: numbered information
        if (!started_) {
            return fail(Code::Unavailable, "the station sends before it was asked to begin");
        }
        if (number_at(control, 0) != received_) {
            return fail(Code::Unavailable,
                        "the station counts {}, and {} is next: something is lost",
                        number_at(control, 0), received_);
        }
        TRY(acknowledge(number_at(control, 2)));
        received_ = static_cast<std::uint16_t>((received_ + 1) % sequence_end);
        if (owed_++ == 0) {
            owed_since_ = now;
        }
        if (!asdu.empty()) {
            take(asdu);
        }
        if (owed_ >= limits_.w) {
            put_supervisory();
        }
        return {};
    }
    if ((byte_at(control, 0) & 3) == 1) {  // S: numbered supervision
        return acknowledge(number_at(control, 2));
    }
    switch (static_cast<Unnumbered>(byte_at(control, 0))) {
        case Unnumbered::StartCon:
            started_ = true;
            asked_at_.reset();
            break;
        case Unnumbered::TestAct: put_unnumbered(Unnumbered::TestCon); break;
        case Unnumbered::TestCon: asked_at_.reset(); break;
        default:
            return fail(Code::Unavailable,
                        "the station sends the control field {:#04x}, which a "
                        "controlled station may not",
                        byte_at(control, 0));
    }
    return {};
}

// All of ours before `received` have arrived.
Result<> Session::acknowledge(std::uint16_t received) {
    const auto distance = [](std::uint16_t from, std::uint16_t to) {
        return static_cast<std::size_t>((to - from + sequence_end) % sequence_end);
    };
    const std::size_t count = distance(acknowledged_, received);
    if (count > sent_at_.size()) {
        return fail(Code::Unavailable,
                    "the station acknowledges {}, and {} was the last that it got", received,
                    sent_);
    }
    sent_at_.erase(sent_at_.begin(), sent_at_.begin() + static_cast<std::ptrdiff_t>(count));
    acknowledged_ = received;
    return {};
}

void Session::send(Bytes asdu, Duration now) {
    waiting_.push_back(std::move(asdu));
    flush(now);
}

void Session::flush(Duration now) {
    while (started_ && !waiting_.empty() && sent_at_.size() < limits_.k) {
        const Bytes& asdu = waiting_.front();
        put(output_, control_bytes + asdu.size(), static_cast<std::uint16_t>(sent_ << 1),
            static_cast<std::uint16_t>(received_ << 1));
        output_.insert(output_.end(), asdu.begin(), asdu.end());
        waiting_.pop_front();
        sent_ = static_cast<std::uint16_t>((sent_ + 1) % sequence_end);
        sent_at_.push_back(now);
        owed_ = 0;  // it carries what we have received
        owed_since_.reset();
    }
}

Result<> Session::tick(Duration now) {
    if ((asked_at_ && now - *asked_at_ >= limits_.t1) ||
        (!sent_at_.empty() && now - sent_at_.front() >= limits_.t1)) {
        return fail(Code::Unavailable, "the station does not answer within {} (t1)",
                    format_duration(limits_.t1));
    }
    if (owed_since_ && now - *owed_since_ >= limits_.t2) {
        put_supervisory();
    }
    if (!asked_at_ && now - heard_at_ >= limits_.t3) {
        asked_at_ = now;
        put_unnumbered(Unnumbered::TestAct);
    }
    return {};
}

Duration Session::next_deadline() const {
    Duration out = asked_at_ ? *asked_at_ + limits_.t1 : heard_at_ + limits_.t3;
    if (!sent_at_.empty()) {
        out = std::min(out, sent_at_.front() + limits_.t1);
    }
    if (owed_since_) {
        out = std::min(out, *owed_since_ + limits_.t2);
    }
    return out;
}

void Session::put_unnumbered(Unnumbered what) {
    put(output_, control_bytes, static_cast<std::uint16_t>(what), 0);
}

void Session::put_supervisory() {
    put(output_, control_bytes, 1, static_cast<std::uint16_t>(received_ << 1));
    owed_ = 0;
    owed_since_.reset();
}

}  // namespace gantry::connector::iec104
