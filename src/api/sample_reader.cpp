// SPDX-License-Identifier: Apache-2.0
#include "api/sample_reader.h"

#include <simdjson.h>

#include <map>

namespace gantry::api {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t depth_max = 16;

// What a JSON value is for a point of that type; conversions that lose nothing are the pipeline's.
Result<Value> value_of(const dom::element& element, ValueType type) {
    switch (element.type()) {
        case dom::element_type::NULL_VALUE: return Value{};
        case dom::element_type::BOOL: return bool(element);
        case dom::element_type::INT64: return std::int64_t(element);
        case dom::element_type::DOUBLE: return double(element);
        case dom::element_type::STRING: return parse_value(std::string_view(element), type);
        case dom::element_type::UINT64: break;
        default: break;
    }
    return fail(Code::InvalidArgument, "the value is not a number, string, boolean or null");
}

Result<Quality> quality_of(const dom::element& element) {
    if (element.is_string()) {
        if (const auto quality = parse_quality(std::string_view(element))) {
            return *quality;
        }
    } else if (element.is_int64() && std::int64_t(element) >= 0 &&
               std::int64_t(element) <= UINT32_MAX) {
        return Quality{static_cast<std::uint32_t>(std::int64_t(element))};
    }
    return fail(Code::InvalidArgument,
                "the quality must be good, uncertain, bad or an OPC UA status code");
}

Result<Time> time_of(const dom::element& element) {
    if (!element.is_string()) {
        return fail(Code::InvalidArgument, "the time must be a string in RFC 3339");
    }
    return parse_time(std::string_view(element));
}

class Reader {
public:
    Reader(Time now, const FindPoint& find) : now_(now), find_(find) {}

    Result<> read(const dom::element& root) {
        dom::array samples;
        if (root.is_array()) {
            samples = root.get_array().value_unsafe();
        } else if (root["samples"].get(samples) != simdjson::SUCCESS) {
            return fail(Code::InvalidArgument, "the body must be {{\"samples\": [ … ]}}");
        }
        for (const dom::element item : samples) {
            TRY(read_item(item));
        }
        return {};
    }

    SamplesRead out;

private:
    Result<> read_item(const dom::element& item) {
        const std::size_t index = out.rows;
        std::string_view point;
        if (!item.is_object() || item["point"].get(point) != simdjson::SUCCESS) {
            return fail(Code::InvalidArgument, "row {}: \"point\" is missing or no string", index);
        }
        const dom::object object = item.get_object().value_unsafe();
        for (const auto field : object) {
            if (field.key != "point" && field.key != "time" && field.key != "value" &&
                field.key != "quality" && field.key != "columns") {
                return fail(Code::InvalidArgument, "row {}: there is no field \"{}\"", index,
                            field.key);
            }
        }
        auto entry = find(point);
        dom::object columns;
        if (item["columns"].get(columns) == simdjson::SUCCESS) {
            return read_columns(entry, columns);
        }
        dom::element time;
        dom::element value;
        dom::element quality;
        const bool has_time = item["time"].get(time) == simdjson::SUCCESS;
        const bool has_quality = item["quality"].get(quality) == simdjson::SUCCESS;
        if (item["value"].get(value) != simdjson::SUCCESS) {
            return fail(Code::InvalidArgument, "row {}: \"value\" is missing", index);
        }
        add(entry, has_time ? &time : nullptr, value, has_quality ? &quality : nullptr);
        return {};
    }

    Result<> read_columns(const Result<directory::PointRef>& entry, const dom::object& columns) {
        dom::array times;
        dom::array values;
        dom::array qualities;
        const bool has_quality = columns["quality"].get(qualities) == simdjson::SUCCESS;
        if (columns["time"].get(times) != simdjson::SUCCESS ||
            columns["value"].get(values) != simdjson::SUCCESS || times.size() != values.size() ||
            (has_quality && qualities.size() != values.size())) {
            return fail(
                Code::InvalidArgument,
                "row {}: \"columns\" needs \"time\" and \"value\" (and may have \"quality\"), "
                "arrays of one length",
                out.rows);
        }
        auto time = times.begin();
        auto quality = qualities.begin();
        for (const dom::element value : values) {
            const dom::element at = *time;
            const dom::element how = has_quality ? *quality : at;
            add(entry, &at, value, has_quality ? &how : nullptr);
            ++time;
            if (has_quality) {
                ++quality;
            }
        }
        return {};
    }

    Result<directory::PointRef> find(std::string_view point) {
        const auto known = points_.find(point);
        if (known != points_.end()) {
            return known->second;
        }
        return points_.emplace(std::string(point), find_(std::string(point))).first->second;
    }

    void add(const Result<directory::PointRef>& entry, const dom::element* time,
             const dom::element& value, const dom::element* quality) {
        const std::size_t index = out.rows++;
        const auto added = [&]() -> Result<> {
            TRY(entry);
            const directory::PointEntry& point = **entry;
            TRY_ASSIGN(const Time at, time == nullptr ? Result<Time>(now_) : time_of(*time));
            TRY_ASSIGN(const Value what, value_of(value, point.point.property.type));
            TRY_ASSIGN(const Quality how,
                       quality == nullptr ? Result<Quality>(quality::good) : quality_of(*quality));
            out.batch.add(point.series, at, how, what);
            out.origin.push_back(index);
            return {};
        }();
        if (!added) {
            out.rejected.push_back({index, added.error()});
        }
    }

    Time now_;
    const FindPoint& find_;
    std::map<std::string, Result<directory::PointRef>, std::less<>> points_;
};

}  // namespace

Result<SamplesRead> read_samples(std::string_view body, Time now, const FindPoint& find) {
    dom::parser parser;
    dom::element root;
    if (parser.allocate(body.size(), depth_max) != simdjson::SUCCESS) {
        return fail(Code::TooLarge, "the body of {} bytes cannot be held", body.size());
    }
    if (const auto error = parser.parse(body.data(), body.size()).get(root)) {
        return fail(Code::InvalidArgument, "the JSON text is wrong: {}",
                    simdjson::error_message(error));
    }
    Reader reader(now, find);
    TRY(reader.read(root));
    return std::move(reader.out);
}

}  // namespace gantry::api
