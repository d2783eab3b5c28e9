// SPDX-License-Identifier: Apache-2.0
#include "connector/ethernetip/ethernetip_connector.h"

#include "connector/ethernetip/convert.h"
#include "connector/ethernetip/reader.h"
#include "connector/ethernetip/writer.h"
#include "connector/schedule.h"
#include "runtime/either.h"
#include "runtime/task_group.h"

namespace gantry::connector::ethernetip {
namespace {

// How long refusals are remembered: somebody may have changed the controller's program.
constexpr Duration refusals_kept = std::chrono::minutes(10);

std::vector<ReportRule> rules_of(const std::vector<Tag>& tags) {
    std::vector<ReportRule> out;
    out.reserve(tags.size());
    for (const Tag& tag : tags) {
        out.push_back({tag.series, tag.deadband, tag.address.silence_max});
    }
    return out;
}

}  // namespace

// One poll group: its plan, and the batch of the round that is under way.
class EthernetIpConnector::Group final : public ReadListener {
public:
    Group(EthernetIpConnector& of, std::vector<Item> items, const PlanLimits& limits)
        : of_(of), plan_(std::move(items), limits) {}

    void asked(const Job& job) override {
        of_.device_.meters().requests.add();
        of_.device_.meters().round_trip.record(job.round_trip);
        of_.device_.vitals().round_trip(job.round_trip);
    }

    void read(const Item& item, const Kind& kind, ByteView bytes, Time arrived) override {
        const Tag& tag = of_.table_.tags[item.tag];
        if (const auto fits = check_conversion(kind, tag.address, tag.property); !fits) {
            refused(item, quality::bad_configuration_error, fits.error().message);
            return;
        }
        if (troubles_.erase(item.tag) > 0) {
            of_.device_.vitals().part(of_.table_.paths[item.tag], {});
        }
        of_.device_.value(item.tag, decode(kind, tag.address, tag.property.type, bytes, scratch_),
                          arrived, std::nullopt, batch_);
    }

    void refused(const Item& item, Quality quality, const std::string& why) override {
        of_.device_.meters().requests_refused.add();
        std::string& known = troubles_[item.tag];
        if (known != why) {
            known = why;
            of_.device_.vitals().part(of_.table_.paths[item.tag], why);
        }
        of_.device_.value(item.tag,
                          {.quality = quality, .type = ValueType::Null, .bits = 0, .text = {}},
                          std::nullopt, std::nullopt, batch_);
    }

    Plan& plan() { return plan_; }
    SampleBatch take_batch() { return std::exchange(batch_, {}); }

    void begin_round(Duration now) {
        if (plan_.has_refusals() && now >= forget_at_) {
            plan_.forget();
        }
        if (!plan_.has_refusals()) {
            forget_at_ = now + refusals_kept;
        }
        batch_.reserve(plan_.items().size());
    }

private:
    EthernetIpConnector& of_;
    Plan plan_;
    SampleBatch batch_;
    std::string scratch_;
    std::map<std::uint32_t, std::string> troubles_;  // of tags
    Duration forget_at_{0};
};

// One connection that stands, and the polling over it.
class EthernetIpConnector::Session {
public:
    Session(EthernetIpConnector& of, Link& link, SampleSink& sink,
            const asio::any_io_executor& executor)
        : of_(of),
          link_(link),
          sink_(sink),
          tasks_(executor, of.device_.around().log, of.device_.key()),
          ended_(executor),
          round_ended_(executor) {
        std::vector<std::vector<Item>> items(of.settings_.groups.size());
        for (std::size_t i = 0; i < of.table_.tags.size(); ++i) {
            const Tag& tag = of.table_.tags[i];
            items[tag.group].push_back(item_of(tag.address, tag.property.type, i));
        }
        for (auto& of_group : items) {
            groups_.push_back(
                std::make_unique<Group>(of, std::move(of_group), limits_of(of.settings_, link)));
        }
    }

    // Until the link breaks, and says how; or Cancelled. Rounds that are under way when it breaks
    // still deliver what they have read.
    asio::awaitable<Error> run() {
        tasks_.spawn(drive());
        for (std::size_t i = 0; i < groups_.size(); ++i) {
            if (!groups_[i]->plan().items().empty()) {
                tasks_.spawn(poll(*groups_[i], of_.settings_.groups[i].second));
            }
        }
        bool cancelled = false;
        try {
            co_await ended_.wait();
            while (rounds_ > 0) {
                co_await round_ended_.wait();
            }
        } catch (const boost::system::system_error&) {
            cancelled = true;
        }
        // The tasks must have ended before what they use goes.
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        link_.close();
        co_await tasks_.stop();
        co_return cancelled ? Error{Code::Cancelled, "stopped", {}} : std::move(reason_);
    }

private:
    struct InRound {
        Session& session;
        explicit InRound(Session& of) : session(of) { ++session.rounds_; }
        ~InRound() {
            --session.rounds_;
            session.round_ended_.set();
        }
    };

    asio::awaitable<void> drive() { end(co_await link_.run()); }

    void end(Error reason) {
        if (!link_.closed()) {
            reason_ = std::move(reason);
            link_.close();
            ended_.set();
        }
    }

    // A defect in one group must not leave a connection that looks well and polls nothing.
    asio::awaitable<void> poll(Group& group, Duration period) {
        try {
            const Surroundings& around = of_.device_.around();
            Schedule schedule(period, around.timers.now(), around.random);
            while (!link_.closed()) {
                co_await around.timers.sleep_until(schedule.due());
                co_await round(group, schedule);
            }
        } catch (const boost::system::system_error&) {
            throw;
        } catch (const std::exception& error) {
            end({Code::Internal, error.what(), {}});
        }
    }

    asio::awaitable<void> round(Group& group, Schedule& schedule) {
        const InRound in_round(*this);
        DeviceState& device = of_.device_;
        const Schedule::Start start = schedule.begin(device.around().timers.now());
        group.begin_round(device.around().timers.now());
        const bool whole = co_await read_round(link_, group.plan(), group);
        co_await device.deliver(sink_, group.take_batch());
        if (whole) {
            device.vitals().polled({.lateness = start.lateness, .missed = start.missed});
            device.meters().polls.add();
            device.meters().polls_missed.add(start.missed);
            device.meters().lateness.record(start.lateness);
        }
    }

    EthernetIpConnector& of_;
    Link& link_;
    SampleSink& sink_;
    TaskGroup tasks_;
    std::vector<std::unique_ptr<Group>> groups_;
    Event ended_;
    Event round_ended_;
    std::size_t rounds_ = 0;  // under way
    Error reason_;
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
    Session session(*this, *link_, sink, co_await asio::this_coro::executor);
    co_return std::unexpected(co_await session.run());
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
