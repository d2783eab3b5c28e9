// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"

namespace gantry::connector::iec104 {

// The controlling station's side of one connection (IEC 60870-5-104:2006, clause 5): it counts what
// goes and comes, acknowledges it, and tests a line on which nothing happens. Knows no socket and
// no clock: bytes and times come in, bytes go out.
class Session {
public:
    struct Limits {
        std::uint16_t k = 12;  // APDUs of ours that the station need not have acknowledged
        std::uint16_t w = 8;   // of the station's, after which we acknowledge
        Duration t1 = std::chrono::seconds(15);  // for what must be answered
        Duration t2 = std::chrono::seconds(10);  // until we acknowledge in any case
        Duration t3 = std::chrono::seconds(20);  // of silence, until the line is tested
    };
    // What an ASDU says; a view.
    using Take = std::function<void(ByteView asdu)>;

    explicit Session(const Limits& limits) : limits_(limits) {}

    // Asks the station to begin (STARTDT act).
    void start(Duration now);
    bool started() const { return started_; }

    // Takes bytes that have come. An error says how the station broke the rules: the place in the
    // stream, or the count, is lost, and the connection must end.
    Result<> receive(ByteView bytes, Duration now, const Take& take);
    // An ASDU goes when it may: it waits for the start, and for the station to acknowledge.
    void send(Bytes asdu, Duration now);
    // Errors when the station has not answered in time.
    Result<> tick(Duration now);
    Duration next_deadline() const;

    // What is to be written.
    Bytes take_output() { return std::exchange(output_, {}); }
    bool has_output() const { return !output_.empty(); }
    // ASDUs that wait.
    std::size_t waiting() const { return waiting_.size(); }

private:
    enum class Unnumbered : std::uint8_t {
        StartAct = 0x07,
        StartCon = 0x0b,
        StopAct = 0x13,
        StopCon = 0x23,
        TestAct = 0x43,
        TestCon = 0x83,
    };

    Result<> take_frame(ByteView control, ByteView asdu, Duration now, const Take& take);
    Result<> acknowledge(std::uint16_t received);
    void put_unnumbered(Unnumbered what);
    void put_supervisory();
    void flush(Duration now);

    static constexpr std::uint16_t sequence_end = 1 << 15;  // numbers go from 0 to 32767

    const Limits limits_;
    Bytes input_;
    Bytes output_;
    std::deque<Bytes> waiting_;
    bool started_ = false;
    std::uint16_t sent_ = 0;          // V(S)
    std::uint16_t received_ = 0;      // V(R)
    std::uint16_t acknowledged_ = 0;  // the station has all of ours before this
    std::uint16_t owed_ = 0;          // of the station's, not acknowledged yet
    std::optional<Duration> owed_since_;
    std::deque<Duration> sent_at_;      // of what is not acknowledged
    std::optional<Duration> asked_at_;  // STARTDT or TESTFR that is not confirmed
    Duration heard_at_{0};
};

}  // namespace gantry::connector::iec104
