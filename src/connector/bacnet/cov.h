// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>

#include "connector/bacnet/convert.h"
#include "connector/bacnet/link.h"
#include "connector/bacnet/tags.h"
#include "connector/device_state.h"

namespace gantry::connector::bacnet {

// Subscribes to changes of value of the tags that want it, renews that in time, and hands on what
// the device tells. What it refuses is to be polled. What it is given must outlive it.
class CovWatch final : private NotificationListener {
public:
    CovWatch(DeviceState& device, const TagTable& table, const Settings& settings, Link& link,
             const asio::any_io_executor& executor);
    CovWatch(const CovWatch&) = delete;
    CovWatch& operator=(const CovWatch&) = delete;
    ~CovWatch() override;

    // The device tells of it.
    bool told(std::size_t tag) const { return told_.contains(tag); }

    // Until cancelled.
    asio::awaitable<void> run(SampleSink& sink);

private:
    struct Subscription {
        ObjectId object;
        std::vector<std::size_t> tags;
        Duration renew_at{0};
        bool refused = false;
    };

    bool notified(const Notification& told, Time arrived) override;
    asio::awaitable<bool> subscribe(std::uint32_t process);
    asio::awaitable<bool> renew();
    Duration next_due() const;

    DeviceState& device_;
    const TagTable& table_;
    const Settings& settings_;
    Link& link_;
    std::vector<Subscription> subscriptions_;  // their places, from 1, are their process numbers
    std::set<std::size_t> told_;
    SampleBatch batch_;
    Event arrived_;
};

}  // namespace gantry::connector::bacnet
