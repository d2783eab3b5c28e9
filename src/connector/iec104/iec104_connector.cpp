// SPDX-License-Identifier: Apache-2.0
#include "connector/iec104/iec104_connector.h"

#include <format>
#include <set>

#include "connector/iec104/control.h"
#include "runtime/either.h"

namespace gantry::connector::iec104 {
namespace {

constexpr std::uint8_t station_interrogation = 20;
constexpr std::uint8_t counters_all = 5;
constexpr Duration clock_period = std::chrono::hours(1);
constexpr std::int64_t minute_ns = 60'000'000'000;

std::set<std::uint16_t> commons_of(const std::vector<Tag>& tags) {
    std::set<std::uint16_t> out;
    for (const Tag& tag : tags) {
        out.insert(tag.common);
    }
    return out;
}

}  // namespace

// Makes samples of what the station says.
class Iec104Connector::Ears final : public Listener {
public:
    Ears(Iec104Connector& of, SampleSink& sink) : of_(of), sink_(sink) {}

    void heard(const Header& header, const std::vector<Object>& objects) override {
        const Time now = of_.device_.around().clock.now();
        // An event that the station kept while it could not say it is history.
        const bool event = header.cause == Cause::Spontaneous;
        for (const Object& object : objects) {
            const auto [first, last] =
                of_.by_object_.equal_range({header.common_address, object.address});
            for (auto tag = first; tag != last; ++tag) {
                const std::optional<Time> said =
                    object.time ? time_of(*object.time, of_.settings_, now) : std::nullopt;
                of_.device_.value(tag->second,
                                  read_object(of_.table_.tags[tag->second], header.type, object),
                                  said, event ? std::nullopt : std::optional(now), batch_);
            }
        }
    }

    asio::awaitable<void> pause() override {
        if (batch_.size() > 0) {
            of_.device_.meters().polls.add();
            of_.device_.vitals().polled({});
            co_await of_.device_.deliver(sink_, std::exchange(batch_, {}));
        }
    }

    void not_understood(std::string what) override {
        of_.device_.vitals().part("messages", std::move(what));
    }

private:
    Iec104Connector& of_;
    SampleSink& sink_;
    SampleBatch batch_;
};

Iec104Connector::Iec104Connector(const ConnectionPlan& plan, Settings settings,
                                 const Surroundings& around, Vitals& vitals)
    : settings_(std::move(settings)),
      table_(make_tags(settings_, plan.tags)),
      device_(plan.key, "iec104", rules_of(table_.tags), table_.wrong, settings_.stale_after,
              around, vitals) {
    for (std::size_t i = 0; i < table_.tags.size(); ++i) {
        const Tag& tag = table_.tags[i];
        by_object_.emplace(std::pair(tag.common, tag.address.object), i);
    }
}

Async<> Iec104Connector::run(SampleSink& sink) {
    co_await device_.announce(sink);
    auto stream = co_await either(open_stream(device_.around(), settings_), device_.age(sink));
    if (!stream || !*stream) {
        co_return std::unexpected(stream ? std::move(*stream).error()
                                         : Error{Code::Internal, "ageing has ended", {}});
    }
    Ears ears(*this, sink);
    const auto conversation = std::make_shared<Conversation>(
        std::move(**stream), settings_, device_.around(), ears, co_await asio::this_coro::executor);
    struct Standing {
        std::shared_ptr<Conversation>& slot;
        ~Standing() { slot.reset(); }
    } const standing{conversation_};
    std::optional<Error> reason = co_await either(conversation->run(), interrogate(conversation));
    co_return std::unexpected(
        reason.value_or(Error{Code::Internal, "interrogating has ended", {}}));
}

asio::awaitable<void> Iec104Connector::interrogate(std::shared_ptr<Conversation> standing) {
    Conversation& conversation = *standing;
    co_await conversation.begun();
    conversation_ = standing;
    device_.regain();
    device_.around().log.info("connector", "connected",
                              {{"connection", device_.key()}, {"to", settings_.where()}});
    Timers& timers = device_.around().timers;
    const std::set<std::uint16_t> commons = commons_of(table_.tags);
    Duration interrogate_at = timers.now();
    Duration clock_at = timers.now();
    while (true) {
        if (settings_.clock && timers.now() >= clock_at) {
            for (const std::uint16_t common : commons) {
                Bytes asdu;
                append_clock(
                    asdu, conversation.header(Type::C_CS_NA_1, Cause::Activation, common),
                    device_.around().clock.now() + (settings_.utc_offset_minutes * minute_ns));
                conversation.send(std::move(asdu));
            }
            clock_at += clock_period;
        }
        if (timers.now() >= interrogate_at) {
            for (const std::uint16_t common : commons) {
                co_await interrogate(conversation, common);
            }
            interrogate_at = settings_.interrogation_period > Duration{0}
                                 ? timers.now() + settings_.interrogation_period
                                 : Duration::max();
        }
        const Duration next =
            std::min(interrogate_at, settings_.clock ? clock_at : Duration::max());
        co_await timers.sleep_until(std::min(next, timers.now() + std::chrono::hours(24)));
    }
}

asio::awaitable<void> Iec104Connector::interrogate(Conversation& conversation,
                                                   std::uint16_t common) {
    const auto ask = [&](Type type, std::uint8_t qualifier,
                         std::string_view what) -> asio::awaitable<void> {
        Bytes asdu;
        append_interrogation(asdu, conversation.header(type, Cause::Activation, common), qualifier);
        const auto reply = co_await conversation.activate(std::move(asdu));
        const bool good = reply.kind == Conversation::Reply::Kind::Confirmed ||
                          reply.kind == Conversation::Reply::Kind::Lost;
        device_.vitals().part(std::format("common address {}", common),
                              good ? std::string() : std::format("{}: {}", what, reply.detail));
    };
    co_await ask(Type::C_IC_NA_1, station_interrogation, "interrogation");
    if (settings_.counters) {
        co_await ask(Type::C_CI_NA_1, counters_all, "counter interrogation");
    }
}

asio::awaitable<void> Iec104Connector::while_down(SampleSink& sink) {
    co_await device_.be_away(sink);
}

Async<CommandResult> Iec104Connector::write(const TagBinding& binding, Value value) {
    if (!writing_) {
        writing_ = std::make_unique<Semaphore>(co_await asio::this_coro::executor, 1);
    }
    const Semaphore::Permit permit = co_await writing_->acquire();
    const std::shared_ptr<Conversation> conversation = conversation_;
    if (!conversation) {
        co_return CommandResult{
            CommandOutcome::Refused, "the station is not connected; nothing was sent", {}};
    }
    co_return co_await control(*conversation, binding, value);
}

void Iec104Connector::take_over(const Connector& predecessor) {
    const auto* const other = dynamic_cast<const Iec104Connector*>(&predecessor);
    if (other == nullptr) {
        return;
    }
    device_.inherit(other->device_,
                    same_tags(table_.tags, other->table_.tags,
                              [](const Tag& now, const Tag& before) { return now == before; }));
}

}  // namespace gantry::connector::iec104
