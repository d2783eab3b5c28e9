// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "command/rule.h"
#include "directory/directory.h"
#include "registry/registry.h"
#include "runtime/offload.h"
#include "runtime/ports.h"
#include "runtime/task_group.h"
#include "runtime/timers.h"
#include "security/audit.h"
#include "security/context.h"
#include "store/store.h"

namespace gantry::command {

// What it works with. All of it outlives it.
struct Surroundings {
    registry::Registry& registry;
    directory::Directory& directory;
    store::Store& store;
    CommandSink& devices;
    security::AuditLog& audit;
    OffloadPool& offload;
    Timers& timers;
    const Clock& clock;
    Log& log;
    Metrics& metrics;
};

// A value for a device, as somebody asks for it.
struct Order {
    directory::PointRef point;
    Value value;
    std::string reason;
    Time expires = 0;  // not sent from then on; 0 for never
    registry::CommandKey key;
};

// What the rules say of an order, one line each.
struct Verdict {
    struct Line {
        std::string rule;
        std::string objection;  // empty: none
        bool approval = false;
    };
    std::vector<Line> lines;
    Duration wait{0};  // for an approval; the shortest

    bool needs_approval() const;
    std::string objections() const;  // empty: none
};

// Whether the point can be written at all, and such a value. Forbidden, or InvalidArgument with the
// field "/value".
Result<> check_value(const Point& point, const Value& value);

// The way of every value to a device: rules are asked, a second person where they say so, the
// command is on disk and in the audit log before it is sent, and so is what became of it. Who may
// send is for the caller to have checked; who may approve is checked here. Any thread.
class Dispatcher {
public:
    explicit Dispatcher(Surroundings around);

    // Commands that were under way when the program ended have an unknown outcome. Once; blocks.
    Result<> start(asio::any_io_executor executor);
    // Ends watching for what expires.
    asio::awaitable<void> stop();

    // What would become of it now. Nothing is sent or kept. Blocks.
    Result<Verdict> judge(const TenantId& tenant, const Point& point, const Value& value,
                          Language language) const;

    // Returns when it has an outcome, or waits for approval. The same key again: the command of the
    // first time as it is now, and true. What has begun goes on when the coroutine is cancelled.
    Async<std::pair<registry::Command, bool>> submit(const security::Context& context, Order order);

    // Sends a command that waits. Forbidden: who asked for it cannot approve it. Conflict: it does
    // not wait any more, or rules object now; then it goes on waiting.
    Async<registry::Command> approve(const security::Context& context, std::string id,
                                     std::string note);
    // Ends a command that waits: by somebody who could approve it, or by who asked for it.
    Async<registry::Command> reject(const security::Context& context, std::string id,
                                    std::string note);

private:
    using Command = registry::Command;

    Result<std::optional<Sample>> latest_of(const directory::PointEntry& entry) const;
    Result<std::pair<Command, bool>> begin(const security::Context& context, const Order& order);
    Result<Command> admit(const security::Context& context, const std::string& id,
                          const std::string& note);
    Result<Command> dismiss(const security::Context& context, const std::string& id,
                            const std::string& note);
    Async<Command> see_through(Command command, std::string address);
    Async<Command> carry_out(Command command, std::string address);
    Result<Command> finish(Command command, CommandResult result, registry::CommandState from,
                           const std::string& address);
    Result<> check_sender(const Command& command) const;
    Result<> record(const Command& command, std::string_view action, std::string_view outcome,
                    const registry::Person& by, const std::string& address);
    asio::awaitable<void> watch();
    Result<> expire();
    void expect(Time expires);

    Surroundings around_;
    std::unique_ptr<TaskGroup> tasks_;
    std::atomic<Time> next_expiry_ = time_max;
};

}  // namespace gantry::command
