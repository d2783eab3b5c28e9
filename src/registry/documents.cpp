// SPDX-License-Identifier: Apache-2.0
#include "registry/documents.h"

#include <format>

#include "model/json.h"
#include "registry/bridges.h"
#include "registry/command_rules.h"
#include "registry/mappings.h"
#include "registry/publications.h"

namespace gantry::registry {
namespace {

template <class Tag>
constexpr std::string_view columns =
    Tag::secrets ? "id, key, doc, created, updated, version, secrets"
                 : "id, key, doc, created, updated, version";

template <class Tag>
Document<Tag> document_of(const SqlRow& row) {
    return {Id<Tag>(row.text(0)), row.text(1), row.text(2), read_stamp(row, 3),
            Tag::secrets ? row.text(6) : std::string()};
}

// What a row is written with.
template <class Tag>
std::vector<SqlParameter> parameters_of(const Document<Tag>& document) {
    std::vector<SqlParameter> out = {{"id", document.id.text()}, {"doc", document.json}};
    if (Tag::secrets) {
        out.push_back({"secrets", document.secrets});
    }
    return with_stamp(std::move(out), document.stamp);
}

}  // namespace

template <class Tag>
Result<Document<Tag>> Documents<Tag>::find(Sql& sql, const TenantId& tenant,
                                           const std::string& reference) {
    TRY_ASSIGN(const auto row, sql.first(std::format("SELECT {} FROM {} WHERE tenant = :tenant AND "
                                                     "(id = :reference OR key = :reference2)",
                                                     columns<Tag>, Tag::table),
                                         {{"tenant", tenant.text()},
                                          {"reference", reference},
                                          {"reference2", reference}}));
    if (!row) {
        return fail(Code::NotFound, "there is no {} '{}'", Tag::noun, reference);
    }
    return document_of<Tag>(*row);
}

template <class Tag>
Result<Document<Tag>> Documents<Tag>::create(const TenantId& tenant, Document<Tag> document) {
    TRY(check_key(document.key, "/key"));
    return ground_.feed.write<Document<Tag>>([&](Sql& sql,
                                                 ChangeSet& changes) -> Result<Document<Tag>> {
        TRY_ASSIGN(
            const auto count,
            sql.first(std::format("SELECT count(*) FROM {} WHERE tenant = :tenant", Tag::table),
                      {{"tenant", tenant.text()}}));
        if (count->number(0) >= static_cast<std::int64_t>(count_max)) {
            return fail(Code::QuotaExceeded,
                        "there are {} {}s, which is the most: remove some, or use wildcards",
                        count_max, Tag::noun);
        }
        if (document.id.text().empty()) {
            document.id = new_id();
        }
        document.stamp = new_stamp(ground_.clock);
        std::vector<SqlParameter> parameters = parameters_of(document);
        parameters.push_back({"tenant", tenant.text()});
        parameters.push_back({"key", document.key});
        const auto done =
            sql.execute(std::format("INSERT INTO {} (tenant, {}) VALUES (:tenant, :id, :key, :doc, "
                                    ":created, :updated, :version{})",
                                    Tag::table, columns<Tag>, Tag::secrets ? ", :secrets" : ""),
                        parameters);
        if (!done) {
            return done.error().code == Code::Conflict
                       ? fail(Code::Conflict, "there is a {} '{}' already", Tag::noun, document.key)
                       : std::unexpected(done.error());
        }
        changes.add(tenant, Tag::kind, document.id.text(), ChangeAction::Created);
        return document;
    });
}

template <class Tag>
Result<Document<Tag>> Documents<Tag>::get(const TenantId& tenant, const std::string& reference) {
    return ground_.database.template read<Document<Tag>>(
        [&](Sql& sql) { return find(sql, tenant, reference); });
}

template <class Tag>
Result<Page<Document<Tag>>> Documents<Tag>::list(const TenantId& tenant,
                                                 const PageRequest& request) {
    using Found = Page<Document<Tag>>;
    return ground_.database.template read<Found>([&](Sql& sql) -> Result<Found> {
        TRY_ASSIGN(const auto rows,
                   sql.query(std::format("SELECT {} FROM {} WHERE tenant = :tenant AND "
                                         "key > :after ORDER BY key LIMIT :limit",
                                         columns<Tag>, Tag::table),
                             {{"tenant", tenant.text()},
                              {"after", request.after},
                              {"limit", request.limit + 1}}));
        std::vector<Document<Tag>> items;
        for (const SqlRow& row : rows) {
            items.push_back(document_of<Tag>(row));
        }
        return make_page(std::move(items), request,
                         [](const Document<Tag>& one) { return one.key; });
    });
}

template <class Tag>
Result<std::vector<Document<Tag>>> Documents<Tag>::all(const TenantId& tenant) {
    using All = std::vector<Document<Tag>>;
    return ground_.database.template read<All>([&](Sql& sql) -> Result<All> {
        TRY_ASSIGN(const auto rows,
                   sql.query(std::format("SELECT {} FROM {} WHERE tenant = :tenant ORDER BY key",
                                         columns<Tag>, Tag::table),
                             {{"tenant", tenant.text()}}));
        All out;
        for (const SqlRow& row : rows) {
            out.push_back(document_of<Tag>(row));
        }
        return out;
    });
}

template <class Tag>
Result<std::vector<TenantId>> Documents<Tag>::tenants() {
    using Tenants = std::vector<TenantId>;
    return ground_.database.template read<Tenants>([](Sql& sql) -> Result<Tenants> {
        TRY_ASSIGN(const auto rows,
                   sql.query(std::format("SELECT DISTINCT tenant FROM {}", Tag::table), {}));
        Tenants out;
        for (const SqlRow& row : rows) {
            out.emplace_back(row.text(0));
        }
        return out;
    });
}

template <class Tag>
Result<Document<Tag>> Documents<Tag>::update(const TenantId& tenant, Document<Tag> document,
                                             const ExpectedVersion& expected) {
    return ground_.feed.write<Document<Tag>>(
        [&](Sql& sql, ChangeSet& changes) -> Result<Document<Tag>> {
            TRY_ASSIGN(const Document<Tag> before, find(sql, tenant, document.id.text()));
            TRY(check_version(before.stamp, expected));
            document.key = before.key;
            document.stamp = next_stamp(before.stamp, ground_.clock);
            TRY(sql.execute(std::format("UPDATE {} SET doc = :doc, created = :created, updated = "
                                        ":updated, version = :version{} WHERE id = :id",
                                        Tag::table, Tag::secrets ? ", secrets = :secrets" : ""),
                            parameters_of(document)));
            changes.add(tenant, Tag::kind, document.id.text(), ChangeAction::Updated);
            return document;
        });
}

template <class Tag>
Result<> Documents<Tag>::remove(const TenantId& tenant, const std::string& reference) {
    const auto done = ground_.feed.write<bool>([&](Sql& sql, ChangeSet& changes) -> Result<bool> {
        TRY_ASSIGN(const Document<Tag> document, find(sql, tenant, reference));
        TRY(sql.execute(std::format("DELETE FROM {} WHERE id = :id", Tag::table),
                        {{"id", document.id.text()}}));
        changes.add(tenant, Tag::kind, document.id.text(), ChangeAction::Deleted);
        return true;
    });
    return done ? Result<>{} : std::unexpected(done.error());
}

template class Documents<BridgeTag>;
template class Documents<CommandRuleTag>;
template class Documents<MappingTag>;
template class Documents<PublicationTag>;

}  // namespace gantry::registry
