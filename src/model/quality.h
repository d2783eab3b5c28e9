// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gantry {

enum class Severity : unsigned char { Good, Uncertain, Bad };

std::string_view severity_name(Severity severity);

// How far a value can be trusted: an OPC UA status code (OPC 10000-4, 7.39; the codes are those of
// the OPC Foundation's StatusCode.csv). It travels with every value to every result.
struct Quality {
    std::uint32_t code = 0;

    // The two highest bits: 00 good, 01 uncertain, 10 bad; 11 is not used and counts as bad.
    constexpr Severity severity() const {
        const std::uint32_t top = code >> 30;
        return top == 0 ? Severity::Good : top == 1 ? Severity::Uncertain : Severity::Bad;
    }
    constexpr bool good() const { return severity() == Severity::Good; }
    constexpr bool bad() const { return severity() == Severity::Bad; }
    bool operator==(const Quality&) const = default;
};

namespace quality {

inline constexpr Quality good{0x00000000};
inline constexpr Quality good_clamped{0x00300000};
inline constexpr Quality uncertain{0x40000000};
inline constexpr Quality uncertain_last_usable_value{0x40900000};
inline constexpr Quality uncertain_engineering_units_exceeded{0x40940000};
inline constexpr Quality uncertain_initial_value{0x40920000};
inline constexpr Quality bad{0x80000000};
inline constexpr Quality bad_communication_error{0x80050000};
inline constexpr Quality bad_timeout{0x800a0000};
inline constexpr Quality bad_no_communication{0x80310000};
inline constexpr Quality bad_waiting_for_initial_data{0x80320000};
inline constexpr Quality bad_out_of_range{0x803c0000};
inline constexpr Quality bad_configuration_error{0x80890000};
inline constexpr Quality bad_not_connected{0x808a0000};
inline constexpr Quality bad_device_failure{0x808b0000};
inline constexpr Quality bad_sensor_failure{0x808c0000};
inline constexpr Quality bad_out_of_service{0x808d0000};
inline constexpr Quality bad_type_mismatch{0x80740000};

}  // namespace quality

// "BadTimeout"; codes that have no name here come as "0x80ab0000".
std::string quality_name(Quality quality);

// A severity ("good"), a name ("BadTimeout"), or a number in decimal or 0x… form.
std::optional<Quality> parse_quality(std::string_view text);

}  // namespace gantry
