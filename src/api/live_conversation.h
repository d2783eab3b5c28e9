// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "api/services.h"
#include "base/json_writer.h"
#include "security/context.h"

namespace gantry::api {

// What one client follows and what it was sent, apart from the connection that it came by: it
// outlives a connection that breaks (docs/guide/live.md). One connection at a time.
class LiveConversation {
public:
    static constexpr std::size_t followed_max = 20'000;

    explicit LiveConversation(Services& services);
    LiveConversation(const LiveConversation&) = delete;
    LiveConversation& operator=(const LiveConversation&) = delete;
    ~LiveConversation();

    // Whom to wake when there is something to send after there was nothing; on any thread.
    void wake_with(std::function<void()> wake);

    struct Wish {
        std::vector<std::string> points;
        std::string under;
        std::string rate;  // "10/s"
        bool with_latest = true;
    };
    // Returns how many points those were. Their latest values come with the next message.
    Result<std::size_t> follow(const security::Context& context, const Wish& wish);
    Result<std::size_t> unfollow(const security::Context& context, const Wish& wish);

    struct Message {
        std::uint64_t sequence = 0;
        std::string text;  // JSON
    };
    // What has come since the last one; nothing when nothing has.
    std::optional<Message> next(const security::Context& context);
    // What was sent after that number; nothing when it is not kept any more.
    std::optional<std::vector<Message>> after(std::uint64_t sequence) const;

    const std::string& token() const { return token_; }
    bool follows_any() const { return !followed_.empty(); }
    Duration pause() const { return pause_; }  // least time between two sends
    void show_codes(bool with_code) { with_code_ = with_code; }

private:
    static constexpr std::size_t kept_bytes_max = std::size_t{256} << 10;

    Result<std::vector<directory::PointRef>> points_of(const security::Context& context,
                                                       const Wish& wish) const;
    std::string render(const pipeline::Subscription::Taken& taken, std::uint64_t sequence,
                       const security::Context& context) const;
    void append_sample(JsonWriter& json, const directory::PointEntry& entry,
                       const Sample& sample) const;

    Services& services_;
    std::shared_ptr<pipeline::Subscription> subscription_;
    std::set<SeriesId> followed_;
    SampleBatch latest_;  // of points that were just followed
    std::string token_;
    Duration pause_{0};
    std::uint64_t sequence_ = 0;
    std::deque<Message> sent_;
    std::size_t sent_bytes_ = 0;
    bool with_code_ = false;
};

// Conversations whose connection broke, for a minute: whoever comes back goes on where it was. A
// connection may have broken without the server knowing yet: those that are still going on are
// known too, and make room. Any thread.
class LiveParking {
public:
    static constexpr Duration kept_for = std::chrono::minutes(1);
    static constexpr std::size_t kept_max = 200;
    static constexpr std::size_t kept_a_principal_max = 16;
    static constexpr std::size_t going_a_principal_max = 200;

    explicit LiveParking(const Clock& clock) : clock_(clock) {}

    // A conversation goes on from now; `leave` is called, on any thread, when somebody comes back
    // for it: it must soon be parked then. RateLimited: the principal has as many as it may.
    Result<> begin(const std::string& token, const security::Context& context,
                   std::function<void()> leave);
    // Keeps it, and forgets what begin() said.
    void park(std::unique_ptr<LiveConversation> conversation, const security::Context& context);
    void end(const std::string& token);
    // True when it goes on somewhere, and was told to leave.
    bool ask_to_leave(const std::string& token, const security::Context& context);
    // Null when it is not here any more, or was somebody else's.
    std::unique_ptr<LiveConversation> resume(const std::string& token,
                                             const security::Context& context);
    // Lets those go that nobody came back for.
    void sweep();

private:
    struct Parked {
        std::unique_ptr<LiveConversation> conversation;
        PrincipalId principal;
        TenantId tenant;
        Duration until{0};
    };

    struct Going {
        PrincipalId principal;
        TenantId tenant;
        std::function<void()> leave;
    };

    const Clock& clock_;
    std::mutex mutex_;
    std::unordered_map<std::string, Parked> parked_;
    std::unordered_map<std::string, Going> going_;
};

}  // namespace gantry::api
