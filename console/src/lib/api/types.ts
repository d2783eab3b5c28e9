// SPDX-License-Identifier: Apache-2.0
// Made by tools/make_types.mjs from src/api/schemas.json: change that, then `npm run types`.

export type About = Record<string, unknown>;

export type AcceptPoints = {
    points: string[];
};

export type AcceptedPoints = {
    made: number;
};

export type AccessAnswer = {
    allowed: boolean;
    because?: Statement;
    reason?: string;
};

export type AccessQuestion = {
    permission: string;
    path?: string;
};

export type Anything = unknown;

export type ApiToken = {
    id: string;
    name: string;
    principal?: string;
    created?: string;
    expires?: string;
};

export type Asset = {
    id: string;
    path: string;
    key: string;
    /** id or path; absent at the root */
    parent?: string;
    name?: Name;
    description?: Name;
    level: "site" | "area" | "line" | "cell" | "unit" | "thing";
    model?: string;
    attributes?: Record<string, string>;
    has_children?: boolean;
    created?: string;
    updated?: string;
    version?: number;
};

export type AssetPage = {
    items: Asset[];
    /** cursor of the next page */
    next?: string;
};

export type AuditEntry = {
    number: number;
    time: string;
    principal?: string;
    action: string;
    object?: string;
    outcome: string;
    detail?: string;
    address?: string;
    trace?: string;
};

export type AuditPage = {
    items: AuditEntry[];
    /** cursor of the next page */
    next?: string;
};

