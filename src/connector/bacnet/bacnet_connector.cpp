// SPDX-License-Identifier: Apache-2.0
#include "connector/bacnet/bacnet_connector.h"

#include "connector/bacnet/convert.h"
#include "connector/bacnet/cov.h"
#include "connector/bacnet/reader.h"
#include "connector/bacnet/writer.h"
#include "connector/polling.h"
#include "runtime/either.h"

namespace gantry::connector::bacnet {

// One poll group: its plan, and what becomes of what is read.
class BacnetConnector::Group final : public PollGroup, private ReadListener {
public:
    Group(BacnetConnector& of, Link& link, const CovWatch& watch, std::vector<Item> items)
        : PollGroup(of.device_, of.table_.paths),
          tags_(of.table_.tags),
          link_(link),
          watch_(watch),
          plan_(std::move(items)) {}

    asio::awaitable<bool> read_all() override {
        begin_round(plan_);
        const auto items = plan_.items();
        for (std::size_t i = 0; i < items.size(); ++i) {
            plan_.pause(i, watch_.told(items[i].tag));
        }
        co_return co_await read_round(link_, plan_, *this);
    }

private:
    void asked(Duration round_trip) override { count_request(round_trip); }
    void read(const Item& item, ByteView value, const Status& status, Time arrived) override {
        if (watch_.told(item.tag)) {
            return;  // since it was asked for
        }
        const Tag& tag = tags_[item.tag];
        const Decoded said = decode(tag.address, tag.property.type, value, status, scratch_);
        if (said.reading.quality.bad()) {
            add_refusal(item.tag, said.reading.quality, said.why);
        } else {
            add_value(item.tag, said.reading, arrived);
        }
    }
    void refused(const Item& item, Quality quality, const std::string& why) override {
        add_refusal(item.tag, quality, why);
    }

    const std::vector<Tag>& tags_;
    Link& link_;
    const CovWatch& watch_;
    Plan plan_;
    std::string scratch_;
};

BacnetConnector::BacnetConnector(const ConnectionPlan& plan, Settings settings,
                                 const Surroundings& around, Datagrams& datagrams, Vitals& vitals)
    : settings_(std::move(settings)),
      datagrams_(datagrams),
      table_(make_tags(settings_, plan.tags)),
      device_(plan.key, "bacnet_ip", rules_of(table_.tags), table_.wrong, settings_.stale_after,
              around, vitals) {}

Async<> BacnetConnector::run(SampleSink& sink) {
    co_await device_.announce(sink);
    auto link =
        co_await either(open_link(device_.around(), datagrams_, settings_), device_.age(sink));
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
    const auto executor = co_await asio::this_coro::executor;
    CovWatch watch(device_, table_, settings_, *link_, executor);
    Polling polling(device_, *link_, sink, executor);
    std::vector<std::vector<Item>> items(settings_.groups.size());
    for (std::size_t i = 0; i < table_.tags.size(); ++i) {
        items[table_.tags[i].group].push_back(
            {table_.tags[i].address.place, static_cast<std::uint32_t>(i)});
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (!items[i].empty()) {
            polling.add(std::make_unique<Group>(*this, *link_, watch, std::move(items[i])),
                        settings_.groups[i].second);
        }
    }
    std::optional<Error> ended = co_await either(polling.run(), watch.run(sink));
    co_return std::unexpected(ended ? std::move(*ended)
                                    : Error{Code::Internal, "listening has ended", {}});
}

asio::awaitable<void> BacnetConnector::while_down(SampleSink& sink) {
    co_await device_.be_away(sink);
}

Async<CommandResult> BacnetConnector::write(const TagBinding& binding, Value value) {
    if (!writing_) {
        writing_ = std::make_unique<Semaphore>(co_await asio::this_coro::executor, 1);
    }
    const Semaphore::Permit permit = co_await writing_->acquire();
    const std::shared_ptr<Link> link = link_;
    if (!link) {
        co_return CommandResult{
            CommandOutcome::Refused, "the device is not connected; nothing was sent", {}};
    }
    co_return co_await write_and_confirm(*link, settings_, device_.around(), binding, value);
}

void BacnetConnector::take_over(const Connector& predecessor) {
    const auto* const other = dynamic_cast<const BacnetConnector*>(&predecessor);
    if (other == nullptr) {
        return;
    }
    device_.inherit(other->device_, same_tags(table_.tags, other->table_.tags, is_same));
}

}  // namespace gantry::connector::bacnet
