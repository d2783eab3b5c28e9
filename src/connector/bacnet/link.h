// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <list>
#include <memory>

#include "connector/bacnet/services.h"
#include "connector/bacnet/settings.h"
#include "connector/connector.h"
#include "connector/device_link.h"
#include "runtime/datagrams.h"
#include "runtime/event.h"
#include "runtime/semaphore.h"

namespace gantry::connector::bacnet {

// What came of a request.
struct Answer {
    bool sent = false;
    bool arrived = false;  // an answer; false: the link is gone, or went
    Bytes datagram;
    Apdu apdu;                       // views into it; an acknowledgement, unless there is trouble
    std::string trouble;             // how the device refused
    std::optional<ErrorCode> error;  // if it said one
    bool too_long = false;           // the request or its answer
    bool not_offered = false;        // it does not know the service
    Time time = 0;
    Duration round_trip{0};

    bool good() const { return arrived && trouble.empty(); }
};

// Who wants to know what the device tells by itself.
class NotificationListener {
public:
    virtual ~NotificationListener() = default;
    // False if nobody has subscribed to it.
    virtual bool notified(const Notification& told, Time arrived) = 0;
};

// What the device says of itself.
struct Device {
    ObjectId id;
    std::size_t apdu_bytes = 50;
    bool reads_multiple = false;
};

// A socket of its own to one device, and the requests under way there. A request that is not
// answered is sent again; when it stays so the device is away, and the link breaks. Requests are
// answered while run() runs.
class Link final : public DeviceLink {
public:
    Link(std::unique_ptr<DatagramSocket> socket, const Settings& settings,
         const Surroundings& around, const asio::any_io_executor& executor);

    asio::awaitable<Error> run() override;
    void close() override;
    bool closed() const override { return closed_; }

    // Finds out who is there. Before everything else; run() need not run.
    Async<> begin();
    // Cancelled with its coroutine.
    asio::awaitable<Answer> ask(Service service, Bytes data);
    // At most one listener.
    void listen(NotificationListener* listener) { listener_ = listener; }

    const Device& device() const { return device_; }
    void reads_no_multiple() { device_.reads_multiple = false; }
    // Of requests, and of answers: what both sides can take.
    std::size_t apdu_bytes() const;

private:
    struct Pending {
        std::uint8_t invoke_id;
        Service service;
        Event done;
        Answer answer;
    };

    asio::awaitable<Error> receive();
    asio::awaitable<void> carry_beginning(Error& broken);
    Async<> identify();
    Async<ObjectId> find_device();
    asio::awaitable<std::optional<ObjectId>> call_device();
    void take(Bytes datagram);
    void answered(const Apdu& apdu, Bytes& datagram);
    void asked(const Apdu& apdu);
    std::uint8_t next_invoke_id();
    Error broken(std::string_view what, Code code = Code::Unavailable) const;

    std::unique_ptr<DatagramSocket> socket_;
    const Settings& settings_;
    const Station to_;
    Surroundings around_;
    asio::any_io_executor executor_;
    Semaphore room_;
    std::list<Pending> pending_;
    Event given_up_;
    Event called_back_;
    std::optional<IAm> who_;  // has called back
    Error reason_;
    Device device_;
    NotificationListener* listener_ = nullptr;
    std::uint8_t invoke_id_ = 0;
    bool closed_ = false;
};

// Opens a socket and finds out who is there.
Async<std::shared_ptr<Link>> open_link(const Surroundings& around, Datagrams& datagrams,
                                       const Settings& settings);

}  // namespace gantry::connector::bacnet
