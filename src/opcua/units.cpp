// SPDX-License-Identifier: Apache-2.0
#include "opcua/units.h"

#include <algorithm>
#include <array>

namespace gantry::opcua {
namespace {

struct Row {
    std::string_view ucum;
    std::string_view code;  // UNECE Recommendation 20, common code
    std::string_view symbol;
    std::string_view name;
};

constexpr std::array rows = {
    Row{"%", "P1", "%", "percent"},
    Row{"/min", "C94", "1/min", "reciprocal minute"},
    Row{"1", "C62", "1", "one"},
    Row{"A", "AMP", "A", "ampere"},
    Row{"By", "AD", "byte", "byte"},
    Row{"Cel", "CEL", "°C", "degree Celsius"},
    Row{"F", "FAR", "F", "farad"},
    Row{"Hz", "HTZ", "Hz", "hertz"},
    Row{"J", "JOU", "J", "joule"},
    Row{"K", "KEL", "K", "kelvin"},
    Row{"L", "LTR", "l", "litre"},
    Row{"L/h", "E32", "l/h", "litre per hour"},
    Row{"L/min", "L2", "l/min", "litre per minute"},
    Row{"L/s", "G51", "l/s", "litre per second"},
    Row{"MHz", "MHZ", "MHz", "megahertz"},
    Row{"MJ", "3B", "MJ", "megajoule"},
    Row{"MPa", "MPA", "MPa", "megapascal"},
    Row{"MW", "MAW", "MW", "megawatt"},
    Row{"MW.h", "MWH", "MW·h", "megawatt hour"},
    Row{"N", "NEW", "N", "newton"},
    Row{"N.m", "NU", "N·m", "newton metre"},
    Row{"Ohm", "OHM", "Ω", "ohm"},
    Row{"Pa", "PAL", "Pa", "pascal"},
    Row{"Pa.s", "C65", "Pa·s", "pascal second"},
    Row{"S", "SIE", "S", "siemens"},
    Row{"V", "VLT", "V", "volt"},
    Row{"V.A", "D46", "V·A", "volt - ampere"},
    Row{"W", "WTT", "W", "watt"},
    Row{"W.h", "WHR", "W·h", "watt hour"},
    Row{"W/m2", "D54", "W/m²", "watt per square metre"},
    Row{"[degF]", "FAH", "°F", "degree Fahrenheit"},
    Row{"[pH]", "Q30", "pH", "pH (potential of Hydrogen)"},
    Row{"[ppb]", "61", "ppb", "part per billion (US)"},
    Row{"[ppm]", "59", "ppm", "part per million"},
    Row{"[psi]", "PS", "lbf/in²", "pound-force per square inch"},
    Row{"bar", "BAR", "bar", "bar"},
    Row{"bit", "A99", "bit", "bit"},
    Row{"cd", "CDL", "cd", "candela"},
    Row{"cm", "CMT", "cm", "centimetre"},
    Row{"d", "DAY", "d", "day"},
    Row{"dB", "2N", "dB", "decibel"},
    Row{"deg", "DD", "°", "degree [unit of angle]"},
    Row{"g", "GRM", "g", "gram"},
    Row{"h", "HUR", "h", "hour"},
    Row{"hPa", "A97", "hPa", "hectopascal"},
    Row{"kHz", "KHZ", "kHz", "kilohertz"},
    Row{"kJ", "KJO", "kJ", "kilojoule"},
    Row{"kN", "B47", "kN", "kilonewton"},
    Row{"kOhm", "B49", "kΩ", "kiloohm"},
    Row{"kPa", "KPA", "kPa", "kilopascal"},
    Row{"kV", "KVT", "kV", "kilovolt"},
    Row{"kV.A", "KVA", "kV·A", "kilovolt - ampere"},
    Row{"kW", "KWT", "kW", "kilowatt"},
    Row{"kW.h", "KWH", "kW·h", "kilowatt hour"},
    Row{"kg", "KGM", "kg", "kilogram"},
    Row{"kg/h", "E93", "kg/h", "kilogram per hour"},
    Row{"kg/m3", "KMQ", "kg/m³", "kilogram per cubic metre"},
    Row{"kg/s", "KGS", "kg/s", "kilogram per second"},
    Row{"km", "KMT", "km", "kilometre"},
    Row{"km/h", "KMH", "km/h", "kilometre per hour"},
    Row{"l", "LTR", "l", "litre"},
    Row{"l/h", "E32", "l/h", "litre per hour"},
    Row{"l/min", "L2", "l/min", "litre per minute"},
    Row{"l/s", "G51", "l/s", "litre per second"},
    Row{"lm", "LUM", "lm", "lumen"},
    Row{"lx", "LUX", "lx", "lux"},
    Row{"m", "MTR", "m", "metre"},
    Row{"m/s", "MTS", "m/s", "metre per second"},
    Row{"m/s2", "MSK", "m/s²", "metre per second squared"},
    Row{"m2", "MTK", "m²", "square metre"},
    Row{"m2/s", "S4", "m²/s", "square metre per second"},
    Row{"m3", "MTQ", "m³", "cubic metre"},
    Row{"m3/h", "MQH", "m³/h", "cubic metre per hour"},
    Row{"m3/s", "MQS", "m³/s", "cubic metre per second"},
    Row{"mA", "4K", "mA", "milliampere"},
    Row{"mL", "MLT", "ml", "millilitre"},
    Row{"mPa.s", "C24", "mPa·s", "millipascal second"},
    Row{"mS/cm", "H61", "mS/cm", "millisiemens per centimetre"},
    Row{"mV", "2Z", "mV", "millivolt"},
    Row{"mbar", "MBR", "mbar", "millibar"},
    Row{"min", "MIN", "min", "minute [unit of time]"},
    Row{"ml", "MLT", "ml", "millilitre"},
    Row{"mm", "MMT", "mm", "millimetre"},
    Row{"mm/s", "C16", "mm/s", "millimetre per second"},
    Row{"mol", "C34", "mol", "mole"},
    Row{"ms", "C26", "ms", "millisecond"},
    Row{"rad", "C81", "rad", "radian"},
    Row{"rad/s", "2A", "rad/s", "radian per second"},
    Row{"s", "SEC", "s", "second [unit of time]"},
    Row{"t", "TNE", "t", "tonne (metric ton)"},
    Row{"uF", "4O", "µF", "microfarad"},
    Row{"uS/cm", "G42", "µS/cm", "microsiemens per centimetre"},
    Row{"um", "4H", "µm", "micrometre"},
    Row{"us", "B98", "µs", "microsecond"},
};
static_assert(std::ranges::is_sorted(rows, {}, &Row::ucum));

constexpr std::string_view unece = "http://www.opcfoundation.org/UA/units/un/cefact";
constexpr std::string_view ucum_space = "http://unitsofmeasure.org";

// OPC 10000-8, 5.6.4.3: each character is a byte, the first the most significant.
constexpr std::int32_t number_of(std::string_view code) {
    std::int32_t out = 0;
    for (const char c : code) {
        out = (out << 8) | c;
    }
    return out;
}
static_assert(number_of("MTR") == 5067858);  // as that clause has it

}  // namespace

EngineeringUnit engineering_unit(std::string_view ucum) {
    const auto row = std::ranges::lower_bound(rows, ucum, {}, &Row::ucum);
    if (row != rows.end() && row->ucum == ucum) {
        return {unece, number_of(row->code), row->symbol, row->name};
    }
    return {ucum_space, -1, ucum, ucum};
}

}  // namespace gantry::opcua
