// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "plant/point.h"
#include "plant/value.h"

namespace gantry::plant {

// How the points of a register map are read from a machine and written to it.
template <class Machine>
class UnitTable {
public:
    using Read = std::function<Value(const Machine&)>;
    using Write = std::function<void(Machine&, const Value&)>;
    // Whether the point's instrument is dead: reading it answers exception 04.
    using Failed = std::function<bool(const Machine&)>;

    struct Access {
        Read read;
        Write write;    // empty: read only
        Failed failed;  // empty: never
    };

    UnitTable(std::string name_en, std::string name_zh) {
        map_.name_en = std::move(name_en);
        map_.name_zh = std::move(name_zh);
    }

    void block(Area area, std::uint16_t first, std::uint16_t count) {
        map_.blocks.push_back({area, first, count});
    }
    void add(PointInfo point, Read read, Write write = {}) {
        point.writable = static_cast<bool>(write);
        map_.points.push_back(std::move(point));
        access_.push_back({std::move(read), std::move(write), {}});
    }
    void add_failing(PointInfo point, Read read, Failed failed) {
        add(std::move(point), std::move(read));
        access_.back().failed = std::move(failed);
    }

    const UnitMap& map() const { return map_; }
    const Access& access(std::size_t point) const { return access_[point]; }

private:
    UnitMap map_;
    std::vector<Access> access_;
};

// The points of one machine, without its type: what a unit serves.
class PointSource {
public:
    virtual ~PointSource() = default;
    virtual const UnitMap& map() const = 0;
    virtual Value read(std::size_t point) const = 0;
    virtual bool failed(std::size_t point) const = 0;
    // Only of a writable point, and only a permitted value.
    virtual void write(std::size_t point, const Value& value) = 0;
};

// Borrows both, which must outlive it.
template <class Machine>
class MachinePoints final : public PointSource {
public:
    MachinePoints(const UnitTable<Machine>& table, Machine& machine)
        : table_(table), machine_(machine) {}

    const UnitMap& map() const override { return table_.map(); }
    Value read(std::size_t point) const override { return table_.access(point).read(machine_); }
    bool failed(std::size_t point) const override {
        const auto& failed = table_.access(point).failed;
        return failed && failed(machine_);
    }
    void write(std::size_t point, const Value& value) override {
        table_.access(point).write(machine_, value);
    }

private:
    const UnitTable<Machine>& table_;
    Machine& machine_;
};

}  // namespace gantry::plant
