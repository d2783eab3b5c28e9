// SPDX-License-Identifier: Apache-2.0
#include "connector/words/trial.h"

#include <algorithm>
#include <format>
#include <map>

#include "connector/halving.h"
#include "connector/words/reader.h"

namespace gantry::connector::words {
namespace {

// What the controller says of itself; many say nothing, which is no fault.
asio::awaitable<TestReport::Probe> ask_who(Link& link) {
    const std::vector<Bytes> requests = link.language().who_requests();
    std::vector<RequestJob> jobs(requests.size());
    for (std::size_t i = 0; i < requests.size(); ++i) {
        jobs[i].request = requests[i];
    }
    co_await link.ask(jobs);
    TestReport::Probe out;
    out.name = "controller";
    out.round_trip = jobs[0].round_trip;
    out.answered = jobs[0].answered;
    if (!out.answered) {
        out.detail = "does not answer: are network and station (or node) right?";
        co_return out;
    }
    std::vector<ByteView> answers;
    for (const RequestJob& job : jobs) {
        const Answer answer = job.answered ? link.language().read_answer(job.answer) : Answer{};
        answers.push_back(answer.good ? answer.data : ByteView());
    }
    if (const std::string name = link.language().who(answers); !name.empty()) {
        out.name = name;
    }
    out.detail = std::format("answers in {:.1f} ms",
                             std::chrono::duration<double, std::milli>(jobs[0].round_trip).count());
    co_return out;
}

// Reads one item of each area that the addresses name.
class ProbeListener final : public ReadListener {
public:
    explicit ProbeListener(std::vector<TestReport::Probe>& out) : out_(out) {}
    void read(const Item& item, ByteView /*values*/, Time /*arrived*/) override {
        out_[item.tag].answered = true;
        out_[item.tag].detail = "can be read";
    }
    void refused(const Item& item, Quality /*quality*/, const std::string& why) override {
        out_[item.tag].detail = why;
    }
    void asked(const RequestJob& /*job*/) override {}

private:
    std::vector<TestReport::Probe>& out_;
};

asio::awaitable<std::vector<TestReport::Probe>> probe(Link& link, const Settings& settings,
                                                      const std::vector<Address>& addresses) {
    std::vector<TestReport::Probe> out;
    out.push_back(co_await ask_who(link));
    std::vector<Item> items;
    for (const Address& address : addresses) {
        const std::string name(link.language().areas()[address.area].name);
        if (!std::ranges::contains(out, name, &TestReport::Probe::name)) {
            items.push_back(item_of(address, out.size()));
            out.push_back({.name = name, .answered = false, .detail = "was not asked"});
        }
    }
    Plan plan(std::move(items), stretch_limits(settings));
    ProbeListener listener(out);
    (void)co_await read_round(link, plan, listener);
    co_return out;
}

std::string why(Quality quality) {
    if (quality == quality::bad_sensor_failure) {
        return "the controller holds not-a-number: is the type or the order of the words right?";
    }
    if (quality == quality::uncertain) {
        return "the text is not UTF-8: is the order of its bytes right?";
    }
    return "the number does not fit the point's type";
}

// Keeps what was read of each item for whoever wants to see it.
class TrialListener final : public ReadListener {
public:
    TrialListener(const std::map<std::size_t, Tag>& tags, std::vector<TrialReading>& out)
        : tags_(tags), out_(out) {}

    void read(const Item& item, ByteView values, Time arrived) override {
        std::string scratch;
        const Reading reading = decode(tags_.at(item.tag), values, scratch);
        TrialReading& row = out_[item.tag];
        row.time = arrived;
        row.quality = reading.quality;
        row.value = value_of(reading.type, reading.bits, reading.text);
        row.detail = reading.quality.good() ? "" : why(reading.quality);
    }
    void refused(const Item& item, Quality quality, const std::string& reason) override {
        out_[item.tag].quality = quality;
        out_[item.tag].detail = reason;
    }
    void asked(const RequestJob& /*job*/) override {}

private:
    const std::map<std::size_t, Tag>& tags_;
    std::vector<TrialReading>& out_;
};

// Keeps words and bits.
class ScanListener final : public ReadListener {
public:
    ScanListener(const Language& language, ScanReport& out) : language_(language), out_(out) {}

