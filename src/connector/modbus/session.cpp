// SPDX-License-Identifier: Apache-2.0
#include "connector/modbus/session.h"

#include <algorithm>
#include <format>

#include "connector/modbus/block_reader.h"
#include "connector/registers/convert.h"
#include "connector/schedule.h"

namespace gantry::connector::modbus {
namespace {

// How long a device's refusals are remembered: somebody may have changed its program.
constexpr Duration refusals_kept = std::chrono::minutes(10);

std::string unit_name(std::uint8_t unit) { return std::format("unit {}", unit); }

}  // namespace

// One poll group, and the batch of the round that is under way.
class Session::Group final : public BlockListener {
public:
    Group(Session& session, Plan& plan, Duration period)
        : plan_(plan),
          period_(period),
          lanes_ended_(session.executor_),
          session_(session),
          device_(session.device_) {}

    bool may_ask(std::uint8_t unit) override {
        return device_.health().may_ask(unit, device_.around().timers.now());
    }

    void asked(std::uint8_t unit, const Answer& answer) override {
        Meters& meters = device_.meters();
        meters.requests.add();
        if (answer.kind == Answer::Kind::Lost) {
            device_.health().abandon(unit);
            return;
        }
        if (judge(answer).unit_failed) {
            meters.requests_failed.add();
            session_.note_failure(unit, answer, batch_);
            return;
        }
        if (answer.kind == Answer::Kind::Refused) {
            meters.requests_refused.add();
        }
        meters.round_trip.record(answer.round_trip);
        device_.vitals().round_trip(answer.round_trip);
        session_.note_answer(unit);
    }

    void block_read(const Block& block, const Answer& answer) override {
        Reporter& reporter = device_.reporter();
        const Duration now = device_.around().timers.now();
        const bool bits = is_bits(block.area);
        for (std::size_t i = block.first; i < block.last; ++i) {
            if (plan_.is_aside(i)) {
                continue;
            }
            const Item& item = plan_.items()[i];
            const Tag& tag = device_.tags()[item.tag];
            const std::size_t at = item.start - block.start;
            if (reporter.quality(item.tag) == quality::bad_configuration_error) {
                device_.vitals().part(device_.path(item.tag), {});
            }
            const Reading reading =
                bits ? read_bit(tag.type, coil_at(answer.data, at))
                     : decode_registers(tag.format, tag.type,
                                        answer.data.subspan(2 * at, std::size_t{2} * item.count),
                                        scratch_);
            reporter.value(item.tag, reading, answer.arrived, now, batch_);
        }
    }

    void block_failed(const Block& block, const Answer& answer) override {
        if (answer.kind == Answer::Kind::Lost || !device_.health().on_scan(block.unit)) {
            return;  // that is told of all tags of the unit together
        }
        const Verdict verdict = judge(answer);
        for (std::size_t i = block.first; i < block.last; ++i) {
            const std::uint32_t tag = plan_.items()[i].tag;
            if (verdict.quality == quality::bad_configuration_error &&
                device_.reporter().quality(tag) != verdict.quality) {
                device_.vitals().part(device_.path(tag),
                                      explain(answer, device_.settings().timeout));
            }
            device_.reporter().failed(tag, verdict.quality, verdict.device_said_so, answer.arrived,
                                      batch_);
        }
    }

    void begin_round() {
        const Duration now = device_.around().timers.now();
        if (!plan_.has_learnt()) {
            forget_at_ = now + refusals_kept;
        } else if (now >= forget_at_) {
            plan_.forget();
            forget_at_ = now + refusals_kept;
        }
        next_block_ = 0;
        batch_.reserve(plan_.items().size());
    }

    SampleBatch end_round() {
        if (plan_.changed()) {
            plan_.rebuild();
        }
        return std::exchange(batch_, SampleBatch());
    }

    // The next block that nobody has taken yet in this round.
    const Block* take_block() {
        return next_block_ < plan_.blocks().size() ? &plan_.blocks()[next_block_++] : nullptr;
    }

