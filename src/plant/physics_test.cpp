// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <numeric>

#include "plant/bottling_line.h"
#include "plant/day.h"
#include "plant/hydraulics.h"
#include "plant/plant.h"
#include "plant/pump_station.h"
#include "plant/step.h"
#include "testing/testing.h"

namespace gantry::plant {
namespace {

using namespace std::chrono_literals;

// Runs a pump station by itself on healthy mains.
class StationRun {
public:
    explicit StationRun(std::uint64_t seed = 1) : station(seed) {}

    void advance(Duration by) {
        for (const Duration end = elapsed + by; elapsed < end; elapsed += step_length) {
            station.step(elapsed, 1.0);
        }
    }

    PumpStation station;
    Duration elapsed{};
};

PlantSettings without_chance(std::uint64_t seed = 1) {
    return {.seed = seed, .fault_rate = 0, .planned = {}, .extra_stations = 0};
}

TEST(PumpCurve, PassesThroughItsRatedPointAndFallsFromShutoff) {
    const PumpCurve curve;
    EXPECT_DOUBLE_EQ(curve.head(0, 1), curve.shutoff_head_m);
    EXPECT_DOUBLE_EQ(curve.head(curve.rated_flow_m3h, 1), curve.rated_head_m);
    EXPECT_DOUBLE_EQ(curve.flow(curve.rated_head_m, 1), curve.rated_flow_m3h);
}

TEST(PumpCurve, FollowsTheAffinityLaws) {
    const PumpCurve curve;
    for (const double speed : {0.4, 0.7, 0.9}) {
        EXPECT_NEAR(curve.head(50 * speed, speed), curve.head(50, 1) * speed * speed, 1e-9);
    }
}

TEST(PumpCurve, GivesNoFlowAgainstAHeadThatItCannotReach) {
    EXPECT_EQ(PumpCurve{}.flow(41, 1), 0);
    EXPECT_EQ(PumpCurve{}.flow(10, 0), 0);
}

TEST(OperatingPoint, LiesOnThePumpCurveAndOnTheSystemCurve) {
    const PumpCurve curve;
    const SystemCurve system{.static_head_m = 13, .friction = 0.0053};
    const OperatingPoint one = operating_point(curve, {1.0, 0.0}, system);
    EXPECT_NEAR(one.head_m, system.head(one.total_flow_m3h()), 1e-6);
    EXPECT_NEAR(one.head_m, curve.head(one.flow_m3h[0], 1), 1e-6);
    EXPECT_EQ(one.flow_m3h[1], 0);
    // Two pumps give more than one and, because of friction, less than twice as much.
    const OperatingPoint two = operating_point(curve, {1.0, 1.0}, system);
    EXPECT_GT(two.total_flow_m3h(), one.total_flow_m3h());
    EXPECT_LT(two.total_flow_m3h(), 2 * one.total_flow_m3h());
    // A slow pump beside a fast one is shut out by its check valve.
    EXPECT_EQ(operating_point(curve, {1.0, 0.6}, system).flow_m3h[1], 0);
}

TEST(Tank, MassBalanceCloses) {
    StationRun run;
    const double before = run.station.tank().volume_m3();
    run.station.command_by_hand(0, true);
    run.advance(30min);
    run.station.set_automatic(true);
    run.advance(6h);
    const Tank& tank = run.station.tank();
    EXPECT_GT(tank.total_inflow_m3(), 100);
    EXPECT_NEAR(tank.volume_m3() - before,
                tank.total_inflow_m3() - tank.total_outflow_m3() - tank.total_overflow_m3(), 1e-6);
}

TEST(Tank, OverflowsWhenFullAndDeliversWhatItHasWhenEmpty) {
    Tank full(Tank::height_m);
    full.step(60, 0);
    EXPECT_DOUBLE_EQ(full.level_m(), Tank::height_m);
    EXPECT_NEAR(full.total_overflow_m3(), 60 * step_hours, 1e-9);
    Tank empty(0);
    empty.step(5, 40);
    EXPECT_NEAR(empty.outflow_m3h(), 5, 1e-9);
    EXPECT_EQ(empty.level_m(), 0);
}

TEST(Day, DemandAveragesToOneAndPeaksMorningAndEvening) {
    double sum = 0;
    for (int minute = 0; minute < 24 * 60; ++minute) {
        sum += demand_factor(minute * 1min);
    }
    EXPECT_NEAR(sum / (24 * 60), 1, 0.001);
    // The plant's day begins at 06:00.
    EXPECT_GT(demand_factor(90min), 2 * demand_factor(20h));
    EXPECT_GT(demand_factor(13h), 2 * demand_factor(20h));
}

TEST(PumpStation, AStoppedPumpHasNoFlowAndDrawsNoCurrent) {
    StationRun run;
    run.station.command_by_hand(0, false);
    run.advance(5min);
    const Pump& pump = run.station.pump(0);
    EXPECT_EQ(pump.state(), PumpState::Stopped);
    EXPECT_EQ(pump.readings().flow_m3h, 0);
    EXPECT_EQ(pump.readings().current_a, 0);
    EXPECT_EQ(run.station.flow_m3h(), 0);
}

TEST(PumpStation, ARunningPumpIsNearItsRatedPoint) {
    StationRun run;
    run.advance(10min);
    const PumpReadings& readings = run.station.pump(0).readings();
    EXPECT_EQ(run.station.pump(0).state(), PumpState::Running);
    EXPECT_NEAR(readings.flow_m3h, 60, 3);
    EXPECT_NEAR(readings.discharge_bar - readings.suction_bar, bar_of_head(32), 0.1);
    EXPECT_NEAR(readings.efficiency_percent, 72, 3);
    EXPECT_NEAR(readings.current_a, 15.3, 1);
    EXPECT_LT(run.station.pump(0).vibration_sensor().reading(), 3.2);  // zone A
}

TEST(PumpStation, LevelStaysInTheControlBand) {
    StationRun run;
    run.advance(1h);
    for (int minute = 0; minute < 14 * 60; ++minute) {
        run.advance(1min);
        ASSERT_GT(run.station.tank().level_m(), 2.9) << "minute " << minute;
        ASSERT_LT(run.station.tank().level_m(), 4.1) << "minute " << minute;
    }
    EXPECT_GT(run.station.pump(0).starts(), 5u);
}

TEST(PumpStation, SpeedSetpointActsOnTheFlow) {
    StationRun run;
    run.station.command_by_hand(0, true);
    run.advance(1min);
    const double fast = run.station.flow_m3h();
    run.station.pump(0).set_speed_percent(80);
    run.advance(1min);
    EXPECT_LT(run.station.flow_m3h(), 0.75 * fast);
    EXPECT_GT(run.station.flow_m3h(), 0.3 * fast);
    run.station.pump(0).set_speed_percent(50);
    run.advance(1min);
    EXPECT_EQ(run.station.flow_m3h(), 0) << "too slow to reach the static head";
}

TEST(PumpStation, FloatSwitchKeepsTheTankFromOverflowingInHandMode) {
    StationRun run;
    run.station.command_by_hand(0, true);
    run.station.command_by_hand(1, true);
    run.advance(6h);
    EXPECT_EQ(run.station.tank().total_overflow_m3(), 0);
    EXPECT_FALSE(run.station.pump(0).commanded());
}

TEST(PumpStation, WearLeadsToATripAndTheStandbyPumpTakesOver) {
    StationRun run;
    run.advance(15min);
    const double healthy = run.station.pump(0).vibration_sensor().reading();
    run.station.set_fault(Fault::BearingWear, true);
    Duration until_trip{};
    double hottest = 0;
    while (run.station.pump(0).state() != PumpState::Fault && until_trip < 48h) {
        run.advance(1min);
        until_trip += 1min;
        hottest = std::max(hottest, run.station.pump(0).bearing_sensor().reading());
    }
    EXPECT_EQ(run.station.pump(0).trip(), PumpTrip::Vibration);
    EXPECT_GT(until_trip, 5h) << "it must develop, not happen";
    EXPECT_LT(until_trip, 24h);
    EXPECT_NEAR(run.station.pump(0).running_hours(), 6, 1.5);
    EXPECT_LT(healthy, 2);
    EXPECT_GT(hottest, 60);
    run.advance(1h);
    EXPECT_EQ(run.station.duty(), 1u);
    EXPECT_EQ(run.station.changeovers(), 1u);
    EXPECT_GT(run.station.pump(1).starts(), 0u);
    // Two hours later the bearing is new and the pump is ready.
    run.advance(90min);
    EXPECT_NE(run.station.pump(0).state(), PumpState::Fault);
    EXPECT_LT(run.station.pump(0).wear(), 0.01);
}

TEST(PumpStation, ADeadSensorRecoversAndAStuckOneMisleadsTheControl) {
    StationRun run;
    run.advance(10min);
    run.station.set_fault(Fault::SensorFailure, true);
    EXPECT_TRUE(run.station.pump(0).vibration_sensor().failed());
    run.advance(5min + 1s);
    EXPECT_FALSE(run.station.fault_active(Fault::SensorFailure));

    run.station.set_fault(Fault::SensorStuck, true);
    const double shown = run.station.level_sensor().reading();
    run.advance(20min);
    EXPECT_EQ(run.station.level_sensor().reading(), shown);
    EXPECT_GT(std::fabs(run.station.tank().level_m() - shown), 0.1);
    run.advance(10min + 1s);
    EXPECT_NEAR(run.station.level_sensor().reading(), run.station.tank().level_m(), 0.02);
}

TEST(BottlingLine, EveryBottleIsSomewhere) {
    Plant plant(without_chance());
    plant.advance(1h);
    plant.line().set_fault(Fault::Jam, true);
    plant.advance(1h + 300ms);
    const BottlingLine& line = plant.line();
    const auto total = [](const BottleCount& count) { return count.good + count.rejected; };
    EXPECT_EQ(line.filler().count().good, total(line.capper_count()) + line.before_capper());
    EXPECT_EQ(line.capper_count().good, total(line.labeller_count()) + line.before_labeller());
    EXPECT_GT(line.labeller_count().good, 20'000u);
}

TEST(BottlingLine, AJamHoldsTheLineForMinutesAndSuspendsWhatIsBeforeIt) {
    Plant plant(without_chance());
    plant.advance(10min);
    ASSERT_EQ(plant.line().state(), PackMlState::Execute);
    plant.line().set_fault(Fault::Jam, true);
    plant.advance(1min);
    EXPECT_EQ(plant.line().state(), PackMlState::Held);
    EXPECT_EQ(plant.line().labeller_state(), PackMlState::Held);
    EXPECT_EQ(plant.line().filler_state(), PackMlState::Suspended);
    EXPECT_EQ(plant.line().speed(), 0);
    plant.advance(6min);
    EXPECT_EQ(plant.line().state(), PackMlState::Execute);
}

TEST(BottlingLine, StandsStillInEveryWaitingState) {
    for (const PackMlCommand command :
         {PackMlCommand::Stop, PackMlCommand::Hold, PackMlCommand::Abort}) {
        Plant plant(without_chance());
        plant.line().set_speed(BottlingLine::speed_most);
        plant.advance(1min);
        plant.line().command(command);
        while (plant.line().state() == PackMlState::Stopping ||
               plant.line().state() == PackMlState::Holding ||
               plant.line().state() == PackMlState::Aborting) {
            plant.advance(step_length);
        }
        EXPECT_EQ(plant.line().speed(), 0) << static_cast<int>(plant.line().state());
    }
}

TEST(BottlingLine, StoppedOnPurposeItStaysStopped) {
    Plant plant(without_chance());
    plant.advance(1min);
    plant.line().command(PackMlCommand::Stop);
    plant.advance(1h);
    EXPECT_EQ(plant.line().state(), PackMlState::Stopped);
    plant.line().command(PackMlCommand::Start);  // not from Stopped
    plant.advance(1min);
    EXPECT_EQ(plant.line().state(), PackMlState::Stopped);
    plant.line().command(PackMlCommand::Reset);
    plant.advance(1min);
    EXPECT_EQ(plant.line().state(), PackMlState::Idle);
    plant.line().command(PackMlCommand::Start);
    plant.advance(1min);
    EXPECT_EQ(plant.line().state(), PackMlState::Execute);
}

TEST(BottlingLine, ADriftingNozzleIsRejectedThenCleaned) {
    Plant plant(without_chance());
    plant.advance(10min);
    const std::uint32_t before = plant.line().filler().count().rejected;
    plant.line().set_fault(Fault::NozzleDrift, true);
    plant.advance(1h);
    const Filler& filler = plant.line().filler();
    EXPECT_LT(filler.nozzle_ml(Filler::drifting_nozzle), 498);
    EXPECT_NEAR(filler.nozzle_ml(0), 500, 2);
    plant.advance(3h);
    EXPECT_FALSE(filler.drifting());
    EXPECT_GT(filler.count().rejected, before + 200);
    plant.advance(10min);
    EXPECT_NEAR(filler.nozzle_ml(Filler::drifting_nozzle), 500, 2);
}

TEST(BottlingLine, AnAirLeakHoldsTheLineUntilItIsRepaired) {
    Plant plant(without_chance());
    plant.line().set_fault(Fault::AirLeak, true);
    plant.advance(50min);
    EXPECT_EQ(plant.line().state(), PackMlState::Held);
    EXPECT_LT(plant.line().air_bar(), CompressedAir::load_bar);
    plant.advance(1h);
    EXPECT_EQ(plant.line().state(), PackMlState::Execute);
    EXPECT_GT(plant.line().air_bar(), CompressedAir::low_bar);
}

TEST(Plant, APowerDipTripsTheDrivesAndAbortsTheLineAndBothComeBack) {
    Plant plant(without_chance());
    plant.advance(10min);
    ASSERT_EQ(plant.station().pump(0).state(), PumpState::Running);
    plant.set_fault(Fault::PowerDip, true);
    plant.advance(3s);
    EXPECT_EQ(plant.station().pump(0).trip(), PumpTrip::Undervoltage);
    EXPECT_EQ(plant.line().state(), PackMlState::Aborted);
    EXPECT_EQ(plant.feed().dips(), 1u);
    plant.advance(5min);
    EXPECT_EQ(plant.station().pump(0).state(), PumpState::Running);
    EXPECT_EQ(plant.station().duty(), 0u) << "a dip is no reason to change the duty pump";
    EXPECT_EQ(plant.line().state(), PackMlState::Execute);
}

TEST(Plant, TheMeterCountsWhatThePlantUses) {
    Plant plant(without_chance());
    const double before = plant.feed().imported_wh() - plant.feed().exported_wh();
    double summed = 0;
    for (int i = 0; i < 36'000; ++i) {
        plant.advance(step_length);
        summed += plant.feed().power_w() * step_hours;
    }
    EXPECT_NEAR(plant.feed().imported_wh() - plant.feed().exported_wh() - before, summed, 0.01);
    EXPECT_GT(plant.line().energy_kwh(), 10);
}

// Everything that a client could see of a plant, as one text.
std::string portrait(const Plant& plant) {
    std::string text;
    const PumpStation& station = plant.station();
    for (std::size_t i = 0; i < pump_count; ++i) {
        const PumpReadings& readings = station.pump(i).readings();
        text += std::format("{} {} {} {} ", readings.flow_m3h, readings.current_a,
                            station.pump(i).vibration_sensor().reading(),
                            station.pump(i).bearing_sensor().reading());
    }
    text += std::format("{} {} {} {} {} {}", station.tank().level_m(),
                        plant.line().labeller_count().good, plant.line().torque_nm(),
                        plant.feed().power_w(), plant.feed().frequency_hz(),
                        static_cast<int>(plant.line().state()));
    return text;
}

TEST(Plant, IsTheSameForTheSeedHoweverTimeIsCut) {
    PlantSettings settings{.seed = 7, .fault_rate = 60, .planned = {}, .extra_stations = 0};
    Plant whole(settings);
    whole.advance(3h);
    Plant pieces(settings);
    SeededRandom random(3);
    Duration left = 3h;
    while (left > Duration::zero()) {
        const Duration piece = std::min<Duration>(left, Duration{random.below(90'000'000'000)});
        pieces.advance(piece);
        left -= piece;
    }
    EXPECT_EQ(portrait(whole), portrait(pieces));
    settings.seed = 8;
    Plant other(settings);
    other.advance(3h);
    EXPECT_NE(portrait(whole), portrait(other));
}

TEST(Plant, ExtraStationsDoNotChangeTheFirst) {
    Plant alone(without_chance());
    PlantSettings settings = without_chance();
    settings.extra_stations = 3;
    Plant many(settings);
    alone.advance(1h);
    many.advance(1h);
    EXPECT_EQ(portrait(alone), portrait(many));
    EXPECT_NE(many.extra_stations()[0].tank().level_m(), many.extra_stations()[1].tank().level_m());
}

TEST(FaultClock, BringsWhatIsPlannedAtItsTimeAndChanceAtItsRate) {
    FaultClock planned(1, 0, {}, {{Fault::Jam, 2min}, {Fault::AirLeak, 1min}});
    EXPECT_TRUE(planned.due(59s).empty());
    EXPECT_EQ(planned.due(60s), std::vector{Fault::AirLeak});
    EXPECT_EQ(planned.due(1h), std::vector{Fault::Jam});
    EXPECT_TRUE(planned.due(1000h).empty());

    const std::array jam = {Fault::Jam};
    FaultClock by_chance(5, 2, jam, {});
    std::size_t count = 0;
    for (int hour = 1; hour <= 3000; ++hour) {
        for (int part = 0; part < 10; ++part) {
            count += by_chance.due(hour * 1h + part * 6min).size();
        }
    }
    // A mean of 1.5 h at twice the rate: 4,000 in 3,000 h, less a few that fall together.
    EXPECT_NEAR(static_cast<double>(count), 4000, 350);
}

TEST(FaultClock, FaultsAreReadFromText) {
    using testing::failure;
    EXPECT_EQ(testing::must(parse_planned_fault("bearing-wear@2h")),
              (PlannedFault{Fault::BearingWear, 2h}));
    for (const char* text : {"", "jam", "jam@", "jam@soon", "jam@-1s", "flood@1s", "@1s"}) {
        EXPECT_EQ(failure(parse_planned_fault(text)), Code::InvalidArgument) << text;
    }
    EXPECT_NE(parse_fault("air-leek").error().message.find("did you mean 'air-leak'"),
              std::string::npos);
}

}  // namespace
}  // namespace gantry::plant
