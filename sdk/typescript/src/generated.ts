// SPDX-License-Identifier: Apache-2.0
// Types and operations of the API. Made by sdk/generate.py from openapi.json; not to be edited.
import type { CallOptions, RequestToSend } from './request.js';

export const API_VERSION = '0.1.0';

export type About = Record<string, unknown>;

export interface AcceptPoints {
    points: string[];
}

export interface AcceptedPoints {
    made: number;
}

export interface AccessAnswer {
    allowed: boolean;
    because?: Statement;
    reason?: string;
}

export interface AccessQuestion {
    permission: string;
    path?: string;
}

export type Anything = unknown;

export interface ApiToken {
    id: string;
    name: string;
    principal?: string;
    created?: string;
    expires?: string;
}

export interface Asset {
    id: string;
    path: string;
    key: string;
    /** id or path; absent at the root */
    parent?: string;
    name?: Name;
    description?: Name;
    level: 'site' | 'area' | 'line' | 'cell' | 'unit' | 'thing';
    model?: string;
    attributes?: Record<string, string>;
    has_children?: boolean;
    created?: string;
    updated?: string;
    version?: number;
}

export interface AssetPage {
    items: Asset[];
    /** cursor of the next page */
    next?: string;
}

export interface AuditEntry {
    number: number;
    time: string;
    principal?: string;
    action: string;
    object?: string;
    outcome: string;
    detail?: string;
    address?: string;
    trace?: string;
}

export interface AuditPage {
    items: AuditEntry[];
    /** cursor of the next page */
    next?: string;
}

/** A bridge to another MQTT broker, and how it does. */
export interface Bridge {
    id: string;
    key: string;
    enabled: boolean;
    /** mqtt://host:1883, or mqtts://host:8883 with TLS */
    address: string;
    /** PEM of who vouches for the other broker; empty: the authorities of the operating system */
    ca?: string;
    /** PEM of a client certificate to be shown, with what vouches for it */
    certificate?: string;
    /** empty: gantry- and the id of the bridge */
    client_id?: string;
    user?: string;
    /** auto: 5.0, or 3.1.1 if the other broker refuses it */
    protocol?: 'auto' | '5.0' | '3.1.1';
    /** 1s to 65535s */
    keep_alive?: string;
    /** 1 to 200; of those that match a topic the first says its other name */
    rules: Array<{
        /** out: from here to the other broker */
        direction: 'out' | 'in' | 'both';
        /** which topics, behind the prefixes; empty: the one topic that the prefixes name */
        filter?: string;
        /** what the topics begin with here */
        local_prefix?: string;
        /** what the topics begin with at the other broker */
        remote_prefix?: string;
        /** at most; what goes out with 1 or 2 waits while the other broker is away */
        qos?: 0 | 1 | 2;
    }>;
    has_password: boolean;
    has_client_key: boolean;
    status: BridgeStatus;
    created?: string;
    updated?: string;
    version: number;
}

export interface BridgePage {
    items: Bridge[];
    /** cursor of the next page */
    next?: string;
}

/** How a bridge does; messages are counted since the start of the program. */
export interface BridgeStatus {
    /** refused: by the other broker's own word */
    state: 'disabled' | 'connecting' | 'connected' | 'refused' | 'failed';
    /** why it is refused or failed, or what is not as it should be */
    reason?: string;
    since: string;
    /** version of MQTT, while it is connected */
    protocol?: string;
    /** taken over here */
    messages_in: number;
    /** taken over by the other broker */
    messages_out: number;
    /** refused by either side, of no rule, or lost because the queue was full */
    dropped: number;
    /** that wait for the other broker */
    queued: number;
}

/** The MQTT broker of a tenant. */
export interface Broker {
    enabled: boolean;
    addresses: string[];
    connections: number;
    sessions: number;
    subscriptions: number;
    retained: number;
    counters: {
        /** from clients */
        messages_in: number;
        /** to clients, each the first time */
        messages_out: number;
        /** too many waited for a client */
        dropped_queue_full: number;
        /** QoS 0, for a client that does not read */
        dropped_slow: number;
        /** QoS 0, for a client that is away */
        dropped_away: number;
        /** their time was over */
        dropped_expired: number;
        /** larger than what the client takes */
        dropped_too_large: number;
        /** the client may not have them any more */
        dropped_forbidden: number;
        /** of clients, with a reason */
        refused_publishes: number;
        /** connections that were closed for what they sent */
        protocol_errors: number;
        /** connections that the same client replaced */
        takeovers: number;
    };
}

/**
 * A client of the MQTT broker; login, address, encrypted, since and version while it is connected.
 */
export interface BrokerSession {
    client_id: string;
    connected: boolean;
    principal: string;
    login?: string;
    address?: string;
    encrypted?: boolean;
    since?: string;
    version?: '3.1.1' | '5.0';
    /** how long it is kept after its connection; without it for ever */
    expiry_seconds?: number;
    will: boolean;
    subscriptions: number;
    /** messages that wait */
    queued: number;
    queued_bytes: number;
    /** messages that are sent and not acknowledged */
    inflight: number;
    /** of one that was asked for alone */
    filters?: Array<{
        filter: string;
        qos: number;
    }>;
}

export interface BrokerSessionPage {
    items: BrokerSession[];
    /** cursor of the next page */
    next?: string;
}

export interface ChangePassword {
    current: string;
    new: string;
}

/** A value for the device behind a point, and what became of it. */
export interface Command {
    id: string;
    point: string;
    value: Value;
    /** waiting: for somebody to approve it; done: has an outcome */
    state: 'waiting' | 'sending' | 'done';
    /**
     * confirmed: read back as asked; refused: not sent, or the device said no; failed: what is read
     * back differs; unknown: read the point before writing again
     */
    outcome?: 'confirmed' | 'refused' | 'failed' | 'unknown';
    detail?: string;
    read_back?: Value;
    by: CommandPerson;
    reason?: string;
    created: string;
    expires?: string;
    decided_by?: CommandPerson;
    decided?: string;
    note?: string;
    finished?: string;
}

export interface CommandCheck {
    point: string;
    /** no rule forbids it */
    passes: boolean;
    needs_approval: boolean;
    rules: Array<{
        rule: string;
        passes: boolean;
        /** it wants one */
        approval: boolean;
        /** why it does not pass */
        detail?: string;
    }>;
}

export interface CommandDefinition {
    key: string;
    name?: Name;
    parameters?: Parameter[];
}

export interface CommandNote {
    /** why */
    note?: string;
}

export interface CommandPage {
    items: Command[];
    /** cursor of the next page */
    next?: string;
}

export interface CommandPerson {
    id: string;
    login: string;
}

export interface CommandQuestion {
    /** id or path */
    point: string;
    value: Value;
}

/** What must be true before a value is sent. */
export interface CommandRule {
    key: string;
    name?: Name;
    enabled?: boolean;
    /** the path of an asset or of a point; empty: all points */
    under?: string;
    /** of their paths; * is any text: *.speed_setpoint */
    points?: string;
    /**
     * a formula that must be true: value is what is to be written, current the latest value of the
     * point, another name a point of the same asset, `a/b.c` any point
     */
    condition?: string;
    /** of the values in the condition; 0s: any */
    max_age?: string;
    /** somebody else must agree */
    approval?: boolean;
    /** for that, at most */
    wait?: string;
    id: string;
    created: string;
    updated: string;
    version: number;
}

export interface CommandRulePage {
    items: CommandRule[];
    /** cursor of the next page */
    next?: string;
}

export interface Connection {
    id: string;
    key: string;
    name?: Name;
    protocol: string;
    enabled: boolean;
    settings: Record<string, unknown>;
    status?: ConnectionStatus;
    created?: string;
    updated?: string;
    version?: number;
}

export interface ConnectionPage {
    items: Connection[];
    /** cursor of the next page */
    next?: string;
}

/** How the connection fares; see the guide of the protocol. */
export type ConnectionStatus = Record<string, unknown>;

export interface DeadLetterList {
    items: Array<{
        number: number;
        time: string;
        reason: 'malformed' | 'value' | 'too_large' | 'unknown_point' | 'rejected' | 'sparkplug';
        detail: string;
        topic: string;
        client_id: string;
        mapping: string;
        /** of the message */
        bytes: number;
        /** its beginning, where that is text */
        text?: string;
        /** its beginning, where it is not */
        hex?: string;
    }>;
    /** by reason, since the start */
    counts: Record<string, number>;
}

export interface DiscoveryAnswer {
    /** that were looked at */
    hosts: number;
    items: Array<{
        host: string;
        port: number;
        protocol: string;
        /** that it speaks the protocol; 0.2: only the port is open */
        confidence: number;
        /** what it says of itself */
        detail: string;
        /** of a connection to it */
        settings: Record<string, unknown>;
    }>;
}

export interface DiscoveryRequest {
    /** names, addresses, ranges and networks, by commas; 256 at most */
    hosts: string;
    /**
     * ports by protocol; an empty list: the usual one. Without it all protocols that can be looked
     * for
     */
    protocols?: Record<string, number[]>;
    /** true: whoever owns the devices agrees */
    consent: boolean;
}

export interface EraseReport {
    point: string;
    from: string;
    to: string;
    /** samples that there were */
    rows: number;
}

export interface EventDefinition {
    key: string;
    name?: Name;
    severity?: 'info' | 'warning' | 'critical';
    fields?: Parameter[];
}

export type EventStream = string;

export type FileContent = string;

export interface FormulaAnswer {
    time: string[];
    items: Array<{
        group?: string;
        formulas: Array<{
            name: string;
            unit?: string;
            value: Array<number | null>;
            quality: Array<string | null>;
        }>;
    }>;
}

export interface FormulaQuestion {
    from?: string;
    to?: string;
    every: string;
    fill?: 'none' | 'previous' | 'linear';
    variables: Record<string, {
        point?: string;
        property?: string;
        agg?: string;
    }>;
    formulas: Array<{
        name?: string;
        expression: string;
        unit?: string;
    }>;
    assets?: {
        under?: string;
        model?: string;
    };
    group?: {
        by?: string;
        agg?: 'avg' | 'sum' | 'min' | 'max' | 'count';
    };
}

export interface GroupHistory {
    /** how many there are */
    points: number;
    unit?: string;
    plan?: QueryPlan;
    /** time, the aggregates, then quality: arrays of one length */
    columns: Record<string, unknown[]>;
}

export interface Health {
    status: string;
    store?: string;
    broker?: string;
}

export interface History {
    items: PointHistory[];
}

export type HookBody = string;

export interface InfluxAnswer {
    results?: Record<string, unknown>[];
    error?: string;
}

export interface LatestSample {
    point: string;
    time?: string;
    value: Value;
    quality: Quality;
    quality_code?: number;
}

export interface LatestSamples {
    items: LatestSample[];
}

export type LineProtocol = string;

/** A mapping from messages to points. */
export interface Mapping {
    key: string;
    enabled?: boolean;
    /** points that messages speak of are made at once instead of proposed */
    create_points?: boolean;
    /** a topic filter whose levels may have names: plant/{line}/# */
    topic: string;
    format?: 'json' | 'text' | 'csv' | 'line_protocol' | 'cbor' | 'sparkplug_b';
    csv?: {
        separator?: string;
        columns?: string[];
        header?: boolean;
    };
    precision?: 'ns' | 'us' | 'ms' | 's' | 'm' | 'h';
    /** none: every value of a message is a reading */
    rules?: Array<{
        /** a path to items, as $.metrics[*] */
        each?: string;
        /** a path to values */
        value?: string;
        /** the name of the point, with gaps as {topic}, {path}, {line} */
        point?: string;
        type?: 'float64' | 'int64' | 'bool' | 'string';
        unit?: string;
        time?: {
            path: string;
            format?: 'rfc3339' | 'unix_s' | 'unix_ms' | 'unix_us' | 'unix_ns';
        };
        quality?: {
            path: string;
            map?: Record<string, string>;
            otherwise?: string;
        };
    }>;
    id: string;
    created: string;
    updated: string;
    version: number;
}

