// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <list>
#include <memory>

#include "connector/connector.h"
#include "connector/mqtt/inbox.h"
#include "connector/mqtt/settings.h"
#include "mqttclient/client.h"
#include "runtime/event.h"

namespace gantry::connector::mqtt {

// What a broker sends, as it comes. Views are good during the call only.
class Listener {
public:
    virtual ~Listener() = default;
    virtual void connected() = 0;
    // `kept`: from before this connection, by a broker that has kept the session.
    virtual void heard(const gantry::mqtt::Publish& message, bool kept) = 0;
    // The broker's answer to a subscription; from 0x80 on it is refused.
    virtual void answered(std::string_view filter, gantry::mqtt::Reason reason) = 0;
    // So much was heard that pause() is to come before more.
    virtual bool full() const = 0;
    // Behind some messages, before more is read. False: they were not taken, and are to come again.
    // What is Durable the broker will be told to have arrived.
    virtual asio::awaitable<bool> pause(Acknowledge how) = 0;
};

// Who is on our side of a connection.
struct Guest {
    std::string client_id;
    bool stays = false;  // its session is kept, for as long as the settings say
    std::optional<gantry::mqtt::Version> only;
};

// One connection to a broker that stands, and what is asked of it. On one executor; publish() works
// while run() does. Each has a session of its own on our side: a value that could not be written
// is never sent later. On the broker's side the session goes on.
class Conversation final : mqttclient::ClientUser {
public:
    // What became of a message of ours.
    struct Sent {
        enum class Kind : unsigned char {
            Taken,
            Refused,   // by the broker, or it was not sent at all
            TimedOut,  // the broker does not say that it has it
            Lost,      // the connection went
        };
        Kind kind = Kind::Lost;
        std::string detail;    // unless it was taken
        bool unheard = false;  // the broker says that nobody has subscribed
    };

    // Looks at the messages of a topic for as long as it lives.
    class Watch {
    public:
        // `look` says whether the payload is what is waited for.
        Watch(Conversation& conversation, std::string topic,
              std::function<bool(std::string_view payload)> look);
        Watch(const Watch&) = delete;
        Watch& operator=(const Watch&) = delete;
        ~Watch();
        // Until it has come, that moment, or the end of the connection. Whether it has.
        asio::awaitable<bool> wait(Duration until);

    private:
        friend class Conversation;
        Conversation& conversation_;
        std::string topic_;
        std::function<bool(std::string_view)> look_;
        bool seen_ = false;
        Event changed_;
    };

    Conversation(std::unique_ptr<Stream> stream, const Settings& settings, const Guest& guest,
                 const Surroundings& around, Listener& listener, asio::any_io_executor executor);
    ~Conversation() override;

    // Before run(). InvalidArgument: that is no topic filter.
    Result<> subscribe(const std::string& filter, std::uint8_t qos);

    // Begins, then carries what goes and comes until it breaks, and says how. Cancelled with its
    // coroutine; close() or leave() then.
    asio::awaitable<Error> run();
    // When the broker has let us in. Never, if the connection has ended: run() says why.
    asio::awaitable<void> begun();
    // It ended because the broker does not know the version; an older one may do.
    bool older_may_do() const { return client_.try_again_now(); }
    void close();
    bool closed() const { return closed_; }
    // Says goodbye, when run() is over. Never takes long.
    asio::awaitable<void> leave();

    // The broker may send what nobody wants: from a session of earlier tags.
    void unsubscribe(const std::string& filter);
    asio::awaitable<Sent> publish(gantry::mqtt::Publish packet);

    const Settings& settings() const { return settings_; }
    Timers& timers() const { return around_.timers; }
    gantry::mqtt::Version version() const {
        return guest_.only.value_or(gantry::mqtt::Version::V5);
    }

private:
    struct Request {
        std::uint64_t number;
        std::optional<gantry::mqtt::Reason> reason;
        Event changed;
    };

    // ClientUser
    void connected(const mqttclient::ServerFacts& facts, bool resumed) override;
    void message(const gantry::mqtt::Publish& packet, std::uint64_t number) override;
    void delivered(std::uint64_t number, gantry::mqtt::Reason reason) override;
    void subscribed(std::string_view filter, gantry::mqtt::Reason reason) override;

    asio::awaitable<Error> receive();
    // What has come is handed over. The reason if it cannot be.
    asio::awaitable<std::optional<Error>> take_in();
    asio::awaitable<bool> hand_over();
    asio::awaitable<Error> send_all();
    asio::awaitable<Error> keep_time();
    asio::awaitable<void> send_in_time();
    void tick(Duration now);
    Error ended() const;
    Error broken(Code code, std::string_view what) const;

    std::unique_ptr<Stream> stream_;
    const Settings& settings_;
    const Guest guest_;
    const Surroundings& around_;
    Listener& listener_;
    asio::any_io_executor executor_;
    mqttclient::Client client_;
    Inbox inbox_;
    Event has_output_;
    Event has_room_;
    Event begun_;
    bool let_in_ = false;
    bool retains_ = true;              // the broker has retained messages
    bool before_ = false;              // what comes is from before this connection
    std::vector<std::uint64_t> owed_;  // messages of the broker that it need not send again
    std::list<Request*> requests_;
    std::list<Watch*> watches_;
    Duration opened_at_{0};
    bool holding_ = false;  // nothing is read now
    Error send_error_;
    bool closed_ = false;
};

// Connects and encrypts, as the settings say.
Async<std::unique_ptr<Stream>> open_stream(const Surroundings& around, const Settings& settings);

}  // namespace gantry::connector::mqtt
