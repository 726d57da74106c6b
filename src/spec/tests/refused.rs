//! What the schema refuses.

use super::check;

#[test]
fn unknown_fields_are_told_with_what_was_meant() {
    check(&[
        (
            "polcy: {}",
            "1:3 GP005",
            "unknown field `polcy` in `spec` [polcy] (did you mean `policy`?)",
        ),
        (
            "weight: 3",
            "1:3 GP005",
            "(move it: `weight` is a field of `spec.steps[]`)",
        ),
        (
            "steps: [{wieght: 3}]",
            "1:12 GP005",
            "unknown field `wieght` in `spec.steps[0]` [wieght] (did you mean `weight`?)",
        ),
        // What other versions of the language may have is unknown here.
        (
            "canary: {weights: [1]}",
            "1:3 GP005",
            "unknown field `canary`",
        ),
        ("blueGreen: {}", "1:3 GP005", "`blueGreen`"),
        ("abTest: {}", "1:3 GP005", "`abTest`"),
        ("shadow: {}", "1:3 GP005", "`shadow`"),
        (
            "outputs: {flux: {}}",
            "1:13 GP005",
            "unknown field `flux` in `spec.outputs`",
        ),
        (
            "policy: {requireHealty: true}",
            "1:12 GP005",
            "(did you mean `requireHealthy`?)",
        ),
        (
            "models: [{name: a, runtime: custom, image: i, hostNetwork: true}]",
            "1:49 GP005",
            "(write it as `podTemplate: {spec: {hostNetwork: …}}`)",
        ),
        (
            "models: [{name: a, runtime: custom, image: i, workload: external}]",
            "1:59 GP006",
            "`workload`",
        ),
        (
            "models: [{name: a, runtime: custom, image: i, scaling: withTraffic}]",
            "1:49 GP005",
            "`scaling`",
        ),
        (
            "traffic: {policy: {outlierDetection: {consecutive5xxErors: 3}}}",
            "1:41 GP005",
            "(did you mean `consecutive5xxErrors`?)",
        ),
        (
            "traffic: {routes: [{name: r, retries: {attemps: 3}}]}",
            "1:42 GP005",
            "(did you mean `attempts`?)",
        ),
        (
            "traffic: {routes: [{name: r, corsPolicy: {allowOrigin: []}}]}",
            "1:45 GP005",
            "(did you mean `allowOrigins`?)",
        ),
        (
            "gates: [{name: g, availability: {objectiv: 99%, objective: 99%}}]",
            "1:36 GP005",
            "`objectiv`",
        ),
    ]);
}

