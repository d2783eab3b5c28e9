// SPDX-License-Identifier: Apache-2.0
#include "plant/point.h"

#include <array>
#include <format>

namespace gantry::plant {

std::string_view area_name(Area area) {
    static constexpr std::array<std::string_view, area_count> names = {"co", "di", "hr", "ir"};
    return names[static_cast<std::size_t>(area)];
}

std::string type_name(const PointInfo& point) {
    switch (point.type) {
        case ValueType::Bool: return "bool";
        case ValueType::Bit: return std::format("u16.{}", point.bit);
        case ValueType::I16: return "i16";
        case ValueType::U16: return "u16";
        case ValueType::I32: return "i32";
        case ValueType::U32: return "u32";
        case ValueType::I64: return "i64";
        case ValueType::U64: return "u64";
        case ValueType::F32: return "f32";
        case ValueType::F64: return "f64";
        case ValueType::Text: return std::format("str{}", point.length);
    }
    return "";
}

std::string_view order_name(WordOrder order) {
    static constexpr std::array<std::string_view, 4> names = {"ABCD", "CDAB", "BADC", "DCBA"};
    return names[static_cast<std::size_t>(order)];
}

bool has_order(const PointInfo& point) {
    return address_count(point) > 1 &&
           (point.type != ValueType::Text || point.order != WordOrder::ABCD);
}

unsigned address_count(const PointInfo& point) {
    switch (point.type) {
        case ValueType::Bool:
        case ValueType::Bit:
        case ValueType::I16:
        case ValueType::U16: return 1;
        case ValueType::I32:
        case ValueType::U32:
        case ValueType::F32: return 2;
        case ValueType::I64:
        case ValueType::U64:
        case ValueType::F64: return 4;
        case ValueType::Text: return point.length / 2;
    }
    return 1;
}

std::string tag_of(const PointInfo& point) {
    std::string tag =
        std::format("{}:{}:{}", area_name(point.area), point.address, type_name(point));
    if (has_order(point)) {
        tag += std::format("@{}", order_name(point.order));
    }
    if (point.scale != 1) {
        tag += std::format("*{}", point.scale);
    }
    if (point.offset != 0) {
        tag += std::format("{:+}", point.offset);
    }
    return tag;
}

}  // namespace gantry::plant
