// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>

#include "connector/device_state.h"
#include "connector/polling.h"
#include "runtime/either.h"
#include "runtime/semaphore.h"

namespace gantry::connector {

// Whether a tag is as it was before; protocols whose tags cannot be compared say so themselves.
template <std::equality_comparable Tag>
bool is_same(const Tag& one, const Tag& other) {
    return one == other;
}

// A connector of one device that is asked, in poll groups over one link, and written to by one
// command at a time. Settings have `groups`, `stale_after` and `where()`, tags their `group`.
template <class Link, class Settings, class Tag>
class PolledConnector : public Connector {
public:
    Async<> run(SampleSink& sink) final {
        co_await device_.announce(sink);
        auto link = co_await either(open(), device_.age(sink));
        if (!link || !*link) {
            co_return std::unexpected(link ? std::move(*link).error()
                                           : Error{Code::Internal, "ageing has ended", {}});
        }
        link_ = std::move(**link);
        struct Standing {
            std::shared_ptr<Link>& slot;
            ~Standing() {
                slot->close();
                slot.reset();
            }
        } const standing{link_};
        device_.regain();
        device_.around().log.info("connector", "connected",
                                  {{"connection", device_.key()}, {"to", settings_.where()}});
        co_return std::unexpected(co_await poll(*link_, sink));
    }

    asio::awaitable<void> while_down(SampleSink& sink) final { co_await device_.be_away(sink); }

    Async<CommandResult> write(const TagBinding& binding, Value value) final {
        if (!writing_) {
            writing_ = std::make_unique<Semaphore>(co_await asio::this_coro::executor, 1);
        }
        const Semaphore::Permit permit = co_await writing_->acquire();
        const std::shared_ptr<Link> link = link_;
        if (!link) {
            co_return CommandResult{
                CommandOutcome::Refused, "the device is not connected; nothing was sent", {}};
        }
        co_return co_await write_to(*link, binding, value);
    }

    void take_over(const Connector& predecessor) final {
        const auto* const other = dynamic_cast<const PolledConnector*>(&predecessor);
        if (other == nullptr) {
            return;
        }
        device_.inherit(other->device_, same_tags(table_.tags, other->table_.tags,
                                                  [](const Tag& now, const Tag& was) {
                                                      return is_same(now, was);
                                                  }));
    }

protected:
    // The protocol's word is for metrics.
    PolledConnector(const ConnectionPlan& plan, std::string_view protocol, Settings settings,
                    TagTable<Tag> table, const Surroundings& around, Vitals& vitals)
        : settings_(std::move(settings)),
          table_(std::move(table)),
          device_(plan.key, protocol, rules_of(table_.tags), table_.wrong, settings_.stale_after,
                  around, vitals) {}

    virtual Async<std::shared_ptr<Link>> open() = 0;
    // Of the tags at these places in the table.
    virtual std::unique_ptr<PollGroup> make_group(Link& link,
                                                  const std::vector<std::size_t>& tags) = 0;
    virtual asio::awaitable<CommandResult> write_to(Link& link, const TagBinding& binding,
                                                    const Value& value) = 0;
    // Until the link breaks, and says how.
    virtual asio::awaitable<Error> poll(Link& link, SampleSink& sink) {
        Polling polling(device_, link, sink, co_await asio::this_coro::executor);
        add_groups(polling, link);
        co_return co_await polling.run();
    }

    void add_groups(Polling& polling, Link& link) {
        std::vector<std::vector<std::size_t>> places(settings_.groups.size());
        for (std::size_t i = 0; i < table_.tags.size(); ++i) {
            places[table_.tags[i].group].push_back(i);
        }
        for (std::size_t i = 0; i < places.size(); ++i) {
            if (!places[i].empty()) {
                polling.add(make_group(link, places[i]), settings_.groups[i].second);
            }
        }
    }

    const Settings settings_;
    TagTable<Tag> table_;
    DeviceState device_;

private:
    std::shared_ptr<Link> link_;          // while one stands; a command may outlive it
    std::unique_ptr<Semaphore> writing_;  // one command at a time
};

}  // namespace gantry::connector