    void read(const Item& item, ByteView values, Time /*arrived*/) override {
        const bool bits = language_.areas()[item.area].bits;
        for (std::uint32_t i = 0; i < item.count; ++i) {
            Address address;
            address.area = item.area;
            address.start = item.start + i;
            if (bits) {
                address.format.encoding = registers::Encoding::Bool;
                out_.found.push_back(
                    {format_address(language_, address), values[i] != std::byte{0}});
            } else {
                const auto word = std::to_integer<std::int64_t>(values[2 * i]) << 8 |
                                  std::to_integer<std::int64_t>(values[2 * i + 1]);
                out_.found.push_back({format_address(language_, address), word});
            }
        }
        went = true;
    }
    void refused(const Item& /*item*/, Quality /*quality*/, const std::string& reason) override {
        out_.detail = reason;
    }
    void asked(const RequestJob& /*job*/) override {}

    bool went = false;

private:
    const Language& language_;
    ScanReport& out_;
};

asio::awaitable<ScanReport> scan(Link& link, const Settings& settings, Timers& timers,
                                 std::uint16_t area, std::uint32_t from, std::uint32_t count) {
    ScanReport out;
    const auto look = [&](std::uint32_t start, std::uint32_t part) -> asio::awaitable<Looked> {
        Plan plan({{.area = area, .start = start, .count = part, .tag = 0}},
                  stretch_limits(settings));
        ScanListener listener(link.language(), out);
        if (!co_await read_round(link, plan, listener)) {
            co_return Looked::Gone;
        }
        co_return listener.went ? Looked::Read : Looked::Refused;
    };
    co_await look_in_halves(timers, from, count,
                            {.count_max = link.language().most(link.language().areas()[area])},
                            look, out);
    if (!out.found.empty()) {
        out.detail.clear();
    }
    co_return out;
}

std::unexpected<Error> wrong(std::string what, std::string field) {
    return std::unexpected(Error{Code::InvalidArgument, std::move(what), std::move(field)});
}

}  // namespace

Async<TestReport> try_connection(const Surroundings& around, const Settings& settings,
                                 const std::vector<std::string>& addresses) {
    std::vector<Address> places;
    for (const std::string& text : addresses) {
        CO_TRY_ASSIGN(places.emplace_back(), parse_address(*settings.language, text));
    }
    TestReport out;
    const auto link = co_await open_link(around, settings);
    if (!link) {
        out.detail = link.error().message;
        co_return out;
    }
    std::string broken;
    out.probes = co_await work_on(**link, probe(**link, settings, places), broken);
    out.connected = broken.empty();
    out.detail = out.connected ? std::format("{}: connected", settings.where()) : broken;
    co_return out;
}

Async<std::vector<TrialReading>> try_addresses(const Surroundings& around, const Settings& settings,
                                               const std::vector<TrialTag>& tags) {
    std::vector<TrialReading> out(tags.size());
    std::map<std::size_t, Tag> right;
    std::vector<Item> items;
    for (std::size_t i = 0; i < tags.size(); ++i) {
        auto tag = make_tag(settings, tags[i].address, tags[i].property);
        out[i].time = around.clock.now();
        if (!tag) {
            out[i].quality = quality::bad_configuration_error;
            out[i].detail = tag.error().message;
            continue;
        }
        items.push_back(item_of(tag->address, i));
        right.emplace(i, std::move(*tag));
    }
    if (right.empty()) {
        co_return out;
    }
    CO_TRY_ASSIGN(const std::shared_ptr<Link> link, co_await open_link(around, settings));
    Plan plan(std::move(items), stretch_limits(settings));
    TrialListener listener(right, out);
    std::string broken;
    if (!co_await work_on(*link, read_round(*link, plan, listener), broken)) {
        co_return fail(Code::Unavailable, "{}", broken);
    }
    co_return out;
}

Async<ScanReport> look_around(const Surroundings& around, const Settings& settings,
                              const ScanRequest& request) {
    const auto area = find_area(*settings.language, request.area);
    if (!area) {
        co_return wrong(std::format("there is no device '{}'", request.area), "/area");
    }
    const std::int64_t end = settings.language->areas()[*area].end;
    if (request.from < 0 || request.from >= end) {
        co_return wrong(std::format("{} goes from 0 to {}", request.area, end - 1), "/from");
    }
    if (request.count < 1 || request.count > scan_count_max || request.from + request.count > end) {
        co_return wrong(std::format("look through 1 to {} of them at a time, up to {}",
                                    scan_count_max, end - 1),
                        "/count");
    }
    CO_TRY_ASSIGN(const std::shared_ptr<Link> link, co_await open_link(around, settings));
    std::string broken;
    ScanReport out = co_await work_on(
        *link,
        scan(*link, settings, around.timers, *area, static_cast<std::uint32_t>(request.from),
             static_cast<std::uint32_t>(request.count)),
        broken);
    if (!broken.empty()) {
        out.detail = broken;
    }
    co_return out;
}

}  // namespace gantry::connector::words
