// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "connector/mqtt/conversation.h"

namespace gantry::connector::mqtt {

// Someone who comes to a broker for a short while: notes which subscriptions are granted, and ends
// when it has seen enough.
class Visitor : public Listener {
public:
    explicit Visitor(asio::any_io_executor executor) : changed_(std::move(executor)) {}

    void connected() override { changed_.set(); }
    void answered(std::string_view filter, gantry::mqtt::Reason reason) override {
        answers.insert_or_assign(std::string(filter), reason);
        changed_.set();
    }
    void heard(const gantry::mqtt::Publish&, bool) override {}
    bool full() const override { return false; }
    asio::awaitable<bool> pause(Acknowledge /*how*/) override { co_return true; }

    // Whether there is nothing more to wait for.
    virtual bool enough() const = 0;
    // Empty: it was granted.
    std::string refusal_of(const std::string& filter) const;

    std::map<std::string, gantry::mqtt::Reason> answers;
    gantry::mqtt::Version version = gantry::mqtt::Version::V5;

protected:
    void look_again() { changed_.set(); }

private:
    friend asio::awaitable<void> stay(Conversation& conversation, Visitor& visitor, Duration most);
    Event changed_;
};

// Connects, subscribes, and stays until the visitor has seen enough, or so long. An error says why
// there is no connection.
Async<> visit(const Surroundings& around, const Settings& settings,
              const std::map<std::string, std::uint8_t>& subscriptions, Visitor& visitor,
              Duration most);

}  // namespace gantry::connector::mqtt
