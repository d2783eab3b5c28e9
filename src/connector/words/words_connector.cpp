// SPDX-License-Identifier: Apache-2.0
#include "connector/words/words_connector.h"

#include "connector/polling.h"
#include "connector/words/reader.h"
#include "connector/words/writer.h"
#include "runtime/either.h"

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
                               Settings settings, const Surroundings& around, Vitals& vitals)
    : settings_(std::move(settings)),
      table_(make_tags(settings_, plan.tags)),
      device_(plan.key, protocol, rules_of(table_.tags), table_.wrong, settings_.stale_after,
              around, vitals) {}

Async<> WordsConnector::run(SampleSink& sink) {
    co_await device_.announce(sink);
    auto link = co_await either(open_link(device_.around(), settings_), device_.age(sink));
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
    Polling polling(device_, *link_, sink, co_await asio::this_coro::executor);
    std::vector<std::vector<Item>> items(settings_.groups.size());
    for (std::size_t i = 0; i < table_.tags.size(); ++i) {
        items[table_.tags[i].group].push_back(item_of(table_.tags[i].address, i));
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (!items[i].empty()) {
            polling.add(std::make_unique<Group>(*this, *link_, std::move(items[i])),
                        settings_.groups[i].second);
        }
    }
    co_return std::unexpected(co_await polling.run());
}

asio::awaitable<void> WordsConnector::while_down(SampleSink& sink) {
    co_await device_.be_away(sink);
}

Async<CommandResult> WordsConnector::write(const TagBinding& binding, Value value) {
    if (!writing_) {
        writing_ = std::make_unique<Semaphore>(co_await asio::this_coro::executor, 1);
    }
    const Semaphore::Permit permit = co_await writing_->acquire();
    const std::shared_ptr<Link> link = link_;
    if (!link) {
        co_return CommandResult{
            CommandOutcome::Refused, "the controller is not connected; nothing was sent", {}};
    }
    co_return co_await write_and_confirm(*link, settings_, device_.around(), binding, value);
}

void WordsConnector::take_over(const Connector& predecessor) {
    const auto* const other = dynamic_cast<const WordsConnector*>(&predecessor);
    if (other == nullptr) {
        return;
    }
    device_.inherit(other->device_,
                    same_tags(table_.tags, other->table_.tags,
                              [](const Tag& now, const Tag& before) { return now == before; }));
}

}  // namespace gantry::connector::words