export interface MappingPage {
    items: Mapping[];
    /** cursor of the next page */
    next?: string;
}

export interface MappingPreview {
    /** the first 1,000 */
    items: Array<{
        name: string;
        /** the path that the name stands for; empty: none */
        point: string;
        /** whether there is such a point */
        there: boolean;
        time: string;
        type: string;
        value: Value;
        quality: string;
        unit?: string;
    }>;
    readings: number;
    /** values that could not be taken as they are */
    bad: number;
    /** with the first of them */
    problem?: string;
}

export interface MappingTrial {
    mapping: NewMapping;
    topic: string;
    text?: string;
    base64?: string;
}

export interface Model {
    id: string;
    key: string;
    name?: Name;
    description?: Name;
    parent?: string;
    aspects?: string[];
    is_aspect?: boolean;
    properties?: Property[];
    commands?: CommandDefinition[];
    events?: EventDefinition[];
    created?: string;
    updated?: string;
    version?: number;
}

export interface ModelPage {
    items: Model[];
    /** cursor of the next page */
    next?: string;
}

/** In both languages, or a plain string for English. */
export type Name = string | {
    zh?: string;
    en?: string;
};

export interface NewAsset {
    key: string;
    /** id or path; absent at the root */
    parent?: string;
    name?: Name;
    description?: Name;
    level?: 'site' | 'area' | 'line' | 'cell' | 'unit' | 'thing';
    model?: string;
    attributes?: Record<string, string>;
    id?: string;
    path?: string;
    created?: string;
    updated?: string;
    version?: number;
    has_children?: boolean;
}

/** A bridge to another MQTT broker: docs/guide/mqtt-bridge.md. */
export interface NewBridge {
    key: string;
    enabled?: boolean;
    /** mqtt://host:1883, or mqtts://host:8883 with TLS */
    address: string;
    /** PEM of who vouches for the other broker; empty: the authorities of the operating system */
    ca?: string;
    /** PEM of a client certificate to be shown, with what vouches for it */
    certificate?: string;
    /** empty: gantry- and the id of the bridge */
    client_id?: string;
    user?: string;
    /** auto: 5.0, or 3.1.1 if the other broker refuses it */
    protocol?: 'auto' | '5.0' | '3.1.1';
    /** 1s to 65535s */
    keep_alive?: string;
    /** 1 to 200; of those that match a topic the first says its other name */
    rules: Array<{
        /** out: from here to the other broker */
        direction: 'out' | 'in' | 'both';
        /** which topics, behind the prefixes; empty: the one topic that the prefixes name */
        filter?: string;
        /** what the topics begin with here */
        local_prefix?: string;
        /** what the topics begin with at the other broker */
        remote_prefix?: string;
        /** at most; what goes out with 1 or 2 waits while the other broker is away */
        qos?: 0 | 1 | 2;
    }>;
    /** never shown; left out: stays as it is; empty: none */
    password?: string;
    /** PEM of the key of the client certificate; as password */
    client_key?: string;
}

export interface NewCommand {
    /** id or path */
    point: string;
    value: Value;
    /** for those who approve it, and for the audit log */
    reason?: string;
    /** not sent after that, as in 10m; without it only waiting for approval has an end */
    expires_in?: string;
}

/** What must be true before a value is sent: docs/guide/commands.md. */
export interface NewCommandRule {
    key: string;
    name?: Name;
    enabled?: boolean;
    /** the path of an asset or of a point; empty: all points */
    under?: string;
    /** of their paths; * is any text: *.speed_setpoint */
    points?: string;
    /**
     * a formula that must be true: value is what is to be written, current the latest value of the
     * point, another name a point of the same asset, `a/b.c` any point
     */
    condition?: string;
    /** of the values in the condition; 0s: any */
    max_age?: string;
    /** somebody else must agree */
    approval?: boolean;
    /** for that, at most */
    wait?: string;
}

export interface NewConnection {
    key: string;
    name?: Name;
    protocol: string;
    enabled?: boolean;
    settings: Record<string, unknown>;
    id?: string;
    created?: string;
    updated?: string;
    version?: number;
    status?: ConnectionStatus;
}

/** What to make of the messages of some topics: docs/guide/mqtt-mappings.md. */
export interface NewMapping {
    key: string;
    enabled?: boolean;
    /** points that messages speak of are made at once instead of proposed */
    create_points?: boolean;
    /** a topic filter whose levels may have names: plant/{line}/# */
    topic: string;
    format?: 'json' | 'text' | 'csv' | 'line_protocol' | 'cbor' | 'sparkplug_b';
    csv?: {
        separator?: string;
        columns?: string[];
        header?: boolean;
    };
    precision?: 'ns' | 'us' | 'ms' | 's' | 'm' | 'h';
    /** none: every value of a message is a reading */
    rules?: Array<{
        /** a path to items, as $.metrics[*] */
        each?: string;
        /** a path to values */
        value?: string;
        /** the name of the point, with gaps as {topic}, {path}, {line} */
        point?: string;
        type?: 'float64' | 'int64' | 'bool' | 'string';
        unit?: string;
        time?: {
            path: string;
            format?: 'rfc3339' | 'unix_s' | 'unix_ms' | 'unix_us' | 'unix_ns';
        };
        quality?: {
            path: string;
            map?: Record<string, string>;
            otherwise?: string;
        };
    }>;
}

export interface NewMessage {
    topic: string;
    /** the payload, if it is text */
    text?: string;
    /** the payload, if it is not */
    base64?: string;
    qos?: number;
    retain?: boolean;
}

export interface NewModel {
    key: string;
    name?: Name;
    description?: Name;
    parent?: string;
    aspects?: string[];
    is_aspect?: boolean;
    properties?: Property[];
    commands?: CommandDefinition[];
    events?: EventDefinition[];
    id?: string;
    created?: string;
    updated?: string;
    version?: number;
}

export interface NewPassword {
    password: string;
}

export interface NewPoint {
    asset: string;
    key: string;
    name?: Name;
    description?: Name;
    type?: ValueType;
    /** UCUM code */
    unit?: string;
    range?: Range;
    access?: 'read' | 'read_write';
    /** how long samples are kept, as in 30d; without it as the store keeps all */
    retention?: string;
}

export interface NewPrincipal {
    login: string;
    password: string;
    name?: Name;
    roles?: string[];
    must_change_password?: boolean;
}

/** Which points clients of the broker are told about: docs/guide/mqtt-publications.md. */
export interface NewPublication {
    key: string;
    enabled?: boolean;
    /** the path of an asset or of a point; empty: all points */
    under?: string;
    /** of their paths; * is any text: *.temperature */
    points?: string;
    format?: 'json' | 'sparkplug_b';
    /** between two messages about a point, as in 500ms; the latest value counts */
    min_interval?: string;
    /** of JSON, with gaps: {asset.path}, {asset}, {point}, {path} */
    topic?: string;
    qos?: number;
    /** the broker keeps the last value of each topic */
    retain?: boolean;
    /** of Sparkplug B */
    group?: string;
    /** of Sparkplug B: the edge node; assets are its devices */
    node?: string;
}

export interface NewRole {
    key: string;
    name?: Name;
    statements: Statement[];
}

export interface NewTag {
    connection: string;
    point: string;
    address: string;
}

/** One tag, or many, all or none. */
export type NewTags = NewTag | {
    items: NewTag[];
};

export interface NewTenant {
    key: string;
    name?: Name;
    /** points that it may have; without it tenants.points_max */
    points_quota?: number | null;
}

export interface NewToken {
    name: string;
    principal?: string;
    lifetime?: string;
}

export interface NewTokenAnswer {
    id: string;
    name?: string;
    principal?: string;
    created?: string;
    expires?: string;
    token: string;
}

export interface Parameter {
    key: string;
    name?: Name;
    type?: ValueType;
    /** UCUM code */
    unit?: string;
    range?: Range;
}

/** A JSON merge patch (RFC 7396): what is given is set, null removes. */
export type Patch = Record<string, unknown>;

export interface Point {
    id: string;
    path: string;
    asset?: string;
    key: string;
    name?: Name;
    description?: Name;
    type: ValueType;
    /** UCUM code */
    unit?: string;
    range?: Range;
    access?: 'read' | 'read_write';
    /** how long samples are kept, as in 30d; without it as the store keeps all */
    retention?: string;
    from_model?: boolean;
    created?: string;
    updated?: string;
    version?: number;
}

export interface PointHistory {
    point: string;
    unit?: string;
    /** time, then value (raw) or the aggregates, then quality: arrays of one length */
    columns: Record<string, unknown[]>;
    plan?: QueryPlan;
    next?: string;
}

export interface PointPage {
    items: Point[];
    /** cursor of the next page */
    next?: string;
}

export interface PointSelection {
    points?: string[];
    under?: string;
}

export interface PointStates {
    point: string;
    columns: {
        /** of the bucket */
        time: string[];
        state: Value[];
        seconds: number[];
        entries: number[];
    };
}

export interface Principal {
    id: string;
    login: string;
    name?: Name;
    roles: string[];
    disabled?: boolean;
    must_change_password?: boolean;
    created?: string;
    updated?: string;
    version?: number;
}

export interface PrincipalPage {
    items: Principal[];
    /** cursor of the next page */
    next?: string;
}

export interface PrincipalPatch {
    name?: Name;
    roles?: string[];
    disabled?: boolean;
}

export interface Problem {
    type?: string;
    title: string;
    status: number;
    detail: string;
    code: string;
    trace?: string;
    fields?: Array<{
        field?: string;
        detail?: string;
    }>;
}

export interface PrometheusAnswer {
    status: 'success' | 'error';
    data?: unknown;
    errorType?: string;
    error?: string;
    warnings?: string[];
    infos?: string[];
}

export interface Property {
    key: string;
    name?: Name;
    description?: Name;
    type?: ValueType;
    /** UCUM code */
    unit?: string;
    range?: Range;
    access?: 'read' | 'read_write';
    /** how long samples are kept, as in 30d; without it as the store keeps all */
    retention?: string;
}

export interface ProposedPoint {
    point: string;
    type: string;
    unit?: string;
    /** of the last reading */
    value: string;
    time: string;
    /** that were lost to it so far */
    readings: number;
    mapping: string;
}

export interface ProposedPointPage {
    items: ProposedPoint[];
    /** cursor of the next page */
    next?: string;
}

export type Protocol = Record<string, unknown>;

export interface ProtocolList {
    items: Protocol[];
}

/** Points that clients of the broker are told about. */
export interface Publication {
    key: string;
    enabled?: boolean;
    /** the path of an asset or of a point; empty: all points */
    under?: string;
    /** of their paths; * is any text: *.temperature */
    points?: string;
    format?: 'json' | 'sparkplug_b';
    /** between two messages about a point, as in 500ms; the latest value counts */
    min_interval?: string;
    /** of JSON, with gaps: {asset.path}, {asset}, {point}, {path} */
    topic?: string;
    qos?: number;
    /** the broker keeps the last value of each topic */
    retain?: boolean;
    /** of Sparkplug B */
    group?: string;
    /** of Sparkplug B: the edge node; assets are its devices */
    node?: string;
    id: string;
    /** since the start of the program */
    state: {
        points: number;
        /** points that cannot be told about */
        skipped: number;
        /** values */
        published: number;
        /** values that a later one took the place of */
        coalesced: number;
        /** why the first point was skipped */
        problem?: string;
    };
    created: string;
    updated: string;
    version: number;
}

