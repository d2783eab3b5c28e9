// SPDX-License-Identifier: Apache-2.0
#include "connector/words/writer.h"

#include <array>
#include <format>

#include "connector/registers/convert.h"
#include "connector/words/reader.h"
#include "connector/write_outcome.h"

namespace gantry::connector::words {
namespace {

using namespace std::chrono_literals;
using registers::Encoded;
using registers::Encoding;

// Keeps what one item holds.
class Found final : public ReadListener {
public:
    void read(const Item& /*item*/, ByteView values, Time /*arrived*/) override {
        held.emplace(values.begin(), values.end());
    }
    void refused(const Item& /*item*/, Quality /*quality*/, const std::string& why) override {
        trouble = why;
    }
    void asked(const RequestJob& /*job*/) override {}

    std::optional<Bytes> held;
    std::string trouble = "the connection was lost";
};

class Writer {
public:
    Writer(Link& link, const Settings& settings, Timers& timers, const Tag& tag, Encoded encoded)
        : link_(link), settings_(settings), timers_(timers), tag_(tag), encoded_(encoded) {}

    asio::awaitable<CommandResult> run() {
        if (format().encoding == Encoding::RegisterBit && !bit_request()) {
            // The controller takes whole words only: the others of its bits stay as they are.
            const Found found = co_await look();
            if (!found.held) {
                co_return refused(std::format("the word cannot be read ({}); nothing was written",
                                              found.trouble));
            }
            const bool on = encoded_.bytes[0] != std::byte{0};
            std::ranges::copy(*found.held, encoded_.bytes.begin());
            merge_bit(format(), on, std::span(encoded_.bytes).first<2>());
        }
        std::array<RequestJob, 1> jobs;
        jobs[0].request = request();
        co_await link_.ask(jobs);
        const RequestJob& job = jobs[0];
        if (!job.answered) {
            co_return job.sent ? unknown("the connection was lost before the controller answered")
                               : refused("the connection was lost; nothing was sent");
        }
        if (const Answer answer = link_.language().read_answer(job.answer); !answer.good) {
            co_return refused(answer.why);
        }
        co_return co_await confirm();
    }

private:
    const registers::Format& format() const { return tag_.address.format; }
    const Area& area() const { return link_.language().areas()[tag_.address.area]; }

    std::optional<Bytes> bit_request() const {
        return link_.language().write_bit_request(area(), tag_.address.start, format().bit,
                                                  encoded_.bytes[0] != std::byte{0});
    }

    Bytes request() const {
        if (format().encoding == Encoding::RegisterBit) {
            if (auto out = bit_request()) {
                return std::move(*out);
            }
        }
        return link_.language().write_request(
            area(), tag_.address.start, encoded_.count,
            area().bits ? ByteView(encoded_.bytes).first(1) : encoded_.registers());
    }

    asio::awaitable<Found> look() {
        Plan plan({item_of(tag_.address, 0)}, stretch_limits(settings_));
        Found found;
        (void)co_await read_round(link_, plan, found);
        co_return found;
    }

    asio::awaitable<CommandResult> confirm() {
        Value holds;
        for (const Duration pause : read_back_pauses) {
            if (pause > Duration{0}) {
                co_await timers_.sleep(pause);
            }
            const Found found = co_await look();
            if (!found.held) {
                co_return unknown(std::format(
                    "the controller acknowledged the write, but reading back failed ({})",
                    found.trouble));
            }
            std::string scratch;
            const Reading reading = decode(tag_, *found.held, scratch);
            holds = value_of(reading.type, reading.bits, reading.text);
            if (is_number(format().encoding) || format().encoding == Encoding::Text
                    ? is_confirmed(format(), encoded_.registers(), *found.held)
                    : holds == encoded_.value) {
                co_return CommandResult{CommandOutcome::Confirmed, {}, std::move(holds)};
            }
        }
        std::string detail = std::format("the controller acknowledged {}, but holds {}",
                                         to_text(encoded_.value), to_text(holds));
        co_return CommandResult{CommandOutcome::Failed, std::move(detail), std::move(holds)};
    }

    Link& link_;
    const Settings& settings_;
    Timers& timers_;
    const Tag& tag_;
    Encoded encoded_;
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
    Result<Encoded> encoded = encode_value(tag->address.format, binding.property, value);
    if (!encoded) {
        co_return refused(encoded.error().message);
    }
    Writer writer(link, settings, around.timers, *tag, *encoded);
    co_return co_await writer.run();
}

}  // namespace gantry::connector::words
