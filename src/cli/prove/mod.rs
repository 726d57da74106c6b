//! `glidepath prove`

mod side;

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;

use crate::diag::words::count;
use crate::diag::{Place, Report};
use crate::manifests::Manifests;
use crate::safety::{Conditions, Finding, Side, Spot, prove};
use crate::units::DnsLabel;

use super::output::Output;
use super::{Exit, Failure};
use side::read;

pub(super) use side::read_text;

/// Prove that going from one set of manifests to another loses no request
///
/// It needs no rollout.yaml: anybody's manifests are held against make-before-break, with Services, Deployments and their kind,
/// autoscalers, and Istio's VirtualServices and DestinationRules. While a change is applied, any object may be new already and any
/// other still old, and pods come and go: each request that is routed must find a ready pod in every such combination, and enough of
/// them.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct ProveArgs {
    /// What is applied now: a file, a folder, REVISION:PATH of the repository, or - for standard input
    #[arg(long, value_name = "MANIFESTS")]
    from: String,
    /// What is to be applied, in the same forms
    #[arg(long, value_name = "MANIFESTS")]
    to: String,
    /// The namespace of objects that name none
    #[arg(long, short, value_name = "NAME", value_parser = namespace)]
    namespace: Option<DnsLabel>,
    /// The share of the requests up to which pods may begin to serve something else: a canary
    #[arg(long, value_name = "PERCENT", default_value = "10", value_parser = percent)]
    canary: f64,
}

const AFTER_HELP: &str = "\
A folder is read as `kubectl apply -f` reads it; where it has a kustomization that only lists resources, as `kubectl apply -k` does.
What needs building is piped in:

  git diff --quiet main... || glidepath prove --from main:overlays/prod --to overlays/prod
  kubectl kustomize overlays/prod | glidepath prove --from live.yaml --to -
  kubectl get deploy,svc,vs,dr,hpa -n shop -o yaml | glidepath prove --from - --to overlays/prod

Objects that a server prints and the other side does not have are somebody else's, and stay. In all other cases what --to does not
have is taken away.

Exit codes: 0 safe, 1 unsafe or no manifests, 2 wrong usage, 6 a file that cannot be read.";

fn namespace(text: &str) -> Result<DnsLabel, String> {
    text.parse().map_err(|()| {
        "a namespace is a DNS label: lower-case letters, digits and hyphens".to_owned()
    })
}

fn percent(text: &str) -> Result<f64, String> {
    let number = text.trim_end_matches('%').trim_end().parse::<f64>().ok();
    number
        .filter(|number| (0.0..=100.0).contains(number))
        .ok_or_else(|| "a percentage from 0 to 100 is expected".to_owned())
}

pub(super) fn run(args: &ProveArgs, output: &mut Output<'_>) -> Result<Exit, Failure> {
    if args.from == "-" && args.to == "-" {
        return Err(Failure::new(
            Exit::Usage,
            "standard input can be one side, and not both",
        ));
    }
    let namespace = args.namespace.as_ref().map(DnsLabel::as_str);
    let before = read(&args.from, namespace, output)?;
    let after = read(&args.to, namespace, output)?;
    let conditions = Conditions {
        canary: args.canary,
        ..Conditions::default()
    };
    let unread: BTreeSet<&str> = [&before, &after]
        .iter()
        .flat_map(|side| side.applied.unread())
        .collect();
    if !unread.is_empty() {
        let kinds: Vec<&str> = unread.into_iter().collect();
        output.note(format_args!("not looked at: {}", kinds.join(", ")));
    }
    let findings = prove(&before.applied, &after.applied, &conditions);
    let reports = reports(&before, &after, &findings);
    output.reports(&reports.iter().collect::<Vec<_>>());
    if reports.iter().any(Report::has_errors) {
        return output.finish(Exit::Wrong);
    }
    output.note(format_args!(
        "safe in every order: {} before, {} after",
        count(before.count(), "object"),
        count(after.count(), "object")
    ));
    output.finish(Exit::Done)
}

/// The findings at their places, one report a file, the old files first.
fn reports(before: &Manifests, after: &Manifests, findings: &[Finding]) -> Vec<Report> {
    let of = |side: Side| match side {
        Side::Before => before,
        Side::After => after,
    };
    // What stays though only the server has it stands where it was read.
    let find = |spot: &Spot| {
        let there = |side: Side| Some((side, of(side).place(spot)?));
        there(spot.side)
            .or_else(|| there(Side::Before))
            .or_else(|| there(Side::After))
    };
    let mut reports: BTreeMap<(Side, usize), Report> = BTreeMap::new();
    for finding in findings {
        let Some((side, (source, place))) = find(&finding.at) else {
            continue;
        };
        let with = finding.with.as_ref().and_then(&find);
        // A label can only point into the same file; elsewhere a note says where.
        let (same, elsewhere) = match with {
            Some((other, (at, place))) if (other, at) == (side, source) => (Some(place), None),
            Some((other, (at, place))) => (None, Some((&of(other).sources()[at], place))),
            None => (None, None),
        };
        let mut shown = finding.diagnostic(place, same);
        if let (Some(spot), Some((source, Place::Bytes(span)))) = (&finding.with, elsewhere) {
            let line = source.line_column(span.start).line;
            let word = if spot.side == Side::Before {
                "old"
            } else {
                "new"
            };
            shown = shown.note(format!(
                "the {word} {} is at {}:{line}",
                spot.identity,
                source.name()
            ));
        }
        let report = reports
            .entry((side, source))
            .or_insert_with(|| Report::new(of(side).sources()[source].clone()));
        report.push(shown);
    }
    reports.into_values().collect()
}