export interface PublicationPage {
    items: Publication[];
    /** cursor of the next page */
    next?: string;
}

export interface PublishAnswer {
    /** sessions that it is for */
    receivers: number;
}

export type Quality = 'good' | 'uncertain' | 'bad';

/**
 * What buckets were made of (explain): blocks of about a thousand samples on disk, and samples in
 * memory.
 */
export interface QueryPlan {
    /** blocks of which the statistics were enough */
    blocks_by_statistics: number;
    /** blocks of which the roll-ups by minute or hour were */
    blocks_by_roll_ups: number;
    /** blocks that were read sample by sample */
    blocks_read: number;
    /** series of which samples are in memory yet; these are read */
    series_in_memory: number;
}

export interface Range {
    min?: number;
    max?: number;
}

export interface ReadAnswer {
    items: Record<string, unknown>[];
}

export interface ReadRequest {
    settings: Record<string, unknown>;
    addresses: string[];
}

export interface Refresh {
    refresh_token: string;
}

export type RemoteWrite = string;

/** The payload as text where it is UTF-8, else in base64. */
export interface RetainedMessage {
    topic: string;
    bytes: number;
    text?: string;
    base64?: string;
    qos: number;
}

export interface RetainedMessageList {
    items: RetainedMessage[];
}

export interface Role {
    id: string;
    key: string;
    name?: Name;
    statements: Statement[];
    created?: string;
    updated?: string;
    version?: number;
}

export interface RolePage {
    items: Role[];
    /** cursor of the next page */
    next?: string;
}

export interface SampleColumns {
    point: string;
    columns: {
        time: string[];
        value: Value[];
        quality?: Array<Quality | number>;
    };
}

export interface SampleRow {
    point: string;
    time?: string;
    value: Value;
    quality?: Quality | number;
}

export interface Samples {
    samples: Array<SampleRow | SampleColumns>;
}

export type ScanAnswer = Record<string, unknown>;

export interface ScanRequest {
    settings: Record<string, unknown>;
    area: string;
    from?: number;
    count?: number;
}

export interface Session {
    principal: string;
    login: string;
    tenant: Tenant;
    must_change_password?: boolean;
    operates_platform?: boolean;
    expires?: string;
    statements?: Statement[];
}

export interface SignIn {
    login: string;
    password: string;
    cookie?: boolean;
}

export interface SignedIn {
    access_token: string;
    token_type: string;
    expires: string;
    refresh_token?: string;
    refresh_expires?: string;
    must_change_password: boolean;
}

export interface SqlAnswer {
    columns: Array<{
        name: string;
        type: string;
    }>;
    rows: Value[][];
    truncated: boolean;
}

export interface SqlQuestion {
    query: string;
    parameters?: Array<string | number | boolean | null>;
    limit?: number;
}

export interface Statement {
    effect?: 'allow' | 'forbid';
    permissions: string[];
    under?: string;
}

export interface States {
    items: PointStates[];
}

/** A file of the tenant that SQL reads as files/NAME. */
export interface StoredFile {
    name: string;
    bytes: number;
}

export interface StoredFileList {
    items: StoredFile[];
}

export interface Tag {
    id: string;
    connection: string;
    point: string;
    point_path?: string;
    address: string;
    type?: ValueType;
    unit?: string;
    created?: string;
    updated?: string;
    version?: number;
}

export interface TagList {
    items: Tag[];
}

export interface TagPage {
    items: Tag[];
    /** cursor of the next page */
    next?: string;
}

export interface TagPatch {
    address: string;
}

export interface Tenant {
    id: string;
    key: string;
    name?: Name;
    created?: string;
    updated?: string;
    version?: number;
}

export interface TenantPage {
    items: TenantQuota[];
    /** cursor of the next page */
    next?: string;
}

export interface TenantPatch {
    name?: Name;
    /** points that it may have; null is tenants.points_max */
    points_quota?: number | null;
}

export interface TenantQuota {
    id: string;
    key: string;
    name?: Name;
    /** points that it has */
    points?: number;
    /** points that it may have */
    points_max?: number;
    /** its own quota; without it tenants.points_max */
    points_quota?: number;
    created?: string;
    updated?: string;
    version?: number;
}

export type TestReport = Record<string, unknown>;

export interface TestRequest {
    settings: Record<string, unknown>;
}

export type Text = string;

export interface TokenPage {
    items: ApiToken[];
    /** cursor of the next page */
    next?: string;
}

export interface Usage {
    points: UsageOf;
    /** series by labels, which line protocol and remote write make */
    series: UsageOf;
}

export interface UsageOf {
    used: number;
    max: number;
}

/** Bool, number, string or null. Whole numbers beyond 2^53, NaN and the infinities are strings. */
export type Value = boolean | number | string | null;

export type ValueType = 'bool' | 'int64' | 'float64' | 'string';

export interface WriteReport {
    accepted: number;
    rejected: Array<{
        index?: number;
        code?: string;
        detail?: string;
    }>;
    /** How many rows were rejected, where that is more than are listed. */
    rejected_total?: number;
}

/** One method for each operation of the API; how it is sent is the subclass's. */
export abstract class Operations {
    protected abstract call(request: RequestToSend, options?: CallOptions): Promise<unknown>;

    /** Who is signed in and what they may do */
    async getSession(options?: CallOptions): Promise<Session> {
        return (await this.call({
            method: 'GET',
            path: '/v1/session',
            answer: 'json',
        }, options)) as Session;
    }

    /**
     * Sign in with login and password
     *
     * Answers an access token for the Authorization header and a refresh token to get the next one.
     * With "cookie": true the refresh token goes into an HttpOnly cookie instead.
     */
    async signIn(body: SignIn, options?: CallOptions): Promise<SignedIn> {
        return (await this.call({
            method: 'POST',
            path: '/v1/session',
            body,
            answer: 'json',
        }, options)) as SignedIn;
    }

    /** Sign out */
    async signOut(options?: CallOptions): Promise<void> {
        await this.call({
            method: 'DELETE',
            path: '/v1/session',
            answer: 'none',
        }, options);
    }

    /**
     * Get a new access token
     *
     * A refresh token is good once; shown a second time it ends the session.
     */
    async refreshSession(body: Refresh, options?: CallOptions): Promise<SignedIn> {
        return (await this.call({
            method: 'POST',
            path: '/v1/session/refresh',
            body,
            answer: 'json',
        }, options)) as SignedIn;
    }

    /**
     * Change one's own password
     *
     * Ends all other sessions and API tokens of the principal.
     */
    async changePassword(body: ChangePassword, options?: CallOptions): Promise<void> {
        await this.call({
            method: 'PUT',
            path: '/v1/session/password',
            body,
            answer: 'none',
        }, options);
    }

    /**
     * Thing models (物模型)
     *
     * Permission: models:read.
     */
    async listModels(
        query: {
            limit?: number;
            cursor?: string;
        } = {},
        options?: CallOptions,
    ): Promise<ModelPage> {
        return (await this.call({
            method: 'GET',
            path: '/v1/models',
            query,
            answer: 'json',
        }, options)) as ModelPage;
    }

    /**
     * Thing models (物模型)
     *
     * All of them: asks `listModels` for page after page; `limit` is the length of a page.
     */
    async *iterateModels(
        query: {
            limit?: number;
        } = {},
        options?: CallOptions,
    ): AsyncGenerator<Model, void, undefined> {
        let cursor: string | undefined;
        do {
            const page: ModelPage = await this.listModels({ ...query, cursor }, options);
            yield* page.items;
            cursor = page.next;
        } while (cursor);
    }

    /**
     * Make a thing model
     *
     * Permission: models:write.
     */
    async createModel(body: NewModel, options?: CallOptions): Promise<Model> {
        return (await this.call({
            method: 'POST',
            path: '/v1/models',
            body,
            answer: 'json',
            creates: true,
        }, options)) as Model;
    }

    /**
     * One model, by id or key
     *
     * Permission: models:read.
     */
    async getModel(
        model: string,
        query: {
            resolved?: boolean;
        } = {},
        options?: CallOptions,
    ): Promise<Model> {
        return (await this.call({
            method: 'GET',
            path: '/v1/models/{model}',
            pathValues: { model },
            query,
            answer: 'json',
        }, options)) as Model;
    }

    /**
     * Change a model; its assets follow
     *
     * New properties get points on every asset of the model; removed ones lose theirs, unless a tag
     * is bound. Permission: models:write.
     */
    async replaceModel(model: string, body: NewModel, options?: CallOptions): Promise<Model> {
        return (await this.call({
            method: 'PUT',
            path: '/v1/models/{model}',
            pathValues: { model },
            body,
            answer: 'json',
        }, options)) as Model;
    }

    /**
     * Remove a model that nothing uses
     *
     * Permission: models:write.
     */
    async removeModel(model: string, options?: CallOptions): Promise<void> {
        await this.call({
            method: 'DELETE',
            path: '/v1/models/{model}',
            pathValues: { model },
            answer: 'none',
        }, options);
    }

    /**
     * Change parts of a model (RFC 7396)
     *
     * Permission: models:write.
     */
    async patchModel(model: string, body: Patch, options?: CallOptions): Promise<Model> {
        return (await this.call({
            method: 'PATCH',
            path: '/v1/models/{model}',
            pathValues: { model },
            body,
            answer: 'json',
        }, options)) as Model;
    }

    /**
     * Assets, in order of their paths
     *
     * Permission: assets:read.
     */
    async listAssets(
        query: {
            parent?: string;
            under?: string;
            model?: string;
            search?: string;
            limit?: number;
            cursor?: string;
        } = {},
        options?: CallOptions,
    ): Promise<AssetPage> {
        return (await this.call({
            method: 'GET',
            path: '/v1/assets',
            query,
            answer: 'json',
        }, options)) as AssetPage;
    }

    /**
     * Assets, in order of their paths
     *
     * All of them: asks `listAssets` for page after page; `limit` is the length of a page.
     */
    async *iterateAssets(
        query: {
            parent?: string;
            under?: string;
            model?: string;
            search?: string;
            limit?: number;
        } = {},
        options?: CallOptions,
    ): AsyncGenerator<Asset, void, undefined> {
        let cursor: string | undefined;
        do {
            const page: AssetPage = await this.listAssets({ ...query, cursor }, options);
            yield* page.items;
            cursor = page.next;
        } while (cursor);
    }

    /**
     * Add an asset, with the points of its model
     *
     * Permission: assets:write.
     */
    async createAsset(body: NewAsset, options?: CallOptions): Promise<Asset> {
        return (await this.call({
            method: 'POST',
            path: '/v1/assets',
            body,
            answer: 'json',
            creates: true,
        }, options)) as Asset;
    }

    /**
     * One asset, by id or path (percent-encoded)
     *
     * Permission: assets:read.
     */
    async getAsset(asset: string, options?: CallOptions): Promise<Asset> {
        return (await this.call({
            method: 'GET',
            path: '/v1/assets/{asset}',
            pathValues: { asset },
            answer: 'json',
        }, options)) as Asset;
    }

    /**
     * Change or move an asset
     *
     * Another key or parent moves it with all below; ids and history stay. Permission:
     * assets:write.
     */
    async replaceAsset(asset: string, body: NewAsset, options?: CallOptions): Promise<Asset> {
        return (await this.call({
            method: 'PUT',
            path: '/v1/assets/{asset}',
            pathValues: { asset },
            body,
            answer: 'json',
        }, options)) as Asset;
    }

    /**
     * Remove an asset and its points
     *
     * Permission: assets:write.
     */
    async removeAsset(
        asset: string,
        query: {
            recursive?: boolean;
        } = {},
        options?: CallOptions,
    ): Promise<void> {
        await this.call({
            method: 'DELETE',
            path: '/v1/assets/{asset}',
            pathValues: { asset },
            query,
            answer: 'none',
        }, options);
    }

