// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mqtt/codec/reason.h"
#include "mqtt/message.h"

namespace gantry::mqtt {

// Number of a network connection; never used again, never 0.
using ConnectionId = std::uint64_t;

// What somebody shows who wants to connect, or to authenticate anew.
struct Credentials {
    ConnectionId connection = 0;
    std::string_view client_id;
    std::optional<std::string_view> user_name;
    std::optional<std::string_view> password;
    // Of enhanced authentication (4.12); empty without.
    std::string_view method;
    std::string_view data;
};

struct Admission {
    enum class Verdict : std::uint8_t {
        Accept,
        Continue,  // enhanced authentication needs another message, `data`
        Refuse,    // for `reason`
    };
    Verdict verdict = Verdict::Refuse;
    Reason reason = Reason::NotAuthorized;
    // Who it is. A session belongs to the principal that began it.
    std::string principal;
    std::string data;  // of enhanced authentication
};

// Who may connect, and do what. Views are good during the call only.
class Gate {
public:
    virtual ~Gate() = default;
    // Answered by Core::admit(), now or later: once for each call, unless the connection is gone.
    virtual void authenticate(const Credentials& credentials) = 0;
    // Asked for every message and every subscription, so it is to be quick; what it answers counts
    // from then on, also for what was queued before.
    virtual bool may_publish(std::string_view principal, std::string_view topic) = 0;
    virtual bool may_subscribe(std::string_view principal, std::string_view filter) = 0;
    virtual bool may_receive(std::string_view principal, std::string_view topic) = 0;
    // Whether messages of that topic are for the owner of the core as well (Core::take_handed()).
    virtual bool wants(std::string_view /*topic*/) { return false; }
    // What the owner says of itself under topics that begin with '$': appends what a new
    // subscription with that filter gets, as if it were retained.
    virtual void own_messages(std::string_view /*filter*/, std::vector<MessagePtr>& /*out*/) {}
};

}  // namespace gantry::mqtt
