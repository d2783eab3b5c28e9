// SPDX-License-Identifier: Apache-2.0
#include "connector/modbus/writer.h"

#include <algorithm>
#include <format>

#include "connector/modbus/block_reader.h"
#include "connector/registers/convert.h"

namespace gantry::connector::modbus {
namespace {

using namespace std::chrono_literals;

constexpr std::array<Duration, 3> read_back_pauses = {0ms, 100ms, 400ms};

CommandResult refused(std::string detail) {
    return {CommandOutcome::Refused, std::move(detail), {}};
}

// One write command on its way.
class Writer {
public:
    Writer(Link& link, Timers& timers, const Settings& settings, const Tag& tag,
           registers::Encoded encoded)
        : link_(link),
          timers_(timers),
          settings_(settings),
          tag_(tag),
          encoded_(std::move(encoded)) {}

    asio::awaitable<CommandResult> run() {
        if (tag_.format.encoding == Encoding::RegisterBit) {
            co_await ask_for_registers();
            if (answer_.kind != Answer::Kind::Data) {
                co_return refused(
                    "nothing was written, as reading the register before changing its "
                    "bit failed: " +
                    explain(answer_, settings_.timeout));
            }
            const bool on = encoded_.bytes[0] != std::byte{0};
            std::ranges::copy(answer_.data, encoded_.bytes.begin());
            merge_bit(tag_.format, on, std::span(encoded_.bytes).first<2>());
        }
        const Request request = write_request();
        co_await link_.ask(tag_.unit, request, answer_);
        switch (answer_.kind) {
            case Answer::Kind::Data: break;
            case Answer::Kind::Refused: co_return refused(explain(answer_, settings_.timeout));
            case Answer::Kind::Lost:
                if (!answer_.sent) {
                    co_return refused("the connection was lost; nothing was sent");
                }
                [[fallthrough]];
            default:
                co_return CommandResult{
                    CommandOutcome::Unknown,
                    explain(answer_, settings_.timeout) + ": read the point before writing again",
                    {}};
        }
        co_return co_await confirm(request.function == Function::ReadWriteMultipleRegisters);
    }

private:
    ByteView data() const {
        return is_bits(tag_.area) ? ByteView(encoded_.bytes).first(1) : encoded_.registers();
    }

    Request write_request() const {
        Request out;
        out.address = tag_.start;
        out.count = tag_.count;
        out.data = data();
        if (tag_.area == Area::Coils) {
            out.function =
                settings_.write_multiple ? Function::WriteMultipleCoils : Function::WriteSingleCoil;
        } else if (settings_.use_fc23 && tag_.count <= exchange_write_registers_max) {
            out.function = Function::ReadWriteMultipleRegisters;
            out.read_address = tag_.start;
            out.read_count = tag_.count;
        } else {
            out.function = tag_.count == 1 && !settings_.write_multiple
                               ? Function::WriteSingleRegister
                               : Function::WriteMultipleRegisters;
        }
        return out;
    }

    asio::awaitable<void> ask_for_registers() {
        const Block block{.unit = tag_.unit,
                          .area = tag_.area,
                          .start = tag_.start,
                          .count = tag_.count,
                          .first = 0,
                          .last = 1};
        const Request request = block.request();
        co_await link_.ask(tag_.unit, request, answer_);
    }

    asio::awaitable<CommandResult> confirm(bool have_answer) {
        for (const Duration pause : read_back_pauses) {
            if (!have_answer) {
                if (pause > Duration{0}) {
                    co_await timers_.sleep(pause);
                }
                co_await ask_for_registers();
            }
            have_answer = false;
            if (answer_.kind != Answer::Kind::Data) {
                co_return CommandResult{CommandOutcome::Unknown,
                                        "the device acknowledged the write, but reading back "
                                        "failed: " +
                                            explain(answer_, settings_.timeout),
                                        {}};
            }
            if (is_as_written()) {
                co_return CommandResult{CommandOutcome::Confirmed, {}, read_back()};
            }
        }
        Value found = read_back();
        std::string detail = std::format("the device acknowledged {}, but holds {}",
                                         to_text(encoded_.value), to_text(found));
        co_return CommandResult{CommandOutcome::Failed, std::move(detail), std::move(found)};
    }

    bool is_as_written() const {
        if (tag_.area == Area::Coils) {
            return coil_at(answer_.data, 0) == coil_at(encoded_.bytes, 0);
        }
        if (tag_.format.encoding == Encoding::RegisterBit) {
            return read_back() == encoded_.value;
        }
        return is_confirmed(tag_.format, encoded_.registers(), answer_.data);
    }

    Value read_back() const {
        std::string scratch;
        const Reading reading =
            tag_.area == Area::Coils
                ? read_bit(tag_.type, coil_at(answer_.data, 0))
                : decode_registers(tag_.format, tag_.type, answer_.data, scratch);
        return value_of(reading.type, reading.bits, reading.text);
    }

    Link& link_;
    Timers& timers_;
    const Settings& settings_;
    const Tag& tag_;
    registers::Encoded encoded_;
    Answer answer_;
};

}  // namespace

asio::awaitable<CommandResult> write_and_confirm(Link& link, Timers& timers,
                                                 const Settings& settings,
                                                 const TagBinding& binding, Value value) {
    if (binding.property.access != Access::ReadWrite) {
        co_return refused("the point is read-only");
    }
    const Result<Tag> tag = make_tag(settings, binding.address, binding.property);
    if (!tag) {
        co_return refused(tag.error().message);
    }
    Result<registers::Encoded> encoded = encode_value(tag->format, binding.property, value);
    if (!encoded) {
        co_return refused(encoded.error().message);
    }
    Writer writer(link, timers, settings, *tag, std::move(*encoded));
    co_return co_await writer.run();
}

}  // namespace gantry::connector::modbus
