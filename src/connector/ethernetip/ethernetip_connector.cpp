// SPDX-License-Identifier: Apache-2.0
#include "connector/ethernetip/ethernetip_connector.h"

#include "connector/ethernetip/convert.h"
#include "connector/ethernetip/reader.h"
#include "connector/ethernetip/writer.h"
#include "connector/polling.h"
#include "runtime/either.h"

namespace gantry::connector::ethernetip {
// One poll group: its plan, and what becomes of what is read.
class EthernetIpConnector::Group final : public PollGroup, private ReadListener {
public:
    Group(EthernetIpConnector& of, Link& link, std::vector<Item> items)
        : PollGroup(of.device_, of.table_.paths),
          tags_(of.table_.tags),
          link_(link),
          plan_(std::move(items), limits_of(of.settings_, link)) {}

    asio::awaitable<bool> read_all() override {
        begin_round(plan_);
        co_return co_await read_round(link_, plan_, *this);
    }

private:
    void asked(const Job& job) override { count_request(job.round_trip); }
    void read(const Item& item, const Kind& kind, ByteView bytes, Time arrived) override {
        const Tag& tag = tags_[item.tag];
        if (const auto fits = check_conversion(kind, tag.address, tag.property); !fits) {
            refused(item, quality::bad_configuration_error, fits.error().message);
            return;
        }
        add_value(item.tag, decode(kind, tag.address, tag.property.type, bytes, scratch_), arrived);
    }
    void refused(const Item& item, Quality quality, const std::string& why) override {
        add_refusal(item.tag, quality, why);
    }

    const std::vector<Tag>& tags_;
    Link& link_;
    Plan plan_;
    std::string scratch_;
};

EthernetIpConnector::EthernetIpConnector(const ConnectionPlan& plan, Settings settings,
                                         const Surroundings& around, Vitals& vitals)
    : settings_(std::move(settings)),
      table_(make_tags(settings_, plan.tags)),
      device_(plan.key, "ethernet_ip", rules_of(table_.tags), table_.wrong, settings_.stale_after,
              around, vitals) {}

Async<> EthernetIpConnector::run(SampleSink& sink) {
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
        items[table_.tags[i].group].push_back(
            item_of(table_.tags[i].address, table_.tags[i].property.type, i));
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (!items[i].empty()) {
            polling.add(std::make_unique<Group>(*this, *link_, std::move(items[i])),
                        settings_.groups[i].second);
        }
    }
    co_return std::unexpected(co_await polling.run());
}

asio::awaitable<void> EthernetIpConnector::while_down(SampleSink& sink) {
    co_await device_.be_away(sink);
}

Async<CommandResult> EthernetIpConnector::write(const TagBinding& binding, Value value) {
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

void EthernetIpConnector::take_over(const Connector& predecessor) {
    const auto* const other = dynamic_cast<const EthernetIpConnector*>(&predecessor);
    if (other == nullptr) {
        return;
    }
    device_.inherit(other->device_, same_tags(table_.tags, other->table_.tags, is_same));
}

}  // namespace gantry::connector::ethernetip
