// SPDX-License-Identifier: Apache-2.0
// What the program says of itself: health, metrics, versions, the audit log, openapi.json.
#include "api/entities_json.h"
#include "api/openapi.h"
#include "api/route.h"
#include "broker/broker.h"

namespace gantry::api {
namespace {

Async<http::Response> live(Services&, const Call&) { co_return json_answer({{"status", "live"}}); }

Async<http::Response> ready(Services& services, const Call&) {
    const bool accepting = services.store.statistics().accepting;
    const bool broker = !services.broker.failed();
    const bool all = accepting && broker;
    co_return json_answer({{"status", all ? "ready" : "failed"},
                           {"store", accepting ? "accepting" : "read_only"},
                           {"broker", broker ? "accepting" : "failed"}},
                          all ? 200 : 503);
}

// What the process says of itself, and of the tenant that asks: others are none of its business.
Result<http::Response> metrics(Services& services, const Call& call) {
    std::string text = services.metrics.render();
    TRY_ASSIGN(const auto tenant, services.registry.tenants().get(call.tenant().text()));
    text += std::format("# HELP gantry_registry_points Points of the tenant whose token asks.\n"
                        "# TYPE gantry_registry_points gauge\n"
                        "gantry_registry_points {}\n"
                        "# HELP gantry_registry_points_max Points that this tenant may have.\n"
                        "# TYPE gantry_registry_points_max gauge\n"
                        "gantry_registry_points_max {}\n"
                        "# HELP gantry_labels_series Series by labels of the tenant; it may have "
                        "as many as points.\n"
                        "# TYPE gantry_labels_series gauge\n"
                        "gantry_labels_series {}\n",
                        tenant.points, tenant.points_max, services.labels.size(tenant.id));
    return http::Response::text(200, "text/plain; version=0.0.4", std::move(text));
}

Async<http::Response> openapi(Services& services, const Call&) {
    http::Response out =
        http::Response::text(200, "application/json", openapi_document(services.version));
    co_return std::move(out);
}

json::object component(std::string_view name, std::string_view layer, std::string_view about,
                       std::initializer_list<std::string_view> depends_on) {
    json::array dependencies;
    for (const std::string_view dependency : depends_on) {
        dependencies.push_back(json::string(dependency));
    }
    return {{"name", name}, {"layer", layer}, {"about", about}, {"depends_on", dependencies}};
}

// Requirement ARC-3: components, layers, dependencies, limits.
Async<http::Response> about(Services& services, const Call&) {
    const auto store = services.store.statistics();
    json::object out;
    out["product"] = "Gantry";
    out["version"] = services.version;
    out["started"] = format_time(services.started);
    out["now"] = format_time(services.clock.now());
    out["interfaces"] = {
        {{"name", "REST"}, {"version", "v1"}, {"path", "/v1"}},
        {{"name", "WebSocket"}, {"version", "v1"}, {"path", "/v1/live"}},
        {{"name", "OpenAPI"}, {"version", "3.1"}, {"path", "/openapi.json"}},
        {{"name", "Prometheus metrics"}, {"version", "0.0.4"}, {"path", "/metrics"}}};
    out["components"] = {
        component("connector", "edge", "Polls devices (Modbus TCP)", {"pipeline"}),
        component("pipeline", "platform", "Checks and stores samples", {"store", "registry"}),
        component("store", "platform", "Durable time series", {}),
        component("registry", "platform", "Models, assets, points, people", {}),
        component("query", "platform", "History and SQL", {"store", "registry"}),
        component("api", "platform", "REST and live feed", {"query", "pipeline", "registry"}),
        component("console", "application", "What people see", {"api"})};
    out["store"] = {{"series", store.series},
                    {"segments", store.segments},
                    {"segment_bytes", store.segment_bytes},
                    {"segment_rows", store.segment_rows},
                    {"memtable_rows", store.memtable_rows},
                    {"journal_bytes", store.journal_bytes},
                    {"damaged_blocks", store.damaged_blocks},
                    {"accepting", store.accepting}};
    out["points"] = services.directory.size();
    co_return json_answer(out);
}

json::object show_entry(const security::AuditEntry& entry) {
    json::object out;
    out["number"] = entry.number;
    out["time"] = format_time(entry.time);
    const std::initializer_list<std::pair<const char*, const std::string*>> texts = {
        {"principal", &entry.principal}, {"action", &entry.action}, {"object", &entry.object},
        {"outcome", &entry.outcome},     {"detail", &entry.detail}, {"address", &entry.address},
        {"trace", &entry.trace}};
    for (const auto& [name, text] : texts) {
        if (!text->empty()) {
            out[name] = *text;
        }
    }
    return out;
}

Result<http::Response> list_audit(Services& services, const Call& call) {
    TRY_ASSIGN(const auto page, call.page());
    std::uint64_t before = UINT64_MAX;
    if (!page.after.empty()) {
        const char* end = page.after.data() + page.after.size();
        if (std::from_chars(page.after.data(), end, before).ptr != end) {
            return bad_field("cursor", "is not one that this list gave out");
        }
    }
    const auto entries =
        services.audit.list(call.tenant().text(), before, static_cast<std::size_t>(page.limit));
    registry::Page<security::AuditEntry> out{entries, ""};
    if (std::ssize(entries) == page.limit) {
        out.next = std::to_string(entries.back().number);
    }
    return page_answer(
        out, [](const security::AuditEntry& entry) { return std::optional(show_entry(entry)); });
}

}  // namespace

void add_system_routes(std::vector<Route>& out) {
    using enum http::Method;
    constexpr std::string_view tag = "System";
    out.push_back({.method = Get,
                   .path = "/v1/about",
                   .id = "getAbout",
                   .tag = tag,
                   .summary = "Components, versions, sizes",
                   .admission = Admission::SignedIn,
                   .permission = "",
                   .handle = about,
                   .response = "About"});
    out.push_back({.method = Get,
                   .path = "/v1/audit",
                   .id = "listAudit",
                   .tag = tag,
                   .summary = "The audit log, newest first",
                   .permission = "audit:read",
                   .handle = list_audit,
                   .query = with_paging(),
                   .response = "AuditPage"});
    out.push_back({.method = Get,
                   .path = "/metrics",
                   .id = "getMetrics",
                   .tag = tag,
                   .summary = "Metrics in Prometheus' text format",
                   .permission = "system:read",
                   .handle = metrics,
                   .response = "Text"});
    out.push_back({.method = Get,
                   .path = "/health/live",
                   .id = "getLive",
                   .tag = tag,
                   .summary = "Whether the program runs",
                   .admission = Admission::Public,
                   .permission = "",
                   .handle = live,
                   .response = "Health"});
    out.push_back({.method = Get,
                   .path = "/health/ready",
                   .id = "getReady",
                   .tag = tag,
                   .summary = "Whether it takes samples",
                   .admission = Admission::Public,
                   .permission = "",
                   .handle = ready,
                   .response = "Health",
                   .about = "503 once the journal of the store or of the MQTT broker has "
                            "failed; reading goes on."});
    out.push_back({.method = Get,
                   .path = "/openapi.json",
                   .id = "getOpenApi",
                   .tag = tag,
                   .summary = "This document",
                   .admission = Admission::Public,
                   .permission = "",
                   .handle = openapi,
                   .response = "Anything"});
}

}  // namespace gantry::api
