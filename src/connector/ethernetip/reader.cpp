// SPDX-License-Identifier: Apache-2.0
#include "connector/ethernetip/reader.h"

#include <algorithm>
#include <array>

namespace gantry::connector::ethernetip {
namespace {

// What is learnt of an answer is a reason to ask again; nothing needs to be asked as often as this.
constexpr int passes_max = 8;
// No tag that somebody wants to see is longer.
constexpr std::size_t fragments_bytes_max = std::size_t{1} << 16;
constexpr int fragments_max = 512;

Trouble no_answer() {
    return {quality::bad_device_failure, "the controller's answer is none to the request"};
}

// What came of one stretch.
struct Outcome {
    std::optional<Kind> kind;
    Bytes bytes;
    std::optional<Reply> error;      // without its data
    std::optional<Trouble> trouble;  // what no smaller stretch makes better
    bool ask_alone = false;
    Time arrived = 0;
};

class Round {
public:
    Round(Link& link, Plan& plan, ReadListener& listener)
        : link_(link), plan_(plan), listener_(listener) {}

    asio::awaitable<bool> run() {
        std::vector<Stretch> stretches = plan_.stretches();
        for (int pass = 0; !stretches.empty(); ++pass) {
            if (pass == passes_max) {
                give_up(stretches);
                break;
            }
            if (!co_await ask(stretches)) {
                co_return false;
            }
            std::vector<Stretch> again;
            for (std::size_t i = 0; i < stretches.size(); ++i) {
                settle(stretches[i], outcomes_[i], again);
            }
            stretches = std::move(again);
        }
        if (plan_.changed()) {
            plan_.rebuild();
        }
        co_return true;
    }

private:
    asio::awaitable<bool> ask(std::vector<Stretch>& stretches) {
        if (!link_.takes_several) {
            std::ranges::for_each(stretches, [](Stretch& stretch) { stretch.alone = true; });
        }
        outcomes_.assign(stretches.size(), {});
        std::vector<std::size_t> whole;
        for (std::size_t i = 0; i < stretches.size(); ++i) {
            if (!stretches[i].in_fragments) {
                whole.push_back(i);
            }
        }
        if (!co_await ask_whole(stretches, whole)) {
            co_return false;
        }
        for (std::size_t i = 0; i < stretches.size(); ++i) {
            if (!stretches[i].in_fragments) {
                continue;
            }
            const bool answered = co_await ask_fragments(stretches[i], outcomes_[i]);
            if (!answered) {
                co_return false;
            }
        }
        co_return co_await look_at_texts(stretches);
    }

    Bytes path(const Stretch& stretch) const {
        return path_of(plan_.items()[stretch.first], stretch);
    }

    asio::awaitable<bool> ask_whole(const std::vector<Stretch>& stretches,
                                    const std::vector<std::size_t>& which) {
        std::vector<Stretch> asked;
        std::ranges::transform(which, std::back_inserter(asked),
                               [&stretches](std::size_t i) { return stretches[i]; });
        const auto requests = pack(asked, plan_.items(), link_.message_bytes());
        std::vector<Job> jobs(requests.size());
        for (std::size_t i = 0; i < requests.size(); ++i) {
            std::vector<Bytes> parts;
            for (const std::size_t one : requests[i]) {
                parts.push_back(read_tag_request(path(asked[one]), asked[one].count));
            }
            jobs[i].request = parts.size() == 1 ? std::move(parts[0]) : multiple_request(parts);
        }
        co_await link_.ask(jobs);
        for (std::size_t i = 0; i < requests.size(); ++i) {
            if (!jobs[i].answered) {
                co_return false;
            }
            listener_.asked(jobs[i]);
            std::vector<Outcome*> outcomes;
            for (const std::size_t one : requests[i]) {
                outcomes.push_back(&outcomes_[which[one]]);
                outcomes.back()->arrived = jobs[i].arrived;
            }
            take(jobs[i].reply, outcomes);
        }
        co_return true;
    }

    void take(const Reply& reply, const std::vector<Outcome*>& outcomes) {
        if (outcomes.size() == 1) {
            take_one(reply, service::read_tag, *outcomes[0]);
            return;
        }
        if (reply.status == status::connection_failure) {
            for (Outcome* one : outcomes) {
                one->trouble = trouble_of(reply);
            }
            return;
        }
        if (!reply.good() && reply.status != status::embedded_error) {
            // One of them, or all together, is too much for it.
            link_.takes_several =
                link_.takes_several && reply.status != status::service_not_supported;
            std::ranges::for_each(outcomes, [](Outcome* one) { one->ask_alone = true; });
            return;
        }
        const auto replies = read_replies(reply, outcomes.size());
        for (std::size_t i = 0; i < outcomes.size(); ++i) {
            if (!replies) {
                outcomes[i]->trouble = no_answer();
            } else if (is_too_long((*replies)[i])) {
                outcomes[i]->ask_alone = true;
            } else {
                take_one((*replies)[i], service::read_tag, *outcomes[i]);
            }
        }
    }

    static bool is_too_long(const Reply& reply) {
        return reply.status == status::partial || reply.status == status::answer_too_large;
    }

    // Of a fragment, what is there already stays.
    static void take_one(const Reply& reply, std::uint8_t asked, Outcome& out) {
        if (!reply.good() &&
            !(asked == service::read_fragment && reply.status == status::partial)) {
            out.error = reply;
            out.error->data = {};
            return;
        }
        const auto data = reply.service == asked ? read_tag_data(reply.data) : std::nullopt;
        if (!data || (out.kind && *out.kind != data->kind)) {
            out.trouble = no_answer();
            return;
        }
        out.kind = data->kind;
        append(out.bytes, data->bytes);
    }

