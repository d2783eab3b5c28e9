// SPDX-License-Identifier: Apache-2.0
#include "connector/ethernetip/ethernetip_connector.h"

#include "connector/ethernetip/convert.h"
#include "connector/ethernetip/reader.h"
#include "connector/ethernetip/writer.h"

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

EthernetIpConnector::EthernetIpConnector(const ConnectionPlan& plan, const Settings& settings,
                                         const Surroundings& around, Vitals& vitals)
    : PolledConnector(plan, "ethernet_ip", settings, make_tags(settings, plan.tags), around,
                      vitals) {}

Async<std::shared_ptr<Link>> EthernetIpConnector::open() {
    co_return co_await open_link(device_.around(), settings_);
}

std::unique_ptr<PollGroup> EthernetIpConnector::make_group(Link& link,
                                                           const std::vector<std::size_t>& tags) {
    std::vector<Item> items;
    items.reserve(tags.size());
    for (const std::size_t i : tags) {
        items.push_back(item_of(table_.tags[i].address, table_.tags[i].property.type, i));
    }
    return std::make_unique<Group>(*this, link, std::move(items));
}

asio::awaitable<CommandResult> EthernetIpConnector::write_to(Link& link, const TagBinding& binding,
                                                             const Value& value) {
    co_return co_await write_and_confirm(link, settings_, device_.around(), binding, value);
}

}  // namespace gantry::connector::ethernetip
