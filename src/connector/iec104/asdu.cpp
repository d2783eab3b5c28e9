// SPDX-License-Identifier: Apache-2.0
#include "connector/iec104/asdu.h"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <format>

#include "base/assert.h"

namespace gantry::connector::iec104 {
namespace {

enum class Kind : unsigned char {
    Single,
    Double,
    Step,
    Bits,
    Normalized,
    Scaled,
    Float,
    Totals,
    Packed,
    Bare,  // normalized, without quality
    SingleCommand,
    DoubleCommand,
    StepCommand,
    NormalizedCommand,
    ScaledCommand,
    FloatCommand,
    BitsCommand,
    Other,
};

struct Form {
    Type type;
    std::string_view name;
    Kind kind;
    std::size_t time_bytes;
};

constexpr std::size_t short_time = 3;  // CP24Time2a
constexpr std::size_t long_time = 7;   // CP56Time2a

constexpr std::array forms = {
    Form{Type::M_SP_NA_1, "M_SP_NA_1", Kind::Single, 0},
    Form{Type::M_SP_TA_1, "M_SP_TA_1", Kind::Single, short_time},
    Form{Type::M_DP_NA_1, "M_DP_NA_1", Kind::Double, 0},
    Form{Type::M_DP_TA_1, "M_DP_TA_1", Kind::Double, short_time},
    Form{Type::M_ST_NA_1, "M_ST_NA_1", Kind::Step, 0},
    Form{Type::M_ST_TA_1, "M_ST_TA_1", Kind::Step, short_time},
    Form{Type::M_BO_NA_1, "M_BO_NA_1", Kind::Bits, 0},
    Form{Type::M_BO_TA_1, "M_BO_TA_1", Kind::Bits, short_time},
    Form{Type::M_ME_NA_1, "M_ME_NA_1", Kind::Normalized, 0},
    Form{Type::M_ME_TA_1, "M_ME_TA_1", Kind::Normalized, short_time},
    Form{Type::M_ME_NB_1, "M_ME_NB_1", Kind::Scaled, 0},
    Form{Type::M_ME_TB_1, "M_ME_TB_1", Kind::Scaled, short_time},
    Form{Type::M_ME_NC_1, "M_ME_NC_1", Kind::Float, 0},
    Form{Type::M_ME_TC_1, "M_ME_TC_1", Kind::Float, short_time},
    Form{Type::M_IT_NA_1, "M_IT_NA_1", Kind::Totals, 0},
    Form{Type::M_IT_TA_1, "M_IT_TA_1", Kind::Totals, short_time},
    Form{Type::M_PS_NA_1, "M_PS_NA_1", Kind::Packed, 0},
    Form{Type::M_ME_ND_1, "M_ME_ND_1", Kind::Bare, 0},
    Form{Type::M_SP_TB_1, "M_SP_TB_1", Kind::Single, long_time},
    Form{Type::M_DP_TB_1, "M_DP_TB_1", Kind::Double, long_time},
    Form{Type::M_ST_TB_1, "M_ST_TB_1", Kind::Step, long_time},
    Form{Type::M_BO_TB_1, "M_BO_TB_1", Kind::Bits, long_time},
    Form{Type::M_ME_TD_1, "M_ME_TD_1", Kind::Normalized, long_time},
    Form{Type::M_ME_TE_1, "M_ME_TE_1", Kind::Scaled, long_time},
    Form{Type::M_ME_TF_1, "M_ME_TF_1", Kind::Float, long_time},
    Form{Type::M_IT_TB_1, "M_IT_TB_1", Kind::Totals, long_time},
    Form{Type::C_SC_NA_1, "C_SC_NA_1", Kind::SingleCommand, 0},
    Form{Type::C_DC_NA_1, "C_DC_NA_1", Kind::DoubleCommand, 0},
    Form{Type::C_RC_NA_1, "C_RC_NA_1", Kind::StepCommand, 0},
    Form{Type::C_SE_NA_1, "C_SE_NA_1", Kind::NormalizedCommand, 0},
    Form{Type::C_SE_NB_1, "C_SE_NB_1", Kind::ScaledCommand, 0},
    Form{Type::C_SE_NC_1, "C_SE_NC_1", Kind::FloatCommand, 0},
    Form{Type::C_BO_NA_1, "C_BO_NA_1", Kind::BitsCommand, 0},
    Form{Type::M_EI_NA_1, "M_EI_NA_1", Kind::Other, 0},
    Form{Type::C_IC_NA_1, "C_IC_NA_1", Kind::Other, 0},
    Form{Type::C_CI_NA_1, "C_CI_NA_1", Kind::Other, 0},
    Form{Type::C_RD_NA_1, "C_RD_NA_1", Kind::Other, 0},
    Form{Type::C_CS_NA_1, "C_CS_NA_1", Kind::Other, 0},
};

const Form* form_of(Type type) {
    const auto* const found = std::ranges::find(forms, type, &Form::type);
    return found == forms.end() ? nullptr : found;
}

// Without the address and the time.
std::size_t value_bytes(Kind kind) {
    switch (kind) {
        case Kind::Single:
        case Kind::Double:
        case Kind::SingleCommand:
        case Kind::DoubleCommand:
        case Kind::StepCommand: return 1;
        case Kind::Step:
        case Kind::Bare: return 2;
        case Kind::Normalized:
        case Kind::Scaled:
        case Kind::NormalizedCommand:
        case Kind::ScaledCommand: return 3;
        case Kind::BitsCommand: return 4;
        case Kind::Bits:
        case Kind::Float:
        case Kind::Totals:
        case Kind::Packed:
        case Kind::FloatCommand: return 5;
        case Kind::Other: break;
    }
    return 0;
}

// SIQ, DIQ and QDS (7.2.6.1 to 7.2.6.3).
constexpr unsigned overflow = 0x01;
constexpr unsigned blocked = 0x10;
constexpr unsigned substituted = 0x20;
constexpr unsigned not_topical = 0x40;
constexpr unsigned invalid = 0x80;

Quality quality_of(unsigned flags, bool may_overflow) {
    if ((flags & invalid) != 0) {
        return quality::bad;
    }
    if ((flags & (not_topical | blocked)) != 0) {
        return quality::uncertain_last_usable_value;
    }
    if ((flags & substituted) != 0) {
        return substitute_value;
    }
    if (may_overflow && (flags & overflow) != 0) {
        return quality::uncertain_engineering_units_exceeded;
    }
    return quality::good;
}

unsigned flags_of(Quality quality) {
    if (quality.bad()) {
        return invalid;
    }
    if (quality == quality::uncertain_last_usable_value) {
        return not_topical;
    }
    if (quality == substitute_value) {
        return substituted;
    }
    return quality == quality::uncertain_engineering_units_exceeded ? overflow : 0;
}

unsigned byte_at(ByteView bytes, std::size_t at) { return std::to_integer<unsigned>(bytes[at]); }

std::uint32_t number_at(ByteView bytes, std::size_t at, std::size_t count) {
    std::uint32_t out = 0;
    for (std::size_t i = 0; i < count; ++i) {
        out |= std::uint32_t{byte_at(bytes, at + i)} << 8 * i;
    }
    return out;
}

void put(Bytes& out, std::uint32_t value, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        out.push_back(static_cast<std::byte>(value >> 8 * i & 0xff));
    }
}

double signed16(ByteView bytes) {
    return static_cast<std::int16_t>(static_cast<std::uint16_t>(number_at(bytes, 0, 2)));
}

constexpr double normalized_one = 32'768;

void read_value(Kind kind, ByteView bytes, Object& out) {
    switch (kind) {
        case Kind::Single:
            out.value = byte_at(bytes, 0) & 1;
            out.quality = quality_of(byte_at(bytes, 0), false);
            break;
        case Kind::Double:
            out.value = byte_at(bytes, 0) & 3;
            out.quality = quality_of(byte_at(bytes, 0), false);
            break;
        case Kind::Step: {
            const unsigned step = byte_at(bytes, 0) & 0x7f;
            out.value = step < 64 ? step : static_cast<double>(step) - 128;
            out.quality = quality_of(byte_at(bytes, 1), true);
            break;
        }
        case Kind::Bits:
            out.value = number_at(bytes, 0, 4);
            out.quality = quality_of(byte_at(bytes, 4), true);
            break;
        case Kind::Packed:
            out.value = number_at(bytes, 0, 2);
            out.quality = quality_of(byte_at(bytes, 4), true);
            break;
        case Kind::Normalized:
        case Kind::Bare:
            out.value = signed16(bytes) / normalized_one;
            out.real = true;
            out.quality = kind == Kind::Bare ? quality::good : quality_of(byte_at(bytes, 2), true);
            break;
        case Kind::Scaled:
            out.value = signed16(bytes);
            out.quality = quality_of(byte_at(bytes, 2), true);
            break;
        case Kind::Float:
            out.value = std::bit_cast<float>(number_at(bytes, 0, 4));
            out.real = true;
            out.quality = quality_of(byte_at(bytes, 4), true);
            if (std::isnan(out.value) && !out.quality.bad()) {
                out.quality = quality::bad_sensor_failure;
            }
            break;
        case Kind::Totals:  // BCR: a carry or an adjustment is for who makes differences
            out.value = static_cast<std::int32_t>(number_at(bytes, 0, 4));
            out.quality = quality_of(byte_at(bytes, 4) & invalid, false);
            break;
        case Kind::SingleCommand: out.value = byte_at(bytes, 0) & 1; break;
        case Kind::DoubleCommand:
        case Kind::StepCommand: out.value = byte_at(bytes, 0) & 3; break;
        case Kind::NormalizedCommand:
            out.value = signed16(bytes) / normalized_one;
            out.real = true;
            break;
        case Kind::ScaledCommand: out.value = signed16(bytes); break;
        case Kind::FloatCommand:
            out.value = std::bit_cast<float>(number_at(bytes, 0, 4));
            out.real = true;
            break;
        case Kind::BitsCommand: out.value = number_at(bytes, 0, 4); break;
        case Kind::Other: break;
    }
}

std::int64_t nanoseconds_of_minutes(unsigned minutes, unsigned milliseconds) {
    return (std::int64_t{minutes} * 60'000 + milliseconds) * 1'000'000;
}

TimeTag read_time(ByteView bytes) {
    TimeTag out;
    const unsigned milliseconds = number_at(bytes, 0, 2);
    const unsigned minute = byte_at(bytes, 2);
    out.invalid = (minute & 0x80) != 0 || milliseconds >= 60'000 || (minute & 0x3f) >= 60;
    out.nanoseconds = nanoseconds_of_minutes(minute & 0x3f, milliseconds);
    if (bytes.size() == short_time) {
        out.within_hour = true;
        return out;
    }
    const unsigned hour = byte_at(bytes, 3);
    const std::chrono::year_month_day date(
        std::chrono::year(2000 + static_cast<int>(byte_at(bytes, 6) & 0x7f)),
        std::chrono::month(byte_at(bytes, 5) & 0x0f), std::chrono::day(byte_at(bytes, 4) & 0x1f));
    out.summer = (hour & 0x80) != 0;
    out.invalid = out.invalid || (hour & 0x1f) >= 24 || !date.ok();
    if (date.ok()) {
        out.nanoseconds += std::chrono::nanoseconds(std::chrono::sys_days(date).time_since_epoch() +
                                                    std::chrono::hours(hour & 0x1f))
                               .count();
    }
    return out;
}

void put_time(Bytes& out, std::int64_t nanoseconds, unsigned minute_flags, unsigned hour_flags,
              bool short_form) {
    const std::chrono::sys_time<std::chrono::milliseconds> at{
        std::chrono::floor<std::chrono::milliseconds>(std::chrono::nanoseconds(nanoseconds))};
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::hh_mm_ss clock(at - day);
    const std::chrono::year_month_day date(day);
    put(out,
        static_cast<std::uint32_t>(clock.seconds().count() * 1000 + clock.subseconds().count()), 2);
    put(out, static_cast<std::uint32_t>(clock.minutes().count()) | minute_flags, 1);
    if (short_form) {
        return;
    }
    put(out, static_cast<std::uint32_t>(clock.hours().count()) | hour_flags, 1);
    const unsigned weekday = std::chrono::weekday(day).iso_encoding();
    put(out, static_cast<unsigned>(date.day()) | weekday << 5, 1);
    put(out, static_cast<unsigned>(date.month()), 1);
    put(out, static_cast<std::uint32_t>(static_cast<int>(date.year()) - 2000) & 0x7f, 1);
}

void put_header(Bytes& out, const Header& header) {
    ASSERT(header.count < 128);
    put(out, static_cast<unsigned>(header.type), 1);
    put(out, header.count | (header.sequence ? 0x80U : 0U), 1);
    put(out,
        static_cast<unsigned>(header.cause) | (header.negative ? 0x40U : 0U) |
            (header.test ? 0x80U : 0U),
        1);
    put(out, header.originator, 1);
    put(out, header.common_address, 2);
}

std::uint32_t bits_of_16(double value) {
    return static_cast<std::uint16_t>(static_cast<std::int16_t>(value));
}

void put_single_object(Bytes& out, Header header, Type type, std::uint32_t address) {
    header.type = type;
    header.count = 1;
    header.sequence = false;
    put_header(out, header);
    put(out, address, 3);
}

void put_value(Bytes& out, Kind kind, const Object& object) {
    const unsigned flags = flags_of(object.quality);
    const auto integer = static_cast<std::int64_t>(object.value);
    const auto bits = static_cast<std::uint32_t>(integer);
    switch (kind) {
        case Kind::Single: put(out, (bits & 1) | (flags & ~overflow), 1); break;
        case Kind::Double: put(out, (bits & 3) | (flags & ~overflow), 1); break;
        case Kind::Step: put(out, bits & 0x7f, 1); break;
        case Kind::Bits: put(out, bits, 4); break;
        case Kind::Packed: put(out, bits & 0xffff, 4); break;
        case Kind::Normalized:
        case Kind::Bare: put(out, bits_of_16(object.value * normalized_one), 2); break;
        case Kind::Scaled: put(out, bits_of_16(object.value), 2); break;
        case Kind::Float:
            put(out, std::bit_cast<std::uint32_t>(static_cast<float>(object.value)), 4);
            break;
        case Kind::Totals:
            put(out, bits, 4);
            put(out, flags & invalid, 1);
            return;
        default: ASSERT(false); return;
    }
    if (kind != Kind::Single && kind != Kind::Double && kind != Kind::Bare) {
        put(out, flags, 1);
    }
}

}  // namespace

std::string_view type_name(Type type) {
    const Form* const form = form_of(type);
    return form == nullptr ? std::string_view() : form->name;
}

std::string cause_name(Cause cause) {
    const auto number = static_cast<unsigned>(cause);
    const auto word = [cause]() -> std::string_view {
        switch (cause) {
            case Cause::Periodic: return "periodic";
            case Cause::Background: return "background scan";
            case Cause::Spontaneous: return "spontaneous";
            case Cause::Initialized: return "initialized";
            case Cause::Request: return "request";
            case Cause::Activation: return "activation";
            case Cause::ActivationConfirmation: return "activation confirmation";
            case Cause::Deactivation: return "deactivation";
            case Cause::DeactivationConfirmation: return "deactivation confirmation";
            case Cause::ActivationTermination: return "activation termination";
            case Cause::ReturnRemote: return "return information of a remote command";
            case Cause::ReturnLocal: return "return information of a local command";
            case Cause::Interrogated: return "interrogated by station interrogation";
            case Cause::CounterInterrogated: return "requested by counter interrogation";
            case Cause::UnknownType: return "unknown type identification";
            case Cause::UnknownCause: return "unknown cause of transmission";
            case Cause::UnknownCommonAddress: return "unknown common address";
            case Cause::UnknownObjectAddress: return "unknown information object address";
        }
        return {};
    }();
    return word.empty() ? std::to_string(number) : std::format("{} {}", number, word);
}

std::optional<Asdu> read_asdu(ByteView bytes) {
    constexpr std::size_t header_bytes = 6;
    if (bytes.size() < header_bytes) {
        return std::nullopt;
    }
    Asdu out;
    out.header.type = static_cast<Type>(byte_at(bytes, 0));
    out.header.count = byte_at(bytes, 1) & 0x7f;
    out.header.sequence = (byte_at(bytes, 1) & 0x80) != 0;
    out.header.cause = static_cast<Cause>(byte_at(bytes, 2) & 0x3f);
    out.header.negative = (byte_at(bytes, 2) & 0x40) != 0;
    out.header.test = (byte_at(bytes, 2) & 0x80) != 0;
    out.header.originator = static_cast<std::uint8_t>(byte_at(bytes, 3));
    out.header.common_address = static_cast<std::uint16_t>(number_at(bytes, 4, 2));
    out.body = bytes.subspan(header_bytes);
    return out;
}

Objects read_objects(const Asdu& asdu, std::vector<Object>& out) {
    out.clear();
    const Form* const form = form_of(asdu.header.type);
    if (form == nullptr || form->kind == Kind::Other) {
        return Objects::Unknown;
    }
    constexpr std::size_t address_bytes = 3;
    const std::size_t size = value_bytes(form->kind) + form->time_bytes;
    const std::size_t count = asdu.header.count;
    const std::size_t expected =
        asdu.header.sequence ? address_bytes + count * size : count * (address_bytes + size);
    if (count == 0 || asdu.body.size() != expected) {
        return Objects::Malformed;
    }
    std::size_t at = 0;
    std::uint32_t address = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (i == 0 || !asdu.header.sequence) {
            address = number_at(asdu.body, at, address_bytes);
            at += address_bytes;
        } else {
            ++address;
        }
        Object object;
        object.address = address;
        read_value(form->kind, asdu.body.subspan(at, size), object);
        if (form->time_bytes > 0) {
            object.time =
                read_time(asdu.body.subspan(at + value_bytes(form->kind), form->time_bytes));
        }
        at += size;
        out.push_back(object);
    }
    return address > object_address_max ? Objects::Malformed : Objects::Read;
}

