// SPDX-License-Identifier: Apache-2.0
#include "connector/iec104/tags.h"

#include <bit>
#include <cmath>

namespace gantry::connector::iec104 {
namespace {

constexpr double integer_most = 9'007'199'254'740'992.0;  // 2^53
constexpr std::int64_t hour_ns = 3'600'000'000'000;
constexpr std::int64_t minute_ns = 60'000'000'000;

bool is_double_point(Type type) {
    return type == Type::M_DP_NA_1 || type == Type::M_DP_TA_1 || type == Type::M_DP_TB_1;
}

Reading bad(Quality quality) {
    return {.quality = quality, .type = ValueType::Null, .bits = 0, .text = {}};
}

// As the command has it: an on of a double command is 2.
Result<double> raw_value(const Tag& tag, const CommandAddress& command, const Value& value) {
    if (const bool* on = std::get_if<bool>(&value)) {
        const bool two = command.type == Type::C_DC_NA_1 || command.type == Type::C_RC_NA_1;
        return (*on ? 1.0 : 0.0) + (two ? 1.0 : 0.0);
    }
    const auto number = to_number(value);
    if (!number) {
        return fail(Code::InvalidArgument, "a command carries a number or true and false");
    }
    const double raw = (*number - tag.address.scaling.offset) / tag.address.scaling.scale;
    const bool real = command.type == Type::C_SE_NA_1 || command.type == Type::C_SE_NC_1;
    return real ? raw : std::round(raw);
}

}  // namespace

Result<Tag> make_tag(const Settings& settings, std::string_view address, const Property& property) {
    Tag out;
    TRY_ASSIGN(out.address, parse_address(address));
    out.type = property.type;
    out.common = out.address.common.value_or(settings.common());
    if (property.type == ValueType::String) {
        return complain_about(address, "a station sends numbers and states: make the point a bool, "
                                       "an int64 or a float64");
    }
    if (out.address.scaling.scaled() && !is_number(property.type)) {
        return complain_about(address, "only numbers have a scale and an offset");
    }
    TRY_ASSIGN(out.deadband, deadband_of(address, out.address.deadband, property));
    if (property.access == Access::ReadWrite && !out.address.command) {
        return complain_about(address, "the point is writable: say by which command, as in "
                                       "cmd=sc@5001, or make the point read-only");
    }
    return out;
}

TagTable make_tags(const Settings& settings, const std::vector<TagBinding>& bindings) {
    return table_of(settings, bindings, make_tag);
}

Reading read_object(const Tag& tag, Type type, const Object& object) {
    if (object.quality.bad()) {
        return bad(object.quality);
    }
    Reading out{.quality = object.quality, .type = tag.type, .bits = 0, .text = {}};
    if (tag.type == ValueType::Bool) {
        if (is_double_point(type) && object.value != 1 && object.value != 2) {
            return bad(object.value == 0 ? quality::bad : quality::bad_sensor_failure);
        }
        if (!is_double_point(type) && object.value != 0 && object.value != 1) {
            return bad(quality::bad_type_mismatch);
        }
        out.bits = is_double_point(type) ? object.value == 2 : object.value == 1;
        return out;
    }
    const double scaled = object.value * tag.address.scaling.scale + tag.address.scaling.offset;
    if (!std::isfinite(scaled)) {
        return bad(quality::bad_out_of_range);
    }
    if (tag.type == ValueType::Int64) {
        if (std::abs(scaled) > integer_most || (object.real && scaled != std::trunc(scaled))) {
            return bad(quality::bad_out_of_range);
        }
        out.bits = std::bit_cast<std::uint64_t>(static_cast<std::int64_t>(std::round(scaled)));
        return out;
    }
    out.bits = std::bit_cast<std::uint64_t>(scaled);
    return out;
}

Result<Command> make_command(const Tag& tag, const Property& property, const Value& value) {
    if (!tag.address.command) {
        return fail(Code::InvalidArgument, "the tag has no command: write cmd= into its address");
    }
    const auto number = to_number(value);
    if (number && ((property.range.min && *number < *property.range.min) ||
                   (property.range.max && *number > *property.range.max))) {
        return fail(Code::InvalidArgument, "{} is outside the point's range", to_text(value));
    }
    const CommandAddress& command = *tag.address.command;
    Command out{.type = command.type,
                .address = command.object.value_or(tag.address.object),
                .value = 0,
                .qualifier = command.qualifier,
                .select = command.select};
    TRY_ASSIGN(out.value, raw_value(tag, command, value));
    if (!can_carry(out.type, out.value)) {
        return fail(Code::InvalidArgument, "{} ({}) cannot carry {}", command_word(out.type),
                    type_name(out.type), out.value);
    }
    return out;
}

std::optional<Time> time_of(const TimeTag& tag, const Settings& settings, Time now) {
    if (tag.invalid) {
        return std::nullopt;
    }
    const std::int64_t offset =
        (settings.utc_offset_minutes * minute_ns) + (tag.summer ? hour_ns : 0);
    if (!tag.within_hour) {
        return tag.nanoseconds - offset;
    }
    // Offsets of a part of an hour count; of the hours around now the nearest.
    const std::int64_t past = ((tag.nanoseconds - offset) % hour_ns + hour_ns) % hour_ns;
    Time out = now - now % hour_ns + past;
    if (out > now + hour_ns / 2) {
        out -= hour_ns;
    } else if (out <= now - hour_ns / 2) {
        out += hour_ns;
    }
    return out;
}

}  // namespace gantry::connector::iec104
