// SPDX-License-Identifier: Apache-2.0
#include "intake/tenant_intake.h"

#include <boost/asio/post.hpp>

#include "intake/point_names.h"

namespace gantry::intake {
namespace {

constexpr std::size_t samples_at_once = 50'000;
constexpr std::size_t names_max = 200'000;

}  // namespace

Meters::Meters(Metrics& metrics)
    : messages(metrics.counter("gantry_intake_messages_total",
                               "Messages of the broker that a mapping is for.")),
      samples(metrics.counter("gantry_intake_samples_total", "Samples made of messages.")),
      unknown(metrics.counter("gantry_intake_unknown_points_total",
                              "Readings of points that are not there.")),
      dead(metrics.counter("gantry_intake_dead_letters_total",
                           "Messages that could not be used, or not all of them.")) {}

TenantIntake::TenantIntake(TenantId tenant, const Surroundings& around, Meters& meters,
                           TaskGroup& tasks, const Speak& speak)
    : tenant_(std::move(tenant)),
      around_(around),
      meters_(meters),
      tasks_(tasks),
      speak_(speak),
      mappings_(std::make_shared<payload::MappingSet>(std::span<const payload::MappingPtr>())),
      router_(around.random),
      decoder_(around.random) {}

void TenantIntake::use(std::shared_ptr<const payload::MappingSet> mappings) {
    const std::lock_guard lock(mutex_);
    mappings_ = std::move(mappings);
}

bool TenantIntake::wants(std::string_view topic) const { return !taker(topic).empty(); }

std::string TenantIntake::taker(std::string_view topic) const {
    std::shared_ptr<const payload::MappingSet> mappings;
    {
        const std::lock_guard lock(mutex_);
        mappings = mappings_;
    }
    std::vector<std::uint32_t> found;
    mappings->match(topic, found);
    return found.empty() ? std::string() : (*mappings)[found.front()].config().key;
}

void TenantIntake::take(std::vector<mqtt::Handed> messages, broker::Tap::Done done) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back({std::move(messages), std::move(done)});
    if (!std::exchange(running_, true)) {
        asio::post(tasks_.executor(), [self = shared_from_this()] {
            self->tasks_.spawn([](std::shared_ptr<TenantIntake> keep) -> asio::awaitable<void> {
                co_await keep->run();
            }(self));
        });
    }
}

asio::awaitable<void> TenantIntake::run() {
    while (true) {
        std::vector<Work> work;
        {
            const std::lock_guard lock(mutex_);
            work = std::exchange(waiting_, {});
            if (work.empty()) {
                running_ = false;
                co_return;
            }
            if (used_ != mappings_) {
                used_ = mappings_;
                router_.use(used_);
            }
        }
        std::vector<broker::Tap::Done> done;
        for (Work& one : work) {
            if (one.messages.empty()) {
                run_due();
            }
            for (const mqtt::Handed& handed : one.messages) {
                co_await decode(handed, handed.arrived);
                if (samples_.size() >= samples_at_once) {
                    co_await submit(std::exchange(done, {}));
                }
            }
            done.push_back(std::move(one.done));
        }
        co_await submit(std::move(done));
    }
}

// Adds the samples of a message.
asio::awaitable<void> TenantIntake::decode(const mqtt::Handed& handed, Time arrival) {
    const auto found = router_.match(handed.message->topic());
    const std::vector<std::uint32_t> mappings(found.begin(), found.end());
    const std::size_t before = samples_.size();
    for (const std::uint32_t index : mappings) {
        const payload::Mapping& mapping = (*used_)[index];
        if (!read(mapping, handed, arrival)) {
            continue;
        }
        if (mapping.config().create_points) {
            co_await make_missing(mapping.config().key);
        }
        resolve(mapping.config(), handed);
    }
    meters_.messages.add();
    if (samples_.size() > before) {
        sources_.push_back(handed);
        source_of_.resize(samples_.size(), static_cast<std::uint32_t>(sources_.size() - 1));
    }
}

// False: nothing of it can be used.
bool TenantIntake::read(const payload::Mapping& mapping, const mqtt::Handed& handed, Time arrival) {
    readings_.clear();
    const std::string_view topic = handed.message->topic();
    if (mapping.config().format == payload::Format::SparkplugB && sparkplug::is_sparkplug(topic)) {
        return read_sparkplug(handed);
    }
    const auto decoded =
        decoder_.decode(mapping, topic, handed.message->payload(), arrival, readings_);
    if (!decoded) {
        dead(payload::dead_reason_of(decoded.error(), true), handed, mapping.config().key,
             decoded.error());
        return false;
    }
    if (decoded->first) {
        dead(payload::dead_reason_of(*decoded->first, false), handed, mapping.config().key,
             *decoded->first);
    }
    return true;
}