bool can_carry(Type type, double value) {
    const Form* const form = form_of(type);
    const auto integer_in = [value](double least, double most) {
        return value >= least && value <= most && value == std::floor(value);
    };
    switch (form == nullptr ? Kind::Other : form->kind) {
        case Kind::SingleCommand: return integer_in(0, 1);
        case Kind::DoubleCommand:
        case Kind::StepCommand: return integer_in(1, 2);
        case Kind::NormalizedCommand: return value >= -1 && value <= 1 - 1 / normalized_one;
        case Kind::ScaledCommand: return integer_in(-32'768, 32'767);
        case Kind::FloatCommand:
            return std::isfinite(value) && std::isfinite(static_cast<float>(value));
        case Kind::BitsCommand: return integer_in(0, UINT32_MAX);
        default: return false;
    }
}

void append_command(Bytes& out, const Header& header, const Command& command) {
    ASSERT(can_carry(command.type, command.value));
    put_single_object(out, header, command.type, command.address);
    const unsigned select = command.select ? 0x80 : 0;
    const auto small = static_cast<unsigned>(std::max(command.value, 0.0));
    switch (form_of(command.type)->kind) {
        case Kind::SingleCommand:
        case Kind::DoubleCommand:
        case Kind::StepCommand:
            put(out, small | (command.qualifier & 0x1fU) << 2 | select, 1);
            break;
        case Kind::NormalizedCommand:
            put(out, bits_of_16(std::round(command.value * normalized_one)), 2);
            put(out, (command.qualifier & 0x7fU) | select, 1);
            break;
        case Kind::ScaledCommand:
            put(out, bits_of_16(command.value), 2);
            put(out, (command.qualifier & 0x7fU) | select, 1);
            break;
        case Kind::FloatCommand:
            put(out, std::bit_cast<std::uint32_t>(static_cast<float>(command.value)), 4);
            put(out, (command.qualifier & 0x7fU) | select, 1);
            break;
        default: put(out, static_cast<std::uint32_t>(command.value), 4); break;
    }
}

