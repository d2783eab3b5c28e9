// SPDX-License-Identifier: Apache-2.0
#include "store/catalogue.h"

#include <algorithm>
#include <format>
#include <map>
#include <set>
#include <thread>

#include "base/sim_disk.h"
#include "testing/testing.h"

namespace gantry::store {
namespace {

using gantry::testing::failure;
using gantry::testing::must;

struct Fixture {
    explicit Fixture(std::uint64_t seed = 1) : disk(seed), random(seed) {
        options.journal.file_bytes = 16'384;
    }

    Result<std::unique_ptr<Catalogue>> open() {
        return Catalogue::open(disk, "/c", random, around.log, options);
    }

    SimDisk disk;
    SeededRandom random;
    gantry::testing::Surroundings around;
    StoreOptions options;
};

// Keys, and the specs that view them.
struct Specs {
    explicit Specs(std::size_t count, std::string_view prefix = "series") {
        for (std::size_t i = 0; i < count; ++i) {
            keys.push_back(std::format("{}.{}", prefix, i));
        }
        for (std::size_t i = 0; i < count; ++i) {
            specs.push_back({keys[i], static_cast<ValueType>(1 + i % 4)});
        }
    }
    std::vector<std::string> keys;
    std::vector<SeriesSpec> specs;
};

void expect_all(const Catalogue& catalogue, const Specs& wanted, std::span<const SeriesId> ids) {
    ASSERT_EQ(ids.size(), wanted.specs.size());
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const auto info = catalogue.find(wanted.keys[i]);
        ASSERT_TRUE(info) << wanted.keys[i];
        ASSERT_EQ(info->id, ids[i]);
        ASSERT_EQ(info->type, wanted.specs[i].type);
        ASSERT_EQ(catalogue.type(ids[i]), wanted.specs[i].type);
        ASSERT_EQ(catalogue.key(ids[i]), wanted.keys[i]);
    }
}

TEST(Catalogue, GivesBackWhatWasMadeAfterARestart) {
    Fixture fixture;
    const Specs wanted(500);
    std::vector<SeriesId> ids;
    {
        const auto catalogue = must(fixture.open());
        EXPECT_EQ(must(catalogue->make("alone", ValueType::String)), SeriesId{0});
        must(catalogue->make_all(wanted.specs, ids));
        EXPECT_EQ(must(catalogue->make("series.3", ValueType::String)), ids[3]);
        expect_all(*catalogue, wanted, ids);
        must(catalogue->commit());
    }
    const auto catalogue = must(fixture.open());
    EXPECT_EQ(catalogue->size(), 501U);
    expect_all(*catalogue, wanted, ids);
    EXPECT_FALSE(catalogue->find("series.500"));
    EXPECT_EQ(catalogue->type(SeriesId{501}), ValueType::Null);
    EXPECT_EQ(catalogue->key(SeriesId{UINT32_MAX}), "");
    EXPECT_EQ(must(catalogue->make("next", ValueType::Bool)), SeriesId{501});
}

TEST(Catalogue, MakesKnownNewAndRepeatedSeriesInOneCall) {
    Fixture fixture;
    const auto catalogue = must(fixture.open());
    const SeriesId known = must(catalogue->make("known", ValueType::Bool));
    const SeriesSpec specs[] = {{"a", ValueType::Int64},
                                {"known", ValueType::Bool},
                                {"a", ValueType::Int64},
                                {"", ValueType::String},
                                {"known", ValueType::Bool}};
    std::vector<SeriesId> ids{SeriesId{99}};
    must(catalogue->make_all(specs, ids));
    EXPECT_EQ(ids, (std::vector{SeriesId{1}, known, SeriesId{1}, SeriesId{2}, known}));
    EXPECT_EQ(catalogue->size(), 3U);
    must(catalogue->make_all({}, ids));
    EXPECT_TRUE(ids.empty());
}

TEST(Catalogue, MakesAllOrNone) {
    Fixture fixture;
    fixture.options.series_max = 4;
    {
        const auto catalogue = must(fixture.open());
        must(catalogue->make("known", ValueType::Bool));
        std::vector<SeriesId> ids{SeriesId{99}};
        const auto refused = [&](std::vector<SeriesSpec> specs, std::string_view named) {
            const auto made = catalogue->make_all(specs, ids);
            EXPECT_FALSE(made);
            EXPECT_TRUE(made.error().message.contains(named)) << made.error().message;
            EXPECT_EQ(catalogue->size(), 1U);
            EXPECT_FALSE(catalogue->find("a"));
            EXPECT_EQ(ids, std::vector{SeriesId{99}});
            return made.error().code;
        };
        constexpr SeriesSpec a{"a", ValueType::Int64};
        EXPECT_EQ(refused({a, {"known", ValueType::Int64}}, "'known' holds bool"), Code::Conflict);
        EXPECT_EQ(refused({a, {"a", ValueType::Bool}}, "'a' holds int64"), Code::Conflict);
        EXPECT_EQ(refused({a, {"b", ValueType::Null}}, "'b'"), Code::InvalidArgument);
        const Specs many(4);
        EXPECT_EQ(refused(many.specs, "store.series_max"), Code::RateLimited);
        must(catalogue->make_all(std::span(many.specs).first(3), ids));
        EXPECT_EQ(failure(catalogue->make("a", ValueType::Int64)), Code::RateLimited);
        must(catalogue->commit());
    }
    EXPECT_EQ(must(fixture.open())->size(), 4U);
}

TEST(Catalogue, TakesKeysUpToItsLimit) {
    Fixture fixture;
    fixture.options.journal.file_bytes = 1'048'576;
    const std::string longest(Catalogue::key_bytes_max, 'k');
    {
        const auto catalogue = must(fixture.open());
        must(catalogue->make(longest, ValueType::Bool));
        const auto longer = catalogue->make(longest + "k", ValueType::Bool);
        EXPECT_EQ(failure(longer), Code::InvalidArgument);
        EXPECT_TRUE(longer.error().message.contains("65536")) << longer.error().message;
        EXPECT_LT(longer.error().message.size(), 200U);
        must(catalogue->commit());
    }
    EXPECT_EQ(must(fixture.open())->key(SeriesId{0}), longest);
}

TEST(Catalogue, SplitsWhatDoesNotFitOneJournalFileNorTwo) {
    Fixture fixture;
    fixture.options.journal.file_bytes = 4096;
    const Specs wanted(3'000);
    std::vector<SeriesId> ids;
    {
        const auto catalogue = must(fixture.open());
        must(catalogue->make_all(wanted.specs, ids));
        must(catalogue->commit());
    }
    fixture.disk.power_cut();
    expect_all(*must(fixture.open()), wanted, ids);
}

TEST(Catalogue, TakesTheLongestKeyThatASmallJournalFileHolds) {
    Fixture fixture;
    fixture.options.journal.file_bytes = 4096;
    std::string key(4096, 'k');
    {
        const auto catalogue = must(fixture.open());
        while (!catalogue->make(key, ValueType::Bool)) {
            key.pop_back();
        }
        EXPECT_GT(key.size(), 3900U);
        must(catalogue->commit());
    }
    EXPECT_TRUE(must(fixture.open())->find(key));
}

TEST(Catalogue, IsCommittedByWhoeverFillsTheJournal) {
    Fixture fixture;
    const auto catalogue = must(fixture.open());
    for (int i = 0; i < 2'000; ++i) {
        must(catalogue->make(std::format("series.{}", i), ValueType::Bool));
    }
    EXPECT_EQ(catalogue->size(), 2'000U);
}

TEST(Catalogue, AFullDiskRefusesSeriesAndKeepsTheOthers) {
    Fixture fixture;
    const Specs wanted(5'000);
    std::vector<SeriesId> ids;
    std::uint64_t made = 0;
    {
        const auto catalogue = must(fixture.open());
        fixture.disk.set_capacity(fixture.disk.used_bytes() + 20'000);
        EXPECT_EQ(failure(catalogue->make_all(wanted.specs, ids)), Code::StorageFull);
        made = catalogue->size();
        fixture.disk.set_capacity(UINT64_MAX);
        must(catalogue->prepare());
        must(catalogue->make_all(wanted.specs, ids));
        must(catalogue->commit());
    }
    EXPECT_LT(made, 5'000U);
    expect_all(*must(fixture.open()), wanted, ids);
}

TEST(Catalogue, EqualsAMapUnderRandomOperationsAndRestarts) {
    SeededRandom random(7);
    Fixture fixture;
    struct Expected {
        SeriesId id;
        ValueType type;
        Duration time_to_live{};
    };
    std::map<std::string, Expected> expected;
    auto catalogue = must(fixture.open());
    for (int round = 0; round < 400; ++round) {
        std::map<std::string, ValueType> wanted;
        for (std::uint64_t n = random.below(30); n > 0; --n) {
            std::string key(random.below(5), 'k');
            key += std::to_string(random.below(3'000));
            const auto known = expected.find(key);
            wanted[key] = known != expected.end() ? known->second.type
                                                  : static_cast<ValueType>(1 + random.below(4));
        }
        std::vector<SeriesSpec> specs;
        specs.reserve(wanted.size());
        for (const auto& [key, type] : wanted) {
            specs.push_back({key, type});
        }
        std::vector<SeriesId> ids;
        must(catalogue->make_all(specs, ids));
        for (std::size_t i = 0; i < specs.size(); ++i) {
            const auto [place, fresh] =
                expected.try_emplace(std::string(specs[i].key), ids[i], specs[i].type);
            ASSERT_EQ(place->second.id, ids[i]) << specs[i].key;
        }
        if (!specs.empty()) {
            Expected& some = expected.at(std::string(specs.front().key));
            some.time_to_live = Duration(random.below(1'000));
            must(catalogue->set_time_to_live(some.id, some.time_to_live));
        }
        if (random.below(20) == 0) {
            must(catalogue->commit());
            catalogue.reset();
            catalogue = must(fixture.open());
        }
    }
    EXPECT_EQ(catalogue->size(), expected.size());
    std::set<SeriesId> ids;
    for (const auto& [key, series] : expected) {
        EXPECT_TRUE(ids.insert(series.id).second);
        ASSERT_EQ(catalogue->find(key)->id, series.id) << key;
        ASSERT_EQ(catalogue->type(series.id), series.type);
        ASSERT_EQ(catalogue->key(series.id), key);
        ASSERT_EQ(catalogue->time_to_live(series.id), series.time_to_live);
    }
}

TEST(Catalogue, PowerCutsTakeNothingThatWasCommitted) {
    for (std::uint64_t seed = 0; seed < 150; ++seed) {
        SCOPED_TRACE(seed);
        Fixture fixture(seed);
        fixture.options.journal.file_bytes = 4096;
        SeededRandom random(seed ^ 0xabcdef);
        std::map<std::string, SeriesId> committed;
        for (int life = 0; life < 4; ++life) {
            const auto catalogue = must(fixture.open());
            std::set<SeriesId> ids;
            for (const auto& [key, id] : committed) {
                ASSERT_EQ(catalogue->find(key), (SeriesInfo{id, ValueType::Bool})) << key;
                ASSERT_EQ(catalogue->time_to_live(id), Duration(id.value + 1));
                ASSERT_TRUE(ids.insert(id).second);
            }
            std::uint64_t left = 1 + random.below(40);
            bool cut = false;
            fixture.disk.set_fault([&](SimDisk::Operation, const std::string&) {
                cut = cut || --left == 0;
                return cut ? std::optional(Error{Code::Io, "power", {}}) : std::nullopt;
            });
            std::map<std::string, SeriesId> pending;
            for (int step = 0; step < 100 && !cut; ++step) {
                std::vector<std::string> keys(1 + random.below(20));
                std::vector<SeriesSpec> specs;
                for (std::string& key : keys) {
                    key = std::format("series.{}", random.below(2'000));
                    specs.push_back({key, ValueType::Bool});
                }
                std::vector<SeriesId> made;
                if (catalogue->make_all(specs, made)) {
                    for (std::size_t i = 0; i < made.size(); ++i) {
                        if (catalogue->set_time_to_live(made[i], Duration(made[i].value + 1))) {
                            pending[keys[i]] = made[i];
                        }
                    }
                }
                if (random.below(3) == 0 && catalogue->commit()) {
                    committed.merge(pending);
                    pending.clear();
                }
            }
            fixture.disk.set_fault(nullptr);
            fixture.disk.power_cut();
        }
        if (::testing::Test::HasFailure()) {
            return;
        }
    }
}

TEST(Catalogue, ReadersSeeWholeSeriesWhileOneIsWriting) {
    Fixture fixture;
    fixture.options.journal.file_bytes = 1'048'576;
    const auto catalogue = must(fixture.open());
    const Specs wanted(20'000);
    const auto follow = [&] {
        std::uint32_t known = 0;
        while (known < wanted.specs.size()) {
            if (catalogue->type(SeriesId{known}) == ValueType::Null) {
                ASSERT_LE(catalogue->size(), wanted.specs.size());
                std::this_thread::yield();
                continue;
            }
            ASSERT_EQ(catalogue->key(SeriesId{known}), wanted.keys[known]);
            ASSERT_EQ(catalogue->type(SeriesId{known}), wanted.specs[known].type);
            const std::uint32_t other = known / 2;
            const auto found = catalogue->find(wanted.keys[other]);
            ASSERT_TRUE(found || other == known) << other;
            ASSERT_TRUE(!found || found->id == SeriesId{other});
            ++known;
        }
    };
    const std::jthread first(follow);
    const std::jthread second(follow);
    std::vector<SeriesId> ids;
    for (std::size_t i = 0; i < wanted.specs.size(); i += 100) {
        must(catalogue->make_all(std::span(wanted.specs).subspan(i, 100), ids));
        ASSERT_EQ(ids.front().value, i);
    }
}

TEST(Catalogue, WritersOfTheSameKeysGetTheSameIds) {
    Fixture fixture;
    fixture.options.journal.file_bytes = 1'048'576;
    const auto catalogue = must(fixture.open());
    const Specs wanted(5'000);
    std::array<std::vector<SeriesId>, 3> made;
    {
        std::vector<std::jthread> writers;
        writers.reserve(made.size());
        for (std::vector<SeriesId>& mine : made) {
            writers.emplace_back([&] {
                for (std::size_t i = 0; i < wanted.specs.size(); i += 50) {
                    std::vector<SeriesId> ids;
                    must(catalogue->make_all(std::span(wanted.specs).subspan(i, 50), ids));
                    mine.insert(mine.end(), ids.begin(), ids.end());
                }
            });
        }
    }
    EXPECT_EQ(catalogue->size(), wanted.specs.size());
    EXPECT_EQ(made[0], made[1]);
    EXPECT_EQ(made[0], made[2]);
    expect_all(*catalogue, wanted, made[0]);
}

TEST(Catalogue, TwoHundredThousandSeriesTakeLittleTimeAndMemory) {
    Fixture fixture;
    fixture.options.journal.file_bytes = 4'194'304;
    const Specs wanted(200'000);
    std::vector<SeriesId> ids;
    const auto began = std::chrono::steady_clock::now();
    const auto catalogue = must(fixture.open());
    must(catalogue->make_all(wanted.specs, ids));
    must(catalogue->commit());
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(20));
    std::uint64_t key_bytes = 0;
    for (const std::string& key : wanted.keys) {
        key_bytes += key.size();
    }
    EXPECT_LE((catalogue->bytes() - key_bytes) / wanted.keys.size(), 40U);
}

TEST(Catalogue, KeepsTimesToLive) {
    Fixture fixture;
    using namespace std::chrono_literals;
    {
        const auto catalogue = must(fixture.open());
        const SeriesId a = must(catalogue->make("a", ValueType::Bool));
        const SeriesId b = must(catalogue->make("b", ValueType::Bool));
        EXPECT_EQ(catalogue->time_to_live(a), 0s);
        EXPECT_EQ(failure(catalogue->set_time_to_live(SeriesId{2}, 1h)), Code::NotFound);
        EXPECT_EQ(failure(catalogue->set_time_to_live(a, -1ns)), Code::InvalidArgument);
        must(catalogue->set_time_to_live(a, 24h));
        must(catalogue->set_time_to_live(b, 1h));
        must(catalogue->set_time_to_live(b, 0h));
        must(catalogue->set_time_to_live(a, 48h));
        EXPECT_EQ(catalogue->time_to_live(a), 48h);
        must(catalogue->commit());
    }
    const auto catalogue = must(fixture.open());
    EXPECT_EQ(catalogue->time_to_live(SeriesId{0}), 48h);
    EXPECT_EQ(catalogue->time_to_live(SeriesId{1}), 0h);
    EXPECT_EQ(catalogue->time_to_live(SeriesId{2}), 0h);
}

TEST(Catalogue, AFailedJournalMakesNothing) {
    Fixture fixture;
    const auto catalogue = must(fixture.open());
    must(catalogue->make("a", ValueType::Bool));
    fixture.disk.set_fault([](SimDisk::Operation operation, const std::string&) {
        return operation == SimDisk::Operation::Sync ? std::optional(Error{Code::Io, "EIO", {}})
                                                     : std::nullopt;
    });
    EXPECT_FALSE(catalogue->commit());
    fixture.disk.set_fault(nullptr);
    EXPECT_EQ(failure(catalogue->make("b", ValueType::Bool)), Code::Unavailable);
    EXPECT_FALSE(catalogue->find("b"));
    EXPECT_EQ(must(catalogue->make("a", ValueType::Bool)), SeriesId{0});
    EXPECT_FALSE(catalogue->commit());
}

// Gives a secret under which the hash of [eight zeros, any eight bytes, a rest] depends on the rest
// alone; then what another gives.
class WeakSecret final : public Random {
public:
    explicit WeakSecret(Random& other) : other_(other) {}
    void fill(std::span<std::byte> out) override {
        if (std::exchange(first_, false)) {
            std::ranges::fill(out, std::byte{0});
        } else {
            other_.fill(out);
        }
    }

private:
    Random& other_;
    bool first_ = true;
};

TEST(Catalogue, TellsKeysWithOneHashApart) {
    Fixture fixture;
    WeakSecret random(fixture.random);
    const auto catalogue =
        must(Catalogue::open(fixture.disk, "/c", random, fixture.around.log, fixture.options));
    std::vector<std::string> keys;
    keys.reserve(100);
    for (int i = 0; i < 100; ++i) {
        keys.push_back(std::string(8, '\0') + std::format("{:08}", i) + "0123456789abcdef");
    }
    std::vector<SeriesSpec> specs;
    specs.reserve(keys.size());
    for (const std::string& key : keys) {
        specs.push_back({key, ValueType::Bool});
    }
    std::vector<SeriesId> ids;
    for (int round = 0; round < 2; ++round) {
        must(catalogue->make_all(specs, ids));
        for (std::uint32_t i = 0; i < specs.size(); ++i) {
            ASSERT_EQ(ids[i], SeriesId{i});
            ASSERT_EQ(catalogue->find(keys[i])->id, SeriesId{i});
        }
    }
}

TEST(Catalogue, IsReachedThroughTheStore) {
    Fixture fixture;
    const auto store = must(Store::open(fixture.disk, fixture.around.clock, fixture.random,
                                        fixture.around.log, fixture.around.metrics, {}));
    const Specs wanted(3);
    std::vector<SeriesId> ids;
    must(store->make_series(wanted.specs, ids));
    EXPECT_EQ(store->find_series("series.2"), (SeriesInfo{ids[2], ValueType::Float64}));
    EXPECT_EQ(store->series_key(ids[1]), "series.1");
    EXPECT_EQ(store->series_key(SeriesId{3}), "");
}

}  // namespace
}  // namespace gantry::store
