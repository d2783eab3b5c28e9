// SPDX-License-Identifier: Apache-2.0
#include "connector/words/reader.h"

namespace gantry::connector::words {
namespace {

class Round {
public:
    Round(Link& link, Plan& plan, ReadListener& listener)
        : link_(link), plan_(plan), listener_(listener) {}

    asio::awaitable<bool> run() {
        std::vector<Stretch> stretches = plan_.stretches();
        while (!stretches.empty()) {
            std::vector<RequestJob> jobs(stretches.size());
            for (std::size_t i = 0; i < stretches.size(); ++i) {
                jobs[i].request = link_.language().read_request(
                    area(stretches[i]), stretches[i].start, stretches[i].count);
            }
            co_await link_.ask(jobs);
            std::vector<Stretch> again;
            for (std::size_t i = 0; i < stretches.size(); ++i) {
                if (!jobs[i].answered) {
                    co_return false;
                }
                listener_.asked(jobs[i]);
                settle(stretches[i], jobs[i], again);
            }
            stretches = std::move(again);
        }
        if (plan_.changed()) {
            plan_.rebuild();
        }
        co_return true;
    }

private:
    const Area& area(const Stretch& stretch) const {
        return link_.language().areas()[stretch.area];
    }

    void settle(const Stretch& stretch, const RequestJob& job, std::vector<Stretch>& again) {
        const std::span<const Item> items =
            plan_.items().subspan(stretch.first, stretch.last - stretch.first);
        const Answer answer = link_.language().read_answer(job.answer);
        if (answer.good) {
            const auto values = link_.language().values(area(stretch), stretch.count, answer.data);
            if (!values) {
                tell_all(items, quality::bad_device_failure,
                         "the controller's answer is none to the request");
                return;
            }
            const std::size_t each = area(stretch).bits ? 1 : 2;
            for (const Item& item : items) {
                listener_.read(item,
                               ByteView(*values).subspan((item.start - stretch.start) * each,
                                                         item.count * each),
                               job.arrived);
            }
            return;
        }
        if (items.size() == 1 || !answer.of_address) {
            tell_all(
                items,
                answer.of_address ? quality::bad_configuration_error : quality::bad_device_failure,
                answer.why);
        }
        if (answer.of_address) {
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
};

}  // namespace

asio::awaitable<bool> read_round(Link& link, Plan& plan, ReadListener& listener) {
    Round round(link, plan, listener);
    co_return co_await round.run();
}

}  // namespace gantry::connector::words
