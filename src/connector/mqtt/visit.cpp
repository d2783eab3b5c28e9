// SPDX-License-Identifier: Apache-2.0
#include "connector/mqtt/visit.h"

#include <format>

#include "mqttclient/reason_text.h"
#include "runtime/either.h"

namespace gantry::connector::mqtt {
namespace {

asio::awaitable<bool> changes(Event& event) {
    co_await event.wait();
    co_return true;
}

Guest guest_of(const Settings& settings, Random& random) {
    const std::string name = settings.client_id.empty() ? "gantry" : settings.client_id;
    return {.client_id = std::format("{}-try-{:08x}", name, random.number() & 0xffff'ffff),
            .stays = false,
            .only = settings.only()};
}

// Who asks is not who the broker does not know: to them the broker is away.
std::unexpected<Error> away(Error error) {
    if (error.code != Code::InvalidArgument && error.code != Code::Timeout) {
        error.code = Code::Unavailable;
    }
    return std::unexpected(std::move(error));
}

}  // namespace

std::string Visitor::refusal_of(const std::string& filter) const {
    const auto found = answers.find(filter);
    if (found == answers.end()) {
        return "the broker does not answer the subscription";
    }
    return gantry::mqtt::is_failure(found->second)
               ? mqttclient::refusal("the broker refuses the subscription", found->second).message
               : std::string();
}

asio::awaitable<void> stay(Conversation& conversation, Visitor& visitor, Duration most) {
    co_await conversation.begun();
    const Duration until = conversation.timers().now() + most;
    while (!visitor.enough()) {
        if (!co_await either(changes(visitor.changed_), conversation.timers().sleep_until(until))) {
            break;
        }
    }
}

Async<> visit(const Surroundings& around, const Settings& settings,
              const std::map<std::string, std::uint8_t>& subscriptions, Visitor& visitor,
              Duration most) {
    Guest guest = guest_of(settings, around.random);
    while (true) {
        auto stream = co_await open_stream(around, settings);
        if (!stream) {
            co_return away(std::move(stream).error());
        }
        Conversation conversation(std::move(*stream), settings, guest, around, visitor,
                                  co_await asio::this_coro::executor);
        for (const auto& [filter, qos] : subscriptions) {
            CO_TRY(conversation.subscribe(filter, qos));
        }
        const std::optional<Error> broken =
            co_await either(conversation.run(), stay(conversation, visitor, most));
        if (!broken) {
            visitor.version = conversation.version();
            co_await conversation.leave();
            co_return Result<>{};
        }
        if (!conversation.older_may_do()) {
            co_return away(*broken);
        }
        guest.only = gantry::mqtt::Version::V311;
    }
}

}  // namespace gantry::connector::mqtt
