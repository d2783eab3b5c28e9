// SPDX-License-Identifier: Apache-2.0
#include "connector/words/words_connector.h"

#include "connector/words/reader.h"
#include "connector/words/writer.h"

namespace gantry::connector::words {

// One poll group: its plan, and what becomes of what is read.
class WordsConnector::Group final : public PollGroup, private ReadListener {
public:
    Group(WordsConnector& of, Link& link, std::vector<Item> items)
        : PollGroup(of.device_, of.table_.paths),
          tags_(of.table_.tags),
          link_(link),
          plan_(std::move(items), stretch_limits(of.settings_)) {}

    asio::awaitable<bool> read_all() override {
        begin_round(plan_);
        co_return co_await read_round(link_, plan_, *this);
    }

private:
    void asked(const RequestJob& job) override { count_request(job.round_trip); }
    void read(const Item& item, ByteView values, Time arrived) override {
        add_value(item.tag, decode(tags_[item.tag], values, scratch_), arrived);
    }
    void refused(const Item& item, Quality quality, const std::string& why) override {
        add_refusal(item.tag, quality, why);
    }

    const std::vector<Tag>& tags_;
    Link& link_;
    Plan plan_;
    std::string scratch_;
};

WordsConnector::WordsConnector(const ConnectionPlan& plan, std::string_view protocol,
                               const Settings& settings, const Surroundings& around, Vitals& vitals)
    : PolledConnector(plan, protocol, settings, make_tags(settings, plan.tags), around, vitals) {}

Async<std::shared_ptr<Link>> WordsConnector::open() {
    co_return co_await open_link(device_.around(), settings_);
}

std::unique_ptr<PollGroup> WordsConnector::make_group(Link& link,
                                                      const std::vector<std::size_t>& tags) {
    std::vector<Item> items;
    items.reserve(tags.size());
    for (const std::size_t i : tags) {
        items.push_back(item_of(table_.tags[i].address, i));
    }
    return std::make_unique<Group>(*this, link, std::move(items));
}

asio::awaitable<CommandResult> WordsConnector::write_to(Link& link, const TagBinding& binding,
                                                        const Value& value) {
    co_return co_await write_and_confirm(link, settings_, device_.around(), binding, value);
}

}  // namespace gantry::connector::words
