// SPDX-License-Identifier: Apache-2.0
#include "cli/store_folder.h"

namespace gantry::cli {
namespace {

constexpr std::string_view usual_data = "gantry-data";  // where gantryd keeps its data by itself

}  // namespace

std::vector<Parameter> folder_parameters() {
    return {{.name = "FOLDER",
             .value = "",
             .about = "gantryd's data folder, or the store in it (gantry-data)",
             .offer = Offer::Folder},
            {.name = "--data",
             .value = "FOLDER",
             .about = "The same, as gantryd calls it",
             .offer = Offer::Folder}};
}

Result<StoreFolder> find_store(const Disk& disk, const Arguments& arguments) {
    if (arguments.has("FOLDER") && arguments.has("--data")) {
        return fail(Code::InvalidArgument, "FOLDER and --data say the same: give one of them");
    }
    std::string given = arguments.text_or("FOLDER", arguments.text_or("--data", usual_data));
    while (given.size() > 1 && given.ends_with('/')) {
        given.pop_back();
    }
    for (const std::string& store : {given + "/store", given}) {
        for (const std::string_view part : {"MANIFEST", "MANIFEST.copy", "journal", "catalogue"}) {
            TRY_ASSIGN(const bool there, disk.exists(store + "/" + std::string(part)));
            if (there) {
                return StoreFolder{parent_of(store), store};
            }
        }
    }
    return fail(Code::NotFound,
                "there is no store in {}: name the data folder of gantryd (its --data)", given);
}

Result<std::unique_ptr<DirectoryLock>> lock_store(const StoreFolder& folder) {
    auto lock = lock_directory(folder.data);
    if (!lock && lock.error().code == Code::Conflict) {
        return fail(Code::Forbidden,
                    "{} is in use by a running gantryd: stop it first, and repair then (gantry "
                    "store check may run beside it)",
                    folder.data);
    }
    return lock;
}

Interruptible::Interruptible() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_UNBLOCK, &signals, &before_);
}

Interruptible::~Interruptible() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

}  // namespace gantry::cli