    /**
     * Change parts of an asset (RFC 7396)
     *
     * Permission: assets:write.
     */
    async patchAsset(asset: string, body: Patch, options?: CallOptions): Promise<Asset> {
        return (await this.call({
            method: 'PATCH',
            path: '/v1/assets/{asset}',
            pathValues: { asset },
            body,
            answer: 'json',
        }, options)) as Asset;
    }

    /**
     * Points (测点), in order of their paths
     *
     * Permission: points:read.
     */
    async listPoints(
        query: {
            under?: string;
            asset?: string;
            search?: string;
            limit?: number;
            cursor?: string;
        } = {},
        options?: CallOptions,
    ): Promise<PointPage> {
        return (await this.call({
            method: 'GET',
            path: '/v1/points',
            query,
            answer: 'json',
        }, options)) as PointPage;
    }

    /**
     * Points (测点), in order of their paths
     *
     * All of them: asks `listPoints` for page after page; `limit` is the length of a page.
     */
    async *iteratePoints(
        query: {
            under?: string;
            asset?: string;
            search?: string;
            limit?: number;
        } = {},
        options?: CallOptions,
    ): AsyncGenerator<Point, void, undefined> {
        let cursor: string | undefined;
        do {
            const page: PointPage = await this.listPoints({ ...query, cursor }, options);
            yield* page.items;
            cursor = page.next;
        } while (cursor);
    }

    /**
     * Add a point to an asset, beside those of its model
     *
     * Permission: points:write.
     */
    async createPoint(body: NewPoint, options?: CallOptions): Promise<Point> {
        return (await this.call({
            method: 'POST',
            path: '/v1/points',
            body,
            answer: 'json',
            creates: true,
        }, options)) as Point;
    }

    /**
     * One point, by id or path (percent-encoded)
     *
     * Permission: points:read.
     */
    async getPoint(point: string, options?: CallOptions): Promise<Point> {
        return (await this.call({
            method: 'GET',
            path: '/v1/points/{point}',
            pathValues: { point },
            answer: 'json',
        }, options)) as Point;
    }

    /**
     * Remove a point that is not of a model
     *
     * Permission: points:write.
     */
    async removePoint(point: string, options?: CallOptions): Promise<void> {
        await this.call({
            method: 'DELETE',
            path: '/v1/points/{point}',
            pathValues: { point },
            answer: 'none',
        }, options);
    }

    /**
     * Change name, unit, range or access
     *
     * Permission: points:write.
     */
    async patchPoint(point: string, body: Patch, options?: CallOptions): Promise<Point> {
        return (await this.call({
            method: 'PATCH',
            path: '/v1/points/{point}',
            pathValues: { point },
            body,
            answer: 'json',
        }, options)) as Point;
    }

    /**
     * The latest sample of a point
     *
     * Permission: samples:read.
     */
    async getLatest(
        point: string,
        query: {
            quality?: string;
        } = {},
        options?: CallOptions,
    ): Promise<LatestSample> {
        return (await this.call({
            method: 'GET',
            path: '/v1/points/{point}/latest',
            pathValues: { point },
            query,
            answer: 'json',
        }, options)) as LatestSample;
    }

    /**
     * The latest samples of many points
     *
     * Permission: samples:read.
     */
    async postLatest(
        body: PointSelection,
        query: {
            quality?: string;
        } = {},
        options?: CallOptions,
    ): Promise<LatestSamples> {
        return (await this.call({
            method: 'POST',
            path: '/v1/latest',
            query,
            body,
            answer: 'json',
        }, options)) as LatestSamples;
    }

    /**
     * Commands, the newest first
     *
     * One's own, and those to points for which one has commands:read.
     */
    async listCommands(
        query: {
            state?: string;
            point?: string;
            limit?: number;
            cursor?: string;
        } = {},
        options?: CallOptions,
    ): Promise<CommandPage> {
        return (await this.call({
            method: 'GET',
            path: '/v1/commands',
            query,
            answer: 'json',
        }, options)) as CommandPage;
    }

    /**
     * Commands, the newest first
     *
     * All of them: asks `listCommands` for page after page; `limit` is the length of a page.
     */
    async *iterateCommands(
        query: {
            state?: string;
            point?: string;
            limit?: number;
        } = {},
        options?: CallOptions,
    ): AsyncGenerator<Command, void, undefined> {
        let cursor: string | undefined;
        do {
            const page: CommandPage = await this.listCommands({ ...query, cursor }, options);
            yield* page.items;
            cursor = page.next;
        } while (cursor);
    }

    /**
     * Write a value to the device behind a point
     *
     * Checked against type, range and rules, sent, and read back. The outcome is confirmed,
     * refused, failed or unknown. 202: it waits for somebody else to approve it, and has no outcome
     * yet. With an Idempotency-Key it is sent once, also if this program breaks down meanwhile.
     * Permission: commands:write.
     */
    async writePoint(body: NewCommand, options?: CallOptions): Promise<Command> {
        return (await this.call({
            method: 'POST',
            path: '/v1/commands',
            body,
            answer: 'json',
        }, options)) as Command;
    }

    /**
     * What would become of a command now
     *
     * Nothing is sent or kept. Permission: commands:write.
     */
    async checkCommand(body: CommandQuestion, options?: CallOptions): Promise<CommandCheck> {
        return (await this.call({
            method: 'POST',
            path: '/v1/commands/check',
            body,
            answer: 'json',
        }, options)) as CommandCheck;
    }

    /** A command, and what became of it */
    async getCommand(command: string, options?: CallOptions): Promise<Command> {
        return (await this.call({
            method: 'GET',
            path: '/v1/commands/{command}',
            pathValues: { command },
            answer: 'json',
        }, options)) as Command;
    }

    /**
     * Send a command that waits
     *
     * Not by who asked for it. Rules are asked again: if one forbids it now (409) the command goes
     * on waiting. Permission: commands:approve.
     */
    async approveCommand(
        command: string,
        body: CommandNote,
        options?: CallOptions,
    ): Promise<Command> {
        return (await this.call({
            method: 'POST',
            path: '/v1/commands/{command}/approve',
            pathValues: { command },
            body,
            answer: 'json',
        }, options)) as Command;
    }

    /**
     * End a command that waits
     *
     * By somebody with commands:approve, or by who asked for it.
     */
    async rejectCommand(
        command: string,
        body: CommandNote,
        options?: CallOptions,
    ): Promise<Command> {
        return (await this.call({
            method: 'POST',
            path: '/v1/commands/{command}/reject',
            pathValues: { command },
            body,
            answer: 'json',
        }, options)) as Command;
    }

    /**
     * What must be true before a value is sent to a device
     *
     * Permission: command_rules:read.
     */
    async listCommandRules(
        query: {
            limit?: number;
            cursor?: string;
        } = {},
        options?: CallOptions,
    ): Promise<CommandRulePage> {
        return (await this.call({
            method: 'GET',
            path: '/v1/command-rules',
            query,
            answer: 'json',
        }, options)) as CommandRulePage;
    }

    /**
     * What must be true before a value is sent to a device
     *
     * All of them: asks `listCommandRules` for page after page; `limit` is the length of a page.
     */
    async *iterateCommandRules(
        query: {
            limit?: number;
        } = {},
        options?: CallOptions,
    ): AsyncGenerator<CommandRule, void, undefined> {
        let cursor: string | undefined;
        do {
            const page: CommandRulePage = await this.listCommandRules({ ...query, cursor }, options);
            yield* page.items;
            cursor = page.next;
        } while (cursor);
    }

    /**
     * Make a rule for commands
     *
     * An interlock (a condition over values of points), an approval by somebody else, or both. A
     * command must pass all rules that cover its point; a condition that cannot be judged forbids.
     * Permission: command_rules:write.
     */
    async createCommandRule(body: NewCommandRule, options?: CallOptions): Promise<CommandRule> {
        return (await this.call({
            method: 'POST',
            path: '/v1/command-rules',
            body,
            answer: 'json',
            creates: true,
        }, options)) as CommandRule;
    }

    /**
     * A rule for commands
     *
     * Permission: command_rules:read.
     */
    async getCommandRule(rule: string, options?: CallOptions): Promise<CommandRule> {
        return (await this.call({
            method: 'GET',
            path: '/v1/command-rules/{rule}',
            pathValues: { rule },
            answer: 'json',
        }, options)) as CommandRule;
    }

    /**
     * Change a rule for commands
     *
     * Permission: command_rules:write.
     */
    async replaceCommandRule(
        rule: string,
        body: NewCommandRule,
        options?: CallOptions,
    ): Promise<CommandRule> {
        return (await this.call({
            method: 'PUT',
            path: '/v1/command-rules/{rule}',
            pathValues: { rule },
            body,
            answer: 'json',
        }, options)) as CommandRule;
    }

    /**
     * Remove a rule for commands
     *
     * Permission: command_rules:write.
     */
    async deleteCommandRule(rule: string, options?: CallOptions): Promise<void> {
        await this.call({
            method: 'DELETE',
            path: '/v1/command-rules/{rule}',
            pathValues: { rule },
            answer: 'none',
        }, options);
    }

    /**
     * Samples of many points, raw or in buckets
     *
     * JSON, or all samples as a file, by Accept. In JSON a point that has more rows than the limit
     * says where to go on (next). Permission: samples:read.
     */
    async readSamples(
        query: {
            point?: readonly string[];
            under?: string;
            from?: string;
            to?: string;
            every?: string;
            agg?: string;
            fill?: string;
            limit?: number;
            explain?: boolean;
            plot?: number;
            quality?: string;
        } = {},
        options?: CallOptions,
    ): Promise<History> {
        return (await this.call({
            method: 'GET',
            path: '/v1/samples',
            query,
            answer: 'json',
        }, options)) as History;
    }

    /**
     * Write samples; answers when they are durable
     *
     * 204 when every row was taken, else 200 with the rows that were rejected and why. 507 when the
     * disk is full: nothing was stored. An Arrow stream has the columns point, time and value, or
     * time and a column a point. Permission: samples:write.
     */
    async writeSamples(
        body: Samples,
        query: {
            ack?: string;
        } = {},
        options?: CallOptions,
    ): Promise<WriteReport | undefined> {
        return (await this.call({
            method: 'POST',
            path: '/v1/samples',
            query,
            body,
            answer: 'json',
        }, options)) as WriteReport | undefined;
    }

    /**
     * Samples of one point in a range, raw or in buckets
     *
     * Permission: samples:read.
     */
    async readPointSamples(
        point: string,
        query: {
            from?: string;
            to?: string;
            every?: string;
            agg?: string;
            fill?: string;
            limit?: number;
            explain?: boolean;
            plot?: number;
            quality?: string;
        } = {},
        options?: CallOptions,
    ): Promise<PointHistory> {
        return (await this.call({
            method: 'GET',
            path: '/v1/points/{point}/samples',
            pathValues: { point },
            query,
            answer: 'json',
        }, options)) as PointHistory;
    }

    /**
     * Erase the samples of one point in a range, for good
     *
     * Answers when it is durable, with how many samples there were. Samples that are written into
     * the range afterwards are kept. Permission: samples:erase.
     */
    async erasePointSamples(
        point: string,
        query: {
            from: string;
            to: string;
        },
        options?: CallOptions,
    ): Promise<EraseReport> {
        return (await this.call({
            method: 'DELETE',
            path: '/v1/points/{point}/samples',
            pathValues: { point },
            query,
            answer: 'json',
        }, options)) as EraseReport;
    }

