// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "mqtt/gate.h"
#include "security/policy.h"

namespace gantry::broker {

// What the principals of one tenant may do with its topics. A topic is asked about like a path of
// the asset tree: a statement "under" plant/line1 is about that topic and those below it. The
// permissions are topics:publish and topics:subscribe, which is also what is needed to receive.
// One thread.
class TopicGate final : public mqtt::Gate {
public:
    // What a principal may do now; an error when it may do nothing (any more). It may read a
    // database: answers are kept until forget().
    using Rights = std::function<Result<std::vector<security::Statement>>(std::string_view)>;

    explicit TopicGate(Rights rights) : rights_(std::move(rights)) {}

    // A connection that waits for an answer; 0: none does.
    struct Asked {
        mqtt::ConnectionId connection = 0;
        std::string method;  // of enhanced authentication
        std::string data;
    };
    // Who connects has shown who it is before the core of a tenant sees the first byte.
    void authenticate(const mqtt::Credentials& credentials) override {
        asked_ = {credentials.connection, std::string(credentials.method),
                  std::string(credentials.data)};
    }
    // Since the last call.
    Asked take_asked() { return std::exchange(asked_, {}); }

    bool may_publish(std::string_view principal, std::string_view topic) override;
    // Of a filter: what is before its first wildcard. What it matches below is asked about message
    // by message.
    bool may_subscribe(std::string_view principal, std::string_view filter) override;
    bool may_receive(std::string_view principal, std::string_view topic) override;

    // Who takes messages besides, and of which topics, which it may answer anew when the version
    // grows.
    using Wanted = std::function<bool(std::string_view topic)>;
    void offer(Wanted wanted) { wanted_ = std::move(wanted); }
    bool wants(std::string_view topic) override;

    // What was known may have changed.
    void forget() { known_.clear(); }
    void forget_wanted() { topics_.clear(); }

    // What the broker says of itself.
    using Own = std::function<void(std::string_view filter, std::vector<mqtt::MessagePtr>& out)>;
    void tell_own(Own own) { own_ = std::move(own); }
    void own_messages(std::string_view filter, std::vector<mqtt::MessagePtr>& out) override {
        if (own_) {
            own_(filter, out);
        }
    }

private:
    enum Verb : std::size_t { Publish, Subscribe };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>()(text);
        }
    };
    template <class T>
    using ByText = std::unordered_map<std::string, T, Hash, std::equal_to<>>;

    struct Known {
        std::vector<security::Statement> statements;
        // Everything, so that there is nothing to be asked topic by topic.
        bool all[2] = {false, false};
        ByText<bool> topics[2];
    };

    static constexpr std::size_t topics_max = 10'000;  // of a principal
    static constexpr std::size_t wanted_topics_max = 100'000;
    static constexpr std::size_t principals_max = 100'000;

    Known& known(std::string_view principal);
    bool may(std::string_view principal, Verb verb, std::string_view path);

    const Rights rights_;
    Asked asked_;
    ByText<Known> known_;
    Wanted wanted_;
    ByText<bool> topics_;  // whether they are wanted
    Own own_;
};

}  // namespace gantry::broker