// Births say what is meant by what follows them, so one host hears all of a tenant's nodes.
bool TenantIntake::read_sparkplug(const mqtt::Handed& handed) {
    if (!host_) {
        host_ =
            std::make_unique<sparkplug::HostApplication>(around_.clock, sparkplug::HostOptions{});
        host_->connected();
        has_host_ = true;
    }
    const auto received =
        host_->receive(handed.message->topic(), handed.message->payload(), readings_);
    speak_up();
    if (!received) {
        dead(payload::DeadReason::Sparkplug, handed, "", received.error());
        return false;
    }
    if (received->first) {
        dead(payload::DeadReason::Value, handed, "", *received->first);
    }
    return true;
}

void TenantIntake::speak_up() {
    for (sparkplug::Publish& message : host_->take_publishes()) {
        if (speak_) {
            speak_(tenant_, std::move(message));
        }
    }
}

// Messages that waited for one that did not come, nodes that were to be born again.
void TenantIntake::run_due() {
    if (!host_) {
        return;
    }
    readings_.clear();
    host_->tick(readings_);
    speak_up();
    for (std::size_t i = 0; i < readings_.size(); ++i) {
        const Reading reading = readings_[i];
        if (Known* known = find(reading.point)) {
            add_sample(*known, reading);
        }
    }
    // Nobody is told which message a row of these is from.
    source_of_.resize(samples_.size(), 0);
}

void TenantIntake::tick() {
    if (has_host_) {
        take({}, [](const Result<>&) {});
    }
}

void TenantIntake::leave() {
    if (host_) {
        host_->disconnect();
        speak_up();
    }
}

TenantIntake::Known* TenantIntake::find(std::string_view name) {
    const std::uint64_t version = around_.directory.version();
    if (version != directory_version_ || by_name_.size() >= names_max) {
        by_name_.clear();
        directory_version_ = version;
    }
    name_ = name;
    if (const auto known = by_name_.find(name_); known != by_name_.end()) {
        return &known->second;
    }
    const std::string path = point_path(name);
    auto point = path.empty() ? nullptr : around_.directory.find(tenant_, path);
    if (!point) {
        return nullptr;
    }
    return &by_name_.emplace(name_, Known{std::move(point), {}, {}}).first->second;
}

void TenantIntake::resolve(const payload::MappingConfig& config, const mqtt::Handed& handed) {
    bool told = false;
    const auto tell = [&](payload::DeadReason reason, const std::string& detail) {
        if (!std::exchange(told, true)) {
            dead(reason, handed, config.key, Error{Code::InvalidArgument, detail, {}});
        }
    };
    for (std::size_t i = 0; i < readings_.size(); ++i) {
        const Reading reading = readings_[i];
        if (Known* known = find(reading.point)) {
            if (!add_sample(*known, reading)) {
                tell(payload::DeadReason::Value,
                     std::format("{}: the unit '{}' cannot be converted to '{}', which the point "
                                 "has",
                                 reading.point, reading.unit, known->point->point.property.unit));
            }
            continue;
        }
        meters_.unknown.add();
        const std::string path = point_path(reading.point);
        if (path.empty()) {
            tell(payload::DeadReason::UnknownPoint,
                 std::format("'{}' names no point: it needs an asset and a key, as in "
                             "plant/press1/temperature",
                             reading.point));
            continue;
        }
        proposals.add(path, reading, config.key);
        tell(payload::DeadReason::UnknownPoint,
             std::format("there is no point '{}': accept it where it is proposed, or let the "
                         "mapping create points",
                         path));
    }
}

// False: the unit is another kind than that of the point.
bool TenantIntake::add_sample(Known& known, const Reading& reading) {
    const std::string& unit = known.point->point.property.unit;
    const bool number = reading.type == ValueType::Float64 || reading.type == ValueType::Int64;
    if (!number || reading.unit.empty() || unit.empty() || reading.unit == unit) {
        samples_.add_row({known.point->series, reading.time, reading.type, reading.bits,
                          reading.text, reading.quality});
        return true;
    }
    if (known.from != reading.unit) {
        known.from = reading.unit;
        known.conversion.reset();
        const auto from = parse_unit(reading.unit);
        const auto to = parse_unit(unit);
        if (from && to && from->comparable(*to)) {
            known.conversion = {*from, *to};
        }
    }
    if (!known.conversion) {
        return false;
    }
    const double value = reading.type == ValueType::Float64
                             ? std::bit_cast<double>(reading.bits)
                             : static_cast<double>(static_cast<std::int64_t>(reading.bits));
    samples_.add_float(known.point->series, reading.time, reading.quality,
                       convert_unit(value, known.conversion->first, known.conversion->second));
    return true;
}