    /**
     * Formulas over points, asset by asset or in groups
     *
     * Variables are points, or a property of each asset; units and quality are carried through:
     * docs/guide/formulas.md. Permission: samples:read.
     */
    async runFormulas(body: FormulaQuestion, options?: CallOptions): Promise<FormulaAnswer> {
        return (await this.call({
            method: 'POST',
            path: '/v1/query',
            body,
            answer: 'json',
        }, options)) as FormulaAnswer;
    }

    /**
     * Live samples, as server-sent events or by WebSocket
     *
     * Last-Event-ID goes on where a connection broke, for a minute. A request to upgrade gets a
     * WebSocket: docs/guide/live.md. Permission: samples:read.
     */
    async followSamples(
        query: {
            point?: readonly string[];
            under?: string;
            rate?: string;
            quality?: string;
        } = {},
        options?: CallOptions,
    ): Promise<string> {
        return (await this.call({
            method: 'GET',
            path: '/v1/live',
            query,
            answer: 'text',
            accept: 'text/event-stream',
        }, options)) as string;
    }

    /**
     * Aggregates over many points together, in buckets
     *
     * The samples of all points count as if they were of one: avg is of all samples, so a point
     * with more of them weighs more, while in time_avg each moment of each point weighs the same.
     * The points must be of one unit, but for counts. Below a path those count that the caller may
     * read. Permission: samples:read.
     */
    async readGroup(
        query: {
            point?: readonly string[];
            under?: string;
            key?: string;
            from?: string;
            to?: string;
            every?: string;
            agg?: string;
            explain?: boolean;
            quality?: string;
        } = {},
        options?: CallOptions,
    ): Promise<GroupHistory> {
        return (await this.call({
            method: 'GET',
            path: '/v1/samples/group',
            query,
            answer: 'json',
        }, options)) as GroupHistory;
    }

    /**
     * How long points were in which state, in buckets
     *
     * A value holds until the next sample, the last until the range ends. Time before the first
     * sample, and behind one that does not count, belongs to no state. entries counts how often a
     * state was entered in the bucket. Permission: samples:read.
     */
    async readStates(
        query: {
            point?: readonly string[];
            under?: string;
            key?: string;
            from?: string;
            to?: string;
            every?: string;
            quality?: string;
        } = {},
        options?: CallOptions,
    ): Promise<States> {
        return (await this.call({
            method: 'GET',
            path: '/v1/samples/states',
            query,
            answer: 'json',
        }, options)) as States;
    }

    /**
     * Run one read-only query
     *
     * DuckDB's dialect over the tables samples, latest, metrics, points, assets, models and alarms,
     * and over the tenant's files; rows that the caller may not read are not there. Times are UTC.
     * Permission: sql:read.
     */
    async runSql(body: SqlQuestion, options?: CallOptions): Promise<SqlAnswer> {
        return (await this.call({
            method: 'POST',
            path: '/v1/sql',
            body,
            answer: 'json',
        }, options)) as SqlAnswer;
    }

    /**
     * Files that SQL reads
     *
     * All of them, by name; SQL knows each as files/NAME. Permission: files:read.
     */
    async listFiles(options?: CallOptions): Promise<StoredFileList> {
        return (await this.call({
            method: 'GET',
            path: '/v1/files',
            answer: 'json',
        }, options)) as StoredFileList;
    }

    /**
     * A file as it was brought
     *
     * Permission: files:read.
     */
    async getFile(file: string, options?: CallOptions): Promise<ArrayBuffer> {
        return (await this.call({
            method: 'GET',
            path: '/v1/files/{file}',
            pathValues: { file },
            answer: 'bytes',
            accept: 'application/octet-stream',
        }, options)) as ArrayBuffer;
    }

    /**
     * Bring a file, or replace it
     *
     * Parquet, CSV or JSON, 64 MiB at most. It can be read, whole and durable, when the answer
     * comes; queries that run go on with the one before. 403 quota_exceeded when the tenant has too
     * many bytes. Permission: files:write.
     */
    async putFile(
        file: string,
        body: string | Uint8Array,
        options?: CallOptions,
    ): Promise<StoredFile> {
        return (await this.call({
            method: 'PUT',
            path: '/v1/files/{file}',
            pathValues: { file },
            body,
            contentType: 'application/octet-stream',
            answer: 'json',
        }, options)) as StoredFile;
    }

    /**
     * Remove a file
     *
     * Permission: files:write.
     */
    async deleteFile(file: string, options?: CallOptions): Promise<void> {
        await this.call({
            method: 'DELETE',
            path: '/v1/files/{file}',
            pathValues: { file },
            answer: 'none',
        }, options);
    }

    /**
     * The MQTT broker: where it listens, and what goes through it
     *
     * Of the tenant; counters since the start of the program. Permission: broker:read.
     */
    async getBroker(options?: CallOptions): Promise<Broker> {
        return (await this.call({
            method: 'GET',
            path: '/v1/broker',
            answer: 'json',
        }, options)) as Broker;
    }

    /**
     * Clients, connected and away
     *
     * Permission: broker:read.
     */
    async listBrokerSessions(
        query: {
            limit?: number;
            cursor?: string;
        } = {},
        options?: CallOptions,
    ): Promise<BrokerSessionPage> {
        return (await this.call({
            method: 'GET',
            path: '/v1/broker/sessions',
            query,
            answer: 'json',
        }, options)) as BrokerSessionPage;
    }

    /**
     * Clients, connected and away
     *
     * All of them: asks `listBrokerSessions` for page after page; `limit` is the length of a page.
     */
    async *iterateBrokerSessions(
        query: {
            limit?: number;
        } = {},
        options?: CallOptions,
    ): AsyncGenerator<BrokerSession, void, undefined> {
        let cursor: string | undefined;
        do {
            const page: BrokerSessionPage = await this.listBrokerSessions({ ...query, cursor }, options);
            yield* page.items;
            cursor = page.next;
        } while (cursor);
    }

    /**
     * A client with its subscriptions
     *
     * Permission: broker:read.
     */
    async getBrokerSession(client: string, options?: CallOptions): Promise<BrokerSession> {
        return (await this.call({
            method: 'GET',
            path: '/v1/broker/sessions/{client}',
            pathValues: { client },
            answer: 'json',
        }, options)) as BrokerSession;
    }

    /**
     * Disconnect a client and forget its session
     *
     * Subscriptions and messages that wait for it are gone. It may connect again; to keep it out,
     * remove its token. Permission: broker:write.
     */
    async endBrokerSession(client: string, options?: CallOptions): Promise<void> {
        await this.call({
            method: 'DELETE',
            path: '/v1/broker/sessions/{client}',
            pathValues: { client },
            answer: 'none',
        }, options);
    }

    /**
     * Retained messages
     *
     * The first 1,000 by topic, of those that the caller may subscribe to. Permission:
     * topics:subscribe.
     */
    async listRetainedMessages(
        query: {
            filter?: string;
        } = {},
        options?: CallOptions,
    ): Promise<RetainedMessageList> {
        return (await this.call({
            method: 'GET',
            path: '/v1/broker/retained',
            query,
            answer: 'json',
        }, options)) as RetainedMessageList;
    }

    /**
     * Publish a message
     *
     * Answered when it is durable in the queue of every client that keeps its session, or as the
     * retained message of its topic. Permission: topics:publish.
     */
    async publishMessage(body: NewMessage, options?: CallOptions): Promise<PublishAnswer> {
        return (await this.call({
            method: 'POST',
            path: '/v1/broker/messages',
            body,
            answer: 'json',
        }, options)) as PublishAnswer;
    }

    /**
     * What another program has to say, as a message of a topic
     *
     * For webhooks: the body is passed on as it is, whatever its type, and mappings make samples of
     * it. Answered when those are on disk, and the message is in the queue of every client that
     * keeps its session. Permission: topics:publish.
     */
    async hearHook(
        body: HookBody,
        query: {
            topic: string;
        },
        options?: CallOptions,
    ): Promise<void> {
        await this.call({
            method: 'POST',
            path: '/v1/hooks',
            query,
            body,
            answer: 'none',
        }, options);
    }

    /**
     * What is made of messages
     *
     * Permission: mappings:read.
     */
    async listMappings(
        query: {
            limit?: number;
            cursor?: string;
        } = {},
        options?: CallOptions,
    ): Promise<MappingPage> {
        return (await this.call({
            method: 'GET',
            path: '/v1/mappings',
            query,
            answer: 'json',
        }, options)) as MappingPage;
    }

    /**
     * What is made of messages
     *
     * All of them: asks `listMappings` for page after page; `limit` is the length of a page.
     */
    async *iterateMappings(
        query: {
            limit?: number;
        } = {},
        options?: CallOptions,
    ): AsyncGenerator<Mapping, void, undefined> {
        let cursor: string | undefined;
        do {
            const page: MappingPage = await this.listMappings({ ...query, cursor }, options);
            yield* page.items;
            cursor = page.next;
        } while (cursor);
    }

    /**
     * Say what to make of the messages of some topics
     *
     * It counts for messages that come after the answer; retained ones are not read again.
     * Permission: mappings:write.
     */
    async createMapping(body: NewMapping, options?: CallOptions): Promise<Mapping> {
        return (await this.call({
            method: 'POST',
            path: '/v1/mappings',
            body,
            answer: 'json',
            creates: true,
        }, options)) as Mapping;
    }

    /**
     * What a mapping would make of a message
     *
     * Nothing is stored. Permission: mappings:read.
     */
    async previewMapping(body: MappingTrial, options?: CallOptions): Promise<MappingPreview> {
        return (await this.call({
            method: 'POST',
            path: '/v1/mappings/preview',
            body,
            answer: 'json',
        }, options)) as MappingPreview;
    }

    /**
     * A mapping
     *
     * Permission: mappings:read.
     */
    async getMapping(mapping: string, options?: CallOptions): Promise<Mapping> {
        return (await this.call({
            method: 'GET',
            path: '/v1/mappings/{mapping}',
            pathValues: { mapping },
            answer: 'json',
        }, options)) as Mapping;
    }

    /**
     * Change a mapping
     *
     * Permission: mappings:write.
     */
    async replaceMapping(
        mapping: string,
        body: NewMapping,
        options?: CallOptions,
    ): Promise<Mapping> {
        return (await this.call({
            method: 'PUT',
            path: '/v1/mappings/{mapping}',
            pathValues: { mapping },
            body,
            answer: 'json',
        }, options)) as Mapping;
    }

    /**
     * Remove a mapping
     *
     * Permission: mappings:write.
     */
    async deleteMapping(mapping: string, options?: CallOptions): Promise<void> {
        await this.call({
            method: 'DELETE',
            path: '/v1/mappings/{mapping}',
            pathValues: { mapping },
            answer: 'none',
        }, options);
    }

    /**
     * Points that messages speak of and that are not there
     *
     * Kept in memory, the first 10,000. Permission: mappings:read.
     */
    async listProposedPoints(
        query: {
            limit?: number;
            cursor?: string;
        } = {},
        options?: CallOptions,
    ): Promise<ProposedPointPage> {
        return (await this.call({
            method: 'GET',
            path: '/v1/broker/proposals',
            query,
            answer: 'json',
        }, options)) as ProposedPointPage;
    }

    /**
     * Points that messages speak of and that are not there
     *
     * All of them: asks `listProposedPoints` for page after page; `limit` is the length of a page.
     */
    async *iterateProposedPoints(
        query: {
            limit?: number;
        } = {},
        options?: CallOptions,
    ): AsyncGenerator<ProposedPoint, void, undefined> {
        let cursor: string | undefined;
        do {
            const page: ProposedPointPage = await this.listProposedPoints({ ...query, cursor }, options);
            yield* page.items;
            cursor = page.next;
        } while (cursor);
    }