    asio::awaitable<bool> ask_fragments(const Stretch& stretch, Outcome& out) {
        const Bytes where = path(stretch);
        for (int count = 0;; ++count) {
            const std::size_t before = out.bytes.size();
            std::array<Job, 1> jobs;
            jobs[0].request =
                read_fragment_request(where, stretch.count, static_cast<std::uint32_t>(before));
            co_await link_.ask(jobs);
            if (!jobs[0].answered) {
                co_return false;
            }
            listener_.asked(jobs[0]);
            out.arrived = jobs[0].arrived;
            take_one(jobs[0].reply, service::read_fragment, out);
            if (out.error || out.trouble || jobs[0].reply.good()) {
                co_return true;
            }
            if (out.bytes.size() == before || out.bytes.size() > fragments_bytes_max ||
                count == fragments_max) {
                out.trouble = Trouble{quality::bad_device_failure,
                                      "the controller sends a tag that does not end"};
                co_return true;
            }
        }
    }

    // A structure of LEN and DATA is a text, whatever it is called. Its definition is known by its
    // checksum, so one look at each is enough.
    asio::awaitable<bool> look_at_texts(const std::vector<Stretch>& stretches) {
        for (std::size_t i = 0; i < stretches.size(); ++i) {
            std::optional<Kind>& kind = outcomes_[i].kind;
            if (!kind || kind->code != kind::structure || kind->text) {
                continue;
            }
            const auto items = items_of(stretches[i]);
            const bool wanted = std::ranges::any_of(items, &Item::text);
            if (wanted && !link_.texts.contains(kind->handle)) {
                const bool answered = co_await look_at(path(stretches[i]), kind->handle);
                if (!answered) {
                    co_return false;
                }
            }
            const auto known = link_.texts.find(kind->handle);
            kind->text = known != link_.texts.end() && known->second;
        }
        co_return true;
    }

    asio::awaitable<bool> look_at(Bytes where, std::uint16_t handle) {
        std::array<Job, 2> jobs;
        Bytes length = where;
        append_tag(length, "LEN");
        jobs[0].request = read_tag_request(length, 1);
        Bytes data = std::move(where);
        append_tag(data, "DATA[0]");
        jobs[1].request = read_tag_request(data, 1);
        co_await link_.ask(jobs);
        const auto is = [](const Job& job, std::uint16_t code) {
            const auto found = job.reply.good() ? read_tag_data(job.reply.data) : std::nullopt;
            return found && found->kind.code == code;
        };
        if (!jobs[0].answered || !jobs[1].answered) {
            co_return false;
        }
        link_.texts[handle] = is(jobs[0], kind::dint) && is(jobs[1], kind::sint);
        co_return true;
    }

    void settle(const Stretch& stretch, const Outcome& outcome, std::vector<Stretch>& again) {
        const auto items = items_of(stretch);
        if (outcome.trouble) {
            tell_all(items, *outcome.trouble);
        } else if (outcome.ask_alone) {
            again.push_back(stretch);
            again.back().alone = true;
        } else if (outcome.error) {
            settle_error(stretch, *outcome.error, again);
        } else if (const auto other = plan_.learn(stretch, *outcome.kind, outcome.bytes.size());
                   !other.empty()) {
            std::ranges::copy(other, std::back_inserter(again));
        } else {
            deliver(stretch, outcome);
        }
    }

    void settle_error(const Stretch& stretch, const Reply& error, std::vector<Stretch>& again) {
        if (is_too_long(error) && !stretch.in_fragments) {
            again.push_back(plan_.lengthen(stretch));
            return;
        }
        const Trouble trouble = trouble_of(error);
        std::vector<Stretch> smaller;
        if (trouble.quality == quality::bad_configuration_error) {
            smaller = plan_.refuse(stretch);
        }
        if (smaller.empty()) {
            tell_all(items_of(stretch), trouble);
        }
        std::ranges::copy(smaller, std::back_inserter(again));
    }

    void deliver(Stretch stretch, const Outcome& outcome) {
        stretch.kind = outcome.kind;
        for (const Item& item : items_of(stretch)) {
            if (const auto bytes = plan_.part(stretch, item, outcome.bytes)) {
                listener_.read(item, *outcome.kind, *bytes, outcome.arrived);
            } else {
                tell_all({&item, 1}, no_answer());
            }
        }
    }

    void give_up(const std::vector<Stretch>& stretches) {
        for (const Stretch& stretch : stretches) {
            tell_all(items_of(stretch), no_answer());
        }
    }

    std::span<const Item> items_of(const Stretch& stretch) const {
        return plan_.items().subspan(stretch.first, stretch.last - stretch.first);
    }

    void tell_all(std::span<const Item> items, const Trouble& trouble) {
        for (const Item& item : items) {
            listener_.refused(item, trouble.quality, trouble.text);
        }
    }

    Link& link_;
    Plan& plan_;
    ReadListener& listener_;
    std::vector<Outcome> outcomes_;
};

}  // namespace

PlanLimits limits_of(const Settings& settings, const Link& link) {
    constexpr std::size_t answer_head = 8;  // of a single one, with what it is
    return {.gap_max = static_cast<std::uint32_t>(settings.max_gap),
            .bytes_max = static_cast<std::uint32_t>(link.message_bytes() - 2 * answer_head)};
}

asio::awaitable<bool> read_round(Link& link, Plan& plan, ReadListener& listener) {
    Round round(link, plan, listener);
    co_return co_await round.run();
}

}  // namespace gantry::connector::ethernetip
