// SPDX-License-Identifier: Apache-2.0
#include "api/live_conversation.h"

#include <algorithm>
#include <charconv>

#include "api/point_access.h"
#include "base/encoding.h"
#include "query/history.h"

namespace gantry::api {
namespace {

// "10/s"
Result<Duration> pause_of(std::string_view rate) {
    int per_second = 0;
    const auto [end, error] = std::from_chars(rate.data(), rate.data() + rate.size(), per_second);
    const std::string_view unit(end, static_cast<std::size_t>(rate.data() + rate.size() - end));
    if (error != std::errc() || unit != "/s" || per_second < 1 || per_second > 50) {
        return bad_field("/subscribe/rate", "must be 1/s to 50/s");
    }
    return Duration(std::chrono::seconds(1)) / per_second;
}

std::string new_token(Random& random) {
    std::array<std::byte, 16> bytes{};
    random.fill(bytes);
    return to_base64url(bytes);
}

}  // namespace

LiveConversation::LiveConversation(Services& services)
    : services_(services),
      subscription_(std::make_shared<pipeline::Subscription>([] {})),
      token_(new_token(services.random)) {}

LiveConversation::~LiveConversation() {
    services_.pipeline.live().unfollow(subscription_, {followed_.begin(), followed_.end()});
}

void LiveConversation::wake_with(std::function<void()> wake) {
    subscription_->wake_with(std::move(wake));
}

Result<std::vector<directory::PointRef>> LiveConversation::points_of(
    const security::Context& context, const Wish& wish) const {
    const http::Request nothing;
    const http::PathParameters none;
    const Call call{nothing, none, context};
    return select_points(services_, call, wish.points, wish.under);
}

Result<std::size_t> LiveConversation::follow(const security::Context& context, const Wish& wish) {
    if (!wish.rate.empty()) {
        TRY_ASSIGN(pause_, pause_of(wish.rate));
    }
    TRY_ASSIGN(const auto points, points_of(context, wish));
    if (followed_.size() + points.size() > followed_max) {
        return fail(Code::TooLarge, "one connection follows at most {} points", followed_max);
    }
    std::vector<SeriesId> series;
    for (const auto& entry : points) {
        series.push_back(entry->series);
    }
    services_.pipeline.live().follow(subscription_, series);
    followed_.insert(series.begin(), series.end());
    // The latest values are read after following, so that nothing falls between.
    for (const auto& entry : points) {
        TRY_ASSIGN(const auto sample, query::latest(services_.store, entry->series));
        if (sample && wish.with_latest) {
            latest_.add(entry->series, sample->time, sample->quality, sample->value);
        }
    }
    return points.size();
}

Result<std::size_t> LiveConversation::unfollow(const security::Context& context, const Wish& wish) {
    TRY_ASSIGN(const auto points, points_of(context, wish));
    std::vector<SeriesId> series;
    for (const auto& entry : points) {
        series.push_back(entry->series);
        followed_.erase(entry->series);
    }
    services_.pipeline.live().unfollow(subscription_, series);
    return points.size();
}

std::optional<LiveConversation::Message> LiveConversation::next(const security::Context& context) {
    pipeline::Subscription::Taken taken;
    if (!latest_.empty()) {
        taken.samples = std::exchange(latest_, {});
    } else {
        taken = subscription_->take();
    }
    if (taken.samples.empty()) {
        return std::nullopt;
    }
    Message out;
    out.sequence = ++sequence_;
    out.text = render(taken, out.sequence, context);
    sent_bytes_ += out.text.size();
    sent_.push_back(out);
    while (sent_bytes_ > kept_bytes_max && sent_.size() > 1) {
        sent_bytes_ -= sent_.front().text.size();
        sent_.pop_front();
    }
    return out;
}

std::optional<std::vector<LiveConversation::Message>> LiveConversation::after(
    std::uint64_t sequence) const {
    const bool all_kept =
        sent_.empty() ? sequence == sequence_ : sequence + 1 >= sent_.front().sequence;
    if (!all_kept || sequence > sequence_) {
        return std::nullopt;
    }
    std::vector<Message> out;
    for (const Message& message : sent_) {
        if (message.sequence > sequence) {
            out.push_back(message);
        }
    }
    return out;
}

void LiveConversation::append_sample(JsonWriter& json, const directory::PointEntry& entry,
                                     const Sample& sample) const {
    json.begin_object().field("point", entry.point.path);
    json.field("time", format_time(sample.time)).key("value");
    write_value(json, sample.value);
    json.field("quality", severity_name(sample.quality.severity()));
    if (with_code_) {
        json.field("quality_code", sample.quality.code);
    }
    json.end_object();
}

std::string LiveConversation::render(const pipeline::Subscription::Taken& taken,
                                     std::uint64_t sequence,
                                     const security::Context& context) const {
    std::string out;
    JsonWriter json(out);
    json.begin_object().field("seq", sequence).key("samples").begin_array();
    for (std::size_t i = 0; i < taken.samples.size(); ++i) {
        const Row row = taken.samples.row(i);
        const auto entry = services_.directory.find(row.series);
        // Between following and now the point may have gone, or the permission.
        if (entry && entry->tenant == context.tenant &&
            context.may("samples:read", entry->point.path)) {
            append_sample(json, *entry, {row.time, row.value(), row.quality});
        }
    }
    json.end_array();
    if (taken.skipped > 0) {
        json.field("skipped", taken.skipped);
    }
    json.end_object();
    return out;
}

Result<> LiveParking::begin(const std::string& token, const security::Context& context,
                            std::function<void()> leave) {
    if (!context.identity) {
        return {};
    }
    const PrincipalId& principal = context.identity->principal;
    const std::lock_guard lock(mutex_);
    const auto of_principal = std::ranges::count_if(
        going_, [&](const auto& entry) { return entry.second.principal == principal; });
    if (!going_.contains(token) &&
        static_cast<std::size_t>(of_principal) >= going_a_principal_max) {
        return fail(Code::RateLimited, "you follow samples by {} connections already: close some",
                    of_principal);
    }
    going_[token] = {principal, context.tenant, std::move(leave)};
    return {};
}

void LiveParking::end(const std::string& token) {
    const std::lock_guard lock(mutex_);
    going_.erase(token);
}

bool LiveParking::ask_to_leave(const std::string& token, const security::Context& context) {
    std::function<void()> leave;
    {
        const std::lock_guard lock(mutex_);
        const auto found = going_.find(token);
        if (found == going_.end() || !context.identity ||
            found->second.principal != context.identity->principal ||
            found->second.tenant != context.tenant) {
            return false;
        }
        leave = found->second.leave;
    }
    leave();
    return true;
}

void LiveParking::park(std::unique_ptr<LiveConversation> conversation,
                       const security::Context& context) {
    sweep();
    end(conversation->token());
    if (!context.identity || !conversation->follows_any()) {
        return;
    }
    conversation->wake_with([] {});
    const PrincipalId& principal = context.identity->principal;
    const std::lock_guard lock(mutex_);
    const auto of_principal = std::ranges::count_if(
        parked_, [&](const auto& entry) { return entry.second.principal == principal; });
    if (parked_.size() < kept_max &&
        static_cast<std::size_t>(of_principal) < kept_a_principal_max) {
        const std::string token = conversation->token();
        parked_[token] = {std::move(conversation), principal, context.tenant,
                          clock_.monotonic() + kept_for};
    }
}

std::unique_ptr<LiveConversation> LiveParking::resume(const std::string& token,
                                                      const security::Context& context) {
    sweep();
    const std::lock_guard lock(mutex_);
    const auto found = parked_.find(token);
    if (found == parked_.end() || !context.identity ||
        found->second.principal != context.identity->principal ||
        found->second.tenant != context.tenant) {
        return nullptr;
    }
    auto out = std::move(found->second.conversation);
    parked_.erase(found);
    return out;
}

void LiveParking::sweep() {
    std::vector<std::unique_ptr<LiveConversation>> gone;  // end without the lock
    const std::lock_guard lock(mutex_);
    const Duration now = clock_.monotonic();
    for (auto at = parked_.begin(); at != parked_.end();) {
        if (at->second.until <= now) {
            gone.push_back(std::move(at->second.conversation));
            at = parked_.erase(at);
        } else {
            ++at;
        }
    }
}

}  // namespace gantry::api
