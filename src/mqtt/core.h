// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "mqtt/codec/decode.h"
#include "mqtt/detail/restoring.h"
#include "mqtt/detail/session.h"
#include "mqtt/facts.h"
#include "mqtt/gate.h"
#include "mqtt/limits.h"
#include "mqtt/record.h"
#include "mqtt/retained_store.h"
#include "mqtt/snapshot.h"
#include "mqtt/subscription_tree.h"

namespace gantry::mqtt {

// What a connection is to send now.
struct Output {
    std::string bytes;
    bool close = false;  // behind the bytes; the connection is known no more
};

// A message that somebody else wants, too: the owner of the core, beside its clients.
struct Handed {
    std::uint64_t number = 0;  // 1, 2, 3 …
    MessagePtr message;
    std::string client_id;
    Time arrived = 0;  // no two messages that come one after the other have the same
};

// The broker of one namespace of topics (a tenant's), without a network: connections, sessions,
// subscriptions and retained messages as one state machine. Bytes go in, bytes come out; it waits
// for nothing, and time comes from the clock. One thread.
//
// What must be durable before an acknowledgement may leave: changes come out as records
// (take_records()), numbered; whoever runs the core writes them to a journal and says durable()
// when they are synced. Bytes that acknowledge them are held back until then, and what comes behind
// them on the same connection with them.
//
// The turn of a loop: receive() for what was read, tick(), take_records() to the journal and
// durable(), take_output() for each of take_ready().
class Core {
public:
    // All must outlive it.
    Core(const Clock& clock, Random& random, Gate& gate, CoreLimits limits = {});
    ~Core();
    Core(const Core&) = delete;
    Core& operator=(const Core&) = delete;

    // The state after records that were durable, in their order, from the first or from the
    // beginning of a snapshot on, before all else; in as many calls as one likes, but whole
    // changes. A record that does not fit what came before it (a file was damaged) is passed over.
    void restore(std::span<const Record> records);
    // There are no more. Whoever was connected has lost the connection now.
    Restored restored();

    // The next part of what there is, as records from which restore() makes it again: they and all
    // that take_records() gives behind the first part. Whole sessions, until there are so many
    // records; never more than one session has beyond it. Until progress.done(); calls for
    // connections, tick() and the like may come in between, but no part may be used before
    // take_records() was appended to where the records go.
    std::vector<Record> snapshot(SnapshotProgress& progress, std::size_t records_wanted);

    // A client has connected to the network.
    ConnectionId open();
    // What has come of it, from the first byte that was not used yet. Returns how many were used;
    // the rest is to be given again with what follows it: a packet that is not there whole, or,
    // while the gate has not answered, all. A connection that is closed uses everything.
    std::size_t receive(ConnectionId connection, std::string_view bytes);
    // How many bytes the packet at the front of the stream has in all, when its head is there: for
    // making room. 0: not known yet.
    std::size_t packet_bytes(ConnectionId connection, std::string_view bytes) const;
    // Whoever runs the core does not read from it for a while, of its own accord: that nothing
    // comes is not the client's fault, and its keep-alive begins anew. False: the connection is
    // closed, or nobody knows it any more.
    bool excuse(ConnectionId connection);
    // The network is gone, without a word or after it was closed.
    void lose(ConnectionId connection);
    // The gate's answer. Afterwards receive() goes on with what it left.
    void admit(ConnectionId connection, const Admission& admission);
    // Closes one, telling the client why, where its version can; `why` is for people.
    void close(ConnectionId connection, Reason reason, std::string_view why = {});
    // The same where what its output waits for will never be durable: that is left out.
    void close_unkept(ConnectionId connection, Reason reason, std::string_view why);

    // Does what is due.
    void tick();
    // Monotonic; nothing is due before.
    std::optional<Duration> next_deadline() const;

    // Those that came since the last call.
    std::vector<Record> take_records();
    // Records up to this one are durable.
    void durable(std::uint64_t number);
    std::uint64_t last_record() const { return last_record_; }
    std::uint64_t durable_record() const { return durable_; }

