//! Gates that are refused, each with its reason.

use super::check;

/// Gates that ask nothing, too much, or in a way that their kind does not know.
const GATES: &[(&str, &str, &str)] = &[
    (
        "gates: [{name: g}]",
        "1:11 GP007",
        "one of `availability`, `latency`, `threshold`, `compare`, `statistical`, `burnRate`, `drift`, `result` and `web` is needed in `spec.gates[0]`",
    ),
    (
        "gates: [{name: g, latency: {percentile: 95, max: 1s}, drift: {metric: m}}]",
        "1:57 GP006",
        "`drift` cannot stand beside `latency`",
    ),
    (
        "gates: [{name: g, result: {minTests: 5}}]",
        "1:21 GP007",
        "one of `junit` and `json` is needed in `spec.gates[0].result`",
    ),
    (
        "gates: [{name: g, result: {junit: a.xml, equals: 1}}]",
        "1:44 GP006",
        "`equals` cannot stand beside `junit`",
    ),
    (
        "gates: [{name: g, result: {json: a.json, path: $.a}}]",
        "1:21 GP007",
        "one of `min`, `max` and `equals` is needed in `spec.gates[0].result`",
    ),
    (
        "gates: [{name: g, result: {json: a.json, path: $.a, min: 1, minTests: 5}}]",
        "1:63 GP006",
        "`minTests` is for `junit`",
    ),
    (
        "gates: [{name: g, result: {junit: ../a.xml}}]",
        "1:37 GP006",
        "without `..`",
    ),
    (
        "gates: [{name: g, failFast: true, result: {junit: a.xml}}]",
        "1:21 GP006",
        "a `result` gate is measured elsewhere and has no `failFast`",
    ),
    (
        "gates: [{name: g, web: {url: 'https://a.example', json: $.a, equals: 1, max: 2}}]",
        "1:75 GP006",
        "`max` cannot stand beside `equals`",
    ),
    (
        "gates: [{name: g, web: {url: 'http://a.example', json: $.a, equals: 1}}]",
        "1:32 GP006",
        "`http` is for this machine alone",
    ),
    (
        "gates: [{name: g, web: {url: 'https://{{version}}.example/', json: $.a, equals: 1}}]",
        "1:32 GP006",
        "without variables in its host",
    ),
    (
        "gates: [{name: g, web: {url: 'https://me:pass@a.example/', json: $.a, equals: 1}}]",
        "1:32 GP006",
        "without credentials",
    ),
    (
        "gates: [{name: g, source: eu, web: {url: 'https://a.example', json: $.a, equals: 1}}]",
        "1:21 GP006",
        "asks no Prometheus",
    ),
    (
        "gates: [{name: g, availability: {objective: 100%}}]",
        "1:47 GP006",
        "must be a percentage above 0 % and below 100 %",
    ),
    (
        "gates: [{name: g, availability: {objective: 99.5}}]",
        "1:47 GP006",
        "(write it with its sign: `99.5%`)",
    ),
    (
        "gates: [{name: g, latency: {percentile: 100, max: 1s}}]",
        "1:43 GP006",
        "must be a number above 0 and below 100",
    ),
    (
        "gates: [{name: g, latency: {percentile: 95, max: 0ms}}]",
        "1:52 GP006",
        "must be a duration above zero",
    ),
    (
        "gates: [{name: g, latency: {percentile: 95, max: 1s1h}}]",
        "1:52 GP006",
        "must be a duration above zero",
    ),
    (
        "gates: [{name: g, threshold: {query: up}}]",
        "1:21 GP007",
        "one of `min` and `max` is needed",
    ),
    (
        "gates: [{name: g, threshold: {query: up, max: 1, step: 1m}}]",
        "1:52 GP006",
        "`step` is for `range: true`",
    ),
    (
        "gates: [{name: g, threshold: {query: up, max: 1, reduce: all}}]",
        "1:60 GP006",
        "must be `max`, `min`, `sum` or `avg`",
    ),
    (
        "gates: [{name: g, compare: {sli: latency, ratio: {max: 1}}}]",
        "1:21 GP007",
        "the required field `percentile` is missing",
    ),
    (
        "gates: [{name: g, compare: {sli: errorRate, percentile: 9, ratio: {max: 1}}}]",
        "1:47 GP006",
        "`percentile` is for `sli: latency`",
    ),
    (
        "gates: [{name: g, compare: {sli: errorRate}}]",
        "1:21 GP007",
        "one of `ratio` and `difference` is needed",
    ),
    (
        "gates: [{name: g, compare: {ratio: {max: 1}}}]",
        "1:21 GP007",
        "one of `sli` and `query` is needed",
    ),
    (
        "gates: [{name: g, compare: {sli: errorRate, ratio: {}}}]",
        "1:54 GP006",
        "`ratio` is an empty mapping",
    ),
    (
        "gates: [{name: g, statistical: {test: proportions}}]",
        "1:21 GP007",
        "the required field `margin` is missing",
    ),
    (
        "gates: [{name: g, statistical: {margin: 1pp}}]",
        "1:21 GP007",
        "the required field `test` is missing",
    ),
    (
        "gates: [{name: g, statistical: {test: proportions, margin: 1pp, step: 1m}}]",
        "1:67 GP006",
        "`step` is for `test: mannWhitney`",
    ),
    (
        "gates: [{name: g, statistical: {test: mannWhitney, query: up}}]",
        "1:21 GP007",
        "the required field `direction` is missing",
    ),
    (
        "gates: [{name: g, statistical: {test: proportions, margin: 1pp}, failFast: true}]",
        "1:68 GP006",
        "`failFast`",
    ),
    (
        "gates: [{name: g, noData: pass, drift: {metric: m}}]",
        "1:21 GP007",
        "`noData: pass` needs `because`, or `advisory: true`",
    ),
    (
        "gates: [{name: g, onInconclusive: pass, drift: {metric: m}}]",
        "1:11 GP007",
        "the required field `because` is missing",
    ),
    (
        "gates: [{name: g, drift: {metric: m, minSamples: 3}, minSamples: 4}]",
        "1:40 GP006",
        "`minSamples` is set at the gate already",
    ),
    (
        "gates: [{name: g, drift: {metric: m, reference: r, against: stable}}]",
        "1:54 GP006",
        "`against` cannot stand beside `reference`",
    ),
    (
        "gates: [{name: g, drift: {metric: m, categories: c, measure: ks}}]",
        "1:64 GP006",
        "categories have no order for `ks`",
    ),
    (
        "gates: [{name: g, burnRate: {objective: 99%, period: 30d, windows: [{long: 1h, short: 5m}]}}]",
        "1:71 GP007",
        "one of `factor` and `budgetFraction` is needed",
    ),
    (
        "gateDefaults: {noData: pass}",
        "1:26 GP006",
        "must be `inconclusive` or `fail`",
    ),
];

#[test]
fn gates_have_one_kind_and_its_fields() {
    check(GATES);
}
