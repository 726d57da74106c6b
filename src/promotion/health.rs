//! Whether the live stage has arrived in the cluster, by what Argo CD says.

use crate::argocd::Application;
use crate::units::Moment;

use super::decide::{Refusal, Why};

/// Holds an application against the commits of the live stage. Gives the time at which the first of them was deployed, which is
/// when the stage began; `None` where Argo CD's history no longer says.
pub fn arrived(
    name: &str,
    seen: &Application,
    commits: &[String],
) -> Result<Option<Moment>, Refusal> {
    let not_yet = |message: String| {
        Refusal::new(Why::NotYet, message).help("wait until Argo CD has applied the live stage")
    };
    let known = |revision: &&String| commits.contains(revision);
    let Some(_) = seen.revisions.iter().find(known) else {
        let at = match seen.revisions.first() {
            Some(revision) => format!("is at `{}`", revision.chars().take(7).collect::<String>()),
            None => "is at no commit".to_owned(),
        };
        return Err(not_yet(format!(
            "the application `{name}` {at}, which is no commit of the live stage"
        )));
    };
    if (seen.sync.as_str(), seen.health.as_str()) != ("Synced", "Healthy") {
        let word = |word: &str| {
            if word.is_empty() {
                "unknown".to_owned()
            } else {
                word.to_owned()
            }
        };
        return Err(not_yet(format!(
            "the application `{name}` is {} and {}; Synced and Healthy is required",
            word(&seen.sync),
            word(&seen.health)
        )));
    }
    let deployed = seen
        .deployed
        .iter()
        .filter(|(revision, _)| commits.contains(revision));
    Ok(deployed.map(|(_, at)| *at).min())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_synced_and_healthy_at_a_commit_of_the_stage_counts() {
        let commits = ["b".repeat(40), "a".repeat(40)];
        let moment = |seconds| Moment::from_seconds(seconds);
        let good = Application {
            sync: "Synced".to_owned(),
            health: "Healthy".to_owned(),
            revisions: vec!["b".repeat(40)],
            deployed: vec![
                ("9".repeat(40), moment(1)),
                ("a".repeat(40), moment(5)),
                ("b".repeat(40), moment(9)),
            ],
        };
        assert_eq!(
            arrived("x", &good, &commits).expect("it arrived"),
            Some(moment(5))
        );
        for bad in [
            Application {
                sync: "OutOfSync".to_owned(),
                ..good.clone()
            },
            Application {
                health: "Progressing".to_owned(),
                ..good.clone()
            },
            Application {
                revisions: vec!["9".repeat(40)],
                ..good.clone()
            },
            Application::default(),
        ] {
            let refusal = arrived("x", &bad, &commits).expect_err("it did not");
            assert_eq!(refusal.why, Why::NotYet);
        }
    }
}
