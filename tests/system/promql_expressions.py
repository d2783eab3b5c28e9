# SPDX-License-Identifier: Apache-2.0
"""Data and expressions on which Gantry's PromQL is compared with that of Prometheus."""

import math
import random

from prometheus_process import STALE

START = 1_700_000_000_000  # milliseconds; the data cover what follows
MINUTES = 90


def _counter(rng, start, step, count, jitter=0, resets=0.01, gaps=0.0):
    value, samples = rng.uniform(0, 1000), []
    for k in range(count):
        value = rng.uniform(0, 5) if rng.random() < resets else value + rng.uniform(0, 20)
        if rng.random() >= gaps:
            samples.append((start + k * step + rng.randrange(jitter + 1), round(value, 3)))
    return samples


def _gauge(rng, start, step, count, special=0.0):
    value, samples = rng.uniform(-50, 50), []
    for k in range(count):
        value += rng.uniform(-3, 3)
        shown = value if rng.random() >= special else rng.choice([math.nan, math.inf, -math.inf])
        samples.append((start + k * step, round(shown, 4)))
    return samples


def _with_ends(rng, samples):
    """Now and then the series ends, and a stale marker says so, and it begins again."""
    out = []
    ended = 0
    for time, value in samples:
        if ended == 0 and rng.random() < 0.02:
            out.append((time, STALE))
            ended = rng.randrange(1, 25)
        elif ended > 0:
            ended -= 1
        else:
            out.append((time, value))
    return out