    /**
     * Forget the proposals
     *
     * Permission: mappings:write.
     */
    async clearProposedPoints(options?: CallOptions): Promise<void> {
        await this.call({
            method: 'DELETE',
            path: '/v1/broker/proposals',
            answer: 'none',
        }, options);
    }

    /**
     * Make proposed points, with the assets above them
     *
     * Permission: points:write.
     */
    async acceptProposedPoints(
        body: AcceptPoints,
        options?: CallOptions,
    ): Promise<AcceptedPoints> {
        return (await this.call({
            method: 'POST',
            path: '/v1/broker/proposals/accept',
            body,
            answer: 'json',
        }, options)) as AcceptedPoints;
    }

    /**
     * Messages that could not be used, the newest first
     *
     * Kept in memory: the last 1,000, of 4 MiB at most; counted since the start of the program.
     * Permission: mappings:read.
     */
    async listDeadLetters(
        query: {
            limit?: number;
            cursor?: string;
        } = {},
        options?: CallOptions,
    ): Promise<DeadLetterList> {
        return (await this.call({
            method: 'GET',
            path: '/v1/broker/dead_letters',
            query,
            answer: 'json',
        }, options)) as DeadLetterList;
    }

    /**
     * Forget the messages that could not be used
     *
     * Permission: mappings:write.
     */
    async clearDeadLetters(options?: CallOptions): Promise<void> {
        await this.call({
            method: 'DELETE',
            path: '/v1/broker/dead_letters',
            answer: 'none',
        }, options);
    }

    /**
     * Bridges to other MQTT brokers, and how they do
     *
     * Permission: bridges:read.
     */
    async listBridges(
        query: {
            limit?: number;
            cursor?: string;
        } = {},
        options?: CallOptions,
    ): Promise<BridgePage> {
        return (await this.call({
            method: 'GET',
            path: '/v1/bridges',
            query,
            answer: 'json',
        }, options)) as BridgePage;
    }

    /**
     * Bridges to other MQTT brokers, and how they do
     *
     * All of them: asks `listBridges` for page after page; `limit` is the length of a page.
     */
    async *iterateBridges(
        query: {
            limit?: number;
        } = {},
        options?: CallOptions,
    ): AsyncGenerator<Bridge, void, undefined> {
        let cursor: string | undefined;
        do {
            const page: BridgePage = await this.listBridges({ ...query, cursor }, options);
            yield* page.items;
            cursor = page.next;
        } while (cursor);
    }

    /**
     * Connect to another MQTT broker, and say which messages pass
     *
     * Needs topics:subscribe for the topics that go out, and topics:publish for those that come in.
     * What goes out waits while the other broker is away. Permission: bridges:write.
     */
    async createBridge(body: NewBridge, options?: CallOptions): Promise<Bridge> {
        return (await this.call({
            method: 'POST',
            path: '/v1/bridges',
            body,
            answer: 'json',
            creates: true,
        }, options)) as Bridge;
    }

    /**
     * A bridge, and how it does
     *
     * Permission: bridges:read.
     */
    async getBridge(bridge: string, options?: CallOptions): Promise<Bridge> {
        return (await this.call({
            method: 'GET',
            path: '/v1/bridges/{bridge}',
            pathValues: { bridge },
            answer: 'json',
        }, options)) as Bridge;
    }

    /**
     * Change a bridge
     *
     * Secrets that are left out stay; empty ones are taken away. Messages that wait stay with the
     * bridge. Permission: bridges:write.
     */
    async replaceBridge(bridge: string, body: NewBridge, options?: CallOptions): Promise<Bridge> {
        return (await this.call({
            method: 'PUT',
            path: '/v1/bridges/{bridge}',
            pathValues: { bridge },
            body,
            answer: 'json',
        }, options)) as Bridge;
    }

    /**
     * Remove a bridge, and the messages that wait for it
     *
     * Permission: bridges:write.
     */
    async deleteBridge(bridge: string, options?: CallOptions): Promise<void> {
        await this.call({
            method: 'DELETE',
            path: '/v1/bridges/{bridge}',
            pathValues: { bridge },
            answer: 'none',
        }, options);
    }

    /**
     * Which points clients of the broker are told about
     *
     * Permission: mappings:read.
     */
    async listPublications(
        query: {
            limit?: number;
            cursor?: string;
        } = {},
        options?: CallOptions,
    ): Promise<PublicationPage> {
        return (await this.call({
            method: 'GET',
            path: '/v1/publications',
            query,
            answer: 'json',
        }, options)) as PublicationPage;
    }

    /**
     * Which points clients of the broker are told about
     *
     * All of them: asks `listPublications` for page after page; `limit` is the length of a page.
     */
    async *iteratePublications(
        query: {
            limit?: number;
        } = {},
        options?: CallOptions,
    ): AsyncGenerator<Publication, void, undefined> {
        let cursor: string | undefined;
        do {
            const page: PublicationPage = await this.listPublications({ ...query, cursor }, options);
            yield* page.items;
            cursor = page.next;
        } while (cursor);
    }

    /**
     * Tell clients of the broker about points
     *
     * Needs samples:read for the points and topics:publish for the topics, too. Begins with the
     * latest value of each point. Refused if a mapping takes in messages of its topics: values
     * would come back. Permission: mappings:write.
     */
    async createPublication(body: NewPublication, options?: CallOptions): Promise<Publication> {
        return (await this.call({
            method: 'POST',
            path: '/v1/publications',
            body,
            answer: 'json',
            creates: true,
        }, options)) as Publication;
    }

    /**
     * A publication, and what has become of it
     *
     * Permission: mappings:read.
     */
    async getPublication(publication: string, options?: CallOptions): Promise<Publication> {
        return (await this.call({
            method: 'GET',
            path: '/v1/publications/{publication}',
            pathValues: { publication },
            answer: 'json',
        }, options)) as Publication;
    }

    /**
     * Change a publication
     *
     * Permission: mappings:write.
     */
    async replacePublication(
        publication: string,
        body: NewPublication,
        options?: CallOptions,
    ): Promise<Publication> {
        return (await this.call({
            method: 'PUT',
            path: '/v1/publications/{publication}',
            pathValues: { publication },
            body,
            answer: 'json',
        }, options)) as Publication;
    }

    /**
     * Tell no more
     *
     * Retained messages stay until they are cleared. Permission: mappings:write.
     */
    async deletePublication(publication: string, options?: CallOptions): Promise<void> {
        await this.call({
            method: 'DELETE',
            path: '/v1/publications/{publication}',
            pathValues: { publication },
            answer: 'none',
        }, options);
    }

    /**
     * Write InfluxDB line protocol; answers when it is durable
     *
     * Body plain or gzip. Lines are taken or refused one by one: 400 names the refused ones by line
     * and column, the others are stored. Credentials: Bearer, Token, or Basic with a token as the
     * password. Permission: metrics:write.
     */
    async influxWrite(
        body: string | Uint8Array,
        query: {
            db?: string;
            rp?: string;
            consistency?: string;
            precision?: string;
        } = {},
        options?: CallOptions,
    ): Promise<void> {
        await this.call({
            method: 'POST',
            path: '/write',
            query,
            body,
            contentType: 'text/plain',
            answer: 'none',
        }, options);
    }

    /**
     * Write InfluxDB line protocol; answers when it is durable
     *
     * Body plain or gzip. Lines are taken or refused one by one: 400 names the refused ones by line
     * and column, the others are stored. Credentials: Bearer, Token, or Basic with a token as the
     * password. Permission: metrics:write.
     */
    async influxWrite2(
        body: string | Uint8Array,
        query: {
            bucket?: string;
            org?: string;
            orgID?: string;
            precision?: string;
        } = {},
        options?: CallOptions,
    ): Promise<void> {
        await this.call({
            method: 'POST',
            path: '/api/v2/write',
            query,
            body,
            contentType: 'text/plain',
            answer: 'none',
        }, options);
    }

    /**
     * What InfluxDB clients ask about databases and measurements
     *
     * Not InfluxQL: SELECT is refused and says what to use instead. Permission: metrics:read.
     */
    async influxQuery(
        query: {
            q?: string;
            db?: string;
            epoch?: string;
            rp?: string;
            chunked?: string;
            chunk_size?: string;
            params?: string;
            pretty?: string;
            precision?: string;
        } = {},
        options?: CallOptions,
    ): Promise<InfluxAnswer> {
        return (await this.call({
            method: 'GET',
            path: '/query',
            query,
            answer: 'json',
        }, options)) as InfluxAnswer;
    }

    /**
     * What InfluxDB clients ask about databases and measurements
     *
     * Not InfluxQL: SELECT is refused and says what to use instead. Permission: metrics:read.
     */
    async influxCommand(
        query: {
            q?: string;
            db?: string;
            epoch?: string;
            rp?: string;
            chunked?: string;
            chunk_size?: string;
            params?: string;
            pretty?: string;
            precision?: string;
        } = {},
        options?: CallOptions,
    ): Promise<InfluxAnswer> {
        return (await this.call({
            method: 'POST',
            path: '/query',
            query,
            answer: 'json',
        }, options)) as InfluxAnswer;
    }

    /** Whether an InfluxDB client may begin */
    async influxPing(
        query: {
            verbose?: string;
            wait_for_leader?: string;
        } = {},
        options?: CallOptions,
    ): Promise<void> {
        await this.call({
            method: 'GET',
            path: '/ping',
            query,
            answer: 'none',
        }, options);
    }

    /**
     * PromQL at one time
     *
     * Over series with labels, and points of assets: flow{asset, point, unit}. What is not offered
     * says so: docs/guide/prometheus.md. Permission: metrics:read.
     */
    async promQuery(
        query: {
            query?: string;
            timeout?: string;
            lookback_delta?: string;
            limit?: number;
            stats?: string;
            time?: string;
        } = {},
        options?: CallOptions,
    ): Promise<PrometheusAnswer> {
        return (await this.call({
            method: 'GET',
            path: '/api/v1/query',
            query,
            answer: 'json',
        }, options)) as PrometheusAnswer;
    }

    /**
     * PromQL at one time
     *
     * Over series with labels, and points of assets: flow{asset, point, unit}. What is not offered
     * says so: docs/guide/prometheus.md. Permission: metrics:read.
     */
    async promQueryForm(
        query: {
            query?: string;
            timeout?: string;
            lookback_delta?: string;
            limit?: number;
            stats?: string;
            time?: string;
        } = {},
        options?: CallOptions,
    ): Promise<PrometheusAnswer> {
        return (await this.call({
            method: 'POST',
            path: '/api/v1/query',
            query,
            answer: 'json',
        }, options)) as PrometheusAnswer;
    }

    /**
     * PromQL over a range, in steps
     *
     * Permission: metrics:read.
     */
    async promQueryRange(
        query: {
            query?: string;
            timeout?: string;
            lookback_delta?: string;
            limit?: number;
            stats?: string;
            start?: string;
            end?: string;
            step?: string;
        } = {},
        options?: CallOptions,
    ): Promise<PrometheusAnswer> {
        return (await this.call({
            method: 'GET',
            path: '/api/v1/query_range',
            query,
            answer: 'json',
        }, options)) as PrometheusAnswer;
    }

    /**
     * PromQL over a range, in steps
     *
     * Permission: metrics:read.
     */
    async promQueryRangeForm(
        query: {
            query?: string;
            timeout?: string;
            lookback_delta?: string;
            limit?: number;
            stats?: string;
            start?: string;
            end?: string;
            step?: string;
        } = {},
        options?: CallOptions,
    ): Promise<PrometheusAnswer> {
        return (await this.call({
            method: 'POST',
            path: '/api/v1/query_range',
            query,
            answer: 'json',
        }, options)) as PrometheusAnswer;
    }

