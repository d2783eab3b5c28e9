// SPDX-License-Identifier: Apache-2.0
#include "publication/tenant_publications.h"

#include <boost/asio/post.hpp>

#include "base/json_writer.h"
#include "model/quality.h"

namespace gantry::publication {
namespace {

// To the broker at once.
constexpr std::size_t messages_at_once = 1'000;
constexpr std::size_t commands_max = 1'000;
constexpr Duration look_every = std::chrono::seconds(1);

void write_value(JsonWriter& json, const Value& value) {
    switch (type_of(value)) {
        case ValueType::Null: json.null(); break;
        case ValueType::Bool: json.value(std::get<bool>(value)); break;
        case ValueType::Int64: json.value(std::get<std::int64_t>(value)); break;
        case ValueType::Float64: json.value(std::get<double>(value)); break;
        case ValueType::String: json.value(std::string_view(std::get<std::string>(value))); break;
    }
}

}  // namespace

Meters::Meters(Metrics& metrics)
    : messages(metrics.counter("gantry_publication_messages_total",
                               "Messages about points to clients of the broker.")),
      coalesced(metrics.counter("gantry_publication_coalesced_total",
                                "Values that were not told because a later one came before "
                                "their turn.")) {}

TenantPublications::TenantPublications(TenantId tenant, const Surroundings& around, Meters& meters,
                                       TaskGroup& tasks)
    : tenant_(std::move(tenant)),
      around_(around),
      meters_(meters),
      tasks_(tasks),
      subscription_(std::make_shared<pipeline::Subscription>([] {})),
      timer_(tasks.executor()) {}

void TenantPublications::use(std::vector<PublicationPtr> publications) {
    const std::lock_guard lock(mutex_);
    wanted_ = std::move(publications);
    ++wanted_version_;
    std::map<std::string, PublicationState> states;
    for (const auto& one : wanted_) {
        states[one->config().key] = states_[one->config().key];
    }
    states_ = std::move(states);
    if (running_ || wanted_.empty()) {
        wake();
        return;
    }
    running_ = true;
    asio::post(tasks_.executor(), [self = shared_from_this()] {
        self->subscription_->wake_with([weak = self->weak_from_this()] {
            if (const auto strong = weak.lock()) {
                strong->wake();
            }
        });
        self->tasks_.spawn([](std::shared_ptr<TenantPublications> keep) -> asio::awaitable<void> {
            co_await keep->run();
        }(self));
    });
}

// From any thread; the feed calls it with its lock.
void TenantPublications::wake() {
    asio::post(tasks_.executor(), [weak = weak_from_this()] {
        if (const auto self = weak.lock()) {
            self->signalled_ = true;
            self->timer_.cancel();
        }
    });
}

bool TenantPublications::wants(std::string_view topic) const {
    const std::lock_guard lock(mutex_);
    if (command_topics_.empty()) {
        return false;
    }
    const std::size_t slash = topic.rfind('/');
    return command_topics_.contains(topic) ||
           (slash != std::string_view::npos &&
            command_topics_.contains(topic.substr(0, slash + 1)));
}

void TenantPublications::hear(std::string_view topic, std::string_view payload) {
    {
        const std::lock_guard lock(mutex_);
        if (commands_.size() >= commands_max) {
            return;  // a rebirth that is asked for a thousand times is one
        }
        commands_.push_back({std::string(topic), std::string(payload)});
    }
    wake();
}

std::map<std::string, PublicationState> TenantPublications::states() const {
    const std::lock_guard lock(mutex_);
    return states_;
}

asio::awaitable<void> TenantPublications::run() {
    while (true) {
        signalled_ = false;
        if (stale()) {
            co_await renew();
        }
        std::vector<Command> commands;
        {
            const std::lock_guard lock(mutex_);
            commands = std::exchange(commands_, {});
        }
        for (const Command& command : commands) {
            for (auto& [key, node] : nodes_) {
                // What is not for it it refuses, and points are not written by commands.
                (void)node.node->receive(command.topic, command.payload);
                (void)node.node->take_commands();
            }
        }
        take_samples();
        say_due();
        flush_nodes();
        co_await hand_over();
        co_await wait();
    }
}

// Until there is something to do.
asio::awaitable<void> TenantPublications::wait() {
    if (signalled_) {
        co_return;
    }
    const Duration now = around_.clock.monotonic();
    const Duration due = due_.empty() ? look_every : due_.begin()->first - now;
    timer_.expires_after(std::clamp(due, Duration::zero(), look_every));
    (void)co_await timer_.async_wait(as_result);
}

void TenantPublications::take_samples() {
    const auto taken = subscription_->take();
    meters_.coalesced.add(taken.skipped);
    for (std::size_t i = 0; i < taken.samples.size(); ++i) {
        const Row row = taken.samples.row(i);
        const auto found = by_series_.find(row.series.value);
        if (found == by_series_.end()) {
            continue;
        }
        for (const std::size_t line : found->second) {
            offer(line, {row.value(), row.quality, row.time});
        }
    }
}

// Told are changes, and of each point not more often than its publication says. What is older than
// what was told is not told: it belongs to the history.
void TenantPublications::offer(std::size_t number, Held held) {
    Line& line = lines_[number];
    if (held.time <= line.said.time || (line.pending && held.time <= line.pending->time)) {
        return;
    }
    const bool replaced = line.pending.has_value();
    if (replaced) {
        meters_.coalesced.add();
        const std::lock_guard lock(mutex_);
        ++states_[publications_[line.target.publication]->config().key].coalesced;
    }
    if (held.value == line.said.value && held.quality == line.said.quality) {
        line.pending.reset();
        line.said.time = held.time;
        return;
    }
    const Duration now = around_.clock.monotonic();
    if (now >= line.next_at) {
        line.pending.reset();
        say(number, std::move(held));
        return;
    }
    line.pending = std::move(held);
    if (!replaced) {
        due_.emplace(line.next_at, number);
    }
}

void TenantPublications::say_due() {
    const Duration now = around_.clock.monotonic();
    while (!due_.empty() && due_.begin()->first <= now) {
        const std::size_t number = due_.begin()->second;
        due_.erase(due_.begin());
        if (auto held = std::exchange(lines_[number].pending, std::nullopt)) {
            say(number, std::move(*held));
        }
    }
}

void TenantPublications::say(std::size_t number, Held held) {
    Line& line = lines_[number];
    const PublicationConfig& config = publications_[line.target.publication]->config();
    if (config.format == Format::SparkplugB) {
        const auto set =
            nodes_.at(config.key).node->set(*line.handle, held.value, held.quality, held.time);
        if (!set) {
            around_.log.warn(
                "publication", "a value cannot be told",
                {{"point", line.target.point->point.path}, {"detail", set.error().message}});
        }
    } else {
        broker::Outgoing& message = messages_.emplace_back();
        message.topic = line.target.topic;
        message.qos = static_cast<std::uint8_t>(config.qos);
        message.retain = config.retain;
        JsonWriter json(message.payload);
        json.begin_object().field("time", format_time(held.time)).key("value");
        write_value(json, held.value);
        json.field("quality", quality_name(held.quality));
        if (const std::string& unit = line.target.point->point.property.unit; !unit.empty()) {
            json.field("unit", unit);
        }
        json.end_object();
    }
    line.next_at = around_.clock.monotonic() + config.min_interval;
    line.said = std::move(held);
    const std::lock_guard lock(mutex_);
    ++states_[config.key].published;
}

void TenantPublications::flush_nodes() {
    for (auto& [key, node] : nodes_) {
        node.node->flush();
        gather(*node.node);
    }
}

void TenantPublications::gather(sparkplug::EdgeNode& node) {
    for (sparkplug::Publish& one : node.take_publishes()) {
        messages_.push_back({std::move(one.topic), std::move(one.payload), one.qos, one.retain});
    }
}

// Waits until the broker has them: meanwhile the feed gathers what comes.
asio::awaitable<void> TenantPublications::hand_over() {
    std::vector<broker::Outgoing> all = std::exchange(messages_, {});
    for (std::size_t from = 0; from < all.size(); from += messages_at_once) {
        const auto first = all.begin() + static_cast<std::ptrdiff_t>(from);
        const auto last = all.begin() + static_cast<std::ptrdiff_t>(
                                            std::min(from + messages_at_once, all.size()));
        const std::size_t count = static_cast<std::size_t>(last - first);
        const auto done = co_await around_.broker.publish_all(
            tenant_, {std::make_move_iterator(first), std::make_move_iterator(last)});
        if (!done) {
            around_.log.error("publication", "the broker does not take messages",
                              {{"tenant", tenant_.text()}, {"detail", done.error().message}});
            co_return;
        }
        meters_.messages.add(count);
    }
}

// Nobody waits for it: the broker's stop comes behind.
void TenantPublications::leave() {
    messages_.clear();
    for (auto& [key, node] : nodes_) {
        node.node->disconnect();
        gather(*node.node);
    }
    for (broker::Outgoing& message : std::exchange(messages_, {})) {
        around_.broker.say(tenant_, std::move(message));
    }
}

}  // namespace gantry::publication
