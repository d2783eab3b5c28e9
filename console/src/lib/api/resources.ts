// SPDX-License-Identifier: Apache-2.0
// The resources of the API, a function an operation that the console uses.
import type {
    AcceptedPoints, ApiToken, Asset, AuditEntry, Bridge, Broker, BrokerSession, Command, CommandCheck, CommandRule, Connection,
    DeadLetterList, LatestSample, Mapping, MappingPreview, MappingTrial, Model, NewAsset, NewBridge, NewConnection,
    NewCommand, NewCommandRule, NewMapping, NewMessage, NewModel, NewPoint, NewPrincipal, NewPublication, NewRole, NewTag, NewToken,
    NewTokenAnswer, Patch, Point, Principal, PrincipalPatch, ProposedPoint, Publication, PublishAnswer,
    RetainedMessageList, Role, SqlAnswer, Tag, Usage,
} from './types';
import type {
    AboutServer, Page, PointRows, ProtocolForm, ScanResult, Settings, TestResult, TrialReading, TrialTag,
} from './shapes';
import { call, call_raw, get, get_all, part, patch, post, put, remove, type Query } from './client';

const paged = (path: string) => <T>(query: Query, signal?: AbortSignal) => get<Page<T>>(path, query, signal);

export const assets = {
    list: (query: Query, signal?: AbortSignal) => paged('/v1/assets')<Asset>(query, signal),
    children: (parent: string) => get_all<Asset>('/v1/assets', { parent }),
    get: (reference: string, signal?: AbortSignal) =>
        get<Asset>(`/v1/assets/${part(reference)}`, {}, signal),
    create: (asset: NewAsset) => post<Asset>('/v1/assets', asset),
    patch: (reference: string, change: Record<string, unknown>, version?: number) =>
        patch<Asset>(`/v1/assets/${part(reference)}`, change, version),
    remove: (reference: string, recursive: boolean, version?: number) =>
        remove(`/v1/assets/${part(reference)}`, version, { recursive }),
};

export const points = {
    list: (query: Query, signal?: AbortSignal) => paged('/v1/points')<Point>(query, signal),
    of_asset: (asset: string, signal?: AbortSignal) =>
        get_all<Point>('/v1/points', { asset }, 5000, signal),
    get: (reference: string, signal?: AbortSignal) =>
        get<Point>(`/v1/points/${part(reference)}`, {}, signal),
    create: (point: NewPoint) => post<Point>('/v1/points', point),
    patch: (reference: string, change: Record<string, unknown>, version?: number) =>
        patch<Point>(`/v1/points/${part(reference)}`, change, version),
    remove: (reference: string, version?: number) => remove(`/v1/points/${part(reference)}`, version),
};

export const commands = {
    // What the rules say of it now.
    check: (command: NewCommand) =>
        post<CommandCheck>('/v1/commands/check', { point: command.point, value: command.value }),
    send: (command: NewCommand) => post<Command>('/v1/commands', command),
    list: (query: Query, signal?: AbortSignal) => paged('/v1/commands')<Command>(query, signal),
    approve: (command: Command, note: string) =>
        post<Command>(`/v1/commands/${part(command.id)}/approve`, { note }),
    reject: (command: Command, note: string) =>
        post<Command>(`/v1/commands/${part(command.id)}/reject`, { note }),
    rules: (signal?: AbortSignal) => get_all<CommandRule>('/v1/command-rules', {}, 1000, signal),
    create_rule: (rule: NewCommandRule) => post<CommandRule>('/v1/command-rules', rule),
    replace_rule: (rule: CommandRule, change: NewCommandRule) =>
        put<CommandRule>(`/v1/command-rules/${part(rule.id)}`, change, rule.version),
    remove_rule: (rule: CommandRule) => remove(`/v1/command-rules/${part(rule.id)}`),
};

