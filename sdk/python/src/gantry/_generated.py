# SPDX-License-Identifier: Apache-2.0
"""Types and operations of the API. Made by sdk/generate.py from openapi.json; not to be edited."""

from __future__ import annotations

import collections.abc as _c
import typing as _t

from gantry._request import Request as _Request

API_VERSION = "0.1.0"


About: _t.TypeAlias = "dict[str, _t.Any]"


class AcceptPoints(_t.TypedDict):
    points: list[str]


class AcceptedPoints(_t.TypedDict):
    made: int


class AccessAnswer(_t.TypedDict):
    allowed: bool
    because: _t.NotRequired[Statement]
    reason: _t.NotRequired[str]


class AccessQuestion(_t.TypedDict):
    permission: str
    path: _t.NotRequired[str]


Anything: _t.TypeAlias = "_t.Any"


class ApiToken(_t.TypedDict):
    id: str
    name: str
    principal: _t.NotRequired[str]
    created: _t.NotRequired[str]
    expires: _t.NotRequired[str]


class Asset(_t.TypedDict):
    id: str
    path: str
    key: str
    # id or path; absent at the root
    parent: _t.NotRequired[str]
    name: _t.NotRequired[Name]
    description: _t.NotRequired[Name]
    level: _t.Literal['site', 'area', 'line', 'cell', 'unit', 'thing']
    model: _t.NotRequired[str]
    attributes: _t.NotRequired[dict[str, str]]
    has_children: _t.NotRequired[bool]
    created: _t.NotRequired[str]
    updated: _t.NotRequired[str]
    version: _t.NotRequired[int]


class AssetPage(_t.TypedDict):
    items: list[Asset]
    # cursor of the next page
    next: _t.NotRequired[str]


class AuditEntry(_t.TypedDict):
    number: int
    time: str
    principal: _t.NotRequired[str]
    action: str
    object: _t.NotRequired[str]
    outcome: str
    detail: _t.NotRequired[str]
    address: _t.NotRequired[str]
    trace: _t.NotRequired[str]


class AuditPage(_t.TypedDict):
    items: list[AuditEntry]
    # cursor of the next page
    next: _t.NotRequired[str]


class BridgeRules(_t.TypedDict):
    # out: from here to the other broker
    direction: _t.Literal['out', 'in', 'both']
    # which topics, behind the prefixes; empty: the one topic that the prefixes name
    filter: _t.NotRequired[str]
    # what the topics begin with here
    local_prefix: _t.NotRequired[str]
    # what the topics begin with at the other broker
    remote_prefix: _t.NotRequired[str]
    # at most; what goes out with 1 or 2 waits while the other broker is away
    qos: _t.NotRequired[_t.Literal[0, 1, 2]]


class Bridge(_t.TypedDict):
    """A bridge to another MQTT broker, and how it does."""
    id: str
    key: str
    enabled: bool
    # mqtt://host:1883, or mqtts://host:8883 with TLS
    address: str
    # PEM of who vouches for the other broker; empty: the authorities of the operating system
    ca: _t.NotRequired[str]
    # PEM of a client certificate to be shown, with what vouches for it
    certificate: _t.NotRequired[str]
    # empty: gantry- and the id of the bridge
    client_id: _t.NotRequired[str]
    user: _t.NotRequired[str]
    # auto: 5.0, or 3.1.1 if the other broker refuses it
    protocol: _t.NotRequired[_t.Literal['auto', '5.0', '3.1.1']]
    # 1s to 65535s
    keep_alive: _t.NotRequired[str]
    # 1 to 200; of those that match a topic the first says its other name
    rules: list[BridgeRules]
    has_password: bool
    has_client_key: bool
    status: BridgeStatus
    created: _t.NotRequired[str]
    updated: _t.NotRequired[str]
    version: int


class BridgePage(_t.TypedDict):
    items: list[Bridge]
    # cursor of the next page
    next: _t.NotRequired[str]


class BridgeStatus(_t.TypedDict):
    """How a bridge does; messages are counted since the start of the program."""
    # refused: by the other broker's own word
    state: _t.Literal['disabled', 'connecting', 'connected', 'refused', 'failed']
    # why it is refused or failed, or what is not as it should be
    reason: _t.NotRequired[str]
    since: str
    # version of MQTT, while it is connected
    protocol: _t.NotRequired[str]
    # taken over here
    messages_in: int
    # taken over by the other broker
    messages_out: int
    # refused by either side, of no rule, or lost because the queue was full
    dropped: int
    # that wait for the other broker
    queued: int


class BrokerCounters(_t.TypedDict):
    # from clients
    messages_in: int
    # to clients, each the first time
    messages_out: int
    # too many waited for a client
    dropped_queue_full: int
    # QoS 0, for a client that does not read
    dropped_slow: int
    # QoS 0, for a client that is away
    dropped_away: int
    # their time was over
    dropped_expired: int
    # larger than what the client takes
    dropped_too_large: int
    # the client may not have them any more
    dropped_forbidden: int
    # of clients, with a reason
    refused_publishes: int
    # connections that were closed for what they sent
    protocol_errors: int
    # connections that the same client replaced
    takeovers: int


class Broker(_t.TypedDict):
    """The MQTT broker of a tenant."""
    enabled: bool
    addresses: list[str]
    connections: int
    sessions: int
    subscriptions: int
    retained: int
    counters: BrokerCounters


class BrokerSessionFilters(_t.TypedDict):
    filter: str
    qos: int


class BrokerSession(_t.TypedDict):
    """A client of the MQTT broker; login, address, encrypted, since and version while it is
    connected.
    """
    client_id: str
    connected: bool
    principal: str
    login: _t.NotRequired[str]
    address: _t.NotRequired[str]
    encrypted: _t.NotRequired[bool]
    since: _t.NotRequired[str]
    version: _t.NotRequired[_t.Literal['3.1.1', '5.0']]
    # how long it is kept after its connection; without it for ever
    expiry_seconds: _t.NotRequired[int]
    will: bool
    subscriptions: int
    # messages that wait
    queued: int
    queued_bytes: int
    # messages that are sent and not acknowledged
    inflight: int
    # of one that was asked for alone
    filters: _t.NotRequired[list[BrokerSessionFilters]]


class BrokerSessionPage(_t.TypedDict):
    items: list[BrokerSession]
    # cursor of the next page
    next: _t.NotRequired[str]


class ChangePassword(_t.TypedDict):
    current: str
    new: str


class Command(_t.TypedDict):
    """A value for the device behind a point, and what became of it."""
    id: str
    point: str
    value: Value
    # waiting: for somebody to approve it; done: has an outcome
    state: _t.Literal['waiting', 'sending', 'done']
    # confirmed: read back as asked; refused: not sent, or the device said no; failed: what is read
    # back differs; unknown: read the point before writing again
    outcome: _t.NotRequired[_t.Literal['confirmed', 'refused', 'failed', 'unknown']]
    detail: _t.NotRequired[str]
    read_back: _t.NotRequired[Value]
    by: CommandPerson
    reason: _t.NotRequired[str]
    created: str
    expires: _t.NotRequired[str]
    decided_by: _t.NotRequired[CommandPerson]
    decided: _t.NotRequired[str]
    note: _t.NotRequired[str]
    finished: _t.NotRequired[str]


class CommandCheckRules(_t.TypedDict):
    rule: str
    passes: bool
    # it wants one
    approval: bool
    # why it does not pass
    detail: _t.NotRequired[str]


class CommandCheck(_t.TypedDict):
    point: str
    # no rule forbids it
    passes: bool
    needs_approval: bool
    rules: list[CommandCheckRules]


class CommandDefinition(_t.TypedDict):
    key: str
    name: _t.NotRequired[Name]
    parameters: _t.NotRequired[list[Parameter]]


class CommandNote(_t.TypedDict):
    # why
    note: _t.NotRequired[str]


class CommandPage(_t.TypedDict):
    items: list[Command]
    # cursor of the next page
    next: _t.NotRequired[str]


class CommandPerson(_t.TypedDict):
    id: str
    login: str


class CommandQuestion(_t.TypedDict):
    # id or path
    point: str
    value: Value


class CommandRule(_t.TypedDict):
    """What must be true before a value is sent."""
    key: str
    name: _t.NotRequired[Name]
    enabled: _t.NotRequired[bool]
    # the path of an asset or of a point; empty: all points
    under: _t.NotRequired[str]
    # of their paths; * is any text: *.speed_setpoint
    points: _t.NotRequired[str]
    # a formula that must be true: value is what is to be written, current the latest value of the
    # point, another name a point of the same asset, `a/b.c` any point
    condition: _t.NotRequired[str]
    # of the values in the condition; 0s: any
    max_age: _t.NotRequired[str]
    # somebody else must agree
    approval: _t.NotRequired[bool]
    # for that, at most
    wait: _t.NotRequired[str]
    id: str
    created: str
    updated: str
    version: int


class CommandRulePage(_t.TypedDict):
    items: list[CommandRule]
    # cursor of the next page
    next: _t.NotRequired[str]


class Connection(_t.TypedDict):
    id: str
    key: str
    name: _t.NotRequired[Name]
    protocol: str
    enabled: bool
    settings: dict[str, _t.Any]
    status: _t.NotRequired[ConnectionStatus]
    created: _t.NotRequired[str]
    updated: _t.NotRequired[str]
    version: _t.NotRequired[int]


class ConnectionPage(_t.TypedDict):
    items: list[Connection]
    # cursor of the next page
    next: _t.NotRequired[str]


# How the connection fares; see the guide of the protocol.
ConnectionStatus: _t.TypeAlias = "dict[str, _t.Any]"


class DeadLetterListItems(_t.TypedDict):
    number: int
    time: str
    reason: _t.Literal['malformed', 'value', 'too_large', 'unknown_point', 'rejected', 'sparkplug']
    detail: str
    topic: str
    client_id: str
    mapping: str
    # of the message
    bytes: int
    # its beginning, where that is text
    text: _t.NotRequired[str]
    # its beginning, where it is not
    hex: _t.NotRequired[str]


class DeadLetterList(_t.TypedDict):
    items: list[DeadLetterListItems]
    # by reason, since the start
    counts: dict[str, int]


class DiscoveryAnswerItems(_t.TypedDict):
    host: str
    port: int
    protocol: str
    # that it speaks the protocol; 0.2: only the port is open
    confidence: float
    # what it says of itself
    detail: str
    # of a connection to it
    settings: dict[str, _t.Any]


class DiscoveryAnswer(_t.TypedDict):
    # that were looked at
    hosts: int
    items: list[DiscoveryAnswerItems]


class DiscoveryRequest(_t.TypedDict):
    # names, addresses, ranges and networks, by commas; 256 at most
    hosts: str
    # ports by protocol; an empty list: the usual one. Without it all protocols that can be looked
    # for
    protocols: _t.NotRequired[dict[str, list[int]]]
    # true: whoever owns the devices agrees
    consent: bool


EraseReport = _t.TypedDict("EraseReport", {
    "point": "str",
    "from": "str",
    "to": "str",
    "rows": "int",
})


class EventDefinition(_t.TypedDict):
    key: str
    name: _t.NotRequired[Name]
    severity: _t.NotRequired[_t.Literal['info', 'warning', 'critical']]
    fields: _t.NotRequired[list[Parameter]]


EventStream: _t.TypeAlias = "str"


FileContent: _t.TypeAlias = "str"


class FormulaAnswerItemsFormulas(_t.TypedDict):
    name: str
    unit: _t.NotRequired[str]
    value: list[float | None]
    quality: list[str | None]


class FormulaAnswerItems(_t.TypedDict):
    group: _t.NotRequired[str]
    formulas: list[FormulaAnswerItemsFormulas]


class FormulaAnswer(_t.TypedDict):
    time: list[str]
    items: list[FormulaAnswerItems]


class FormulaQuestionVariables(_t.TypedDict):
    point: _t.NotRequired[str]
    property: _t.NotRequired[str]
    agg: _t.NotRequired[str]


class FormulaQuestionFormulas(_t.TypedDict):
    name: _t.NotRequired[str]
    expression: str
    unit: _t.NotRequired[str]


class FormulaQuestionAssets(_t.TypedDict):
    under: _t.NotRequired[str]
    model: _t.NotRequired[str]


class FormulaQuestionGroup(_t.TypedDict):
    by: _t.NotRequired[str]
    agg: _t.NotRequired[_t.Literal['avg', 'sum', 'min', 'max', 'count']]


FormulaQuestion = _t.TypedDict("FormulaQuestion", {
    "from": "_t.NotRequired[str]",
    "to": "_t.NotRequired[str]",
    "every": "str",
    "fill": "_t.NotRequired[_t.Literal['none', 'previous', 'linear']]",
    "variables": "dict[str, FormulaQuestionVariables]",
    "formulas": "list[FormulaQuestionFormulas]",
    "assets": "_t.NotRequired[FormulaQuestionAssets]",
    "group": "_t.NotRequired[FormulaQuestionGroup]",
})


class GroupHistory(_t.TypedDict):
    # how many there are
    points: int
    unit: _t.NotRequired[str]
    plan: _t.NotRequired[QueryPlan]
    # time, the aggregates, then quality: arrays of one length
    columns: dict[str, list[_t.Any]]


class Health(_t.TypedDict):
    status: str
    store: _t.NotRequired[str]
    broker: _t.NotRequired[str]


class History(_t.TypedDict):
    items: list[PointHistory]


HookBody: _t.TypeAlias = "str"


class InfluxAnswer(_t.TypedDict):
    results: _t.NotRequired[list[dict[str, _t.Any]]]
    error: _t.NotRequired[str]


class LatestSample(_t.TypedDict):
    point: str
    time: _t.NotRequired[str]
    value: Value
    quality: Quality
    quality_code: _t.NotRequired[int]


class LatestSamples(_t.TypedDict):
    items: list[LatestSample]


LineProtocol: _t.TypeAlias = "str"


class MappingCsv(_t.TypedDict):
    separator: _t.NotRequired[str]
    columns: _t.NotRequired[list[str]]
    header: _t.NotRequired[bool]


class MappingRulesTime(_t.TypedDict):
    path: str
    format: _t.NotRequired[_t.Literal['rfc3339', 'unix_s', 'unix_ms', 'unix_us', 'unix_ns']]


class MappingRulesQuality(_t.TypedDict):
    path: str
    map: _t.NotRequired[dict[str, str]]
    otherwise: _t.NotRequired[str]


class MappingRules(_t.TypedDict):
    # a path to items, as $.metrics[*]
    each: _t.NotRequired[str]
    # a path to values
    value: _t.NotRequired[str]
    # the name of the point, with gaps as {topic}, {path}, {line}
    point: _t.NotRequired[str]
    type: _t.NotRequired[_t.Literal['float64', 'int64', 'bool', 'string']]
    unit: _t.NotRequired[str]
    time: _t.NotRequired[MappingRulesTime]
    quality: _t.NotRequired[MappingRulesQuality]


class Mapping(_t.TypedDict):
    """A mapping from messages to points."""
    key: str
    enabled: _t.NotRequired[bool]
    # points that messages speak of are made at once instead of proposed
    create_points: _t.NotRequired[bool]
    # a topic filter whose levels may have names: plant/{line}/#
    topic: str
    format: _t.NotRequired[_t.Literal['json', 'text', 'csv', 'line_protocol', 'cbor', 'sparkplug_b']]
    csv: _t.NotRequired[MappingCsv]
    precision: _t.NotRequired[_t.Literal['ns', 'us', 'ms', 's', 'm', 'h']]
    # none: every value of a message is a reading
    rules: _t.NotRequired[list[MappingRules]]
    id: str
    created: str
    updated: str
    version: int


class MappingPage(_t.TypedDict):
    items: list[Mapping]
    # cursor of the next page
    next: _t.NotRequired[str]


class MappingPreviewItems(_t.TypedDict):
    name: str
    # the path that the name stands for; empty: none
    point: str
    # whether there is such a point
    there: bool
    time: str
    type: str
    value: Value
    quality: str
    unit: _t.NotRequired[str]


class MappingPreview(_t.TypedDict):
    # the first 1,000
    items: list[MappingPreviewItems]
    readings: int
    # values that could not be taken as they are
    bad: int
    # with the first of them
    problem: _t.NotRequired[str]


class MappingTrial(_t.TypedDict):
    mapping: NewMapping
    topic: str
    text: _t.NotRequired[str]
    base64: _t.NotRequired[str]


class Model(_t.TypedDict):
    id: str
    key: str
    name: _t.NotRequired[Name]
    description: _t.NotRequired[Name]
    parent: _t.NotRequired[str]
    aspects: _t.NotRequired[list[str]]
    is_aspect: _t.NotRequired[bool]
    properties: _t.NotRequired[list[Property]]
    commands: _t.NotRequired[list[CommandDefinition]]
    events: _t.NotRequired[list[EventDefinition]]
    created: _t.NotRequired[str]
    updated: _t.NotRequired[str]
    version: _t.NotRequired[int]


class ModelPage(_t.TypedDict):
    items: list[Model]
    # cursor of the next page
    next: _t.NotRequired[str]


class Name2(_t.TypedDict):
    zh: _t.NotRequired[str]
    en: _t.NotRequired[str]


# In both languages, or a plain string for English.
Name: _t.TypeAlias = "str | Name2"


class NewAsset(_t.TypedDict):
    key: str
    # id or path; absent at the root
    parent: _t.NotRequired[str]
    name: _t.NotRequired[Name]
    description: _t.NotRequired[Name]
    level: _t.NotRequired[_t.Literal['site', 'area', 'line', 'cell', 'unit', 'thing']]
    model: _t.NotRequired[str]
    attributes: _t.NotRequired[dict[str, str]]
    id: _t.NotRequired[str]
    path: _t.NotRequired[str]
    created: _t.NotRequired[str]
    updated: _t.NotRequired[str]
    version: _t.NotRequired[int]
    has_children: _t.NotRequired[bool]


class NewBridgeRules(_t.TypedDict):
    # out: from here to the other broker
    direction: _t.Literal['out', 'in', 'both']
    # which topics, behind the prefixes; empty: the one topic that the prefixes name
    filter: _t.NotRequired[str]
    # what the topics begin with here
    local_prefix: _t.NotRequired[str]
    # what the topics begin with at the other broker
    remote_prefix: _t.NotRequired[str]
    # at most; what goes out with 1 or 2 waits while the other broker is away
    qos: _t.NotRequired[_t.Literal[0, 1, 2]]


class NewBridge(_t.TypedDict):
    """A bridge to another MQTT broker: docs/guide/mqtt-bridge.md."""
    key: str
    enabled: _t.NotRequired[bool]
    # mqtt://host:1883, or mqtts://host:8883 with TLS
    address: str
    # PEM of who vouches for the other broker; empty: the authorities of the operating system
    ca: _t.NotRequired[str]
    # PEM of a client certificate to be shown, with what vouches for it
    certificate: _t.NotRequired[str]
    # empty: gantry- and the id of the bridge
    client_id: _t.NotRequired[str]
    user: _t.NotRequired[str]
    # auto: 5.0, or 3.1.1 if the other broker refuses it
    protocol: _t.NotRequired[_t.Literal['auto', '5.0', '3.1.1']]
    # 1s to 65535s
    keep_alive: _t.NotRequired[str]
    # 1 to 200; of those that match a topic the first says its other name
    rules: list[NewBridgeRules]
    # never shown; left out: stays as it is; empty: none
    password: _t.NotRequired[str]
    # PEM of the key of the client certificate; as password
    client_key: _t.NotRequired[str]


