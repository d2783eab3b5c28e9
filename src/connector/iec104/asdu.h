// SPDX-License-Identifier: Apache-2.0
// What stations tell each other: the application service data units of IEC 60870-5-101 with the
// field sizes that IEC 60870-5-104 fixes (cause of transmission 2 bytes, common address 2, object
// address 3). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "model/quality.h"

namespace gantry::connector::iec104 {

// What an operator has put in the place of a value: OPC UA's UncertainSubstituteValue.
inline constexpr Quality substitute_value{0x40910000};

// Type identification (IEC 60870-5-101:2003, 7.2.1), with the standard's own names.
enum class Type : std::uint8_t {
    M_SP_NA_1 = 1,  // single-point information
    M_SP_TA_1 = 2,  // … with CP24Time2a
    M_DP_NA_1 = 3,  // double-point information
    M_DP_TA_1 = 4,
    M_ST_NA_1 = 5,  // step position
    M_ST_TA_1 = 6,
    M_BO_NA_1 = 7,  // bitstring of 32 bits
    M_BO_TA_1 = 8,
    M_ME_NA_1 = 9,  // measured value, normalized
    M_ME_TA_1 = 10,
    M_ME_NB_1 = 11,  // … scaled
    M_ME_TB_1 = 12,
    M_ME_NC_1 = 13,  // … short floating point
    M_ME_TC_1 = 14,
    M_IT_NA_1 = 15,  // integrated totals
    M_IT_TA_1 = 16,
    M_PS_NA_1 = 20,  // packed single points with status change detection
    M_ME_ND_1 = 21,  // normalized, without quality
    M_SP_TB_1 = 30,  // … with CP56Time2a
    M_DP_TB_1 = 31,
    M_ST_TB_1 = 32,
    M_BO_TB_1 = 33,
    M_ME_TD_1 = 34,
    M_ME_TE_1 = 35,
    M_ME_TF_1 = 36,
    M_IT_TB_1 = 37,
    C_SC_NA_1 = 45,   // single command
    C_DC_NA_1 = 46,   // double command
    C_RC_NA_1 = 47,   // regulating step command
    C_SE_NA_1 = 48,   // set-point, normalized
    C_SE_NB_1 = 49,   // … scaled
    C_SE_NC_1 = 50,   // … short floating point
    C_BO_NA_1 = 51,   // bitstring of 32 bits
    M_EI_NA_1 = 70,   // end of initialization
    C_IC_NA_1 = 100,  // interrogation
    C_CI_NA_1 = 101,  // counter interrogation
    C_RD_NA_1 = 102,  // read
    C_CS_NA_1 = 103,  // clock synchronization
};
// "M_ME_NC_1"; empty if it is not one of them.
std::string_view type_name(Type type);

// Cause of transmission (7.2.3). A station may send others; they are passed on.
enum class Cause : std::uint8_t {
    Periodic = 1,
    Background = 2,
    Spontaneous = 3,
    Initialized = 4,
    Request = 5,
    Activation = 6,
    ActivationConfirmation = 7,
    Deactivation = 8,
    DeactivationConfirmation = 9,
    ActivationTermination = 10,
    ReturnRemote = 11,
    ReturnLocal = 12,
    Interrogated = 20,  // by station; 21 to 36 by group
    CounterInterrogated = 37,
    UnknownType = 44,
    UnknownCause = 45,
    UnknownCommonAddress = 46,
    UnknownObjectAddress = 47,
};
// "47 unknown object address"; the number alone of a private one.
std::string cause_name(Cause cause);

inline constexpr std::size_t asdu_bytes_max = 249;
inline constexpr std::uint32_t object_address_max = 0xff'ffff;

// The seven bytes of CP56Time2a, or the three of CP24Time2a, as they were sent: the station's own
// clock and zone, which whoever reads them must know.
struct TimeTag {
    std::int64_t nanoseconds = 0;  // since 1970-01-01 00:00 of that clock; of CP24 within the hour
    bool within_hour = false;      // CP24Time2a
    bool invalid = false;          // IV: the station does not trust it
    bool summer = false;           // SU
};

// One information object. What a value is follows from the type: bool as 0 and 1, double points
// as 0 to 3 (intermediate, off, on, indeterminate), a step position from -64 to 63, a bitstring
// from 0, a normalized value from -1 to 1 - 2^-15.
struct Object {
    std::uint32_t address = 0;
    double value = 0;   // exact: none has more than 32 bits
    bool real = false;  // it may have a fraction
    Quality quality;
    std::optional<TimeTag> time;
};

struct Header {
    Type type = Type::M_SP_NA_1;
    std::uint8_t count = 0;
    bool sequence = false;  // addresses follow each other
    Cause cause = Cause::Spontaneous;
    bool negative = false;
    bool test = false;
    std::uint8_t originator = 0;
    std::uint16_t common_address = 0;
};

struct Asdu {
    Header header;
    ByteView body;  // its objects; a view
};

// Its head. Empty if there are too few bytes.
std::optional<Asdu> read_asdu(ByteView bytes);

enum class Objects : unsigned char { Read, Unknown, Malformed };

// The objects of monitoring types; of commands the addresses alone, and what was commanded.
// Unknown: of a type that is not in the list, or has no objects with values. Malformed: the count
// does not fit the bytes.
Objects read_objects(const Asdu& asdu, std::vector<Object>& out);

// What is to be done (7.2.6.15 to 7.2.6.19, 7.2.6.26, 7.2.6.39).
struct Command {
    Type type = Type::C_SC_NA_1;
    std::uint32_t address = 0;
    double value = 0;            // as Object::value; of C_RC_NA_1 1 is lower and 2 higher
    std::uint8_t qualifier = 0;  // QU of 0 to 31, or QL of 0 to 127
    bool select = false;
};
// Whether the type can carry the value; it is an integer unless the type is of numbers with a
// fraction.
bool can_carry(Type type, double value);

// Appends ASDUs that a controlling station sends. The command must be one that can be carried.
void append_command(Bytes& out, const Header& header, const Command& command);
// Station interrogation is 20, groups 21 to 36; counters: 5 is all, with freeze 0.
void append_interrogation(Bytes& out, Header header, std::uint8_t qualifier);
void append_read(Bytes& out, Header header, std::uint32_t address);
void append_clock(Bytes& out, Header header, std::int64_t nanoseconds);

// The other side, for tests: the objects of a monitoring type.
void append_objects(Bytes& out, Header header, std::span<const Object> objects);

}  // namespace gantry::connector::iec104