    // Messages of clients of which the gate said that they are wanted, since the last call.
    std::vector<Handed> take_handed() { return std::exchange(handed_, {}); }
    // Those up to this one are where they belong: acknowledgements wait for that, too.
    void handed_over(std::uint64_t number);
    std::uint64_t last_handed() const { return last_handed_; }
    std::uint64_t last_handed_over() const { return handed_over_; }

    // Connections that have something to send, each once, since the last call.
    std::vector<ConnectionId> take_ready();
    // To be called when the network takes bytes: what nobody takes counts against
    // output_bytes_max.
    Output take_output(ConnectionId connection);

    // A message of the server itself: nobody's permission is asked, and its topic may begin with
    // '$'. How many sessions it is for. If it is retained it is kept as others are; not with '$',
    // which is what Gate::own_messages() is for.
    // `handed`: it is for the owner of the core, too, if the gate says so.
    std::size_t publish(const Publish& packet, bool handed);

    // Sessions whose client identifiers come behind that one, in their order.
    std::vector<SessionFacts> list_sessions(std::string_view after, std::size_t most) const;
    std::optional<std::pair<SessionFacts, Subscriptions>> describe_session(
        std::string_view client_id) const;
    // Closes its connection and forgets it. False: there is none.
    bool end_session(std::string_view client_id);

    const CoreCounters& counters() const { return counters_; }
    std::size_t sessions() const { return by_client_.size(); }
    std::size_t connections() const { return connections_.size(); }
    std::size_t connected() const { return connected_; }  // sessions
    const SubscriptionTree& subscriptions() const { return tree_; }
    const RetainedStore& retained() const { return retained_; }

private:
    using Connection = detail::Connection;
    using Outgoing = detail::Outgoing;
    using Session = detail::Session;
    enum class Timer : std::uint8_t { Connection, Will, Expiry };

    // core.cpp: connections, time, output
    Connection* find(ConnectionId connection);
    const Connection* find(ConnectionId connection) const;
    FrameLimits frame_limits(const Connection& connection) const;
    void handle(Connection& connection, const Frame& frame);
    template <class T, class Next>
    void with(Connection& connection, const Decoded<T>& packet, Next next);
    void refuse(Connection& connection, const Malformed& failure);
    void disconnect(Connection& connection, Reason reason, std::string_view why = {});
    void shut(Connection& connection, bool publish_will);
    void set_timer(Timer timer, std::uint64_t id, Duration& current, Duration at);
    void connection_due(Connection& connection, Duration now);
    std::uint64_t record(Record record);
    void bind_records(std::uint64_t before);
    void mark_ready(Connection& connection);
    // Bytes may leave when the record, and the message that was handed over, are where they belong.
    bool may_leave(const detail::Segment& segment) const {
        return segment.after <= durable_ && segment.handed <= handed_over_;
    }
    void wake(std::deque<std::pair<std::uint64_t, ConnectionId>>& waiting, std::uint64_t up_to);
    std::string& output(Connection& connection, std::uint64_t after, std::uint64_t handed = 0,
                        std::uint32_t acks = 0);
    template <class T>
    void send(Connection& connection, const T& packet, std::uint64_t after = 0,
              std::uint64_t handed = 0, std::uint32_t acks = 0);

    // core_connect.cpp: from CONNECT to CONNACK
    void on_connect(Connection& connection, const Frame& frame);
    void on_auth(Connection& connection, const Auth& packet);
    void on_disconnect(Connection& connection, const Disconnect& packet);
    void reject(Connection& connection, Reason reason);
    void accept(Connection& connection, const Connect& packet, const Admission& admission);
    Reason check_connect(const Connect& packet, const std::string& client_id,
                         const std::string& principal) const;
    void greet(Connection& connection, const Connect& packet, const Admission& admission,
               bool session_present, bool assigned, std::uint64_t after);
    void take_facts(Connection& connection, const Connect& packet);

    // core_session.cpp: the life of sessions and wills
    Session& make_session(const std::string& client_id, const std::string& principal);
    Session* session_of(std::string_view client_id);
    void leave(Session& session, bool publish_will);
    void end(Session& session);
    void unsubscribe_all(Session& session);
    void forget(Session& session);
    void set_will(Session& session, const Will& will);
    void publish_will(Session& session);
    void drop_will(Session& session);

