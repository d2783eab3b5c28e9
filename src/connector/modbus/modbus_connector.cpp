// SPDX-License-Identifier: Apache-2.0
#include "connector/modbus/modbus_connector.h"

#include "connector/modbus/writer.h"
#include "runtime/either.h"

namespace gantry::connector::modbus {

namespace {

Async<std::unique_ptr<Stream>> open_line(const Surroundings& around, const Settings& settings) {
    if (around.serial == nullptr) {
        co_return fail(Code::Unsupported, "{}: there are no serial lines here", settings.device);
    }
    co_return co_await around.serial->open(settings.device, settings.line);
}

Async<std::unique_ptr<Stream>> open_tcp(const Surroundings& around, const Settings& settings) {
    auto stream = co_await with_deadline(
        around.timers, settings.connect_timeout,
        around.network.connect(settings.host, static_cast<std::uint16_t>(settings.port)),
        std::format("{}: no answer within {}: is the address right, and is the device reachable?",
                    settings.where(), format_duration(settings.connect_timeout)));
    if (!stream) {
        Error error = std::move(stream).error();
        if (error.code == Code::Unavailable) {
            error.message += ": is the device on and is the port right?";
        }
        co_return std::unexpected(std::move(error));
    }
    co_return stream;
}

Async<std::unique_ptr<Stream>> open_stream(const Surroundings& around, const Settings& settings) {
    return settings.device.empty() ? open_tcp(around, settings) : open_line(around, settings);
}

}  // namespace

Async<std::shared_ptr<Link>> open_link(const Surroundings& around, const Settings& settings) {
    CO_TRY_ASSIGN(auto stream, co_await open_stream(around, settings));
    const LinkOptions options{.where = settings.where(),
                              .timeout = settings.timeout,
                              .in_flight_max = static_cast<std::size_t>(settings.max_in_flight),
                              .wire = settings.wire,
                              .gap = settings.gap,
                              .turnaround = settings.turnaround};
    co_return std::make_shared<Link>(std::move(stream), options, around.timers, around.clock);
}

Async<> ModbusConnector::run(SampleSink& sink) {
    co_await device_.announce(sink);
    auto link = co_await either(open_link(device_.around(), device_.settings()), device_.age(sink));
    if (!link || !*link) {
        co_return std::unexpected(link ? std::move(*link).error()
                                       : Error{Code::Internal, "ageing has ended", {}});
    }
    link_ = std::move(**link);
    device_.vitals().connected();
    device_.around().log.info("connector", "connected",
                              {{"connection", device_.key()}, {"to", device_.settings().where()}});
    for (const WrongTag& wrong : device_.wrong_tags()) {
        device_.vitals().part(wrong.path, wrong.complaint);
    }
    Session session(device_, sink, link_, co_await asio::this_coro::executor);
    Error reason = co_await session.run();
    link_.reset();
    co_return std::unexpected(std::move(reason));
}

asio::awaitable<void> ModbusConnector::while_down(SampleSink& sink) {
    co_await device_.be_away(sink);
}

Async<CommandResult> ModbusConnector::write(const TagBinding& tag, Value value) {
    const auto parsed = parse_address(tag.address, device_.settings().base());
    if (!parsed) {
        co_return CommandResult{CommandOutcome::Refused, parsed.error().message, {}};
    }
    const std::uint8_t unit =
        parsed->unit.value_or(static_cast<std::uint8_t>(device_.settings().unit));
    Semaphore& lock = write_lock(unit, co_await asio::this_coro::executor);
    const Semaphore::Permit permit = co_await lock.acquire();
    const std::shared_ptr<Link> link = link_;
    if (!link) {
        co_return CommandResult{
            CommandOutcome::Refused, "the device is not connected; nothing was sent", {}};
    }
    co_return co_await write_and_confirm(*link, device_.around().timers, device_.settings(), tag,
                                         std::move(value));
}

void ModbusConnector::take_over(const Connector& predecessor) {
    if (const auto* other = dynamic_cast<const ModbusConnector*>(&predecessor)) {
        device_.inherit(other->device_);
    }
}

Semaphore& ModbusConnector::write_lock(std::uint8_t unit, const asio::any_io_executor& executor) {
    auto& lock = write_locks_[unit];
    if (!lock) {
        lock = std::make_unique<Semaphore>(executor, 1);
    }
    return *lock;
}

}  // namespace gantry::connector::modbus
