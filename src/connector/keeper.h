// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <unordered_map>

#include "connector/protocols.h"
#include "connector/vitals.h"
#include "runtime/backoff.h"
#include "runtime/event.h"

namespace gantry::connector {

// Keeps one connection running as it is wanted: makes its connector, restarts it with back-off, and
// replaces it when the plan changes. keep() and write() on its shard, the others on any thread.
class Keeper {
public:
    Keeper(const Protocols& protocols, SampleSink& sink, const Surroundings& around,
           StateGauges& gauges, Counter& restarts, asio::any_io_executor shard);

    // From now on it shall be like this; or, without a plan, be gone. The last word counts.
    void want(const std::shared_ptr<Keeper>& self, std::optional<ConnectionPlan> plan);

    // Runs until the connection is not wanted any more or the coroutine is cancelled. It holds on
    // to the keeper.
    static asio::awaitable<void> keep(std::shared_ptr<Keeper> self);

    // Writes to a point of the connection. Holds on to the keeper, too.
    static Async<CommandResult> write(std::shared_ptr<Keeper> self, PointId point, Value value);

    const asio::any_io_executor& shard() const { return shard_; }
    const Vitals& vitals() const { return vitals_; }

    // A run that stood so long was a good one: the next pause is short again.
    static constexpr Duration stable_after = std::chrono::minutes(1);

private:
    struct Wish {
        std::optional<ConnectionPlan> plan;
    };

    bool has_wish();
    std::optional<Wish> take_wish();
    asio::awaitable<void> loop();
    asio::awaitable<void> adopt(ConnectionPlan plan);
    Result<std::shared_ptr<Connector>> make_connector();
    // The reason why the run ended; nothing if there is a new wish.
    asio::awaitable<std::optional<Error>> run_once();
    asio::awaitable<void> pause(Duration length);
    asio::awaitable<bool> down();
    asio::awaitable<void> wait_for_wish();
    asio::awaitable<void> tell(const std::vector<TagBinding>& tags, Quality quality);

    const Protocols& protocols_;
    SampleSink& sink_;
    Surroundings around_;
    Counter& restarts_;
    asio::any_io_executor shard_;
    Vitals vitals_;

    std::mutex mutex_;
    std::optional<Wish> wish_;

    // Only on the shard.
    Event wished_;
    ConnectionPlan plan_;
    std::unordered_map<PointId, std::size_t> tag_of_point_;
    std::shared_ptr<Connector> connector_;  // none while disabled or misconfigured
    Backoff backoff_;
};

}  // namespace gantry::connector
