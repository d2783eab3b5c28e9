// SPDX-License-Identifier: Apache-2.0
#include "connector/bacnet/cov.h"

#include <algorithm>

#include "connector/bacnet/words.h"

namespace gantry::connector::bacnet {
namespace {

constexpr Duration refusals_kept = std::chrono::minutes(10);
constexpr std::uint32_t system_status = 112;

asio::awaitable<bool> happened(Event& event) {
    co_await event.wait();
    co_return true;
}

}  // namespace

CovWatch::CovWatch(DeviceState& device, const TagTable& table, const Settings& settings, Link& link,
                   const asio::any_io_executor& executor)
    : device_(device), table_(table), settings_(settings), link_(link), arrived_(executor) {
    std::map<ObjectId, std::vector<std::size_t>> wanted;
    for (std::size_t i = 0; i < table.tags.size(); ++i) {
        if (table.tags[i].address.cov) {
            wanted[table.tags[i].address.place.object].push_back(i);
        }
    }
    for (auto& [object, tags] : wanted) {
        Subscription& one = subscriptions_.emplace_back();
        one.object = object;
        one.tags = std::move(tags);
    }
    link_.listen(this);
}

CovWatch::~CovWatch() { link_.listen(nullptr); }

bool CovWatch::notified(const Notification& told, Time arrived) {
    if (told.process == 0 || told.process > subscriptions_.size() ||
        subscriptions_[told.process - 1].object != told.object) {
        return false;
    }
    Status status;
    for (const PropertyResult& one : told.values) {
        if (one.of.property == property::status_flags) {
            status = read_status(one.value).value_or(Status{});
        }
    }
    for (const PropertyResult& one : told.values) {
        if (one.of.property != property::present_value || one.of.index) {
            continue;
        }
        for (const std::size_t place : subscriptions_[told.process - 1].tags) {
            const Tag& tag = table_.tags[place];
            std::string scratch;
            const Decoded said = decode(tag.address, tag.property.type, one.value, status, scratch);
            device_.vitals().part(table_.paths[place],
                                  said.reading.quality.bad() ? said.why : std::string());
            device_.value(place, said.reading, arrived, std::nullopt, batch_);
        }
    }
    arrived_.set();
    return true;
}

// False if the link went meanwhile.
asio::awaitable<bool> CovWatch::subscribe(std::uint32_t process) {
    Subscription& one = subscriptions_[process - 1];
    const auto lifetime = std::chrono::duration_cast<std::chrono::seconds>(settings_.cov_lifetime);
    const Answer answer = co_await link_.ask(
        Service::SubscribeCov,
        subscribe_request(process, one.object, true, static_cast<std::uint32_t>(lifetime.count())));
    if (!answer.arrived) {
        co_return false;
    }
    const Duration now = device_.around().timers.now();
    one.renew_at = now + (answer.good() ? settings_.cov_lifetime / 2 : refusals_kept);
    for (const std::size_t tag : one.tags) {
        if (answer.good()) {
            told_.insert(tag);
        } else {
            told_.erase(tag);
        }
    }
    if (!answer.good() && !one.refused) {
        device_.around().log.info("connector", "subscription_refused",
                                  {{"connection", device_.key()},
                                   {"object", object_text(one.object)},
                                   {"why", answer.trouble},
                                   {"instead", "it is polled"}});
    }
    one.refused = !answer.good();
    co_return true;
}

asio::awaitable<bool> CovWatch::renew() {
    for (std::size_t i = 0; i < subscriptions_.size(); ++i) {
        if (device_.around().timers.now() >= subscriptions_[i].renew_at) {
            const bool answered = co_await subscribe(static_cast<std::uint32_t>(i + 1));
            if (!answered) {
                co_return false;
            }
        }
    }
    co_return true;
}

Duration CovWatch::next_due() const {
    Duration out = Duration::max();
    for (const Subscription& one : subscriptions_) {
        out = std::min(out, one.renew_at);
    }
    return out;
}

asio::awaitable<void> CovWatch::run(SampleSink& sink) {
    Timers& timers = device_.around().timers;
    // Who only listens would not hear that the device has gone.
    const Duration silence_max = settings_.stale_after / 2;
    Duration look_at = timers.now() + silence_max;
    while (!subscriptions_.empty() && !link_.closed()) {
        bool there = co_await renew();
        if (there && timers.now() >= look_at) {
            const Answer answer = co_await link_.ask(
                Service::ReadProperty, read_request({link_.device().id, system_status, {}}));
            there = answer.arrived;
            look_at = timers.now() + silence_max;
        }
        if (!there) {
            break;
        }
        (void)co_await either(happened(arrived_),
                              timers.sleep_until(std::min(next_due(), look_at)));
        if (batch_.size() > 0) {
            (void)co_await device_.deliver(sink, std::exchange(batch_, {}));
        }
    }
    Event never(co_await asio::this_coro::executor);
    co_await never.wait();
}

}  // namespace gantry::connector::bacnet