    Plan& plan_;
    Duration period_;
    std::size_t lanes_ = 0;  // that read blocks beside the poll's own
    Event lanes_ended_;

private:
    Session& session_;
    Device& device_;
    SampleBatch batch_;
    std::string scratch_;
    std::size_t next_block_ = 0;
    Duration forget_at_{0};
};

Session::Session(Device& device, SampleSink& sink, std::shared_ptr<Link> link,
                 asio::any_io_executor executor)
    : device_(device),
      sink_(sink),
      link_(std::move(link)),
      executor_(std::move(executor)),
      tasks_(executor_, device.around().log, device.key()),
      ended_(executor_),
      round_ended_(executor_) {
    for (std::size_t i = 0; i < device.plans().size(); ++i) {
        Plan& plan = device.plans()[i];
        plan.forget();
        if (!plan.items().empty()) {
            groups_.push_back(
                std::make_unique<Group>(*this, plan, device.settings().groups[i].second));
        }
    }
    device.health().start_over();
}

Session::~Session() = default;

asio::awaitable<Error> Session::run() {
    tasks_.spawn(drive());
    tasks_.spawn(device_.age(sink_));
    for (const auto& group : groups_) {
        tasks_.spawn(keep_polling(*group));
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
    // The tasks must have ended before this object goes, cancelled or not.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    link_->close();
    co_await tasks_.stop();
    co_return cancelled ? Error{Code::Cancelled, "stopped", {}} : reason_;
}

asio::awaitable<void> Session::drive() { end(co_await link_->run()); }

void Session::end(Error reason) {
    if (!link_->closed()) {
        reason_ = std::move(reason);
        link_->close();
        ended_.set();
    }
}

// A defect in one group must not leave a connection that looks well and polls nothing.
asio::awaitable<void> Session::keep_polling(Group& group) {
    try {
        co_await poll(group);
    } catch (const boost::system::system_error&) {
        throw;
    } catch (const std::exception& error) {
        end({Code::Internal, error.what(), {}});
    }
}

asio::awaitable<void> Session::poll(Group& group) {
    const Surroundings& around = device_.around();
    Schedule schedule(group.period_, around.timers.now(), around.random);
    const std::size_t in_flight = static_cast<std::size_t>(device_.settings().max_in_flight);
    struct InRound {
        Session& session;
        explicit InRound(Session& of) : session(of) { ++session.rounds_; }
        ~InRound() {
            --session.rounds_;
            session.round_ended_.set();
        }
    };
    while (!link_->closed()) {
        co_await around.timers.sleep_until(schedule.due());
        const InRound in_round(*this);
        const Schedule::Start start = schedule.begin(around.timers.now());
        group.begin_round();
        const std::size_t lanes = std::min(in_flight, group.plan_.blocks().size());
        for (std::size_t i = 1; i < lanes; ++i) {
            ++group.lanes_;
            tasks_.spawn(lane(group));
        }
        Answer answer;
        while (const Block* block = group.take_block()) {
            co_await read_block(*link_, group.plan_, *block, group, answer);
        }
        while (group.lanes_ > 0) {
            co_await group.lanes_ended_.wait();
        }
        co_await device_.deliver(sink_, group.end_round());
        device_.vitals().polled({.lateness = start.lateness, .missed = start.missed});
        device_.meters().polls.add();
        device_.meters().polls_missed.add(start.missed);
        device_.meters().lateness.record(start.lateness);
    }
}

asio::awaitable<void> Session::lane(Group& group) {
    struct InLane {
        Group& group;
        ~InLane() {
            --group.lanes_;
            group.lanes_ended_.set();
        }
    } const in_lane{group};
    Answer answer;
    while (const Block* block = group.take_block()) {
        co_await read_block(*link_, group.plan_, *block, group, answer);
    }
}

void Session::note_failure(std::uint8_t unit, const Answer& answer, SampleBatch& out) {
    const Duration now = device_.around().timers.now();
    UnitHealth& health = device_.health();
    const bool off_scan_now = health.failed(unit, now);
    if (health.on_scan(unit)) {
        return;
    }
    const std::string what = explain(answer, device_.settings().timeout);
    if (off_scan_now) {
        device_.lose(unit, out);
        device_.vitals().part(unit_name(unit), what + ": off scan");
        device_.around().log.warn(
            "connector", "unit off scan",
            {{"connection", device_.key()}, {"unit", unit}, {"detail", what}});
    }
    const bool silent =
        !link_->heard_anything() ||
        link_->silent_requests() >= static_cast<std::uint64_t>(device_.settings().failures_max);
    if (silent && health.all_off_scan(device_.units())) {
        // Perhaps it is the way there and not the device: a new connection will tell.
        std::string text = std::format("{}: connected, but {}", device_.settings().where(), what);
        if (link_->dropped_replies() > 0) {
            text += std::format(" ({} replies came too late, or with a wrong transaction id)",
                                link_->dropped_replies());
        }
        end({Code::Timeout, text + ": is the unit id right?", {}});
    }
}

void Session::note_answer(std::uint8_t unit) {
    device_.regain(unit);
    if (device_.health().answered(unit)) {
        device_.vitals().part(unit_name(unit), {});
        device_.around().log.info("connector", "unit back on scan",
                                  {{"connection", device_.key()}, {"unit", unit}});
    }
}

}  // namespace gantry::connector::modbus
