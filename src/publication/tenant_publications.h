// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/metrics.h"
#include "broker/broker.h"
#include "pipeline/live_feed.h"
#include "publication/plan.h"
#include "runtime/offload.h"
#include "runtime/task_group.h"
#include "sparkplug/edge_node.h"
#include "store/store.h"

namespace gantry::publication {

// What publications use. All of it outlives them.
struct Surroundings {
    registry::Registry& registry;
    directory::Directory& directory;
    store::Store& store;
    pipeline::LiveFeed& live;
    broker::Broker& broker;
    OffloadPool& offload;
    const Clock& clock;
    Log& log;
    Metrics& metrics;
    TakenBy taken_by;
    std::function<std::uint64_t()> taken_version;  // grows when that may answer otherwise
    std::function<void()> commands_changed = [] {};
};

struct Meters {
    explicit Meters(Metrics& metrics);

    Counter& messages;
    Counter& coalesced;
};

// What became of a publication since the start of the program.
struct PublicationState {
    std::size_t points = 0;
    std::size_t skipped = 0;      // points that cannot be told about
    std::uint64_t published = 0;  // values
    std::uint64_t coalesced = 0;  // that a later one took the place of
    std::string problem;          // empty: none
};

// Tells the clients of one tenant's broker about points, by its publications. Follows the live
// feed; hands over a batch of messages and waits until the broker has it, and what comes meanwhile
// waits in the feed's subscription, which keeps the latest value of each point when it is too much.
// What it keeps of its own lives on one executor.
class TenantPublications : public std::enable_shared_from_this<TenantPublications> {
public:
    TenantPublications(TenantId tenant, const Surroundings& around, Meters& meters,
                       TaskGroup& tasks);

    // From now on. Any thread.
    void use(std::vector<PublicationPtr> publications);
    // Commands for nodes of Sparkplug that are ours. Any thread.
    bool wants(std::string_view topic) const;
    void hear(std::string_view topic, std::string_view payload);
    // By key. Any thread.
    std::map<std::string, PublicationState> states() const;

    // Says that the nodes of Sparkplug are gone. When the tasks have ended.
    void leave();

private:
    struct Held {
        Value value;
        Quality quality;
        Time time = time_min;
    };
    struct Line {  // of a target
        Target target;
        Held said;
        std::optional<Held> pending;
        Duration next_at{0};                                // monotonic
        std::optional<sparkplug::EdgeNode::Handle> handle;  // of a metric
    };
    struct Node {
        std::unique_ptr<sparkplug::EdgeNode> node;
        std::string definition;  // what it is made of
        unsigned sessions = 0;   // 1 to 256
    };
    struct Command {
        std::string topic;
        std::string payload;
    };

    void wake();
    asio::awaitable<void> run();
    asio::awaitable<void> wait();
    // tenant_plan.cpp: what is to be told
    bool stale() const;
    asio::awaitable<void> renew();
    void install(Plan plan, const std::vector<PublicationPtr>& publications);
    void make_nodes(const std::vector<PublicationPtr>& publications);
    Node make_node(const PublicationConfig& config, const std::vector<std::size_t>& lines,
                   std::string definition, unsigned sessions);
    void show_commands(const std::vector<PublicationPtr>& publications);
    asio::awaitable<void> begin();
    // tenant_publications.cpp: telling it
    void take_samples();
    void offer(std::size_t line, Held held);
    void say(std::size_t line, Held held);
    void say_due();
    void flush_nodes();
    void gather(sparkplug::EdgeNode& node);
    asio::awaitable<void> hand_over();

    const TenantId tenant_;
    const Surroundings& around_;
    Meters& meters_;
    TaskGroup& tasks_;

    mutable std::mutex mutex_;
    std::vector<PublicationPtr> wanted_;
    std::uint64_t wanted_version_ = 0;
    bool running_ = false;
    std::vector<Command> commands_;
    std::set<std::string, std::less<>> command_topics_;  // those that end with / are beginnings
    std::map<std::string, PublicationState> states_;

    // On the executor.
    std::shared_ptr<pipeline::Subscription> subscription_;
    asio::steady_timer timer_;
    bool signalled_ = false;
    std::vector<PublicationPtr> publications_;
    std::uint64_t used_version_ = 0;
    std::uint64_t directory_version_ = 0;
    std::uint64_t taken_version_ = 0;
    std::vector<Line> lines_;
    std::vector<std::size_t> fresh_;  // lines that have said nothing yet
    std::unordered_map<std::uint32_t, std::vector<std::size_t>> by_series_;
    std::set<std::pair<Duration, std::size_t>> due_;
    std::map<std::string, Node> nodes_;  // by the key of their publication
    std::vector<broker::Outgoing> messages_;
};

}  // namespace gantry::publication
