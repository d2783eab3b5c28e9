// SPDX-License-Identifier: Apache-2.0
#include "connector/mqtt/mqtt_connector.h"

#include <format>
#include <set>

#include "connector/message/decoder.h"
#include "connector/mqtt/control.h"
#include "mqttclient/reason_text.h"
#include "runtime/either.h"

namespace gantry::connector::mqtt {
namespace {

// What may wait for the sink before no more is read.
constexpr std::size_t batch_bytes_max = std::size_t{1} << 20;
constexpr std::size_t refused_max = 1000;

Guest guest_of(const Settings& settings, const ConnectionId& id) {
    return {.client_id = settings.client_id.empty() ? "gantry-" + id.text() : settings.client_id,
            .stays = settings.session_expiry > Duration{0},
            .only = settings.only()};
}

asio::awaitable<bool> never_ending(asio::awaitable<void> task) {
    co_await std::move(task);
    co_return true;
}

}  // namespace

// Makes samples of what the broker sends.
class MqttConnector::Ears final : public Listener {
public:
    Ears(MqttConnector& of, SampleSink& sink, asio::any_io_executor executor)
        : of_(of), sink_(sink), changed_(std::move(executor)) {}

    void connected() override { of_.device_.regain(); }

    void heard(const gantry::mqtt::Publish& message, bool kept) override {
        if (message.topic == of_.settings_.status_topic && !message.payload.empty()) {
            away_ = message.payload == of_.settings_.status_offline;
            changed_.set();
        }
        const auto found = of_.by_topic_.find(message.topic);
        if (found == of_.by_topic_.end()) {
            if (message.topic != of_.settings_.status_topic) {
                refuse(message.topic);
            }
            return;
        }
        // With an empty one a retained message is taken back.
        if (message.payload.empty()) {
            return;
        }
        decoder_.begin(message.payload);
        for (const std::size_t tag : found->second) {
            Decoder::Found said = decoder_.find(of_.table_.tags[tag].lookup);
            // What is retained of a source that is away is its last word.
            if (away_ && message.retain && said.reading.quality.good()) {
                said.reading.quality = quality::uncertain_last_usable_value;
            }
            take(tag, said, kept);
        }
    }

    void answered(std::string_view filter, gantry::mqtt::Reason reason) override {
        const bool refused = gantry::mqtt::is_failure(reason);
        of_.device_.vitals().part(
            std::string(filter),
            refused ? mqttclient::refusal("the broker refuses the subscription", reason).message
                    : std::string());
        const auto found = of_.by_topic_.find(filter);
        if (!refused || found == of_.by_topic_.end()) {
            return;
        }
        const Reading none{.quality = quality::bad_configuration_error,
                           .type = ValueType::Null,
                           .bits = 0,
                           .text = {}};
        for (const std::size_t tag : found->second) {
            of_.device_.value(tag, none, std::nullopt, std::nullopt, batch_);
        }
    }

    bool full() const override { return batch_.bytes() > batch_bytes_max; }

    asio::awaitable<bool> pause(Acknowledge how) override {
        if (batch_.empty()) {
            co_return true;
        }
        of_.device_.meters().polls.add();
        of_.device_.vitals().polled({});
        co_return co_await of_.device_.deliver(sink_, std::exchange(batch_, {}), how);
    }

    // Whom to tell of messages that no tag is of.
    void on_unwanted(std::function<void(const std::string& topic)> tell) {
        unwanted_ = std::move(tell);
    }
    // The source has said so, and when it says otherwise.
    bool away() const { return away_; }
    asio::awaitable<void> until_away(bool away) {
        while (away_ != away) {
            co_await changed_.wait();
        }
    }

private:
    void take(std::size_t tag, const Decoder::Found& found, bool kept) {
        if (found.silent) {
            return;
        }
        note(tag, found.trouble);
        const Time now = of_.device_.around().clock.now();
        Said& last = of_.said_[tag];
        Time time = now;
        bool late = false;
        if (found.time) {
            time = *found.time;
            late = time < last.by_source;
            last.by_source = std::max(last.by_source, time);
        } else {
            // Two may come at once, and the source's clock may be ahead: each is behind the last.
            time = std::max(now, std::min(std::max(last.by_source, last.by_us), time_max - 1) + 1);
            last.by_us = time;
        }
        // What was kept for us, or is older than what is known, is history.
        const bool holds = found.time && !kept && !late;
        of_.device_.value(tag, found.reading, time, holds ? std::optional(now) : std::nullopt,
                          batch_);
    }

    // Each once, and not too many: the broker need not do what it is told.
    void refuse(std::string_view topic) {
        if (refused_.size() < refused_max && topic.size() <= address_bytes_max &&
            refused_.emplace(topic).second) {
            unwanted_(std::string(topic));
        }
    }

