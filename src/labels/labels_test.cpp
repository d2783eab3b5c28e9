// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <set>

#include "base/sim_disk.h"
#include "labels/label_index.h"
#include "labels/line_caches.h"
#include "lineprotocol/line_parser.h"
#include "lineprotocol/series_key.h"
#include "testing/testing.h"

namespace gantry::labels {
namespace {

using testing::failure;
using testing::must;

class Labels : public ::testing::Test {
protected:
    Labels() { open(); }

    void open() {
        index_.reset();
        store_.reset();
        store::StoreOptions options;
        options.folder = "/s";
        options.journal.file_bytes = 64 * 1024;
        store_ = must(store::Store::open(disk_, base_.clock, random_, base_.log, base_.metrics,
                                         std::move(options)));
        index_ = std::make_unique<LabelIndex>(*store_, base_.clock,
                                              [this](const TenantId&) -> Result<std::uint64_t> {
                                                  ++asked_;
                                                  return quota_;
                                              });
    }
    SeriesId make(const std::string& key, ValueType type = ValueType::Float64) {
        return must(index_->make(tenant_, key, type));
    }
    std::vector<std::string> select(std::vector<LabelTest> tests, const TenantId& tenant) {
        std::vector<std::string> out;
        for (const auto& found : must(index_->select(tenant, tests, 1'000'000))) {
            out.emplace_back(found.key);
        }
        return out;
    }
    std::vector<std::string> select(std::vector<LabelTest> tests) {
        return select(std::move(tests), tenant_);
    }