/** A bridge to another MQTT broker, and how it does. */
export type Bridge = {
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
    protocol?: "auto" | "5.0" | "3.1.1";
    /** 1s to 65535s */
    keep_alive?: string;
    /** 1 to 200; of those that match a topic the first says its other name */
    rules: Array<{
        /** out: from here to the other broker */
        direction: "out" | "in" | "both";
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
};

export type BridgePage = {
    items: Bridge[];
    /** cursor of the next page */
    next?: string;
};

/** How a bridge does; messages are counted since the start of the program. */
export type BridgeStatus = {
    /** refused: by the other broker's own word */
    state: "disabled" | "connecting" | "connected" | "refused" | "failed";
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
};

/** The MQTT broker of a tenant. */
export type Broker = {
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
};

/** A client of the MQTT broker; login, address, encrypted, since and version while it is connected. */
export type BrokerSession = {
    client_id: string;
    connected: boolean;
    principal: string;
    login?: string;
    address?: string;
    encrypted?: boolean;
    since?: string;
    version?: "3.1.1" | "5.0";
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
};

export type BrokerSessionPage = {
    items: BrokerSession[];
    /** cursor of the next page */
    next?: string;
};

export type ChangePassword = {
    current: string;
    new: string;
};

/** A value for the device behind a point, and what became of it. */
export type Command = {
    id: string;
    point: string;
    value: Value;
    /** waiting: for somebody to approve it; done: has an outcome */
    state: "waiting" | "sending" | "done";
    /** confirmed: read back as asked; refused: not sent, or the device said no; failed: what is read back differs; unknown: read the point before writing again */
    outcome?: "confirmed" | "refused" | "failed" | "unknown";
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
};

export type CommandCheck = {
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
};

export type CommandDefinition = {
    key: string;
    name?: Name;
    parameters?: Parameter[];
};

export type CommandNote = {
    /** why */
    note?: string;
};

export type CommandPage = {
    items: Command[];
    /** cursor of the next page */
    next?: string;
};

export type CommandPerson = {
    id: string;
    login: string;
};

export type CommandQuestion = {
    /** id or path */
    point: string;
    value: Value;
};

/** What must be true before a value is sent. */
export type CommandRule = {
    key: string;
    name?: Name;
    enabled?: boolean;
    /** the path of an asset or of a point; empty: all points */
    under?: string;
    /** of their paths; * is any text: *.speed_setpoint */
    points?: string;
    /** a formula that must be true: value is what is to be written, current the latest value of the point, another name a point of the same asset, `a/b.c` any point */
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
};

export type CommandRulePage = {
    items: CommandRule[];
    /** cursor of the next page */
    next?: string;
};

export type Connection = {
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
};

export type ConnectionPage = {
    items: Connection[];
    /** cursor of the next page */
    next?: string;
};

/** How the connection fares; see the guide of the protocol. */
export type ConnectionStatus = Record<string, unknown>;

export type DeadLetterList = {
    items: Array<{
        number: number;
        time: string;
        reason: "malformed" | "value" | "too_large" | "unknown_point" | "rejected" | "sparkplug";
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
};

export type DiscoveryAnswer = {
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
};

export type DiscoveryRequest = {
    /** names, addresses, ranges and networks, by commas; 256 at most */
    hosts: string;
    /** ports by protocol; an empty list: the usual one. Without it all protocols that can be looked for */
    protocols?: Record<string, number[]>;
    /** true: whoever owns the devices agrees */
    consent: boolean;
};

export type EraseReport = {
    point: string;
    from: string;
    to: string;
    /** samples that there were */
    rows: number;
};

export type EventDefinition = {
    key: string;
    name?: Name;
    severity?: "info" | "warning" | "critical";
    fields?: Parameter[];
};

export type EventStream = string;

export type FileContent = string;

export type FormulaAnswer = {
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
};

export type FormulaQuestion = {
    from?: string;
    to?: string;
    every: string;
    fill?: "none" | "previous" | "linear";
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
        agg?: "avg" | "sum" | "min" | "max" | "count";
    };
};

export type GroupHistory = {
    /** how many there are */
    points: number;
    unit?: string;
    plan?: QueryPlan;
    /** time, the aggregates, then quality: arrays of one length */
    columns: Record<string, unknown[]>;
};

export type Health = {
    status: string;
    store?: string;
    broker?: string;
};

export type History = {
    items: PointHistory[];
};

export type HookBody = string;

export type InfluxAnswer = {
    results?: Record<string, unknown>[];
    error?: string;
};

export type LatestSample = {
    point: string;
    time?: string;
    value: Value;
    quality: Quality;
    quality_code?: number;
};

export type LatestSamples = {
    items: LatestSample[];
};

export type LineProtocol = string;

/** A mapping from messages to points. */
export type Mapping = {
    key: string;
    enabled?: boolean;
    /** points that messages speak of are made at once instead of proposed */
    create_points?: boolean;
    /** a topic filter whose levels may have names: plant/{line}/# */
    topic: string;
    format?: "json" | "text" | "csv" | "line_protocol" | "cbor" | "sparkplug_b";
    csv?: {
        separator?: string;
        columns?: string[];
        header?: boolean;
    };
    precision?: "ns" | "us" | "ms" | "s" | "m" | "h";
    /** none: every value of a message is a reading */
    rules?: Array<{
        /** a path to items, as $.metrics[*] */
        each?: string;
        /** a path to values */
        value?: string;
        /** the name of the point, with gaps as {topic}, {path}, {line} */
        point?: string;
        type?: "float64" | "int64" | "bool" | "string";
        unit?: string;
        time?: {
            path: string;
            format?: "rfc3339" | "unix_s" | "unix_ms" | "unix_us" | "unix_ns";
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
};

export type MappingPage = {
    items: Mapping[];
    /** cursor of the next page */
    next?: string;
};

export type MappingPreview = {
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
};

export type MappingTrial = {
    mapping: NewMapping;
    topic: string;
    text?: string;
    base64?: string;
};

export type Model = {
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
};

export type ModelPage = {
    items: Model[];
    /** cursor of the next page */
    next?: string;
};

/** In both languages, or a plain string for English. */
export type Name = string | {
    zh?: string;
    en?: string;
};

export type NewAsset = {
    key: string;
    /** id or path; absent at the root */
    parent?: string;
    name?: Name;
    description?: Name;
    level?: "site" | "area" | "line" | "cell" | "unit" | "thing";
    model?: string;
    attributes?: Record<string, string>;
    id?: string;
    path?: string;
    created?: string;
    updated?: string;
    version?: number;
    has_children?: boolean;
};

/** A bridge to another MQTT broker: docs/guide/mqtt-bridge.md. */
export type NewBridge = {
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
    protocol?: "auto" | "5.0" | "3.1.1";
    /** 1s to 65535s */
    keep_alive?: string;
    /** 1 to 200; of those that match a topic the first says its other name */
    rules: Array<{
        /** out: from here to the other broker */
        direction: "out" | "in" | "both";
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
};

export type NewCommand = {
    /** id or path */
    point: string;
    value: Value;
    /** for those who approve it, and for the audit log */
    reason?: string;
    /** not sent after that, as in 10m; without it only waiting for approval has an end */
    expires_in?: string;
};

/** What must be true before a value is sent: docs/guide/commands.md. */
export type NewCommandRule = {
    key: string;
    name?: Name;
    enabled?: boolean;
    /** the path of an asset or of a point; empty: all points */
    under?: string;
    /** of their paths; * is any text: *.speed_setpoint */
    points?: string;
    /** a formula that must be true: value is what is to be written, current the latest value of the point, another name a point of the same asset, `a/b.c` any point */
    condition?: string;
    /** of the values in the condition; 0s: any */
    max_age?: string;
    /** somebody else must agree */
    approval?: boolean;
    /** for that, at most */
    wait?: string;
};

export type NewConnection = {
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
};

/** What to make of the messages of some topics: docs/guide/mqtt-mappings.md. */
export type NewMapping = {
    key: string;
    enabled?: boolean;
    /** points that messages speak of are made at once instead of proposed */
    create_points?: boolean;
    /** a topic filter whose levels may have names: plant/{line}/# */
    topic: string;
    format?: "json" | "text" | "csv" | "line_protocol" | "cbor" | "sparkplug_b";
    csv?: {
        separator?: string;
        columns?: string[];
        header?: boolean;
    };
    precision?: "ns" | "us" | "ms" | "s" | "m" | "h";
    /** none: every value of a message is a reading */
    rules?: Array<{
        /** a path to items, as $.metrics[*] */
        each?: string;
        /** a path to values */
        value?: string;
        /** the name of the point, with gaps as {topic}, {path}, {line} */
        point?: string;
        type?: "float64" | "int64" | "bool" | "string";
        unit?: string;
        time?: {
            path: string;
            format?: "rfc3339" | "unix_s" | "unix_ms" | "unix_us" | "unix_ns";
        };
        quality?: {
            path: string;
            map?: Record<string, string>;
            otherwise?: string;
        };
    }>;
};

export type NewMessage = {
    topic: string;
    /** the payload, if it is text */
    text?: string;
    /** the payload, if it is not */
    base64?: string;
    qos?: number;
    retain?: boolean;
};

export type NewModel = {
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
};

export type NewPassword = {
    password: string;
};

export type NewPoint = {
    asset: string;
    key: string;
    name?: Name;
    description?: Name;
    type?: ValueType;
    /** UCUM code */
    unit?: string;
    range?: Range;
    access?: "read" | "read_write";
    /** how long samples are kept, as in 30d; without it as the store keeps all */
    retention?: string;
};

export type NewPrincipal = {
    login: string;
    password: string;
    name?: Name;
    roles?: string[];
    must_change_password?: boolean;
};

/** Which points clients of the broker are told about: docs/guide/mqtt-publications.md. */
export type NewPublication = {
    key: string;
    enabled?: boolean;
    /** the path of an asset or of a point; empty: all points */
    under?: string;
    /** of their paths; * is any text: *.temperature */
    points?: string;
    format?: "json" | "sparkplug_b";
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
};

export type NewRole = {
    key: string;
    name?: Name;
    statements: Statement[];
};

export type NewTag = {
    connection: string;
    point: string;
    address: string;
};

/** One tag, or many, all or none. */
export type NewTags = NewTag | {
    items: NewTag[];
};

export type NewTenant = {
    key: string;
    name?: Name;
    /** points that it may have; without it tenants.points_max */
    points_quota?: number | null;
};

export type NewToken = {
    name: string;
    principal?: string;
    lifetime?: string;
};

export type NewTokenAnswer = {
    id: string;
    name?: string;
    principal?: string;
    created?: string;
    expires?: string;
    token: string;
};

export type Parameter = {
    key: string;
    name?: Name;
    type?: ValueType;
    /** UCUM code */
    unit?: string;
    range?: Range;
};

/** A JSON merge patch (RFC 7396): what is given is set, null removes. */
export type Patch = Record<string, unknown>;

export type Point = {
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
    access?: "read" | "read_write";
    /** how long samples are kept, as in 30d; without it as the store keeps all */
    retention?: string;
    from_model?: boolean;
    created?: string;
    updated?: string;
    version?: number;
};

export type PointHistory = {
    point: string;
    unit?: string;
    /** time, then value (raw) or the aggregates, then quality: arrays of one length */
    columns: Record<string, unknown[]>;
    plan?: QueryPlan;
    next?: string;
};

export type PointPage = {
    items: Point[];
    /** cursor of the next page */
    next?: string;
};

export type PointSelection = {
    points?: string[];
    under?: string;
};

export type PointStates = {
    point: string;
    columns: {
        /** of the bucket */
        time: string[];
        state: Value[];
        seconds: number[];
        entries: number[];
    };
};

export type Principal = {
    id: string;
    login: string;
    name?: Name;
    roles: string[];
    disabled?: boolean;
    must_change_password?: boolean;
    created?: string;
    updated?: string;
    version?: number;
};

export type PrincipalPage = {
    items: Principal[];
    /** cursor of the next page */
    next?: string;
};

export type PrincipalPatch = {
    name?: Name;
    roles?: string[];
    disabled?: boolean;
};

export type Problem = {
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
};

export type PrometheusAnswer = {
    status: "success" | "error";
    data?: unknown;
    errorType?: string;
    error?: string;
    warnings?: string[];
    infos?: string[];
};

export type Property = {
    key: string;
    name?: Name;
    description?: Name;
    type?: ValueType;
    /** UCUM code */
    unit?: string;
    range?: Range;
    access?: "read" | "read_write";
    /** how long samples are kept, as in 30d; without it as the store keeps all */
    retention?: string;
};

export type ProposedPoint = {
    point: string;
    type: string;
    unit?: string;
    /** of the last reading */
    value: string;
    time: string;
    /** that were lost to it so far */
    readings: number;
    mapping: string;
};

export type ProposedPointPage = {
    items: ProposedPoint[];
    /** cursor of the next page */
    next?: string;
};

export type Protocol = Record<string, unknown>;

export type ProtocolList = {
    items: Protocol[];
};

/** Points that clients of the broker are told about. */
export type Publication = {
    key: string;
    enabled?: boolean;
    /** the path of an asset or of a point; empty: all points */
    under?: string;
    /** of their paths; * is any text: *.temperature */
    points?: string;
    format?: "json" | "sparkplug_b";
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
};

export type PublicationPage = {
    items: Publication[];
    /** cursor of the next page */
    next?: string;
};

export type PublishAnswer = {
    /** sessions that it is for */
    receivers: number;
};

export type Quality = "good" | "uncertain" | "bad";

/** What buckets were made of (explain): blocks of about a thousand samples on disk, and samples in memory. */
export type QueryPlan = {
    /** blocks of which the statistics were enough */
    blocks_by_statistics: number;
    /** blocks of which the roll-ups by minute or hour were */
    blocks_by_roll_ups: number;
    /** blocks that were read sample by sample */
    blocks_read: number;
    /** series of which samples are in memory yet; these are read */
    series_in_memory: number;
};

export type Range = {
    min?: number;
    max?: number;
};

export type ReadAnswer = {
    items: Record<string, unknown>[];
};

export type ReadRequest = {
    settings: Record<string, unknown>;
    addresses: string[];
};

export type Refresh = {
    refresh_token: string;
};

export type RemoteWrite = string;

/** The payload as text where it is UTF-8, else in base64. */
export type RetainedMessage = {
    topic: string;
    bytes: number;
    text?: string;
    base64?: string;
    qos: number;
};

export type RetainedMessageList = {
    items: RetainedMessage[];
};

export type Role = {
    id: string;
    key: string;
    name?: Name;
    statements: Statement[];
    created?: string;
    updated?: string;
    version?: number;
};

export type RolePage = {
    items: Role[];
    /** cursor of the next page */
    next?: string;
};

export type SampleColumns = {
    point: string;
    columns: {
        time: string[];
        value: Value[];
        quality?: Array<Quality | number>;
    };
};

export type SampleRow = {
    point: string;
    time?: string;
    value: Value;
    quality?: Quality | number;
};

export type Samples = {
    samples: Array<SampleRow | SampleColumns>;
};

export type ScanAnswer = Record<string, unknown>;

export type ScanRequest = {
    settings: Record<string, unknown>;
    area: string;
    from?: number;
    count?: number;
};

export type Session = {
    principal: string;
    login: string;
    tenant: Tenant;
    must_change_password?: boolean;
    operates_platform?: boolean;
    expires?: string;
    statements?: Statement[];
};

export type SignIn = {
    login: string;
    password: string;
    cookie?: boolean;
};

export type SignedIn = {
    access_token: string;
    token_type: string;
    expires: string;
    refresh_token?: string;
    refresh_expires?: string;
    must_change_password: boolean;
};

export type SqlAnswer = {
    columns: Array<{
        name: string;
        type: string;
    }>;
    rows: Value[][];
    truncated: boolean;
};

export type SqlQuestion = {
    query: string;
    parameters?: Array<string | number | boolean | null>;
    limit?: number;
};

export type Statement = {
    effect?: "allow" | "forbid";
    permissions: string[];
    under?: string;
};

export type States = {
    items: PointStates[];
};

/** A file of the tenant that SQL reads as files/NAME. */
export type StoredFile = {
    name: string;
    bytes: number;
};

export type StoredFileList = {
    items: StoredFile[];
};

export type Tag = {
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
};

export type TagList = {
    items: Tag[];
};

export type TagPage = {
    items: Tag[];
    /** cursor of the next page */
    next?: string;
};

export type TagPatch = {
    address: string;
};

export type Tenant = {
    id: string;
    key: string;
    name?: Name;
    created?: string;
    updated?: string;
    version?: number;
};

export type TenantPage = {
    items: TenantQuota[];
    /** cursor of the next page */
    next?: string;
};

export type TenantPatch = {
    name?: Name;
    /** points that it may have; null is tenants.points_max */
    points_quota?: number | null;
};

export type TenantQuota = {
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
};

export type TestReport = Record<string, unknown>;

export type TestRequest = {
    settings: Record<string, unknown>;
};

export type Text = string;

export type TokenPage = {
    items: ApiToken[];
    /** cursor of the next page */
    next?: string;
};

export type Usage = {
    points: UsageOf;
    /** series by labels, which line protocol and remote write make */
    series: UsageOf;
};

export type UsageOf = {
    used: number;
    max: number;
};

/** Bool, number, string or null. Whole numbers beyond 2^53, NaN and the infinities are strings. */
export type Value = boolean | number | string | null;

export type ValueType = "bool" | "int64" | "float64" | "string";

export type WriteReport = {
    accepted: number;
    rejected: Array<{
        index?: number;
        code?: string;
        detail?: string;
    }>;
    /** How many rows were rejected, where that is more than are listed. */
    rejected_total?: number;
};
