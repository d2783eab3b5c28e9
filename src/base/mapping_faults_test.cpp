// SPDX-License-Identifier: Apache-2.0
#include "base/mapping_faults.h"

#include "base/disk.h"
#include "testing/testing.h"

namespace gantry {
namespace {

using gantry::testing::must;

constexpr std::size_t page = 4096;

// A mapping of four pages of ones whose file is cut to one page behind its back: the kernel answers
// a look at the others as it does where a sector is bad, with SIGBUS.
struct CutMapping {
    CutMapping() {
        const std::string path = folder / "file";
        const auto file = must(disk.open(path, OpenMode::Create));
        must(file->write(0, Bytes(4 * page, std::byte{1})));
        mapping = must(file->map());
        must(file->truncate(page));
    }
    std::byte at(std::size_t offset) const {
        return *static_cast<const volatile std::byte*>(mapping->bytes().data() + offset);
    }

    testing::TemporaryFolder folder;
    RealDisk disk;
    std::unique_ptr<Mapping> mapping;
};

TEST(MappingFaults, APageThatTheDiskDoesNotGiveBackReadsAsZeros) {
    const CutMapping cut;
    const MappingFaults faults;
    EXPECT_EQ(cut.at(0), std::byte{1});
    EXPECT_EQ(cut.at(3 * page + 17), std::byte{0});
    EXPECT_EQ(cut.at(page), std::byte{0});
    EXPECT_EQ(cut.at(page - 1), std::byte{1}) << "its neighbour is as it was";
    EXPECT_EQ(cut.mapping->bytes().size(), 4 * page);
}

TEST(MappingFaultsDeathTest, WithoutOneTheProcessEnds) {
    const CutMapping cut;
    {
        const MappingFaults faults;
    }
    EXPECT_DEATH((void)cut.at(page), "");
}

}  // namespace
}  // namespace gantry
