// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <list>
#include <memory>

#include "connector/connector.h"
#include "connector/iec104/asdu.h"
#include "connector/iec104/settings.h"
#include "runtime/event.h"

namespace gantry::connector::iec104 {

// What a station sends, as it comes.
class Listener {
public:
    virtual ~Listener() = default;
    // `objects` is empty where the type has none that are known.
    virtual void heard(const Header& header, const std::vector<Object>& objects) = 0;
    // Behind some of these, before more is read.
    virtual asio::awaitable<void> pause() = 0;
    // A station's words that cannot be understood; it is listened to further.
    virtual void not_understood(std::string what) = 0;
};

// One connection to a station that stands, and what is asked of it. On one executor; ask() works
// while run() does.
class Conversation {
public:
    // How a request ended.
    struct Reply {
        enum class Kind : unsigned char {
            Confirmed,
            Refused,   // by a negative confirmation, or as unknown
            TimedOut,  // it was not answered in time
            Lost,      // the connection went
        };
        Kind kind = Kind::Lost;
        std::string detail;      // unless confirmed
        bool confirmed = false;  // it was, whatever came then
    };
    // What a station has said of an object.
    struct Heard {
        Type type;
        Object object;
    };

    Conversation(std::unique_ptr<Stream> stream, const Settings& settings,
                 const Surroundings& around, Listener& listener, asio::any_io_executor executor);
    ~Conversation();

    // Begins, then carries what goes and comes until it breaks, and says how. Cancelled with its
    // coroutine.
    asio::awaitable<Error> run();
    // When the station has agreed to begin. Never, if the connection has ended: run() says why.
    asio::awaitable<void> begun();
    void close();
    bool closed() const { return closed_; }

    // Sends what is activated, and waits for the confirmation.
    asio::awaitable<Reply> activate(Bytes asdu);
    // The same, and for the end of what it began.
    asio::awaitable<Reply> carry_out(Bytes asdu);
    void send(Bytes asdu);

    // Waits for the next value of an object, for so long, or until the connection ends.
    asio::awaitable<std::optional<Heard>> next_value(std::uint16_t common, std::uint32_t object,
                                                     Duration most);

    Header header(Type type, Cause cause, std::uint16_t common) const;
    const Settings& settings() const { return settings_; }

private:
    struct Request {
        Type type;
        std::uint16_t common;
        std::uint32_t object;
        bool confirmed = false;
        bool ended = false;
        std::string refusal;
        Event changed;
    };
    struct Watch {
        std::uint16_t common;
        std::uint32_t object;
        std::optional<Heard> seen;
        Event changed;
    };

    asio::awaitable<Error> receive();
    asio::awaitable<Error> send_all();
    asio::awaitable<Error> keep_time();
    asio::awaitable<void> send_in_time();
    void hear(ByteView bytes);
    void note_answer(const Header& header, const Asdu& asdu);
    asio::awaitable<Reply> request(Bytes asdu, bool to_its_end);
    Error broken(std::string_view what) const;

    std::unique_ptr<Stream> stream_;
    const Settings& settings_;
    const Surroundings& around_;
    Listener& listener_;
    asio::any_io_executor executor_;
    Session session_;
    Event has_output_;
    Event begun_;
    std::vector<Object> objects_;
    std::list<Request*> requests_;
    std::list<Watch*> watches_;
    Error send_error_;
    bool closed_ = false;
};

// Connects and encrypts, as the settings say.
Async<std::unique_ptr<Stream>> open_stream(const Surroundings& around, const Settings& settings);

}  // namespace gantry::connector::iec104
