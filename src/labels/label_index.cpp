// SPDX-License-Identifier: Apache-2.0
#include "labels/label_index.h"

#include <algorithm>
#include <numeric>

namespace gantry::labels {
namespace {

constexpr std::string_view mark = "l:";
constexpr Duration quota_is_good_for = std::chrono::seconds(1);

// What tags have in common: the key up to its '#'.
std::string_view tags_part(std::string_view key) {
    for (std::size_t i = 0; i < key.size(); ++i) {
        if (key[i] == '\\') {
            ++i;
        } else if (key[i] == '#') {
            return key.substr(0, i);
        }
    }
    return key;
}

std::vector<std::uint32_t> common(const std::vector<std::uint32_t>& left,
                                  const std::vector<std::uint32_t>& right) {
    std::vector<std::uint32_t> out;
    std::ranges::set_intersection(left, right, std::back_inserter(out));
    return out;
}

}  // namespace

LabelTest label_is(std::string name, std::string value) {
    LabelTest out;
    out.name = std::move(name);
    out.accepts = [value](std::string_view text) { return text == value; };
    out.only.push_back(std::move(value));
    return out;
}

std::string LabelIndex::store_key(const TenantId& tenant, std::string_view key) {
    std::string out(mark);
    out += tenant.text();
    out += ':';
    out += key;
    return out;
}

std::string_view LabelIndex::key_of(const TenantId& tenant, std::string_view store_key) {
    const std::size_t before = mark.size() + tenant.text().size();
    const bool ours = store_key.size() > before && store_key.starts_with(mark) &&
                      store_key.substr(mark.size()).starts_with(tenant.text()) &&
                      store_key[before] == ':';
    return ours ? store_key.substr(before + 1) : std::string_view();
}

Result<SeriesId> LabelIndex::make(const TenantId& tenant, std::string_view key, ValueType type) {
    const std::string whole = store_key(tenant, key);
    std::unique_lock<std::mutex> making;
    if (quota_ && !store_.find_series(whole)) {
        making = std::unique_lock(making_);
        if (!store_.find_series(whole)) {  // still
            TRY(must_have_room(tenant));
        }
    }
    auto made = store_.make_series(whole, type);
    if (!made && made.error().code == Code::Conflict) {
        const auto known = store_.find_series(whole);
        return fail(Code::Conflict, "field type conflict: {} has {}, not {}", key,
                    known ? value_type_name(known->type) : "another type", value_type_name(type));
    }
    return made;
}

Result<> LabelIndex::must_have_room(const TenantId& tenant) {
    const auto [limit, added] = limits_.try_emplace(tenant.text());
    const Duration now = clock_.monotonic();
    if (added || now - limit->second.asked >= quota_is_good_for) {
        auto most = quota_(tenant);
        if (!most) {
            limits_.erase(limit);
            return std::unexpected(most.error());
        }
        limit->second = {*most, now};
    }
    const std::size_t have = size(tenant);
    if (have >= limit->second.most) {
        return fail(Code::QuotaExceeded,
                    "the tenant has {} of the {} series by labels that it may have: write fewer "
                    "different labels, or ask the operator of the platform for a larger quota",
                    have, limit->second.most);
    }
    return {};
}

LabelIndex::Postings& LabelIndex::postings(Tenant& tenant, std::string_view name,
                                           std::string_view value) {
    auto at = tenant.names.find(name);
    if (at == tenant.names.end()) {
        at = tenant.names.emplace(name, Values()).first;
    }
    auto found = at->second.find(value);
    if (found == at->second.end()) {
        found = at->second.emplace(value, Postings()).first;
        bytes_ += value.size() + 96;
    }
    return found->second;
}

void LabelIndex::add(Tenant& tenant, const Found& found) {
    const auto number = static_cast<std::uint32_t>(tenant.series.size());
    tenant.series.push_back(found);
    const std::string_view tags = tags_part(found.key);
    const LabelSet labels = labels_of(found.key);
    if (tags != tenant.last_tags) {
        tenant.last_tags = tags;
        tenant.last_postings.clear();
        for (const Label& label : labels) {
            if (label.name != metric_name_label) {
                tenant.last_postings.push_back(&postings(tenant, label.name, label.value));
            }
        }
    }
    for (Postings* list : tenant.last_postings) {
        list->push_back(number);
    }
    const auto name = std::ranges::find(labels, metric_name_label, &Label::name);
    postings(tenant, metric_name_label, name->value).push_back(number);
    bytes_ += sizeof(Found) + 4 * (tenant.last_postings.size() + 1);
}

void LabelIndex::catch_up() {
    while (true) {
        const std::string_view key = store_.series_key(SeriesId{next_});
        if (key.empty()) {
            return;
        }
        const SeriesId id{next_++};
        if (!key.starts_with(mark)) {
            continue;
        }
        const std::string_view rest = key.substr(mark.size());
        const std::size_t colon = rest.find(':');
        if (colon == std::string_view::npos) {
            continue;
        }
        auto tenant = tenants_.find(rest.substr(0, colon));
        if (tenant == tenants_.end()) {
            tenant = tenants_.emplace(rest.substr(0, colon), Tenant()).first;
        }
        add(tenant->second, {id, rest.substr(colon + 1)});
    }
}

LabelIndex::Tenant* LabelIndex::tenant_of(const TenantId& tenant) {
    catch_up();
    const auto found = tenants_.find(tenant.text());
    return found == tenants_.end() ? nullptr : &found->second;
}

LabelIndex::Postings LabelIndex::passing(const Tenant& tenant, const LabelTest& test) {
    const auto name = tenant.names.find(test.name);
    const bool without = test.accepts("");
    Postings out;
    if (!test.only.empty() && !without) {
        for (const std::string& wanted : test.only) {
            if (name == tenant.names.end()) {
                break;
            }
            if (const auto value = name->second.find(wanted); value != name->second.end()) {
                out.insert(out.end(), value->second.begin(), value->second.end());
            }
        }
        std::ranges::sort(out);
        return out;
    }
    std::vector<bool> has(without ? tenant.series.size() : 0);
    if (name != tenant.names.end()) {
        for (const auto& [value, list] : name->second) {
            if (test.accepts(value)) {
                out.insert(out.end(), list.begin(), list.end());
            }
            if (without) {
                for (const std::uint32_t number : list) {
                    has[number] = true;
                }
            }
        }
    }
    for (std::uint32_t number = 0; number < has.size(); ++number) {
        if (!has[number]) {
            out.push_back(number);
        }
    }
    std::ranges::sort(out);
    return out;
}

Result<std::vector<LabelIndex::Found>> LabelIndex::select(const TenantId& tenant,
                                                          std::span<const LabelTest> tests,
                                                          std::size_t most) {
    const std::lock_guard lock(mutex_);
    const Tenant* known = tenant_of(tenant);
    std::vector<Found> out;
    if (known == nullptr) {
        return out;
    }
    std::optional<Postings> left;
    for (const LabelTest& test : tests) {
        Postings those = passing(*known, test);
        left = left ? common(*left, those) : std::move(those);
        if (left->empty()) {
            return out;
        }
    }
    if (!left) {
        left.emplace(known->series.size());
        std::iota(left->begin(), left->end(), 0U);
    }
    if (left->size() > most) {
        return fail(Code::TooLarge, "{} series match, at most {} at once: narrow the selector",
                    left->size(), most);
    }
    out.reserve(left->size());
    for (const std::uint32_t number : *left) {
        out.push_back(known->series[number]);
    }
    return out;
}

std::vector<std::string> LabelIndex::names(const TenantId& tenant) {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> out;
    if (const Tenant* known = tenant_of(tenant)) {
        for (const auto& [name, values] : known->names) {
            out.push_back(name);
        }
    }
    std::ranges::sort(out);
    return out;
}

std::vector<std::string> LabelIndex::values(const TenantId& tenant, std::string_view name) {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> out;
    if (const Tenant* known = tenant_of(tenant)) {
        if (const auto found = known->names.find(name); found != known->names.end()) {
            for (const auto& [value, list] : found->second) {
                out.push_back(value);
            }
        }
    }
    std::ranges::sort(out);
    return out;
}

std::size_t LabelIndex::size(const TenantId& tenant) {
    const std::lock_guard lock(mutex_);
    const Tenant* known = tenant_of(tenant);
    return known == nullptr ? 0 : known->series.size();
}

std::size_t LabelIndex::bytes() {
    const std::lock_guard lock(mutex_);
    return bytes_;
}

}  // namespace gantry::labels
