//! How fast an autoscaler scales, by Kubernetes' `validateBehavior` (autoscaling/v2).

use super::rule::{Least, POSITIVE, Rule, Shape};

/// `autoscaling.behavior`.
pub(super) const BEHAVIOR: Rule = Rule::Map(&Shape {
    needs: &[],
    fields: &[("scaleUp", RULES), ("scaleDown", RULES)],
    also: &[],
});

/// The longest time that an autoscaler looks back, in seconds: `MaxStabilizationWindowSeconds`.
const LONGEST_WINDOW: i64 = 3_600;
/// The longest period of a policy, in seconds: `MaxPeriodSeconds`.
const LONGEST_PERIOD: i64 = 1_800;

const RULES: Rule = Rule::Map(&Shape {
    needs: &[],
    fields: &[
        ("stabilizationWindowSeconds", Rule::Int(0, LONGEST_WINDOW)),
        ("selectPolicy", Rule::OneOf(&["Max", "Min", "Disabled"])),
        ("policies", POLICIES),
        ("tolerance", Rule::Amount(Least::Zero)),
    ],
    also: &[],
});

/// Absent, they are Kubernetes' own; an empty list is refused.
const POLICIES: Rule = Rule::Check(|policies, faults| {
    if policies.value.as_array().is_some_and(Vec::is_empty) {
        faults.say(
            policies,
            "`policies` is empty, and must have at least one policy",
        );
    }
    Rule::List(&POLICY).check(policies, faults);
});

const POLICY: Rule = Rule::Map(&Shape {
    needs: &["type", "value", "periodSeconds"],
    fields: &[
        ("type", Rule::OneOf(&["Pods", "Percent"])),
        ("value", POSITIVE),
        ("periodSeconds", Rule::Int(1, LONGEST_PERIOD)),
    ],
    also: &[],
});
