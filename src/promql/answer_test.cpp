// SPDX-License-Identifier: Apache-2.0
#include "promql/answer.h"

#include <limits>

#include "testing/testing.h"

namespace gantry::promql {
namespace {

std::string value_text(double value) {
    std::string out;
    append_value(out, value);
    return out;
}

std::string seconds_text(Millis time) {
    std::string out;
    append_seconds(out, time);
    return out;
}

std::string json(const Answer& answer) {
    std::string out;
    append_json(out, answer);
    return out;
}

// What Prometheus 2.53 answers to vector(…).
TEST(Answer, WritesNumbersAsPrometheusDoes) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    EXPECT_EQ(value_text(1e21), "1e+21");
    EXPECT_EQ(value_text(1e20), "100000000000000000000");
    EXPECT_EQ(value_text(63007692307692306432.0), "63007692307692310000");
    EXPECT_EQ(value_text(3861376032633862.5), "3861376032633862.5");
    EXPECT_EQ(value_text(-9007199254740993.0), "-9007199254740992");
    EXPECT_EQ(value_text(1e-6), "0.000001");
    EXPECT_EQ(value_text(1e-7), "1e-07");
    EXPECT_EQ(value_text(123456789.123), "123456789.123");
    EXPECT_EQ(value_text(-0.0), "-0");
    EXPECT_EQ(value_text(0.1), "0.1");
    EXPECT_EQ(value_text(1e-300), "1e-300");
    EXPECT_EQ(value_text(infinity), "+Inf");
    EXPECT_EQ(value_text(-infinity), "-Inf");
    EXPECT_EQ(value_text(std::numeric_limits<double>::quiet_NaN()), "NaN");
    EXPECT_EQ(seconds_text(1435781451781), "1435781451.781");
    EXPECT_EQ(seconds_text(1435781451000), "1435781451");
    EXPECT_EQ(seconds_text(1500), "1.500");
    EXPECT_EQ(seconds_text(-180'005), "-180.005");
}

// The examples of Prometheus' description of its HTTP API.
TEST(Answer, IsTheJsonOfTheHttpApi) {
    Answer vector;
    vector.kind = Answer::Kind::Vector;
    vector.start = 1435781451781;
    vector.series.push_back(
        {Labels({{"__name__", "up"}, {"job", "prometheus"}, {"instance", "localhost:9090"}}),
         {},
         {1}});
    EXPECT_EQ(json(vector),
              R"({"status":"success","data":{"resultType":"vector","result":[{"metric":)"
              R"({"__name__":"up","instance":"localhost:9090","job":"prometheus"},)"
              R"("value":[1435781451.781,"1"]}]}})");

    Answer matrix;
    matrix.kind = Answer::Kind::Matrix;
    matrix.start = 1435781430781;
    matrix.step = 15'000;
    matrix.series.push_back({Labels({{"__name__", "up"}}), {}, {1, absent, 1}});
    matrix.warnings = {"a \"warning\""};
    EXPECT_EQ(json(matrix),
              R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":)"
              R"({"__name__":"up"},"values":[[1435781430.781,"1"],[1435781460.781,"1"]]}]},)"
              R"("warnings":["a \"warning\""]})");

    Answer scalar;
    scalar.kind = Answer::Kind::Scalar;
    scalar.start = 1000;
    scalar.scalar = 2.5;
    EXPECT_EQ(json(scalar),
              R"({"status":"success","data":{"resultType":"scalar","result":[1,"2.5"]}})");
}

TEST(Answer, ErrorsHaveTheTypesThatClientsKnow) {
    std::string out;
    append_error_json(out, {Code::InvalidArgument, "1:4: parse error: x", {}});
    EXPECT_EQ(out, R"({"status":"error","errorType":"bad_data","error":"1:4: parse error: x"})");
    const auto told = [](Code code) {
        return std::string(error_type({code, "", {}})) + " " +
               std::to_string(http_status({code, "", {}}));
    };
    EXPECT_EQ(told(Code::Unsupported), "bad_data 400");
    EXPECT_EQ(told(Code::Conflict), "execution 422");
    EXPECT_EQ(told(Code::TooLarge), "execution 422");
    EXPECT_EQ(told(Code::Timeout), "timeout 503");
    EXPECT_EQ(told(Code::Cancelled), "canceled 503");
    EXPECT_EQ(told(Code::Io), "internal 500");
}

}  // namespace
}  // namespace gantry::promql