    /**
     * Series that fit selectors
     *
     * Permission: metrics:read.
     */
    async promSeries(
        query: {
            "match[]"?: readonly string[];
            start?: string;
            end?: string;
            limit?: number;
        } = {},
        options?: CallOptions,
    ): Promise<PrometheusAnswer> {
        return (await this.call({
            method: 'GET',
            path: '/api/v1/series',
            query,
            answer: 'json',
        }, options)) as PrometheusAnswer;
    }

    /**
     * Series that fit selectors
     *
     * Permission: metrics:read.
     */
    async promSeriesForm(
        query: {
            "match[]"?: readonly string[];
            start?: string;
            end?: string;
            limit?: number;
        } = {},
        options?: CallOptions,
    ): Promise<PrometheusAnswer> {
        return (await this.call({
            method: 'POST',
            path: '/api/v1/series',
            query,
            answer: 'json',
        }, options)) as PrometheusAnswer;
    }

    /**
     * Names of labels
     *
     * Permission: metrics:read.
     */
    async promLabels(
        query: {
            "match[]"?: readonly string[];
            start?: string;
            end?: string;
            limit?: number;
        } = {},
        options?: CallOptions,
    ): Promise<PrometheusAnswer> {
        return (await this.call({
            method: 'GET',
            path: '/api/v1/labels',
            query,
            answer: 'json',
        }, options)) as PrometheusAnswer;
    }

    /**
     * Names of labels
     *
     * Permission: metrics:read.
     */
    async promLabelsForm(
        query: {
            "match[]"?: readonly string[];
            start?: string;
            end?: string;
            limit?: number;
        } = {},
        options?: CallOptions,
    ): Promise<PrometheusAnswer> {
        return (await this.call({
            method: 'POST',
            path: '/api/v1/labels',
            query,
            answer: 'json',
        }, options)) as PrometheusAnswer;
    }

    /**
     * Values of a label
     *
     * Permission: metrics:read.
     */
    async promLabelValues(
        name: string,
        query: {
            "match[]"?: readonly string[];
            start?: string;
            end?: string;
            limit?: number;
        } = {},
        options?: CallOptions,
    ): Promise<PrometheusAnswer> {
        return (await this.call({
            method: 'GET',
            path: '/api/v1/label/{name}/values',
            pathValues: { name },
            query,
            answer: 'json',
        }, options)) as PrometheusAnswer;
    }

    /**
     * Types and units of metrics
     *
     * Permission: metrics:read.
     */
    async promMetadata(
        query: {
            metric?: string;
            limit?: number;
            limit_per_metric?: number;
        } = {},
        options?: CallOptions,
    ): Promise<PrometheusAnswer> {
        return (await this.call({
            method: 'GET',
            path: '/api/v1/metadata',
            query,
            answer: 'json',
        }, options)) as PrometheusAnswer;
    }

    /**
     * Which version's language is spoken
     *
     * Permission: metrics:read.
     */
    async promBuildInfo(options?: CallOptions): Promise<PrometheusAnswer> {
        return (await this.call({
            method: 'GET',
            path: '/api/v1/status/buildinfo',
            answer: 'json',
        }, options)) as PrometheusAnswer;
    }

    /**
     * Erase samples of series with labels, for good
     *
     * Answers when it is durable. Points of assets are not touched: DELETE
     * /v1/points/{point}/samples is for them. Permission: metrics:erase.
     */
    async promDeleteSeriesPut(
        query: {
            "match[]"?: readonly string[];
            start?: string;
            end?: string;
        } = {},
        options?: CallOptions,
    ): Promise<void> {
        await this.call({
            method: 'PUT',
            path: '/api/v1/admin/tsdb/delete_series',
            query,
            answer: 'none',
        }, options);
    }

    /**
     * Erase samples of series with labels, for good
     *
     * Answers when it is durable. Points of assets are not touched: DELETE
     * /v1/points/{point}/samples is for them. Permission: metrics:erase.
     */
    async promDeleteSeries(
        query: {
            "match[]"?: readonly string[];
            start?: string;
            end?: string;
        } = {},
        options?: CallOptions,
    ): Promise<void> {
        await this.call({
            method: 'POST',
            path: '/api/v1/admin/tsdb/delete_series',
            query,
            answer: 'none',
        }, options);
    }

    /**
     * Remote write; answers when the samples are durable
     *
     * Protobuf packed with snappy, version 1 or 2. Series that are wrong are refused with 400 and
     * the others stored. Permission: metrics:write.
     */
    async promRemoteWrite(body: string | Uint8Array, options?: CallOptions): Promise<void> {
        await this.call({
            method: 'POST',
            path: '/api/v1/write',
            body,
            contentType: 'application/x-protobuf',
            answer: 'none',
        }, options);
    }

    /**
     * Connections to devices, with how they fare
     *
     * Permission: connections:read.
     */
    async listConnections(
        query: {
            limit?: number;
            cursor?: string;
        } = {},
        options?: CallOptions,
    ): Promise<ConnectionPage> {
        return (await this.call({
            method: 'GET',
            path: '/v1/connections',
            query,
            answer: 'json',
        }, options)) as ConnectionPage;
    }

    /**
     * Connections to devices, with how they fare
     *
     * All of them: asks `listConnections` for page after page; `limit` is the length of a page.
     */
    async *iterateConnections(
        query: {
            limit?: number;
        } = {},
        options?: CallOptions,
    ): AsyncGenerator<Connection, void, undefined> {
        let cursor: string | undefined;
        do {
            const page: ConnectionPage = await this.listConnections({ ...query, cursor }, options);
            yield* page.items;
            cursor = page.next;
        } while (cursor);
    }

    /**
     * Add a connection
     *
     * Permission: connections:write.
     */
    async createConnection(body: NewConnection, options?: CallOptions): Promise<Connection> {
        return (await this.call({
            method: 'POST',
            path: '/v1/connections',
            body,
            answer: 'json',
            creates: true,
        }, options)) as Connection;
    }

    /**
     * One connection, by id or key
     *
     * Permission: connections:read.
     */
    async getConnection(connection: string, options?: CallOptions): Promise<Connection> {
        return (await this.call({
            method: 'GET',
            path: '/v1/connections/{connection}',
            pathValues: { connection },
            answer: 'json',
        }, options)) as Connection;
    }

    /**
     * Change a connection
     *
     * Permission: connections:write.
     */
    async replaceConnection(
        connection: string,
        body: NewConnection,
        options?: CallOptions,
    ): Promise<Connection> {
        return (await this.call({
            method: 'PUT',
            path: '/v1/connections/{connection}',
            pathValues: { connection },
            body,
            answer: 'json',
        }, options)) as Connection;
    }

    /**
     * Remove a connection and its tags; history stays
     *
     * Permission: connections:write.
     */
    async removeConnection(connection: string, options?: CallOptions): Promise<void> {
        await this.call({
            method: 'DELETE',
            path: '/v1/connections/{connection}',
            pathValues: { connection },
            answer: 'none',
        }, options);
    }

    /**
     * Change parts of a connection (RFC 7396)
     *
     * Permission: connections:write.
     */
    async patchConnection(
        connection: string,
        body: Patch,
        options?: CallOptions,
    ): Promise<Connection> {
        return (await this.call({
            method: 'PATCH',
            path: '/v1/connections/{connection}',
            pathValues: { connection },
            body,
            answer: 'json',
        }, options)) as Connection;
    }

    /**
     * Try a saved connection, beside what runs
     *
     * Permission: connections:write.
     */
    async testConnection(connection: string, options?: CallOptions): Promise<TestReport> {
        return (await this.call({
            method: 'POST',
            path: '/v1/connections/{connection}/test',
            pathValues: { connection },
            answer: 'json',
        }, options)) as TestReport;
    }

    /**
     * Protocols that this program speaks, with the form of their settings
     *
     * Permission: connections:read.
     */
    async listProtocols(options?: CallOptions): Promise<ProtocolList> {
        return (await this.call({
            method: 'GET',
            path: '/v1/protocols',
            answer: 'json',
        }, options)) as ProtocolList;
    }

    /**
     * Try settings before they are saved
     *
     * Permission: connections:write.
     */
    async testSettings(
        protocol: string,
        body: TestRequest,
        options?: CallOptions,
    ): Promise<TestReport> {
        return (await this.call({
            method: 'POST',
            path: '/v1/protocols/{protocol}/test',
            pathValues: { protocol },
            body,
            answer: 'json',
        }, options)) as TestReport;
    }

    /**
     * Read addresses once, before they are saved
     *
     * Permission: connections:write.
     */
    async readAddresses(
        protocol: string,
        body: ReadRequest,
        options?: CallOptions,
    ): Promise<ReadAnswer> {
        return (await this.call({
            method: 'POST',
            path: '/v1/protocols/{protocol}/read',
            pathValues: { protocol },
            body,
            answer: 'json',
        }, options)) as ReadAnswer;
    }

    /**
     * Look through a device's addresses, by reading only
     *
     * Slow on purpose; some devices do not take it well, so ask who owns it. Permission:
     * connections:write.
     */
    async scanDevice(
        protocol: string,
        body: ScanRequest,
        options?: CallOptions,
    ): Promise<ScanAnswer> {
        return (await this.call({
            method: 'POST',
            path: '/v1/protocols/{protocol}/scan',
            pathValues: { protocol },
            body,
            answer: 'json',
        }, options)) as ScanAnswer;
    }

    /**
     * Look for devices in a range of addresses
     *
     * Connects to each address by each protocol and asks who is there; nothing is written. 50
     * attempts a second at most, one search at a time. The settings of what is found can be saved
     * as a connection. Permission: connections:write.
     */
    async discoverDevices(
        body: DiscoveryRequest,
        options?: CallOptions,
    ): Promise<DiscoveryAnswer> {
        return (await this.call({
            method: 'POST',
            path: '/v1/discovery',
            body,
            answer: 'json',
        }, options)) as DiscoveryAnswer;
    }

    /**
     * Tags: addresses bound to points
     *
     * Permission: tags:read.
     */
    async listTags(
        query: {
            connection?: string;
            limit?: number;
            cursor?: string;
        } = {},
        options?: CallOptions,
    ): Promise<TagPage> {
        return (await this.call({
            method: 'GET',
            path: '/v1/tags',
            query,
            answer: 'json',
        }, options)) as TagPage;
    }

    /**
     * Tags: addresses bound to points
     *
     * All of them: asks `listTags` for page after page; `limit` is the length of a page.
     */
    async *iterateTags(
        query: {
            connection?: string;
            limit?: number;
        } = {},
        options?: CallOptions,
    ): AsyncGenerator<Tag, void, undefined> {
        let cursor: string | undefined;
        do {
            const page: TagPage = await this.listTags({ ...query, cursor }, options);
            yield* page.items;
            cursor = page.next;
        } while (cursor);
    }

    /**
     * Bind addresses to points; one, or many, all or none
     *
     * Permission: tags:write.
     */
    async createTags(body: NewTags, options?: CallOptions): Promise<TagList> {
        return (await this.call({
            method: 'POST',
            path: '/v1/tags',
            body,
            answer: 'json',
            creates: true,
        }, options)) as TagList;
    }

    /**
     * One tag
     *
     * Permission: tags:read.
     */
    async getTag(tag: string, options?: CallOptions): Promise<Tag> {
        return (await this.call({
            method: 'GET',
            path: '/v1/tags/{tag}',
            pathValues: { tag },
            answer: 'json',
        }, options)) as Tag;
    }

    /**
     * Unbind
     *
     * Permission: tags:write.
     */
    async removeTag(tag: string, options?: CallOptions): Promise<void> {
        await this.call({
            method: 'DELETE',
            path: '/v1/tags/{tag}',
            pathValues: { tag },
            answer: 'none',
        }, options);
    }

