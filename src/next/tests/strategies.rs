//! Strategies from release to release, and the winners of A/B tests.

use crate::compile::NoFiles;
use crate::next::{Refused, decide};

use super::{A, HEAD, after, compiled, line, refused, release};

/// A rollout from a to b by a strategy.
fn by(strategy: &str) -> String {
    let b = line("b", "i:2");
    format!("{HEAD}  models:\n    - {A}\n    - {b}\n  stable: a\n{COHORTS}{strategy}")
}

const COHORTS: &str =
    "  cohorts:\n    - {name: testers, share: 1%, match: [{headers: {x-a: b}}]}\n";

/// The same from b to c.
fn next_by(strategy: &str) -> String {
    let [b, c] = [line("b", "i:2"), line("c", "i:3")];
    format!("{HEAD}  models:\n    - {b}\n    - {c}\n  stable: b\n{COHORTS}{strategy}")
}

#[test]
fn a_strategy_goes_on_with_the_next_model() {
    for (before, wanted) in [
        (
            "  strategy: {canary: {model: b, cohort: testers, gates: []}}   # as ever\n",
            "  strategy: {canary: {model: c, cohort: testers, gates: []}}   # as ever\n",
        ),
        (
            "  strategy:\n    blueGreen:\n      model: 'b'   # green\n      preview: {cohort: testers}\n      gates: []\n",
            "  strategy:\n    blueGreen:\n      model: 'c'   # green\n      preview: {cohort: testers}\n      gates: []\n",
        ),
        (
            "  strategy: {shadow: {to: b, duration: 1h, gates: [], then: {canary: {model: b, gates: []}}}}\n",
            "  strategy: {shadow: {to: c, duration: 1h, gates: [], then: {canary: {model: c, gates: []}}}}\n",
        ),
        (
            "  service: {preview: b}\n  steps:\n    - {linear: {model: b, by: 50}, gates: []}\n",
            "  service: {preview: c}\n  steps:\n    - {linear: {model: c, by: 50}, gates: []}\n",
        ),
        (
            "  strategy:\n    abTest:\n      split: {b: 40, a: 60}\n      winner: b   # at last\n      duration: 14d\n      gates: []\n",
            "  strategy:\n    abTest:\n      split: {c: 40, b: 60}\n      duration: 14d\n      gates: []\n",
        ),
        (
            "  strategy: {abTest: {duration: 14d, gates: [], winner: b}}\n",
            "  strategy: {abTest: {duration: 14d, gates: []}}\n",
        ),
        (
            "  strategy: {abTest: {winner: b, duration: 14d, gates: []}}\n",
            "  strategy: {abTest: {duration: 14d, gates: []}}\n",
        ),
    ] {
        assert_eq!(after(&by(before)), next_by(wanted), "{before}");
    }
}

#[test]
fn a_test_without_a_winner_is_not_over() {
    let open = by("  strategy: {abTest: {duration: 14d, gates: []}}\n");
    assert!(refused(&open, &release("c")).contains("no model has all of the traffic"));
    let lost = by("  strategy: {abTest: {duration: 14d, gates: [], winner: a}}\n");
    assert!(refused(&lost, &release("c")).contains("stable from the beginning"));
}

/// The text with its winner, or why there is none.
fn decided(text: &str, winner: &str) -> Result<String, String> {
    let winner = winner.parse().expect("a name");
    decide(&compiled(text), &winner, &NoFiles).map_err(|why| match why {
        Refused::Because(message, _) => message,
        Refused::Broken(report) => {
            let told = report.sorted().into_iter();
            told.map(|found| format!("{} {}", found.code, found.message))
                .collect::<Vec<_>>()
                .join("\n")
        }
    })
}

#[test]
fn a_winner_is_written_into_its_test_and_nowhere_else() {
    for (before, wanted) in [
        (
            "  strategy:\n    abTest:\n      # two weeks\n      duration: 14d   # at least\n      gates: []\n",
            "  strategy:\n    abTest:\n      # two weeks\n      winner: b\n      duration: 14d   # at least\n      gates: []\n",
        ),
        (
            "  strategy: {abTest: {duration: 14d, gates: []}}\n",
            "  strategy: {abTest: {winner: b, duration: 14d, gates: []}}\n",
        ),
        (
            "  strategy: {abTest: {duration: 14d, gates: [], winner: 'a'}}\n",
            "  strategy: {abTest: {duration: 14d, gates: [], winner: 'b'}}\n",
        ),
        (
            "  strategy: {shadow: {duration: 1h, gates: [], then: {abTest: {duration: 14d, gates: []}}}}\n",
            "  strategy: {shadow: {duration: 1h, gates: [], then: {abTest: {winner: b, duration: 14d, gates: []}}}}\n",
        ),
    ] {
        for eol in ["\n", "\r\n"] {
            let [before, wanted] = [before, wanted].map(|text| by(text).replace('\n', eol));
            assert_eq!(decided(&before, "b"), Ok(wanted), "{before}");
        }
    }
}

#[test]
fn a_winner_of_no_test_is_refused() {
    for (strategy, winner, why) in [
        ("  strategy: {canary: {gates: []}}\n", "b", "no A/B test"),
        ("  steps: [{weight: 100, gates: []}]\n", "b", "no A/B test"),
        (
            "  strategy: {abTest: {duration: 1h, gates: [], winner: b}}\n",
            "b",
            "`b` is the winner already",
        ),
        (
            "  strategy: {abTest: {duration: 1h, gates: []}}\n",
            "x",
            "GP101 unknown model `x`",
        ),
    ] {
        let found = decided(&by(strategy), winner).expect_err(strategy);
        assert!(found.contains(why), "{found}\n{strategy}");
    }
}

#[test]
fn a_winner_by_an_alias_leaves_what_it_stands_for() {
    let test = |winner: &str| {
        let strategy =
            format!("  strategy: {{abTest: {{duration: 1h, gates: [], winner: {winner}}}}}\n");
        by(&strategy).replace("stable: a", "stable: &m a")
    };
    assert_eq!(decided(&test("*m"), "b"), Ok(test("b")));
}
