// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "broker/tap.h"

namespace gantry::publication {

// Two who take messages out of the broker, where it knows of one: the first decides when they are
// done, the other only listens.
class TapPair final : public broker::Tap {
public:
    using Listen = std::function<void(const TenantId& tenant, std::string_view topic,
                                      std::string_view payload)>;
    struct Listener {
        std::function<std::uint64_t()> version;
        std::function<bool(const TenantId& tenant, std::string_view topic)> wants;
        Listen hear;  // any thread; must not wait
    };

    TapPair(broker::Tap& first, Listener listener)
        : first_(first), listener_(std::move(listener)) {}

    std::uint64_t version() const override { return first_.version() + listener_.version(); }
    bool wants(const TenantId& tenant, std::string_view topic) const override {
        return first_.wants(tenant, topic) || listener_.wants(tenant, topic);
    }
    void take(const TenantId& tenant, std::vector<mqtt::Handed> messages, Done done) override {
        std::erase_if(messages, [&](const mqtt::Handed& one) {
            const std::string_view topic = one.message->topic();
            if (!listener_.wants(tenant, topic)) {
                return false;
            }
            listener_.hear(tenant, topic, one.message->payload());
            return !first_.wants(tenant, topic);
        });
        if (messages.empty()) {
            done({});
            return;
        }
        first_.take(tenant, std::move(messages), std::move(done));
    }

private:
    broker::Tap& first_;
    const Listener listener_;
};

}  // namespace gantry::publication
