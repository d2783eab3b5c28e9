// SPDX-License-Identifier: Apache-2.0
#include "connector/ethernetip/trial.h"

#include <algorithm>
#include <array>
#include <format>

#include "connector/ethernetip/browse.h"
#include "connector/ethernetip/convert.h"
#include "connector/ethernetip/reader.h"
#include "connector/ethernetip/tags.h"

namespace gantry::connector::ethernetip {
namespace {

constexpr std::string_view controller_area = "controller";

std::string milliseconds(Duration length) {
    return std::format("{:.1f} ms", std::chrono::duration<double, std::milli>(length).count());
}

// What the controller at the end of the route says of itself.
asio::awaitable<TestReport::Probe> ask_who(Link& link) {
    std::array<Job, 1> jobs;
    jobs[0].request = identity_request();
    co_await link.ask(jobs);
    const Job& job = jobs[0];
    TestReport::Probe out;
    out.name = "controller";
    out.round_trip = job.round_trip;
    out.answered = job.answered;
    if (!job.answered) {
        out.detail = "does not answer";
        co_return out;
    }
    const auto identity = job.reply.good() ? read_identity(job.reply.data) : std::nullopt;
    out.detail = identity ? identity_text(*identity)
                          : "does not say who it is: " + trouble_of(job.reply).text;
    out.detail += ", answers in " + milliseconds(job.round_trip);
    co_return out;
}

// Whether each address can be read.
class ProbeListener final : public ReadListener {
public:
    explicit ProbeListener(std::vector<TestReport::Probe>& out) : out_(out) {}
    void read(const Item& item, const Kind& kind, ByteView /*bytes*/, Time /*arrived*/) override {
        out_[item.tag].answered = true;
        out_[item.tag].detail =
            is_packed(kind, item.index) ? "can be read: BOOL" : "can be read: " + kind_name(kind);
    }
    void refused(const Item& item, Quality /*quality*/, const std::string& why) override {
        out_[item.tag].detail = why;
    }
    void asked(const Job& /*job*/) override {}

private:
    std::vector<TestReport::Probe>& out_;
};

// The first tag of each program, and of the controller.
asio::awaitable<std::vector<TestReport::Probe>> probe(Link& link, const Settings& settings,
                                                      const std::vector<Address>& addresses,
                                                      std::vector<TestReport::Probe> out) {
    out.push_back(co_await ask_who(link));
    std::vector<Item> items;
    std::vector<std::string_view> seen;
    for (const Address& address : addresses) {
        const std::string_view tag = address.tag;
        const std::string_view scope =
            tag.starts_with("Program:") ? tag.substr(0, tag.find('.')) : std::string_view();
        if (!std::ranges::contains(seen, scope)) {
            seen.push_back(scope);
            items.push_back(item_of(address, ValueType::Null, out.size()));
            out.push_back(
                {.name = format_address(address), .answered = false, .detail = "was not asked"});
        }
    }
    Plan plan(std::move(items), limits_of(settings, link));
    ProbeListener listener(out);
    (void)co_await read_round(link, plan, listener);
    co_return out;
}

// Keeps what was read of each item for whoever wants to see it.
class TrialListener final : public ReadListener {
public:
    TrialListener(const std::map<std::size_t, Tag>& tags, std::vector<TrialReading>& out)
        : tags_(tags), out_(out) {}

    void read(const Item& item, const Kind& kind, ByteView bytes, Time arrived) override {
        const Tag& tag = tags_.at(item.tag);
        if (const auto fits = check_conversion(kind, tag.address, tag.property); !fits) {
            refused(item, quality::bad_configuration_error, fits.error().message);
            return;
        }
        std::string scratch;
        const Reading reading = decode(kind, tag.address, tag.property.type, bytes, scratch);
        TrialReading& row = out_[item.tag];
        row.time = arrived;
        row.quality = reading.quality;
        row.value = value_of(reading.type, reading.bits, reading.text);
        row.detail = reading.quality.good() ? "" : why(kind, reading.quality);
    }
    void refused(const Item& item, Quality quality, const std::string& why) override {
        out_[item.tag].quality = quality;
        out_[item.tag].detail = why;
    }
    void asked(const Job& /*job*/) override {}

private:
    static std::string why(const Kind& kind, Quality quality) {
        if (quality == quality::bad_sensor_failure) {
            return "the controller holds not-a-number";
        }
        if (quality == quality::uncertain) {
            return "the text is not UTF-8";
        }
        return std::format("what stands there is no {} that the point can hold", kind_name(kind));
    }