/// Values of the wrong type or out of their range.
const WRONG_TYPES: &[(&str, &str, &str)] = &[
    (
        "models: []",
        "1:11 GP006",
        "`models` is an empty list, and needs at least one item",
    ),
    (
        "steps: []",
        "1:10 GP006",
        "`steps` is an empty list, and needs at least one item",
    ),
    (
        "steps: {weight: 1}",
        "1:10 GP006",
        "`steps` is a mapping, and must be a list [{weight: 1}] (write it as a list, with `- ` before each item)",
    ),
    (
        "steps: [3]",
        "1:11 GP006",
        "`steps[0]` is the number `3`, and must be a mapping",
    ),
    (
        "steps:\n- weight: 1\n-",
        "3:4 GP006",
        "`steps[1]` has no value",
    ),
    (
        "models: [{name: a, runtime: custom, image: 2.80}]",
        "1:46 GP006",
        "`image` is the number `2.80`, and must be a string that is not empty [2.80] (quote it: `\"2.80\"`)",
    ),
    (
        "models: [{name: a, runtime: custom, image: i, args: [--port, 8080]}]",
        "1:64 GP006",
        "`args[1]` is the number `8080`, and must be a string [8080] (quote it: `\"8080\"`)",
    ),
    (
        "models: [{name: a, runtime: custom, image: i, podAnnotations: {a/b: true}}]",
        "1:71 GP006",
        "`a/b` is the boolean `true`, and must be a string [true] (quote it: `\"true\"`)",
    ),
    (
        "models: [{name: a, runtime: custom, image: i, replicas: '3'}]",
        "1:59 GP006",
        "`replicas` is the string `3`, and must be a whole number of pods, 0 or more, or `external` ['3'] (write it as a number: `3`)",
    ),
    (
        "models: [{name: a, runtime: custom, image: i, replicas: -1}]",
        "1:59 GP006",
        "`replicas` is the number `-1`",
    ),
    (
        "models: [{name: a, runtime: custom, image: i, replicas: 1.5}]",
        "1:59 GP006",
        "`replicas` is the number `1.5`",
    ),
    (
        "models: [{name: a, runtime: onnx, image: i}]",
        "1:31 GP006",
        "`runtime` is the string `onnx`, and must be `tensorflow-serving`, `triton`, `torchserve`, `vllm`, `sglang`, `mlserver` or `custom`",
    ),
    (
        "models: [{name: a, runtime: customs, image: i}]",
        "1:31 GP006",
        "(did you mean `custom`?)",
    ),
    (
        "service: {type: clusterIP}",
        "1:19 GP006",
        "(did you mean `ClusterIP`?)",
    ),
    (
        "service: {ports: [{name: p, port: 70000}]}",
        "1:37 GP006",
        "must be a port from 1 to 65535",
    ),
    (
        "traffic: {mesh: off}",
        "1:19 GP006",
        "`mesh` is the string `off`, and must be `true` or `false` [off] (write `false`, without quotes)",
    ),
    (
        "traffic: {hosts: '*'}",
        "1:20 GP006",
        "`hosts` is the string `*`, and must be a list",
    ),
    (
        "traffic: {port: true}",
        "1:19 GP006",
        "`port` is the boolean `true`, and must be a port's name or its number from 1 to 65535",
    ),
    (
        "traffic: {hosts: [a.b], gateway: {name: g, selector: {}}}",
        "1:56 GP006",
        "`selector` is an empty mapping, and needs at least one entry",
    ),
    (
        "traffic: {expected: {requestsPerMinute: 0}}",
        "1:43 GP006",
        "must be a number above 0",
    ),
    (
        "steps: [{bake: 30}]",
        "1:18 GP006",
        "`bake` is the number `30`, and must be a duration such as `90s`, `30m`, `1h30m` or `7d` [30] (add the unit, such as `30s` or `30m`)",
    ),
    (
        "steps: [{bake: 5 minutes}]",
        "1:18 GP006",
        "`bake` is the string `5 minutes`",
    ),
    (
        "steps: [{weights: {a: 10%}}]",
        "1:25 GP006",
        "`a` is the string `10%`, and must be a percentage from 0 to 100 [10%] (write it as a number: `10`)",
    ),
    (
        "steps: [{weights: {}}]",
        "1:21 GP006",
        "`weights` is an empty mapping",
    ),
    (
        "steps: [{weight: 1, weights: {a: 1}}]",
        "1:23 GP006",
        "`weights` cannot stand beside `weight`",
    ),
    (
        "steps: [{cohorts: {c: 3}}]",
        "1:25 GP006",
        "must be a model, percentages by model",
    ),
    (
        "steps: [{gates: [g, h, g]}]",
        "1:26 GP006",
        "the string `g` is in `gates` twice",
    ),
    (
        "steps: [{approval: requird}]",
        "1:22 GP006",
        "(did you mean `required`?)",
    ),
    (
        "lints: {GP2: allow}",
        "1:11 GP006",
        "the key `GP2` is in `lints`, where keys must be a code such as `GP204`",
    ),
    (
        "lints: {GP204: off}",
        "1:18 GP006",
        "must be `allow`, `warn` or `deny`",
    ),
    (
        "policy: {maxIncrease: 101}",
        "1:25 GP006",
        "must be a number from 0 to 100",
    ),
    (
        "models: [{name: a, runtime: custom, image: i, disruptionBudget: {minAvailable: 1, maxUnavailable: 1}}]",
        "1:67 GP006",
        "takes only one of `minAvailable` and `maxUnavailable`",
    ),
    (
        "models: [{name: a, runtime: custom, image: i, rollingUpdate: {maxUnavailable: 150%}}]",
        "1:81 GP006",
        "must be a number of pods such as `1`, or a share such as `25%`",
    ),
    (
        "models: [{name: a, runtime: custom, image: i, serviceAccount: {}, serviceAccountName: s}]",
        "1:69 GP006",
        "`serviceAccountName` cannot stand beside `serviceAccount`",
    ),
    (
        "metrics: {prometheus: {url: 'https://me:secret@p.example'}}",
        "1:31 GP006",
        "without credentials",
    ),
    // Neither may end a Markdown link, nor mention anybody in one.
    (
        "metrics: {prometheus: {url: 'https://p.example/a)b'}}",
        "1:31 GP006",
        "without credentials",
    ),
    (
        "metrics: {prometheus: {url: 'https://p.example/@team'}}",
        "1:31 GP006",
        "without credentials",
    ),
    (
        "gates: [{name: g, drift: {metric: m, reference: /etc/passwd}}]",
        "1:51 GP006",
        "a file's path from the folder of `rollout.yaml`",
    ),
    (
        "gates: [{name: g, drift: {metric: m, reference: a/../../b}}]",
        "1:51 GP006",
        "without `..`",
    ),
];

