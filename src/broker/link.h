// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "broker/scram_sign_in.h"
#include "broker/throttle.h"
#include "model/entities.h"
#include "mqtt/gate.h"
#include "runtime/stream.h"
#include "security/context.h"

namespace gantry::broker {

class Space;

// Bytes that have come and were not used yet. Small while little comes, because there are many
// connections and most are quiet.
class Inbox {
public:
    asio::mutable_buffer room() {
        if (bytes_.empty()) {
            bytes_.resize(least);
        }
        return asio::buffer(bytes_.data() + filled_, bytes_.size() - filled_);
    }
    void came(std::size_t count) {
        filled_ += count;
        full_ = filled_ == bytes_.size();
        small_reads_ = count < least ? small_reads_ + 1 : 0;
    }
    std::string_view view() const { return std::string_view(bytes_).substr(0, filled_); }
    void used(std::size_t count) {
        filled_ -= count;
        if (count > 0 && filled_ > 0) {
            std::memmove(bytes_.data(), bytes_.data() + count, filled_);
        }
    }
    // For the next read: a packet of that size (0: not known), and more at a time from who sends
    // much. Not while one is under way.
    void make_room(std::size_t packet) {
        std::size_t wanted = bytes_.size();
        if (packet > wanted) {
            wanted = packet;
        } else if (full_ && wanted < most_at_once) {
            wanted *= 2;
        }
        if (filled_ == 0 && packet == 0 && small_reads_ > 16 && bytes_.size() > least) {
            bytes_ = std::string();
            wanted = least;
            small_reads_ = 0;
        }
        bytes_.resize(wanted);
        full_ = false;
    }

private:
    static constexpr std::size_t least = 512;
    static constexpr std::size_t most_at_once = 64 * 1024;

    std::string bytes_;
    std::size_t filled_ = 0;
    bool full_ = false;         // by the last read: there may be more
    unsigned small_reads_ = 0;  // one after the other
};

// A connection to the network. On the broker's thread.
struct Link {
    explicit Link(std::unique_ptr<Stream> from) : stream(std::move(from)), peer(stream->peer()) {}

    std::unique_ptr<Stream> stream;
    const std::string peer;
    Inbox inbox;
    Time since = 0;

    // Once it is known whose it is.
    Space* space = nullptr;
    mqtt::ConnectionId id = 0;
    PrincipalId principal;
    TokenId token;
    std::string login;
    Throttle throttle;
    std::unique_ptr<ScramSignIn> sign_in;             // while it authenticates anew
    std::shared_ptr<const security::Identity> inner;  // of a part of this program

    // What is being written.
    std::string sending;
    std::size_t sent = 0;
    bool writing = false;
    bool close_behind = false;  // when it has been written
    Duration taken_at{0};       // when the other side last took something
};

}  // namespace gantry::broker
