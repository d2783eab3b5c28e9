// SPDX-License-Identifier: Apache-2.0
#include "connector/keeper.h"

#include <boost/asio/post.hpp>
#include <set>

#include "runtime/either.h"

namespace gantry::connector {

Keeper::Keeper(const Protocols& protocols, SampleSink& sink, const Surroundings& around,
               StateGauges& gauges, Counter& restarts, asio::any_io_executor shard)
    : protocols_(protocols),
      sink_(sink),
      around_(around),
      restarts_(restarts),
      shard_(std::move(shard)),
      vitals_(around.clock, &gauges),
      wished_(shard_) {}

void Keeper::want(const std::shared_ptr<Keeper>& self, std::optional<ConnectionPlan> plan) {
    {
        const std::lock_guard lock(mutex_);
        wish_ = Wish{std::move(plan)};
    }
    asio::post(shard_, [self] { self->wished_.set(); });
}

bool Keeper::has_wish() {
    const std::lock_guard lock(mutex_);
    return wish_.has_value();
}

std::optional<Keeper::Wish> Keeper::take_wish() {
    const std::lock_guard lock(mutex_);
    return std::exchange(wish_, std::nullopt);
}

asio::awaitable<void> Keeper::keep(std::shared_ptr<Keeper> self) { co_await self->loop(); }

asio::awaitable<void> Keeper::loop() {
    while (true) {
        if (std::optional<Wish> wish = take_wish()) {
            if (!wish->plan) {
                co_await tell(plan_.tags, quality::bad_out_of_service);
                connector_.reset();
                co_return;
            }
            co_await adopt(std::move(*wish->plan));
            continue;
        }
        if (!connector_) {
            co_await wait_for_wish();
            continue;
        }
        vitals_.enter(State::Connecting);
        std::optional<Error> error = co_await run_once();
        if (!error) {
            continue;
        }
        if (error->code == Code::Cancelled) {
            co_return;
        }
        const std::string text = plan_.key + ": " + error->message;
        if (error->code == Code::InvalidArgument || error->code == Code::Unsupported) {
            vitals_.enter(State::FailedConfiguration, text);
            connector_.reset();
            continue;
        }
        if (vitals_.connected_for() >= stable_after) {
            backoff_.reset();
        }
        const Duration length = backoff_.next(around_.random);
        vitals_.enter(State::BackingOff, text);
        around_.log.warn(
            "connector", "connection lost",
            {{"connection", plan_.key},
             {"detail", error->message},
             {"retry_in", format_duration(std::chrono::round<std::chrono::milliseconds>(length))}});
        co_await pause(length);
        vitals_.restarted();
        restarts_.add();
    }
}

asio::awaitable<std::optional<Error>> Keeper::run_once() {
    try {
        std::optional<Result<>> ended = co_await either(connector_->run(sink_), wait_for_wish());
        if (!ended) {
            co_return std::nullopt;
        }
        co_return *ended ? Error{Code::Unavailable, "it has ended", {}} : std::move(*ended).error();
    } catch (const boost::system::system_error&) {
        throw;  // cancelled
    } catch (const std::exception& error) {
        co_return Error{Code::Internal, error.what(), {}};
    }
}

asio::awaitable<void> Keeper::wait_for_wish() {
    // The event may be about a wish that was taken before it came.
    while (!has_wish()) {
        co_await wished_.wait();
    }
}

asio::awaitable<bool> Keeper::down() {
    co_await connector_->while_down(sink_);
    co_return true;
}

asio::awaitable<void> Keeper::pause(Duration length) {
    co_await either(either(down(), wait_for_wish()), around_.timers.sleep(length));
}

asio::awaitable<void> Keeper::adopt(ConnectionPlan plan) {
    std::vector<TagBinding> retired;
    std::set<SeriesId> kept;
    for (const TagBinding& tag : plan.tags) {
        kept.insert(tag.series);
    }
    for (TagBinding& tag : plan_.tags) {
        if (!kept.contains(tag.series)) {
            retired.push_back(std::move(tag));
        }
    }
    plan_ = std::move(plan);
    tag_of_point_.clear();
    for (std::size_t i = 0; i < plan_.tags.size(); ++i) {
        tag_of_point_.emplace(plan_.tags[i].point, i);
    }
    backoff_.reset();
    const std::shared_ptr<Connector> predecessor = std::exchange(connector_, nullptr);
    co_await tell(retired, quality::bad_out_of_service);
    if (!plan_.enabled) {
        vitals_.enter(State::Disabled);
        vitals_.tags(0, 0, 0);
        co_await tell(plan_.tags, quality::bad_out_of_service);
        co_return;
    }
    auto made = make_connector();
    if (!made) {
        vitals_.enter(State::FailedConfiguration, plan_.key + ": " + made.error().message);
        vitals_.tags(0, 0, plan_.tags.size());
        around_.log.warn("connector", "configuration is wrong",
                         {{"connection", plan_.key}, {"detail", made.error().message}});
        co_await tell(plan_.tags, quality::bad_configuration_error);
        co_return;
    }
    if (predecessor) {
        (*made)->take_over(*predecessor);
    }
    connector_ = std::move(*made);
}

Result<std::shared_ptr<Connector>> Keeper::make_connector() {
    TRY_ASSIGN(const Protocol* protocol, protocols_.find(plan_.protocol));
    return protocol->make(plan_, around_, vitals_);
}

asio::awaitable<void> Keeper::tell(const std::vector<TagBinding>& tags, Quality quality) {
    if (tags.empty()) {
        co_return;
    }
    SampleBatch batch;
    for (const TagBinding& tag : tags) {
        batch.add_null(tag.series, around_.clock.now(), quality);
    }
    const Result<> taken = co_await sink_.submit(std::move(batch), Acknowledge::Written);
    if (!taken) {
        around_.log.warn("connector", "samples lost",
                         {{"connection", plan_.key}, {"detail", taken.error().message}});
    }
}

Async<CommandResult> Keeper::write(std::shared_ptr<Keeper> self, PointId point, Value value) {
    if (self->has_wish()) {
        // What is there of the point, and where, may not be true any more.
        co_return CommandResult{
            CommandOutcome::Refused,
            "the connection is taking over a change of it; nothing was sent: send it again",
            {}};
    }
    const auto found = self->tag_of_point_.find(point);
    if (found == self->tag_of_point_.end()) {
        co_return fail(Code::NotFound, "no enabled connection has the point '{}'", point.text());
    }
    const TagBinding tag = self->plan_.tags[found->second];
    const std::string key = self->plan_.key;
    const std::shared_ptr<Connector> connector = self->connector_;
    if (!connector) {
        co_return CommandResult{
            CommandOutcome::Refused,
            std::format("{}: the connection does not run ({}); nothing was sent", key,
                        state_name(self->vitals_.health().state)),
            {}};
    }
    CO_TRY_ASSIGN(CommandResult result, co_await connector->write(tag, std::move(value)));
    if (!result.detail.empty()) {
        result.detail = key + ": " + result.detail;
    }
    co_return result;
}

}  // namespace gantry::connector
