// SPDX-License-Identifier: Apache-2.0
#include "connector/iec104/control.h"

#include <cmath>
#include <format>

#include "runtime/either.h"

namespace gantry::connector::iec104 {
namespace {

using Kind = Conversation::Reply::Kind;

CommandResult refused(std::string why) { return {CommandOutcome::Refused, std::move(why), {}}; }

Bytes command_asdu(const Conversation& conversation, const Tag& tag, Command command, bool select) {
    command.select = select;
    Bytes out;
    append_command(out, conversation.header(command.type, Cause::Activation, tag.common), command);
    return out;
}

// What the station monitors, as the point's value.
Value seen_as(const Tag& tag, const Conversation::Heard& heard) {
    const Reading reading = read_object(tag, heard.type, heard.object);
    return value_of(reading.type, reading.bits, reading.text);
}

// A station's converter has steps of its own: of a normalized value 2^-15, of a float its last bit.
bool is_as_sent(const Command& command, const Tag& tag, const Value& seen, const Value& wanted) {
    const auto is = to_number(seen);
    const auto want = to_number(wanted);
    if (!is || !want) {
        return false;
    }
    double step = 0;
    if (command.type == Type::C_SE_NA_1) {
        step = std::abs(tag.address.scaling.scale) / 32'768;
    } else if (command.type == Type::C_SE_NB_1) {
        step = std::abs(tag.address.scaling.scale);
    } else if (command.type == Type::C_SE_NC_1) {
        step = std::abs(*want) * 1e-6;
    }
    return std::abs(*is - *want) <= step;
}

}  // namespace

asio::awaitable<CommandResult> control(Conversation& conversation, const TagBinding& binding,
                                       const Value& value) {
    const Settings& settings = conversation.settings();
    if (binding.property.access != Access::ReadWrite) {
        co_return refused("the point is read-only");
    }
    const Result<Tag> tag = make_tag(settings, binding.address, binding.property);
    if (!tag) {
        co_return refused(tag.error().message);
    }
    const Result<Command> command = make_command(*tag, binding.property, value);
    if (!command) {
        co_return refused(command.error().message);
    }
    if (command->select) {
        const auto selected =
            co_await conversation.activate(command_asdu(conversation, *tag, *command, true));
        if (selected.kind != Kind::Confirmed) {
            co_return refused(
                std::format("it was not selected, and nothing was executed: {}", selected.detail));
        }
    }
    // It may say what has become of it before it says that it is done.
    const bool apart = command->address != tag->address.object;
    std::optional<Conversation::Heard> seen;
    Conversation::Reply done;
    const auto watch = [&]() -> asio::awaitable<void> {
        while (apart && !conversation.closed()) {
            const auto next = co_await conversation.next_value(tag->common, tag->address.object,
                                                               4 * settings.command_timeout);
            seen = next ? next : seen;
        }
        Event never(co_await asio::this_coro::executor);
        co_await never.wait();
    };
    done = *co_await either(
        conversation.carry_out(command_asdu(conversation, *tag, *command, false)), watch());
    switch (done.kind) {
        case Kind::Refused: co_return refused("the station refuses it: " + done.detail);
        case Kind::Lost: co_return CommandResult{CommandOutcome::Unknown, done.detail, {}};
        case Kind::TimedOut:
            if (!done.confirmed) {
                co_return CommandResult{CommandOutcome::Unknown, done.detail, {}};
            }
            break;  // some stations do not say that they are done
        case Kind::Confirmed: break;
    }
    if (!apart) {
        co_return done.kind == Kind::Confirmed
            ? CommandResult{CommandOutcome::Confirmed,
                            "the station reports that it is done; it monitors no value of it",
                            {}}
            : CommandResult{CommandOutcome::Unknown, done.detail, {}};
    }
    const Duration pause = settings.command_timeout;
    if (!seen || !is_as_sent(*command, *tag, seen_as(*tag, *seen), value)) {
        Bytes asdu;
        append_read(asdu, conversation.header(Type::C_RD_NA_1, Cause::Request, tag->common),
                    tag->address.object);
        conversation.send(std::move(asdu));
        if (const auto next =
                co_await conversation.next_value(tag->common, tag->address.object, pause)) {
            seen = next;
        }
    }
    if (!seen) {
        co_return CommandResult{CommandOutcome::Unknown,
                                std::format("the station confirmed the command, but says no value "
                                            "of object {} within {}",
                                            tag->address.object, format_duration(pause)),
                                {}};
    }
    Value read_back = seen_as(*tag, *seen);
    if (is_as_sent(*command, *tag, read_back, value)) {
        co_return CommandResult{CommandOutcome::Confirmed, {}, std::move(read_back)};
    }
    std::string detail = std::format("the station confirmed {}, but object {} is {}",
                                     to_text(value), tag->address.object, to_text(read_back));
    co_return CommandResult{CommandOutcome::Failed, std::move(detail), std::move(read_back)};
}

}  // namespace gantry::connector::iec104
