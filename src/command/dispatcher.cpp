// SPDX-License-Identifier: Apache-2.0
#include "command/dispatcher.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <format>

#include "runtime/event.h"

namespace gantry::command {
namespace {

using registry::CommandState;
using registry::Person;

constexpr Duration watch_period = std::chrono::seconds(1);
constexpr std::size_t text_bytes_max = 1024;
constexpr std::int64_t commands_looked_at = 100;  // those that were refused left nothing
constexpr std::string_view finished_name = "gantry_commands_total";
constexpr std::string_view finished_help = "Commands that ended, by their outcome";

Person person_of(const security::Context& context) {
    return {context.identity->principal, context.identity->login, context.identity->tenant};
}

Result<> check_text(std::string_view text, const std::string& where) {
    return text.size() <= text_bytes_max
               ? Result<>{}
               : bad_field(where, std::format("is longer than {} bytes", text_bytes_max));
}

// Of the audit log: how a command ended.
std::string_view audit_outcome(const registry::Command& command) {
    return command.outcome == "confirmed" ? "ok"
           : command.outcome == "refused" ? "denied"
                                          : "failed";
}

}  // namespace

bool Verdict::needs_approval() const { return std::ranges::any_of(lines, &Line::approval); }

std::string Verdict::objections() const {
    std::string out;
    for (const Line& line : lines) {
        if (!line.objection.empty()) {
            out += (out.empty() ? "" : "; ") + line.objection;
        }
    }
    return out;
}

Result<> check_value(const Point& point, const Value& value) {
    if (point.property.access != Access::ReadWrite) {
        return fail(Code::Forbidden, "point '{}' can only be read", point.path);
    }
    if (type_of(value) != point.property.type) {
        return bad_field(
            "/value", std::format("is a {}, point '{}' takes a {}", value_type_name(type_of(value)),
                                  point.path, value_type_name(point.property.type)));
    }
    if (const auto number = to_number(value); number && !point.property.range.contains(*number)) {
        return bad_field("/value", std::format("{} is outside the range of point '{}'",
                                               to_text(value), point.path));
    }
    return {};
}

Dispatcher::Dispatcher(Surroundings around) : around_(around) {}

Result<> Dispatcher::start(asio::any_io_executor executor) {
    tasks_ = std::make_unique<TaskGroup>(executor, around_.log, "commands");
    TRY_ASSIGN(auto sending, around_.registry.commands().in_state(CommandState::Sending));
    for (Command& command : sending) {
        const CommandResult lost{CommandOutcome::Unknown,
                                 "the program ended while it was on its way: read the point before "
                                 "writing again",
                                 {}};
        TRY(finish(std::move(command), lost, CommandState::Sending, ""));
    }
    next_expiry_ = time_min;  // whoever waits is looked at first
    asio::post(executor, [this] { tasks_->spawn(watch()); });
    return {};
}

asio::awaitable<void> Dispatcher::stop() {
    if (tasks_) {
        co_await run_on(tasks_->executor(), tasks_->stop());
    }
}

Result<Verdict> Dispatcher::judge(const TenantId& tenant, const Point& point, const Value& value,
                                  Language language) const {
    TRY_ASSIGN(const auto documents, around_.registry.command_rules().all(tenant));
    const Target target{point.path, point.property, value};
    const Time now = around_.clock.now();
    Result<> broken;
    const Look look = [&](const std::string& path) -> std::optional<Seen> {
        const auto entry = around_.directory.find(tenant, path);
        if (!entry || entry->point.path != path) {
            return std::nullopt;
        }
        auto latest = latest_of(*entry);
        if (!latest) {
            broken = std::unexpected(latest.error());
            return std::nullopt;
        }
        return Seen{entry->point.property, std::move(*latest)};
    };
    Verdict out;
    for (const registry::CommandRuleDocument& document : documents) {
        TRY_ASSIGN(const json::value parsed, parse_json(document.json));
        RuleConfig config;
        TRY(read_entity(parsed, config, ""));
        TRY_ASSIGN(const Rule rule, Rule::compile(std::move(config)));
        if (!rule.covers(point.path)) {
            continue;
        }
        const bool approval = rule.config().approval;
        if (approval && (out.wait == Duration{0} || rule.config().wait < out.wait)) {
            out.wait = rule.config().wait;
        }
        out.lines.push_back(
            {rule.config().key, rule.objection(target, look, now, language), approval});
    }
    TRY(broken);
    return out;
}

// What the last command left at the device counts until the point is polled again: who writes in
// steps must not be judged by the value before the last step. If nobody knows what it left, there
// is no good value.
Result<std::optional<Sample>> Dispatcher::latest_of(const directory::PointEntry& entry) const {
    TRY_ASSIGN(auto latest, around_.store.latest(entry.series));
    if (entry.point.property.access != Access::ReadWrite) {
        return latest;
    }
    TRY_ASSIGN(const auto done,
               around_.registry.commands().list(
                   entry.tenant, {.state = CommandState::Done, .point = entry.point.id},
                   {.limit = commands_looked_at, .after = {}}));
    const auto sent = std::ranges::find_if(done.items, [](const Command& command) {
        return command.outcome != command_outcome_name(CommandOutcome::Refused);
    });
    if (sent != done.items.end() && (!latest || latest->time < sent->finished)) {
        const bool known = type_of(sent->read_back) != ValueType::Null;
        latest = Sample{sent->finished, sent->read_back,
                        known ? quality::good : quality::uncertain_last_usable_value};
    }
    return latest;
}

// ---- a new one

// On disk as what becomes of it next: sent, kept waiting, or refused.
Result<std::pair<registry::Command, bool>> Dispatcher::begin(const security::Context& context,
                                                             const Order& order) {
    auto& commands = around_.registry.commands();
    Command command;
    command.tenant = context.tenant;
    command.by = person_of(context);
    if (!order.key.key.empty()) {
        TRY_ASSIGN(auto before, commands.find(command.tenant, command.by.id, order.key));
        if (before) {
            return std::pair(std::move(*before), true);
        }
    }
    const Point& point = order.point->point;
    TRY(check_value(point, order.value));
    TRY(check_text(order.reason, "/reason"));
    const Time now = around_.clock.now();
    if (order.expires != 0 && order.expires <= now) {
        return bad_field("/expires", "is in the past");
    }
    TRY_ASSIGN(const Verdict verdict, judge(context.tenant, point, order.value, context.language));
    command.point = point.id;
    command.path = point.path;
    command.value = order.value;
    command.reason = order.reason;
    command.expires = order.expires;
    if (std::string objections = verdict.objections(); !objections.empty()) {
        command.state = CommandState::Done;
        command.outcome = command_outcome_name(CommandOutcome::Refused);
        command.detail = std::move(objections);
        command.finished = now;
    } else if (verdict.needs_approval()) {
        command.state = CommandState::Waiting;
        const Time patience = now + verdict.wait.count();
        command.expires = order.expires == 0 ? patience : std::min(order.expires, patience);
    }
    TRY_ASSIGN(auto made, commands.create(std::move(command), order.key));
    const Command& kept = made.first;
    if (made.second || kept.state == CommandState::Sending) {
        return made;
    }
    if (kept.state == CommandState::Waiting) {
        expect(kept.expires);
    } else {
        around_.metrics.counter(finished_name, finished_help, {{"outcome", kept.outcome}}).add();
    }
    TRY(record(kept, "commands:write", kept.state == CommandState::Waiting ? "ok" : "denied",
               kept.by, context.address));
    return made;
}

Async<std::pair<registry::Command, bool>> Dispatcher::submit(const security::Context& context,
                                                             Order order) {
    CO_TRY_ASSIGN(auto begun,
                  co_await offload(around_.offload, [&] { return begin(context, order); }));
    if (begun.second || begun.first.state != CommandState::Sending) {
        co_return begun;
    }
    CO_TRY_ASSIGN(auto done, co_await see_through(std::move(begun.first), context.address));
    co_return std::pair(std::move(done), false);
}

// ---- one that waits

// What was true when it was asked for must still be.
Result<> Dispatcher::check_sender(const Command& command) const {
    const auto rights = around_.registry.principals().rights(command.by.tenant, command.by.id);
    if (!rights || !security::decide(*rights, {"commands:write", command.path}).allowed) {
        return fail(Code::Conflict, "{}, who asked for it, may not send commands to '{}' any more",
                    command.by.login, command.path);
    }
    return {};
}

Result<registry::Command> Dispatcher::admit(const security::Context& context, const std::string& id,
                                            const std::string& note) {
    TRY(check_text(note, "/note"));
    TRY_ASSIGN(Command command, around_.registry.commands().get(context.tenant, id));
    if (!context.may("commands:approve", command.path)) {
        return fail(Code::Forbidden, "this needs the permission commands:approve for '{}'",
                    command.path);
    }
    if (command.by.id == context.identity->principal) {
        return fail(Code::Forbidden,
                    "who asks for a command cannot approve it: somebody else must");
    }
    if (command.state != CommandState::Waiting) {
        return fail(Code::Conflict, "the command does not wait any more: it is {}",
                    command.outcome.empty() ? command_state_name(command.state) : command.outcome);
    }
    TRY(check_sender(command));
    const auto entry = around_.directory.find(context.tenant, command.point.text());
    if (!entry || entry->point.path != command.path) {
        return fail(Code::Conflict, "the point '{}' is not there any more", command.path);
    }
    TRY(check_value(entry->point, command.value));
    TRY_ASSIGN(const Verdict verdict,
               judge(context.tenant, entry->point, command.value, context.language));
    if (const std::string objections = verdict.objections(); !objections.empty()) {
        return fail(Code::Conflict, "not now: {}", objections);
    }
    command.state = CommandState::Sending;
    command.decided_by = person_of(context);
    command.decided = around_.clock.now();
    command.note = note;
    TRY(around_.registry.commands().move(command, CommandState::Waiting));
    TRY(record(command, "commands:approve", "ok", command.decided_by, context.address));
    return command;
}

Async<registry::Command> Dispatcher::approve(const security::Context& context, std::string id,
                                             std::string note) {
    CO_TRY_ASSIGN(Command command,
                  co_await offload(around_.offload, [&] { return admit(context, id, note); }));
    co_return co_await see_through(std::move(command), context.address);
}

Result<registry::Command> Dispatcher::dismiss(const security::Context& context,
                                              const std::string& id, const std::string& note) {
    TRY(check_text(note, "/note"));
    TRY_ASSIGN(Command command, around_.registry.commands().get(context.tenant, id));
    const bool own = command.by.id == context.identity->principal;
    if (!own && !context.may("commands:approve", command.path)) {
        return fail(Code::Forbidden, "this needs the permission commands:approve for '{}'",
                    command.path);
    }
    command.decided_by = person_of(context);
    command.decided = around_.clock.now();
    command.note = note;
    const std::string detail =
        std::format("{} by {}{}{}", own ? "withdrawn" : "rejected", command.decided_by.login,
                    note.empty() ? "" : ": ", note);
    return finish(std::move(command), {CommandOutcome::Refused, detail, {}}, CommandState::Waiting,
                  context.address);
}

Async<registry::Command> Dispatcher::reject(const security::Context& context, std::string id,
                                            std::string note) {
    co_return co_await offload(around_.offload, [&] { return dismiss(context, id, note); });
}

// ---- to the device

// Waits for carry_out(), which goes on if the waiting is cancelled.
Async<registry::Command> Dispatcher::see_through(Command command, std::string address) {
    struct End {
        explicit End(asio::any_io_executor executor) : event(std::move(executor)) {}
        Event event;
        std::optional<Result<Command>> result;
    };
    const auto executor = co_await asio::this_coro::executor;
    const auto end = std::make_shared<End>(executor);
    asio::co_spawn(executor, carry_out(std::move(command), std::move(address)),
                   [end](const std::exception_ptr& broken, Result<Command> result) {
                       end->result = broken ? fail(Code::Internal, "the command broke off")
                                            : std::move(result);
                       end->event.set();
                   });
    while (!end->result) {
        co_await end->event.wait();
    }
    co_return std::move(*end->result);
}

Async<registry::Command> Dispatcher::carry_out(Command command, std::string address) {
    CommandResult result{CommandOutcome::Refused, {}, {}};
    if (command.expires != 0 && around_.clock.now() >= command.expires) {
        result.detail = "it expired before it could be sent";
    } else {
        const Result<> recorded = co_await offload(around_.offload, [&] {
            return record(command, "commands:send", "ok", command.by, address);
        });
        if (!recorded) {
            result.detail = recorded.error().message;
        } else if (auto written = co_await around_.devices.write(command.point, command.value)) {
            result = std::move(*written);
        } else {
            const bool nobody = written.error().code == Code::NotFound;
            result.outcome = nobody ? CommandOutcome::Refused : CommandOutcome::Unknown;
            result.detail =
                nobody ? std::format("no enabled connection has the point '{}'", command.path)
                       : written.error().message;
        }
    }
    co_return co_await offload(
        around_.offload, [&] { return finish(command, result, CommandState::Sending, address); });
}

Result<registry::Command> Dispatcher::finish(Command command, CommandResult result,
                                             CommandState from, const std::string& address) {
    command.state = CommandState::Done;
    command.outcome = command_outcome_name(result.outcome);
    command.detail = std::move(result.detail);
    command.read_back = std::move(result.read_back);
    command.finished = around_.clock.now();
    TRY(around_.registry.commands().move(command, from));
    around_.metrics.counter(finished_name, finished_help, {{"outcome", command.outcome}}).add();
    const bool decided_now = from == CommandState::Waiting && !command.decided_by.id.empty();
    TRY(record(command, decided_now ? "commands:approve" : "commands:write", audit_outcome(command),
               decided_now ? command.decided_by : command.by, address));
    return command;
}

Result<> Dispatcher::record(const Command& command, std::string_view action,
                            std::string_view outcome, const Person& by,
                            const std::string& address) {
    security::AuditEntry entry;
    entry.tenant = command.tenant.text();
    entry.principal = by.id.text();
    entry.action = action;
    entry.object =
        std::format("{} {} = {}", command.id.text(), command.path, to_text(command.value));
    entry.outcome = outcome;
    entry.detail = command.outcome.empty() ? std::string(command_state_name(command.state))
                   : command.detail.empty()
                       ? command.outcome
                       : std::format("{}: {}", command.outcome, command.detail);
    entry.address = address;
    return around_.audit.record(std::move(entry));
}

// ---- what nobody decides

void Dispatcher::expect(Time expires) {
    Time next = next_expiry_;
    while (expires < next && !next_expiry_.compare_exchange_weak(next, expires)) {
    }
}

Result<> Dispatcher::expire() {
    next_expiry_ = time_max;
    TRY_ASSIGN(auto waiting, around_.registry.commands().in_state(CommandState::Waiting));
    for (Command& command : waiting) {
        if (command.expires > around_.clock.now()) {
            expect(command.expires);
            continue;
        }
        const auto done =
            finish(std::move(command), {CommandOutcome::Refused, "nobody approved it in time", {}},
                   CommandState::Waiting, "");
        if (!done && done.error().code != Code::Conflict) {
            return std::unexpected(done.error());
        }
    }
    return {};
}

asio::awaitable<void> Dispatcher::watch() {
    while (true) {
        if (around_.clock.now() >= next_expiry_) {
            const auto done = co_await offload(around_.offload, [this] { return expire(); });
            if (!done) {
                around_.log.error("command", "commands cannot expire",
                                  {{"detail", done.error().message}});
                expect(around_.clock.now());
            }
        }
        co_await around_.timers.sleep(watch_period);
    }
}

}  // namespace gantry::command