    // core_publish.cpp: messages and acknowledgements that come in
    void on_publish(Connection& connection, Publish packet);
    bool resolve_alias(Connection& connection, Publish& packet);
    Reason check_publish(const Session& session, const Publish& packet) const;
    void acknowledge(Connection& connection, const Publish& packet, Reason reason,
                     std::uint64_t after, std::uint64_t handed);
    bool hand_over(std::string_view client_id, const MessagePtr& message);
    bool keep_retained(const MessagePtr& message);
    void refuse_publish(Connection& connection, const Publish& packet, Reason reason);
    void on_puback(Connection& connection, const Ack& packet);
    void on_pubrec(Connection& connection, const Ack& packet);
    void on_pubrel(Connection& connection, const Ack& packet);
    void on_pubcomp(Connection& connection, const Ack& packet);
    void finish(Session& session, std::size_t at);

    // core_deliver.cpp: messages that go out
    // How many sessions it is for. `from` may be no_subscriber.
    std::size_t route(const MessagePtr& message, SubscriberId from);
    bool deliver_merged(const MessagePtr& message, std::span<const Subscription> subscriptions,
                        SubscriberId from);
    bool deliver_shared(const MessagePtr& message, const SharedMatch& group);
    void deliver(Session& session, Outgoing one);
    void enqueue(Session& session, Outgoing one);
    void drop_first(Session& session, std::uint64_t& counter);
    void send_next(Session& session, Connection& connection);
    void pump(Session& session);
    // False: the client does not take packets of that size.
    bool transmit(Connection& connection, const Outgoing& one, bool dup, std::uint64_t after);
    void encode_own(Connection& connection, const Outgoing& one, bool dup, bool new_alias,
                    std::string& out);
    void resend(Connection& connection);
    PacketId next_id(Session& session) const;

    // core_subscribe.cpp
    void on_subscribe(Connection& connection, const Subscribe& packet);
    void on_unsubscribe(Connection& connection, const Unsubscribe& packet);
    Reason subscribe(Session& session, const SubscriptionRequest& request, std::uint32_t id,
                     bool& fresh);
    void send_retained(Session& session, std::string_view filter, const Subscription& subscription);

    // core_facts.cpp
    SessionFacts facts_of(const Session& session) const;

    // core_restore.cpp: false where a record does not fit
    bool restore_one(const Record& one);
    bool restore_snapshot(const Record& one);
    bool restore_retained(const Record& one);
    bool restore_will(const Record& one);
    bool restore_session(Session& session, const Record& one);
    bool restore_queued(Session& session, const Record& one);
    bool restore_message(Session& session, const Record& one);
    void restore_times(Session& session);

    // core_snapshot.cpp
    void snapshot_session(const Session& session, std::vector<Record>& out) const;
    void snapshot_messages(const Session& session, std::vector<Record>& out) const;

    const Clock& clock_;
    Random& random_;
    Gate& gate_;
    const CoreLimits limits_;
    CoreCounters counters_;
    SubscriptionTree tree_;
    RetainedStore retained_;
    Matches matches_;

    ConnectionId last_connection_ = 0;
    std::unordered_map<ConnectionId, std::unique_ptr<Connection>> connections_;
    std::size_t connected_ = 0;
    std::vector<std::unique_ptr<Session>> sessions_;  // by number; null: free
    std::vector<SubscriberId> free_sessions_;
    std::map<std::string, SubscriberId, std::less<>> by_client_;
    std::set<std::tuple<Duration, Timer, std::uint64_t>> timers_;

    std::unique_ptr<detail::Restoring> restoring_;  // until restored()
    std::vector<Record> records_;
    std::uint64_t last_record_ = 0;
    std::uint64_t durable_ = 0;
    std::deque<std::pair<std::uint64_t, ConnectionId>> waiting_;  // for records
    std::vector<Handed> handed_;
    std::uint64_t last_handed_ = 0;
    Time last_arrived_ = 0;
    std::uint64_t handed_over_ = 0;
    std::deque<std::pair<std::uint64_t, ConnectionId>> waiting_handed_;  // for messages
    std::vector<ConnectionId> ready_;
};

}  // namespace gantry::mqtt
