// SPDX-License-Identifier: Apache-2.0
#include "connector/bacnet/bacnet_connector.h"

#include "connector/bacnet/convert.h"
#include "connector/bacnet/cov.h"
#include "connector/bacnet/reader.h"
#include "connector/bacnet/writer.h"
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

BacnetConnector::BacnetConnector(const ConnectionPlan& plan, const Settings& settings,
                                 const Surroundings& around, Datagrams& datagrams, Vitals& vitals)
    : PolledConnector(plan, "bacnet_ip", settings, make_tags(settings, plan.tags), around, vitals),
      datagrams_(datagrams) {}

Async<std::shared_ptr<Link>> BacnetConnector::open() {
    co_return co_await open_link(device_.around(), datagrams_, settings_);
}

std::unique_ptr<PollGroup> BacnetConnector::make_group(Link& link,
                                                       const std::vector<std::size_t>& tags) {
    std::vector<Item> items;
    items.reserve(tags.size());
    for (const std::size_t i : tags) {
        items.push_back({table_.tags[i].address.place, static_cast<std::uint32_t>(i)});
    }
    return std::make_unique<Group>(*this, link, *watch_, std::move(items));
}

asio::awaitable<CommandResult> BacnetConnector::write_to(Link& link, const TagBinding& binding,
                                                         const Value& value) {
    co_return co_await write_and_confirm(link, settings_, device_.around(), binding, value);
}

asio::awaitable<Error> BacnetConnector::poll(Link& link, SampleSink& sink) {
    const auto executor = co_await asio::this_coro::executor;
    CovWatch watch(device_, table_, settings_, link, executor);
    watch_ = &watch;
    Polling polling(device_, link, sink, executor);
    add_groups(polling, link);
    std::optional<Error> ended = co_await either(polling.run(), watch.run(sink));
    co_return ended ? std::move(*ended) : Error{Code::Internal, "listening has ended", {}};
}

}  // namespace gantry::connector::bacnet
