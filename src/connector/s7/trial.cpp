// SPDX-License-Identifier: Apache-2.0
#include "connector/s7/trial.h"

#include <algorithm>
#include <array>

#include "connector/device_text.h"
#include "connector/halving.h"
#include "connector/s7/convert.h"
#include "connector/s7/reader.h"
#include "connector/s7/tags.h"

namespace gantry::connector::s7 {
namespace {

constexpr std::uint16_t modules_list = 0x0011;
constexpr std::size_t order_number_at = 2;  // of a record of it
constexpr std::size_t order_number_bytes = 20;
constexpr std::uint16_t state_list = 0x0424;
constexpr std::size_t state_at = 3;

std::string milliseconds(Duration length) {
    return std::format("{:.1f} ms", std::chrono::duration<double, std::milli>(length).count());
}

std::string state_word(std::uint8_t state) {
    switch (state) {
        case 0x08: return "RUN";
        case 0x04: return "STOP";
        default: return std::format("state 0x{:02x}", state);
    }
}

// What the controller says of itself; many say nothing, which is no fault.
asio::awaitable<TestReport::Probe> ask_who(Link& link) {
    std::array<Job, 2> jobs;
    jobs[0].request = list_request(modules_list, 0);
    jobs[1].request = list_request(state_list, 0);
    co_await link.ask(jobs);
    TestReport::Probe out;
    out.name = "controller";
    out.round_trip = jobs[0].round_trip;
    out.answered = jobs[0].answered;
    out.detail = out.answered ? std::format("answers in {}", milliseconds(jobs[0].round_trip))
                              : "does not answer";
    const auto modules = jobs[0].answered ? read_list(jobs[0].pdu) : std::nullopt;
    if (modules && modules->record_bytes >= order_number_at + order_number_bytes &&
        !modules->records.empty()) {
        out.name = device_text(modules->records.subspan(order_number_at, order_number_bytes));
    }
    const auto state = jobs[1].answered ? read_list(jobs[1].pdu) : std::nullopt;
    if (state && state->records.size() > state_at) {
        out.detail += ", is in " + state_word(static_cast<std::uint8_t>(state->records[state_at]));
    }
    co_return out;
}

// Reads one item of each block that the addresses name.
class ProbeListener final : public ReadListener {
public:
    ProbeListener(std::vector<TestReport::Probe>& out) : out_(out) {}
    void read(const Item& item, ByteView /*bytes*/, Time /*arrived*/) override {
        out_[item.tag].answered = true;
        out_[item.tag].detail = "can be read";
    }
    void refused(const Item& item, Quality /*quality*/, const std::string& why) override {
        out_[item.tag].detail = why;
    }
    void asked(const Job& /*job*/) override {}

private:
    std::vector<TestReport::Probe>& out_;
};

std::string area_name(const Address& address) {
    switch (address.area) {
        case Area::Inputs: return "inputs";
        case Area::Outputs: return "outputs";
        case Area::Markers: return "markers";
        case Area::Timers: return "timers";
        case Area::Counters: return "counters";
        case Area::DataBlock: break;
    }
    return std::format("DB{}", address.block);
}

asio::awaitable<std::vector<TestReport::Probe>> probe(Link& link,
                                                      const std::vector<Address>& addresses) {
    std::vector<TestReport::Probe> out;
    out.push_back(co_await ask_who(link));
    std::vector<Item> items;
    for (const Address& address : addresses) {
        const std::string name = area_name(address);
        if (!std::ranges::contains(out, name, &TestReport::Probe::name)) {
            items.push_back(item_of(address, out.size()));
            out.push_back({.name = name, .answered = false, .detail = "was not asked"});
        }
    }
    Plan plan(std::move(items), stretch_limits(0, 0));
    ProbeListener listener(out);
    (void)co_await read_round(link, plan, listener);
    co_return out;
}

// Keeps what was read of each item for whoever wants to see it.
class TrialListener final : public ReadListener {
public:
    TrialListener(const std::map<std::size_t, Tag>& tags, std::vector<TrialReading>& out)
        : tags_(tags), out_(out) {}

