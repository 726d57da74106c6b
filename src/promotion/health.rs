//! Whether the live stage has arrived in the cluster, by what Argo CD says.

use crate::argocd::{self, Application};
use crate::units::Timestamp;

use super::request::ArgoCd;
use super::{Refusal, Why};

/// What Argo CD says of the live stage.
#[derive(Debug)]
pub(super) struct Arrival {
    /// When the first of the stage's commits was deployed, which is when the stage began; `None` where the history does not say.
    pub(super) deployed: Option<Timestamp>,
    /// Why the stage has not arrived, or has arrived ill.
    pub(super) refusal: Option<Refusal>,
}

impl Arrival {
    /// Whether the stage has been in the cluster at all.
    pub(super) fn has_begun(&self) -> bool {
        self.deployed.is_some() || self.refusal.is_none()
    }
}

/// Asks Argo CD when the live stage of a rollout was deployed, and what speaks against leaving it; `commits` are those of the stage.
pub(super) fn ask(argocd: &ArgoCd, rollout: &str, commits: &[String]) -> Result<Arrival, Refusal> {
    let server = argocd.server.clone()?;
    let name = argocd.application.as_deref().unwrap_or(rollout);
    let seen = argocd::ask(&server, name).map_err(|why| {
        Refusal::new(Why::Outside, why).help("check address, token and `--argocd-app`")
    })?;
    Ok(arrived(name, &seen, commits))
}

/// Holds an application against the commits of the live stage.
fn arrived(name: &str, seen: &Application, commits: &[String]) -> Arrival {
    let deployed = seen
        .deployed
        .iter()
        .filter(|(revision, _)| commits.contains(revision));
    Arrival {
        deployed: deployed.map(|(_, at)| *at).min(),
        refusal: against(name, seen, commits).map(|message| {
            Refusal::new(Why::NotYet, message).help("wait until Argo CD has applied the live stage")
        }),
    }
}

fn against(name: &str, seen: &Application, commits: &[String]) -> Option<String> {
    if !seen.revisions.iter().any(|known| commits.contains(known)) {
        let at = match seen.revisions.first() {
            Some(revision) => format!("is at `{}`", revision.chars().take(7).collect::<String>()),
            None => "is at no commit".to_owned(),
        };
        return Some(format!(
            "the application `{name}` {at}, which is no commit of the live stage"
        ));
    }
    if (seen.sync.as_str(), seen.health.as_str()) == ("Synced", "Healthy") {
        return None;
    }
    let word = |word: &str| {
        if word.is_empty() {
            "unknown".to_owned()
        } else {
            word.to_owned()
        }
    };
    Some(format!(
        "the application `{name}` is {} and {}; Synced and Healthy is required",
        word(&seen.sync),
        word(&seen.health)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_synced_and_healthy_at_a_commit_of_the_stage_counts() {
        let commits = ["b".repeat(40), "a".repeat(40)];
        let moment = |seconds| Timestamp::from_seconds(seconds);
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
        let arrival = arrived("x", &good, &commits);
        assert!(arrival.refusal.is_none());
        assert_eq!(arrival.deployed, Some(moment(5)));
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
            let arrival = arrived("x", &bad, &commits);
            let refusal = arrival.refusal.as_ref().expect("it did not");
            assert_eq!(refusal.why, Why::NotYet);
            // What has been deployed once has begun, whatever became of it.
            assert_eq!(arrival.has_begun(), !bad.deployed.is_empty());
        }
    }
}
