// SPDX-License-Identifier: Apache-2.0
#include "runtime/pipe.h"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <cstring>

#include "base/assert.h"

namespace gantry {
namespace {

class WireStream final : public Stream {
public:
    WireStream(std::shared_ptr<Wire> in, std::shared_ptr<Wire> out, std::string peer)
        : in_(std::move(in)), out_(std::move(out)), peer_(std::move(peer)) {}
    ~WireStream() override { shut(); }

    executor_type get_executor() override { return in_->executor(); }
    std::string peer() const override { return peer_; }
    asio::awaitable<void> shut_down() override {
        shut();
        co_return;
    }
    void close() override { shut(); }

protected:
    void start_read(asio::mutable_buffer into, Handler handler) override {
        in_->get(into, std::move(handler));
    }
    void start_write(const WriteBuffers& from, Handler handler) override {
        out_->put(from, std::move(handler));
    }

private:
    void shut() {
        in_->close(asio::error::operation_aborted);
        out_->close(asio::error::eof);
    }

    const std::shared_ptr<Wire> in_;
    const std::shared_ptr<Wire> out_;
    const std::string peer_;
};

// What waits is given up when its coroutine is cancelled.
template <class GiveUp>
void on_cancel(Stream::Handler& handler, GiveUp give_up) {
    if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected()) {
        slot.assign([give_up](asio::cancellation_type) { give_up(); });
    }
}

}  // namespace

void Wire::put(const Stream::WriteBuffers& from, Stream::Handler handler) {
    ASSERT(!writer_);
    if (closed_) {
        complete(std::move(handler), asio::error::broken_pipe, 0);
        return;
    }
    written_ = 0;
    for (const auto& buffer : from) {
        bytes_.append(static_cast<const char*>(buffer.data()), buffer.size());
        written_ += buffer.size();
    }
    writer_ = std::move(handler);
    on_cancel(writer_, [this] {
        if (writer_) {
            complete(std::move(writer_), asio::error::operation_aborted, 0);
        }
    });
    wake();
}

void Wire::get(asio::mutable_buffer into, Stream::Handler handler) {
    ASSERT(!reader_);
    into_ = into;
    reader_ = std::move(handler);
    on_cancel(reader_, [this] {
        if (reader_) {
            complete(std::move(reader_), asio::error::operation_aborted, 0);
        }
    });
    wake();
}

void Wire::close(error_code reason) {
    if (!closed_) {
        closed_ = true;
        reason_ = reason;
        wake();
    }
}

void Wire::wake() {
    const std::size_t there = bytes_.size() - taken_;
    if (reader_ && (there > 0 || closed_)) {
        const std::size_t size = std::min(into_.size(), there);
        if (size > 0) {
            std::memcpy(into_.data(), bytes_.data() + taken_, size);
        }
        taken_ += size;
        if (taken_ == bytes_.size()) {
            bytes_.clear();
            taken_ = 0;
        } else if (taken_ > bytes_.size() / 2) {
            bytes_.erase(0, taken_);
            taken_ = 0;
        }
        asio::get_associated_cancellation_slot(reader_).clear();
        complete(std::move(reader_), size == 0 && into_.size() > 0 ? reason_ : error_code(), size);
    }
    if (writer_ && (closed_ || bytes_.size() - taken_ < capacity_)) {
        asio::get_associated_cancellation_slot(writer_).clear();
        const error_code error = closed_ ? asio::error::broken_pipe : error_code();
        complete(std::move(writer_), error, closed_ ? 0 : written_);
    }
}

void Wire::complete(Stream::Handler handler, error_code error, std::size_t size) {
    asio::post(executor_, [handler = std::move(handler), error, size]() mutable {
        std::move(handler)(error, size);
    });
}

std::unique_ptr<Stream> make_wire_stream(std::shared_ptr<Wire> in, std::shared_ptr<Wire> out,
                                         std::string peer) {
    return std::make_unique<WireStream>(std::move(in), std::move(out), std::move(peer));
}

std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>> make_pipe(
    const asio::any_io_executor& executor, std::size_t capacity, const std::string& peer) {
    auto there = std::make_shared<Wire>(executor, capacity);
    auto back = std::make_shared<Wire>(executor, capacity);
    return {make_wire_stream(there, back, peer), make_wire_stream(back, there, peer)};
}

}  // namespace gantry
