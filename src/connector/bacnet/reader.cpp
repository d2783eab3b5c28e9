// SPDX-License-Identifier: Apache-2.0
#include "connector/bacnet/reader.h"

#include <algorithm>
#include <deque>

#include "connector/bacnet/words.h"

namespace gantry::connector::bacnet {
namespace {

constexpr std::size_t length_unknown = 12;  // of a value
// Of each property in an answer, beside the value: its number, and what encloses the value.
constexpr std::size_t property_bytes = 10;
constexpr std::size_t object_bytes = 7;

struct Found {
    Bytes value;
    std::string trouble;
    Quality quality = quality::bad_device_failure;
    Time time = 0;
};

class Round {
public:
    Round(Link& link, Plan& plan, ReadListener& listener)
        : link_(link), plan_(plan), listener_(listener) {}

    asio::awaitable<bool> run() {
        bool whole = co_await fetch(plan_.references());
        if (whole) {
            whole = co_await fetch(reasons_to_ask());
        }
        for (const Item& item : plan_.items()) {
            settle(item);
        }
        co_return whole;
    }

private:
    asio::awaitable<bool> fetch(std::vector<Reference> references) {
        std::vector<Reference> together;
        for (const Reference& one : references) {
            if (plan_.is_apart(one)) {
                singles_.push_back(one);
            } else {
                together.push_back(one);
            }
        }
        for (auto& request : pack(together, plan_, link_.apdu_bytes())) {
            requests_.push_back(std::move(request));
        }
        while (!requests_.empty() || !singles_.empty()) {
            bool answered = false;
            if (requests_.empty()) {
                answered = co_await ask_single();
            } else {
                answered = co_await ask_together();
            }
            if (!answered) {
                co_return false;
            }
        }
        co_return true;
    }

    asio::awaitable<bool> ask_together() {
        const std::vector<Reference> request = std::move(requests_.front());
        requests_.pop_front();
        if (request.size() == 1 || !link_.device().reads_multiple) {
            std::ranges::copy(request, std::back_inserter(singles_));
            co_return true;
        }
        const Answer answer =
            co_await link_.ask(Service::ReadPropertyMultiple, read_multiple_request(request));
        if (!answer.arrived) {
            co_return false;
        }
        listener_.asked(answer.round_trip);
        if (!answer.good()) {
            split(request, answer);
            co_return true;
        }
        const auto results = read_multiple_answer(answer.apdu.data);
        for (const PropertyResult& result : results.value_or(std::vector<PropertyResult>())) {
            take(result, answer.time);
        }
        for (const Reference& one : request) {
            if (!found_.contains(one)) {  // it may do better alone
                singles_.push_back(one);
            }
        }
        co_return true;
    }

    void split(const std::vector<Reference>& request, const Answer& answer) {
        if (answer.not_offered) {
            link_.reads_no_multiple();
        }
        if (!answer.too_long) {
            std::ranges::copy(request, std::back_inserter(singles_));
            refused_whole_ = true;
            return;
        }
        std::size_t bytes = 0;
        for (const Reference& one : request) {
            bytes += plan_.length_of(one) + property_bytes;
        }
        plan_.shrink(bytes / 2);
        const auto middle = request.begin() + static_cast<std::ptrdiff_t>(request.size() / 2);
        requests_.emplace_front(middle, request.end());
        requests_.emplace_front(request.begin(), middle);
    }

    asio::awaitable<bool> ask_single() {
        const Reference one = singles_.front();
        singles_.pop_front();
        const Answer answer = co_await link_.ask(Service::ReadProperty, read_request(one));
        if (!answer.arrived) {
            co_return false;
        }
        listener_.asked(answer.round_trip);
        const auto result = answer.good() ? read_answer(answer.apdu.data) : std::nullopt;
        if (result && result->of == one) {
            take(*result, answer.time);
            co_return true;
        }
        Found& found = found_[one];
        found.trouble =
            answer.good() ? "the device's answer is none to the request" : answer.trouble;
        found.quality = answer.error      ? quality_of(*answer.error)
                        : answer.too_long ? quality::bad_configuration_error
                                          : quality::bad_device_failure;
        if (refused_whole_) {
            plan_.read_apart(one);
        }
        co_return true;
    }

    void take(const PropertyResult& result, Time time) {
        Found& found = found_[result.of];
        found.time = time;
        if (result.error) {
            found.trouble = error_text(*result.error);
            found.quality = quality_of(*result.error);
            return;
        }
        found.trouble.clear();
        found.value.assign(result.value.begin(), result.value.end());
        plan_.note_length(result.of, result.value.size());
    }