def data():
    """(labels, samples) of each series."""
    rng = random.Random(7)
    span = MINUTES * 60_000
    series = []

    def add(samples, name, **labels):
        series.append(({"__name__": name, **labels}, samples))

    for instance in "abcd":
        for code in ("200", "404", "500"):
            add(_counter(rng, START + rng.randrange(15000), 15000, span // 15000, jitter=300,
                         gaps=0.03 if instance == "b" else 0),
                "http_requests_total", instance=instance, code=code,
                job="api" if instance in "ab" else "web")
    for sensor in range(5):
        add(_with_ends(rng, _gauge(rng, START + sensor * 700, 10000, span // 10000)),
            "temperature", sensor=str(sensor), line="filling" if sensor % 2 else "packing")
    for sensor in range(3):
        add(_gauge(rng, START, 20000, span // 20000, special=0.05), "wild", sensor=str(sensor))
    for instance in "abcd":
        add(_gauge(rng, START, 30000, span // 30000), "load", instance=instance)
        add([(START + k * 60000, 1.0) for k in range(MINUTES)], "build_info",
            instance=instance, version="v" + str("abcd".index(instance) % 2 + 1))
        add([(START + k * 60000, float(rng.randrange(3))) for k in range(MINUTES)], "state",
            instance=instance, unit="U1")
    for instance in "ab":
        totals = {}
        for le in ("0.1", "0.25", "0.5", "1", "2.5", "+Inf"):
            totals[le] = 0
        histogram = {le: [] for le in totals}
        for k in range(span // 15000):
            for _ in range(rng.randrange(30)):
                value = rng.expovariate(2)
                for le in totals:
                    totals[le] += value <= float(le)
            for le, total in totals.items():
                histogram[le].append((START + k * 15000, float(total)))
        for le, samples in histogram.items():
            add(samples, "latency_seconds_bucket", instance=instance, le=le)
    add(_counter(rng, START, 1000, 1800), "fast_total", job="fast")
    add([(START + 40 * 60000, 42.0)], "once", job="once")
    add([(START + k * 15000, 7.0) for k in range(200)], "constant", job="x")
    add(_gauge(rng, START, 15000, 300), "gapless", job="x", site="Köln", note="a \"b\" \\ c")
    add([(START + k * 30000, float(2 ** (k % 40)) * 1e17) for k in range(150)], "huge", job="x")
    add([(START + k * 30000, float(k) * 1e-9) for k in range(150)], "tiny", job="x")
    add([(START + k * 240_000 * 2, float(k)) for k in range(11)], "sparse", job="x")
    return series


INSTANT = [START + 45 * 60_000, START + 45 * 60_000 + 7_123, START + 3_000]
RANGES = [  # start, end, step in milliseconds
    (START + 20 * 60_000, START + 50 * 60_000, 60_000),
    (START - 60_000, START + 92 * 60_000, 217_001),
    (START + 30 * 60_000, START + 32 * 60_000, 5_000),
]

OVER_TIME = ["avg", "min", "max", "sum", "count", "last", "present", "stddev", "stdvar"]

BY_HAND = """
http_requests_total
temperature
{__name__=~"temperature|load"}
{job=~"api|x",__name__!~"h.*"}
http_requests_total{code!="200",job=~"a.i"}
http_requests_total{code=~"4..|5..",instance!~"a|b"}
gapless{site="Köln"}
gapless{note="a \\"b\\" \\\\ c"}
sparse
once
temperature offset 5m
temperature offset -7m
temperature @ 1700001000
temperature @ 1700001000.5 offset 3m
temperature @ start()
temperature @ end() offset 1m
sum(temperature @ end()) + temperature
rate(http_requests_total[5m])
rate(http_requests_total[1m])
rate(http_requests_total[20s])
rate(http_requests_total[37s] offset 1m)
rate(http_requests_total[5m] @ 1700001500)
rate(fast_total[30s])
rate(once[5m])
rate(sparse[20m])
rate(constant[5m])
increase(http_requests_total[10m])
increase(latency_seconds_bucket[5m])
delta(temperature[5m])
delta(load[3m])
irate(http_requests_total[5m])
irate(fast_total[10s])
idelta(temperature[2m])
deriv(temperature[10m])
deriv(wild[10m])
deriv(constant[10m])
predict_linear(temperature[10m], 3600)
predict_linear(load[15m] @ 1700002000, 60)
predict_linear(load[15m], scalar(once))
holt_winters(load[10m], 0.3, 0.6)
resets(http_requests_total[30m])
resets(wild[10m])
changes(state[30m])
changes(wild[10m])
changes(temperature[1m])
quantile_over_time(0.9, temperature[10m])
quantile_over_time(0.5, wild[10m])
quantile_over_time(-1, load[5m])
quantile_over_time(1.5, load[5m])
quantile_over_time(scalar(state{instance="a"}), load[5m])
absent_over_time(temperature{sensor="1"}[1m])
absent_over_time(once[5m])
absent_over_time(nothing{a="b",c=~"d"}[5m])
absent(temperature{sensor="1"})
absent(once{job="once"})
absent(nothing{a="b",a="c",d="e"})
absent(sum(nothing))
present_over_time(once[10m])
sum_over_time(wild[10m])
avg_over_time(huge[30m])
sum_over_time(huge[30m])
stddev_over_time(constant[10m])
last_over_time({job="x"}[3m])
max_over_time(rate(http_requests_total[1m])[10m:30s])
avg_over_time(temperature[10m:1m])
sum_over_time((temperature > 0)[10m:37s])
count_over_time(temperature[5m:])
rate(http_requests_total[5m:10s])
min_over_time(sum by (job) (rate(http_requests_total[2m]))[10m:1m] offset 5m)
max_over_time((load > 0 or load)[5m:15s])
quantile_over_time(0.3, (load * 2)[10m:1m] @ 1700002000)
sum_over_time(time()[5m:1m])
sum_over_time(vector(time())[5m:1m])
last_over_time(absent(once)[10m:1m])
sum(http_requests_total)
sum by (job) (http_requests_total)
sum without (instance) (http_requests_total)
sum by (job, code) (rate(http_requests_total[5m]))
sum by (nothing) (http_requests_total)
sum by (__name__) ({job="x"})
sum without (__name__) (load)
avg(temperature)
avg by (line) (temperature)
avg(huge)
avg(wild)
min(wild)
max(wild)
min by (line) (temperature)
max by (line) (temperature)
count(temperature)
count by (sensor) (wild)
stddev(temperature)
stdvar by (line) (temperature)
stddev(wild)
stddev by (sensor) (wild)
stdvar by (sensor) (wild)
group(temperature)
group by (line) (temperature)
topk(2, temperature)
bottomk(2, temperature)
topk by (job) (1, http_requests_total)
bottomk without (code) (1, http_requests_total)
topk(0, temperature)
topk(100, temperature)
topk(2, wild)
bottomk(2, wild)
quantile(0.5, temperature)
quantile by (line) (0.9, temperature)
quantile(2, load)
quantile(0.5, wild)
count_values("value", state)
count_values by (instance) ("value", state)
count_values("value", wild)
count_values("instance", state)
count_values("v", huge)
count_values("v", tiny)
http_requests_total / 100
100 - temperature
temperature * 2 ^ 3
temperature % 7
-temperature % 7
load ^ 2
load ^ 0.5
1 / (temperature - temperature)
load atan2 2
-load
+load
temperature > 10
10 < temperature
temperature > bool 10
temperature == bool temperature
temperature != temperature
wild == wild
wild != bool wild
1 > bool 2
time() - 1e9
time() % 60 > bool 30
2 ^ -1 ^ 2
-2 ^ 2
scalar(load)
scalar(once) + 1
vector(1) + vector(2)
load + load
load / on (instance) load
load * on (instance) group_left (version) build_info
build_info * on (instance) group_right (version) load
load * ignoring (version) group_left build_info
load * on (instance) group_left (version, nothing) build_info
http_requests_total / on (instance) group_left load
http_requests_total / ignoring (code, job) group_left load
sum by (instance) (http_requests_total) / on (instance) load
http_requests_total / ignoring (code) http_requests_total
load > on (instance) build_info
load > bool on (instance) build_info
build_info < on (instance) group_right load
http_requests_total > on (instance) group_left load
load and temperature
load and on () temperature
load and on (instance) state > 0
load unless on (instance) (state > 1)
load or temperature
load or on (instance) state
(load > 0) or load
(load > 0) or (load < 0)
load or vector(5)
vector(5) or load
temperature{sensor="1"} or on () vector(0)
sum(load) or vector(0)
load and ignoring (instance) build_info
http_requests_total and on (instance) (load > 0)
{job="x"} unless constant
{job="x"} + 1
{job="x"} * {job="x"}
-{job="x"}
abs({instance="a"})
{instance="a"} > 0
rate({instance="a"}[5m])
count_over_time({job="x"}[5m])
{__name__=~"load|state"} + on (instance) group_left build_info
abs(temperature)
ceil(temperature)
floor(temperature)
round(temperature)
round(temperature, 0.5)
round(temperature, 5)
round(temperature, -2)
clamp(temperature, -5, 5)
clamp(temperature, 5, -5)
clamp(wild, -10, 10)
clamp_min(temperature, 0)
clamp_max(wild, 0)
clamp_max(temperature, scalar(load{instance="a"}))
exp(tiny)
exp(load)
ln(load)
log2(huge)
log10(huge)
sqrt(temperature)
sgn(wild)
sin(load) + cos(load) + tan(load)
asin(tiny) + acos(tiny) + atan(tiny)
sinh(tiny) + cosh(tiny) + tanh(tiny)
asinh(load) + acosh(huge) + atanh(tiny)
deg(load) + rad(load)
pi() * load
timestamp(temperature)
timestamp(temperature offset 2m)
timestamp(temperature @ 1700001000)
timestamp(load + 1)
timestamp((load))
timestamp(timestamp(load))
time() - timestamp(load)
day_of_week()
day_of_month(vector(1700000000))
day_of_year(load * 1e7)
days_in_month(vector(1709208000))
hour(timestamp(load))
minute(load * 1e6)
month()
year(vector(0))
year(vector(-1e9))
sort(load)
sort_desc(load)
sort(wild)
sort_desc(wild)
histogram_quantile(0.9, latency_seconds_bucket)
histogram_quantile(0.5, rate(latency_seconds_bucket[5m]))
histogram_quantile(0.99, sum by (le) (rate(latency_seconds_bucket[5m])))
histogram_quantile(0, latency_seconds_bucket)
histogram_quantile(1, latency_seconds_bucket)
histogram_quantile(-1, latency_seconds_bucket)
histogram_quantile(2, latency_seconds_bucket)
histogram_quantile(NaN, latency_seconds_bucket)
histogram_quantile(0.5, latency_seconds_bucket{le!="+Inf"})
histogram_quantile(0.5, latency_seconds_bucket{le="+Inf"})
histogram_quantile(0.5, load)
histogram_quantile(0.5, label_replace(latency_seconds_bucket, "le", "x$1", "le", "(0.*)"))
label_replace(load, "new", "$1-x", "instance", "(.*)")
label_replace(load, "instance", "", "instance", "a")
label_replace(load, "new", "$1", "instance", "(a)|b")
label_replace(load, "new", "${first}", "instance", "(?P<first>[ab])")
label_replace(load, "new", "$1x", "instance", "(.*)")
label_replace(load, "new", "$$1", "instance", "(.*)")
label_replace(load, "instance", "same", "nothing", "")
label_replace(load, "__name__", "renamed", "", "")
label_join(load, "new", "-", "instance", "nothing", "instance")
label_join(load, "new", "-")
label_replace(load, "a b", "x", "", "")
label_replace(load, "a", "x", "", "(")
label_join(load, "a", "x", "b c")
count_values("a b", load)
topk(NaN, load)
topk(1e300, load)
quantile(NaN, load)
holt_winters(load[5m], 2, 0.5)
holt_winters(load[5m], 0.5, 0)
load[2m]
wild[1m] offset 3m
temperature[5m]
load[5m:1m]
sum(load)[5m:2m] offset 1m
load[1m] @ 1700001000
"a string"
'it\\'s'
`raw \\n`
1.5e3
0x1f
0755
NaN
-Inf
huge
tiny
huge * 1e200
tiny / 1e300
load * 0
-load * 0
avg_over_time(load[5m]) > avg_over_time(load[5m] offset 5m)
sum by (job) (rate(http_requests_total{code="500"}[5m])) / sum by (job) (rate(http_requests_total[5m]))
100 * (1 - avg by (instance) (rate(http_requests_total{code="200"}[5m])))
max by (line) (max_over_time(temperature[15m])) - min by (line) (min_over_time(temperature[15m]))
sum(rate(http_requests_total[5m])) by (job) > 0.1 and on (job) sum(http_requests_total) by (job) > 5
topk(3, sum by (code, instance) (rate(http_requests_total[5m])))
count(temperature > 0) or vector(0)
(temperature - temperature offset 5m) / 300
stddev_over_time(temperature[10m]) / avg_over_time(temperature[10m])
""".strip().splitlines()

# Where Prometheus 2.53 is wrong over a range: it takes the parameter of the first step for all. Asked
# at single times only.
AT_SINGLE_TIMES = ["topk(scalar(state{instance=\"a\"}), load)", "quantile(scalar(load{instance=\"a\"}), load)"]

WRONG = r"""
1 +
(1
)
foo{
foo{bar}
foo{bar=}
foo{bar="x"
foo{bar="x" baz}
foo{"a"}
foo{a="b",,}
foo{,}
{}
{a=""}
{a=~".*"}
foo{__name__="bar"}
1 1
foo bar
"abc
`abc
"\q"
foo offset
foo offset x
foo offset 5
foo offset 5m offset 5m
foo @
foo @ x
foo @ 1 @ 2
foo @ end
foo[
foo[5
foo[5m
foo[5]
foo[0s]
foo[5m:
foo[5m:1m
foo[5m:0s]
foo[5m] offset 5m [5m]
foo offset 5m [5m]
1[5m]
1[5m:]
rate(foo)
rate(foo[5m],1)
rate()
nosuch(foo)
abs(1)
abs("x")
label_replace(foo,"a","b","c")
label_join(foo,"a")
round(foo,1,2)
sum(foo,bar)
sum()
sum(foo[5m])
sum by a (foo)
sum by (a (foo)
sum by ("a") (foo)
sum by (1) (foo)
sum by (a) (foo) by (b)
topk(foo)
topk("a",foo)
topk(1,2)
topk(1,foo,2)
count_values(1,foo)
quantile(foo,bar)
sum(1)
foo + bool bar
1 > 2
1 and 2
foo and 1
foo and bool bar
foo + on(a) group_left(a) bar
foo + group_left bar
foo and on(a) group_left bar
1 + on(a) foo
"a" + "b"
foo[5m] + 1
-"a"
-foo[5m]
5m
1_000
1..2
1x
foo.bar
foo !~ 1
foo ! bar
foo = bar
foo & bar
#bar
foo{a:b="x"}
on
bool
(foo)[5m]
(foo) offset 5m
rate(foo[5m]) offset 5m
(foo) @ 1
foo[30m1h]
foo[1h1h]
foo[1.5h]
foo[5m] [5m:1m]
sum(foo) without
1 == 1
sum by (,)(foo)
rate(foo[5m],)
foo[300y]
foo{a="b"}{c="d"}
vector(foo)
time(1)
""".strip().splitlines()

SELECTORS = ["load", "{job=\"x\"}", "http_requests_total{code=~\"4.*\"}", "{site!=\"\"}", "sum(load)",
             "load[5m]", "{}", "{instance=~\"a|b\",__name__=~\"s.*|load\"}"]


class Generator:
    """Expressions that may mean anything, from a seed."""

    VECTORS = ["http_requests_total", "temperature", "load", "state", "build_info", "wild",
               "constant", "sparse", "latency_seconds_bucket", "http_requests_total{code=\"200\"}",
               "load{instance=~\"a|b\"}", "{job=\"x\"}", "gapless"]
    LABELS = ["instance", "code", "job", "sensor", "line", "le", "version"]
    DURATIONS = ["30s", "1m", "5m", "7m30s", "20m", "13s"]

    def __init__(self, seed):
        self.rng = random.Random(seed)

    def labels(self):
        return ", ".join(self.rng.sample(self.LABELS, self.rng.randrange(3)))

    def moved(self):
        kind = self.rng.random()
        if kind < 0.15:
            return f" offset {self.rng.choice(['', '-'])}{self.rng.choice(self.DURATIONS)}"
        if kind < 0.2:
            return self.rng.choice([" @ 1700001234.5", " @ start()", " @ end()"])
        return ""

    def scalar(self, depth):
        kind = self.rng.randrange(6)
        if kind == 0 and depth > 0:
            return f"scalar({self.vector(depth - 1)})"
        if kind == 1:
            return "time()"
        return self.rng.choice(["1", "2.5", "-3", "0", "100", "0.5", "1e3"])

    def matrix(self, depth):
        if depth > 0 and self.rng.random() < 0.25:
            step = self.rng.choice(["", "30s", "1m", "17s"])
            return f"({self.vector(depth - 1)})[{self.rng.choice(self.DURATIONS[1:5])}:{step}]" \
                + self.moved()
        return f"{self.rng.choice(self.VECTORS)}[{self.rng.choice(self.DURATIONS)}]{self.moved()}"

    def vector(self, depth):
        kinds = [self.selector] if depth == 0 else [
            self.selector, self.over_range, self.over_range, self.function, self.aggregation,
            self.aggregation, self.arithmetic, self.arithmetic, self.matched, self.set_operator]
        return self.rng.choice(kinds)(depth)

    def selector(self, _):
        return self.rng.choice(self.VECTORS) + self.moved()

    def over_range(self, depth):
        name = self.rng.choice(["rate", "increase", "delta", "irate", "idelta", "deriv", "resets",
                                "changes"] + [name + "_over_time" for name in OVER_TIME])
        return f"{name}({self.matrix(depth - 1)})"

    def function(self, depth):
        inner = self.vector(depth - 1)
        name = self.rng.choice(["abs", "ceil", "floor", "round", "exp", "ln", "sqrt", "sgn", "absent",
                                "timestamp", "clamp_min", "clamp", "hour", "day_of_week", "replace"])
        if name == "exp":  # beyond that the last digits of libraries differ
            return f"exp(({inner}) % 20)"
        if name in ("hour", "day_of_week"):  # of what is no time Prometheus makes a time
            return f"{name}(timestamp({inner}))"
        if name == "clamp_min":
            return f"clamp_min({inner}, {self.scalar(depth - 1)})"
        if name == "clamp":
            return f"clamp({inner}, -10, 10)"
        if name == "replace":
            return f"label_replace({inner}, \"{self.rng.choice(self.LABELS)}\", \"x$1\", " \
                   f"\"{self.rng.choice(self.LABELS)}\", \"(.+)\")"
        return f"{name}({inner})"

    def aggregation(self, depth):
        kind = self.rng.choice(["sum", "avg", "min", "max", "count", "group", "stddev", "quantile"])
        group = self.rng.choice(["", f" by ({self.labels()}) ", f" without ({self.labels()}) "])
        parameter = "0.3, " if kind == "quantile" else ""
        return f"{kind}{group}({parameter}{self.vector(depth - 1)})"

    def arithmetic(self, depth):
        sign = self.rng.choice(["+", "-", "*", "/", "%", ">", "<=", "== bool", "> bool"])
        sides = [self.vector(depth - 1), self.scalar(depth - 1)]
        self.rng.shuffle(sides)
        return f"({sides[0]}) {sign} ({sides[1]})"

    def matched(self, depth):
        sign = self.rng.choice(["+", "-", "*", "/", ">", "< bool"])
        how = self.rng.choice(["", f" on ({self.labels()})", f" ignoring ({self.labels()})"])
        if how and self.rng.random() < 0.4:
            how += self.rng.choice([" group_left", " group_right"])
        return f"({self.vector(depth - 1)}) {sign}{how} ({self.vector(depth - 1)})"

    def set_operator(self, depth):
        sign = self.rng.choice(["and", "or", "unless"])
        how = self.rng.choice(["", f" on ({self.labels()})", f" ignoring ({self.labels()})"])
        return f"({self.vector(depth - 1)}) {sign}{how} ({self.vector(depth - 1)})"
