// SPDX-License-Identifier: Apache-2.0
#include "connector/http_json/writer.h"

#include <format>

#include "connector/http_json/fetch.h"
#include "connector/http_json/tags.h"
#include "connector/message/decoder.h"

namespace gantry::connector::http_json {
namespace {

constexpr Duration look_again = std::chrono::milliseconds(250);

CommandResult refused(std::string why) { return {CommandOutcome::Refused, std::move(why), {}}; }

// What the tag's own resource says.
Async<Value> read_back(Asker& asker, const Tag& tag) {
    CO_TRY_ASSIGN(const Fetched fetched, co_await asker.get(tag.address.path));
    if (!fetched.trouble.empty()) {
        co_return fail(Code::Unavailable, "{}: {}", tag.address.path, fetched.trouble);
    }
    Decoder decoder;
    decoder.begin(fetched.body);
    const Decoder::Found found = decoder.find(tag.lookup);
    if (!found.trouble.empty()) {
        co_return fail(Code::Unavailable, "{}", found.trouble);
    }
    co_return value_of(found.reading.type, found.reading.bits, found.reading.text);
}

}  // namespace

asio::awaitable<CommandResult> write_and_confirm(const Surroundings& around,
                                                 const Settings& settings,
                                                 const TagBinding& binding, const Value& value) {
    if (binding.property.access != Access::ReadWrite) {
        co_return refused("the point is read-only");
    }
    const Result<Tag> tag = make_tag(settings, binding.address, binding.property);
    if (!tag) {
        co_return refused(tag.error().message);
    }
    const SetAddress& set = *tag->address.set;
    Result<std::string> body = message_of(tag->lookup, set.json, binding.property, value);
    if (!body) {
        co_return refused(body.error().message);
    }
    Asker asker(around, settings);
    const auto sent = co_await asker.send(
        set.put ? gantry::http::Method::Put : gantry::http::Method::Post, set.path,
        std::move(*body), set.json.empty() ? "text/plain; charset=utf-8" : "application/json");
    if (!sent) {
        const bool unsent = sent.error().code == Code::Unavailable;
        co_return CommandResult{
            unsent ? CommandOutcome::Refused : CommandOutcome::Unknown, sent.error().message, {}};
    }
    // What is wrong with the server may still have happened.
    if (!sent->trouble.empty() && sent->status / 100 != 5) {
        co_return refused(std::format("{}: {}", set.path, sent->trouble));
    }
    const Duration until = around.timers.now() + settings.timeout;
    Result<Value> seen;
    while (true) {
        seen = co_await read_back(asker, *tag);
        if (seen && is_as_written(tag->lookup, *seen, value)) {
            co_return CommandResult{CommandOutcome::Confirmed, {}, std::move(*seen)};
        }
        if (around.timers.now() + look_again >= until) {
            break;
        }
        co_await around.timers.sleep(look_again);
    }
    const std::string taken = sent->trouble.empty()
                                  ? std::format("{} took it", set.path)
                                  : std::format("{}: {}", set.path, sent->trouble);
    if (!seen) {
        co_return CommandResult{
            CommandOutcome::Unknown,
            std::format("{}, but it cannot be read back: {}", taken, seen.error().message),
            {}};
    }
    co_return CommandResult{
        CommandOutcome::Failed,
        std::format("{}, but {} says {}", taken, tag->address.path, to_text(*seen)),
        std::move(*seen)};
}

}  // namespace gantry::connector::http_json
