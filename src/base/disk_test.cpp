// SPDX-License-Identifier: Apache-2.0
#include "base/disk.h"

#include "base/sim_disk.h"
#include "testing/testing.h"

namespace gantry {
namespace {

using testing::failure;
using testing::must;

std::string content(Disk& disk, const std::string& path) {
    return std::string(as_text(must(read_file(disk, path, 1 << 20))));
}

// What both disks promise.
class AnyDisk : public ::testing::TestWithParam<bool> {
protected:
    AnyDisk() {
        if (GetParam()) {
            disk_ = std::make_unique<RealDisk>();
        } else {
            disk_ = std::make_unique<SimDisk>(1);
        }
        must(disk_->make_directory(folder_.path()));
    }
    testing::TemporaryFolder folder_;
    std::unique_ptr<Disk> disk_;
};

TEST_P(AnyDisk, KeepsWhatIsWritten) {
    {
        const auto file = must(disk_->open(folder_ / "a", OpenMode::Create));
        must(file->write(0, as_bytes("hello world")));
        must(file->write(6, as_bytes("there")));
        must(file->sync());
        EXPECT_EQ(must(file->size()), 11U);
    }
    EXPECT_EQ(content(*disk_, folder_ / "a"), "hello there");
    EXPECT_EQ(failure(disk_->open(folder_ / "a", OpenMode::Create)), Code::Conflict);
    EXPECT_EQ(failure(disk_->open(folder_ / "b", OpenMode::Read)), Code::NotFound);
    must(disk_->rename(folder_ / "a", folder_ / "b"));
    EXPECT_EQ(must(disk_->list(folder_.path())), std::vector<std::string>{"b"});
    EXPECT_FALSE(must(disk_->exists(folder_ / "a")));
    must(disk_->remove(folder_ / "b"));
    EXPECT_TRUE(must(disk_->list(folder_.path())).empty());
}

TEST_P(AnyDisk, ReplacesAFileWhole) {
    must(replace_file(*disk_, folder_ / "a", as_bytes("one")));
    must(replace_file(*disk_, folder_ / "a", as_bytes("two!")));
    EXPECT_EQ(content(*disk_, folder_ / "a"), "two!");
    EXPECT_EQ(failure(read_file(*disk_, folder_ / "a", 3)), Code::TooLarge);
}

INSTANTIATE_TEST_SUITE_P(Disks, AnyDisk, ::testing::Bool(),
                         [](const auto& kind) { return kind.param ? "Real" : "Sim"; });

TEST(SimDisk, SyncedDataSurvivesAndUnsyncedMayNot) {
    int lost = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        SimDisk disk(seed);
        must(disk.make_directory("/d"));
        const auto file = must(disk.open("/d/a", OpenMode::Create));
        must(disk.sync_directory("/d"));
        must(file->write(0, as_bytes(std::string(1000, 's'))));
        must(file->sync());
        must(file->write(1000, as_bytes(std::string(1000, 'u'))));
        disk.power_cut();
        const std::string after = content(disk, "/d/a");
        EXPECT_EQ(after.substr(0, 1000), std::string(1000, 's'));
        lost += after.substr(1000) != std::string(1000, 'u') ? 1 : 0;
        EXPECT_EQ(failure(file->size()), Code::Io);
    }
    EXPECT_GT(lost, 50);
    EXPECT_LT(lost, 200);
}

TEST(SimDisk, ANameThatWasNotSyncedMayVanish) {
    int gone = 0;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        SimDisk disk(seed);
        must(disk.make_directory("/d"));
        const auto file = must(disk.open("/d/a", OpenMode::Create));
        must(file->write(0, as_bytes("x")));
        must(file->sync());
        disk.power_cut();
        gone += must(disk.exists("/d/a")) ? 0 : 1;
    }
    EXPECT_GT(gone, 20);
    EXPECT_LT(gone, 80);
}

TEST(SimDisk, AReplacedFileIsOldOrNewNeverTorn) {
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        SimDisk disk(seed);
        must(disk.make_directory("/d"));
        must(replace_file(disk, "/d/a", as_bytes(std::string(2000, '1'))));
        // Cut the power at each operation of the second replacement.
        std::uint64_t left = seed % 7;
        disk.set_fault([&left](SimDisk::Operation, const std::string&) -> std::optional<Error> {
            return left-- == 0 ? std::optional(Error{Code::Io, "cut"}) : std::nullopt;
        });
        (void)replace_file(disk, "/d/a", as_bytes(std::string(3000, '2')));
        disk.power_cut();
        const std::string after = content(disk, "/d/a");
        EXPECT_TRUE(after == std::string(2000, '1') || after == std::string(3000, '2')) << seed;
    }
}

TEST(SimDisk, AFailedSyncDropsDataEvenIfTheNextSucceeds) {
    int lost = 0;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        SimDisk disk(seed);
        must(disk.make_directory("/d"));
        const auto file = must(disk.open("/d/a", OpenMode::Create));
        must(disk.sync_directory("/d"));
        must(file->write(0, as_bytes("data")));
        bool first = true;
        disk.set_fault([&first](SimDisk::Operation op, const std::string&) -> std::optional<Error> {
            const bool now = first && op == SimDisk::Operation::Sync;
            first = first && !now;
            return now ? std::optional(Error{Code::Io, "EIO"}) : std::nullopt;
        });
        EXPECT_EQ(failure(file->sync()), Code::Io);
        EXPECT_EQ(content(disk, "/d/a"), "data");
        disk.power_cut();
        lost += content(disk, "/d/a") != "data" ? 1 : 0;
    }
    EXPECT_GT(lost, 10);
}

TEST(SimDisk, IsFullWhenItsCapacityIsReached) {
    SimDisk disk(1);
    must(disk.make_directory("/d"));
    disk.set_capacity(100);
    const auto file = must(disk.open("/d/a", OpenMode::Create));
    must(file->write(0, as_bytes(std::string(90, 'x'))));
    EXPECT_EQ(failure(file->write(90, as_bytes(std::string(20, 'y')))), Code::StorageFull);
    must(file->write(0, as_bytes("over the old is no growth")));
    disk.set_capacity(1000);
    must(file->write(90, as_bytes(std::string(20, 'y'))));
}

TEST(DirectoryLock, IsHeldOnce) {
    const testing::TemporaryFolder folder;
    auto first = must(lock_directory(folder.path()));
    EXPECT_EQ(failure(lock_directory(folder.path())), Code::Conflict);
    first.reset();
    EXPECT_TRUE(lock_directory(folder.path()));
}

}  // namespace
}  // namespace gantry