// The points of the readings that are not there.
asio::awaitable<void> TenantIntake::make_missing(const std::string& mapping) {
    std::vector<Proposal> missing;
    for (std::size_t i = 0; i < readings_.size(); ++i) {
        const Reading reading = readings_[i];
        const std::string path = find(reading.point) == nullptr ? point_path(reading.point) : "";
        if (path.empty() || reading.type == ValueType::Null) {
            continue;
        }
        proposals.add(path, reading, mapping);
        if (auto proposal = proposals.find(path)) {
            missing.push_back(std::move(*proposal));
        }
    }
    if (missing.empty()) {
        co_return;
    }
    const auto made =
        co_await offload(around_.offload, [this, &missing] { return make_points(missing); });
    if (!made) {
        around_.log.warn("intake", "points cannot be made",
                         {{"tenant", tenant_.text()}, {"detail", made.error().message}});
    }
}

Result<std::size_t> TenantIntake::make_points(const std::vector<Proposal>& wanted) {
    std::size_t made = 0;
    for (const Proposal& one : wanted) {
        const std::size_t dot = one.point.rfind('.');
        const std::string asset = one.point.substr(0, dot);
        for (std::size_t end = asset.find('/');; end = asset.find('/', end + 1)) {
            const std::string path = asset.substr(0, end);
            if (!around_.registry.assets().get(tenant_, path)) {
                const std::size_t slash = path.rfind('/');
                Asset thing;
                thing.key = slash == std::string::npos ? path : path.substr(slash + 1);
                thing.parent = AssetId(slash == std::string::npos ? "" : path.substr(0, slash));
                const auto created = around_.registry.assets().create(tenant_, thing);
                if (!created && created.error().code != Code::Conflict) {
                    return std::unexpected(created.error());
                }
            }
            if (end == std::string::npos) {
                break;
            }
        }
        Property property;
        property.key = one.point.substr(dot + 1);
        property.type = one.type == ValueType::Null ? ValueType::Float64 : one.type;
        property.unit = one.unit;
        const auto created = around_.registry.points().create(tenant_, asset, property);
        if (!created && created.error().code != Code::Conflict) {
            return std::unexpected(created.error());
        }
        made += created ? 1 : 0;
        proposals.remove(one.point);
    }
    return made;
}

asio::awaitable<void> TenantIntake::submit(std::vector<broker::Tap::Done> done) {
    const auto sources = std::exchange(sources_, {});
    const auto source_of = std::exchange(source_of_, {});
    SampleBatch samples = std::exchange(samples_, {});
    store::Lsn last = 0;
    if (!samples.empty()) {
        const auto taken = co_await around_.pipeline.take(std::move(samples), Acknowledge::Received,
                                                          pipeline::WhenFull::Wait);
        if (!taken) {
            around_.log.error("intake", "samples cannot be stored",
                              {{"detail", taken.error().message}});
            for (const auto& one : done) {
                one(std::unexpected(taken.error()));
            }
            co_return;
        }
        last = taken->last;
        meters_.samples.add(taken->accepted);
        for (const pipeline::RejectedRow& row : taken->rejected) {
            if (const std::size_t source = source_of[row.index]; source < sources.size()) {
                dead(payload::DeadReason::Rejected, sources[source], "", row.error);
            }
        }
    }
    if (!done.empty()) {
        tasks_.spawn(settle(around_.pipeline, last, std::move(done)));
    }
}

asio::awaitable<void> TenantIntake::settle(pipeline::Pipeline& pipeline, store::Lsn last,
                                           std::vector<broker::Tap::Done> done) {
    const auto durable = co_await pipeline.settle(last, Acknowledge::Durable);
    for (const auto& one : done) {
        one(durable);
    }
}

void TenantIntake::dead(payload::DeadReason reason, const mqtt::Handed& handed,
                        std::string_view mapping, const Error& error) {
    meters_.dead.add();
    letters.add({.time = around_.clock.now(),
                 .reason = reason,
                 .topic = handed.message->topic(),
                 .client = handed.client_id,
                 .mapping = mapping,
                 .payload = handed.message->payload(),
                 .error = error});
}

}  // namespace gantry::intake
