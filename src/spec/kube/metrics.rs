//! What an autoscaler looks at, by Kubernetes' `validateMetrics` (autoscaling/v2).

use super::field::{Faults, Field};
use super::form::{DNS_LABEL, NOT_EMPTY, PATH_SEGMENT};
use super::resources::is_container_resource;
use super::rule::{Least, POSITIVE, Rule, Shape, exactly_one};
use super::volumes::texts;

/// `autoscaling.metrics`.
pub(super) const METRICS: Rule = Rule::List(&Rule::Map(&Shape {
    needs: &["type"],
    fields: &[
        (
            "type",
            Rule::OneOf(&[
                "Resource",
                "ContainerResource",
                "Pods",
                "Object",
                "External",
            ]),
        ),
        ("resource", Rule::Map(&RESOURCE)),
        ("containerResource", Rule::Map(&CONTAINER_RESOURCE)),
        ("pods", Rule::Map(&PODS)),
        ("object", Rule::Map(&OBJECT)),
        ("external", Rule::Map(&EXTERNAL)),
    ],
    also: &[one_source],
}));

/// The block of each type.
const BLOCKS: [(&str, &str); 5] = [
    ("Resource", "resource"),
    ("ContainerResource", "containerResource"),
    ("Pods", "pods"),
    ("Object", "object"),
    ("External", "external"),
];

/// A metric has the block of its type and no other.
fn one_source(metric: &Field, faults: &mut Faults) {
    let kind = metric.text("type");
    let Some((kind, wanted)) = BLOCKS.iter().find(|(name, _)| kind == Some(*name)) else {
        return;
    };
    if !metric.has(wanted) {
        faults.lacks(metric, wanted);
    }
    for (_, block) in BLOCKS.iter().filter(|(_, block)| block != wanted) {
        if let Some(field) = metric.get(block) {
            let message = format!("`{block}` beside `type: {kind}`, whose block is `{wanted}`");
            faults.say_key(&field, message);
        }
    }
}

const RESOURCE: Shape = texts(
    &["name", "target"],
    &[("name", Rule::Text(&NOT_EMPTY)), ("target", SHARE_OR_VALUE)],
);

const CONTAINER_RESOURCE: Shape = texts(
    &["name", "container", "target"],
    &[
        (
            "name",
            Rule::Check(|name, faults| {
                if name
                    .value
                    .as_str()
                    .is_some_and(|text| !is_container_resource(text))
                {
                    faults.must(name, "a resource of a container, such as `cpu` or `memory`");
                }
            }),
        ),
        ("container", Rule::Text(&DNS_LABEL)),
        ("target", SHARE_OR_VALUE),
    ],
);

const PODS: Shape = texts(
    &["metric", "target"],
    &[
        METRIC,
        (
            "target",
            Rule::Check(|target, faults| {
                TARGET.check(target, faults);
                if !target.has("averageValue") {
                    faults.lacks(target, "averageValue");
                }
            }),
        ),
    ],
);

const OBJECT: Shape = texts(
    &["describedObject", "metric", "target"],
    &[
        METRIC,
        (
            "describedObject",
            Rule::Map(&texts(
                &["kind", "name"],
                &[
                    ("kind", Rule::Text(&PATH_SEGMENT)),
                    ("name", Rule::Text(&PATH_SEGMENT)),
                    ("apiVersion", Rule::Check(api_version)),
                ],
            )),
        ),
        (
            "target",
            Rule::Check(|target, faults| {
                TARGET.check(target, faults);
                if !target.has("value") && !target.has("averageValue") {
                    faults.say_key(target, "the target needs `value` or `averageValue`");
                }
            }),
        ),
    ],
);

const EXTERNAL: Shape = texts(
    &["metric", "target"],
    &[
        METRIC,
        (
            "target",
            Rule::Check(|target, faults| {
                TARGET.check(target, faults);
                exactly_one(target, &["value", "averageValue"], "the target", faults);
            }),
        ),
    ],
);

const METRIC: (&str, Rule) = (
    "metric",
    Rule::Map(&texts(&["name"], &[("name", Rule::Text(&PATH_SEGMENT))])),
);

const SHARE_OR_VALUE: Rule = Rule::Check(|target, faults| {
    TARGET.check(target, faults);
    let keys = ["averageUtilization", "averageValue"];
    exactly_one(target, &keys, "the target", faults);
});

const TARGET: Shape = texts(
    &["type"],
    &[
        (
            "type",
            Rule::OneOf(&["Utilization", "Value", "AverageValue"]),
        ),
        ("value", Rule::Amount(Least::AboveZero)),
        ("averageValue", Rule::Amount(Least::AboveZero)),
        ("averageUtilization", POSITIVE),
    ],
);

/// `version` or `group/version`, of a group that the autoscaler can find.
fn api_version(field: &Field, faults: &mut Faults) {
    if field
        .value
        .as_str()
        .is_some_and(|text| text.matches('/').count() > 1)
    {
        faults.must(field, "`version` or `group/version`");
    }
}
