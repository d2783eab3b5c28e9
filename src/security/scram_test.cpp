// SPDX-License-Identifier: Apache-2.0
#include "security/scram.h"

#include "security/scram_name.h"
#include "testing/testing.h"

namespace gantry::security {
namespace {

using gantry::testing::failure;
using gantry::testing::must;

// RFC 7677, section 3.
constexpr std::string_view client_first = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
constexpr std::string_view our_nonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
constexpr std::string_view client_final =
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
    "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
// "W22ZaJ0SNY7soEsUEjb6gQ==" in bytes.
const std::array<unsigned char, 16> salt = {0x5b, 0x6d, 0x99, 0x68, 0x9d, 0x12, 0x35, 0x8e,
                                            0xec, 0xa0, 0x4b, 0x14, 0x12, 0x36, 0xfa, 0x81};

ByteView salt_bytes() { return std::as_bytes(std::span(salt)); }

ScramVerifier pencil() { return make_scram_verifier("pencil", salt_bytes(), 4096); }

ScramServer begun() {
    ScramServer server({});
    must(server.first(client_first, our_nonce, salt_bytes(), 4096));
    return server;
}

TEST(Scram, AgreesWithTheExampleOfItsRfc) {
    ScramServer server({});
    EXPECT_EQ(must(server.first(client_first, our_nonce, salt_bytes(), 4096)),
              "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
              "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
    const std::vector<ScramVerifier> verifiers = {pencil()};
    EXPECT_EQ(must(server.final(client_final, verifiers)).message,
              "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

TEST(Scram, FindsTheOneOfManyThatFits) {
    const ScramVerifier other = make_scram_verifier("pen", salt_bytes(), 4096);
    const std::vector<ScramVerifier> verifiers = {other, pencil(), other};
    EXPECT_EQ(must(begun().final(client_final, verifiers)).verifier, 1U);
}

TEST(Scram, RefusesAWrongProofAndAnotherNonce) {
    const std::vector<ScramVerifier> wrong = {make_scram_verifier("pen", salt_bytes(), 4096)};
    EXPECT_EQ(failure(begun().final(client_final, wrong)), Code::Unauthenticated);
    EXPECT_EQ(failure(begun().final(client_final, {})), Code::Unauthenticated);
    std::string replayed(client_final);
    replayed.replace(replayed.find("%hv"), 3, "%hw");
    const std::vector<ScramVerifier> right = {pencil()};
    EXPECT_EQ(failure(begun().final(replayed, right)), Code::InvalidArgument);
    ScramServer not_begun({});
    EXPECT_EQ(failure(not_begun.final(client_final, right)), Code::InvalidArgument);
}

TEST(Scram, ChannelBindingCannotBeTakenAwayOrMoved) {
    const auto first = [](ScramBinding binding, const std::string& header) {
        ScramServer server(binding);
        return server.first(header + "n=,r=abc", "def", salt_bytes(), 4096);
    };
    const ScramBinding offered{.plus = false, .offered = true, .end_point = "hash"};
    const ScramBinding plus{.plus = true, .offered = true, .end_point = "hash"};
    must(first(offered, "n,,"));
    EXPECT_EQ(failure(first(offered, "y,,")), Code::Unauthenticated);
    must(first({}, "y,,"));
    must(first(plus, "p=tls-server-end-point,,"));
    EXPECT_EQ(failure(first(plus, "n,,")), Code::InvalidArgument);
    EXPECT_EQ(failure(first({}, "p=tls-server-end-point,,")), Code::InvalidArgument);
    EXPECT_EQ(failure(first({}, "n,a=admin,")), Code::Unsupported);
    // The binding in the last message is that of another certificate.
    ScramServer server(plus);
    must(server.first("p=tls-server-end-point,,n=,r=abc", "def", salt_bytes(), 4096));
    const std::vector<ScramVerifier> right = {pencil()};
    const auto moved = server.final("c=cD10bHMtc2VydmVyLWVuZC1wb2ludCwsb3RoZXI=,r=abcdef,"
                                    "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
                                    right);
    EXPECT_EQ(failure(moved), Code::Unauthenticated);
}

TEST(Scram, KnowsTheNameThatAClientSays) {
    EXPECT_EQ(must(scram_name(client_first)), "user");
    EXPECT_EQ(must(scram_name("y,,n=a=2Cb=3Dc,r=x")), "a,b=c");
    EXPECT_EQ(must(scram_name("n,,n=\xe6\xb0\xb4,r=x")), "\xe6\xb0\xb4");
    for (const std::string_view wrong :
         {"", "n", "n,,", "n,,r=x", "n,,n=,r=x", "n,,n=a=2cb,r=x", "n,,n=a=,r=x", "n,,n=a=2"}) {
        EXPECT_EQ(failure(scram_name(wrong)), Code::InvalidArgument) << wrong;
    }
}

TEST(Scram, AVerifierReadsBack) {
    EXPECT_EQ(read_scram_verifier(scram_verifier_text(pencil())), pencil());
    EXPECT_FALSE(read_scram_verifier(""));
    EXPECT_FALSE(read_scram_verifier("00"));
}

}  // namespace
}  // namespace gantry::security
