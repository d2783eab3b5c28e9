// SPDX-License-Identifier: Apache-2.0
#include "pgwire/catalogue.h"

#include <algorithm>
#include <array>
#include <format>
#include <string>
#include <vector>

namespace gantry::pgwire {
namespace {

struct View {
    std::string_view name;
    std::string_view query;
};

// A relation that has no rows here: "column:type …", types as in column_type().
struct Empty {
    std::string_view name;
    std::string_view columns;
};

// Arities of one name follow each other.
struct Macro {
    std::string_view name;
    std::string_view parameters;
    std::string_view body;
};

struct NamePair {
    std::string_view name;
    std::string_view other;
};

// ---- settings

constexpr std::array all_settings = {
    Setting{"application_name", ""},
    Setting{"bytea_output", "hex"},
    Setting{"client_encoding", "UTF8"},
    Setting{"datestyle", "ISO, MDY"},
    Setting{"default_transaction_isolation", "read committed"},
    Setting{"default_transaction_read_only", "on"},
    Setting{"extra_float_digits", "1"},
    Setting{"in_hot_standby", "off"},
    Setting{"integer_datetimes", "on"},
    Setting{"intervalstyle", "postgres"},
    Setting{"is_superuser", "off"},
    Setting{"lc_collate", "C"},
    Setting{"lc_ctype", "C"},
    Setting{"lc_messages", "C"},
    Setting{"lc_monetary", "C"},
    Setting{"lc_numeric", "C"},
    Setting{"lc_time", "C"},
    Setting{"max_identifier_length", "63"},
    Setting{"max_index_keys", "32"},
    Setting{"search_path", "\"$user\", public"},
    Setting{"server_encoding", "UTF8"},
    Setting{"server_version", server_version},
    Setting{"server_version_num", server_version_number},
    Setting{"session_authorization", ""},
    Setting{"ssl", "on"},
    Setting{"standard_conforming_strings", "on"},
    Setting{"statement_timeout", "0"},
    Setting{"timezone", "UTC"},
    Setting{"transaction_isolation", "read committed"},
    Setting{"transaction_read_only", "on"},
};

// ---- views

// Object ids: 11 pg_catalog, 2200 public, 13000 information_schema, as PostgreSQL has them; ours
// from 16384 on, in the order of names.
constexpr std::array views = {
    // What the tenant sees. DuckDB has views of that name in `public`, made below.
    View{"relations_",
         "SELECT 16384 + row_number() OVER (ORDER BY view_name) AS oid, view_name AS name FROM "
         "duckdb_views() WHERE schema_name = 'public' AND NOT internal"},
    View{"columns_",
         "SELECT r.oid AS relation, r.name AS table_name, c.column_name AS name, c.column_index AS "
         "number, CASE c.data_type WHEN 'BOOLEAN' THEN 16 WHEN 'SMALLINT' THEN 21 WHEN 'INTEGER' "
         "THEN 23 WHEN 'UINTEGER' THEN 20 WHEN 'BIGINT' THEN 20 WHEN 'FLOAT' THEN 700 WHEN "
         "'DOUBLE' THEN 701 WHEN 'TIMESTAMP' THEN 1114 WHEN 'TIMESTAMP WITH TIME ZONE' THEN 1184 "
         "WHEN 'DATE' THEN 1082 ELSE 25 END AS type FROM duckdb_columns() c JOIN "
         "gantry_pg.relations_ r ON r.name = c.table_name WHERE c.schema_name = 'public'"},
    View{"types_",
         "SELECT * FROM (VALUES (16, 'bool', 1, 'B', 1000, 'boolean'), (17, 'bytea', -1, 'U', "
         "1001, 'bytea'), (18, 'char', 1, 'Z', 1002, '\"char\"'), (19, 'name', 64, 'S', 1003, "
         "'name'), (20, 'int8', 8, 'N', 1016, 'bigint'), (21, 'int2', 2, 'N', 1005, 'smallint'), "
         "(23, 'int4', 4, 'N', 1007, 'integer'), (25, 'text', -1, 'S', 1009, 'text'), (26, 'oid', "
         "4, 'N', 1028, 'oid'), (114, 'json', -1, 'U', 199, 'json'), (700, 'float4', 4, 'N', 1021, "
         "'real'), (701, 'float8', 8, 'N', 1022, 'double precision'), (1042, 'bpchar', -1, 'S', "
         "1014, 'character'), (1043, 'varchar', -1, 'S', 1015, 'character varying'), (1082, "
         "'date', 4, 'D', 1182, 'date'), (1083, 'time', 8, 'D', 1183, 'time without time zone'), "
         "(1114, 'timestamp', 8, 'D', 1115, 'timestamp without time zone'), (1184, 'timestamptz', "
         "8, 'D', 1185, 'timestamp with time zone'), (1186, 'interval', 16, 'T', 1187, "
         "'interval'), (1700, 'numeric', -1, 'N', 1231, 'numeric'), (2950, 'uuid', 16, 'U', 2951, "
         "'uuid')) t(oid, name, length, category, array_oid, sql_name)"},
    View{"pg_namespace",
         "SELECT * FROM (VALUES (11, 'pg_catalog', 10, NULL::VARCHAR[]), (2200, 'public', 10, "
         "NULL), (13000, 'information_schema', 10, NULL)) t(oid, nspname, nspowner, nspacl)"},
    View{"pg_class",
         "SELECT oid, name AS relname, 2200 AS relnamespace, 0 AS reltype, 0 AS reloftype, 10 AS "
         "relowner, 2 AS relam, oid AS relfilenode, 0 AS reltablespace, 0 AS relpages, "
         "(-1)::FLOAT AS reltuples, 0 AS relallvisible, 0 AS reltoastrelid, false AS relhasindex, "
         "false AS relisshared, 'p' AS relpersistence, 'r' AS relkind, (SELECT count(*) FROM "
         "gantry_pg.columns_ c WHERE c.relation = r.oid)::SMALLINT AS relnatts, 0::SMALLINT AS "
         "relchecks, false AS relhasoids, false AS relhasrules, false AS relhastriggers, false AS "
         "relhassubclass, false AS relrowsecurity, false AS relforcerowsecurity, true AS "
         "relispopulated, 'n' AS relreplident, false AS relispartition, 0 AS relrewrite, 0 AS "
         "relfrozenxid, 0 AS relminmxid, NULL::VARCHAR[] AS relacl, NULL::VARCHAR[] AS "
         "reloptions, NULL::VARCHAR AS relpartbound, 0 AS xmin FROM gantry_pg.relations_ r"},
    View{"pg_attribute",
         "SELECT c.relation AS attrelid, c.name AS attname, c.type AS atttypid, (-1) AS "
         "attstattarget, t.length::SMALLINT AS attlen, c.number::SMALLINT AS attnum, 0 AS "
         "attndims, (-1) AS attcacheoff, (-1) AS atttypmod, false AS attbyval, 'p' AS attstorage, "
         "'' AS attcompression, 'i' AS attalign, false AS attnotnull, false AS atthasdef, false AS "
         "atthasmissing, '' AS attidentity, '' AS attgenerated, false AS attisdropped, true AS "
         "attislocal, 0 AS attinhcount, 0 AS attcollation, NULL::VARCHAR[] AS attacl, "
         "NULL::VARCHAR[] AS attoptions, NULL::VARCHAR[] AS attfdwoptions, NULL::VARCHAR AS "
         "attmissingval FROM gantry_pg.columns_ c JOIN gantry_pg.types_ t ON t.oid = c.type"},
    View{"pg_type",
         "SELECT oid, name AS typname, 11 AS typnamespace, 10 AS typowner, length::SMALLINT AS "
         "typlen, false AS typbyval, 'b' AS typtype, category AS typcategory, false AS "
         "typispreferred, true AS typisdefined, ',' AS typdelim, 0 AS typrelid, 0 AS typelem, "
         "array_oid AS typarray, name || 'in' AS typinput, name || 'out' AS typoutput, name || "
         "'recv' AS typreceive, name || 'send' AS typsend, '-' AS typmodin, '-' AS typmodout, 'i' "
         "AS typalign, 'p' AS typstorage, false AS typnotnull, 0 AS typbasetype, (-1) AS "
         "typtypmod, 0 AS typndims, 0 AS typcollation, NULL::VARCHAR AS typdefault, NULL::VARCHAR "
         "AS typdefaultbin, NULL::VARCHAR[] AS typacl FROM gantry_pg.types_ UNION ALL SELECT "
         "array_oid, '_' || name, 11, 10, (-1)::SMALLINT, false, 'b', 'A', false, true, ',', 0, "
         "oid, 0, 'pg_catalog.array_in', 'array_out', 'array_recv', 'array_send', '-', '-', 'i', "
         "'x', false, "
         "0, (-1), 0, 0, NULL, NULL, NULL FROM gantry_pg.types_"},
    View{"pg_database",
         "SELECT 16383 AS oid, gantry_database() AS datname, 10 AS datdba, 6 AS encoding, 'c' AS "
         "datlocprovider, false AS datistemplate, true AS datallowconn, (-1) AS datconnlimit, 0 "
         "AS datfrozenxid, 0 AS datminmxid, 1663 AS dattablespace, 'C' AS datcollate, 'C' AS "
         "datctype, NULL::VARCHAR AS daticulocale, NULL::VARCHAR AS daticurules, NULL::VARCHAR AS "
         "datlocale, NULL::VARCHAR AS datcollversion, NULL::VARCHAR[] AS datacl"},
    // Other principals are nobody's business here.
    View{"pg_roles",
         "SELECT gantry_login() AS rolname, false AS rolsuper, true AS rolinherit, false AS "
         "rolcreaterole, false AS rolcreatedb, true AS rolcanlogin, false AS rolreplication, "
         "(-1) AS rolconnlimit, '********' AS rolpassword, NULL::TIMESTAMPTZ AS rolvaliduntil, "
         "false AS rolbypassrls, NULL::VARCHAR[] AS rolconfig, 10 AS oid"},
    View{"pg_user",
         "SELECT gantry_login() AS usename, 10 AS usesysid, false AS usecreatedb, false AS "
         "usesuper, false AS userepl, false AS usebypassrls, '********' AS passwd, "
         "NULL::TIMESTAMPTZ AS valuntil, NULL::VARCHAR[] AS useconfig"},
    View{"pg_am", "SELECT 2 AS oid, 'heap' AS amname, '-' AS amhandler, 't' AS amtype"},
    View{"pg_tablespace",
         "SELECT 1663 AS oid, 'pg_default' AS spcname, 10 AS spcowner, NULL::VARCHAR[] AS spcacl, "
         "NULL::VARCHAR[] AS spcoptions"},
    View{"pg_collation",
         "SELECT 100 AS oid, 'default' AS collname, 11 AS collnamespace, 10 AS collowner, 'd' AS "
         "collprovider, true AS collisdeterministic, (-1) AS collencoding, NULL::VARCHAR AS "
         "collcollate, NULL::VARCHAR AS collctype, NULL::VARCHAR AS colliculocale, "
         "NULL::VARCHAR AS collicurules, NULL::VARCHAR AS colllocale, NULL::VARCHAR AS "
         "collversion"},
    View{"pg_language", "SELECT 12 AS oid, 'internal' AS lanname, 10 AS lanowner"},
    View{"pg_settings",
         "SELECT name, setting, NULL::VARCHAR AS unit, 'Gantry' AS category, '' AS short_desc, '' "
         "AS extra_desc, 'user' AS context, 'string' AS vartype, 'default' AS source, "
         "NULL::VARCHAR AS min_val, NULL::VARCHAR AS max_val, NULL::VARCHAR[] AS enumvals, "
         "setting AS boot_val, setting AS reset_val, NULL::VARCHAR AS sourcefile, NULL::INTEGER "
         "AS sourceline, false AS pending_restart FROM gantry_pg.settings_"},
    View{"pg_tables",
         "SELECT 'public' AS schemaname, name AS tablename, gantry_login() AS tableowner, "
         "NULL::VARCHAR AS \"tablespace\", false AS hasindexes, false AS hasrules, false AS "
         "hastriggers, false AS rowsecurity FROM gantry_pg.relations_"},
    View{"pg_stat_user_tables",
         "SELECT oid AS relid, 'public' AS schemaname, name AS relname, 0::BIGINT AS n_live_tup "
         "FROM gantry_pg.relations_"},
    View{"pg_timezone_names",
         "SELECT 'UTC' AS name, 'UTC' AS abbrev, INTERVAL 0 SECOND AS utc_offset, false AS is_dst"},
};

constexpr std::array empties = {
    Empty{"pg_attrdef", "oid:i adrelid:i adnum:i adbin:t"},
    Empty{"pg_auth_members", "oid:i roleid:i member:i grantor:i admin_option:b"},
    Empty{"pg_cast", "oid:i castsource:i casttarget:i castfunc:i castcontext:t castmethod:t"},
    Empty{"pg_constraint",
          "oid:i conname:t connamespace:i contype:t condeferrable:b condeferred:b convalidated:b "
          "conrelid:i contypid:i conindid:i conparentid:i confrelid:i confupdtype:t confdeltype:t "
          "confmatchtype:t conislocal:b coninhcount:i connoinherit:b conkey:l confkey:l "
          "conpfeqop:l conppeqop:l conffeqop:l conexclop:l conbin:t"},
    Empty{"pg_conversion", "oid:i conname:t connamespace:i"},
    Empty{"pg_db_role_setting", "setdatabase:i setrole:i setconfig:s"},
    Empty{"pg_default_acl", "oid:i defaclrole:i defaclnamespace:i defaclobjtype:t defaclacl:s"},
    Empty{"pg_depend",
          "classid:i objid:i objsubid:i refclassid:i refobjid:i refobjsubid:i deptype:t"},
    Empty{"pg_description", "objoid:i classoid:i objsubid:i description:t"},
    Empty{"pg_enum", "oid:i enumtypid:i enumsortorder:f enumlabel:t"},
    Empty{"pg_event_trigger",
          "oid:i evtname:t evtevent:t evtowner:i evtfoid:i evtenabled:t evttags:s"},
    Empty{"pg_extension",
          "oid:i extname:t extowner:i extnamespace:i extrelocatable:b extversion:t"},
    Empty{"pg_available_extensions", "name:t default_version:t installed_version:t comment:t"},
    Empty{"pg_foreign_data_wrapper", "oid:i fdwname:t fdwowner:i"},
    Empty{"pg_foreign_server", "oid:i srvname:t srvowner:i srvfdw:i srvoptions:s"},
    Empty{"pg_foreign_table", "ftrelid:i ftserver:i ftoptions:s"},
    Empty{"pg_index",
          "indexrelid:i indrelid:i indnatts:i indnkeyatts:i indisunique:b indnullsnotdistinct:b "
          "indisprimary:b indisexclusion:b indimmediate:b indisclustered:b indisvalid:b "
          "indcheckxmin:b indisready:b indislive:b indisreplident:b indkey:l indcollation:l "
          "indclass:l indoption:l indexprs:t indpred:t"},
    Empty{"pg_indexes", "schemaname:t tablename:t indexname:t tablespace:t indexdef:t"},
    Empty{"pg_inherits", "inhrelid:i inhparent:i inhseqno:i inhdetachpending:b"},
    Empty{"pg_locks", "locktype:t database:i relation:i pid:i mode:t granted:b"},
    Empty{"pg_matviews", "schemaname:t matviewname:t matviewowner:t definition:t ispopulated:b"},
    Empty{"pg_opclass", "oid:i opcname:t opcmethod:i opcnamespace:i opcdefault:b opcintype:i"},
    Empty{"pg_operator", "oid:i oprname:t oprnamespace:i oprkind:t oprleft:i oprright:i"},
    Empty{"pg_partitioned_table", "partrelid:i partstrat:t partnatts:i partattrs:l"},
    Empty{"pg_policy", "oid:i polname:t polrelid:i polcmd:t polpermissive:b polroles:l polqual:t "
                       "polwithcheck:t"},
    Empty{"pg_prepared_statements", "name:t statement:t prepare_time:z from_sql:b"},
    Empty{"pg_proc",
          "oid:i proname:t pronamespace:i proowner:i prolang:i procost:f prorows:f provariadic:i "
          "prokind:t prosecdef:b proleakproof:b proisstrict:b proretset:b provolatile:t "
          "proparallel:t pronargs:i pronargdefaults:i prorettype:i proargtypes:l "
          "proallargtypes:l proargmodes:s proargnames:s prosrc:t proacl:s proisagg:b"},
    Empty{"pg_publication",
          "oid:i pubname:t pubowner:i puballtables:b pubinsert:b pubupdate:b pubdelete:b "
          "pubtruncate:b pubviaroot:b"},
    Empty{"pg_publication_namespace", "oid:i pnpubid:i pnnspid:i"},
    Empty{"pg_publication_rel", "oid:i prpubid:i prrelid:i prqual:t prattrs:l"},
    Empty{"pg_publication_tables", "pubname:t schemaname:t tablename:t"},
    Empty{"pg_range", "rngtypid:i rngsubtype:i rngmultitypid:i"},
    Empty{"pg_rewrite", "oid:i rulename:t ev_class:i ev_type:t ev_enabled:t is_instead:b"},
    Empty{"pg_rules", "schemaname:t tablename:t rulename:t definition:t"},
    Empty{"pg_seclabel", "objoid:i classoid:i objsubid:i provider:t label:t"},
    Empty{"pg_sequence",
          "seqrelid:i seqtypid:i seqstart:i seqincrement:i seqmax:i seqmin:i seqcache:i "
          "seqcycle:b"},
    Empty{"pg_sequences", "schemaname:t sequencename:t sequenceowner:t last_value:i"},
    Empty{"pg_shdescription", "objoid:i classoid:i description:t"},
    Empty{"pg_stat_activity",
          "datid:i datname:t pid:i usesysid:i usename:t application_name:t client_addr:t "
          "backend_start:z query_start:z state:t query:t"},
    Empty{"pg_stat_ssl", "pid:i ssl:b version:t cipher:t bits:i"},
    Empty{"pg_statistic_ext",
          "oid:i stxrelid:i stxname:t stxnamespace:i stxowner:i stxstattarget:i stxkeys:l "
          "stxkind:s"},
    Empty{"pg_subscription", "oid:i subname:t subowner:i subenabled:b"},
    Empty{"pg_trigger",
          "oid:i tgrelid:i tgparentid:i tgname:t tgfoid:i tgtype:i tgenabled:t tgisinternal:b "
          "tgconstrrelid:i tgconstraint:i tgdeferrable:b tginitdeferred:b"},
    Empty{"pg_ts_config", "oid:i cfgname:t cfgnamespace:i"},
    Empty{"pg_views", "schemaname:t viewname:t viewowner:t definition:t"},
};

constexpr std::array information_views = {
    View{"schemata",
         "SELECT gantry_database() AS catalog_name, nspname AS schema_name, gantry_login() AS "
         "schema_owner, NULL::VARCHAR AS default_character_set_catalog, NULL::VARCHAR AS "
         "default_character_set_schema, NULL::VARCHAR AS default_character_set_name, "
         "NULL::VARCHAR AS sql_path FROM gantry_pg.pg_namespace"},
    View{"tables",
         "SELECT gantry_database() AS table_catalog, 'public' AS table_schema, name AS "
         "table_name, 'BASE TABLE' AS table_type, NULL::VARCHAR AS self_referencing_column_name, "
         "NULL::VARCHAR AS reference_generation, NULL::VARCHAR AS user_defined_type_catalog, "
         "NULL::VARCHAR AS user_defined_type_schema, NULL::VARCHAR AS user_defined_type_name, "
         "'NO' AS is_insertable_into, 'NO' AS is_typed, NULL::VARCHAR AS commit_action FROM "
         "gantry_pg.relations_"},
    View{"columns",
         "SELECT gantry_database() AS table_catalog, 'public' AS table_schema, c.table_name, "
         "c.name AS column_name, c.number AS ordinal_position, NULL::VARCHAR AS column_default, "
         "'YES' AS is_nullable, t.sql_name AS data_type, NULL::INTEGER AS "
         "character_maximum_length, NULL::INTEGER AS character_octet_length, CASE t.name WHEN "
         "'float8' THEN 53 WHEN 'int8' THEN 64 WHEN 'int4' THEN 32 END AS numeric_precision, CASE "
         "t.category WHEN 'N' THEN 2 END AS numeric_precision_radix, CASE WHEN t.name IN ('int8', "
         "'int4') THEN 0 END AS numeric_scale, CASE t.category WHEN 'D' THEN 6 END AS "
         "datetime_precision, NULL::VARCHAR AS interval_type, NULL::INTEGER AS "
         "interval_precision, NULL::VARCHAR AS character_set_name, NULL::VARCHAR AS "
         "collation_catalog, NULL::VARCHAR AS collation_schema, NULL::VARCHAR AS collation_name, "
         "NULL::VARCHAR AS domain_catalog, NULL::VARCHAR AS domain_schema, NULL::VARCHAR AS "
         "domain_name, gantry_database() AS udt_catalog, 'pg_catalog' AS udt_schema, t.name AS "
         "udt_name, 'NO' AS is_self_referencing, 'NO' AS is_identity, NULL::VARCHAR AS "
         "identity_generation, 'NEVER' AS is_generated, NULL::VARCHAR AS generation_expression, "
         "'NO' AS is_updatable FROM gantry_pg.columns_ c JOIN gantry_pg.types_ t ON t.oid = "
         "c.type"},
};

constexpr std::array information_empties = {
    Empty{"views", "table_catalog:t table_schema:t table_name:t view_definition:t"},
    Empty{"table_constraints",
          "constraint_catalog:t constraint_schema:t constraint_name:t table_catalog:t "
          "table_schema:t table_name:t constraint_type:t"},
    Empty{"key_column_usage",
          "constraint_catalog:t constraint_schema:t constraint_name:t table_catalog:t "
          "table_schema:t table_name:t column_name:t ordinal_position:i"},
    Empty{"constraint_column_usage",
          "table_catalog:t table_schema:t table_name:t column_name:t constraint_catalog:t "
          "constraint_schema:t constraint_name:t"},
    Empty{"referential_constraints",
          "constraint_catalog:t constraint_schema:t constraint_name:t unique_constraint_name:t"},
    Empty{"routines", "routine_catalog:t routine_schema:t routine_name:t routine_type:t"},
    Empty{"triggers", "trigger_catalog:t trigger_schema:t trigger_name:t event_object_table:t"},
    Empty{"role_table_grants",
          "grantor:t grantee:t table_catalog:t table_schema:t table_name:t privilege_type:t"},
    Empty{"table_privileges",
          "grantor:t grantee:t table_catalog:t table_schema:t table_name:t privilege_type:t"},
    Empty{"sequences", "sequence_catalog:t sequence_schema:t sequence_name:t"},
};

// ---- functions

constexpr std::array macros = {
    Macro{"version", "", "'PostgreSQL 16.0 (Gantry)'"},
    Macro{"current_database", "", "gantry_database()"},
    Macro{"current_schema", "", "'public'"},
    Macro{"current_schemas", "implicit",
          "CASE WHEN implicit THEN ['pg_catalog', 'public'] ELSE ['public'] END"},
    Macro{"current_setting", "n", "gantry_pg.setting_(n, false)"},
    Macro{"current_setting", "n, missing_ok", "gantry_pg.setting_(n, missing_ok)"},
    Macro{"set_config", "n, v, is_local", "v"},
    Macro{"pg_get_userbyid", "role", "gantry_login()"},
    Macro{"pg_backend_pid", "", "0"},
    Macro{"pg_is_in_recovery", "", "false"},
    Macro{"pg_my_temp_schema", "", "0"},
    Macro{"pg_is_other_temp_schema", "o", "false"},
    Macro{"pg_postmaster_start_time", "", "now()"},
    Macro{"pg_conf_load_time", "", "now()"},
    Macro{"pg_advisory_unlock_all", "", "NULL"},
    Macro{"pg_client_encoding", "", "'UTF8'"},
    Macro{"pg_encoding_to_char", "e", "'UTF8'"},
    Macro{"pg_char_to_encoding", "e", "6"},
    Macro{"inet_server_addr", "", "NULL::VARCHAR"},
    Macro{"inet_server_port", "", "NULL::INTEGER"},
    Macro{"inet_client_addr", "", "NULL::VARCHAR"},
    Macro{"pg_table_is_visible", "o", "true"},
    Macro{"pg_type_is_visible", "o", "true"},
    Macro{"pg_function_is_visible", "o", "true"},
    Macro{"pg_relation_is_publishable", "o", "false"},
    Macro{"pg_get_expr", "e, r", "NULL::VARCHAR"},
    Macro{"pg_get_expr", "e, r, pretty", "NULL::VARCHAR"},
    Macro{"pg_get_indexdef", "i", "NULL::VARCHAR"},
    Macro{"pg_get_indexdef", "i, c, pretty", "NULL::VARCHAR"},
    Macro{"pg_get_constraintdef", "c", "NULL::VARCHAR"},
    Macro{"pg_get_constraintdef", "c, pretty", "NULL::VARCHAR"},
    Macro{"pg_get_viewdef", "v", "NULL::VARCHAR"},
    Macro{"pg_get_viewdef", "v, pretty", "NULL::VARCHAR"},
    Macro{"pg_get_ruledef", "r", "NULL::VARCHAR"},
    Macro{"pg_get_ruledef", "r, pretty", "NULL::VARCHAR"},
    Macro{"pg_get_triggerdef", "t", "NULL::VARCHAR"},
    Macro{"pg_get_triggerdef", "t, pretty", "NULL::VARCHAR"},
    Macro{"pg_get_partkeydef", "r", "NULL::VARCHAR"},
    Macro{"pg_get_function_result", "f", "NULL::VARCHAR"},
    Macro{"pg_get_function_arguments", "f", "NULL::VARCHAR"},
    Macro{"pg_get_function_identity_arguments", "f", "NULL::VARCHAR"},
    Macro{"pg_get_statisticsobjdef_columns", "s", "NULL::VARCHAR"},
    Macro{"pg_get_serial_sequence", "t, c", "NULL::VARCHAR"},
    Macro{"pg_tablespace_location", "t", "''"},
    Macro{"pg_relation_size", "r", "0::BIGINT"},
    Macro{"pg_table_size", "r", "0::BIGINT"},
    Macro{"pg_indexes_size", "r", "0::BIGINT"},
    Macro{"pg_total_relation_size", "r", "0::BIGINT"},
    Macro{"pg_database_size", "d", "0::BIGINT"},
    Macro{"obj_description", "o", "NULL::VARCHAR"},
    Macro{"obj_description", "o, c", "NULL::VARCHAR"},
    Macro{"shobj_description", "o, c", "NULL::VARCHAR"},
    Macro{"col_description", "o, c", "NULL::VARCHAR"},
    Macro{"format_type", "t, m",
          "(SELECT coalesce(max(sql_name), '-') FROM gantry_pg.types_ WHERE oid = t)"},
    Macro{"quote_ident", "n",
          "CASE WHEN regexp_full_match(n, '[a-z_][a-z0-9_]*') THEN n ELSE '\"' || replace(n, "
          "'\"', '\"\"') || '\"' END"},
    Macro{"quote_literal", "n", "'''' || replace(n::VARCHAR, '''', '''''') || ''''"},
    Macro{"parse_ident", "n", "list_transform(string_split(n, '.'), lambda x: trim(x, '\"'))"},
    Macro{"array_lower", "a, d", "CASE WHEN len(a) > 0 THEN 1 END"},
    Macro{"array_upper", "a, d", "CASE WHEN len(a) > 0 THEN len(a) END"},
    Macro{"to_regclass", "n",
          "(SELECT max(oid) FROM (SELECT oid, name FROM gantry_pg.relations_ UNION ALL SELECT * "
          "FROM (VALUES (1259, 'pg_class'), (1249, 'pg_attribute'), (1247, 'pg_type'), (2615, "
          "'pg_namespace'), (1255, 'pg_proc'), (1262, 'pg_database'), (2606, 'pg_constraint'), "
          "(2604, 'pg_attrdef'), (3079, 'pg_extension'), (1260, 'pg_authid'), (2618, "
          "'pg_rewrite'), (2620, 'pg_trigger'))) r(oid, name) WHERE r.oid::VARCHAR = n::VARCHAR "
          "OR r.name = trim(split_part(n::VARCHAR, '.', -1), '\"'))"},
    Macro{"to_regtype", "n",
          "(SELECT max(oid) FROM gantry_pg.types_ WHERE name = lower(n::VARCHAR) OR sql_name = "
          "lower(n::VARCHAR))"},
    Macro{"json_build_object", "a, b, c, d, e, f, g, h, i, j, k, l, m, n", "NULL::VARCHAR"},
    Macro{"_pg_expandarray", "a", "{'x': 0, 'n': 0}"},
};

// Names that stand for a function without brackets.
constexpr std::array bare_functions = {
    NamePair{"current_catalog", "gantry_database()"},
    NamePair{"current_role", "gantry_login()"},
    NamePair{"current_user", "gantry_login()"},
    NamePair{"session_user", "gantry_login()"},
    NamePair{"user", "gantry_login()"},
    NamePair{"current_schema", "'public'"},
};

constexpr std::array engine_types = {
    NamePair{"oid", "BIGINT"},
    NamePair{"name", "VARCHAR"},
    NamePair{"regclass", "VARCHAR"},
    NamePair{"regtype", "VARCHAR"},
    NamePair{"regproc", "VARCHAR"},
    NamePair{"regprocedure", "VARCHAR"},
    NamePair{"regrole", "VARCHAR"},
    NamePair{"regnamespace", "VARCHAR"},
    NamePair{"char", "VARCHAR"},
    NamePair{"cstring", "VARCHAR"},
    NamePair{"xid", "BIGINT"},
    NamePair{"int2vector", "BIGINT[]"},
    NamePair{"oidvector", "BIGINT[]"},
    NamePair{"_text", "VARCHAR[]"},
    NamePair{"_name", "VARCHAR[]"},
    NamePair{"sql_identifier", "VARCHAR"},
    NamePair{"character_data", "VARCHAR"},
    NamePair{"yes_or_no", "VARCHAR"},
    NamePair{"cardinal_number", "INTEGER"},
    NamePair{"aclitem", "VARCHAR"},
};

// Grafana asks which schemas are searched with arrays that stand in FROM; psql asks for columns of
// a publication in the same way.
constexpr std::array all_fragments = {
    Fragment{"select case when trim ( s [ i ] ) = '\"$user\"' then user else trim ( s [ i ] ) end "
             "from generate_series ( array_lower ( string_to_array ( current_setting ( "
             "'search_path' ) , ',' ) , 1 ) , array_upper ( string_to_array ( current_setting ( "
             "'search_path' ) , ',' ) , 1 ) ) as i , string_to_array ( current_setting ( "
             "'search_path' ) , ',' ) s",
             "SELECT 'public'"},
    Fragment{"pg_catalog . generate_series ( 0 , pg_catalog . array_upper ( pr . prattrs :: "
             "pg_catalog . int2 [ ] , 1 ) ) s",
             "(SELECT 0 AS s) AS places"},
};

// ---- the statements that make all of it

std::string_view column_type(char letter) {
    switch (letter) {
        case 'i': return "BIGINT";
        case 'b': return "BOOLEAN";
        case 'f': return "FLOAT";
        case 'z': return "TIMESTAMPTZ";
        case 'l': return "BIGINT[]";
        case 's': return "VARCHAR[]";
        default: return "VARCHAR";
    }
}

std::string empty_query(std::string_view columns) {
    std::string out = "SELECT ";
    while (!columns.empty()) {
        const std::size_t space = std::min(columns.find(' '), columns.size());
        const std::string_view column = columns.substr(0, space);
        out += std::format("NULL::{} AS \"{}\"", column_type(column.back()),
                           column.substr(0, column.size() - 2));
        columns.remove_prefix(std::min(space + 1, columns.size()));
        out += columns.empty() ? "" : ", ";
    }
    return out + " WHERE false";
}

std::string create_view(std::string_view schema, std::string_view name, std::string_view query) {
    return std::format("CREATE VIEW {}.{} AS {}", schema, name, query);
}

std::string settings_query() {
    std::string out = "SELECT * FROM (VALUES ";
    for (const Setting& setting : all_settings) {
        out += std::format("{}('{}', '{}')", &setting == all_settings.data() ? "" : ", ",
                           setting.name, setting.value);
    }
    return out + ") t(name, setting)";
}

void create_macros(std::vector<std::string>& out) {
    out.emplace_back(
        "CREATE MACRO gantry_pg.setting_(n, missing_ok) AS (SELECT CASE WHEN count(*) > 0 OR "
        "missing_ok THEN max(setting) ELSE error('unrecognized configuration parameter \"' || n "
        "|| '\"') END FROM gantry_pg.settings_ WHERE name = lower(n))");
    for (std::size_t i = 0; i < macros.size();) {
        std::string statement = std::format("CREATE MACRO gantry_pg.{}", macros[i].name);
        const std::string_view name = macros[i].name;
        for (bool first = true; i < macros.size() && macros[i].name == name; ++i, first = false) {
            statement += std::format("{} ({}) AS {}", first ? "" : ",", macros[i].parameters,
                                     macros[i].body);
        }
        out.push_back(std::move(statement));
    }
}

}  // namespace

query::SqlExtension catalogue() {
    query::SqlExtension out;
    for (const std::string_view schema :
         {std::string_view("public"), catalogue_schema, information_schema}) {
        out.push_back(std::format("CREATE SCHEMA {}", schema));
    }
    for (const std::string_view table : query::sql_tables()) {
        out.push_back(create_view("public", table, std::format("SELECT * FROM main.{}", table)));
    }
    out.push_back(create_view(catalogue_schema, "settings_", settings_query()));
    for (const View& view : views) {
        out.push_back(create_view(catalogue_schema, view.name, view.query));
    }
    for (const Empty& empty : empties) {
        out.push_back(create_view(catalogue_schema, empty.name, empty_query(empty.columns)));
    }
    for (const View& view : information_views) {
        out.push_back(create_view(information_schema, view.name, view.query));
    }
    for (const Empty& empty : information_empties) {
        out.push_back(create_view(information_schema, empty.name, empty_query(empty.columns)));
    }
    create_macros(out);
    return out;
}

namespace {

template <class Rows>
bool has(const Rows& rows, std::string_view name) {
    return std::ranges::any_of(rows, [name](const auto& row) { return row.name == name; });
}

template <class Rows>
std::string_view other(const Rows& rows, std::string_view name) {
    const auto found = std::ranges::find(rows, name, &NamePair::name);
    return found == rows.end() ? std::string_view() : found->other;
}

}  // namespace

bool is_catalogue_relation(std::string_view name) {
    return name.starts_with("pg_") && (has(views, name) || has(empties, name));
}
bool is_information_relation(std::string_view name) {
    return has(information_views, name) || has(information_empties, name);
}
bool is_catalogue_function(std::string_view name) { return has(macros, name); }
std::string_view bare_function(std::string_view name) { return other(bare_functions, name); }
std::string_view engine_type(std::string_view name) { return other(engine_types, name); }
std::span<const Fragment> fragments() { return all_fragments; }
std::span<const Setting> settings() { return all_settings; }

}  // namespace gantry::pgwire
