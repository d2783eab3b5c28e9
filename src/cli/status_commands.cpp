// SPDX-License-Identifier: Apache-2.0
// How the server fares: status in short, doctor in depth.
#include <sys/stat.h>

#include <langinfo.h>
#include <clocale>
#include <cmath>
#include <filesystem>
#include <format>

#include "cli/context.h"
#include "cli/time_text.h"
#include "model/json.h"

namespace gantry::cli {
namespace {

constexpr Duration skew_warned = std::chrono::seconds(2);
constexpr Duration skew_refused = std::chrono::minutes(2);
constexpr std::uintmax_t free_bytes_least = 10 * 1024 * 1024;

const json::object* object_in(const json::value& value, std::string_view name) {
    const json::value* found = value.is_object() ? value.as_object().if_contains(name) : nullptr;
    return found != nullptr && found->is_object() ? &found->as_object() : nullptr;
}

std::uint64_t count_in(const json::object& object, std::string_view name) {
    const json::value* found = object.if_contains(name);
    return found != nullptr && found->is_number() ? found->to_number<std::uint64_t>() : 0;
}

struct ConnectionCounts {
    std::size_t all = 0;
    std::size_t running = 0;
    std::uint64_t good = 0;
    std::uint64_t bad = 0;
};

Result<ConnectionCounts> count_connections(Context& context) {
    TRY_ASSIGN(const json::array items, context.api.list("/v1/connections", {}));
    ConnectionCounts out{.all = items.size()};
    for (const json::value& item : items) {
        if (const json::object* status = object_in(item, "status")) {
            out.running += field_text(*status, "state") == "running" ? 1 : 0;
            out.good += count_in(*status, "tags_good");
            out.bad += count_in(*status, "tags_bad");
        }
    }
    return out;
}

Result<> status(Context& context, const Arguments&) {
    TRY_ASSIGN(const json::value about, context.api.get("/v1/about"));
    const json::object& in = about.as_object();
    const json::object* store = object_in(about, "store");
    const bool accepting = store != nullptr && field_text(*store, "accepting") == "true";
    const Time started = parse_time(field_text(in, "started")).value_or(0);
    const Time now = parse_time(field_text(in, "now")).value_or(0);
    const auto connections = count_connections(context);
    json::object document = {{"url", context.api.url().text()},
                             {"version", field_text(in, "version")},
                             {"ready", accepting},
                             {"uptime_seconds", (now - started) / 1'000'000'000},
                             {"points", count_in(in, "points")}};
    std::vector<std::pair<std::string, std::string>> fields = {
        {"server", context.api.url().text()},
        {"version", field_text(in, "version")},
        {"state", accepting ? "ready" : "reading only: the store takes no samples"},
        {"up for", rough_duration(Duration(now - started))},
        {"points", grouped(count_in(in, "points"))}};
    if (store != nullptr) {
        const std::uint64_t rows =
            count_in(*store, "segment_rows") + count_in(*store, "memtable_rows");
        document["store"] = *store;
        fields.emplace_back("samples stored", grouped(rows));
        fields.emplace_back("on disk",
                            rough_bytes(static_cast<double>(count_in(*store, "segment_bytes") +
                                                            count_in(*store, "journal_bytes"))));
        if (const std::uint64_t damaged = count_in(*store, "damaged_blocks"); damaged > 0) {
            fields.emplace_back("damaged blocks", grouped(damaged));
        }
    }
    if (connections) {
        document["connections"] = {{"all", connections->all},
                                   {"running", connections->running},
                                   {"tags_good", connections->good},
                                   {"tags_bad", connections->bad}};
        fields.emplace_back(
            "connections",
            std::format("{} of {} running, {} tags good, {} bad", connections->running,
                        connections->all, grouped(connections->good), grouped(connections->bad)));
    }
    TRY(show_item(context, document, fields));
    return accepting
               ? Result<>{}
               : fail(Code::Internal, "the server takes no samples: look at its disk and log");
}

// --- doctor

enum class Verdict : unsigned char { Ok, Warning, Failed, Skipped };

struct Check {
    std::string name;
    Verdict verdict = Verdict::Ok;
    std::string detail;
    Code code = Code::Internal;  // of what failed
};

class Doctor {
public:
    explicit Doctor(Context& context) : context_(context) {}

    std::vector<Check> examine() {
        local();
        if (network()) {
            server();
        }
        return std::move(checks_);
    }

private:
    void note(std::string name, Verdict verdict, std::string detail, Code code = Code::Internal) {
        checks_.push_back({std::move(name), verdict, std::move(detail), code});
    }

    void local() {
        const std::string& folder = context_.credentials.folder();
        struct stat state{};
        if (stat(context_.credentials.file().c_str(), &state) != 0) {
            note("credentials", Verdict::Ok, "none kept yet");
        } else if ((state.st_mode & 077) != 0) {
            note("credentials", Verdict::Failed,
                 std::format("{} can be read by others: chmod 600 it", context_.credentials.file()),
                 Code::Forbidden);
        } else {
            note("credentials", Verdict::Ok,
                 std::format("{}, readable only by you", context_.credentials.file()));
        }
        std::error_code error;
        std::filesystem::path place = folder;
        while (!std::filesystem::exists(place, error) && place.has_relative_path()) {
            place = place.parent_path();
        }
        const auto space = std::filesystem::space(place, error);
        if (!error && space.available < free_bytes_least) {
            note("disk here", Verdict::Warning,
                 std::format("{} left at {}", rough_bytes(static_cast<double>(space.available)),
                             place.string()));
        } else if (!error) {
            note("disk here", Verdict::Ok,
                 std::format("{} left", rough_bytes(static_cast<double>(space.available))));
        }
        std::setlocale(LC_CTYPE, "");
        const std::string_view codeset = nl_langinfo(CODESET);
        note("text", codeset == "UTF-8" ? Verdict::Ok : Verdict::Warning,
             codeset == "UTF-8"
                 ? "UTF-8"
                 : std::format("the locale says {}: Chinese names need a UTF-8 locale", codeset));
    }

    bool network() {
        const http::Url& url = context_.api.url();
        const Duration began = context_.clock.monotonic();
        const auto reached = context_.api.reach();
        const Duration took = context_.clock.monotonic() - began;
        if (!reached) {
            const bool distrusted = reached.error().code == Code::Unauthenticated;
            note(distrusted ? "encryption" : "reachable", Verdict::Failed,
                 std::format("{}: {}", url.text(), reached.error().message), reached.error().code);
            return false;
        }
        note("reachable", Verdict::Ok, std::format("{} in {}", url.text(), rough_duration(took)));
        if (url.encrypted) {
            note("encryption", Verdict::Ok,
                 std::format("TLS, and its certificate is {}'s", url.host));
        } else {
            note("encryption", url.loopback() ? Verdict::Ok : Verdict::Warning,
                 url.loopback() ? "none, and none needed on this machine itself"
                                : "none: whoever is on the way can read everything");
        }
        return true;
    }

    void server() {
        const auto ready = context_.api.open_call({http::Method::Get, "/health/ready", {}, ""});
        const auto health = ready ? parse_json(ready->body) : json::value();
        if (!ready || !health || !health->is_object() || !health->as_object().contains("status")) {
            note("server", Verdict::Failed,
                 ready ? "what answers there is not a Gantry" : ready.error().message,
                 Code::Unavailable);
            return;
        }
        note("server", ready->status == 200 ? Verdict::Ok : Verdict::Failed,
             ready->status == 200 ? "ready"
                                  : "its store takes no samples: look at its disk and log");
        const auto about = context_.api.get("/v1/about");
        if (!about) {
            note("sign-in", Verdict::Failed, about.error().message, about.error().code);
            return;
        }
        const auto session = context_.api.get("/v1/session");
        note("sign-in", Verdict::Ok,
             session ? std::format("as {}", field_text(session->as_object(), "login")) : "valid");
        clock_skew(about->as_object());
        store(*about);
        connections();
    }

    void clock_skew(const json::object& about) {
        const auto now = parse_time(field_text(about, "now"));
        if (!now) {
            return;
        }
        const Duration skew(*now - context_.clock.now());
        const Duration size = skew < Duration{0} ? -skew : skew;
        note("clock",
             size < skew_warned    ? Verdict::Ok
             : size < skew_refused ? Verdict::Warning
                                   : Verdict::Failed,
             size < skew_warned
                 ? "the same here and there"
                 : std::format("the server's is {} {} this machine's: set both by NTP",
                               rough_duration(size), skew < Duration{0} ? "behind" : "ahead of"));
    }

    void store(const json::value& about) {
        const json::object* state = object_in(about, "store");
        if (state == nullptr) {
            return;
        }
        const double bytes = static_cast<double>(count_in(*state, "segment_bytes") +
                                                 count_in(*state, "journal_bytes"));
        if (const std::uint64_t damaged = count_in(*state, "damaged_blocks"); damaged > 0) {
            note("store", Verdict::Failed,
                 std::format("{} damaged blocks: gantry store check, on that machine, names them",
                             damaged),
                 Code::Corrupt);
            return;
        }
        std::string detail = std::format("{} used, no damage", rough_bytes(bytes));
        if (state->contains("free_bytes")) {
            const auto left = static_cast<double>(count_in(*state, "free_bytes"));
            detail += std::format(", {} left", rough_bytes(left));
        }
        note("disk there", Verdict::Ok, detail);
    }

    void connections() {
        const auto items = context_.api.list("/v1/connections", {});
        if (!items) {
            note("connections", Verdict::Skipped, items.error().message);
            return;
        }
        std::size_t troubled = 0;
        std::string first;
        for (const json::value& item : *items) {
            const json::object* status = object_in(item, "status");
            const std::string state = status != nullptr ? field_text(*status, "state") : "";
            if (status != nullptr && state != "running" && state != "disabled") {
                ++troubled;
                first = first.empty() ? std::format("{}: {}", field_text(item.as_object(), "key"),
                                                    field_text(*status, "last_error"))
                                      : first;
            }
        }
        note("connections", troubled == 0 ? Verdict::Ok : Verdict::Warning,
             troubled == 0
                 ? std::format("{}, none in trouble", items->size())
                 : std::format("{} of {} in trouble; {}", troubled, items->size(), first));
    }

    Context& context_;
    std::vector<Check> checks_;
};

std::string_view verdict_name(Verdict verdict) {
    switch (verdict) {
        case Verdict::Ok: return "ok";
        case Verdict::Warning: return "warning";
        case Verdict::Failed: return "failed";
        case Verdict::Skipped: return "skipped";
    }
    return "";
}

Result<> doctor(Context& context, const Arguments&) {
    const std::vector<Check> checks = Doctor(context).examine();
    json::array items;
    Table table{{{"CHECK"}, {"RESULT"}, {"DETAIL"}}, {}};
    const Check* failed = nullptr;
    for (const Check& check : checks) {
        items.push_back(json::object{{"check", check.name},
                                     {"result", verdict_name(check.verdict)},
                                     {"detail", check.detail}});
        table.rows.push_back({check.name, std::string(verdict_name(check.verdict)), check.detail});
        failed = failed == nullptr && check.verdict == Verdict::Failed ? &check : failed;
    }
    TRY(context.out.for_programs() ? context.out.document(json::object{{"items", items}})
                                   : context.out.table(table));
    TRY(context.out.flush());
    if (failed != nullptr) {
        return fail(failed->code, "{} failed: {}", failed->name, failed->detail);
    }
    return {};
}

}  // namespace

void add_status_commands(std::vector<Command>& out) {
    out.push_back({.path = "status",
                   .summary = "How the server fares, in a few lines",
                   .examples = "  gantry status           version, points, samples, connections\n"
                               "  gantry status --json    the same for programs\n",
                   .next = "gantry assets tree",
                   .parameters = {},
                   .run = status});
    out.push_back({.path = "doctor",
                   .summary = "Look for what is wrong, here and at the server",
                   .examples =
                       "  gantry doctor                            every check, with remedies\n"
                       "  gantry doctor --url https://plant:8443   of another server\n",
                   .next = "what the failed check says, then gantry status",
                   .parameters = {},
                   .run = doctor,
                   .more = "The exit code is that of the first check that failed.\n"});
}

}  // namespace gantry::cli
