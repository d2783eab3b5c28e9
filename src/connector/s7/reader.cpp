// SPDX-License-Identifier: Apache-2.0
#include "connector/s7/reader.h"

#include <algorithm>

namespace gantry::connector::s7 {
namespace {

constexpr std::uint8_t hardware_fault = 0x01;

// What came of one stretch.
struct Outcome {
    Bytes bytes;
    std::uint8_t code = item_good;  // the worst of its pieces
    std::string trouble;            // of the whole request
    Time arrived = 0;
};

class Round {
public:
    Round(Link& link, Plan& plan, ReadListener& listener)
        : link_(link), plan_(plan), listener_(listener) {}

    asio::awaitable<bool> run() {
        std::vector<Stretch> stretches = plan_.stretches();
        while (!stretches.empty()) {
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
    asio::awaitable<bool> ask(const std::vector<Stretch>& stretches) {
        const std::vector<std::vector<Piece>> requests = pack(stretches, link_.pdu_bytes());
        std::vector<Job> jobs(requests.size());
        std::vector<Place> places;
        for (std::size_t i = 0; i < requests.size(); ++i) {
            places.clear();
            std::ranges::transform(requests[i], std::back_inserter(places), &Piece::place);
            jobs[i].request = read_request(places);
        }
        co_await link_.ask(jobs);
        outcomes_.assign(stretches.size(), {});
        for (std::size_t i = 0; i < stretches.size(); ++i) {
            outcomes_[i].bytes.resize(bytes_of(stretches[i]));
        }
        for (std::size_t i = 0; i < requests.size(); ++i) {
            if (!jobs[i].answered) {
                co_return false;
            }
            listener_.asked(jobs[i]);
            take(requests[i], jobs[i]);
        }
        co_return true;
    }

    void take(const std::vector<Piece>& pieces, const Job& job) {
        std::vector<Place> places;
        std::ranges::transform(pieces, std::back_inserter(places), &Piece::place);
        const auto answers = read_answers(job.pdu, places);
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            Outcome& outcome = outcomes_[pieces[i].stretch];
            outcome.arrived = job.arrived;
            if (!answers) {
                outcome.trouble = job.pdu.error != 0
                                      ? pdu_error(job.pdu.error)
                                      : "the controller's answer is none to the request";
                continue;
            }
            const ItemAnswer& answer = (*answers)[i];
            if (answer.code != item_good) {
                outcome.code = answer.code;
            } else {
                std::ranges::copy(
                    answer.data, outcome.bytes.begin() + static_cast<std::ptrdiff_t>(pieces[i].at));
            }
        }
    }

    void settle(const Stretch& stretch, const Outcome& outcome, std::vector<Stretch>& again) {
        const std::span<const Item> items =
            plan_.items().subspan(stretch.first, stretch.last - stretch.first);
        if (!outcome.trouble.empty()) {
            tell_all(items, quality::bad_device_failure, outcome.trouble);
            return;
        }
        if (outcome.code == item_good) {
            const std::size_t each = is_numbered(stretch.area.area) ? 2 : 1;
            for (const Item& item : items) {
                listener_.read(item,
                               ByteView(outcome.bytes)
                                   .subspan((item.start - stretch.start) * each, item.count * each),
                               outcome.arrived);
            }
            return;
        }
        const bool fault = outcome.code == hardware_fault;
        if (items.size() == 1 || fault) {
            tell_all(items, fault ? quality::bad_device_failure : quality::bad_configuration_error,
                     item_error(outcome.code));
        }
        if (!fault) {
            std::ranges::copy(plan_.refuse(stretch), std::back_inserter(again));
        }
    }

    void tell_all(std::span<const Item> items, Quality quality, const std::string& why) {
        for (const Item& item : items) {
            listener_.refused(item, quality, why);
        }
    }

    Link& link_;
    Plan& plan_;
    ReadListener& listener_;
    std::vector<Outcome> outcomes_;
};

}  // namespace

asio::awaitable<bool> read_round(Link& link, Plan& plan, ReadListener& listener) {
    Round round(link, plan, listener);
    co_return co_await round.run();
}

}  // namespace gantry::connector::s7