    const std::map<std::size_t, Tag>& tags_;
    std::vector<TrialReading>& out_;
};

// Keeps what stands at addresses, as what the controller says that it is.
class ScanListener final : public ReadListener {
public:
    explicit ScanListener(std::vector<std::optional<Value>>& out) : out_(out) {}
    void read(const Item& item, const Kind& kind, ByteView bytes, Time /*arrived*/) override {
        Address address;
        address.index = item.index;
        const ValueType type = is_packed(kind, item.index) ? ValueType::Bool : natural_type(kind);
        if (type == ValueType::Null) {
            return;
        }
        std::string scratch;
        const Reading reading = decode(kind, address, type, bytes, scratch);
        out_[item.tag] = value_of(reading.type, reading.bits, reading.text);
    }
    void refused(const Item& /*item*/, Quality /*quality*/, const std::string& /*why*/) override {}
    void asked(const Job& /*job*/) override {}

private:
    std::vector<std::optional<Value>>& out_;
};

std::string list(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) {
        out += (out.empty() ? "" : ", ") + word;
    }
    return out;
}

asio::awaitable<ScanReport> scan(Link& link, const Settings& settings, Timers& timers,
                                 std::string program, std::size_t from, std::size_t to) {
    ScanReport out;
    Browser browser(link, timers, std::move(program));
    const bool whole = co_await browser.find(to);
    const std::size_t end = std::min(to, browser.addresses().size());
    std::vector<Item> items;
    for (std::size_t i = from; i < end; ++i) {
        if (const auto address = parse_address(browser.addresses()[i])) {
            // A text is one only for who wants one.
            items.push_back(item_of(*address, ValueType::String, i - from));
        }
    }
    std::vector<std::optional<Value>> values(end - std::min(from, end));
    Plan plan(std::move(items), limits_of(settings, link));
    ScanListener listener(values);
    bool read = false;
    if (whole) {
        read = co_await read_round(link, plan, listener);
    }
    for (std::size_t i = 0; i < values.size() && read; ++i) {
        if (values[i]) {
            out.found.push_back({browser.addresses()[from + i], std::move(*values[i])});
        }
    }
    out.done = whole && browser.done() && end == browser.addresses().size();
    out.next = static_cast<std::int64_t>(std::max(end, from));
    out.detail = browser.trouble();
    if (out.detail.empty() && !browser.programs().empty()) {
        out.detail = "programs: " + list(browser.programs());
    }
    co_return out;
}

}  // namespace

Async<TestReport> try_connection(const Surroundings& around, const Settings& settings,
                                 const std::vector<std::string>& addresses) {
    std::vector<Address> places;
    for (const std::string& text : addresses) {
        CO_TRY_ASSIGN(places.emplace_back(), parse_address(text));
    }
    TestReport out;
    std::optional<Identity> device;
    const auto link = co_await open_link(around, settings, &device);
    if (device) {
        out.probes.push_back({.name = "device at " + settings.where(),
                              .answered = true,
                              .detail = identity_text(*device)});
    }
    if (!link) {
        out.detail = link.error().message;
        co_return out;
    }
    std::string broken;
    out.probes =
        co_await work_on(**link, probe(**link, settings, places, std::move(out.probes)), broken);
    out.connected = broken.empty();
    out.detail = out.connected ? (*link)->description() : broken;
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
        items.push_back(item_of(tag->address, tag->property.type, i));
        right.emplace(i, std::move(*tag));
    }
    if (right.empty()) {
        co_return out;
    }
    CO_TRY_ASSIGN(const std::shared_ptr<Link> link, co_await open_link(around, settings));
    Plan plan(std::move(items), limits_of(settings, *link));
    TrialListener listener(right, out);
    std::string broken;
    if (!co_await work_on(*link, read_round(*link, plan, listener), broken)) {
        co_return fail(Code::Unavailable, "{}", broken);
    }
    co_return out;
}

Async<ScanReport> scan_tags(const Surroundings& around, const Settings& settings,
                            const ScanRequest& request) {
    const auto program = parse_address(request.area);
    const bool controller = request.area == controller_area;
    if (!controller &&
        (!request.area.starts_with("Program:") || !program || program->tag != request.area)) {
        co_return std::unexpected(Error{
            Code::InvalidArgument,
            std::format("there is no area '{}': use controller, or a program as in Program:Main",
                        request.area),
            "/area"});
    }
    if (request.from < 0 || request.count < 1 || request.count > scan_count_max) {
        co_return bad_field("/count",
                            std::format("from is 0 or more, count 1 to {}", scan_count_max));
    }
    CO_TRY_ASSIGN(const std::shared_ptr<Link> link, co_await open_link(around, settings));
    std::string broken;
    const auto from = static_cast<std::size_t>(request.from);
    ScanReport out = co_await work_on(
        *link,
        scan(*link, settings, around.timers, controller ? std::string() : request.area, from,
             from + static_cast<std::size_t>(request.count)),
        broken);
    if (!broken.empty()) {
        out.detail = broken;
    }
    co_return out;
}

}  // namespace gantry::connector::ethernetip