    /**
     * Change the address
     *
     * Permission: tags:write.
     */
    async patchTag(tag: string, body: TagPatch, options?: CallOptions): Promise<Tag> {
        return (await this.call({
            method: 'PATCH',
            path: '/v1/tags/{tag}',
            pathValues: { tag },
            body,
            answer: 'json',
        }, options)) as Tag;
    }

    /**
     * Tenants of this installation (platform operators only)
     *
     * Permission: tenants:read.
     */
    async listTenants(
        query: {
            limit?: number;
            cursor?: string;
        } = {},
        options?: CallOptions,
    ): Promise<TenantPage> {
        return (await this.call({
            method: 'GET',
            path: '/v1/tenants',
            query,
            answer: 'json',
        }, options)) as TenantPage;
    }

    /**
     * Tenants of this installation (platform operators only)
     *
     * All of them: asks `listTenants` for page after page; `limit` is the length of a page.
     */
    async *iterateTenants(
        query: {
            limit?: number;
        } = {},
        options?: CallOptions,
    ): AsyncGenerator<TenantQuota, void, undefined> {
        let cursor: string | undefined;
        do {
            const page: TenantPage = await this.listTenants({ ...query, cursor }, options);
            yield* page.items;
            cursor = page.next;
        } while (cursor);
    }

    /**
     * Make a tenant (platform operators only)
     *
     * Permission: tenants:write.
     */
    async createTenant(body: NewTenant, options?: CallOptions): Promise<TenantQuota> {
        return (await this.call({
            method: 'POST',
            path: '/v1/tenants',
            body,
            answer: 'json',
            creates: true,
        }, options)) as TenantQuota;
    }

    /**
     * One tenant, with its quota of points (platform operators only)
     *
     * Permission: tenants:read.
     */
    async getTenant(tenant: string, options?: CallOptions): Promise<TenantQuota> {
        return (await this.call({
            method: 'GET',
            path: '/v1/tenants/{tenant}',
            pathValues: { tenant },
            answer: 'json',
        }, options)) as TenantQuota;
    }

    /**
     * Change name or quota of points (platform operators only)
     *
     * points_quota is how many points, and so series, the tenant may have; null makes it
     * tenants.points_max again. It may have as many series by labels beside them. What is there
     * stays, also beyond a smaller quota. Permission: tenants:write.
     */
    async patchTenant(
        tenant: string,
        body: TenantPatch,
        options?: CallOptions,
    ): Promise<TenantQuota> {
        return (await this.call({
            method: 'PATCH',
            path: '/v1/tenants/{tenant}',
            pathValues: { tenant },
            body,
            answer: 'json',
        }, options)) as TenantQuota;
    }

    /**
     * What the caller's tenant uses, and how much of it there may be
     *
     * A point more than max is refused with quota_exceeded (403), and so are lines that would make
     * a series more. Permission: usage:read.
     */
    async getUsage(options?: CallOptions): Promise<Usage> {
        return (await this.call({
            method: 'GET',
            path: '/v1/usage',
            answer: 'json',
        }, options)) as Usage;
    }

    /**
     * People and programs that may sign in
     *
     * Permission: principals:read.
     */
    async listPrincipals(
        query: {
            limit?: number;
            cursor?: string;
        } = {},
        options?: CallOptions,
    ): Promise<PrincipalPage> {
        return (await this.call({
            method: 'GET',
            path: '/v1/principals',
            query,
            answer: 'json',
        }, options)) as PrincipalPage;
    }

    /**
     * People and programs that may sign in
     *
     * All of them: asks `listPrincipals` for page after page; `limit` is the length of a page.
     */
    async *iteratePrincipals(
        query: {
            limit?: number;
        } = {},
        options?: CallOptions,
    ): AsyncGenerator<Principal, void, undefined> {
        let cursor: string | undefined;
        do {
            const page: PrincipalPage = await this.listPrincipals({ ...query, cursor }, options);
            yield* page.items;
            cursor = page.next;
        } while (cursor);
    }

    /**
     * Add a person or program
     *
     * Permission: principals:write.
     */
    async createPrincipal(body: NewPrincipal, options?: CallOptions): Promise<Principal> {
        return (await this.call({
            method: 'POST',
            path: '/v1/principals',
            body,
            answer: 'json',
            creates: true,
        }, options)) as Principal;
    }

    /**
     * One person or program
     *
     * Permission: principals:read.
     */
    async getPrincipal(principal: string, options?: CallOptions): Promise<Principal> {
        return (await this.call({
            method: 'GET',
            path: '/v1/principals/{principal}',
            pathValues: { principal },
            answer: 'json',
        }, options)) as Principal;
    }

    /**
     * Remove, with all tokens
     *
     * Permission: principals:write.
     */
    async removePrincipal(principal: string, options?: CallOptions): Promise<void> {
        await this.call({
            method: 'DELETE',
            path: '/v1/principals/{principal}',
            pathValues: { principal },
            answer: 'none',
        }, options);
    }

    /**
     * Change name or roles, disable or enable
     *
     * Permission: principals:write.
     */
    async patchPrincipal(
        principal: string,
        body: PrincipalPatch,
        options?: CallOptions,
    ): Promise<Principal> {
        return (await this.call({
            method: 'PATCH',
            path: '/v1/principals/{principal}',
            pathValues: { principal },
            body,
            answer: 'json',
        }, options)) as Principal;
    }

    /**
     * Set a password that must be changed at the next sign-in
     *
     * Permission: principals:write.
     */
    async resetPassword(
        principal: string,
        body: NewPassword,
        options?: CallOptions,
    ): Promise<void> {
        await this.call({
            method: 'POST',
            path: '/v1/principals/{principal}/reset-password',
            pathValues: { principal },
            body,
            answer: 'none',
        }, options);
    }

    /**
     * Roles
     *
     * Permission: roles:read.
     */
    async listRoles(
        query: {
            limit?: number;
            cursor?: string;
        } = {},
        options?: CallOptions,
    ): Promise<RolePage> {
        return (await this.call({
            method: 'GET',
            path: '/v1/roles',
            query,
            answer: 'json',
        }, options)) as RolePage;
    }

    /**
     * Roles
     *
     * All of them: asks `listRoles` for page after page; `limit` is the length of a page.
     */
    async *iterateRoles(
        query: {
            limit?: number;
        } = {},
        options?: CallOptions,
    ): AsyncGenerator<Role, void, undefined> {
        let cursor: string | undefined;
        do {
            const page: RolePage = await this.listRoles({ ...query, cursor }, options);
            yield* page.items;
            cursor = page.next;
        } while (cursor);
    }

    /**
     * Make a role
     *
     * Permission: roles:write.
     */
    async createRole(body: NewRole, options?: CallOptions): Promise<Role> {
        return (await this.call({
            method: 'POST',
            path: '/v1/roles',
            body,
            answer: 'json',
            creates: true,
        }, options)) as Role;
    }

    /**
     * One role
     *
     * Permission: roles:read.
     */
    async getRole(role: string, options?: CallOptions): Promise<Role> {
        return (await this.call({
            method: 'GET',
            path: '/v1/roles/{role}',
            pathValues: { role },
            answer: 'json',
        }, options)) as Role;
    }

    /**
     * Change a role
     *
     * Permission: roles:write.
     */
    async replaceRole(role: string, body: NewRole, options?: CallOptions): Promise<Role> {
        return (await this.call({
            method: 'PUT',
            path: '/v1/roles/{role}',
            pathValues: { role },
            body,
            answer: 'json',
        }, options)) as Role;
    }

    /**
     * Remove a role that nobody has
     *
     * Permission: roles:write.
     */
    async removeRole(role: string, options?: CallOptions): Promise<void> {
        await this.call({
            method: 'DELETE',
            path: '/v1/roles/{role}',
            pathValues: { role },
            answer: 'none',
        }, options);
    }

    /**
     * API tokens, without their secrets
     *
     * Permission: tokens:read.
     */
    async listTokens(
        query: {
            limit?: number;
            cursor?: string;
        } = {},
        options?: CallOptions,
    ): Promise<TokenPage> {
        return (await this.call({
            method: 'GET',
            path: '/v1/tokens',
            query,
            answer: 'json',
        }, options)) as TokenPage;
    }

    /**
     * API tokens, without their secrets
     *
     * All of them: asks `listTokens` for page after page; `limit` is the length of a page.
     */
    async *iterateTokens(
        query: {
            limit?: number;
        } = {},
        options?: CallOptions,
    ): AsyncGenerator<ApiToken, void, undefined> {
        let cursor: string | undefined;
        do {
            const page: TokenPage = await this.listTokens({ ...query, cursor }, options);
            yield* page.items;
            cursor = page.next;
        } while (cursor);
    }

    /**
     * Make an API token; its secret is shown this once
     *
     * Permission: tokens:write.
     */
    async createToken(body: NewToken, options?: CallOptions): Promise<NewTokenAnswer> {
        return (await this.call({
            method: 'POST',
            path: '/v1/tokens',
            body,
            answer: 'json',
            creates: true,
        }, options)) as NewTokenAnswer;
    }

    /**
     * Take back an API token, at once
     *
     * Permission: tokens:write.
     */
    async removeToken(token: string, options?: CallOptions): Promise<void> {
        await this.call({
            method: 'DELETE',
            path: '/v1/tokens/{token}',
            pathValues: { token },
            answer: 'none',
        }, options);
    }

    /** Whether, and why, the caller may do something */
    async explainAccess(body: AccessQuestion, options?: CallOptions): Promise<AccessAnswer> {
        return (await this.call({
            method: 'POST',
            path: '/v1/access/explain',
            body,
            answer: 'json',
        }, options)) as AccessAnswer;
    }

    /** Components, versions, sizes */
    async getAbout(options?: CallOptions): Promise<About> {
        return (await this.call({
            method: 'GET',
            path: '/v1/about',
            answer: 'json',
        }, options)) as About;
    }

    /**
     * The audit log, newest first
     *
     * Permission: audit:read.
     */
    async listAudit(
        query: {
            limit?: number;
            cursor?: string;
        } = {},
        options?: CallOptions,
    ): Promise<AuditPage> {
        return (await this.call({
            method: 'GET',
            path: '/v1/audit',
            query,
            answer: 'json',
        }, options)) as AuditPage;
    }

    /**
     * The audit log, newest first
     *
     * All of them: asks `listAudit` for page after page; `limit` is the length of a page.
     */
    async *iterateAudit(
        query: {
            limit?: number;
        } = {},
        options?: CallOptions,
    ): AsyncGenerator<AuditEntry, void, undefined> {
        let cursor: string | undefined;
        do {
            const page: AuditPage = await this.listAudit({ ...query, cursor }, options);
            yield* page.items;
            cursor = page.next;
        } while (cursor);
    }

    /**
     * Metrics in Prometheus' text format
     *
     * Permission: system:read.
     */
    async getMetrics(options?: CallOptions): Promise<string> {
        return (await this.call({
            method: 'GET',
            path: '/metrics',
            answer: 'text',
            accept: 'text/plain',
        }, options)) as string;
    }

    /** Whether the program runs */
    async getLive(options?: CallOptions): Promise<Health> {
        return (await this.call({
            method: 'GET',
            path: '/health/live',
            answer: 'json',
        }, options)) as Health;
    }

    /**
     * Whether it takes samples
     *
     * 503 once the journal of the store or of the MQTT broker has failed; reading goes on.
     */
    async getReady(options?: CallOptions): Promise<Health> {
        return (await this.call({
            method: 'GET',
            path: '/health/ready',
            answer: 'json',
        }, options)) as Health;
    }

    /** This document */
    async getOpenApi(options?: CallOptions): Promise<Anything> {
        return (await this.call({
            method: 'GET',
            path: '/openapi.json',
            answer: 'json',
        }, options)) as Anything;
    }
}
