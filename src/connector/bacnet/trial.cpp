// SPDX-License-Identifier: Apache-2.0
#include "connector/bacnet/trial.h"

#include <algorithm>
#include <format>

#include "connector/bacnet/reader.h"
#include "connector/bacnet/tags.h"
#include "connector/bacnet/words.h"

namespace gantry::connector::bacnet {
namespace {

std::string milliseconds(Duration length) {
    return std::format("{:.1f} ms", std::chrono::duration<double, std::milli>(length).count());
}

std::string text_of(const Reference& place) {
    Address address;
    address.place = place;
    return format_address(address);
}

// Keeps what is read, by its place among the items.
class Kept final : public ReadListener {
public:
    struct Row {
        std::optional<Bytes> value;
        Status status;
        Time time = 0;
        Quality quality;
        std::string why;
    };

    explicit Kept(std::size_t count) : rows(count) {}

    void read(const Item& item, ByteView value, const Status& status, Time arrived) override {
        Row& row = rows[item.tag];
        row.value.emplace(value.begin(), value.end());
        row.status = status;
        row.time = arrived;
    }
    void refused(const Item& item, Quality quality, const std::string& why) override {
        rows[item.tag].quality = quality;
        rows[item.tag].why = why;
    }
    void asked(Duration took) override { round_trip = took; }

    // As a text; empty if there is none.
    std::string text(std::size_t at) const {
        if (!rows[at].value) {
            return {};
        }
        std::string scratch;
        const Reading read = decode({}, ValueType::String, *rows[at].value, {}, scratch).reading;
        return to_text(value_of(read.type, read.bits, read.text));
    }

    std::vector<Row> rows;
    Duration round_trip{0};
};

asio::awaitable<bool> read_places(Link& link, std::span<const Reference> places, Kept& kept) {
    std::vector<Item> items;
    for (std::size_t i = 0; i < places.size(); ++i) {
        items.push_back({places[i], static_cast<std::uint32_t>(i)});
    }
    Plan plan(std::move(items));
    co_return co_await read_round(link, plan, kept);
}

asio::awaitable<std::vector<TestReport::Probe>> probe(Link& link,
                                                      const std::vector<Address>& addresses) {
    const ObjectId device = link.device().id;
    std::vector<Reference> places = {{device, property::vendor_name, {}},
                                     {device, property::model_name, {}},
                                     {device, property::firmware_revision, {}},
                                     {device, property::object_name, {}}};
    const std::size_t own = places.size();
    std::ranges::transform(addresses, std::back_inserter(places), &Address::place);
    Kept kept(places.size());
    const bool whole = co_await read_places(link, places, kept);
    std::vector<TestReport::Probe> out;
    out.push_back({.name = std::format("device {}", device.instance),
                   .answered = whole,
                   .detail = std::format("{} {}, firmware {}, named {}, answers in {}",
                                         kept.text(0), kept.text(1), kept.text(2), kept.text(3),
                                         milliseconds(kept.round_trip)),
                   .round_trip = kept.round_trip});
    for (std::size_t i = own; i < places.size(); ++i) {
        const bool there = kept.rows[i].value.has_value();
        std::string name = text_of(places[i]);
        if (!std::ranges::contains(out, name, &TestReport::Probe::name)) {
            out.push_back({.name = std::move(name),
                           .answered = there,
                           .detail = there ? "can be read" : kept.rows[i].why});
        }
    }
    co_return out;
}

void fill_in(TrialReading& out, const Tag& tag, const Kept::Row& row) {
    if (!row.value) {
        out.quality = row.quality;
        out.detail = row.why;
        return;
    }
    std::string scratch;
    const Decoded said = decode(tag.address, tag.property.type, *row.value, row.status, scratch);
    out.time = row.time;
    out.quality = said.reading.quality;
    out.value = value_of(said.reading.type, said.reading.bits, said.reading.text);
    out.detail = said.why;
}

// ---- looking through the objects

struct Stretch {
    std::uint32_t from;
    std::uint32_t count;
    std::optional<std::uint16_t> type;
};

Reference list_place(const Link& link, std::uint32_t index) {
    return {link.device().id, property::object_list, index};
}

std::optional<std::uint64_t> number_in(const Kept::Row& row) {
    Element element;
    return row.value && ElementReader(*row.value).take(element) ? unsigned_of(element.content)
                                                                : std::nullopt;
}

void add_found(const Kept& kept, std::span<const Reference> places, ScanReport& out) {
    for (std::size_t i = 0; i < places.size(); ++i) {
        const Kept::Row& row = kept.rows[i];
        const ValueType type = row.value ? natural_type(*row.value) : ValueType::Null;
        if (type == ValueType::Null) {
            continue;
        }
        std::string scratch;
        const Reading read = decode({}, type, *row.value, {}, scratch).reading;
        Value value = value_of(read.type, read.bits, read.text);
        if (places[i].property == property::units) {
            value = units_word(static_cast<std::uint32_t>(number_in(row).value_or(0)));
        }
        if (value != Value(std::string())) {
            out.found.push_back({text_of(places[i]), std::move(value)});
        }
    }
}

asio::awaitable<ScanReport> scan(Link& link, Stretch stretch) {
    ScanReport out;
    const Reference size = list_place(link, 0);
    Kept counted(1);
    bool whole = co_await read_places(link, {&size, 1}, counted);
    const auto total = number_in(counted.rows[0]);
    if (!whole || !total) {
        out.detail = counted.rows[0].why.empty() ? "the device does not say how many objects it has"
                                                 : counted.rows[0].why;
        co_return out;
    }
    const auto end = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(*total, std::uint64_t{stretch.from} + stretch.count));
    std::vector<Reference> elements;
    for (std::uint32_t at = stretch.from; at < end; ++at) {
        elements.push_back(list_place(link, at + 1));
    }
    Kept listed(elements.size());
    whole = co_await read_places(link, elements, listed);
    std::vector<Reference> places;
    for (const Kept::Row& row : listed.rows) {
        Element element;
        const auto id = row.value && ElementReader(*row.value).take(element)
                            ? object_of(element.content)
                            : std::nullopt;
        if (!id || (stretch.type && id->type != *stretch.type)) {
            continue;
        }
        if (has_present_value(id->type)) {
            places.push_back({*id, property::present_value, {}});
        }
        places.push_back({*id, property::object_name, {}});
        places.push_back({*id, property::description, {}});
        places.push_back({*id, property::units, {}});
    }
    Kept kept(places.size());
    if (whole) {
        whole = co_await read_places(link, places, kept);
    }
    add_found(kept, places, out);
    out.next = whole ? std::max(end, stretch.from) : stretch.from;
    out.done = whole && end >= *total;
    out.detail = std::format("the device has {} objects", *total);
    co_return out;
}

}  // namespace

