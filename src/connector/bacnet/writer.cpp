// SPDX-License-Identifier: Apache-2.0
#include "connector/bacnet/writer.h"

#include <array>
#include <format>

#include "connector/bacnet/convert.h"
#include "connector/bacnet/tags.h"
#include "connector/bacnet/words.h"
#include "connector/write_outcome.h"

namespace gantry::connector::bacnet {
namespace {

class Writer {
public:
    Writer(Link& link, Timers& timers, const Tag& tag, unsigned priority)
        : link_(link), timers_(timers), tag_(tag), priority_(priority) {}

    asio::awaitable<CommandResult> write(const Value& value) {
        const Held before = co_await held(tag_.address.place);
        if (!before.value) {
            co_return refused(before.arrived ? before.trouble
                                             : "the connection was lost; nothing was sent");
        }
        Result<Encoded> encoded = encode(tag_.address, tag_.property, *before.value, value);
        if (!encoded) {
            co_return refused(encoded.error().message);
        }
        if (auto trouble = co_await send(encoded->element)) {
            co_return std::move(*trouble);
        }
        co_return co_await confirm(*encoded);
    }

    asio::awaitable<CommandResult> relinquish() {
        Bytes null;
        put_application(null, DataType::Null, {});
        if (auto trouble = co_await send(null)) {
            co_return std::move(*trouble);
        }
        Reference slot = tag_.address.place;
        slot.property = property::priority_array;
        slot.index = priority_;
        const Held after = co_await held(slot);
        const Held now = co_await held(tag_.address.place);
        if (!after.value || !now.value) {
            co_return unread(after.value ? now : after);
        }
        Value holds = value_in(*now.value);
        if (*after.value == null) {
            co_return CommandResult{CommandOutcome::Confirmed, {}, std::move(holds)};
        }
        co_return CommandResult{
            CommandOutcome::Failed,
            std::format("the device acknowledged, but priority {} is still in use", priority_),
            std::move(holds)};
    }

private:
    struct Held {
        bool arrived = false;
        std::optional<Bytes> value;
        std::string trouble;
    };

    asio::awaitable<Held> held(Reference place) {
        const Answer answer = co_await link_.ask(Service::ReadProperty, read_request(place));
        Held out{.arrived = answer.arrived, .value = {}, .trouble = answer.trouble};
        if (answer.good()) {
            const auto result = read_answer(answer.apdu.data);
            if (result && result->of == place) {
                out.value.emplace(result->value.begin(), result->value.end());
            } else {
                out.trouble = "the device's answer is none to the request";
            }
        }
        co_return out;
    }

    Value value_in(ByteView held) const {
        std::string scratch;
        const Reading read = decode(tag_.address, tag_.property.type, held, {}, scratch).reading;
        return value_of(read.type, read.bits, read.text);
    }

    // What came of it, unless the device has taken it.
    asio::awaitable<std::optional<CommandResult>> send(Bytes element) {
        Bytes request = write_request(tag_.address.place, element, priority_);
        if (request.size() + request_head_bytes > link_.apdu_bytes()) {
            co_return refused(std::format("{} bytes are more than one request to this device can "
                                          "carry",
                                          element.size()));
        }
        const Answer answer = co_await link_.ask(Service::WriteProperty, std::move(request));
        if (!answer.arrived) {
            co_return answer.sent ? unknown("the device did not answer")
                                  : refused("the connection was lost; nothing was sent");
        }
        if (!answer.good()) {
            co_return refused(answer.trouble);
        }
        co_return std::nullopt;
    }

    static CommandResult unread(const Held& held) {
        return unknown(std::format("the device acknowledged the write, but reading back failed "
                                   "({})",
                                   held.arrived ? held.trouble : "the connection was lost"));
    }

    asio::awaitable<CommandResult> confirm(const Encoded& encoded) {
        Value holds;
        for (const Duration pause : read_back_pauses) {
            if (pause > Duration{0}) {
                co_await timers_.sleep(pause);
            }
            const Held now = co_await held(tag_.address.place);
            if (!now.value) {
                co_return unread(now);
            }
            holds = value_in(*now.value);
            if (is_confirmed(tag_.address, tag_.property.type, encoded, *now.value)) {
                co_return CommandResult{CommandOutcome::Confirmed, {}, std::move(holds)};
            }
        }
        std::string detail = std::format("the device acknowledged {}, but holds {}",
                                         to_text(encoded.value), to_text(holds));
        if (const auto winner = co_await overruling()) {
            detail += std::format(": overruled by priority {}", *winner);
        }
        co_return CommandResult{CommandOutcome::Failed, std::move(detail), std::move(holds)};
    }

    // The priority before ours that has a value.
    asio::awaitable<std::optional<unsigned>> overruling() {
        Reference slot = tag_.address.place;
        if (slot.property != property::present_value || slot.index) {
            co_return std::nullopt;
        }
        slot.property = property::priority_array;
        for (unsigned at = 1; at < priority_; ++at) {
            slot.index = at;
            const Held one = co_await held(slot);
            if (!one.value) {
                co_return std::nullopt;
            }
            ByteView ignored;
            if (!ElementReader(*one.value).take_application(DataType::Null, ignored)) {
                co_return at;
            }
        }
        co_return std::nullopt;
    }

    Link& link_;
    Timers& timers_;
    const Tag& tag_;
    const unsigned priority_;
};

}  // namespace

asio::awaitable<CommandResult> write_and_confirm(Link& link, const Settings& settings,
                                                 const Surroundings& around,
                                                 const TagBinding& binding, const Value& value) {
    if (binding.property.access != Access::ReadWrite) {
        co_return refused("the point is read-only");
    }
    const Result<Tag> tag = make_tag(settings, binding.address, binding.property);
    if (!tag) {
        co_return refused(tag.error().message);
    }
    const auto priority = static_cast<unsigned>(settings.priority);
    Writer writer(link, around.timers, *tag, tag->address.priority.value_or(priority));
    if (type_of(value) == ValueType::Null) {
        co_return co_await writer.relinquish();
    }
    co_return co_await writer.write(value);
}

}  // namespace gantry::connector::bacnet
