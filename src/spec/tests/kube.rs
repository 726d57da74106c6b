//! What Kubernetes would refuse.

use super::{accept, check, document};

fn model(fields: &str) -> String {
    format!("models: [{{name: a, runtime: custom, image: i, {fields}}}]")
}

/// Columns are counted from the first of `fields`.
fn check_model(cases: &[(&str, usize, &str, &str)]) {
    for (fields, column, code, part) in cases {
        let offset = 2 + model("").len() - 2;
        check(&[(
            &model(fields),
            &format!("1:{} {code}", offset + column),
            part,
        )]);
    }
}

#[test]
fn wrong_types_are_told_where_they_stand() {
    check_model(&[
        (
            "env: [{name: A, value: 8080}]",
            24,
            "GP010",
            "`value` is the number `8080`, and must be a string [8080] (quote it: `\"8080\"`)",
        ),
        (
            "ports: [{containerPort: '80'}]",
            25,
            "GP010",
            "`containerPort` is the string `80`, and must be a whole number ['80'] (remove the quotes: `80`)",
        ),
        (
            "readinessProbe: {httpGet: 80}",
            27,
            "GP010",
            "`httpGet` is the number `80`, and must be a mapping",
        ),
        (
            "livenessProbe: {exec: {command: ls}}",
            33,
            "GP010",
            "must be a list",
        ),
        (
            "volumes: [{name: v, emptyDir: {sizeLimit: true}}]",
            43,
            "GP010",
            "`sizeLimit` is the boolean `true`",
        ),
        (
            "tolerations: [{key: true}]",
            21,
            "GP010",
            "`key` is the boolean `true`, and must be a string",
        ),
        (
            "securityContext: {runAsNonRoot: yes}",
            33,
            "GP010",
            "must be `true` or `false`",
        ),
        (
            "affinity: {nodeAffinity: []}",
            26,
            "GP010",
            "`nodeAffinity` is an empty list",
        ),
        (
            "autoscaling: {min: 1, max: 2, metrics: [{type: 3}]}",
            48,
            "GP010",
            "`type` is the number `3`, and must be a string",
        ),
        // What is no list or mapping at all, the schema refuses.
        (
            "env: {A: b}",
            6,
            "GP006",
            "`env` is a mapping, and must be a list",
        ),
        (
            "env: [A]",
            7,
            "GP006",
            "`env[0]` is the string `A`, and must be a mapping",
        ),
    ]);
}

#[test]
fn unknown_and_missing_fields_are_told() {
    check_model(&[
        (
            "env: [{name: A, valeu: b}]",
            17,
            "GP005",
            "unknown field `valeu` in `spec.models[0].env[0]` [valeu] (did you mean `value`?)",
        ),
        (
            "readinessProbe: {httpGet: {port: 80, pth: /}}",
            38,
            "GP005",
            "(did you mean `path`?)",
        ),
        (
            "livenessProbe: {httpGet: {port: 80}, periodSecond: 3}",
            38,
            "GP005",
            "(did you mean `periodSeconds`?)",
        ),
        (
            "volumes: [{name: v, configMap: {name: c, items: [{key: k, path: p, mod: 3}]}}]",
            68,
            "GP005",
            "(did you mean `mode`?)",
        ),
        (
            "resources: {request: {}}",
            13,
            "GP005",
            "(did you mean `requests`?)",
        ),
        (
            "env: [{value: b}]",
            7,
            "GP007",
            "the required field `name` is missing in `spec.models[0].env[0]`",
        ),
        (
            "startupProbe: {tcpSocket: {}}",
            16,
            "GP007",
            "the required field `port` is missing in `spec.models[0].startupProbe.tcpSocket`",
        ),
        (
            "volumes: [{name: v}], volumeMounts: [{name: v}]",
            38,
            "GP007",
            "`mountPath`",
        ),
    ]);
}

#[test]
fn a_probe_asks_in_one_way() {
    check_model(&[
        (
            "readinessProbe: {}",
            1,
            "GP010",
            "the probe needs one of `httpGet`, `tcpSocket`, `exec` or `grpc`",
        ),
        (
            "readinessProbe: {grpc: {port: 1}, tcpSocket: {port: 1}}",
            1,
            "GP010",
            "the probe has `tcpSocket` and `grpc`, and may have only one of them",
        ),
    ]);
}

#[test]
fn quantities_follow_the_api_server() {
    check_model(&[
        (
            "resources: {requests: {cpu: 3 cores}}",
            29,
            "GP010",
            "`cpu` is `3 cores`, and must be a quantity such as `3`, `500m` or `4Gi`",
        ),
        (
            "resources: {requests: {cpu: -1}}",
            29,
            "GP010",
            "`cpu` is `-1`, and must be 0 or more",
        ),
        (
            "resources: {requests: {memroy: 1}}",
            24,
            "GP010",
            "(did you mean `memory`?)",
        ),
        (
            "resources: {requests: {cpu: 2}, limits: {cpu: 1500m}}",
            29,
            "GP010",
            "the request for `cpu` is `2`, and must not be above its limit `1500m`",
        ),
        (
            "resources: {requests: {nvidia.com/gpu: 1}}",
            24,
            "GP010",
            "`nvidia.com/gpu` is requested without a limit",
        ),
        (
            "resources: {requests: {nvidia.com/gpu: 1}, limits: {nvidia.com/gpu: 2}}",
            40,
            "GP010",
            "must be equal to its limit `2`",
        ),
        (
            "resources: {limits: {nvidia.com/gpu: 0.5}}",
            38,
            "GP010",
            "must be a whole number",
        ),
        (
            "resources: {requests: {cpu: true}}",
            29,
            "GP006",
            "`cpu` is the boolean `true`",
        ),
        (
            "resources: {requests: {cpu: }}",
            24,
            "GP006",
            "`cpu` has no value",
        ),
    ]);
}

#[test]
fn right_shapes_are_accepted() {
    for fields in [
        "resources: {limits: {nvidia.com/gpu: 1}}",
        "resources: {requests: {cpu: 0.5, memory: 1e9}, limits: {cpu: 500m, memory: 1G}}",
        "readinessProbe: {httpGet: {port: http, path: /x}, exec: null}",
        "volumes: [{name: v, emptyDir: {}}, {name: w, emptyDir: null}]",
        "envFrom: [{secretRef: {name: s}}]",
        "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: k}]}}",
        "autoscaling: {min: 1, max: 2, metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 5}}}]}",
    ] {
        accept(&document(&model(fields)));
    }
}
