// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "registry/repository.h"

namespace gantry::registry {

enum class CommandState : unsigned char {
    Waiting,  // for somebody to approve it
    Sending,  // on its way to the device, or about to be
    Done,     // has an outcome
};
std::string_view command_state_name(CommandState state);
std::optional<CommandState> parse_command_state(std::string_view name);

struct Person {
    PrincipalId id;
    std::string login;  // at that time
    TenantId tenant;    // that it is of

    bool operator==(const Person&) const = default;
};

// A value that somebody wants at the device behind a point, and what became of it.
struct Command {
    CommandId id;
    TenantId tenant;
    PointId point;
    std::string path;  // the point's at that time
    Value value;
    std::string reason;
    Person by;
    Time created = 0;
    Time expires = 0;  // not sent from then on; 0 for never
    CommandState state = CommandState::Sending;
    Person decided_by;  // who approved, rejected or withdrew it
    Time decided = 0;
    std::string note;
    std::string outcome;  // confirmed, refused, failed, unknown
    std::string detail;
    Value read_back;
    Time finished = 0;

    bool operator==(const Command&) const = default;
};

// Who repeats a request gets its first answer.
struct CommandKey {
    std::string key;      // of the principal's choice; empty for none
    std::string request;  // a hash of what was asked
};

struct CommandFilter {
    std::optional<CommandState> state;
    PointId point;  // empty for all
};

// Blocks; any thread. What is returned is on disk.
class Commands {
public:
    explicit Commands(Ground ground) : ground_(ground) {}

    // With a new id; or the one that was created with that key before, and true. Conflict: the key
    // was used for another request. QuotaExceeded: too many wait.
    Result<std::pair<Command, bool>> create(Command command, const CommandKey& key);
    // What the key was used for before, if it was.
    Result<std::optional<Command>> find(const TenantId& tenant, const PrincipalId& principal,
                                        const CommandKey& key);
    Result<Command> get(const TenantId& tenant, const std::string& id);
    // Newest first.
    Result<Page<Command>> list(const TenantId& tenant, const CommandFilter& filter,
                               const PageRequest& request);
    // Of all tenants.
    Result<std::vector<Command>> in_state(CommandState state);
    // Conflict: it is not in the state `from` any more.
    Result<> move(const Command& command, CommandState from);
    // Leaves the newest `kept` of each tenant that are done.
    Result<> purge();

    static constexpr std::int64_t waiting_max = 1'000;  // of a tenant
    static constexpr std::int64_t kept = 100'000;       // of a tenant

private:
    Ground ground_;
};

}  // namespace gantry::registry