    gantry::testing::Surroundings base_;
    SeededRandom random_{7};
    SimDisk disk_{7};
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<LabelIndex> index_;
    TenantId tenant_{"ten_1"};
    TenantId other_{"ten_10"};  // begins like the first
    std::uint64_t quota_ = 1'000'000;
    int asked_ = 0;
};

LabelTest not_empty(std::string name) {
    return {.name = std::move(name),
            .accepts = [](std::string_view text) { return !text.empty(); }};
}

TEST_F(Labels, ATenantHasNoMoreSeriesThanItsQuota) {
    quota_ = 2;
    make("cpu,host=a#idle");
    make("cpu,host=b#idle");
    const auto refused = index_->make(tenant_, "cpu,host=c#idle", ValueType::Float64);
    ASSERT_EQ(failure(refused), Code::QuotaExceeded);
    EXPECT_NE(refused.error().message.find("2 of the 2 series"), std::string::npos)
        << refused.error().message;
    make("cpu,host=a#idle");  // is there
    EXPECT_EQ(asked_, 1) << "it is kept for a second";
    must(index_->make(other_, "cpu,host=a#idle", ValueType::Float64));  // has its own
    must(store_->commit());
    open();
    EXPECT_EQ(failure(index_->make(tenant_, "cpu,host=c#idle", ValueType::Float64)),
              Code::QuotaExceeded)
        << "also after a restart";
    quota_ = 3;
    EXPECT_EQ(failure(index_->make(tenant_, "cpu,host=c#idle", ValueType::Float64)),
              Code::QuotaExceeded);
    base_.clock.advance(std::chrono::seconds(1));
    make("cpu,host=c#idle");
    EXPECT_EQ(index_->size(tenant_), 3U);
}

TEST_F(Labels, SeriesAreFoundByTheirLabels) {
    make("cpu,host=a,region=eu#usage");
    make("cpu,host=b,region=eu#usage");
    make("cpu,host=b,region=us#idle");
    make("up,job=node#value");
    EXPECT_EQ(
        select({label_is("__name__", "cpu_usage")}),
        (std::vector<std::string>{"cpu,host=a,region=eu#usage", "cpu,host=b,region=eu#usage"}));
    EXPECT_EQ(select({label_is("host", "b"), label_is("region", "eu")}),
              (std::vector<std::string>{"cpu,host=b,region=eu#usage"}));
    EXPECT_EQ(select({label_is("host", "")}), (std::vector<std::string>{"up,job=node#value"}));
    EXPECT_EQ(select({not_empty("job")}), (std::vector<std::string>{"up,job=node#value"}));
    EXPECT_EQ(select({label_is("host", "z")}).size(), 0U);
    EXPECT_EQ(select({}).size(), 4U);
    EXPECT_EQ(index_->names(tenant_),
              (std::vector<std::string>{"__name__", "host", "job", "region"}));
    EXPECT_EQ(index_->values(tenant_, "__name__"),
              (std::vector<std::string>{"cpu_idle", "cpu_usage", "up"}));
    EXPECT_EQ(failure(index_->select(tenant_, {}, 3)), Code::TooLarge);
}

TEST_F(Labels, EachTenantHasItsOwn) {
    make("cpu,host=a#usage");
    EXPECT_EQ(select({}, other_).size(), 0U);
    const SeriesId theirs = must(index_->make(other_, "cpu,host=a#usage", ValueType::Int64));
    EXPECT_NE(theirs, make("cpu,host=a#usage"));
    EXPECT_EQ(select({}, other_), (std::vector<std::string>{"cpu,host=a#usage"}));
    EXPECT_EQ(select({}).size(), 1U);
    EXPECT_EQ(LabelIndex::key_of(tenant_, LabelIndex::store_key(other_, "a#b")), "");
    EXPECT_EQ(LabelIndex::key_of(other_, LabelIndex::store_key(other_, "a#b")), "a#b");
}

TEST_F(Labels, AnotherTypeIsAConflictThatNamesBoth) {
    make("cpu#usage");
    const auto wrong = index_->make(tenant_, "cpu#usage", ValueType::Int64);
    ASSERT_EQ(failure(wrong), Code::Conflict);
    EXPECT_EQ(wrong.error().message, "field type conflict: cpu#usage has float64, not int64");
}

TEST_F(Labels, TheIndexComesBackWithTheStore) {
    make("cpu,host=a#usage");
    must(store_->make_series("pt_1", ValueType::Float64));  // a point's: not ours
    must(store_->commit());
    open();
    EXPECT_EQ(select({}), (std::vector<std::string>{"cpu,host=a#usage"}));
    make("cpu,host=b#usage");
    EXPECT_EQ(select({label_is("host", "b")}).size(), 1U);
}

// Against trying every series: with many series, values and tests, while series are added.
TEST_F(Labels, SelectionsEqualTryingEverySeries) {
    std::map<std::string, LabelSet> all;
    for (int round = 0; round < 200; ++round) {
        std::vector<lineprotocol::Tag> tags;
        const std::vector<std::string> values = {"0", "1", "2", "a,b", "c d", "e=f", "g#h", "i\\"};
        for (const std::string_view name : {"x", "y", "z z"}) {
            if (random_.below(3) != 0) {
                tags.push_back({name, values[random_.below(values.size())]});
            }
        }
        const std::string key = lineprotocol::series_key(random_.below(2) == 0 ? "m" : "n", tags,
                                                         random_.below(2) == 0 ? "value" : "f");
        make(key);
        all[key] = labels_of(key);
        LabelTest test;
        test.name = std::vector<std::string>{"x", "y", "z_z", "__name__"}[random_.below(4)];
        const std::string wanted = values[random_.below(values.size())];
        switch (random_.below(3)) {
            case 0: test = label_is(test.name, wanted); break;
            case 1:
                test.accepts = [wanted](std::string_view text) { return text != wanted; };
                break;
            default: test.accepts = [](std::string_view text) { return text.size() == 1; };
        }
        std::set<std::string> expected;
        for (const auto& [name, labels] : all) {
            const auto found = std::ranges::find(labels, test.name, &Label::name);
            if (test.accepts(found == labels.end() ? std::string_view() : found->value)) {
                expected.insert(name);
            }
        }
        const auto got = select({test});
        EXPECT_EQ(std::set<std::string>(got.begin(), got.end()), expected);
        EXPECT_EQ(got.size(), expected.size());
    }
}

TEST(LabelSet, NamesAreWhatPrometheusCanWrite) {
    EXPECT_EQ(labels_of("net stat,if-name=eth0#5xx rate"),
              (LabelSet{{"__name__", "net_stat_5xx_rate"}, {"if_name", "eth0"}}));
    EXPECT_EQ(labels_of("up#value"), (LabelSet{{"__name__", "up"}}));
    EXPECT_EQ(labels_of("9lives,1st=x#value"), (LabelSet{{"_1st", "x"}, {"__name__", "_9lives"}}));
}

TEST(LabelSet, WhatPrometheusSendsComesBack) {
    const LabelSet labels = {{"__name__", "disk:used"},
                             {"empty\\mid", "a\\b"},
                             {"job", "a,b=c #d"},
                             {"path", "C:\\"},
                             {"zh", "温度"}};
    LabelSet back = labels_of(series_key_of(labels));
    EXPECT_EQ(back, (LabelSet{{"__name__", "disk:used"},
                              {"empty_mid", "a\\b"},
                              {"job", "a,b=c #d"},
                              {"path", "C:\\"},
                              {"zh", "温度"}}));
    EXPECT_NE(series_key_of({{"__name__", "a"}, {"p", "C:\\"}, {"q", "x"}}),
              series_key_of({{"__name__", "a"}, {"p", "C:\\,q=x"}}));
    EXPECT_EQ(series_key_of({{"job", "a"}}), "");
}

TEST_F(Labels, ADatabaseIsATagUnlessTheLineHasIt) {
    LineCaches caches(*index_, random_);
    SampleBatch batch;
    {
        const auto cache = caches.take(tenant_, "plant");
        lineprotocol::LineParser parser(*cache, {});
        parser.parse(as_bytes(std::string_view("cpu,host=a usage=1 1\ncpu,db=own usage=1 1\n")),
                     true, batch);
    }
    EXPECT_EQ(select({}),
              (std::vector<std::string>{"cpu,db=plant,host=a#usage", "cpu,db=own#usage"}));
    EXPECT_EQ(batch.size(), 2U);
}

TEST_F(Labels, WhoMayNotWriteAMeasurementIsRefusedLineByLine) {
    LineCaches caches(*index_, random_);
    const auto text = as_bytes(std::string_view("cpu usage=1 1\nsecret usage=1 1\n"));
    SampleBatch batch;
    {
        const auto open = caches.take(tenant_, "");
        lineprotocol::LineParser parser(*open, {});
        parser.parse(text, true, batch);
        EXPECT_EQ(parser.refused(), 0U);
    }
    // What another was allowed is not remembered for who is not.
    const auto guarded = caches.take(tenant_, "", [](std::string_view measurement) -> Result<> {
        return measurement == "secret" ? fail(Code::Forbidden, "no") : Result<>{};
    });
    lineprotocol::LineParser parser(*guarded, {});
    batch.clear();
    parser.parse(text, true, batch);
    EXPECT_EQ(parser.refused(), 1U);
    ASSERT_EQ(parser.errors().size(), 1U);
    EXPECT_EQ(parser.errors()[0].error.code, Code::Forbidden);
    EXPECT_EQ(batch.size(), 1U);
}

}  // namespace
}  // namespace gantry::labels
