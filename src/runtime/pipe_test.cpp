// SPDX-License-Identifier: Apache-2.0
#include "runtime/pipe.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include "testing/testing.h"

namespace gantry {
namespace {

struct Ends {
    Ends() { std::tie(here, there) = make_pipe(context.get_executor(), 8, "inside"); }
    void write(std::string bytes) {
        sent = std::move(bytes);
        here->async_write_some(asio::buffer(sent), [this](error_code error, std::size_t count) {
            written = std::pair(error, count);
        });
        poll();
    }
    std::string read(std::size_t most) {
        std::string into(most, '\0');
        std::optional<std::size_t> got;
        there->async_read_some(asio::buffer(into), [&](error_code error, std::size_t count) {
            read_error = error;
            got = count;
        });
        poll();
        into.resize(got.value_or(0));
        return got ? into : "waits";
    }
    void poll() {
        context.restart();
        context.poll();
    }

    asio::io_context context;
    std::unique_ptr<Stream> here;
    std::unique_ptr<Stream> there;
    std::string sent;
    std::optional<std::pair<error_code, std::size_t>> written;
    error_code read_error;
};

TEST(Pipe, AWriterWaitsWhileNobodyReads) {
    Ends ends;
    ends.write("1234567");
    EXPECT_TRUE(ends.written);
    ends.written.reset();
    ends.write("89ab");
    EXPECT_FALSE(ends.written) << "it is full";
    EXPECT_EQ(ends.read(3), "123");
    EXPECT_FALSE(ends.written) << "as many are there as may be";
    EXPECT_EQ(ends.read(100), "456789ab");
    ends.poll();
    ASSERT_TRUE(ends.written);
    EXPECT_EQ(ends.written->second, 4U);
}

TEST(Pipe, WhatWasWrittenIsReadBeforeTheEnd) {
    Ends ends;
    ends.write("last");
    ends.here->close();
    EXPECT_EQ(ends.read(100), "last");
    EXPECT_EQ(ends.read(100), "");
    EXPECT_EQ(ends.read_error, asio::error::eof);
}

TEST(Pipe, WhoWaitsForAnEndThatIsGoneIsTold) {
    Ends ends;
    ends.write("12345678");  // as much as there is room for: it waits until somebody reads
    ends.there.reset();
    ends.poll();
    ASSERT_TRUE(ends.written);
    EXPECT_EQ(ends.written->first, asio::error::broken_pipe);
}

TEST(Pipe, ReadsAndWritesCanBeGivenUp) {
    Ends ends;
    asio::cancellation_signal stop_reading;
    asio::cancellation_signal stop_writing;
    char byte = 0;
    std::optional<error_code> read;
    std::optional<error_code> wrote;
    ends.there->async_read_some(
        asio::buffer(&byte, 1),
        asio::bind_cancellation_slot(stop_reading.slot(),
                                     [&](error_code error, std::size_t) { read = error; }));
    stop_reading.emit(asio::cancellation_type::terminal);
    ends.poll();
    EXPECT_EQ(read, asio::error::operation_aborted);
    ends.write("1234567");
    ends.here->async_write_some(
        asio::buffer("y", 1),
        asio::bind_cancellation_slot(stop_writing.slot(),
                                     [&](error_code error, std::size_t) { wrote = error; }));
    ends.poll();
    EXPECT_FALSE(wrote);
    stop_writing.emit(asio::cancellation_type::terminal);
    ends.poll();
    EXPECT_EQ(wrote, asio::error::operation_aborted);
}

}  // namespace
}  // namespace gantry
