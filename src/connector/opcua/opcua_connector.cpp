// SPDX-License-Identifier: Apache-2.0
#include "connector/opcua/opcua_connector.h"

#include "connector/opcua/client.h"
#include "runtime/either.h"

namespace gantry::connector::opcua {
namespace {

// Like age(), and has the connecting end soon when it is cancelled meanwhile.
asio::awaitable<void> age_beside(Device& device, SampleSink& sink, Worker& worker) {
    struct Hurry {
        Worker& worker;
        ~Hurry() { worker.hurry(true); }
    } const hurry{worker};
    co_await device.age(sink);
}

}  // namespace

Async<> OpcuaConnector::run(SampleSink& sink) {
    co_await device_.announce(sink);
    const std::shared_ptr<Worker> worker = Worker::start(
        co_await asio::this_coro::executor, device_.settings(), device_.around().certificates);
    Error reason{Code::Cancelled, "stopped", {}};
    std::exception_ptr defect;
    try {
        reason = co_await session(sink, worker);
    } catch (const boost::system::system_error&) {
        // Cancelled.
    } catch (...) {
        defect = std::current_exception();
    }
    worker_.reset();
    // The session must have ended before this object goes, cancelled or not.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await worker->close();
    if (defect) {
        std::rethrow_exception(defect);
    }
    co_return std::unexpected(std::move(reason));
}

asio::awaitable<Error> OpcuaConnector::session(SampleSink& sink,
                                               const std::shared_ptr<Worker>& worker) {
    const auto connected = co_await either(worker->connect(), age_beside(device_, sink, *worker));
    if (!connected) {
        co_return Error{Code::Internal, "ageing has ended", {}};
    }
    if (!*connected) {
        if (connected->error().code == Code::InvalidArgument) {
            co_await device_.give_up(sink);
        }
        co_return connected->error();
    }
    worker->hurry(false);
    device_.regain();
    worker_ = worker;
    device_.around().log.info("connector", "connected",
                              {{"connection", device_.key()}, {"to", device_.settings().endpoint}});
    if (const auto monitored = co_await worker->monitor(device_.tags()); !monitored) {
        co_return monitored.error();
    }
    while (true) {
        const auto arrivals = co_await worker->arrivals();
        if (!arrivals) {
            co_return arrivals.error();
        }
        co_await device_.take(sink, *arrivals);
    }
}

asio::awaitable<void> OpcuaConnector::while_down(SampleSink& sink) {
    co_await device_.be_away(sink);
}

Async<CommandResult> OpcuaConnector::write(const TagBinding& binding, Value value) {
    if (binding.property.access != Access::ReadWrite) {
        co_return CommandResult{CommandOutcome::Refused, "the point is read-only", {}};
    }
    const auto tag = make_tag(device_.settings(), binding.address, binding.property);
    if (!tag) {
        co_return CommandResult{CommandOutcome::Refused, tag.error().message, {}};
    }
    if (!writing_) {
        writing_ = std::make_unique<Semaphore>(co_await asio::this_coro::executor, 1);
    }
    const Semaphore::Permit permit = co_await writing_->acquire();
    const std::shared_ptr<Worker> worker = worker_;
    if (!worker) {
        co_return CommandResult{
            CommandOutcome::Refused, "the server is not connected; nothing was sent", {}};
    }
    auto done = co_await worker->ask(
        [&tag = *tag, &property = binding.property, &value,
         &hurried = worker->hurried()](Client& client) -> Result<CommandResult> {
            return client.write(tag, property, value, hurried);
        });
    if (!done) {
        co_return CommandResult{
            CommandOutcome::Refused, done.error().message + "; nothing was sent", {}};
    }
    co_return std::move(*done);
}

void OpcuaConnector::take_over(const Connector& predecessor) {
    if (const auto* other = dynamic_cast<const OpcuaConnector*>(&predecessor)) {
        device_.inherit(other->device_);
    }
}

}  // namespace gantry::connector::opcua
