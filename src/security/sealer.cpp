// SPDX-License-Identifier: Apache-2.0
#include "security/sealer.h"

#include <openssl/evp.h>
#include <sys/stat.h>

#include <array>
#include <cstring>
#include <format>

#include "base/assert.h"

namespace gantry::security {
namespace {

constexpr std::uint8_t format_version = 1;
constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t tag_bytes = 16;
constexpr std::size_t head_bytes = 1 + 4;  // format and key
constexpr std::size_t frame_bytes = head_bytes + nonce_bytes + tag_bytes;

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char* raw(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
const unsigned char* raw(ByteView bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* raw(std::byte* bytes) { return reinterpret_cast<unsigned char*>(bytes); }

// Says which key something was sealed with, and nothing of it.
std::uint32_t id_of(const Secret& key) {
    std::array<std::byte, EVP_MAX_MD_SIZE> digest{};
    const std::string_view bytes = key.reveal();
    const int done =
        EVP_Digest(bytes.data(), bytes.size(), raw(digest.data()), nullptr, EVP_sha256(), nullptr);
    ASSERT(done == 1);
    std::uint32_t id = 0;
    std::memcpy(&id, digest.data(), sizeof id);
    return id;
}

// A cipher that has seen key, nonce and what is not secret but must be the same: `head`, `context`.
Cipher begin(bool encrypt, const Secret& key, ByteView nonce, ByteView head,
             std::string_view context) {
    Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
    int size = 0;
    ASSERT(cipher != nullptr);
    ASSERT(EVP_CipherInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, raw(key.reveal()),
                             raw(nonce), encrypt ? 1 : 0) == 1);
    ASSERT(EVP_CipherUpdate(cipher.get(), nullptr, &size, raw(head),
                            static_cast<int>(head.size())) == 1);
    ASSERT(EVP_CipherUpdate(cipher.get(), nullptr, &size, raw(context),
                            static_cast<int>(context.size())) == 1);
    return cipher;
}

// umask is of the whole process, so this is for the start, as long as it does nothing else.
Result<> write_key(Disk& disk, const std::string& path, Random& random) {
    std::array<std::byte, Sealer::key_bytes> bytes{};
    random.fill(bytes);
    const mode_t before = ::umask(0077);
    const Result<> written = replace_file(disk, path, bytes);
    ::umask(before);
    explicit_bzero(bytes.data(), bytes.size());
    return written;
}

}  // namespace

Sealer::Sealer(Secret key, Random& random)
    : key_(std::move(key)), key_id_(id_of(key_)), random_(random) {}

Result<std::unique_ptr<Sealer>> Sealer::open(Disk& disk, const std::string& folder,
                                             Random& random) {
    const std::string path = folder + "/sealing.key";
    TRY_ASSIGN(const bool there, disk.exists(path));
    if (!there) {
        TRY(write_key(disk, path, random));
    }
    TRY_ASSIGN(Bytes bytes, read_file(disk, path, 4096));
    if (bytes.size() != key_bytes) {
        return fail(Code::Corrupt,
                    "{} has {} bytes, a key has {}: bring it back from a backup; without it what "
                    "was sealed (passwords of bridges) must be entered again after the file has "
                    "been removed",
                    path, bytes.size(), key_bytes);
    }
    Secret key{std::string(as_text(bytes))};
    explicit_bzero(bytes.data(), bytes.size());
    return std::unique_ptr<Sealer>(new Sealer(std::move(key), random));
}

std::string Sealer::context_of(std::string_view tenant, std::string_view entity,
                               std::string_view field) {
    return std::format("{}\n{}\n{}", tenant, entity, field);
}

Bytes Sealer::seal(std::string_view plaintext, std::string_view context) const {
    Bytes out;
    ByteWriter writer(out);
    writer.put(format_version);
    writer.put(key_id_);
    out.resize(frame_bytes + plaintext.size());
    const std::span<std::byte> nonce(out.data() + head_bytes, nonce_bytes);
    random_.fill(nonce);
    const Cipher cipher = begin(true, key_, nonce, ByteView(out).first(head_bytes), context);
    unsigned char* const text = raw(nonce.data() + nonce_bytes);
    int size = 0;
    ASSERT(EVP_CipherUpdate(cipher.get(), text, &size, raw(plaintext),
                            static_cast<int>(plaintext.size())) == 1);
    ASSERT(EVP_CipherFinal_ex(cipher.get(), text + size, &size) == 1);
    ASSERT(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, tag_bytes,
                               text + plaintext.size()) == 1);
    return out;
}

Result<Secret> Sealer::unseal(ByteView sealed, std::string_view context) const {
    ByteReader reader(sealed);
    std::uint8_t version = 0;
    std::uint32_t key_id = 0;
    if (sealed.size() < frame_bytes || !reader.get(version) || !reader.get(key_id) ||
        version != format_version) {
        return fail(Code::Corrupt, "a sealed secret is damaged: enter it again");
    }
    if (key_id != key_id_) {
        return fail(Code::Corrupt,
                    "a secret was sealed with another key than the one in sealing.key: bring that "
                    "file back from the backup that the registry came from, or enter the secret "
                    "again");
    }
    const ByteView nonce = sealed.subspan(head_bytes, nonce_bytes);
    const ByteView text = sealed.subspan(head_bytes + nonce_bytes, sealed.size() - frame_bytes);
    Bytes tag(sealed.end() - tag_bytes, sealed.end());
    const Cipher cipher = begin(false, key_, nonce, sealed.first(head_bytes), context);
    std::string plain(text.size(), '\0');
    auto* const into = reinterpret_cast<unsigned char*>(plain.data());
    int size = 0;
    ASSERT(EVP_CipherUpdate(cipher.get(), into, &size, raw(text), static_cast<int>(text.size())) ==
           1);
    ASSERT(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, tag_bytes, tag.data()) == 1);
    Secret out(std::move(plain));
    if (EVP_CipherFinal_ex(cipher.get(), into + size, &size) != 1) {
        return fail(Code::Corrupt,
                    "a sealed secret is damaged, or was sealed for another place: enter it again");
    }
    return out;
}

}  // namespace gantry::security
