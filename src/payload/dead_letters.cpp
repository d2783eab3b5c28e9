// SPDX-License-Identifier: Apache-2.0
#include "payload/dead_letters.h"

namespace gantry::payload {
namespace {

constexpr std::size_t text_bytes_max = 1024;  // of topic, client, mapping and message

}  // namespace

std::string_view dead_reason_name(DeadReason reason) {
    constexpr std::array<std::string_view, dead_reasons> names = {
        "malformed", "value", "too_large", "unknown_point", "rejected", "sparkplug"};
    return names[static_cast<std::size_t>(reason)];
}

DeadReason dead_reason_of(const Error& error, bool whole) {
    return error.code == Code::TooLarge ? DeadReason::TooLarge
           : whole                      ? DeadReason::Malformed
                                        : DeadReason::Value;
}

std::size_t DeadLetters::bytes_of(const DeadLetter& letter) {
    return sizeof(DeadLetter) + letter.topic.size() + letter.client.size() + letter.mapping.size() +
           letter.payload.size() + letter.error.message.size() + letter.error.field.size();
}

void DeadLetters::add(const Letter& letter) {
    const auto cut = [](std::string_view text, std::size_t bytes) {
        return std::string(text.substr(0, bytes));
    };
    DeadLetter kept{
        .number = 0,
        .time = letter.time,
        .reason = letter.reason,
        .topic = cut(letter.topic, text_bytes_max),
        .client = cut(letter.client, text_bytes_max),
        .mapping = cut(letter.mapping, text_bytes_max),
        .payload = cut(letter.payload, static_cast<std::size_t>(options_.payload_bytes_max)),
        .payload_bytes = letter.payload.size(),
        .error = {letter.error.code, cut(letter.error.message, text_bytes_max),
                  cut(letter.error.field, text_bytes_max)}};
    const std::lock_guard lock(mutex_);
    kept.number = ++last_;
    ++counts_[static_cast<std::size_t>(letter.reason)];
    bytes_ += bytes_of(kept);
    letters_.push_back(std::move(kept));
    while (!letters_.empty() && (std::cmp_greater(letters_.size(), options_.letters_max) ||
                                 std::cmp_greater(bytes_, options_.bytes_max))) {
        bytes_ -= bytes_of(letters_.front());
        letters_.pop_front();
    }
}

std::vector<DeadLetter> DeadLetters::list(std::size_t count, std::uint64_t before) const {
    std::vector<DeadLetter> out;
    const std::lock_guard lock(mutex_);
    for (auto at = letters_.rbegin(); at != letters_.rend() && out.size() < count; ++at) {
        if (before == 0 || at->number < before) {
            out.push_back(*at);
        }
    }
    return out;
}

void DeadLetters::clear() {
    const std::lock_guard lock(mutex_);
    letters_.clear();
    bytes_ = 0;
}

std::array<std::uint64_t, dead_reasons> DeadLetters::counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
}

std::size_t DeadLetters::size() const {
    const std::lock_guard lock(mutex_);
    return letters_.size();
}

std::size_t DeadLetters::bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
}

}  // namespace gantry::payload
