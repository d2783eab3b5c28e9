// SPDX-License-Identifier: Apache-2.0
#include "connector/ethernetip/writer.h"

#include <array>
#include <format>

#include "connector/ethernetip/convert.h"
#include "connector/ethernetip/reader.h"
#include "connector/ethernetip/tags.h"
#include "connector/write_outcome.h"

namespace gantry::connector::ethernetip {
namespace {

// Keeps what one item holds.
class Found final : public ReadListener {
public:
    void read(const Item& /*item*/, const Kind& of, ByteView bytes, Time /*arrived*/) override {
        kind = of;
        held.emplace(bytes.begin(), bytes.end());
    }
    void refused(const Item& /*item*/, Quality /*quality*/, const std::string& why) override {
        trouble = why;
    }
    void asked(const Job& /*job*/) override {}

    Kind kind;
    std::optional<Bytes> held;
    std::string trouble = "the connection was lost";
};

class Writer {
public:
    Writer(Link& link, const Settings& settings, Timers& timers, const Tag& tag)
        : link_(link), settings_(settings), timers_(timers), tag_(tag) {}

    asio::awaitable<CommandResult> run(const Value& value) {
        const Found before = co_await look();
        if (!before.held) {
            co_return refused(std::format("{}; nothing was written", before.trouble));
        }
        kind_ = before.kind;
        Result<Encoded> encoded = encode(kind_, tag_.address, tag_.property, *before.held, value);
        if (!encoded) {
            co_return refused(encoded.error().message);
        }
        encoded_ = std::move(*encoded);
        std::array<Job, 1> jobs;
        jobs[0].request = request();
        if (jobs[0].request.size() > link_.message_bytes()) {
            co_return refused(std::format("{} bytes are more than one request to this controller "
                                          "can carry",
                                          encoded_.bytes.size()));
        }
        if (!co_await has_room()) {
            co_return refused("the text is longer than the controller has room for");
        }
        co_await link_.ask(jobs);
        const Job& job = jobs[0];
        if (!job.answered) {
            co_return job.sent ? unknown("the connection was lost before the controller answered")
                               : refused("the connection was lost; nothing was sent");
        }
        if (!job.reply.good()) {
            co_return refused(trouble_of(job.reply).text);
        }
        co_return co_await confirm();
    }

private:
    asio::awaitable<Found> look() {
        Plan plan({item_of(tag_.address, tag_.property.type, 0)}, limits_of(settings_, link_));
        Found found;
        (void)co_await read_round(link_, plan, found);
        co_return found;
    }

    Bytes path() const {
        Bytes out;
        append_tag(out, tag_.address.tag);
        if (const auto index = tag_.address.index) {
            append_element(out, is_packed(kind_, index) ? *index / packed_bits : *index);
        }
        return out;
    }

    Bytes request() const {
        if (encoded_.bit) {
            return write_bit_request(path(), kind_bytes(kind_.code), *encoded_.bit, encoded_.on);
        }
        Bytes data;
        append_kind(data, kind_);
        put(data, 1, 2);  // one element
        append(data, encoded_.bytes);
        return ethernetip::request(service::write_tag, path(), data);
    }

    // A structure is filled up to whole double words, so its length does not say how long a text of
    // a type of its own can be: the last character's place does.
    asio::awaitable<bool> has_room() {
        const auto* const text = std::get_if<std::string>(&encoded_.value);
        if (text == nullptr || text->empty() || !kind_.text ||
            kind_.handle == kind::string_handle) {
            co_return true;
        }
        std::array<Job, 1> jobs;
        Bytes last = path();
        append_tag(last, "DATA");
        append_element(last, static_cast<std::uint32_t>(text->size() - 1));
        jobs[0].request = read_tag_request(last, 1);
        co_await link_.ask(jobs);
        co_return jobs[0].answered&& jobs[0].reply.good();
    }

    asio::awaitable<CommandResult> confirm() {
        Value holds;
        for (const Duration pause : read_back_pauses) {
            if (pause > Duration{0}) {
                co_await timers_.sleep(pause);
            }
            const Found found = co_await look();
            if (!found.held || found.kind != kind_) {
                co_return unknown(std::format(
                    "the controller acknowledged the write, but reading back failed ({})",
                    found.held ? "it is of another type now" : found.trouble));
            }
            std::string scratch;
            const Reading reading =
                decode(kind_, tag_.address, tag_.property.type, *found.held, scratch);
            holds = value_of(reading.type, reading.bits, reading.text);
            if (is_confirmed(kind_, tag_.address, tag_.property.type, encoded_, *found.held)) {
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
    Kind kind_;
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
    Writer writer(link, settings, around.timers, *tag);
    co_return co_await writer.run(value);
}

}  // namespace gantry::connector::ethernetip