Async<TestReport> try_connection(const Surroundings& around, Datagrams& datagrams,
                                 const Settings& settings,
                                 const std::vector<std::string>& addresses) {
    std::vector<Address> places;
    for (const std::string& text : addresses) {
        CO_TRY_ASSIGN(places.emplace_back(), parse_address(text));
    }
    TestReport out;
    const auto link = co_await open_link(around, datagrams, settings);
    if (!link) {
        out.detail = link.error().message;
        co_return out;
    }
    std::string broken;
    out.probes = co_await work_on(**link, probe(**link, places), broken);
    out.connected = broken.empty();
    out.detail =
        !out.connected
            ? broken
            : std::format(
                  "{}: BACnet device {}, with messages of {} bytes{}", settings.where(),
                  (*link)->device().id.instance, (*link)->apdu_bytes(),
                  (*link)->device().reads_multiple ? "" : ", which reads properties one by one");
    co_return out;
}

Async<std::vector<TrialReading>> try_addresses(const Surroundings& around, Datagrams& datagrams,
                                               const Settings& settings,
                                               const std::vector<TrialTag>& tags) {
    std::vector<TrialReading> out(tags.size());
    std::vector<Tag> right;
    std::vector<std::size_t> rows;
    std::vector<Reference> places;
    for (std::size_t i = 0; i < tags.size(); ++i) {
        auto tag = make_tag(settings, tags[i].address, tags[i].property);
        out[i].time = around.clock.now();
        if (!tag) {
            out[i].quality = quality::bad_configuration_error;
            out[i].detail = tag.error().message;
            continue;
        }
        places.push_back(tag->address.place);
        rows.push_back(i);
        right.push_back(std::move(*tag));
    }
    if (right.empty()) {
        co_return out;
    }
    CO_TRY_ASSIGN(const std::shared_ptr<Link> link,
                  co_await open_link(around, datagrams, settings));
    Kept kept(places.size());
    std::string broken;
    if (!co_await work_on(*link, read_places(*link, places, kept), broken)) {
        co_return fail(Code::Unavailable, "{}", broken);
    }
    for (std::size_t i = 0; i < right.size(); ++i) {
        fill_in(out[rows[i]], right[i], kept.rows[i]);
    }
    co_return out;
}

Async<ScanReport> scan_objects(const Surroundings& around, Datagrams& datagrams,
                               const Settings& settings, const ScanRequest& request) {
    const auto type = object_type_of(request.area);
    if (request.area != objects_area && !type) {
        co_return std::unexpected(
            Error{Code::InvalidArgument,
                  std::format("there is no area '{}': use objects, or a type of objects as in AI",
                              request.area),
                  "/area"});
    }
    if (request.from < 0 || request.from > instance_max || request.count < 1 ||
        request.count > scan_count_max) {
        co_return bad_field("/count",
                            std::format("from is 0 or more, count 1 to {}", scan_count_max));
    }
    CO_TRY_ASSIGN(const std::shared_ptr<Link> link,
                  co_await open_link(around, datagrams, settings));
    std::string broken;
    ScanReport out =
        co_await work_on(*link,
                         scan(*link, {static_cast<std::uint32_t>(request.from),
                                      static_cast<std::uint32_t>(request.count), type}),
                         broken);
    if (!broken.empty()) {
        out.detail = broken;
    }
    co_return out;
}

}  // namespace gantry::connector::bacnet
