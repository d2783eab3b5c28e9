// SPDX-License-Identifier: Apache-2.0
#include "connector/s7/writer.h"

#include <array>
#include <format>

#include "connector/s7/convert.h"
#include "connector/s7/reader.h"
#include "connector/s7/tags.h"
#include "connector/write_outcome.h"

namespace gantry::connector::s7 {
namespace {

// Keeps what one item holds.
class Found final : public ReadListener {
public:
    void read(const Item& /*item*/, ByteView bytes, Time /*arrived*/) override {
        held.emplace(bytes.begin(), bytes.end());
    }
    void refused(const Item& /*item*/, Quality /*quality*/, const std::string& why) override {
        trouble = why;
    }
    void asked(const Job& /*job*/) override {}

    std::optional<Bytes> held;
    std::string trouble;
};

class Writer {
public:
    Writer(Link& link, Timers& timers, const Tag& tag, Encoded encoded)
        : link_(link), timers_(timers), tag_(tag), encoded_(std::move(encoded)) {}

    asio::awaitable<CommandResult> run() {
        if (encoded_.bytes.size() + write_head > link_.pdu_bytes()) {
            co_return refused(std::format("{} bytes are more than one request to this controller "
                                          "can carry",
                                          encoded_.bytes.size()));
        }
        std::array<Job, 1> jobs;
        jobs[0].request = request();
        co_await link_.ask(jobs);
        const Job& job = jobs[0];
        if (!job.answered) {
            co_return job.sent ? unknown("the connection was lost before the controller answered")
                               : refused("the connection was lost; nothing was sent");
        }
        if (job.pdu.error != 0) {
            co_return refused(pdu_error(job.pdu.error));
        }
        const auto code = read_write_answer(job.pdu);
        if (!code) {
            co_return unknown("the controller's answer is none to the request");
        }
        if (*code != item_good) {
            co_return refused(item_error(*code));
        }
        co_return co_await confirm();
    }

private:
    Bytes request() const {
        const Address& address = tag_.address;
        const Place place{.area = address.area,
                          .block = address.block,
                          .start = address.start + encoded_.skip,
                          .count = static_cast<std::uint16_t>(encoded_.bytes.size())};
        if (address.type == Type::Bool) {
            return write_bit_request(place, address.bit, encoded_.bytes[0] != std::byte{0});
        }
        return write_request(place, encoded_.bytes);
    }

    asio::awaitable<CommandResult> confirm() {
        Value holds;
        for (const Duration pause : read_back_pauses) {
            if (pause > Duration{0}) {
                co_await timers_.sleep(pause);
            }
            Plan plan({item_of(tag_.address, 0)}, stretch_limits(0, 0));
            Found found;
            const bool whole = co_await read_round(link_, plan, found);
            if (!whole || !found.held) {
                co_return unknown(std::format(
                    "the controller acknowledged the write, but reading back failed ({})",
                    whole ? found.trouble : "the connection was lost"));
            }
            std::string scratch;
            const Reading reading = decode(tag_.address, tag_.type, *found.held, scratch);
            holds = value_of(reading.type, reading.bits, reading.text);
            if (is_confirmed(tag_.address, tag_.type, encoded_, *found.held)) {
                co_return CommandResult{CommandOutcome::Confirmed, {}, std::move(holds)};
            }
        }
        std::string detail = std::format("the controller acknowledged {}, but holds {}",
                                         to_text(encoded_.value), to_text(holds));
        co_return CommandResult{CommandOutcome::Failed, std::move(detail), std::move(holds)};
    }

    Link& link_;
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
    Result<Encoded> encoded = encode(tag->address, binding.property, value);
    if (!encoded) {
        co_return refused(encoded.error().message);
    }
    Writer writer(link, around.timers, *tag, std::move(*encoded));
    co_return co_await writer.run();
}

}  // namespace gantry::connector::s7