#[test]
fn wrong_types_say_what_was_found_and_what_must_be() {
    check(WRONG_TYPES);
}

#[test]
fn a_key_without_a_value_is_refused() {
    check(&[
        (
            "gates:",
            "1:3 GP006",
            "`gates` has no value, and must be a list [gates] (give `gates` a value, or remove the key)",
        ),
        ("steps: [{bake: }]", "1:12 GP006", "`bake` has no value"),
        (
            "retire: ~",
            "1:3 GP006",
            "`retire` has no value, and must be `auto` or `never`",
        ),
        (
            "steps: [{weights: {a: null}}]",
            "1:22 GP006",
            "`a` has no value",
        ),
        (
            "cohorts: [{name: c, match: [{headers: {x: }}]}]",
            "1:42 GP006",
            "`x` has no value",
        ),
    ]);
}

#[test]
fn missing_fields_are_told_at_what_lacks_them() {
    check(&[
        (
            "models:\n- runtime: custom\n  image: i",
            "2:5 GP007",
            "the required field `name` is missing in `spec.models[0]` [runtime: custom] (add `name`: the Istio subset",
        ),
        (
            "models: [{name: a, runtime: custom, image: i, model: {name: m}}]",
            "1:49 GP007",
            "the required field `uri` is missing in `spec.models[0].model` [model]",
        ),
        (
            "steps: [{mirror: {percent: 1}}]",
            "1:12 GP007",
            "the required field `to` is missing in `spec.steps[0].mirror` [mirror]",
        ),
        ("cohorts: [{name: c}]", "1:13 GP007", "`match`"),
    ]);
}

#[test]
fn codes_of_their_own() {
    check(&[
        (
            "steps: [{weight: 300}]",
            "1:20 GP201",
            "`weight` is the number `300`, and must be a percentage from 0 to 100",
        ),
        (
            "steps: [{weights: {a: -1}}]",
            "1:25 GP201",
            "`a` is the number `-1`",
        ),
        (
            "steps: [{cohorts: {c: {a: 101}}}]",
            "1:29 GP201",
            "`a` is the number `101`",
        ),
        (
            "steps: [{name: Step_1}]",
            "1:18 GP106",
            "must be a DNS label: lower-case letters, digits and `-`, starting with a letter, at most 63 characters",
        ),
        (
            "models: [{name: 1a, runtime: custom, image: i}]",
            "1:19 GP106",
            "`name` is the string `1a`",
        ),
        (
            "models: [{name: a, runtime: custom, image: i, workloadName: a_b}]",
            "1:63 GP106",
            "`a_b`",
        ),
        (
            "models: [{name: a, runtime: custom, image: i, replicas: 1, autoscaling: {min: 1, max: 2}}]",
            "1:49 GP404",
            "`replicas` is not allowed here: an autoscaler owns the number of pods",
        ),
    ]);
    let text = super::document("").replace("v1alpha1", "v1beta1");
    assert!(super::refuse(&text)[0].starts_with("1:13 GP008 `apiVersion` is the string `glidepath.dev/v1beta1`, and must be `glidepath.dev/v1alpha1`"));
    let text = super::document("").replace("kind: ModelRollout", "kind: Rollout");
    assert!(super::refuse(&text)[0].starts_with("2:7 GP008 `kind`"));
}

#[test]
fn cohorts_need_conditions_that_can_hold() {
    check(&[
        (
            "cohorts: [{name: c, match: []}]",
            "1:30 GP006",
            "`match` is an empty list",
        ),
        (
            "cohorts: [{name: c, match: [{}]}]",
            "1:31 GP006",
            "`match[0]` is an empty mapping, and needs at least one of `headers`",
        ),
        (
            "cohorts: [{name: c, match: [{headers: {}}]}]",
            "1:41 GP006",
            "`headers` is an empty mapping",
        ),
        (
            "cohorts: [{name: c, match: [{headers: {x: {exact: a, prefix: b}}}]}]",
            "1:45 GP006",
            "`x` has `exact` and `prefix`, and takes only one of",
        ),
        (
            "cohorts: [{name: c, match: [{headers: {x: {}}}]}]",
            "1:45 GP006",
            "`x` is an empty mapping, and needs one of",
        ),
        (
            "cohorts: [{name: c, match: [{headers: {x: {present: false}}}]}]",
            "1:55 GP006",
            "must be `true`",
        ),
        (
            "cohorts: [{name: c, match: [{headers: {x: 3}}]}]",
            "1:45 GP006",
            "(quote it: `\"3\"`)",
        ),
        (
            "cohorts: [{name: c, match: [{headers: {x: {suffix: a}}}]}]",
            "1:46 GP005",
            "unknown field `suffix`",
        ),
    ]);
}
