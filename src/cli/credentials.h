// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"

namespace gantry::cli {

// A sign-in at one server.
struct SignIn {
    std::string url;
    std::string login;
    Secret access;
    Time access_expires = 0;
    Secret refresh;
    Time refresh_expires = 0;
    std::string ca_file;     // with which it was made
    bool plaintext = false;  // the person allowed it to travel unencrypted
};

// What config.json of the person says.
struct Config {
    std::string url;
    std::string ca_file;
};

// The sign-ins of one person on this machine, in credentials.json (mode 0600) of the folder
// $XDG_CONFIG_HOME/gantry. Replaced whole, so a reader sees an old state or a new one. Who changes
// it holds the lock: a refresh token may be shown only once, whatever number of programs run.
class Credentials {
public:
    explicit Credentials(std::string folder) : folder_(std::move(folder)) {}

    const std::string& folder() const { return folder_; }
    std::string file() const { return folder_ + "/credentials.json"; }

    // The server of the last sign-in; empty if there is none.
    Result<std::string> current() const;
    Result<std::optional<SignIn>> find(const std::string& url) const;
    Result<Config> config() const;

    // Held until destroyed.
    class Lock {
    public:
        explicit Lock(int file) : file_(file) {}
        Lock(const Lock&) = delete;
        Lock& operator=(const Lock&) = delete;
        ~Lock();

    private:
        int file_;
    };
    // Nothing if another program holds it just now.
    Result<std::unique_ptr<Lock>> try_lock();
    // With the lock held. save() makes it the current one.
    Result<> save(const SignIn& sign_in, bool make_current);
    Result<> forget(const std::string& url);

private:
    std::string folder_;
};

// $XDG_CONFIG_HOME/gantry, or ~/.config/gantry.
std::string config_folder();

}  // namespace gantry::cli