    void read(const Item& item, ByteView bytes, Time arrived) override {
        const Tag& tag = tags_.at(item.tag);
        std::string scratch;
        const Reading reading = decode(tag.address, tag.type, bytes, scratch);
        TrialReading& row = out_[item.tag];
        row.time = arrived;
        row.quality = reading.quality;
        row.value = value_of(reading.type, reading.bits, reading.text);
        row.detail = reading.quality.good() ? "" : why(tag, reading.quality);
    }
    void refused(const Item& item, Quality quality, const std::string& why) override {
        out_[item.tag].quality = quality;
        out_[item.tag].detail = why;
    }
    void asked(const Job& /*job*/) override {}

private:
    static std::string why(const Tag& tag, Quality quality) {
        if (quality == quality::bad_sensor_failure) {
            return "the controller holds not-a-number";
        }
        if (quality == quality::uncertain) {
            return "the text is not UTF-8";
        }
        return std::format("what stands there is no {} that the point can hold",
                           type_word(tag.address.type));
    }

    const std::map<std::size_t, Tag>& tags_;
    std::vector<TrialReading>& out_;
};

// Keeps bytes.
class ScanListener final : public ReadListener {
public:
    ScanListener(const Address& area, ScanReport& out) : area_(area), out_(out) {}
    void read(const Item& item, ByteView bytes, Time /*arrived*/) override {
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            Address address = area_;
            address.start = static_cast<std::uint32_t>(item.start + i);
            out_.found.push_back(
                {format_address(address), std::to_integer<std::int64_t>(bytes[i])});
        }
        went = true;
    }
    void refused(const Item& /*item*/, Quality /*quality*/, const std::string& why) override {
        out_.detail = why;
    }
    void asked(const Job& /*job*/) override {}

    bool went = false;

private:
    const Address& area_;
    ScanReport& out_;
};

asio::awaitable<ScanReport> scan(Link& link, Timers& timers, Address area, std::uint32_t from,
                                 std::uint32_t count) {
    ScanReport out;
    const auto look = [&](std::uint32_t start, std::uint32_t bytes) -> asio::awaitable<Looked> {
        Plan plan({{.area = {area.area, area.block}, .start = start, .count = bytes, .tag = 0}},
                  stretch_limits(0, 0));
        ScanListener listener(area, out);
        if (!co_await read_round(link, plan, listener)) {
            co_return Looked::Gone;
        }
        co_return listener.went ? Looked::Read : Looked::Refused;
    };
    co_await look_in_halves(timers, from, count,
                            {.count_max = static_cast<std::uint32_t>(link.answer_bytes())}, look,
                            out);
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
        CO_TRY_ASSIGN(places.emplace_back(), parse_address(text));
    }
    TestReport out;
    const auto link = co_await open_link(around, settings);
    if (!link) {
        out.detail = link.error().message;
        co_return out;
    }
    std::string broken;
    out.probes = co_await work_on(**link, probe(**link, places), broken);
    out.connected = broken.empty();
    out.detail = !out.connected ? broken
                                : std::format("{}: connected, with PDUs of {} bytes",
                                              settings.where(), (*link)->pdu_bytes());
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
    Plan plan(std::move(items), stretch_limits(settings.max_gap, link->answer_bytes()));
    TrialListener listener(right, out);
    std::string broken;
    if (!co_await work_on(*link, read_round(*link, plan, listener), broken)) {
        co_return fail(Code::Unavailable, "{}", broken);
    }
    co_return out;
}

Async<ScanReport> scan_bytes(const Surroundings& around, const Settings& settings,
                             const ScanRequest& request) {
    const bool block = request.area.starts_with("DB") || request.area.starts_with("db");
    const auto area = parse_address(block ? request.area + ".DBB0" : request.area + "B0");
    if (!area || is_numbered(area->area)) {
        co_return wrong(
            std::format("there is no area '{}': use I, Q, M, or a block as in DB1", request.area),
            "/area");
    }
    if (request.from < 0 || request.from >= area_bytes_max) {
        co_return wrong("bytes go from 0 to 2097151", "/from");
    }
    if (request.count < 1 || request.count > scan_bytes_max ||
        request.from + request.count > area_bytes_max) {
        co_return wrong(std::format("look through 1 to {} bytes at a time", scan_bytes_max),
                        "/count");
    }
    CO_TRY_ASSIGN(const std::shared_ptr<Link> link, co_await open_link(around, settings));
    std::string broken;
    ScanReport out =
        co_await work_on(*link,
                         scan(*link, around.timers, *area, static_cast<std::uint32_t>(request.from),
                              static_cast<std::uint32_t>(request.count)),
                         broken);
    if (!broken.empty()) {
        out.detail = broken;
    }
    co_return out;
}

}  // namespace gantry::connector::s7