class NewCommand(_t.TypedDict):
    # id or path
    point: str
    value: Value
    # for those who approve it, and for the audit log
    reason: _t.NotRequired[str]
    # not sent after that, as in 10m; without it only waiting for approval has an end
    expires_in: _t.NotRequired[str]


class NewCommandRule(_t.TypedDict):
    """What must be true before a value is sent: docs/guide/commands.md."""
    key: str
    name: _t.NotRequired[Name]
    enabled: _t.NotRequired[bool]
    # the path of an asset or of a point; empty: all points
    under: _t.NotRequired[str]
    # of their paths; * is any text: *.speed_setpoint
    points: _t.NotRequired[str]
    # a formula that must be true: value is what is to be written, current the latest value of the
    # point, another name a point of the same asset, `a/b.c` any point
    condition: _t.NotRequired[str]
    # of the values in the condition; 0s: any
    max_age: _t.NotRequired[str]
    # somebody else must agree
    approval: _t.NotRequired[bool]
    # for that, at most
    wait: _t.NotRequired[str]


class NewConnection(_t.TypedDict):
    key: str
    name: _t.NotRequired[Name]
    protocol: str
    enabled: _t.NotRequired[bool]
    settings: dict[str, _t.Any]
    id: _t.NotRequired[str]
    created: _t.NotRequired[str]
    updated: _t.NotRequired[str]
    version: _t.NotRequired[int]
    status: _t.NotRequired[ConnectionStatus]


class NewMappingCsv(_t.TypedDict):
    separator: _t.NotRequired[str]
    columns: _t.NotRequired[list[str]]
    header: _t.NotRequired[bool]


class NewMappingRulesTime(_t.TypedDict):
    path: str
    format: _t.NotRequired[_t.Literal['rfc3339', 'unix_s', 'unix_ms', 'unix_us', 'unix_ns']]


class NewMappingRulesQuality(_t.TypedDict):
    path: str
    map: _t.NotRequired[dict[str, str]]
    otherwise: _t.NotRequired[str]


class NewMappingRules(_t.TypedDict):
    # a path to items, as $.metrics[*]
    each: _t.NotRequired[str]
    # a path to values
    value: _t.NotRequired[str]
    # the name of the point, with gaps as {topic}, {path}, {line}
    point: _t.NotRequired[str]
    type: _t.NotRequired[_t.Literal['float64', 'int64', 'bool', 'string']]
    unit: _t.NotRequired[str]
    time: _t.NotRequired[NewMappingRulesTime]
    quality: _t.NotRequired[NewMappingRulesQuality]


class NewMapping(_t.TypedDict):
    """What to make of the messages of some topics: docs/guide/mqtt-mappings.md."""
    key: str
    enabled: _t.NotRequired[bool]
    # points that messages speak of are made at once instead of proposed
    create_points: _t.NotRequired[bool]
    # a topic filter whose levels may have names: plant/{line}/#
    topic: str
    format: _t.NotRequired[_t.Literal['json', 'text', 'csv', 'line_protocol', 'cbor', 'sparkplug_b']]
    csv: _t.NotRequired[NewMappingCsv]
    precision: _t.NotRequired[_t.Literal['ns', 'us', 'ms', 's', 'm', 'h']]
    # none: every value of a message is a reading
    rules: _t.NotRequired[list[NewMappingRules]]


class NewMessage(_t.TypedDict):
    topic: str
    # the payload, if it is text
    text: _t.NotRequired[str]
    # the payload, if it is not
    base64: _t.NotRequired[str]
    qos: _t.NotRequired[int]
    retain: _t.NotRequired[bool]


class NewModel(_t.TypedDict):
    key: str
    name: _t.NotRequired[Name]
    description: _t.NotRequired[Name]
    parent: _t.NotRequired[str]
    aspects: _t.NotRequired[list[str]]
    is_aspect: _t.NotRequired[bool]
    properties: _t.NotRequired[list[Property]]
    commands: _t.NotRequired[list[CommandDefinition]]
    events: _t.NotRequired[list[EventDefinition]]
    id: _t.NotRequired[str]
    created: _t.NotRequired[str]
    updated: _t.NotRequired[str]
    version: _t.NotRequired[int]


class NewPassword(_t.TypedDict):
    password: str


class NewPoint(_t.TypedDict):
    asset: str
    key: str
    name: _t.NotRequired[Name]
    description: _t.NotRequired[Name]
    type: _t.NotRequired[ValueType]
    # UCUM code
    unit: _t.NotRequired[str]
    range: _t.NotRequired[Range]
    access: _t.NotRequired[_t.Literal['read', 'read_write']]
    # how long samples are kept, as in 30d; without it as the store keeps all
    retention: _t.NotRequired[str]


class NewPrincipal(_t.TypedDict):
    login: str
    password: str
    name: _t.NotRequired[Name]
    roles: _t.NotRequired[list[str]]
    must_change_password: _t.NotRequired[bool]


class NewPublication(_t.TypedDict):
    """Which points clients of the broker are told about: docs/guide/mqtt-publications.md."""
    key: str
    enabled: _t.NotRequired[bool]
    # the path of an asset or of a point; empty: all points
    under: _t.NotRequired[str]
    # of their paths; * is any text: *.temperature
    points: _t.NotRequired[str]
    format: _t.NotRequired[_t.Literal['json', 'sparkplug_b']]
    # between two messages about a point, as in 500ms; the latest value counts
    min_interval: _t.NotRequired[str]
    # of JSON, with gaps: {asset.path}, {asset}, {point}, {path}
    topic: _t.NotRequired[str]
    qos: _t.NotRequired[int]
    # the broker keeps the last value of each topic
    retain: _t.NotRequired[bool]
    # of Sparkplug B
    group: _t.NotRequired[str]
    # of Sparkplug B: the edge node; assets are its devices
    node: _t.NotRequired[str]


class NewRole(_t.TypedDict):
    key: str
    name: _t.NotRequired[Name]
    statements: list[Statement]


class NewTag(_t.TypedDict):
    connection: str
    point: str
    address: str


class NewTags2(_t.TypedDict):
    items: list[NewTag]


# One tag, or many, all or none.
NewTags: _t.TypeAlias = "NewTag | NewTags2"


class NewTenant(_t.TypedDict):
    key: str
    name: _t.NotRequired[Name]
    # points that it may have; without it tenants.points_max
    points_quota: _t.NotRequired[int | None]


class NewToken(_t.TypedDict):
    name: str
    principal: _t.NotRequired[str]
    lifetime: _t.NotRequired[str]


class NewTokenAnswer(_t.TypedDict):
    id: str
    name: _t.NotRequired[str]
    principal: _t.NotRequired[str]
    created: _t.NotRequired[str]
    expires: _t.NotRequired[str]
    token: str


class Parameter(_t.TypedDict):
    key: str
    name: _t.NotRequired[Name]
    type: _t.NotRequired[ValueType]
    # UCUM code
    unit: _t.NotRequired[str]
    range: _t.NotRequired[Range]


# A JSON merge patch (RFC 7396): what is given is set, null removes.
Patch: _t.TypeAlias = "dict[str, _t.Any]"


class Point(_t.TypedDict):
    id: str
    path: str
    asset: _t.NotRequired[str]
    key: str
    name: _t.NotRequired[Name]
    description: _t.NotRequired[Name]
    type: ValueType
    # UCUM code
    unit: _t.NotRequired[str]
    range: _t.NotRequired[Range]
    access: _t.NotRequired[_t.Literal['read', 'read_write']]
    # how long samples are kept, as in 30d; without it as the store keeps all
    retention: _t.NotRequired[str]
    from_model: _t.NotRequired[bool]
    created: _t.NotRequired[str]
    updated: _t.NotRequired[str]
    version: _t.NotRequired[int]


class PointHistory(_t.TypedDict):
    point: str
    unit: _t.NotRequired[str]
    # time, then value (raw) or the aggregates, then quality: arrays of one length
    columns: dict[str, list[_t.Any]]
    plan: _t.NotRequired[QueryPlan]
    next: _t.NotRequired[str]


class PointPage(_t.TypedDict):
    items: list[Point]
    # cursor of the next page
    next: _t.NotRequired[str]


class PointSelection(_t.TypedDict):
    points: _t.NotRequired[list[str]]
    under: _t.NotRequired[str]


class PointStatesColumns(_t.TypedDict):
    # of the bucket
    time: list[str]
    state: list[Value]
    seconds: list[float]
    entries: list[int]


class PointStates(_t.TypedDict):
    point: str
    columns: PointStatesColumns


class Principal(_t.TypedDict):
    id: str
    login: str
    name: _t.NotRequired[Name]
    roles: list[str]
    disabled: _t.NotRequired[bool]
    must_change_password: _t.NotRequired[bool]
    created: _t.NotRequired[str]
    updated: _t.NotRequired[str]
    version: _t.NotRequired[int]


class PrincipalPage(_t.TypedDict):
    items: list[Principal]
    # cursor of the next page
    next: _t.NotRequired[str]


class PrincipalPatch(_t.TypedDict):
    name: _t.NotRequired[Name]
    roles: _t.NotRequired[list[str]]
    disabled: _t.NotRequired[bool]


class ProblemFields(_t.TypedDict):
    field: _t.NotRequired[str]
    detail: _t.NotRequired[str]


class Problem(_t.TypedDict):
    type: _t.NotRequired[str]
    title: str
    status: int
    detail: str
    code: str
    trace: _t.NotRequired[str]
    fields: _t.NotRequired[list[ProblemFields]]


class PrometheusAnswer(_t.TypedDict):
    status: _t.Literal['success', 'error']
    data: _t.NotRequired[_t.Any]
    errorType: _t.NotRequired[str]
    error: _t.NotRequired[str]
    warnings: _t.NotRequired[list[str]]
    infos: _t.NotRequired[list[str]]


class Property(_t.TypedDict):
    key: str
    name: _t.NotRequired[Name]
    description: _t.NotRequired[Name]
    type: _t.NotRequired[ValueType]
    # UCUM code
    unit: _t.NotRequired[str]
    range: _t.NotRequired[Range]
    access: _t.NotRequired[_t.Literal['read', 'read_write']]
    # how long samples are kept, as in 30d; without it as the store keeps all
    retention: _t.NotRequired[str]


class ProposedPoint(_t.TypedDict):
    point: str
    type: str
    unit: _t.NotRequired[str]
    # of the last reading
    value: str
    time: str
    # that were lost to it so far
    readings: int
    mapping: str


class ProposedPointPage(_t.TypedDict):
    items: list[ProposedPoint]
    # cursor of the next page
    next: _t.NotRequired[str]


Protocol: _t.TypeAlias = "dict[str, _t.Any]"


class ProtocolList(_t.TypedDict):
    items: list[Protocol]


class PublicationState(_t.TypedDict):
    """since the start of the program"""
    points: int
    # points that cannot be told about
    skipped: int
    # values
    published: int
    # values that a later one took the place of
    coalesced: int
    # why the first point was skipped
    problem: _t.NotRequired[str]


class Publication(_t.TypedDict):
    """Points that clients of the broker are told about."""
    key: str
    enabled: _t.NotRequired[bool]
    # the path of an asset or of a point; empty: all points
    under: _t.NotRequired[str]
    # of their paths; * is any text: *.temperature
    points: _t.NotRequired[str]
    format: _t.NotRequired[_t.Literal['json', 'sparkplug_b']]
    # between two messages about a point, as in 500ms; the latest value counts
    min_interval: _t.NotRequired[str]
    # of JSON, with gaps: {asset.path}, {asset}, {point}, {path}
    topic: _t.NotRequired[str]
    qos: _t.NotRequired[int]
    # the broker keeps the last value of each topic
    retain: _t.NotRequired[bool]
    # of Sparkplug B
    group: _t.NotRequired[str]
    # of Sparkplug B: the edge node; assets are its devices
    node: _t.NotRequired[str]
    id: str
    # since the start of the program
    state: PublicationState
    created: str
    updated: str
    version: int


class PublicationPage(_t.TypedDict):
    items: list[Publication]
    # cursor of the next page
    next: _t.NotRequired[str]


class PublishAnswer(_t.TypedDict):
    # sessions that it is for
    receivers: int


Quality: _t.TypeAlias = "_t.Literal['good', 'uncertain', 'bad']"


class QueryPlan(_t.TypedDict):
    """What buckets were made of (explain): blocks of about a thousand samples on disk, and samples
    in memory.
    """
    # blocks of which the statistics were enough
    blocks_by_statistics: int
    # blocks of which the roll-ups by minute or hour were
    blocks_by_roll_ups: int
    # blocks that were read sample by sample
    blocks_read: int
    # series of which samples are in memory yet; these are read
    series_in_memory: int


class Range(_t.TypedDict):
    min: _t.NotRequired[float]
    max: _t.NotRequired[float]


class ReadAnswer(_t.TypedDict):
    items: list[dict[str, _t.Any]]


class ReadRequest(_t.TypedDict):
    settings: dict[str, _t.Any]
    addresses: list[str]


class Refresh(_t.TypedDict):
    refresh_token: str


RemoteWrite: _t.TypeAlias = "str"


class RetainedMessage(_t.TypedDict):
    """The payload as text where it is UTF-8, else in base64."""
    topic: str
    bytes: int
    text: _t.NotRequired[str]
    base64: _t.NotRequired[str]
    qos: int


class RetainedMessageList(_t.TypedDict):
    items: list[RetainedMessage]


class Role(_t.TypedDict):
    id: str
    key: str
    name: _t.NotRequired[Name]
    statements: list[Statement]
    created: _t.NotRequired[str]
    updated: _t.NotRequired[str]
    version: _t.NotRequired[int]


class RolePage(_t.TypedDict):
    items: list[Role]
    # cursor of the next page
    next: _t.NotRequired[str]


class SampleColumnsColumns(_t.TypedDict):
    time: list[str]
    value: list[Value]
    quality: _t.NotRequired[list[Quality | int]]


class SampleColumns(_t.TypedDict):
    point: str
    columns: SampleColumnsColumns


class SampleRow(_t.TypedDict):
    point: str
    time: _t.NotRequired[str]
    value: Value
    quality: _t.NotRequired[Quality | int]


class Samples(_t.TypedDict):
    samples: list[SampleRow | SampleColumns]


ScanAnswer: _t.TypeAlias = "dict[str, _t.Any]"


ScanRequest = _t.TypedDict("ScanRequest", {
    "settings": "dict[str, _t.Any]",
    "area": "str",
    "from": "_t.NotRequired[int]",
    "count": "_t.NotRequired[int]",
})


class Session(_t.TypedDict):
    principal: str
    login: str
    tenant: Tenant
    must_change_password: _t.NotRequired[bool]
    operates_platform: _t.NotRequired[bool]
    expires: _t.NotRequired[str]
    statements: _t.NotRequired[list[Statement]]


class SignIn(_t.TypedDict):
    login: str
    password: str
    cookie: _t.NotRequired[bool]


class SignedIn(_t.TypedDict):
    access_token: str
    token_type: str
    expires: str
    refresh_token: _t.NotRequired[str]
    refresh_expires: _t.NotRequired[str]
    must_change_password: bool


class SqlAnswerColumns(_t.TypedDict):
    name: str
    type: str


class SqlAnswer(_t.TypedDict):
    columns: list[SqlAnswerColumns]
    rows: list[list[Value]]
    truncated: bool


class SqlQuestion(_t.TypedDict):
    query: str
    parameters: _t.NotRequired[list[str | float | bool | None]]
    limit: _t.NotRequired[int]


class Statement(_t.TypedDict):
    effect: _t.NotRequired[_t.Literal['allow', 'forbid']]
    permissions: list[str]
    under: _t.NotRequired[str]


class States(_t.TypedDict):
    items: list[PointStates]


class StoredFile(_t.TypedDict):
    """A file of the tenant that SQL reads as files/NAME."""
    name: str
    bytes: int


class StoredFileList(_t.TypedDict):
    items: list[StoredFile]


class Tag(_t.TypedDict):
    id: str
    connection: str
    point: str
    point_path: _t.NotRequired[str]
    address: str
    type: _t.NotRequired[ValueType]
    unit: _t.NotRequired[str]
    created: _t.NotRequired[str]
    updated: _t.NotRequired[str]
    version: _t.NotRequired[int]


class TagList(_t.TypedDict):
    items: list[Tag]


class TagPage(_t.TypedDict):
    items: list[Tag]
    # cursor of the next page
    next: _t.NotRequired[str]


class TagPatch(_t.TypedDict):
    address: str


class Tenant(_t.TypedDict):
    id: str
    key: str
    name: _t.NotRequired[Name]
    created: _t.NotRequired[str]
    updated: _t.NotRequired[str]
    version: _t.NotRequired[int]


class TenantPage(_t.TypedDict):
    items: list[TenantQuota]
    # cursor of the next page
    next: _t.NotRequired[str]


class TenantPatch(_t.TypedDict):
    name: _t.NotRequired[Name]
    # points that it may have; null is tenants.points_max
    points_quota: _t.NotRequired[int | None]


class TenantQuota(_t.TypedDict):
    id: str
    key: str
    name: _t.NotRequired[Name]
    # points that it has
    points: _t.NotRequired[int]
    # points that it may have
    points_max: _t.NotRequired[int]
    # its own quota; without it tenants.points_max
    points_quota: _t.NotRequired[int]
    created: _t.NotRequired[str]
    updated: _t.NotRequired[str]
    version: _t.NotRequired[int]


TestReport: _t.TypeAlias = "dict[str, _t.Any]"


class TestRequest(_t.TypedDict):
    settings: dict[str, _t.Any]


Text: _t.TypeAlias = "str"


class TokenPage(_t.TypedDict):
    items: list[ApiToken]
    # cursor of the next page
    next: _t.NotRequired[str]


class Usage(_t.TypedDict):
    points: UsageOf
    # series by labels, which line protocol and remote write make
    series: UsageOf


class UsageOf(_t.TypedDict):
    used: int
    max: int


# Bool, number, string or null. Whole numbers beyond 2^53, NaN and the infinities are strings.
Value: _t.TypeAlias = "bool | float | str | None"


ValueType: _t.TypeAlias = "_t.Literal['bool', 'int64', 'float64', 'string']"


class WriteReportRejected(_t.TypedDict):
    index: _t.NotRequired[int]
    code: _t.NotRequired[str]
    detail: _t.NotRequired[str]


class WriteReport(_t.TypedDict):
    accepted: int
    rejected: list[WriteReportRejected]
    # How many rows were rejected, where that is more than are listed.
    rejected_total: _t.NotRequired[int]