export const models = {
    list: (query: Query, signal?: AbortSignal) => paged('/v1/models')<Model>(query, signal),
    all: () => get_all<Model>('/v1/models'),
    get: (reference: string, resolved = false) =>
        get<Model>(`/v1/models/${part(reference)}`, resolved ? { resolved } : {}),
    create: (model: NewModel) => post<Model>('/v1/models', model),
    replace: (reference: string, model: NewModel, version?: number) =>
        put<Model>(`/v1/models/${part(reference)}`, model, version),
    remove: (reference: string, version?: number) => remove(`/v1/models/${part(reference)}`, version),
};

export const samples = {
    latest: (selection: { points?: string[]; under?: string }, signal?: AbortSignal) =>
        post<{ items: LatestSample[] }>('/v1/latest', selection, { quality: 'code' }, signal),
    history: (query: Query, signal?: AbortSignal) =>
        get<{ items: PointRows[] }>('/v1/samples', query, signal),
    csv: async (query: Query) =>
        (await call_raw('GET', '/v1/samples', { query, headers: { Accept: 'text/csv' } })).blob(),
};

export const connections = {
    list: (query: Query = {}, signal?: AbortSignal) => paged('/v1/connections')<Connection>(query, signal),
    all: (signal?: AbortSignal) => get_all<Connection>('/v1/connections', {}, 10_000, signal),
    get: (reference: string, signal?: AbortSignal) =>
        get<Connection>(`/v1/connections/${part(reference)}`, {}, signal),
    create: (connection: NewConnection) => post<Connection>('/v1/connections', connection),
    patch: (reference: string, change: Record<string, unknown>, version?: number) =>
        patch<Connection>(`/v1/connections/${part(reference)}`, change as Patch, version),
    // Settings are replaced as a whole: what is left out goes back to its default.
    replace: (reference: string, connection: NewConnection, version?: number) =>
        put<Connection>(`/v1/connections/${part(reference)}`, connection, version),
    remove: (reference: string, version?: number) =>
        remove(`/v1/connections/${part(reference)}`, version),
    test: (reference: string) => post<TestResult>(`/v1/connections/${part(reference)}/test`, {}),
    tags: (connection: string, signal?: AbortSignal) =>
        get_all<Tag>('/v1/tags', { connection }, 50_000, signal),
    add_tags: (items: NewTag[]) => post<{ items: Tag[] }>('/v1/tags', { items }),
    patch_tag: (tag: Tag, address: string) =>
        patch<Tag>(`/v1/tags/${part(tag.id)}`, { address }, tag.version),
    remove_tag: (tag: Tag) => remove(`/v1/tags/${part(tag.id)}`, tag.version),
};

export const protocols = {
    list: (signal?: AbortSignal) => get<{ items: ProtocolForm[] }>('/v1/protocols', {}, signal),
    test: (protocol: string, settings: Settings, signal?: AbortSignal) =>
        post<TestResult>(`/v1/protocols/${part(protocol)}/test`, { settings }, {}, signal),
    read: (protocol: string, settings: Settings, addresses: TrialTag[], signal?: AbortSignal) =>
        post<{ items: TrialReading[] }>(`/v1/protocols/${part(protocol)}/read`,
                                        { settings, addresses }, {}, signal),
    scan: (protocol: string, settings: Settings, area: string, from: number, count: number,
           signal?: AbortSignal) =>
        post<ScanResult>(`/v1/protocols/${part(protocol)}/scan`, { settings, area, from, count }, {}, signal),
};

