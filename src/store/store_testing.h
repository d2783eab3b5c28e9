// SPDX-License-Identifier: Apache-2.0
// What the tests of the store share: a store on a simulated disk. Not part of the program.
#pragma once

#include <string>
#include <vector>

#include "base/sim_disk.h"
#include "store/store.h"
#include "testing/testing.h"

namespace gantry::store {

using gantry::testing::failure;
using gantry::testing::must;

inline constexpr Time second = 1'000'000'000;

inline StoreOptions small_options() {
    StoreOptions options;
    options.folder = "/s";
    options.memtable_bytes = 16 * 1024;
    options.journal.file_bytes = 16 * 1024;
    return options;
}

struct Fixture {
    explicit Fixture(std::uint64_t seed = 1) : disk(seed), random(seed) {}

    Result<std::unique_ptr<Store>> open(StoreOptions options = small_options()) {
        return Store::open(disk, around.clock, random, around.log, around.metrics, options);
    }

    SimDisk disk;
    SeededRandom random;
    gantry::testing::Surroundings around;
};

inline std::vector<Sample> read(const Store& store, SeriesId series, TimeRange range = {}) {
    std::vector<Sample> out;
    must(store.scan(std::span(&series, 1), range, [&](const Chunk& chunk) {
        for (std::size_t i = 0; i < chunk.size(); ++i) {
            const Row row = chunk.row(i);
            out.push_back({row.time, row.value(), row.quality});
        }
        return true;
    }));
    return out;
}

inline SampleBatch one(SeriesId series, Time time, const Value& value,
                       Quality quality = quality::good) {
    SampleBatch batch;
    batch.add(series, time, quality, value);
    return batch;
}

inline std::vector<std::string> segment_files(const Fixture& fixture) {
    auto names = must(fixture.disk.list("/s"));
    std::erase_if(names, [](const std::string& name) { return !name.starts_with("segment-"); });
    return names;
}

}  // namespace gantry::store
