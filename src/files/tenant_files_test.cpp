// SPDX-License-Identifier: Apache-2.0
#include "files/tenant_files.h"

#include <filesystem>
#include <fstream>

#include "testing/testing.h"

namespace gantry::files {
namespace {

using gantry::testing::failure;
using gantry::testing::must;

ByteView bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

struct Fixture {
    std::string read(const TenantId& tenant, const std::string& name) {
        const auto file = must(files.open(tenant, name));
        std::string out(must(file->size()), '\0');
        EXPECT_EQ(must(file->read(0, std::as_writable_bytes(std::span(out)))), out.size());
        return out;
    }
    std::string path(const TenantId& tenant) { return folder / "files/" + tenant.text(); }

    gantry::testing::TemporaryFolder folder;
    RealDisk disk;
    TenantFiles files{disk, folder / "files", {.bytes_max = 100, .count_max = 3}};
    TenantId one{"tnt_1"};
    TenantId two{"tnt_2"};
};

TEST(TenantFiles, AreThereUntilRemoved) {
    Fixture fixture;
    auto& [folder, disk, files, one, two] = fixture;
    EXPECT_TRUE(must(files.list(one)).empty());
    must(files.put(one, "b.csv", bytes_of("a,b\n")));
    must(files.put(one, "a.parquet", bytes_of("")));
    EXPECT_EQ(must(files.list(one)), (std::vector<FileInfo>{{"a.parquet", 0}, {"b.csv", 4}}));
    EXPECT_EQ(fixture.read(one, "b.csv"), "a,b\n");
    // What is open stays as it was.
    const auto before = must(files.open(one, "b.csv"));
    must(files.put(one, "b.csv", bytes_of("other")));
    EXPECT_EQ(must(before->size()), 4U);
    EXPECT_EQ(fixture.read(one, "b.csv"), "other");
    must(files.remove(one, "b.csv"));
    EXPECT_EQ(failure(files.open(one, "b.csv")), Code::NotFound);
    EXPECT_EQ(failure(files.remove(one, "b.csv")), Code::NotFound);
    // A second object, as after a restart.
    TenantFiles again(disk, folder / "files", {});
    EXPECT_EQ(must(again.list(one)), (std::vector<FileInfo>{{"a.parquet", 0}}));
}

TEST(TenantFiles, AreOfOneTenant) {
    Fixture fixture;
    must(fixture.files.put(fixture.one, "a.csv", bytes_of("mine")));
    EXPECT_TRUE(must(fixture.files.list(fixture.two)).empty());
    EXPECT_EQ(failure(fixture.files.open(fixture.two, "a.csv")), Code::NotFound);
    EXPECT_EQ(failure(fixture.files.remove(fixture.two, "a.csv")), Code::NotFound);
    must(fixture.files.put(fixture.two, "a.csv", bytes_of("theirs")));
    EXPECT_EQ(fixture.read(fixture.one, "a.csv"), "mine");
}

TEST(TenantFiles, HaveNamesThatLeadNowhereElse) {
    Fixture fixture;
    for (const std::string& name : std::vector<std::string>{
             "", ".", "..", "../x", "a/b", "/etc/passwd", ".hidden", "a\\b", "a b", "x.tmp", "-x",
             "a*", "ä.csv", "a\n", "http://x", std::string("a\0b", 3), std::string(129, 'a')}) {
        EXPECT_FALSE(is_file_name(name)) << name;
        EXPECT_EQ(failure(fixture.files.put(fixture.one, name, bytes_of("x"))),
                  Code::InvalidArgument);
        EXPECT_EQ(failure(fixture.files.open(fixture.one, name)), Code::InvalidArgument);
        EXPECT_EQ(failure(fixture.files.remove(fixture.one, name)), Code::InvalidArgument);
    }
    EXPECT_TRUE(is_file_name("2025-06_a.csv.gz"));
}

TEST(TenantFiles, StayWithinTheQuota) {
    Fixture fixture;
    auto& files = fixture.files;
    must(files.put(fixture.one, "a", bytes_of(std::string(60, 'x'))));
    EXPECT_EQ(failure(files.put(fixture.one, "b", bytes_of(std::string(41, 'x')))),
              Code::QuotaExceeded);
    must(files.put(fixture.one, "a", bytes_of(std::string(100, 'x'))));
    must(files.put(fixture.two, "a", bytes_of(std::string(100, 'x'))));
    must(files.put(fixture.one, "b", bytes_of("")));
    must(files.put(fixture.one, "c", bytes_of("")));
    EXPECT_EQ(failure(files.put(fixture.one, "d", bytes_of(""))), Code::QuotaExceeded);
    must(files.remove(fixture.one, "c"));
    must(files.put(fixture.one, "d", bytes_of("")));
}

TEST(TenantFiles, FollowNoLinksAndForgetWhatACrashLeft) {
    Fixture fixture;
    std::ofstream(fixture.folder / "secret") << "secret";
    std::filesystem::create_directories(fixture.path(fixture.one) + "/folder");
    std::filesystem::create_symlink(fixture.folder / "secret",
                                    fixture.path(fixture.one) + "/link.csv");
    std::ofstream(fixture.path(fixture.one) + "/a.csv.tmp") << "half";
    EXPECT_TRUE(must(fixture.files.list(fixture.one)).empty());
    EXPECT_FALSE(std::filesystem::exists(fixture.path(fixture.one) + "/a.csv.tmp"));
    for (const char* name : {"link.csv", "folder"}) {
        EXPECT_EQ(failure(fixture.files.open(fixture.one, name)), Code::NotFound);
        EXPECT_EQ(failure(fixture.files.remove(fixture.one, name)), Code::NotFound);
    }
}

}  // namespace
}  // namespace gantry::files