class Operations:
    """One method for each operation of the API; how it is sent is the subclass's."""

    def _call(self, request: _Request) -> _t.Any:
        raise NotImplementedError

    def get_session(self) -> Session:
        """Who is signed in and what they may do"""
        answer: Session = self._call(_Request(
            "GET", "/v1/session", answer="json"))
        return answer

    def sign_in(self, body: SignIn) -> SignedIn:
        """Sign in with login and password

        Answers an access token for the Authorization header and a refresh token to get the
        next one. With "cookie": true the refresh token goes into an HttpOnly cookie
        instead.
        """
        answer: SignedIn = self._call(_Request(
            "POST", "/v1/session", body=body, answer="json"))
        return answer

    def sign_out(self, *, if_match: str | int | None = None) -> None:
        """Sign out"""
        self._call(_Request(
            "DELETE", "/v1/session", answer="none", if_match=if_match))

    def refresh_session(self, body: Refresh) -> SignedIn:
        """Get a new access token

        A refresh token is good once; shown a second time it ends the session.
        """
        answer: SignedIn = self._call(_Request(
            "POST", "/v1/session/refresh", body=body, answer="json"))
        return answer

    def change_password(self, body: ChangePassword, *, if_match: str | int | None = None) -> None:
        """Change one's own password

        Ends all other sessions and API tokens of the principal.
        """
        self._call(_Request(
            "PUT", "/v1/session/password", body=body, answer="none", if_match=if_match))

    def list_models(self, *, limit: int | None = None, cursor: str | None = None) -> ModelPage:
        """Thing models (物模型)

        Permission: models:read.
        """
        answer: ModelPage = self._call(_Request(
            "GET", "/v1/models", query={"limit": limit, "cursor": cursor}, answer="json"))
        return answer

    def iterate_models(self, *, limit: int | None = None) -> _c.Iterator[Model]:
        """Thing models (物模型)

        All of them: asks `list_models` for page after page; `limit` is the length of a
        page.
        """
        cursor: str | None = None
        while True:
            page = self.list_models(
                limit=limit, cursor=cursor)
            yield from page["items"]
            cursor = page.get("next")
            if not cursor:
                return

    def create_model(self, body: NewModel, *, idempotency_key: str | None = None) -> Model:
        """Make a thing model

        Permission: models:write.
        """
        answer: Model = self._call(_Request(
            "POST", "/v1/models", body=body, answer="json", creates=True,
            idempotency_key=idempotency_key))
        return answer

    def get_model(self, model: str, *, resolved: bool | None = None) -> Model:
        """One model, by id or key

        Permission: models:read.
        """
        answer: Model = self._call(_Request(
            "GET", "/v1/models/{model}", path_values={"model": model}, query={"resolved":
            resolved}, answer="json"))
        return answer

    def replace_model(
            self, model: str, body: NewModel, *, if_match: str | int | None = None,
    ) -> Model:
        """Change a model; its assets follow

        New properties get points on every asset of the model; removed ones lose theirs,
        unless a tag is bound. Permission: models:write.
        """
        answer: Model = self._call(_Request(
            "PUT", "/v1/models/{model}", path_values={"model": model}, body=body, answer="json",
            if_match=if_match))
        return answer

    def remove_model(self, model: str, *, if_match: str | int | None = None) -> None:
        """Remove a model that nothing uses

        Permission: models:write.
        """
        self._call(_Request(
            "DELETE", "/v1/models/{model}", path_values={"model": model}, answer="none",
            if_match=if_match))

    def patch_model(self, model: str, body: Patch, *, if_match: str | int | None = None) -> Model:
        """Change parts of a model (RFC 7396)

        Permission: models:write.
        """
        answer: Model = self._call(_Request(
            "PATCH", "/v1/models/{model}", path_values={"model": model}, body=body, answer="json",
            if_match=if_match))
        return answer

    def list_assets(
            self, *, parent: str | None = None, under: str | None = None, model: str | None = None,
            search: str | None = None, limit: int | None = None, cursor: str | None = None,
    ) -> AssetPage:
        """Assets, in order of their paths

        Permission: assets:read.
        """
        answer: AssetPage = self._call(_Request(
            "GET", "/v1/assets", query={"parent": parent, "under": under, "model": model,
            "search": search, "limit": limit, "cursor": cursor}, answer="json"))
        return answer

    def iterate_assets(
            self, *, parent: str | None = None, under: str | None = None, model: str | None = None,
            search: str | None = None, limit: int | None = None,
    ) -> _c.Iterator[Asset]:
        """Assets, in order of their paths

        All of them: asks `list_assets` for page after page; `limit` is the length of a
        page.
        """
        cursor: str | None = None
        while True:
            page = self.list_assets(
                parent=parent, under=under, model=model, search=search, limit=limit, cursor=cursor)
            yield from page["items"]
            cursor = page.get("next")
            if not cursor:
                return

    def create_asset(self, body: NewAsset, *, idempotency_key: str | None = None) -> Asset:
        """Add an asset, with the points of its model

        Permission: assets:write.
        """
        answer: Asset = self._call(_Request(
            "POST", "/v1/assets", body=body, answer="json", creates=True,
            idempotency_key=idempotency_key))
        return answer

    def get_asset(self, asset: str) -> Asset:
        """One asset, by id or path (percent-encoded)

        Permission: assets:read.
        """
        answer: Asset = self._call(_Request(
            "GET", "/v1/assets/{asset}", path_values={"asset": asset}, answer="json"))
        return answer

    def replace_asset(
            self, asset: str, body: NewAsset, *, if_match: str | int | None = None,
    ) -> Asset:
        """Change or move an asset

        Another key or parent moves it with all below; ids and history stay. Permission:
        assets:write.
        """
        answer: Asset = self._call(_Request(
            "PUT", "/v1/assets/{asset}", path_values={"asset": asset}, body=body, answer="json",
            if_match=if_match))
        return answer

    def remove_asset(
            self, asset: str, *, recursive: bool | None = None, if_match: str | int | None = None,
    ) -> None:
        """Remove an asset and its points

        Permission: assets:write.
        """
        self._call(_Request(
            "DELETE", "/v1/assets/{asset}", path_values={"asset": asset}, query={"recursive":
            recursive}, answer="none", if_match=if_match))

    def patch_asset(self, asset: str, body: Patch, *, if_match: str | int | None = None) -> Asset:
        """Change parts of an asset (RFC 7396)

        Permission: assets:write.
        """
        answer: Asset = self._call(_Request(
            "PATCH", "/v1/assets/{asset}", path_values={"asset": asset}, body=body, answer="json",
            if_match=if_match))
        return answer

    def list_points(
            self, *, under: str | None = None, asset: str | None = None, search: str | None = None,
            limit: int | None = None, cursor: str | None = None,
    ) -> PointPage:
        """Points (测点), in order of their paths

        Permission: points:read.
        """
        answer: PointPage = self._call(_Request(
            "GET", "/v1/points", query={"under": under, "asset": asset, "search": search, "limit":
            limit, "cursor": cursor}, answer="json"))
        return answer

    def iterate_points(
            self, *, under: str | None = None, asset: str | None = None, search: str | None = None,
            limit: int | None = None,
    ) -> _c.Iterator[Point]:
        """Points (测点), in order of their paths

        All of them: asks `list_points` for page after page; `limit` is the length of a
        page.
        """
        cursor: str | None = None
        while True:
            page = self.list_points(
                under=under, asset=asset, search=search, limit=limit, cursor=cursor)
            yield from page["items"]
            cursor = page.get("next")
            if not cursor:
                return

    def create_point(self, body: NewPoint, *, idempotency_key: str | None = None) -> Point:
        """Add a point to an asset, beside those of its model

        Permission: points:write.
        """
        answer: Point = self._call(_Request(
            "POST", "/v1/points", body=body, answer="json", creates=True,
            idempotency_key=idempotency_key))
        return answer

    def get_point(self, point: str) -> Point:
        """One point, by id or path (percent-encoded)

        Permission: points:read.
        """
        answer: Point = self._call(_Request(
            "GET", "/v1/points/{point}", path_values={"point": point}, answer="json"))
        return answer

    def remove_point(self, point: str, *, if_match: str | int | None = None) -> None:
        """Remove a point that is not of a model

        Permission: points:write.
        """
        self._call(_Request(
            "DELETE", "/v1/points/{point}", path_values={"point": point}, answer="none",
            if_match=if_match))

    def patch_point(self, point: str, body: Patch, *, if_match: str | int | None = None) -> Point:
        """Change name, unit, range or access

        Permission: points:write.
        """
        answer: Point = self._call(_Request(
            "PATCH", "/v1/points/{point}", path_values={"point": point}, body=body, answer="json",
            if_match=if_match))
        return answer

    def get_latest(self, point: str, *, quality: str | None = None) -> LatestSample:
        """The latest sample of a point

        Permission: samples:read.
        """
        answer: LatestSample = self._call(_Request(
            "GET", "/v1/points/{point}/latest", path_values={"point": point}, query={"quality":
            quality}, answer="json"))
        return answer

    def post_latest(self, body: PointSelection, *, quality: str | None = None) -> LatestSamples:
        """The latest samples of many points

        Permission: samples:read.
        """
        answer: LatestSamples = self._call(_Request(
            "POST", "/v1/latest", query={"quality": quality}, body=body, answer="json"))
        return answer

    def list_commands(
            self, *, state: str | None = None, point: str | None = None, limit: int | None = None,
            cursor: str | None = None,
    ) -> CommandPage:
        """Commands, the newest first

        One's own, and those to points for which one has commands:read.
        """
        answer: CommandPage = self._call(_Request(
            "GET", "/v1/commands", query={"state": state, "point": point, "limit": limit,
            "cursor": cursor}, answer="json"))
        return answer

    def iterate_commands(
            self, *, state: str | None = None, point: str | None = None, limit: int | None = None,
    ) -> _c.Iterator[Command]:
        """Commands, the newest first

        All of them: asks `list_commands` for page after page; `limit` is the length of a
        page.
        """
        cursor: str | None = None
        while True:
            page = self.list_commands(
                state=state, point=point, limit=limit, cursor=cursor)
            yield from page["items"]
            cursor = page.get("next")
            if not cursor:
                return

    def write_point(self, body: NewCommand) -> Command:
        """Write a value to the device behind a point

        Checked against type, range and rules, sent, and read back. The outcome is
        confirmed, refused, failed or unknown. 202: it waits for somebody else to approve
        it, and has no outcome yet. With an Idempotency-Key it is sent once, also if this
        program breaks down meanwhile. Permission: commands:write.
        """
        answer: Command = self._call(_Request(
            "POST", "/v1/commands", body=body, answer="json"))
        return answer

    def check_command(self, body: CommandQuestion) -> CommandCheck:
        """What would become of a command now

        Nothing is sent or kept. Permission: commands:write.
        """
        answer: CommandCheck = self._call(_Request(
            "POST", "/v1/commands/check", body=body, answer="json"))
        return answer

    def get_command(self, command: str) -> Command:
        """A command, and what became of it"""
        answer: Command = self._call(_Request(
            "GET", "/v1/commands/{command}", path_values={"command": command}, answer="json"))
        return answer

    def approve_command(self, command: str, body: CommandNote) -> Command:
        """Send a command that waits

        Not by who asked for it. Rules are asked again: if one forbids it now (409) the
        command goes on waiting. Permission: commands:approve.
        """
        answer: Command = self._call(_Request(
            "POST", "/v1/commands/{command}/approve", path_values={"command": command}, body=body,
            answer="json"))
        return answer

    def reject_command(self, command: str, body: CommandNote) -> Command:
        """End a command that waits

        By somebody with commands:approve, or by who asked for it.
        """
        answer: Command = self._call(_Request(
            "POST", "/v1/commands/{command}/reject", path_values={"command": command}, body=body,
            answer="json"))
        return answer

    def list_command_rules(
            self, *, limit: int | None = None, cursor: str | None = None,
    ) -> CommandRulePage:
        """What must be true before a value is sent to a device

        Permission: command_rules:read.
        """
        answer: CommandRulePage = self._call(_Request(
            "GET", "/v1/command-rules", query={"limit": limit, "cursor": cursor}, answer="json"))
        return answer

    def iterate_command_rules(self, *, limit: int | None = None) -> _c.Iterator[CommandRule]:
        """What must be true before a value is sent to a device

        All of them: asks `list_command_rules` for page after page; `limit` is the length of
        a page.
        """
        cursor: str | None = None
        while True:
            page = self.list_command_rules(
                limit=limit, cursor=cursor)
            yield from page["items"]
            cursor = page.get("next")
            if not cursor:
                return

    def create_command_rule(
            self, body: NewCommandRule, *, idempotency_key: str | None = None,
    ) -> CommandRule:
        """Make a rule for commands

        An interlock (a condition over values of points), an approval by somebody else, or
        both. A command must pass all rules that cover its point; a condition that cannot be
        judged forbids. Permission: command_rules:write.
        """
        answer: CommandRule = self._call(_Request(
            "POST", "/v1/command-rules", body=body, answer="json", creates=True,
            idempotency_key=idempotency_key))
        return answer

    def get_command_rule(self, rule: str) -> CommandRule:
        """A rule for commands

        Permission: command_rules:read.
        """
        answer: CommandRule = self._call(_Request(
            "GET", "/v1/command-rules/{rule}", path_values={"rule": rule}, answer="json"))
        return answer

    def replace_command_rule(
            self, rule: str, body: NewCommandRule, *, if_match: str | int | None = None,
    ) -> CommandRule:
        """Change a rule for commands

        Permission: command_rules:write.
        """
        answer: CommandRule = self._call(_Request(
            "PUT", "/v1/command-rules/{rule}", path_values={"rule": rule}, body=body,
            answer="json", if_match=if_match))
        return answer

    def delete_command_rule(self, rule: str, *, if_match: str | int | None = None) -> None:
        """Remove a rule for commands

        Permission: command_rules:write.
        """
        self._call(_Request(
            "DELETE", "/v1/command-rules/{rule}", path_values={"rule": rule}, answer="none",
            if_match=if_match))

    def read_samples(
            self, *, point: _c.Iterable[str] | None = None, under: str | None = None, from_: str |
            None = None, to: str | None = None, every: str | None = None, agg: str | None = None,
            fill: str | None = None, limit: int | None = None, explain: bool | None = None, plot:
            int | None = None, quality: str | None = None,
    ) -> History:
        """Samples of many points, raw or in buckets

        JSON, or all samples as a file, by Accept. In JSON a point that has more rows than
        the limit says where to go on (next). Permission: samples:read.
        """
        answer: History = self._call(_Request(
            "GET", "/v1/samples", query={"point": point, "under": under, "from": from_, "to": to,
            "every": every, "agg": agg, "fill": fill, "limit": limit, "explain": explain, "plot":
            plot, "quality": quality}, answer="json"))
        return answer

    def write_samples(self, body: Samples, *, ack: str | None = None) -> WriteReport | None:
        """Write samples; answers when they are durable

        204 when every row was taken, else 200 with the rows that were rejected and why. 507
        when the disk is full: nothing was stored. An Arrow stream has the columns point,
        time and value, or time and a column a point. Permission: samples:write.
        """
        answer: WriteReport | None = self._call(_Request(
            "POST", "/v1/samples", query={"ack": ack}, body=body, answer="json"))
        return answer

    def read_point_samples(
            self, point: str, *, from_: str | None = None, to: str | None = None, every: str | None
            = None, agg: str | None = None, fill: str | None = None, limit: int | None = None,
            explain: bool | None = None, plot: int | None = None, quality: str | None = None,
    ) -> PointHistory:
        """Samples of one point in a range, raw or in buckets

        Permission: samples:read.
        """
        answer: PointHistory = self._call(_Request(
            "GET", "/v1/points/{point}/samples", path_values={"point": point}, query={"from":
            from_, "to": to, "every": every, "agg": agg, "fill": fill, "limit": limit, "explain":
            explain, "plot": plot, "quality": quality}, answer="json"))
        return answer

    def erase_point_samples(
            self, point: str, *, from_: str, to: str, if_match: str | int | None = None,
    ) -> EraseReport:
        """Erase the samples of one point in a range, for good

        Answers when it is durable, with how many samples there were. Samples that are
        written into the range afterwards are kept. Permission: samples:erase.
        """
        answer: EraseReport = self._call(_Request(
            "DELETE", "/v1/points/{point}/samples", path_values={"point": point}, query={"from":
            from_, "to": to}, answer="json", if_match=if_match))
        return answer

    def run_formulas(self, body: FormulaQuestion) -> FormulaAnswer:
        """Formulas over points, asset by asset or in groups

        Variables are points, or a property of each asset; units and quality are carried
        through: docs/guide/formulas.md. Permission: samples:read.
        """
        answer: FormulaAnswer = self._call(_Request(
            "POST", "/v1/query", body=body, answer="json"))
        return answer

    def follow_samples(
            self, *, point: _c.Iterable[str] | None = None, under: str | None = None, rate: str |
            None = None, quality: str | None = None,
    ) -> str:
        """Live samples, as server-sent events or by WebSocket

        Last-Event-ID goes on where a connection broke, for a minute. A request to upgrade
        gets a WebSocket: docs/guide/live.md. Permission: samples:read.
        """
        answer: str = self._call(_Request(
            "GET", "/v1/live", query={"point": point, "under": under, "rate": rate, "quality":
            quality}, answer="text", accept="text/event-stream"))
        return answer

    def read_group(
            self, *, point: _c.Iterable[str] | None = None, under: str | None = None, key: str |
            None = None, from_: str | None = None, to: str | None = None, every: str | None = None,
            agg: str | None = None, explain: bool | None = None, quality: str | None = None,
    ) -> GroupHistory:
        """Aggregates over many points together, in buckets

        The samples of all points count as if they were of one: avg is of all samples, so a
        point with more of them weighs more, while in time_avg each moment of each point
        weighs the same. The points must be of one unit, but for counts. Below a path those
        count that the caller may read. Permission: samples:read.
        """
        answer: GroupHistory = self._call(_Request(
            "GET", "/v1/samples/group", query={"point": point, "under": under, "key": key, "from":
            from_, "to": to, "every": every, "agg": agg, "explain": explain, "quality": quality},
            answer="json"))
        return answer

    def read_states(
            self, *, point: _c.Iterable[str] | None = None, under: str | None = None, key: str |
            None = None, from_: str | None = None, to: str | None = None, every: str | None = None,
            quality: str | None = None,
    ) -> States:
        """How long points were in which state, in buckets

        A value holds until the next sample, the last until the range ends. Time before the
        first sample, and behind one that does not count, belongs to no state. entries
        counts how often a state was entered in the bucket. Permission: samples:read.
        """
        answer: States = self._call(_Request(
            "GET", "/v1/samples/states", query={"point": point, "under": under, "key": key,
            "from": from_, "to": to, "every": every, "quality": quality}, answer="json"))
        return answer

    def run_sql(self, body: SqlQuestion) -> SqlAnswer:
        """Run one read-only query

        DuckDB's dialect over the tables samples, latest, metrics, points, assets, models
        and alarms, and over the tenant's files; rows that the caller may not read are not
        there. Times are UTC. Permission: sql:read.
        """
        answer: SqlAnswer = self._call(_Request(
            "POST", "/v1/sql", body=body, answer="json"))
        return answer

    def list_files(self) -> StoredFileList:
        """Files that SQL reads

        All of them, by name; SQL knows each as files/NAME. Permission: files:read.
        """
        answer: StoredFileList = self._call(_Request(
            "GET", "/v1/files", answer="json"))
        return answer

    def get_file(self, file: str) -> bytes:
        """A file as it was brought

        Permission: files:read.
        """
        answer: bytes = self._call(_Request(
            "GET", "/v1/files/{file}", path_values={"file": file}, answer="bytes",
            accept="application/octet-stream"))
        return answer

    def put_file(self, file: str, body: bytes, *, if_match: str | int | None = None) -> StoredFile:
        """Bring a file, or replace it

        Parquet, CSV or JSON, 64 MiB at most. It can be read, whole and durable, when the
        answer comes; queries that run go on with the one before. 403 quota_exceeded when
        the tenant has too many bytes. Permission: files:write.
        """
        answer: StoredFile = self._call(_Request(
            "PUT", "/v1/files/{file}", path_values={"file": file}, body=body,
            content_type="application/octet-stream", answer="json", if_match=if_match))
        return answer

    def delete_file(self, file: str, *, if_match: str | int | None = None) -> None:
        """Remove a file

        Permission: files:write.
        """
        self._call(_Request(
            "DELETE", "/v1/files/{file}", path_values={"file": file}, answer="none",
            if_match=if_match))

    def get_broker(self) -> Broker:
        """The MQTT broker: where it listens, and what goes through it

        Of the tenant; counters since the start of the program. Permission: broker:read.
        """
        answer: Broker = self._call(_Request(
            "GET", "/v1/broker", answer="json"))
        return answer

    def list_broker_sessions(
            self, *, limit: int | None = None, cursor: str | None = None,
    ) -> BrokerSessionPage:
        """Clients, connected and away

        Permission: broker:read.
        """
        answer: BrokerSessionPage = self._call(_Request(
            "GET", "/v1/broker/sessions", query={"limit": limit, "cursor": cursor}, answer="json"))
        return answer

    def iterate_broker_sessions(self, *, limit: int | None = None) -> _c.Iterator[BrokerSession]:
        """Clients, connected and away

        All of them: asks `list_broker_sessions` for page after page; `limit` is the length
        of a page.
        """
        cursor: str | None = None
        while True:
            page = self.list_broker_sessions(
                limit=limit, cursor=cursor)
            yield from page["items"]
            cursor = page.get("next")
            if not cursor:
                return

    def get_broker_session(self, client: str) -> BrokerSession:
        """A client with its subscriptions

        Permission: broker:read.
        """
        answer: BrokerSession = self._call(_Request(
            "GET", "/v1/broker/sessions/{client}", path_values={"client": client}, answer="json"))
        return answer

    def end_broker_session(self, client: str, *, if_match: str | int | None = None) -> None:
        """Disconnect a client and forget its session

        Subscriptions and messages that wait for it are gone. It may connect again; to keep
        it out, remove its token. Permission: broker:write.
        """
        self._call(_Request(
            "DELETE", "/v1/broker/sessions/{client}", path_values={"client": client},
            answer="none", if_match=if_match))

    def list_retained_messages(self, *, filter: str | None = None) -> RetainedMessageList:
        """Retained messages

        The first 1,000 by topic, of those that the caller may subscribe to. Permission:
        topics:subscribe.
        """
        answer: RetainedMessageList = self._call(_Request(
            "GET", "/v1/broker/retained", query={"filter": filter}, answer="json"))
        return answer

    def publish_message(self, body: NewMessage) -> PublishAnswer:
        """Publish a message

        Answered when it is durable in the queue of every client that keeps its session, or
        as the retained message of its topic. Permission: topics:publish.
        """
        answer: PublishAnswer = self._call(_Request(
            "POST", "/v1/broker/messages", body=body, answer="json"))
        return answer

    def hear_hook(self, body: HookBody, *, topic: str) -> None:
        """What another program has to say, as a message of a topic

        For webhooks: the body is passed on as it is, whatever its type, and mappings make
        samples of it. Answered when those are on disk, and the message is in the queue of
        every client that keeps its session. Permission: topics:publish.
        """
        self._call(_Request(
            "POST", "/v1/hooks", query={"topic": topic}, body=body, answer="none"))

    def list_mappings(self, *, limit: int | None = None, cursor: str | None = None) -> MappingPage:
        """What is made of messages

        Permission: mappings:read.
        """
        answer: MappingPage = self._call(_Request(
            "GET", "/v1/mappings", query={"limit": limit, "cursor": cursor}, answer="json"))
        return answer

    def iterate_mappings(self, *, limit: int | None = None) -> _c.Iterator[Mapping]:
        """What is made of messages

        All of them: asks `list_mappings` for page after page; `limit` is the length of a
        page.
        """
        cursor: str | None = None
        while True:
            page = self.list_mappings(
                limit=limit, cursor=cursor)
            yield from page["items"]
            cursor = page.get("next")
            if not cursor:
                return

    def create_mapping(self, body: NewMapping, *, idempotency_key: str | None = None) -> Mapping:
        """Say what to make of the messages of some topics

        It counts for messages that come after the answer; retained ones are not read again.
        Permission: mappings:write.
        """
        answer: Mapping = self._call(_Request(
            "POST", "/v1/mappings", body=body, answer="json", creates=True,
            idempotency_key=idempotency_key))
        return answer

    def preview_mapping(self, body: MappingTrial) -> MappingPreview:
        """What a mapping would make of a message

        Nothing is stored. Permission: mappings:read.
        """
        answer: MappingPreview = self._call(_Request(
            "POST", "/v1/mappings/preview", body=body, answer="json"))
        return answer

    def get_mapping(self, mapping: str) -> Mapping:
        """A mapping

        Permission: mappings:read.
        """
        answer: Mapping = self._call(_Request(
            "GET", "/v1/mappings/{mapping}", path_values={"mapping": mapping}, answer="json"))
        return answer

    def replace_mapping(
            self, mapping: str, body: NewMapping, *, if_match: str | int | None = None,
    ) -> Mapping:
        """Change a mapping

        Permission: mappings:write.
        """
        answer: Mapping = self._call(_Request(
            "PUT", "/v1/mappings/{mapping}", path_values={"mapping": mapping}, body=body,
            answer="json", if_match=if_match))
        return answer

    def delete_mapping(self, mapping: str, *, if_match: str | int | None = None) -> None:
        """Remove a mapping

        Permission: mappings:write.
        """
        self._call(_Request(
            "DELETE", "/v1/mappings/{mapping}", path_values={"mapping": mapping}, answer="none",
            if_match=if_match))

    def list_proposed_points(
            self, *, limit: int | None = None, cursor: str | None = None,
    ) -> ProposedPointPage:
        """Points that messages speak of and that are not there

        Kept in memory, the first 10,000. Permission: mappings:read.
        """
        answer: ProposedPointPage = self._call(_Request(
            "GET", "/v1/broker/proposals", query={"limit": limit, "cursor": cursor}, answer="json"))
        return answer

    def iterate_proposed_points(self, *, limit: int | None = None) -> _c.Iterator[ProposedPoint]:
        """Points that messages speak of and that are not there

        All of them: asks `list_proposed_points` for page after page; `limit` is the length
        of a page.
        """
        cursor: str | None = None
        while True:
            page = self.list_proposed_points(
                limit=limit, cursor=cursor)
            yield from page["items"]
            cursor = page.get("next")
            if not cursor:
                return

    def clear_proposed_points(self, *, if_match: str | int | None = None) -> None:
        """Forget the proposals

        Permission: mappings:write.
        """
        self._call(_Request(
            "DELETE", "/v1/broker/proposals", answer="none", if_match=if_match))

    def accept_proposed_points(self, body: AcceptPoints) -> AcceptedPoints:
        """Make proposed points, with the assets above them

        Permission: points:write.
        """
        answer: AcceptedPoints = self._call(_Request(
            "POST", "/v1/broker/proposals/accept", body=body, answer="json"))
        return answer

    def list_dead_letters(
            self, *, limit: int | None = None, cursor: str | None = None,
    ) -> DeadLetterList:
        """Messages that could not be used, the newest first

        Kept in memory: the last 1,000, of 4 MiB at most; counted since the start of the
        program. Permission: mappings:read.
        """
        answer: DeadLetterList = self._call(_Request(
            "GET", "/v1/broker/dead_letters", query={"limit": limit, "cursor": cursor},
            answer="json"))
        return answer

    def clear_dead_letters(self, *, if_match: str | int | None = None) -> None:
        """Forget the messages that could not be used

        Permission: mappings:write.
        """
        self._call(_Request(
            "DELETE", "/v1/broker/dead_letters", answer="none", if_match=if_match))

    def list_bridges(self, *, limit: int | None = None, cursor: str | None = None) -> BridgePage:
        """Bridges to other MQTT brokers, and how they do

        Permission: bridges:read.
        """
        answer: BridgePage = self._call(_Request(
            "GET", "/v1/bridges", query={"limit": limit, "cursor": cursor}, answer="json"))
        return answer

    def iterate_bridges(self, *, limit: int | None = None) -> _c.Iterator[Bridge]:
        """Bridges to other MQTT brokers, and how they do

        All of them: asks `list_bridges` for page after page; `limit` is the length of a
        page.
        """
        cursor: str | None = None
        while True:
            page = self.list_bridges(
                limit=limit, cursor=cursor)
            yield from page["items"]
            cursor = page.get("next")
            if not cursor:
                return

    def create_bridge(self, body: NewBridge, *, idempotency_key: str | None = None) -> Bridge:
        """Connect to another MQTT broker, and say which messages pass

        Needs topics:subscribe for the topics that go out, and topics:publish for those that
        come in. What goes out waits while the other broker is away. Permission:
        bridges:write.
        """
        answer: Bridge = self._call(_Request(
            "POST", "/v1/bridges", body=body, answer="json", creates=True,
            idempotency_key=idempotency_key))
        return answer

    def get_bridge(self, bridge: str) -> Bridge:
        """A bridge, and how it does

        Permission: bridges:read.
        """
        answer: Bridge = self._call(_Request(
            "GET", "/v1/bridges/{bridge}", path_values={"bridge": bridge}, answer="json"))
        return answer

    def replace_bridge(
            self, bridge: str, body: NewBridge, *, if_match: str | int | None = None,
    ) -> Bridge:
        """Change a bridge

        Secrets that are left out stay; empty ones are taken away. Messages that wait stay
        with the bridge. Permission: bridges:write.
        """
        answer: Bridge = self._call(_Request(
            "PUT", "/v1/bridges/{bridge}", path_values={"bridge": bridge}, body=body,
            answer="json", if_match=if_match))
        return answer

    def delete_bridge(self, bridge: str, *, if_match: str | int | None = None) -> None:
        """Remove a bridge, and the messages that wait for it

        Permission: bridges:write.
        """
        self._call(_Request(
            "DELETE", "/v1/bridges/{bridge}", path_values={"bridge": bridge}, answer="none",
            if_match=if_match))

    def list_publications(
            self, *, limit: int | None = None, cursor: str | None = None,
    ) -> PublicationPage:
        """Which points clients of the broker are told about

        Permission: mappings:read.
        """
        answer: PublicationPage = self._call(_Request(
            "GET", "/v1/publications", query={"limit": limit, "cursor": cursor}, answer="json"))
        return answer

    def iterate_publications(self, *, limit: int | None = None) -> _c.Iterator[Publication]:
        """Which points clients of the broker are told about

        All of them: asks `list_publications` for page after page; `limit` is the length of
        a page.
        """
        cursor: str | None = None
        while True:
            page = self.list_publications(
                limit=limit, cursor=cursor)
            yield from page["items"]
            cursor = page.get("next")
            if not cursor:
                return

    def create_publication(
            self, body: NewPublication, *, idempotency_key: str | None = None,
    ) -> Publication:
        """Tell clients of the broker about points

        Needs samples:read for the points and topics:publish for the topics, too. Begins
        with the latest value of each point. Refused if a mapping takes in messages of its
        topics: values would come back. Permission: mappings:write.
        """
        answer: Publication = self._call(_Request(
            "POST", "/v1/publications", body=body, answer="json", creates=True,
            idempotency_key=idempotency_key))
        return answer

    def get_publication(self, publication: str) -> Publication:
        """A publication, and what has become of it

        Permission: mappings:read.
        """
        answer: Publication = self._call(_Request(
            "GET", "/v1/publications/{publication}", path_values={"publication": publication},
            answer="json"))
        return answer

    def replace_publication(
            self, publication: str, body: NewPublication, *, if_match: str | int | None = None,
    ) -> Publication:
        """Change a publication

        Permission: mappings:write.
        """
        answer: Publication = self._call(_Request(
            "PUT", "/v1/publications/{publication}", path_values={"publication": publication},
            body=body, answer="json", if_match=if_match))
        return answer

    def delete_publication(self, publication: str, *, if_match: str | int | None = None) -> None:
        """Tell no more

        Retained messages stay until they are cleared. Permission: mappings:write.
        """
        self._call(_Request(
            "DELETE", "/v1/publications/{publication}", path_values={"publication": publication},
            answer="none", if_match=if_match))

    def influx_write(
            self, body: str | bytes, *, db: str | None = None, rp: str | None = None, consistency:
            str | None = None, precision: str | None = None,
    ) -> None:
        """Write InfluxDB line protocol; answers when it is durable

        Body plain or gzip. Lines are taken or refused one by one: 400 names the refused
        ones by line and column, the others are stored. Credentials: Bearer, Token, or Basic
        with a token as the password. Permission: metrics:write.
        """
        self._call(_Request(
            "POST", "/write", query={"db": db, "rp": rp, "consistency": consistency, "precision":
            precision}, body=body, content_type="text/plain", answer="none"))

    def influx_write_2(
            self, body: str | bytes, *, bucket: str | None = None, org: str | None = None, orgID:
            str | None = None, precision: str | None = None,
    ) -> None:
        """Write InfluxDB line protocol; answers when it is durable

        Body plain or gzip. Lines are taken or refused one by one: 400 names the refused
        ones by line and column, the others are stored. Credentials: Bearer, Token, or Basic
        with a token as the password. Permission: metrics:write.
        """
        self._call(_Request(
            "POST", "/api/v2/write", query={"bucket": bucket, "org": org, "orgID": orgID,
            "precision": precision}, body=body, content_type="text/plain", answer="none"))

    def influx_query(
            self, *, q: str | None = None, db: str | None = None, epoch: str | None = None, rp: str
            | None = None, chunked: str | None = None, chunk_size: str | None = None, params: str |
            None = None, pretty: str | None = None, precision: str | None = None,
    ) -> InfluxAnswer:
        """What InfluxDB clients ask about databases and measurements

        Not InfluxQL: SELECT is refused and says what to use instead. Permission:
        metrics:read.
        """
        answer: InfluxAnswer = self._call(_Request(
            "GET", "/query", query={"q": q, "db": db, "epoch": epoch, "rp": rp, "chunked":
            chunked, "chunk_size": chunk_size, "params": params, "pretty": pretty, "precision":
            precision}, answer="json"))
        return answer

    def influx_command(
            self, *, q: str | None = None, db: str | None = None, epoch: str | None = None, rp: str
            | None = None, chunked: str | None = None, chunk_size: str | None = None, params: str |
            None = None, pretty: str | None = None, precision: str | None = None,
    ) -> InfluxAnswer:
        """What InfluxDB clients ask about databases and measurements

        Not InfluxQL: SELECT is refused and says what to use instead. Permission:
        metrics:read.
        """
        answer: InfluxAnswer = self._call(_Request(
            "POST", "/query", query={"q": q, "db": db, "epoch": epoch, "rp": rp, "chunked":
            chunked, "chunk_size": chunk_size, "params": params, "pretty": pretty, "precision":
            precision}, answer="json"))
        return answer

    def influx_ping(
            self, *, verbose: str | None = None, wait_for_leader: str | None = None,
    ) -> None:
        """Whether an InfluxDB client may begin"""
        self._call(_Request(
            "GET", "/ping", query={"verbose": verbose, "wait_for_leader": wait_for_leader},
            answer="none"))

    def prom_query(
            self, *, query: str | None = None, timeout: str | None = None, lookback_delta: str |
            None = None, limit: int | None = None, stats: str | None = None, time: str | None = None,
    ) -> PrometheusAnswer:
        """PromQL at one time

        Over series with labels, and points of assets: flow{asset, point, unit}. What is not
        offered says so: docs/guide/prometheus.md. Permission: metrics:read.
        """
        answer: PrometheusAnswer = self._call(_Request(
            "GET", "/api/v1/query", query={"query": query, "timeout": timeout, "lookback_delta":
            lookback_delta, "limit": limit, "stats": stats, "time": time}, answer="json"))
        return answer

    def prom_query_form(
            self, *, query: str | None = None, timeout: str | None = None, lookback_delta: str |
            None = None, limit: int | None = None, stats: str | None = None, time: str | None = None,
    ) -> PrometheusAnswer:
        """PromQL at one time

        Over series with labels, and points of assets: flow{asset, point, unit}. What is not
        offered says so: docs/guide/prometheus.md. Permission: metrics:read.
        """
        answer: PrometheusAnswer = self._call(_Request(
            "POST", "/api/v1/query", query={"query": query, "timeout": timeout, "lookback_delta":
            lookback_delta, "limit": limit, "stats": stats, "time": time}, answer="json"))
        return answer

    def prom_query_range(
            self, *, query: str | None = None, timeout: str | None = None, lookback_delta: str |
            None = None, limit: int | None = None, stats: str | None = None, start: str | None =
            None, end: str | None = None, step: str | None = None,
    ) -> PrometheusAnswer:
        """PromQL over a range, in steps

        Permission: metrics:read.
        """
        answer: PrometheusAnswer = self._call(_Request(
            "GET", "/api/v1/query_range", query={"query": query, "timeout": timeout,
            "lookback_delta": lookback_delta, "limit": limit, "stats": stats, "start": start,
            "end": end, "step": step}, answer="json"))
        return answer

    def prom_query_range_form(
            self, *, query: str | None = None, timeout: str | None = None, lookback_delta: str |
            None = None, limit: int | None = None, stats: str | None = None, start: str | None =
            None, end: str | None = None, step: str | None = None,
    ) -> PrometheusAnswer:
        """PromQL over a range, in steps

        Permission: metrics:read.
        """
        answer: PrometheusAnswer = self._call(_Request(
            "POST", "/api/v1/query_range", query={"query": query, "timeout": timeout,
            "lookback_delta": lookback_delta, "limit": limit, "stats": stats, "start": start,
            "end": end, "step": step}, answer="json"))
        return answer

    def prom_series(
            self, *, match__: _c.Iterable[str] | None = None, start: str | None = None, end: str |
            None = None, limit: int | None = None,
    ) -> PrometheusAnswer:
        """Series that fit selectors

        Permission: metrics:read.
        """
        answer: PrometheusAnswer = self._call(_Request(
            "GET", "/api/v1/series", query={"match[]": match__, "start": start, "end": end,
            "limit": limit}, answer="json"))
        return answer

    def prom_series_form(
            self, *, match__: _c.Iterable[str] | None = None, start: str | None = None, end: str |
            None = None, limit: int | None = None,
    ) -> PrometheusAnswer:
        """Series that fit selectors

        Permission: metrics:read.
        """
        answer: PrometheusAnswer = self._call(_Request(
            "POST", "/api/v1/series", query={"match[]": match__, "start": start, "end": end,
            "limit": limit}, answer="json"))
        return answer

    def prom_labels(
            self, *, match__: _c.Iterable[str] | None = None, start: str | None = None, end: str |
            None = None, limit: int | None = None,
    ) -> PrometheusAnswer:
        """Names of labels

        Permission: metrics:read.
        """
        answer: PrometheusAnswer = self._call(_Request(
            "GET", "/api/v1/labels", query={"match[]": match__, "start": start, "end": end,
            "limit": limit}, answer="json"))
        return answer

    def prom_labels_form(
            self, *, match__: _c.Iterable[str] | None = None, start: str | None = None, end: str |
            None = None, limit: int | None = None,
    ) -> PrometheusAnswer:
        """Names of labels

        Permission: metrics:read.
        """
        answer: PrometheusAnswer = self._call(_Request(
            "POST", "/api/v1/labels", query={"match[]": match__, "start": start, "end": end,
            "limit": limit}, answer="json"))
        return answer

    def prom_label_values(
            self, name: str, *, match__: _c.Iterable[str] | None = None, start: str | None = None,
            end: str | None = None, limit: int | None = None,
    ) -> PrometheusAnswer:
        """Values of a label

        Permission: metrics:read.
        """
        answer: PrometheusAnswer = self._call(_Request(
            "GET", "/api/v1/label/{name}/values", path_values={"name": name}, query={"match[]":
            match__, "start": start, "end": end, "limit": limit}, answer="json"))
        return answer

    def prom_metadata(
            self, *, metric: str | None = None, limit: int | None = None, limit_per_metric: int |
            None = None,
    ) -> PrometheusAnswer:
        """Types and units of metrics

        Permission: metrics:read.
        """
        answer: PrometheusAnswer = self._call(_Request(
            "GET", "/api/v1/metadata", query={"metric": metric, "limit": limit,
            "limit_per_metric": limit_per_metric}, answer="json"))
        return answer

    def prom_build_info(self) -> PrometheusAnswer:
        """Which version's language is spoken

        Permission: metrics:read.
        """
        answer: PrometheusAnswer = self._call(_Request(
            "GET", "/api/v1/status/buildinfo", answer="json"))
        return answer

    def prom_delete_series_put(
            self, *, match__: _c.Iterable[str] | None = None, start: str | None = None, end: str |
            None = None, if_match: str | int | None = None,
    ) -> None:
        """Erase samples of series with labels, for good

        Answers when it is durable. Points of assets are not touched: DELETE
        /v1/points/{point}/samples is for them. Permission: metrics:erase.
        """
        self._call(_Request(
            "PUT", "/api/v1/admin/tsdb/delete_series", query={"match[]": match__, "start": start,
            "end": end}, answer="none", if_match=if_match))

    def prom_delete_series(
            self, *, match__: _c.Iterable[str] | None = None, start: str | None = None, end: str |
            None = None,
    ) -> None:
        """Erase samples of series with labels, for good

        Answers when it is durable. Points of assets are not touched: DELETE
        /v1/points/{point}/samples is for them. Permission: metrics:erase.
        """
        self._call(_Request(
            "POST", "/api/v1/admin/tsdb/delete_series", query={"match[]": match__, "start": start,
            "end": end}, answer="none"))

    def prom_remote_write(self, body: bytes) -> None:
        """Remote write; answers when the samples are durable

        Protobuf packed with snappy, version 1 or 2. Series that are wrong are refused with
        400 and the others stored. Permission: metrics:write.
        """
        self._call(_Request(
            "POST", "/api/v1/write", body=body, content_type="application/x-protobuf",
            answer="none"))

    def list_connections(
            self, *, limit: int | None = None, cursor: str | None = None,
    ) -> ConnectionPage:
        """Connections to devices, with how they fare

        Permission: connections:read.
        """
        answer: ConnectionPage = self._call(_Request(
            "GET", "/v1/connections", query={"limit": limit, "cursor": cursor}, answer="json"))
        return answer

    def iterate_connections(self, *, limit: int | None = None) -> _c.Iterator[Connection]:
        """Connections to devices, with how they fare

        All of them: asks `list_connections` for page after page; `limit` is the length of a
        page.
        """
        cursor: str | None = None
        while True:
            page = self.list_connections(
                limit=limit, cursor=cursor)
            yield from page["items"]
            cursor = page.get("next")
            if not cursor:
                return

    def create_connection(
            self, body: NewConnection, *, idempotency_key: str | None = None,
    ) -> Connection:
        """Add a connection

        Permission: connections:write.
        """
        answer: Connection = self._call(_Request(
            "POST", "/v1/connections", body=body, answer="json", creates=True,
            idempotency_key=idempotency_key))
        return answer

    def get_connection(self, connection: str) -> Connection:
        """One connection, by id or key

        Permission: connections:read.
        """
        answer: Connection = self._call(_Request(
            "GET", "/v1/connections/{connection}", path_values={"connection": connection},
            answer="json"))
        return answer

    def replace_connection(
            self, connection: str, body: NewConnection, *, if_match: str | int | None = None,
    ) -> Connection:
        """Change a connection

        Permission: connections:write.
        """
        answer: Connection = self._call(_Request(
            "PUT", "/v1/connections/{connection}", path_values={"connection": connection},
            body=body, answer="json", if_match=if_match))
        return answer

    def remove_connection(self, connection: str, *, if_match: str | int | None = None) -> None:
        """Remove a connection and its tags; history stays

        Permission: connections:write.
        """
        self._call(_Request(
            "DELETE", "/v1/connections/{connection}", path_values={"connection": connection},
            answer="none", if_match=if_match))

    def patch_connection(
            self, connection: str, body: Patch, *, if_match: str | int | None = None,
    ) -> Connection:
        """Change parts of a connection (RFC 7396)

        Permission: connections:write.
        """
        answer: Connection = self._call(_Request(
            "PATCH", "/v1/connections/{connection}", path_values={"connection": connection},
            body=body, answer="json", if_match=if_match))
        return answer

    def test_connection(self, connection: str) -> TestReport:
        """Try a saved connection, beside what runs

        Permission: connections:write.
        """
        answer: TestReport = self._call(_Request(
            "POST", "/v1/connections/{connection}/test", path_values={"connection": connection},
            answer="json"))
        return answer

    def list_protocols(self) -> ProtocolList:
        """Protocols that this program speaks, with the form of their settings

        Permission: connections:read.
        """
        answer: ProtocolList = self._call(_Request(
            "GET", "/v1/protocols", answer="json"))
        return answer

    def test_settings(self, protocol: str, body: TestRequest) -> TestReport:
        """Try settings before they are saved

        Permission: connections:write.
        """
        answer: TestReport = self._call(_Request(
            "POST", "/v1/protocols/{protocol}/test", path_values={"protocol": protocol},
            body=body, answer="json"))
        return answer

    def read_addresses(self, protocol: str, body: ReadRequest) -> ReadAnswer:
        """Read addresses once, before they are saved

        Permission: connections:write.
        """
        answer: ReadAnswer = self._call(_Request(
            "POST", "/v1/protocols/{protocol}/read", path_values={"protocol": protocol},
            body=body, answer="json"))
        return answer

    def scan_device(self, protocol: str, body: ScanRequest) -> ScanAnswer:
        """Look through a device's addresses, by reading only

        Slow on purpose; some devices do not take it well, so ask who owns it. Permission:
        connections:write.
        """
        answer: ScanAnswer = self._call(_Request(
            "POST", "/v1/protocols/{protocol}/scan", path_values={"protocol": protocol},
            body=body, answer="json"))
        return answer

    def discover_devices(self, body: DiscoveryRequest) -> DiscoveryAnswer:
        """Look for devices in a range of addresses

        Connects to each address by each protocol and asks who is there; nothing is written.
        50 attempts a second at most, one search at a time. The settings of what is found
        can be saved as a connection. Permission: connections:write.
        """
        answer: DiscoveryAnswer = self._call(_Request(
            "POST", "/v1/discovery", body=body, answer="json"))
        return answer

    def list_tags(
            self, *, connection: str | None = None, limit: int | None = None, cursor: str | None =
            None,
    ) -> TagPage:
        """Tags: addresses bound to points

        Permission: tags:read.
        """
        answer: TagPage = self._call(_Request(
            "GET", "/v1/tags", query={"connection": connection, "limit": limit, "cursor": cursor},
            answer="json"))
        return answer

    def iterate_tags(
            self, *, connection: str | None = None, limit: int | None = None,
    ) -> _c.Iterator[Tag]:
        """Tags: addresses bound to points

        All of them: asks `list_tags` for page after page; `limit` is the length of a page.
        """
        cursor: str | None = None
        while True:
            page = self.list_tags(
                connection=connection, limit=limit, cursor=cursor)
            yield from page["items"]
            cursor = page.get("next")
            if not cursor:
                return

    def create_tags(self, body: NewTags, *, idempotency_key: str | None = None) -> TagList:
        """Bind addresses to points; one, or many, all or none

        Permission: tags:write.
        """
        answer: TagList = self._call(_Request(
            "POST", "/v1/tags", body=body, answer="json", creates=True,
            idempotency_key=idempotency_key))
        return answer

    def get_tag(self, tag: str) -> Tag:
        """One tag

        Permission: tags:read.
        """
        answer: Tag = self._call(_Request(
            "GET", "/v1/tags/{tag}", path_values={"tag": tag}, answer="json"))
        return answer

    def remove_tag(self, tag: str, *, if_match: str | int | None = None) -> None:
        """Unbind

        Permission: tags:write.
        """
        self._call(_Request(
            "DELETE", "/v1/tags/{tag}", path_values={"tag": tag}, answer="none", if_match=if_match))

    def patch_tag(self, tag: str, body: TagPatch, *, if_match: str | int | None = None) -> Tag:
        """Change the address

        Permission: tags:write.
        """
        answer: Tag = self._call(_Request(
            "PATCH", "/v1/tags/{tag}", path_values={"tag": tag}, body=body, answer="json",
            if_match=if_match))
        return answer

    def list_tenants(self, *, limit: int | None = None, cursor: str | None = None) -> TenantPage:
        """Tenants of this installation (platform operators only)

        Permission: tenants:read.
        """
        answer: TenantPage = self._call(_Request(
            "GET", "/v1/tenants", query={"limit": limit, "cursor": cursor}, answer="json"))
        return answer

    def iterate_tenants(self, *, limit: int | None = None) -> _c.Iterator[TenantQuota]:
        """Tenants of this installation (platform operators only)

        All of them: asks `list_tenants` for page after page; `limit` is the length of a
        page.
        """
        cursor: str | None = None
        while True:
            page = self.list_tenants(
                limit=limit, cursor=cursor)
            yield from page["items"]
            cursor = page.get("next")
            if not cursor:
                return

    def create_tenant(self, body: NewTenant, *, idempotency_key: str | None = None) -> TenantQuota:
        """Make a tenant (platform operators only)

        Permission: tenants:write.
        """
        answer: TenantQuota = self._call(_Request(
            "POST", "/v1/tenants", body=body, answer="json", creates=True,
            idempotency_key=idempotency_key))
        return answer

    def get_tenant(self, tenant: str) -> TenantQuota:
        """One tenant, with its quota of points (platform operators only)

        Permission: tenants:read.
        """
        answer: TenantQuota = self._call(_Request(
            "GET", "/v1/tenants/{tenant}", path_values={"tenant": tenant}, answer="json"))
        return answer

    def patch_tenant(
            self, tenant: str, body: TenantPatch, *, if_match: str | int | None = None,
    ) -> TenantQuota:
        """Change name or quota of points (platform operators only)

        points_quota is how many points, and so series, the tenant may have; null makes it
        tenants.points_max again. It may have as many series by labels beside them. What is
        there stays, also beyond a smaller quota. Permission: tenants:write.
        """
        answer: TenantQuota = self._call(_Request(
            "PATCH", "/v1/tenants/{tenant}", path_values={"tenant": tenant}, body=body,
            answer="json", if_match=if_match))
        return answer

    def get_usage(self) -> Usage:
        """What the caller's tenant uses, and how much of it there may be

        A point more than max is refused with quota_exceeded (403), and so are lines that
        would make a series more. Permission: usage:read.
        """
        answer: Usage = self._call(_Request(
            "GET", "/v1/usage", answer="json"))
        return answer

    def list_principals(
            self, *, limit: int | None = None, cursor: str | None = None,
    ) -> PrincipalPage:
        """People and programs that may sign in

        Permission: principals:read.
        """
        answer: PrincipalPage = self._call(_Request(
            "GET", "/v1/principals", query={"limit": limit, "cursor": cursor}, answer="json"))
        return answer

    def iterate_principals(self, *, limit: int | None = None) -> _c.Iterator[Principal]:
        """People and programs that may sign in

        All of them: asks `list_principals` for page after page; `limit` is the length of a
        page.
        """
        cursor: str | None = None
        while True:
            page = self.list_principals(
                limit=limit, cursor=cursor)
            yield from page["items"]
            cursor = page.get("next")
            if not cursor:
                return

    def create_principal(
            self, body: NewPrincipal, *, idempotency_key: str | None = None,
    ) -> Principal:
        """Add a person or program

        Permission: principals:write.
        """
        answer: Principal = self._call(_Request(
            "POST", "/v1/principals", body=body, answer="json", creates=True,
            idempotency_key=idempotency_key))
        return answer

    def get_principal(self, principal: str) -> Principal:
        """One person or program

        Permission: principals:read.
        """
        answer: Principal = self._call(_Request(
            "GET", "/v1/principals/{principal}", path_values={"principal": principal},
            answer="json"))
        return answer

    def remove_principal(self, principal: str, *, if_match: str | int | None = None) -> None:
        """Remove, with all tokens

        Permission: principals:write.
        """
        self._call(_Request(
            "DELETE", "/v1/principals/{principal}", path_values={"principal": principal},
            answer="none", if_match=if_match))

    def patch_principal(
            self, principal: str, body: PrincipalPatch, *, if_match: str | int | None = None,
    ) -> Principal:
        """Change name or roles, disable or enable

        Permission: principals:write.
        """
        answer: Principal = self._call(_Request(
            "PATCH", "/v1/principals/{principal}", path_values={"principal": principal},
            body=body, answer="json", if_match=if_match))
        return answer

    def reset_password(self, principal: str, body: NewPassword) -> None:
        """Set a password that must be changed at the next sign-in

        Permission: principals:write.
        """
        self._call(_Request(
            "POST", "/v1/principals/{principal}/reset-password", path_values={"principal":
            principal}, body=body, answer="none"))

    def list_roles(self, *, limit: int | None = None, cursor: str | None = None) -> RolePage:
        """Roles

        Permission: roles:read.
        """
        answer: RolePage = self._call(_Request(
            "GET", "/v1/roles", query={"limit": limit, "cursor": cursor}, answer="json"))
        return answer

    def iterate_roles(self, *, limit: int | None = None) -> _c.Iterator[Role]:
        """Roles

        All of them: asks `list_roles` for page after page; `limit` is the length of a page.
        """
        cursor: str | None = None
        while True:
            page = self.list_roles(
                limit=limit, cursor=cursor)
            yield from page["items"]
            cursor = page.get("next")
            if not cursor:
                return

    def create_role(self, body: NewRole, *, idempotency_key: str | None = None) -> Role:
        """Make a role

        Permission: roles:write.
        """
        answer: Role = self._call(_Request(
            "POST", "/v1/roles", body=body, answer="json", creates=True,
            idempotency_key=idempotency_key))
        return answer

    def get_role(self, role: str) -> Role:
        """One role

        Permission: roles:read.
        """
        answer: Role = self._call(_Request(
            "GET", "/v1/roles/{role}", path_values={"role": role}, answer="json"))
        return answer

    def replace_role(self, role: str, body: NewRole, *, if_match: str | int | None = None) -> Role:
        """Change a role

        Permission: roles:write.
        """
        answer: Role = self._call(_Request(
            "PUT", "/v1/roles/{role}", path_values={"role": role}, body=body, answer="json",
            if_match=if_match))
        return answer

    def remove_role(self, role: str, *, if_match: str | int | None = None) -> None:
        """Remove a role that nobody has

        Permission: roles:write.
        """
        self._call(_Request(
            "DELETE", "/v1/roles/{role}", path_values={"role": role}, answer="none",
            if_match=if_match))

    def list_tokens(self, *, limit: int | None = None, cursor: str | None = None) -> TokenPage:
        """API tokens, without their secrets

        Permission: tokens:read.
        """
        answer: TokenPage = self._call(_Request(
            "GET", "/v1/tokens", query={"limit": limit, "cursor": cursor}, answer="json"))
        return answer

    def iterate_tokens(self, *, limit: int | None = None) -> _c.Iterator[ApiToken]:
        """API tokens, without their secrets

        All of them: asks `list_tokens` for page after page; `limit` is the length of a
        page.
        """
        cursor: str | None = None
        while True:
            page = self.list_tokens(
                limit=limit, cursor=cursor)
            yield from page["items"]
            cursor = page.get("next")
            if not cursor:
                return

    def create_token(self, body: NewToken, *, idempotency_key: str | None = None) -> NewTokenAnswer:
        """Make an API token; its secret is shown this once

        Permission: tokens:write.
        """
        answer: NewTokenAnswer = self._call(_Request(
            "POST", "/v1/tokens", body=body, answer="json", creates=True,
            idempotency_key=idempotency_key))
        return answer

    def remove_token(self, token: str, *, if_match: str | int | None = None) -> None:
        """Take back an API token, at once

        Permission: tokens:write.
        """
        self._call(_Request(
            "DELETE", "/v1/tokens/{token}", path_values={"token": token}, answer="none",
            if_match=if_match))

    def explain_access(self, body: AccessQuestion) -> AccessAnswer:
        """Whether, and why, the caller may do something"""
        answer: AccessAnswer = self._call(_Request(
            "POST", "/v1/access/explain", body=body, answer="json"))
        return answer

    def get_about(self) -> About:
        """Components, versions, sizes"""
        answer: About = self._call(_Request(
            "GET", "/v1/about", answer="json"))
        return answer

    def list_audit(self, *, limit: int | None = None, cursor: str | None = None) -> AuditPage:
        """The audit log, newest first

        Permission: audit:read.
        """
        answer: AuditPage = self._call(_Request(
            "GET", "/v1/audit", query={"limit": limit, "cursor": cursor}, answer="json"))
        return answer

    def iterate_audit(self, *, limit: int | None = None) -> _c.Iterator[AuditEntry]:
        """The audit log, newest first

        All of them: asks `list_audit` for page after page; `limit` is the length of a page.
        """
        cursor: str | None = None
        while True:
            page = self.list_audit(
                limit=limit, cursor=cursor)
            yield from page["items"]
            cursor = page.get("next")
            if not cursor:
                return

    def get_metrics(self) -> str:
        """Metrics in Prometheus' text format

        Permission: system:read.
        """
        answer: str = self._call(_Request(
            "GET", "/metrics", answer="text", accept="text/plain"))
        return answer

    def get_live(self) -> Health:
        """Whether the program runs"""
        answer: Health = self._call(_Request(
            "GET", "/health/live", answer="json"))
        return answer

    def get_ready(self) -> Health:
        """Whether it takes samples

        503 once the journal of the store or of the MQTT broker has failed; reading goes on.
        """
        answer: Health = self._call(_Request(
            "GET", "/health/ready", answer="json"))
        return answer

    def get_open_api(self) -> Anything:
        """This document"""
        answer: Anything = self._call(_Request(
            "GET", "/openapi.json", answer="json"))
        return answer