    // Why objects with a fault have it.
    std::vector<Reference> reasons_to_ask() const {
        std::vector<Reference> out;
        for (const auto& [of, found] : found_) {
            if (of.property == property::status_flags && found.trouble.empty()) {
                const auto status = read_status(found.value);
                if (status && status->fault) {
                    out.push_back({of.object, property::reliability, {}});
                }
            }
        }
        return out;
    }

    Status status_of(ObjectId object) {
        const auto flags = found_.find({object, property::status_flags, {}});
        if (flags == found_.end()) {
            return {};
        }
        const auto read =
            flags->second.trouble.empty() ? read_status(flags->second.value) : std::nullopt;
        if (!read) {
            plan_.has_no_flags(object);
            return {};
        }
        Status out = *read;
        const auto reason = found_.find({object, property::reliability, {}});
        Element element;
        if (reason != found_.end() && ElementReader(reason->second.value).take(element)) {
            const auto number = unsigned_of(element.content);
            out.reliability = static_cast<std::uint32_t>(number.value_or(0));
        }
        return out;
    }

    void settle(const Item& item) {
        const auto found = found_.find(item.place);
        if (found == found_.end()) {
            return;  // the link went before
        }
        if (!found->second.trouble.empty()) {
            listener_.refused(item, found->second.quality, found->second.trouble);
            return;
        }
        const bool value = item.place.property == property::present_value && !item.place.index;
        listener_.read(item, found->second.value, value ? status_of(item.place.object) : Status{},
                       found->second.time);
    }

    Link& link_;
    Plan& plan_;
    ReadListener& listener_;
    std::deque<std::vector<Reference>> requests_;
    std::deque<Reference> singles_;
    std::map<Reference, Found> found_;
    bool refused_whole_ = false;
};

}  // namespace

Plan::Plan(std::vector<Item> items) : items_(std::move(items)), paused_(items_.size()) {}

std::vector<Reference> Plan::references() const {
    std::set<Reference> out;
    for (std::size_t i = 0; i < items_.size(); ++i) {
        if (paused_[i]) {
            continue;
        }
        const Item& item = items_[i];
        const ObjectId object = item.place.object;
        out.insert(item.place);
        if (item.place.property == property::present_value && has_status_flags(object.type) &&
            !without_flags_.contains(object)) {
            out.insert({object, property::status_flags, {}});
        }
    }
    return {out.begin(), out.end()};
}

std::size_t Plan::length_of(const Reference& of) const {
    const auto found = lengths_.find(of);
    return found == lengths_.end() ? length_unknown : found->second;
}

std::vector<std::vector<Reference>> pack(std::span<const Reference> of, const Plan& plan,
                                         std::size_t apdu_bytes) {
    std::vector<std::vector<Reference>> out;
    const std::size_t request_most = apdu_bytes - request_head_bytes;
    const std::size_t answer_most = plan.answer_bytes(apdu_bytes - answer_head_bytes);
    std::size_t request = 0;
    std::size_t answer = 0;
    for (const Reference& one : of) {
        const bool same = !out.empty() && out.back().back().object == one.object;
        std::size_t more = property_bytes;
        std::size_t more_answer = property_bytes + plan.length_of(one);
        const auto with_object = [&](std::size_t bytes, bool counted) {
            return bytes + (counted ? 0 : object_bytes);
        };
        if (out.empty() || request + with_object(more, same) > request_most ||
            answer + with_object(more_answer, same) > answer_most) {
            out.emplace_back();
            request = answer = 0;
            more = with_object(more, false);
            more_answer = with_object(more_answer, false);
        } else {
            more = with_object(more, same);
            more_answer = with_object(more_answer, same);
        }
        request += more;
        answer += more_answer;
        out.back().push_back(one);
    }
    return out;
}

Quality quality_of(ErrorCode error) {
    constexpr std::uint32_t device_class = 0;
    constexpr std::uint32_t resources_class = 3;
    constexpr std::uint32_t communication_class = 7;
    constexpr std::uint32_t device_busy = 3;
    constexpr std::uint32_t operational_problem = 25;
    constexpr std::uint32_t timeout = 30;
    const bool passing = error.error_class == device_class ||
                         error.error_class == resources_class ||
                         error.error_class == communication_class || error.code == device_busy ||
                         error.code == operational_problem || error.code == timeout;
    return passing ? quality::bad_device_failure : quality::bad_configuration_error;
}

asio::awaitable<bool> read_round(Link& link, Plan& plan, ReadListener& listener) {
    Round round(link, plan, listener);
    co_return co_await round.run();
}

}  // namespace gantry::connector::bacnet