export const broker = {
    state: (signal?: AbortSignal) => get<Broker>('/v1/broker', {}, signal),
    sessions: (signal?: AbortSignal) => get_all<BrokerSession>('/v1/broker/sessions', {}, 5000, signal),
    end_session: (client: BrokerSession) => remove(`/v1/broker/sessions/${part(client.client_id)}`),
    retained: (filter: string, signal?: AbortSignal) =>
        get<RetainedMessageList>('/v1/broker/retained', { filter }, signal),
    publish: (message: NewMessage) => post<PublishAnswer>('/v1/broker/messages', message),
    mappings: (signal?: AbortSignal) => get_all<Mapping>('/v1/mappings', {}, 10_000, signal),
    create_mapping: (mapping: NewMapping) => post<Mapping>('/v1/mappings', mapping),
    replace_mapping: (mapping: Mapping, change: NewMapping) =>
        put<Mapping>(`/v1/mappings/${part(mapping.id)}`, change, mapping.version),
    remove_mapping: (mapping: Mapping) => remove(`/v1/mappings/${part(mapping.id)}`),
    preview: (trial: MappingTrial, signal?: AbortSignal) =>
        post<MappingPreview>('/v1/mappings/preview', trial, {}, signal),
    publications: (signal?: AbortSignal) => get_all<Publication>('/v1/publications', {}, 1000, signal),
    create_publication: (publication: NewPublication) => post<Publication>('/v1/publications', publication),
    replace_publication: (publication: Publication, change: NewPublication) =>
        put<Publication>(`/v1/publications/${part(publication.id)}`, change, publication.version),
    remove_publication: (publication: Publication) => remove(`/v1/publications/${part(publication.id)}`),
    proposals: (signal?: AbortSignal) => get_all<ProposedPoint>('/v1/broker/proposals', {}, 10_000, signal),
    accept: (points: string[]) => post<AcceptedPoints>('/v1/broker/proposals/accept', { points }),
    dead_letters: (signal?: AbortSignal) => get<DeadLetterList>('/v1/broker/dead_letters', { limit: 200 }, signal),
    clear_dead_letters: () => remove('/v1/broker/dead_letters'),
};

export const bridges = {
    all: (signal?: AbortSignal) => get_all<Bridge>('/v1/bridges', {}, 1000, signal),
    create: (bridge: NewBridge) => post<Bridge>('/v1/bridges', bridge),
    replace: (bridge: Bridge, change: NewBridge) =>
        put<Bridge>(`/v1/bridges/${part(bridge.id)}`, change, bridge.version),
    remove: (bridge: Bridge) => remove(`/v1/bridges/${part(bridge.id)}`),
};

export const sql = {
    run: (query: string, limit: number, signal?: AbortSignal) =>
        post<SqlAnswer>('/v1/sql', { query, limit }, {}, signal),
};

export const access = {
    principals: (query: Query, signal?: AbortSignal) => paged('/v1/principals')<Principal>(query, signal),
    create_principal: (principal: NewPrincipal) => post<Principal>('/v1/principals', principal),
    patch_principal: (principal: Principal, change: PrincipalPatch) =>
        patch<Principal>(`/v1/principals/${part(principal.id)}`, change, principal.version),
    remove_principal: (principal: Principal) => remove(`/v1/principals/${part(principal.id)}`),
    reset_password: (principal: Principal, password: string) =>
        post<void>(`/v1/principals/${part(principal.id)}/reset-password`, { password }),
    roles: () => get_all<Role>('/v1/roles'),
    create_role: (role: NewRole) => post<Role>('/v1/roles', role),
    replace_role: (role: Role, change: NewRole) =>
        put<Role>(`/v1/roles/${part(role.id)}`, change, role.version),
    remove_role: (role: Role) => remove(`/v1/roles/${part(role.id)}`),
    tokens: (query: Query, signal?: AbortSignal) => paged('/v1/tokens')<ApiToken>(query, signal),
    create_token: (token: NewToken) => post<NewTokenAnswer>('/v1/tokens', token),
    remove_token: (token: ApiToken) => remove(`/v1/tokens/${part(token.id)}`),
};

export const system = {
    about: (signal?: AbortSignal) => get<AboutServer>('/v1/about', {}, signal),
    usage: (signal?: AbortSignal) => get<Usage>('/v1/usage', {}, signal),
    audit: (query: Query, signal?: AbortSignal) => paged('/v1/audit')<AuditEntry>(query, signal),
    metrics: async (signal?: AbortSignal) => (await call_raw('GET', '/metrics', { signal })).text(),
    openapi: () => call<unknown>('GET', '/openapi.json', { anonymous: true }),
};