class AsyncOperations:
    """One method for each operation of the API; how it is sent is the subclass's."""

    async def _call(self, request: _Request) -> _t.Any:
        raise NotImplementedError

    async def get_session(self) -> Session:
        """Who is signed in and what they may do"""
        answer: Session = await self._call(_Request(
            "GET", "/v1/session", answer="json"))
        return answer

    async def sign_in(self, body: SignIn) -> SignedIn:
        """Sign in with login and password

        Answers an access token for the Authorization header and a refresh token to get the
        next one. With "cookie": true the refresh token goes into an HttpOnly cookie
        instead.
        """
        answer: SignedIn = await self._call(_Request(
            "POST", "/v1/session", body=body, answer="json"))
        return answer

    async def sign_out(self, *, if_match: str | int | None = None) -> None:
        """Sign out"""
        await self._call(_Request(
            "DELETE", "/v1/session", answer="none", if_match=if_match))

    async def refresh_session(self, body: Refresh) -> SignedIn:
        """Get a new access token

        A refresh token is good once; shown a second time it ends the session.
        """
        answer: SignedIn = await self._call(_Request(
            "POST", "/v1/session/refresh", body=body, answer="json"))
        return answer

    async def change_password(
            self, body: ChangePassword, *, if_match: str | int | None = None,
    ) -> None:
        """Change one's own password

        Ends all other sessions and API tokens of the principal.
        """
        await self._call(_Request(
            "PUT", "/v1/session/password", body=body, answer="none", if_match=if_match))

    async def list_models(
            self, *, limit: int | None = None, cursor: str | None = None,
    ) -> ModelPage:
        """Thing models (物模型)

        Permission: models:read.
        """
        answer: ModelPage = await self._call(_Request(
            "GET", "/v1/models", query={"limit": limit, "cursor": cursor}, answer="json"))
        return answer

    async def iterate_models(self, *, limit: int | None = None) -> _c.AsyncIterator[Model]:
        """Thing models (物模型)

        All of them: asks `list_models` for page after page; `limit` is the length of a
        page.
        """
        cursor: str | None = None
        while True:
            page = await self.list_models(
                limit=limit, cursor=cursor)
            for item in page["items"]:
                yield item
            cursor = page.get("next")
            if not cursor:
                return

    async def create_model(self, body: NewModel, *, idempotency_key: str | None = None) -> Model:
        """Make a thing model

        Permission: models:write.
        """
        answer: Model = await self._call(_Request(
            "POST", "/v1/models", body=body, answer="json", creates=True,
            idempotency_key=idempotency_key))
        return answer

    async def get_model(self, model: str, *, resolved: bool | None = None) -> Model:
        """One model, by id or key

        Permission: models:read.
        """
        answer: Model = await self._call(_Request(
            "GET", "/v1/models/{model}", path_values={"model": model}, query={"resolved":
            resolved}, answer="json"))
        return answer

    async def replace_model(
            self, model: str, body: NewModel, *, if_match: str | int | None = None,
    ) -> Model:
        """Change a model; its assets follow

        New properties get points on every asset of the model; removed ones lose theirs,
        unless a tag is bound. Permission: models:write.
        """
        answer: Model = await self._call(_Request(
            "PUT", "/v1/models/{model}", path_values={"model": model}, body=body, answer="json",
            if_match=if_match))
        return answer

    async def remove_model(self, model: str, *, if_match: str | int | None = None) -> None:
        """Remove a model that nothing uses

        Permission: models:write.
        """
        await self._call(_Request(
            "DELETE", "/v1/models/{model}", path_values={"model": model}, answer="none",
            if_match=if_match))

    async def patch_model(
            self, model: str, body: Patch, *, if_match: str | int | None = None,
    ) -> Model:
        """Change parts of a model (RFC 7396)

        Permission: models:write.
        """
        answer: Model = await self._call(_Request(
            "PATCH", "/v1/models/{model}", path_values={"model": model}, body=body, answer="json",
            if_match=if_match))
        return answer

    async def list_assets(
            self, *, parent: str | None = None, under: str | None = None, model: str | None = None,
            search: str | None = None, limit: int | None = None, cursor: str | None = None,
    ) -> AssetPage:
        """Assets, in order of their paths

        Permission: assets:read.
        """
        answer: AssetPage = await self._call(_Request(
            "GET", "/v1/assets", query={"parent": parent, "under": under, "model": model,
            "search": search, "limit": limit, "cursor": cursor}, answer="json"))
        return answer

    async def iterate_assets(
            self, *, parent: str | None = None, under: str | None = None, model: str | None = None,
            search: str | None = None, limit: int | None = None,
    ) -> _c.AsyncIterator[Asset]:
        """Assets, in order of their paths

        All of them: asks `list_assets` for page after page; `limit` is the length of a
        page.
        """
        cursor: str | None = None
        while True:
            page = await self.list_assets(
                parent=parent, under=under, model=model, search=search, limit=limit, cursor=cursor)
            for item in page["items"]:
                yield item
            cursor = page.get("next")
            if not cursor:
                return

    async def create_asset(self, body: NewAsset, *, idempotency_key: str | None = None) -> Asset:
        """Add an asset, with the points of its model

        Permission: assets:write.
        """
        answer: Asset = await self._call(_Request(
            "POST", "/v1/assets", body=body, answer="json", creates=True,
            idempotency_key=idempotency_key))
        return answer

    async def get_asset(self, asset: str) -> Asset:
        """One asset, by id or path (percent-encoded)

        Permission: assets:read.
        """
        answer: Asset = await self._call(_Request(
            "GET", "/v1/assets/{asset}", path_values={"asset": asset}, answer="json"))
        return answer

    async def replace_asset(
            self, asset: str, body: NewAsset, *, if_match: str | int | None = None,
    ) -> Asset:
        """Change or move an asset

        Another key or parent moves it with all below; ids and history stay. Permission:
        assets:write.
        """
        answer: Asset = await self._call(_Request(
            "PUT", "/v1/assets/{asset}", path_values={"asset": asset}, body=body, answer="json",
            if_match=if_match))
        return answer

    async def remove_asset(
            self, asset: str, *, recursive: bool | None = None, if_match: str | int | None = None,
    ) -> None:
        """Remove an asset and its points

        Permission: assets:write.
        """
        await self._call(_Request(
            "DELETE", "/v1/assets/{asset}", path_values={"asset": asset}, query={"recursive":
            recursive}, answer="none", if_match=if_match))

    async def patch_asset(
            self, asset: str, body: Patch, *, if_match: str | int | None = None,
    ) -> Asset:
        """Change parts of an asset (RFC 7396)

        Permission: assets:write.
        """
        answer: Asset = await self._call(_Request(
            "PATCH", "/v1/assets/{asset}", path_values={"asset": asset}, body=body, answer="json",
            if_match=if_match))
        return answer

    async def list_points(
            self, *, under: str | None = None, asset: str | None = None, search: str | None = None,
            limit: int | None = None, cursor: str | None = None,
    ) -> PointPage:
        """Points (测点), in order of their paths

        Permission: points:read.
        """
        answer: PointPage = await self._call(_Request(
            "GET", "/v1/points", query={"under": under, "asset": asset, "search": search, "limit":
            limit, "cursor": cursor}, answer="json"))
        return answer

    async def iterate_points(
            self, *, under: str | None = None, asset: str | None = None, search: str | None = None,
            limit: int | None = None,
    ) -> _c.AsyncIterator[Point]:
        """Points (测点), in order of their paths

        All of them: asks `list_points` for page after page; `limit` is the length of a
        page.
        """
        cursor: str | None = None
        while True:
            page = await self.list_points(
                under=under, asset=asset, search=search, limit=limit, cursor=cursor)
            for item in page["items"]:
                yield item
            cursor = page.get("next")
            if not cursor:
                return

    async def create_point(self, body: NewPoint, *, idempotency_key: str | None = None) -> Point:
        """Add a point to an asset, beside those of its model

        Permission: points:write.
        """
        answer: Point = await self._call(_Request(
            "POST", "/v1/points", body=body, answer="json", creates=True,
            idempotency_key=idempotency_key))
        return answer

    async def get_point(self, point: str) -> Point:
        """One point, by id or path (percent-encoded)

        Permission: points:read.
        """
        answer: Point = await self._call(_Request(
            "GET", "/v1/points/{point}", path_values={"point": point}, answer="json"))
        return answer

    async def remove_point(self, point: str, *, if_match: str | int | None = None) -> None:
        """Remove a point that is not of a model

        Permission: points:write.
        """
        await self._call(_Request(
            "DELETE", "/v1/points/{point}", path_values={"point": point}, answer="none",
            if_match=if_match))

    async def patch_point(
            self, point: str, body: Patch, *, if_match: str | int | None = None,
    ) -> Point:
        """Change name, unit, range or access

        Permission: points:write.
        """
        answer: Point = await self._call(_Request(
            "PATCH", "/v1/points/{point}", path_values={"point": point}, body=body, answer="json",
            if_match=if_match))
        return answer

    async def get_latest(self, point: str, *, quality: str | None = None) -> LatestSample:
        """The latest sample of a point

        Permission: samples:read.
        """
        answer: LatestSample = await self._call(_Request(
            "GET", "/v1/points/{point}/latest", path_values={"point": point}, query={"quality":
            quality}, answer="json"))
        return answer

    async def post_latest(
            self, body: PointSelection, *, quality: str | None = None,
    ) -> LatestSamples:
        """The latest samples of many points

        Permission: samples:read.
        """
        answer: LatestSamples = await self._call(_Request(
            "POST", "/v1/latest", query={"quality": quality}, body=body, answer="json"))
        return answer

    async def list_commands(
            self, *, state: str | None = None, point: str | None = None, limit: int | None = None,
            cursor: str | None = None,
    ) -> CommandPage:
        """Commands, the newest first

        One's own, and those to points for which one has commands:read.
        """
        answer: CommandPage = await self._call(_Request(
            "GET", "/v1/commands", query={"state": state, "point": point, "limit": limit,
            "cursor": cursor}, answer="json"))
        return answer

    async def iterate_commands(
            self, *, state: str | None = None, point: str | None = None, limit: int | None = None,
    ) -> _c.AsyncIterator[Command]:
        """Commands, the newest first

        All of them: asks `list_commands` for page after page; `limit` is the length of a
        page.
        """
        cursor: str | None = None
        while True:
            page = await self.list_commands(
                state=state, point=point, limit=limit, cursor=cursor)
            for item in page["items"]:
                yield item
            cursor = page.get("next")
            if not cursor:
                return

    async def write_point(self, body: NewCommand) -> Command:
        """Write a value to the device behind a point

        Checked against type, range and rules, sent, and read back. The outcome is
        confirmed, refused, failed or unknown. 202: it waits for somebody else to approve
        it, and has no outcome yet. With an Idempotency-Key it is sent once, also if this
        program breaks down meanwhile. Permission: commands:write.
        """
        answer: Command = await self._call(_Request(
            "POST", "/v1/commands", body=body, answer="json"))
        return answer

    async def check_command(self, body: CommandQuestion) -> CommandCheck:
        """What would become of a command now

        Nothing is sent or kept. Permission: commands:write.
        """
        answer: CommandCheck = await self._call(_Request(
            "POST", "/v1/commands/check", body=body, answer="json"))
        return answer

    async def get_command(self, command: str) -> Command:
        """A command, and what became of it"""
        answer: Command = await self._call(_Request(
            "GET", "/v1/commands/{command}", path_values={"command": command}, answer="json"))
        return answer

    async def approve_command(self, command: str, body: CommandNote) -> Command:
        """Send a command that waits

        Not by who asked for it. Rules are asked again: if one forbids it now (409) the
        command goes on waiting. Permission: commands:approve.
        """
        answer: Command = await self._call(_Request(
            "POST", "/v1/commands/{command}/approve", path_values={"command": command}, body=body,
            answer="json"))
        return answer

    async def reject_command(self, command: str, body: CommandNote) -> Command:
        """End a command that waits

        By somebody with commands:approve, or by who asked for it.
        """
        answer: Command = await self._call(_Request(
            "POST", "/v1/commands/{command}/reject", path_values={"command": command}, body=body,
            answer="json"))
        return answer

    async def list_command_rules(
            self, *, limit: int | None = None, cursor: str | None = None,
    ) -> CommandRulePage:
        """What must be true before a value is sent to a device

        Permission: command_rules:read.
        """
        answer: CommandRulePage = await self._call(_Request(
            "GET", "/v1/command-rules", query={"limit": limit, "cursor": cursor}, answer="json"))
        return answer

    async def iterate_command_rules(
            self, *, limit: int | None = None,
    ) -> _c.AsyncIterator[CommandRule]:
        """What must be true before a value is sent to a device

        All of them: asks `list_command_rules` for page after page; `limit` is the length of
        a page.
        """
        cursor: str | None = None
        while True:
            page = await self.list_command_rules(
                limit=limit, cursor=cursor)
            for item in page["items"]:
                yield item
            cursor = page.get("next")
            if not cursor:
                return

    async def create_command_rule(
            self, body: NewCommandRule, *, idempotency_key: str | None = None,
    ) -> CommandRule:
        """Make a rule for commands

        An interlock (a condition over values of points), an approval by somebody else, or
        both. A command must pass all rules that cover its point; a condition that cannot be
        judged forbids. Permission: command_rules:write.
        """
        answer: CommandRule = await self._call(_Request(
            "POST", "/v1/command-rules", body=body, answer="json", creates=True,
            idempotency_key=idempotency_key))
        return answer

    async def get_command_rule(self, rule: str) -> CommandRule:
        """A rule for commands

        Permission: command_rules:read.
        """
        answer: CommandRule = await self._call(_Request(
            "GET", "/v1/command-rules/{rule}", path_values={"rule": rule}, answer="json"))
        return answer

    async def replace_command_rule(
            self, rule: str, body: NewCommandRule, *, if_match: str | int | None = None,
    ) -> CommandRule:
        """Change a rule for commands

        Permission: command_rules:write.
        """
        answer: CommandRule = await self._call(_Request(
            "PUT", "/v1/command-rules/{rule}", path_values={"rule": rule}, body=body,
            answer="json", if_match=if_match))
        return answer

    async def delete_command_rule(self, rule: str, *, if_match: str | int | None = None) -> None:
        """Remove a rule for commands

        Permission: command_rules:write.
        """
        await self._call(_Request(
            "DELETE", "/v1/command-rules/{rule}", path_values={"rule": rule}, answer="none",
            if_match=if_match))

    async def read_samples(
            self, *, point: _c.Iterable[str] | None = None, under: str | None = None, from_: str |
            None = None, to: str | None = None, every: str | None = None, agg: str | None = None,
            fill: str | None = None, limit: int | None = None, explain: bool | None = None, plot:
            int | None = None, quality: str | None = None,
    ) -> History:
        """Samples of many points, raw or in buckets

        JSON, or all samples as a file, by Accept. In JSON a point that has more rows than
        the limit says where to go on (next). Permission: samples:read.
        """
        answer: History = await self._call(_Request(
            "GET", "/v1/samples", query={"point": point, "under": under, "from": from_, "to": to,
            "every": every, "agg": agg, "fill": fill, "limit": limit, "explain": explain, "plot":
            plot, "quality": quality}, answer="json"))
        return answer

    async def write_samples(self, body: Samples, *, ack: str | None = None) -> WriteReport | None:
        """Write samples; answers when they are durable

        204 when every row was taken, else 200 with the rows that were rejected and why. 507
        when the disk is full: nothing was stored. An Arrow stream has the columns point,
        time and value, or time and a column a point. Permission: samples:write.
        """
        answer: WriteReport | None = await self._call(_Request(
            "POST", "/v1/samples", query={"ack": ack}, body=body, answer="json"))
        return answer

    async def read_point_samples(
            self, point: str, *, from_: str | None = None, to: str | None = None, every: str | None
            = None, agg: str | None = None, fill: str | None = None, limit: int | None = None,
            explain: bool | None = None, plot: int | None = None, quality: str | None = None,
    ) -> PointHistory:
        """Samples of one point in a range, raw or in buckets

        Permission: samples:read.
        """
        answer: PointHistory = await self._call(_Request(
            "GET", "/v1/points/{point}/samples", path_values={"point": point}, query={"from":
            from_, "to": to, "every": every, "agg": agg, "fill": fill, "limit": limit, "explain":
            explain, "plot": plot, "quality": quality}, answer="json"))
        return answer

    async def erase_point_samples(
            self, point: str, *, from_: str, to: str, if_match: str | int | None = None,
    ) -> EraseReport:
        """Erase the samples of one point in a range, for good

        Answers when it is durable, with how many samples there were. Samples that are
        written into the range afterwards are kept. Permission: samples:erase.
        """
        answer: EraseReport = await self._call(_Request(
            "DELETE", "/v1/points/{point}/samples", path_values={"point": point}, query={"from":
            from_, "to": to}, answer="json", if_match=if_match))
        return answer

    async def run_formulas(self, body: FormulaQuestion) -> FormulaAnswer:
        """Formulas over points, asset by asset or in groups

        Variables are points, or a property of each asset; units and quality are carried
        through: docs/guide/formulas.md. Permission: samples:read.
        """
        answer: FormulaAnswer = await self._call(_Request(
            "POST", "/v1/query", body=body, answer="json"))
        return answer

    async def follow_samples(
            self, *, point: _c.Iterable[str] | None = None, under: str | None = None, rate: str |
            None = None, quality: str | None = None,
    ) -> str:
        """Live samples, as server-sent events or by WebSocket

        Last-Event-ID goes on where a connection broke, for a minute. A request to upgrade
        gets a WebSocket: docs/guide/live.md. Permission: samples:read.
        """
        answer: str = await self._call(_Request(
            "GET", "/v1/live", query={"point": point, "under": under, "rate": rate, "quality":
            quality}, answer="text", accept="text/event-stream"))
        return answer

    async def read_group(
            self, *, point: _c.Iterable[str] | None = None, under: str | None = None, key: str |
            None = None, from_: str | None = None, to: str | None = None, every: str | None = None,
            agg: str | None = None, explain: bool | None = None, quality: str | None = None,
    ) -> GroupHistory:
        """Aggregates over many points together, in buckets

        The samples of all points count as if they were of one: avg is of all samples, so a
        point with more of them weighs more, while in time_avg each moment of each point
        weighs the same. The points must be of one unit, but for counts. Below a path those
        count that the caller may read. Permission: samples:read.
        """
        answer: GroupHistory = await self._call(_Request(
            "GET", "/v1/samples/group", query={"point": point, "under": under, "key": key, "from":
            from_, "to": to, "every": every, "agg": agg, "explain": explain, "quality": quality},
            answer="json"))
        return answer

    async def read_states(
            self, *, point: _c.Iterable[str] | None = None, under: str | None = None, key: str |
            None = None, from_: str | None = None, to: str | None = None, every: str | None = None,
            quality: str | None = None,
    ) -> States:
        """How long points were in which state, in buckets

        A value holds until the next sample, the last until the range ends. Time before the
        first sample, and behind one that does not count, belongs to no state. entries
        counts how often a state was entered in the bucket. Permission: samples:read.
        """
        answer: States = await self._call(_Request(
            "GET", "/v1/samples/states", query={"point": point, "under": under, "key": key,
            "from": from_, "to": to, "every": every, "quality": quality}, answer="json"))
        return answer

    async def run_sql(self, body: SqlQuestion) -> SqlAnswer:
        """Run one read-only query

        DuckDB's dialect over the tables samples, latest, metrics, points, assets, models
        and alarms, and over the tenant's files; rows that the caller may not read are not
        there. Times are UTC. Permission: sql:read.
        """
        answer: SqlAnswer = await self._call(_Request(
            "POST", "/v1/sql", body=body, answer="json"))
        return answer

    async def list_files(self) -> StoredFileList:
        """Files that SQL reads

        All of them, by name; SQL knows each as files/NAME. Permission: files:read.
        """
        answer: StoredFileList = await self._call(_Request(
            "GET", "/v1/files", answer="json"))
        return answer

    async def get_file(self, file: str) -> bytes:
        """A file as it was brought

        Permission: files:read.
        """
        answer: bytes = await self._call(_Request(
            "GET", "/v1/files/{file}", path_values={"file": file}, answer="bytes",
            accept="application/octet-stream"))
        return answer

    async def put_file(
            self, file: str, body: bytes, *, if_match: str | int | None = None,
    ) -> StoredFile:
        """Bring a file, or replace it

        Parquet, CSV or JSON, 64 MiB at most. It can be read, whole and durable, when the
        answer comes; queries that run go on with the one before. 403 quota_exceeded when
        the tenant has too many bytes. Permission: files:write.
        """
        answer: StoredFile = await self._call(_Request(
            "PUT", "/v1/files/{file}", path_values={"file": file}, body=body,
            content_type="application/octet-stream", answer="json", if_match=if_match))
        return answer

    async def delete_file(self, file: str, *, if_match: str | int | None = None) -> None:
        """Remove a file

        Permission: files:write.
        """
        await self._call(_Request(
            "DELETE", "/v1/files/{file}", path_values={"file": file}, answer="none",
            if_match=if_match))

    async def get_broker(self) -> Broker:
        """The MQTT broker: where it listens, and what goes through it

        Of the tenant; counters since the start of the program. Permission: broker:read.
        """
        answer: Broker = await self._call(_Request(
            "GET", "/v1/broker", answer="json"))
        return answer

    async def list_broker_sessions(
            self, *, limit: int | None = None, cursor: str | None = None,
    ) -> BrokerSessionPage:
        """Clients, connected and away

        Permission: broker:read.
        """
        answer: BrokerSessionPage = await self._call(_Request(
            "GET", "/v1/broker/sessions", query={"limit": limit, "cursor": cursor}, answer="json"))
        return answer

    async def iterate_broker_sessions(
            self, *, limit: int | None = None,
    ) -> _c.AsyncIterator[BrokerSession]:
        """Clients, connected and away

        All of them: asks `list_broker_sessions` for page after page; `limit` is the length
        of a page.
        """
        cursor: str | None = None
        while True:
            page = await self.list_broker_sessions(
                limit=limit, cursor=cursor)
            for item in page["items"]:
                yield item
            cursor = page.get("next")
            if not cursor:
                return

    async def get_broker_session(self, client: str) -> BrokerSession:
        """A client with its subscriptions

        Permission: broker:read.
        """
        answer: BrokerSession = await self._call(_Request(
            "GET", "/v1/broker/sessions/{client}", path_values={"client": client}, answer="json"))
        return answer

    async def end_broker_session(self, client: str, *, if_match: str | int | None = None) -> None:
        """Disconnect a client and forget its session

        Subscriptions and messages that wait for it are gone. It may connect again; to keep
        it out, remove its token. Permission: broker:write.
        """
        await self._call(_Request(
            "DELETE", "/v1/broker/sessions/{client}", path_values={"client": client},
            answer="none", if_match=if_match))

    async def list_retained_messages(self, *, filter: str | None = None) -> RetainedMessageList:
        """Retained messages

        The first 1,000 by topic, of those that the caller may subscribe to. Permission:
        topics:subscribe.
        """
        answer: RetainedMessageList = await self._call(_Request(
            "GET", "/v1/broker/retained", query={"filter": filter}, answer="json"))
        return answer

    async def publish_message(self, body: NewMessage) -> PublishAnswer:
        """Publish a message

        Answered when it is durable in the queue of every client that keeps its session, or
        as the retained message of its topic. Permission: topics:publish.
        """
        answer: PublishAnswer = await self._call(_Request(
            "POST", "/v1/broker/messages", body=body, answer="json"))
        return answer

    async def hear_hook(self, body: HookBody, *, topic: str) -> None:
        """What another program has to say, as a message of a topic

        For webhooks: the body is passed on as it is, whatever its type, and mappings make
        samples of it. Answered when those are on disk, and the message is in the queue of
        every client that keeps its session. Permission: topics:publish.
        """
        await self._call(_Request(
            "POST", "/v1/hooks", query={"topic": topic}, body=body, answer="none"))

    async def list_mappings(
            self, *, limit: int | None = None, cursor: str | None = None,
    ) -> MappingPage:
        """What is made of messages

        Permission: mappings:read.
        """
        answer: MappingPage = await self._call(_Request(
            "GET", "/v1/mappings", query={"limit": limit, "cursor": cursor}, answer="json"))
        return answer

    async def iterate_mappings(self, *, limit: int | None = None) -> _c.AsyncIterator[Mapping]:
        """What is made of messages

        All of them: asks `list_mappings` for page after page; `limit` is the length of a
        page.
        """
        cursor: str | None = None
        while True:
            page = await self.list_mappings(
                limit=limit, cursor=cursor)
            for item in page["items"]:
                yield item
            cursor = page.get("next")
            if not cursor:
                return

    async def create_mapping(
            self, body: NewMapping, *, idempotency_key: str | None = None,
    ) -> Mapping:
        """Say what to make of the messages of some topics

        It counts for messages that come after the answer; retained ones are not read again.
        Permission: mappings:write.
        """
        answer: Mapping = await self._call(_Request(
            "POST", "/v1/mappings", body=body, answer="json", creates=True,
            idempotency_key=idempotency_key))
        return answer

    async def preview_mapping(self, body: MappingTrial) -> MappingPreview:
        """What a mapping would make of a message

        Nothing is stored. Permission: mappings:read.
        """
        answer: MappingPreview = await self._call(_Request(
            "POST", "/v1/mappings/preview", body=body, answer="json"))
        return answer

    async def get_mapping(self, mapping: str) -> Mapping:
        """A mapping

        Permission: mappings:read.
        """
        answer: Mapping = await self._call(_Request(
            "GET", "/v1/mappings/{mapping}", path_values={"mapping": mapping}, answer="json"))
        return answer

    async def replace_mapping(
            self, mapping: str, body: NewMapping, *, if_match: str | int | None = None,
    ) -> Mapping:
        """Change a mapping

        Permission: mappings:write.
        """
        answer: Mapping = await self._call(_Request(
            "PUT", "/v1/mappings/{mapping}", path_values={"mapping": mapping}, body=body,
            answer="json", if_match=if_match))
        return answer

    async def delete_mapping(self, mapping: str, *, if_match: str | int | None = None) -> None:
        """Remove a mapping

        Permission: mappings:write.
        """
        await self._call(_Request(
            "DELETE", "/v1/mappings/{mapping}", path_values={"mapping": mapping}, answer="none",
            if_match=if_match))

    async def list_proposed_points(
            self, *, limit: int | None = None, cursor: str | None = None,
    ) -> ProposedPointPage:
        """Points that messages speak of and that are not there

        Kept in memory, the first 10,000. Permission: mappings:read.
        """
        answer: ProposedPointPage = await self._call(_Request(
            "GET", "/v1/broker/proposals", query={"limit": limit, "cursor": cursor}, answer="json"))
        return answer

    async def iterate_proposed_points(
            self, *, limit: int | None = None,
    ) -> _c.AsyncIterator[ProposedPoint]:
        """Points that messages speak of and that are not there

        All of them: asks `list_proposed_points` for page after page; `limit` is the length
        of a page.
        """
        cursor: str | None = None
        while True:
            page = await self.list_proposed_points(
                limit=limit, cursor=cursor)
            for item in page["items"]:
                yield item
            cursor = page.get("next")
            if not cursor:
                return

    async def clear_proposed_points(self, *, if_match: str | int | None = None) -> None:
        """Forget the proposals

        Permission: mappings:write.
        """
        await self._call(_Request(
            "DELETE", "/v1/broker/proposals", answer="none", if_match=if_match))

    async def accept_proposed_points(self, body: AcceptPoints) -> AcceptedPoints:
        """Make proposed points, with the assets above them

        Permission: points:write.
        """
        answer: AcceptedPoints = await self._call(_Request(
            "POST", "/v1/broker/proposals/accept", body=body, answer="json"))
        return answer

    async def list_dead_letters(
            self, *, limit: int | None = None, cursor: str | None = None,
    ) -> DeadLetterList:
        """Messages that could not be used, the newest first

        Kept in memory: the last 1,000, of 4 MiB at most; counted since the start of the
        program. Permission: mappings:read.
        """
        answer: DeadLetterList = await self._call(_Request(
            "GET", "/v1/broker/dead_letters", query={"limit": limit, "cursor": cursor},
            answer="json"))
        return answer

    async def clear_dead_letters(self, *, if_match: str | int | None = None) -> None:
        """Forget the messages that could not be used

        Permission: mappings:write.
        """
        await self._call(_Request(
            "DELETE", "/v1/broker/dead_letters", answer="none", if_match=if_match))

    async def list_bridges(
            self, *, limit: int | None = None, cursor: str | None = None,
    ) -> BridgePage:
        """Bridges to other MQTT brokers, and how they do

        Permission: bridges:read.
        """
        answer: BridgePage = await self._call(_Request(
            "GET", "/v1/bridges", query={"limit": limit, "cursor": cursor}, answer="json"))
        return answer

    async def iterate_bridges(self, *, limit: int | None = None) -> _c.AsyncIterator[Bridge]:
        """Bridges to other MQTT brokers, and how they do

        All of them: asks `list_bridges` for page after page; `limit` is the length of a
        page.
        """
        cursor: str | None = None
        while True:
            page = await self.list_bridges(
                limit=limit, cursor=cursor)
            for item in page["items"]:
                yield item
            cursor = page.get("next")
            if not cursor:
                return

    async def create_bridge(self, body: NewBridge, *, idempotency_key: str | None = None) -> Bridge:
        """Connect to another MQTT broker, and say which messages pass

        Needs topics:subscribe for the topics that go out, and topics:publish for those that
        come in. What goes out waits while the other broker is away. Permission:
        bridges:write.
        """
        answer: Bridge = await self._call(_Request(
            "POST", "/v1/bridges", body=body, answer="json", creates=True,
            idempotency_key=idempotency_key))
        return answer

    async def get_bridge(self, bridge: str) -> Bridge:
        """A bridge, and how it does

        Permission: bridges:read.
        """
        answer: Bridge = await self._call(_Request(
            "GET", "/v1/bridges/{bridge}", path_values={"bridge": bridge}, answer="json"))
        return answer

    async def replace_bridge(
            self, bridge: str, body: NewBridge, *, if_match: str | int | None = None,
    ) -> Bridge:
        """Change a bridge

        Secrets that are left out stay; empty ones are taken away. Messages that wait stay
        with the bridge. Permission: bridges:write.
        """
        answer: Bridge = await self._call(_Request(
            "PUT", "/v1/bridges/{bridge}", path_values={"bridge": bridge}, body=body,
            answer="json", if_match=if_match))
        return answer

    async def delete_bridge(self, bridge: str, *, if_match: str | int | None = None) -> None:
        """Remove a bridge, and the messages that wait for it

        Permission: bridges:write.
        """
        await self._call(_Request(
            "DELETE", "/v1/bridges/{bridge}", path_values={"bridge": bridge}, answer="none",
            if_match=if_match))

    async def list_publications(
            self, *, limit: int | None = None, cursor: str | None = None,
    ) -> PublicationPage:
        """Which points clients of the broker are told about

        Permission: mappings:read.
        """
        answer: PublicationPage = await self._call(_Request(
            "GET", "/v1/publications", query={"limit": limit, "cursor": cursor}, answer="json"))
        return answer

    async def iterate_publications(
            self, *, limit: int | None = None,
    ) -> _c.AsyncIterator[Publication]:
        """Which points clients of the broker are told about

        All of them: asks `list_publications` for page after page; `limit` is the length of
        a page.
        """
        cursor: str | None = None
        while True:
            page = await self.list_publications(
                limit=limit, cursor=cursor)
            for item in page["items"]:
                yield item
            cursor = page.get("next")
            if not cursor:
                return

    async def create_publication(
            self, body: NewPublication, *, idempotency_key: str | None = None,
    ) -> Publication:
        """Tell clients of the broker about points

        Needs samples:read for the points and topics:publish for the topics, too. Begins
        with the latest value of each point. Refused if a mapping takes in messages of its
        topics: values would come back. Permission: mappings:write.
        """
        answer: Publication = await self._call(_Request(
            "POST", "/v1/publications", body=body, answer="json", creates=True,
            idempotency_key=idempotency_key))
        return answer

    async def get_publication(self, publication: str) -> Publication:
        """A publication, and what has become of it

        Permission: mappings:read.
        """
        answer: Publication = await self._call(_Request(
            "GET", "/v1/publications/{publication}", path_values={"publication": publication},
            answer="json"))
        return answer

    async def replace_publication(
            self, publication: str, body: NewPublication, *, if_match: str | int | None = None,
    ) -> Publication:
        """Change a publication

        Permission: mappings:write.
        """
        answer: Publication = await self._call(_Request(
            "PUT", "/v1/publications/{publication}", path_values={"publication": publication},
            body=body, answer="json", if_match=if_match))
        return answer

    async def delete_publication(
            self, publication: str, *, if_match: str | int | None = None,
    ) -> None:
        """Tell no more

        Retained messages stay until they are cleared. Permission: mappings:write.
        """
        await self._call(_Request(
            "DELETE", "/v1/publications/{publication}", path_values={"publication": publication},
            answer="none", if_match=if_match))

    async def influx_write(
            self, body: str | bytes, *, db: str | None = None, rp: str | None = None, consistency:
            str | None = None, precision: str | None = None,
    ) -> None:
        """Write InfluxDB line protocol; answers when it is durable

        Body plain or gzip. Lines are taken or refused one by one: 400 names the refused
        ones by line and column, the others are stored. Credentials: Bearer, Token, or Basic
        with a token as the password. Permission: metrics:write.
        """
        await self._call(_Request(
            "POST", "/write", query={"db": db, "rp": rp, "consistency": consistency, "precision":
            precision}, body=body, content_type="text/plain", answer="none"))

    async def influx_write_2(
            self, body: str | bytes, *, bucket: str | None = None, org: str | None = None, orgID:
            str | None = None, precision: str | None = None,
    ) -> None:
        """Write InfluxDB line protocol; answers when it is durable

        Body plain or gzip. Lines are taken or refused one by one: 400 names the refused
        ones by line and column, the others are stored. Credentials: Bearer, Token, or Basic
        with a token as the password. Permission: metrics:write.
        """
        await self._call(_Request(
            "POST", "/api/v2/write", query={"bucket": bucket, "org": org, "orgID": orgID,
            "precision": precision}, body=body, content_type="text/plain", answer="none"))

    async def influx_query(
            self, *, q: str | None = None, db: str | None = None, epoch: str | None = None, rp: str
            | None = None, chunked: str | None = None, chunk_size: str | None = None, params: str |
            None = None, pretty: str | None = None, precision: str | None = None,
    ) -> InfluxAnswer:
        """What InfluxDB clients ask about databases and measurements

        Not InfluxQL: SELECT is refused and says what to use instead. Permission:
        metrics:read.
        """
        answer: InfluxAnswer = await self._call(_Request(
            "GET", "/query", query={"q": q, "db": db, "epoch": epoch, "rp": rp, "chunked":
            chunked, "chunk_size": chunk_size, "params": params, "pretty": pretty, "precision":
            precision}, answer="json"))
        return answer

    async def influx_command(
            self, *, q: str | None = None, db: str | None = None, epoch: str | None = None, rp: str
            | None = None, chunked: str | None = None, chunk_size: str | None = None, params: str |
            None = None, pretty: str | None = None, precision: str | None = None,
    ) -> InfluxAnswer:
        """What InfluxDB clients ask about databases and measurements

        Not InfluxQL: SELECT is refused and says what to use instead. Permission:
        metrics:read.
        """
        answer: InfluxAnswer = await self._call(_Request(
            "POST", "/query", query={"q": q, "db": db, "epoch": epoch, "rp": rp, "chunked":
            chunked, "chunk_size": chunk_size, "params": params, "pretty": pretty, "precision":
            precision}, answer="json"))
        return answer

    async def influx_ping(
            self, *, verbose: str | None = None, wait_for_leader: str | None = None,
    ) -> None:
        """Whether an InfluxDB client may begin"""
        await self._call(_Request(
            "GET", "/ping", query={"verbose": verbose, "wait_for_leader": wait_for_leader},
            answer="none"))

    async def prom_query(
            self, *, query: str | None = None, timeout: str | None = None, lookback_delta: str |
            None = None, limit: int | None = None, stats: str | None = None, time: str | None = None,
    ) -> PrometheusAnswer:
        """PromQL at one time

        Over series with labels, and points of assets: flow{asset, point, unit}. What is not
        offered says so: docs/guide/prometheus.md. Permission: metrics:read.
        """
        answer: PrometheusAnswer = await self._call(_Request(
            "GET", "/api/v1/query", query={"query": query, "timeout": timeout, "lookback_delta":
            lookback_delta, "limit": limit, "stats": stats, "time": time}, answer="json"))
        return answer

    async def prom_query_form(
            self, *, query: str | None = None, timeout: str | None = None, lookback_delta: str |
            None = None, limit: int | None = None, stats: str | None = None, time: str | None = None,
    ) -> PrometheusAnswer:
        """PromQL at one time

        Over series with labels, and points of assets: flow{asset, point, unit}. What is not
        offered says so: docs/guide/prometheus.md. Permission: metrics:read.
        """
        answer: PrometheusAnswer = await self._call(_Request(
            "POST", "/api/v1/query", query={"query": query, "timeout": timeout, "lookback_delta":
            lookback_delta, "limit": limit, "stats": stats, "time": time}, answer="json"))
        return answer

    async def prom_query_range(
            self, *, query: str | None = None, timeout: str | None = None, lookback_delta: str |
            None = None, limit: int | None = None, stats: str | None = None, start: str | None =
            None, end: str | None = None, step: str | None = None,
    ) -> PrometheusAnswer:
        """PromQL over a range, in steps

        Permission: metrics:read.
        """
        answer: PrometheusAnswer = await self._call(_Request(
            "GET", "/api/v1/query_range", query={"query": query, "timeout": timeout,
            "lookback_delta": lookback_delta, "limit": limit, "stats": stats, "start": start,
            "end": end, "step": step}, answer="json"))
        return answer

    async def prom_query_range_form(
            self, *, query: str | None = None, timeout: str | None = None, lookback_delta: str |
            None = None, limit: int | None = None, stats: str | None = None, start: str | None =
            None, end: str | None = None, step: str | None = None,
    ) -> PrometheusAnswer:
        """PromQL over a range, in steps

        Permission: metrics:read.
        """
        answer: PrometheusAnswer = await self._call(_Request(
            "POST", "/api/v1/query_range", query={"query": query, "timeout": timeout,
            "lookback_delta": lookback_delta, "limit": limit, "stats": stats, "start": start,
            "end": end, "step": step}, answer="json"))
        return answer

    async def prom_series(
            self, *, match__: _c.Iterable[str] | None = None, start: str | None = None, end: str |
            None = None, limit: int | None = None,
    ) -> PrometheusAnswer:
        """Series that fit selectors

        Permission: metrics:read.
        """
        answer: PrometheusAnswer = await self._call(_Request(
            "GET", "/api/v1/series", query={"match[]": match__, "start": start, "end": end,
            "limit": limit}, answer="json"))
        return answer

    async def prom_series_form(
            self, *, match__: _c.Iterable[str] | None = None, start: str | None = None, end: str |
            None = None, limit: int | None = None,
    ) -> PrometheusAnswer:
        """Series that fit selectors

        Permission: metrics:read.
        """
        answer: PrometheusAnswer = await self._call(_Request(
            "POST", "/api/v1/series", query={"match[]": match__, "start": start, "end": end,
            "limit": limit}, answer="json"))
        return answer

    async def prom_labels(
            self, *, match__: _c.Iterable[str] | None = None, start: str | None = None, end: str |
            None = None, limit: int | None = None,
    ) -> PrometheusAnswer:
        """Names of labels

        Permission: metrics:read.
        """
        answer: PrometheusAnswer = await self._call(_Request(
            "GET", "/api/v1/labels", query={"match[]": match__, "start": start, "end": end,
            "limit": limit}, answer="json"))
        return answer

    async def prom_labels_form(
            self, *, match__: _c.Iterable[str] | None = None, start: str | None = None, end: str |
            None = None, limit: int | None = None,
    ) -> PrometheusAnswer:
        """Names of labels

        Permission: metrics:read.
        """
        answer: PrometheusAnswer = await self._call(_Request(
            "POST", "/api/v1/labels", query={"match[]": match__, "start": start, "end": end,
            "limit": limit}, answer="json"))
        return answer

    async def prom_label_values(
            self, name: str, *, match__: _c.Iterable[str] | None = None, start: str | None = None,
            end: str | None = None, limit: int | None = None,
    ) -> PrometheusAnswer:
        """Values of a label

        Permission: metrics:read.
        """
        answer: PrometheusAnswer = await self._call(_Request(
            "GET", "/api/v1/label/{name}/values", path_values={"name": name}, query={"match[]":
            match__, "start": start, "end": end, "limit": limit}, answer="json"))
        return answer

    async def prom_metadata(
            self, *, metric: str | None = None, limit: int | None = None, limit_per_metric: int |
            None = None,
    ) -> PrometheusAnswer:
        """Types and units of metrics

        Permission: metrics:read.
        """
        answer: PrometheusAnswer = await self._call(_Request(
            "GET", "/api/v1/metadata", query={"metric": metric, "limit": limit,
            "limit_per_metric": limit_per_metric}, answer="json"))
        return answer

    async def prom_build_info(self) -> PrometheusAnswer:
        """Which version's language is spoken

        Permission: metrics:read.
        """
        answer: PrometheusAnswer = await self._call(_Request(
            "GET", "/api/v1/status/buildinfo", answer="json"))
        return answer

    async def prom_delete_series_put(
            self, *, match__: _c.Iterable[str] | None = None, start: str | None = None, end: str |
            None = None, if_match: str | int | None = None,
    ) -> None:
        """Erase samples of series with labels, for good

        Answers when it is durable. Points of assets are not touched: DELETE
        /v1/points/{point}/samples is for them. Permission: metrics:erase.
        """
        await self._call(_Request(
            "PUT", "/api/v1/admin/tsdb/delete_series", query={"match[]": match__, "start": start,
            "end": end}, answer="none", if_match=if_match))

    async def prom_delete_series(
            self, *, match__: _c.Iterable[str] | None = None, start: str | None = None, end: str |
            None = None,
    ) -> None:
        """Erase samples of series with labels, for good

        Answers when it is durable. Points of assets are not touched: DELETE
        /v1/points/{point}/samples is for them. Permission: metrics:erase.
        """
        await self._call(_Request(
            "POST", "/api/v1/admin/tsdb/delete_series", query={"match[]": match__, "start": start,
            "end": end}, answer="none"))

    async def prom_remote_write(self, body: bytes) -> None:
        """Remote write; answers when the samples are durable

        Protobuf packed with snappy, version 1 or 2. Series that are wrong are refused with
        400 and the others stored. Permission: metrics:write.
        """
        await self._call(_Request(
            "POST", "/api/v1/write", body=body, content_type="application/x-protobuf",
            answer="none"))

    async def list_connections(
            self, *, limit: int | None = None, cursor: str | None = None,
    ) -> ConnectionPage:
        """Connections to devices, with how they fare

        Permission: connections:read.
        """
        answer: ConnectionPage = await self._call(_Request(
            "GET", "/v1/connections", query={"limit": limit, "cursor": cursor}, answer="json"))
        return answer

    async def iterate_connections(
            self, *, limit: int | None = None,
    ) -> _c.AsyncIterator[Connection]:
        """Connections to devices, with how they fare

        All of them: asks `list_connections` for page after page; `limit` is the length of a
        page.
        """
        cursor: str | None = None
        while True:
            page = await self.list_connections(
                limit=limit, cursor=cursor)
            for item in page["items"]:
                yield item
            cursor = page.get("next")
            if not cursor:
                return

    async def create_connection(
            self, body: NewConnection, *, idempotency_key: str | None = None,
    ) -> Connection:
        """Add a connection

        Permission: connections:write.
        """
        answer: Connection = await self._call(_Request(
            "POST", "/v1/connections", body=body, answer="json", creates=True,
            idempotency_key=idempotency_key))
        return answer

    async def get_connection(self, connection: str) -> Connection:
        """One connection, by id or key

        Permission: connections:read.
        """
        answer: Connection = await self._call(_Request(
            "GET", "/v1/connections/{connection}", path_values={"connection": connection},
            answer="json"))
        return answer

    async def replace_connection(
            self, connection: str, body: NewConnection, *, if_match: str | int | None = None,
    ) -> Connection:
        """Change a connection

        Permission: connections:write.
        """
        answer: Connection = await self._call(_Request(
            "PUT", "/v1/connections/{connection}", path_values={"connection": connection},
            body=body, answer="json", if_match=if_match))
        return answer

    async def remove_connection(
            self, connection: str, *, if_match: str | int | None = None,
    ) -> None:
        """Remove a connection and its tags; history stays

        Permission: connections:write.
        """
        await self._call(_Request(
            "DELETE", "/v1/connections/{connection}", path_values={"connection": connection},
            answer="none", if_match=if_match))

    async def patch_connection(
            self, connection: str, body: Patch, *, if_match: str | int | None = None,
    ) -> Connection:
        """Change parts of a connection (RFC 7396)

        Permission: connections:write.
        """
        answer: Connection = await self._call(_Request(
            "PATCH", "/v1/connections/{connection}", path_values={"connection": connection},
            body=body, answer="json", if_match=if_match))
        return answer

    async def test_connection(self, connection: str) -> TestReport:
        """Try a saved connection, beside what runs

        Permission: connections:write.
        """
        answer: TestReport = await self._call(_Request(
            "POST", "/v1/connections/{connection}/test", path_values={"connection": connection},
            answer="json"))
        return answer

    async def list_protocols(self) -> ProtocolList:
        """Protocols that this program speaks, with the form of their settings

        Permission: connections:read.
        """
        answer: ProtocolList = await self._call(_Request(
            "GET", "/v1/protocols", answer="json"))
        return answer

    async def test_settings(self, protocol: str, body: TestRequest) -> TestReport:
        """Try settings before they are saved

        Permission: connections:write.
        """
        answer: TestReport = await self._call(_Request(
            "POST", "/v1/protocols/{protocol}/test", path_values={"protocol": protocol},
            body=body, answer="json"))
        return answer

    async def read_addresses(self, protocol: str, body: ReadRequest) -> ReadAnswer:
        """Read addresses once, before they are saved

        Permission: connections:write.
        """
        answer: ReadAnswer = await self._call(_Request(
            "POST", "/v1/protocols/{protocol}/read", path_values={"protocol": protocol},
            body=body, answer="json"))
        return answer

    async def scan_device(self, protocol: str, body: ScanRequest) -> ScanAnswer:
        """Look through a device's addresses, by reading only

        Slow on purpose; some devices do not take it well, so ask who owns it. Permission:
        connections:write.
        """
        answer: ScanAnswer = await self._call(_Request(
            "POST", "/v1/protocols/{protocol}/scan", path_values={"protocol": protocol},
            body=body, answer="json"))
        return answer

    async def discover_devices(self, body: DiscoveryRequest) -> DiscoveryAnswer:
        """Look for devices in a range of addresses

        Connects to each address by each protocol and asks who is there; nothing is written.
        50 attempts a second at most, one search at a time. The settings of what is found
        can be saved as a connection. Permission: connections:write.
        """
        answer: DiscoveryAnswer = await self._call(_Request(
            "POST", "/v1/discovery", body=body, answer="json"))
        return answer

    async def list_tags(
            self, *, connection: str | None = None, limit: int | None = None, cursor: str | None =
            None,
    ) -> TagPage:
        """Tags: addresses bound to points

        Permission: tags:read.
        """
        answer: TagPage = await self._call(_Request(
            "GET", "/v1/tags", query={"connection": connection, "limit": limit, "cursor": cursor},
            answer="json"))
        return answer

    async def iterate_tags(
            self, *, connection: str | None = None, limit: int | None = None,
    ) -> _c.AsyncIterator[Tag]:
        """Tags: addresses bound to points

        All of them: asks `list_tags` for page after page; `limit` is the length of a page.
        """
        cursor: str | None = None
        while True:
            page = await self.list_tags(
                connection=connection, limit=limit, cursor=cursor)
            for item in page["items"]:
                yield item
            cursor = page.get("next")
            if not cursor:
                return

    async def create_tags(self, body: NewTags, *, idempotency_key: str | None = None) -> TagList:
        """Bind addresses to points; one, or many, all or none

        Permission: tags:write.
        """
        answer: TagList = await self._call(_Request(
            "POST", "/v1/tags", body=body, answer="json", creates=True,
            idempotency_key=idempotency_key))
        return answer

    async def get_tag(self, tag: str) -> Tag:
        """One tag

        Permission: tags:read.
        """
        answer: Tag = await self._call(_Request(
            "GET", "/v1/tags/{tag}", path_values={"tag": tag}, answer="json"))
        return answer

    async def remove_tag(self, tag: str, *, if_match: str | int | None = None) -> None:
        """Unbind

        Permission: tags:write.
        """
        await self._call(_Request(
            "DELETE", "/v1/tags/{tag}", path_values={"tag": tag}, answer="none", if_match=if_match))

    async def patch_tag(
            self, tag: str, body: TagPatch, *, if_match: str | int | None = None,
    ) -> Tag:
        """Change the address

        Permission: tags:write.
        """
        answer: Tag = await self._call(_Request(
            "PATCH", "/v1/tags/{tag}", path_values={"tag": tag}, body=body, answer="json",
            if_match=if_match))
        return answer

    async def list_tenants(
            self, *, limit: int | None = None, cursor: str | None = None,
    ) -> TenantPage:
        """Tenants of this installation (platform operators only)

        Permission: tenants:read.
        """
        answer: TenantPage = await self._call(_Request(
            "GET", "/v1/tenants", query={"limit": limit, "cursor": cursor}, answer="json"))
        return answer

    async def iterate_tenants(self, *, limit: int | None = None) -> _c.AsyncIterator[TenantQuota]:
        """Tenants of this installation (platform operators only)

        All of them: asks `list_tenants` for page after page; `limit` is the length of a
        page.
        """
        cursor: str | None = None
        while True:
            page = await self.list_tenants(
                limit=limit, cursor=cursor)
            for item in page["items"]:
                yield item
            cursor = page.get("next")
            if not cursor:
                return

    async def create_tenant(
            self, body: NewTenant, *, idempotency_key: str | None = None,
    ) -> TenantQuota:
        """Make a tenant (platform operators only)

        Permission: tenants:write.
        """
        answer: TenantQuota = await self._call(_Request(
            "POST", "/v1/tenants", body=body, answer="json", creates=True,
            idempotency_key=idempotency_key))
        return answer

    async def get_tenant(self, tenant: str) -> TenantQuota:
        """One tenant, with its quota of points (platform operators only)

        Permission: tenants:read.
        """
        answer: TenantQuota = await self._call(_Request(
            "GET", "/v1/tenants/{tenant}", path_values={"tenant": tenant}, answer="json"))
        return answer

    async def patch_tenant(
            self, tenant: str, body: TenantPatch, *, if_match: str | int | None = None,
    ) -> TenantQuota:
        """Change name or quota of points (platform operators only)

        points_quota is how many points, and so series, the tenant may have; null makes it
        tenants.points_max again. It may have as many series by labels beside them. What is
        there stays, also beyond a smaller quota. Permission: tenants:write.
        """
        answer: TenantQuota = await self._call(_Request(
            "PATCH", "/v1/tenants/{tenant}", path_values={"tenant": tenant}, body=body,
            answer="json", if_match=if_match))
        return answer

    async def get_usage(self) -> Usage:
        """What the caller's tenant uses, and how much of it there may be

        A point more than max is refused with quota_exceeded (403), and so are lines that
        would make a series more. Permission: usage:read.
        """
        answer: Usage = await self._call(_Request(
            "GET", "/v1/usage", answer="json"))
        return answer

    async def list_principals(
            self, *, limit: int | None = None, cursor: str | None = None,
    ) -> PrincipalPage:
        """People and programs that may sign in

        Permission: principals:read.
        """
        answer: PrincipalPage = await self._call(_Request(
            "GET", "/v1/principals", query={"limit": limit, "cursor": cursor}, answer="json"))
        return answer

    async def iterate_principals(self, *, limit: int | None = None) -> _c.AsyncIterator[Principal]:
        """People and programs that may sign in

        All of them: asks `list_principals` for page after page; `limit` is the length of a
        page.
        """
        cursor: str | None = None
        while True:
            page = await self.list_principals(
                limit=limit, cursor=cursor)
            for item in page["items"]:
                yield item
            cursor = page.get("next")
            if not cursor:
                return

    async def create_principal(
            self, body: NewPrincipal, *, idempotency_key: str | None = None,
    ) -> Principal:
        """Add a person or program

        Permission: principals:write.
        """
        answer: Principal = await self._call(_Request(
            "POST", "/v1/principals", body=body, answer="json", creates=True,
            idempotency_key=idempotency_key))
        return answer

    async def get_principal(self, principal: str) -> Principal:
        """One person or program

        Permission: principals:read.
        """
        answer: Principal = await self._call(_Request(
            "GET", "/v1/principals/{principal}", path_values={"principal": principal},
            answer="json"))
        return answer

    async def remove_principal(self, principal: str, *, if_match: str | int | None = None) -> None:
        """Remove, with all tokens

        Permission: principals:write.
        """
        await self._call(_Request(
            "DELETE", "/v1/principals/{principal}", path_values={"principal": principal},
            answer="none", if_match=if_match))

    async def patch_principal(
            self, principal: str, body: PrincipalPatch, *, if_match: str | int | None = None,
    ) -> Principal:
        """Change name or roles, disable or enable

        Permission: principals:write.
        """
        answer: Principal = await self._call(_Request(
            "PATCH", "/v1/principals/{principal}", path_values={"principal": principal},
            body=body, answer="json", if_match=if_match))
        return answer

    async def reset_password(self, principal: str, body: NewPassword) -> None:
        """Set a password that must be changed at the next sign-in

        Permission: principals:write.
        """
        await self._call(_Request(
            "POST", "/v1/principals/{principal}/reset-password", path_values={"principal":
            principal}, body=body, answer="none"))

    async def list_roles(self, *, limit: int | None = None, cursor: str | None = None) -> RolePage:
        """Roles

        Permission: roles:read.
        """
        answer: RolePage = await self._call(_Request(
            "GET", "/v1/roles", query={"limit": limit, "cursor": cursor}, answer="json"))
        return answer

    async def iterate_roles(self, *, limit: int | None = None) -> _c.AsyncIterator[Role]:
        """Roles

        All of them: asks `list_roles` for page after page; `limit` is the length of a page.
        """
        cursor: str | None = None
        while True:
            page = await self.list_roles(
                limit=limit, cursor=cursor)
            for item in page["items"]:
                yield item
            cursor = page.get("next")
            if not cursor:
                return

    async def create_role(self, body: NewRole, *, idempotency_key: str | None = None) -> Role:
        """Make a role

        Permission: roles:write.
        """
        answer: Role = await self._call(_Request(
            "POST", "/v1/roles", body=body, answer="json", creates=True,
            idempotency_key=idempotency_key))
        return answer

    async def get_role(self, role: str) -> Role:
        """One role

        Permission: roles:read.
        """
        answer: Role = await self._call(_Request(
            "GET", "/v1/roles/{role}", path_values={"role": role}, answer="json"))
        return answer

    async def replace_role(
            self, role: str, body: NewRole, *, if_match: str | int | None = None,
    ) -> Role:
        """Change a role

        Permission: roles:write.
        """
        answer: Role = await self._call(_Request(
            "PUT", "/v1/roles/{role}", path_values={"role": role}, body=body, answer="json",
            if_match=if_match))
        return answer

    async def remove_role(self, role: str, *, if_match: str | int | None = None) -> None:
        """Remove a role that nobody has

        Permission: roles:write.
        """
        await self._call(_Request(
            "DELETE", "/v1/roles/{role}", path_values={"role": role}, answer="none",
            if_match=if_match))

    async def list_tokens(
            self, *, limit: int | None = None, cursor: str | None = None,
    ) -> TokenPage:
        """API tokens, without their secrets

        Permission: tokens:read.
        """
        answer: TokenPage = await self._call(_Request(
            "GET", "/v1/tokens", query={"limit": limit, "cursor": cursor}, answer="json"))
        return answer

    async def iterate_tokens(self, *, limit: int | None = None) -> _c.AsyncIterator[ApiToken]:
        """API tokens, without their secrets

        All of them: asks `list_tokens` for page after page; `limit` is the length of a
        page.
        """
        cursor: str | None = None
        while True:
            page = await self.list_tokens(
                limit=limit, cursor=cursor)
            for item in page["items"]:
                yield item
            cursor = page.get("next")
            if not cursor:
                return

    async def create_token(
            self, body: NewToken, *, idempotency_key: str | None = None,
    ) -> NewTokenAnswer:
        """Make an API token; its secret is shown this once

        Permission: tokens:write.
        """
        answer: NewTokenAnswer = await self._call(_Request(
            "POST", "/v1/tokens", body=body, answer="json", creates=True,
            idempotency_key=idempotency_key))
        return answer

    async def remove_token(self, token: str, *, if_match: str | int | None = None) -> None:
        """Take back an API token, at once

        Permission: tokens:write.
        """
        await self._call(_Request(
            "DELETE", "/v1/tokens/{token}", path_values={"token": token}, answer="none",
            if_match=if_match))

    async def explain_access(self, body: AccessQuestion) -> AccessAnswer:
        """Whether, and why, the caller may do something"""
        answer: AccessAnswer = await self._call(_Request(
            "POST", "/v1/access/explain", body=body, answer="json"))
        return answer

    async def get_about(self) -> About:
        """Components, versions, sizes"""
        answer: About = await self._call(_Request(
            "GET", "/v1/about", answer="json"))
        return answer

    async def list_audit(self, *, limit: int | None = None, cursor: str | None = None) -> AuditPage:
        """The audit log, newest first

        Permission: audit:read.
        """
        answer: AuditPage = await self._call(_Request(
            "GET", "/v1/audit", query={"limit": limit, "cursor": cursor}, answer="json"))
        return answer

    async def iterate_audit(self, *, limit: int | None = None) -> _c.AsyncIterator[AuditEntry]:
        """The audit log, newest first

        All of them: asks `list_audit` for page after page; `limit` is the length of a page.
        """
        cursor: str | None = None
        while True:
            page = await self.list_audit(
                limit=limit, cursor=cursor)
            for item in page["items"]:
                yield item
            cursor = page.get("next")
            if not cursor:
                return

    async def get_metrics(self) -> str:
        """Metrics in Prometheus' text format

        Permission: system:read.
        """
        answer: str = await self._call(_Request(
            "GET", "/metrics", answer="text", accept="text/plain"))
        return answer

    async def get_live(self) -> Health:
        """Whether the program runs"""
        answer: Health = await self._call(_Request(
            "GET", "/health/live", answer="json"))
        return answer

    async def get_ready(self) -> Health:
        """Whether it takes samples

        503 once the journal of the store or of the MQTT broker has failed; reading goes on.
        """
        answer: Health = await self._call(_Request(
            "GET", "/health/ready", answer="json"))
        return answer

    async def get_open_api(self) -> Anything:
        """This document"""
        answer: Anything = await self._call(_Request(
            "GET", "/openapi.json", answer="json"))
        return answer