    void note(std::size_t tag, const std::string& trouble) {
        const std::string& point = of_.table_.paths[tag];
        if (trouble.empty()) {
            if (troubled_.erase(tag) > 0) {
                of_.device_.vitals().part(point, {});
            }
            return;
        }
        if (std::string& known = troubled_[tag]; known != trouble) {
            known = trouble;
            of_.device_.vitals().part(point, trouble);
        }
    }

    MqttConnector& of_;
    SampleSink& sink_;
    Decoder decoder_;
    SampleBatch batch_;
    std::map<std::size_t, std::string> troubled_;  // tags whose last message was of no use
    std::function<void(const std::string&)> unwanted_;
    std::set<std::string, std::less<>> refused_;  // topics that no tag is of
    bool away_ = false;
    Event changed_;
};

MqttConnector::MqttConnector(const ConnectionPlan& plan, Settings settings,
                             const Surroundings& around, Vitals& vitals)
    : settings_(std::move(settings)),
      table_(make_tags(settings_, plan.tags)),
      device_(plan.key, "mqtt", rules_of(table_.tags), table_.wrong, settings_.stale_after, around,
              vitals),
      guest_(guest_of(settings_, plan.id)),
      said_(table_.tags.size()) {
    for (std::size_t i = 0; i < table_.tags.size(); ++i) {
        by_topic_[table_.tags[i].address.topic].push_back(i);
    }
}

Async<> MqttConnector::run(SampleSink& sink) {
    co_await device_.announce(sink);
    struct Standing {
        std::shared_ptr<Conversation>& slot;
        ~Standing() { slot.reset(); }
    } const standing{conversation_};
    while (true) {
        auto stream = co_await either(open_stream(device_.around(), settings_), device_.age(sink));
        if (!stream || !*stream) {
            co_return std::unexpected(stream ? std::move(*stream).error()
                                             : Error{Code::Internal, "ageing has ended", {}});
        }
        const asio::any_io_executor executor = co_await asio::this_coro::executor;
        Ears ears(*this, sink, executor);
        const auto conversation = std::make_shared<Conversation>(
            std::move(**stream), settings_, guest_, device_.around(), ears, executor);
        struct Closing {
            Conversation& one;
            ~Closing() { one.close(); }
        } const closing{*conversation};
        ears.on_unwanted(
            [&to = *conversation](const std::string& topic) { to.unsubscribe(topic); });
        CO_TRY(subscribe(*conversation));
        std::optional<Error> reason =
            co_await either(conversation->run(), stand(conversation, ears, sink));
        if (conversation->older_may_do()) {
            guest_.only = gantry::mqtt::Version::V311;
            continue;
        }
        co_return std::unexpected(
            reason.value_or(Error{Code::Internal, "standing by has ended", {}}));
    }
}

Result<> MqttConnector::subscribe(Conversation& conversation) const {
    for (const auto& [topic, tags] : by_topic_) {
        std::uint8_t qos = 0;
        for (const std::size_t tag : tags) {
            qos = std::max(qos, table_.tags[tag].qos);
        }
        TRY(conversation.subscribe(topic, qos));
    }
    if (!settings_.status_topic.empty() && !by_topic_.contains(settings_.status_topic)) {
        TRY(conversation.subscribe(settings_.status_topic, 1));
    }
    return {};
}

asio::awaitable<void> MqttConnector::stand(std::shared_ptr<Conversation> conversation, Ears& ears,
                                           SampleSink& sink) {
    co_await conversation->begun();
    conversation_ = conversation;
    device_.around().log.info("connector", "connected",
                              {{"connection", device_.key()}, {"to", settings_.where()}});
    while (true) {
        co_await ears.until_away(true);
        device_.vitals().part(settings_.status_topic, "the source says that it is away");
        co_await either(never_ending(device_.be_away(sink)), ears.until_away(false));
        device_.vitals().part(settings_.status_topic, {});
        device_.regain();
    }
}

asio::awaitable<void> MqttConnector::while_down(SampleSink& sink) {
    co_await device_.be_away(sink);
}

Async<CommandResult> MqttConnector::write(const TagBinding& binding, Value value) {
    if (!writing_) {
        writing_ = std::make_unique<Semaphore>(co_await asio::this_coro::executor, 1);
    }
    const Semaphore::Permit permit = co_await writing_->acquire();
    const std::shared_ptr<Conversation> conversation = conversation_;
    if (!conversation) {
        co_return CommandResult{
            CommandOutcome::Refused, "the broker is not connected; nothing was sent", {}};
    }
    co_return co_await control(*conversation, binding, value);
}

void MqttConnector::take_over(const Connector& predecessor) {
    const auto* const other = dynamic_cast<const MqttConnector*>(&predecessor);
    if (other == nullptr) {
        return;
    }
    const auto same =
        same_tags(table_.tags, other->table_.tags,
                  [](const Tag& now, const Tag& before) { return now.alike(before); });
    device_.inherit(other->device_, same);
    for (std::size_t i = 0; i < same.size(); ++i) {
        if (same[i]) {
            said_[i] = other->said_[*same[i]];
        }
    }
}

}  // namespace gantry::connector::mqtt
