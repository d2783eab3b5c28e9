// SPDX-License-Identifier: Apache-2.0
#include "security/sealer.h"

#include <sys/stat.h>

#include "base/encoding.h"
#include "base/sim_disk.h"
#include "testing/testing.h"

namespace gantry::security {
namespace {

using gantry::testing::failure;
using gantry::testing::must;
using gantry::testing::TemporaryFolder;

// 0, 1, 2 … 31.
std::unique_ptr<Sealer> with_known_key(Disk& disk, const std::string& folder, Random& random) {
    Bytes key;
    for (int i = 0; i < 32; ++i) {
        key.push_back(static_cast<std::byte>(i));
    }
    must(disk.make_directory(folder));
    must(replace_file(disk, folder + "/sealing.key", key));
    return must(Sealer::open(disk, folder, random));
}

TEST(Sealer, OpensWhatItHasSealedAndOnlyInItsPlace) {
    SimDisk disk(1);
    SystemRandom random;
    const auto sealer = with_known_key(disk, "data", random);
    const std::string context = Sealer::context_of("tnt_1", "brg_1", "password");
    for (const std::size_t size : {0U, 1U, 15U, 16U, 17U, 10'000U}) {
        const std::string text(size, 'x');
        const Bytes sealed = sealer->seal(text, context);
        EXPECT_EQ(as_text(sealed).find("xxxx"), std::string::npos);
        EXPECT_EQ(must(sealer->unseal(sealed, context)).reveal(), text);
        for (const auto& other : {Sealer::context_of("tnt_2", "brg_1", "password"),
                                  Sealer::context_of("tnt_1", "brg_2", "password"),
                                  Sealer::context_of("tnt_1", "brg_1", "client_key")}) {
            EXPECT_EQ(failure(sealer->unseal(sealed, other)), Code::Corrupt);
        }
    }
    EXPECT_NE(sealer->seal("same", context), sealer->seal("same", context)) << "a nonce each";
}

TEST(Sealer, EveryDamageIsSeen) {
    SimDisk disk(1);
    SystemRandom random;
    const auto sealer = with_known_key(disk, "data", random);
    const Bytes sealed = sealer->seal("secret", "here");
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        Bytes damaged = sealed;
        damaged[i] ^= std::byte{0x10};
        EXPECT_EQ(failure(sealer->unseal(damaged, "here")), Code::Corrupt) << i;
        const ByteView cut = ByteView(sealed).first(i);
        EXPECT_EQ(failure(sealer->unseal(cut, "here")), Code::Corrupt) << i;
    }
}

// Made by another implementation (Node.js), as
// docs/formats/sealed.md has it.
TEST(Sealer, ReadsTheFormatAsItIsWrittenDown) {
    SimDisk disk(1);
    SystemRandom random;
    const auto sealer = with_known_key(disk, "data", random);
    const Bytes sealed =
        *from_hex("01630dcd29000102030405060708090a0b246da469a086b63be52ee5f8d4df82"
                  "67c0eed01ac00f30fdd61bc5dc7b");
    const std::string context = Sealer::context_of("tnt_1", "brg_1", "password");
    EXPECT_EQ(must(sealer->unseal(sealed, context)).reveal(), "correct horse");
}

TEST(Sealer, ItsKeyIsMadeOnceForItsOwnerOnly) {
    const TemporaryFolder folder;
    RealDisk disk;
    SystemRandom random;
    const Bytes sealed = must(Sealer::open(disk, folder.path(), random))->seal("secret", "here");
    struct stat facts{};
    ASSERT_EQ(::stat((folder / "sealing.key").c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0600U);
    EXPECT_EQ(facts.st_size, 32);
    const auto again = must(Sealer::open(disk, folder.path(), random));
    EXPECT_EQ(must(again->unseal(sealed, "here")).reveal(), "secret");

    std::filesystem::remove(folder / "sealing.key");
    const auto other = must(Sealer::open(disk, folder.path(), random));
    const auto refused = other->unseal(sealed, "here");
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("another key"), std::string::npos);
}

TEST(Sealer, AFileThatIsNoKeyIsNotReplaced) {
    SimDisk disk(1);
    SystemRandom random;
    must(disk.make_directory("data"));
    must(replace_file(disk, "data/sealing.key", as_bytes("short")));
    const auto opened = Sealer::open(disk, "data", random);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Code::Corrupt);
    EXPECT_NE(opened.error().message.find("data/sealing.key"), std::string::npos);
}

// What was sealed with a key opens after a crash: the key was durable before it was used.
TEST(Sealer, ItsKeyOutlivesACrash) {
    SimDisk disk(1);
    SystemRandom random;
    must(disk.make_directory("data"));
    const Bytes sealed = must(Sealer::open(disk, "data", random))->seal("secret", "here");
    disk.power_cut();
    const auto again = must(Sealer::open(disk, "data", random));
    EXPECT_EQ(must(again->unseal(sealed, "here")).reveal(), "secret");
}

}  // namespace
}  // namespace gantry::security
