// SPDX-License-Identifier: Apache-2.0
#include "connector/s7/s7_connector.h"

#include "connector/s7/convert.h"
#include "connector/s7/reader.h"
#include "connector/s7/writer.h"

namespace gantry::connector::s7 {
// One poll group: its plan, and what becomes of what is read.
class S7Connector::Group final : public PollGroup, private ReadListener {
public:
    Group(S7Connector& of, Link& link, std::vector<Item> items)
        : PollGroup(of.device_, of.table_.paths),
          tags_(of.table_.tags),
          link_(link),
          plan_(std::move(items), stretch_limits(of.settings_.max_gap, link.answer_bytes())) {}

    asio::awaitable<bool> read_all() override {
        begin_round(plan_);
        co_return co_await read_round(link_, plan_, *this);
    }

private:
    void asked(const Job& job) override { count_request(job.round_trip); }
    void read(const Item& item, ByteView bytes, Time arrived) override {
        const Tag& tag = tags_[item.tag];
        add_value(item.tag, decode(tag.address, tag.type, bytes, scratch_), arrived);
    }
    void refused(const Item& item, Quality quality, const std::string& why) override {
        add_refusal(item.tag, quality, why);
    }

    const std::vector<Tag>& tags_;
    Link& link_;
    Plan plan_;
    std::string scratch_;
};

S7Connector::S7Connector(const ConnectionPlan& plan, const Settings& settings,
                         const Surroundings& around, Vitals& vitals)
    : PolledConnector(plan, "s7", settings, make_tags(settings, plan.tags), around, vitals) {}

Async<std::shared_ptr<Link>> S7Connector::open() {
    co_return co_await open_link(device_.around(), settings_);
}

std::unique_ptr<PollGroup> S7Connector::make_group(Link& link,
                                                   const std::vector<std::size_t>& tags) {
    std::vector<Item> items;
    items.reserve(tags.size());
    for (const std::size_t i : tags) {
        items.push_back(item_of(table_.tags[i].address, i));
    }
    return std::make_unique<Group>(*this, link, std::move(items));
}

asio::awaitable<CommandResult> S7Connector::write_to(Link& link, const TagBinding& binding,
                                                     const Value& value) {
    co_return co_await write_and_confirm(link, settings_, device_.around(), binding, value);
}

}  // namespace gantry::connector::s7