void append_interrogation(Bytes& out, Header header, std::uint8_t qualifier) {
    put_single_object(out, header, header.type, 0);
    put(out, qualifier, 1);
}

void append_read(Bytes& out, Header header, std::uint32_t address) {
    put_single_object(out, header, Type::C_RD_NA_1, address);
}

void append_clock(Bytes& out, Header header, std::int64_t nanoseconds) {
    put_single_object(out, header, Type::C_CS_NA_1, 0);
    put_time(out, nanoseconds, 0, 0, false);
}

void append_objects(Bytes& out, Header header, std::span<const Object> objects) {
    const Form* const form = form_of(header.type);
    ASSERT(form != nullptr && objects.size() < 128 && !objects.empty());
    header.count = static_cast<std::uint8_t>(objects.size());
    put_header(out, header);
    for (std::size_t i = 0; i < objects.size(); ++i) {
        if (i == 0 || !header.sequence) {
            put(out, objects[i].address, 3);
        }
        put_value(out, form->kind, objects[i]);
        if (form->time_bytes > 0) {
            const TimeTag time = objects[i].time.value_or(TimeTag{});
            put_time(out, time.nanoseconds, time.invalid ? 0x80 : 0, time.summer ? 0x80 : 0,
                     form->time_bytes == short_time);
        }
    }
}

}  // namespace gantry::connector::iec104
