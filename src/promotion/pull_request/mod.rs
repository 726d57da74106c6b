//! A move as a pull request: title and body, a pure function of the plan, the two stages, the evidence and the diff.
//!
//! The body answers, in this order: what changes for users, on what evidence, what happens in the cluster, how to go back. A
//! table of four lines says it all at once; a section on each follows.

mod bare;
mod cluster;
mod marker;
mod text;
mod traffic;

use std::fmt::Write as _;

use crate::diag::escape_markdown as escape;
use crate::diag::words::count;
use crate::gate::Verdict;
use crate::plan::{Plan, StageId};
use crate::tree::ObjectDiff;
use crate::units::Duration;

pub use bare::bare;
pub use marker::Marker;
pub use text::{cut, fence, length};

/// The most characters of a body: GitHub refuses a longer one.
pub const MOST_BODY: usize = 65_536;
/// The most characters of a title: GitHub refuses a longer one.
const MOST_TITLE: usize = 256;
/// Characters for what is only known once the diff is cut.
const RESERVE: usize = 600;

/// A move, with everything that people must know to say yes or no.
#[derive(Clone, Debug)]
pub struct Proposal<'a> {
    /// The rollout's plan.
    pub plan: &'a Plan,
    /// The digest of the rollout's spec.
    pub digest: &'a str,
    /// The folder of the rollout's tree, from the repository's root.
    pub folder: &'a str,
    /// The live stage's index.
    pub from: StageId,
    /// The index of the stage to go to.
    pub to: StageId,
    /// What kind of move it is.
    pub kind: Kind<'a>,
    /// How the gates of the live stage stand.
    pub gates: &'a [GateLine],
    /// How long the live stage has baked.
    pub baked: Baked,
    /// What changes in the cluster.
    pub changes: &'a [ObjectDiff],
}

/// What kind of move it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind<'a> {
    /// On to a later stage.
    Promotion {
        /// The reason for which gates and bake do not count.
        forced: Option<&'a str>,
        /// What speaks against the move by now, though its pull request is open already.
        blocked: Option<&'a str>,
    },
    /// Back to an earlier stage, with a hold.
    Rollback {
        /// The reason for going back.
        reason: &'a str,
    },
}

/// One gate of the live stage, for one model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateLine {
    /// The gate's name.
    pub name: String,
    /// The name of the model that is judged; empty where only the gate's verdict is known.
    pub model: String,
    /// The gate's verdict on the model.
    pub verdict: Verdict,
    /// Whether the verdict is only reported, and no part of the decision.
    pub advisory: bool,
    /// The value that was measured, with its unit.
    pub value: String,
    /// The limit that the value was held against.
    pub limit: String,
    /// The time that was looked at.
    pub window: String,
    /// The evidence behind the value, such as a count of requests.
    pub sample: String,
    /// Why the verdict is what it is, in one sentence.
    pub why: String,
    /// Who handed the verdict in; `None` where it was measured here.
    pub issuer: Option<String>,
    /// The address of a graph of the value.
    pub link: Option<String>,
}

/// How long the live stage has baked. A body that changed with each minute would be written anew with each run, so only what is
/// asked for and whether it is over are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Baked {
    /// Since when the stage is what it is, and what set that: `Live since …`; empty where that does not matter.
    pub live: String,
    /// The least time in the stage.
    pub asked: Duration,
    /// Whether that time is over.
    pub is_over: bool,
}

impl Proposal<'_> {
    /// `image-classifier: 03-weight-10 (resnet101 10%)`
    pub fn title(&self) -> String {
        let stage = self.plan.numbered(self.to);
        let back = match self.kind {
            Kind::Promotion { .. } => "",
            Kind::Rollback { .. } => "back to ",
        };
        let title = format!(
            "{}: {back}{stage} ({})",
            self.plan.name,
            traffic::short(self.plan, self.to)
        );
        cut(&title, MOST_TITLE).to_owned()
    }

    /// The marker of the move that is proposed.
    pub fn marker(&self) -> Marker {
        let name = |stage: StageId| self.plan.stage(stage).name.to_string();
        Marker {
            rollout: self.plan.name.to_string(),
            folder: self.folder.to_owned(),
            from: name(self.from),
            to: name(self.to),
            digest: self.digest.to_owned(),
            superseded: false,
        }
    }

    /// The whole body, as long as GitHub allows: the diff is cut first, and every object that changes is still listed.
    pub fn body(&self) -> String {
        let marker = self.marker().line();
        let head = format!(
            "{}\n\n{}\n### Traffic\n\n{}\n### Evidence\n\n{}\n### In the cluster\n\n{}\n",
            self.lead(),
            self.glance(),
            traffic::section(self),
            self.evidence(),
            cluster::section(self),
        );
        let tail = format!(
            "\n### How to go back\n\n{}\n{}\n",
            self.way_back(),
            self.footer()
        );
        let room =
            MOST_BODY.saturating_sub(length(&head) + length(&tail) + length(&marker) + RESERVE);
        let body = format!("{head}{}{tail}", cluster::diff(self, room));
        // Only a plan of thousands of objects or stages gets here.
        let kept = cut(&body, MOST_BODY - length(&marker) - 2);
        format!("{kept}\n{marker}\n")
    }

    fn lead(&self) -> String {
        let plan = self.plan;
        let (from, to) = (plan.numbered(self.from), plan.numbered(self.to));
        let what = traffic::sentence(self);
        let mut text = match self.kind {
            Kind::Promotion { .. } => {
                format!(
                    "Moves **{}** from `{from}` to **`{to}`**: {what}.",
                    plan.name
                )
            }
            Kind::Rollback { .. } => {
                format!(
                    "Takes **{}** back from `{from}` to **`{to}`**: {what}.",
                    plan.name
                )
            }
        };
        if let Some(description) = &plan.stage(self.to).description {
            write!(text, " {}", escape(description)).expect(INFALLIBLE);
        }
        match self.kind {
            Kind::Promotion {
                blocked: Some(why), ..
            } => write!(
                text,
                "\n\n> [!CAUTION]\n> **Do not merge:** {}",
                escape(why)
            ),
            Kind::Promotion {
                forced: Some(why), ..
            } => write!(
                text,
                "\n\n> [!WARNING]\n> Forced: gates and bake time do not count. Reason: {}",
                escape(why)
            ),
            Kind::Rollback { reason } if !reason.is_empty() => {
                write!(text, "\n\n> [!IMPORTANT]\n> Why: {}", escape(reason))
            }
            Kind::Promotion { .. } | Kind::Rollback { .. } => Ok(()),
        }
        .expect(INFALLIBLE);
        text
    }

    /// The four answers, a line each.
    fn glance(&self) -> String {
        format!(
            "| At a glance | |\n| :-- | :-- |\n| **Traffic** | {} |\n| **Evidence** | {} |\n| **Cluster** | {} |\n| **Way back** | {} |\n",
            traffic::glance(self),
            self.evidence_glance(),
            cluster::glance(self),
            self.way_back_glance(),
        )
    }

    fn evidence_glance(&self) -> String {
        let deciding: Vec<&GateLine> = self.gates.iter().filter(|gate| !gate.advisory).collect();
        let of = |verdict| {
            deciding
                .iter()
                .filter(|gate| gate.verdict == verdict)
                .count()
        };
        let (passed, all) = (of(Verdict::Pass), deciding.len());
        let gates = match all {
            0 => "no gates".to_owned(),
            1 if passed == 1 => "✅ the gate passes".to_owned(),
            _ if passed == all => format!("✅ {passed} of {all} gates pass"),
            _ => format!(
                "{} {passed} of {} passed",
                if of(Verdict::Fail) > 0 { "❌" } else { "⏳" },
                count(all, "gate")
            ),
        };
        let handed_in = deciding.iter().filter(|gate| gate.issuer.is_some()).count();
        let gates = match handed_in {
            0 => gates,
            _ if handed_in == all => format!("{gates}, as handed in"),
            some => format!("{gates}, {some} as handed in"),
        };
        format!("{gates} · {}", self.bake_words())
    }

    fn bake_words(&self) -> String {
        let Baked { asked, is_over, .. } = self.baked;
        match self.kind {
            Kind::Rollback { .. } => "going back waits for neither".to_owned(),
            Kind::Promotion { .. } if asked == Duration::ZERO => "no bake time".to_owned(),
            Kind::Promotion { .. } if is_over => format!("✅ baked for {asked} or longer"),
            Kind::Promotion { .. } => format!("⏳ the bake time of {asked} is not over"),
        }
    }

    fn evidence(&self) -> String {
        let stage = self.plan.numbered(self.from);
        let mut text = format!("Of `{stage}`, which is left: {}.\n", self.bake_words());
        if !self.baked.live.is_empty() {
            writeln!(text, "\n{}", escape(&self.baked.live)).expect(INFALLIBLE);
        }
        if self.gates.is_empty() {
            text.push_str("\nIt has no gates.\n");
            return text;
        }
        text.push_str("\n| Gate | Model | Measured | Must be | Over | Sample |\n| :-- | :-- | --: | --: | :-- | --: |\n");
        for gate in self.gates {
            let sign = match gate.verdict {
                Verdict::Pass => "✅",
                Verdict::Fail => "❌",
                Verdict::Inconclusive => "⏳",
                Verdict::Error => "⚠️",
            };
            let name = match &gate.link {
                Some(link) => format!("[{}]({link})", escape(&gate.name)),
                None => escape(&gate.name),
            };
            let by = gate.issuer.as_ref();
            let by = by.map(|by| format!(" (handed in by {})", escape(by)));
            let dash = |text: &str| match text {
                "" => "–".to_owned(),
                text => escape(text),
            };
            writeln!(
                text,
                "| {sign} {name}{}{} | {} | {} | {} | {} | {} |",
                by.unwrap_or_default(),
                if gate.advisory { " (advisory)" } else { "" },
                dash(&gate.model),
                dash(&gate.value),
                dash(&gate.limit),
                dash(&gate.window),
                dash(&gate.sample)
            )
            .expect(INFALLIBLE);
        }
        let open = self
            .gates
            .iter()
            .filter(|gate| gate.verdict != Verdict::Pass && !gate.why.is_empty());
        for gate in open {
            writeln!(
                text,
                "\n**{}** is {}: {}",
                escape(&gate.name),
                gate.verdict.name(),
                escape(&gate.why)
            )
            .expect(INFALLIBLE);
        }
        text
    }

    fn way_back_glance(&self) -> String {
        let plan = self.plan;
        match (self.kind, plan.rollback_target(self.to)) {
            (Kind::Rollback { .. }, _) => {
                "`glidepath promote --resume`, or a change of what the stage serves, lifts the hold"
                    .to_owned()
            }
            (_, Some(target)) => format!(
                "one commit to `{}`; only routes change",
                plan.numbered(target)
            ),
            (_, None) if plan.is_past_return(self.to) => {
                "⛔ **point of no return**: no single step brings the old model back".to_owned()
            }
            (_, None) => "revert this pull request: no request leaves `stable`"
                .replace("`stable`", &format!("`{}`", plan.model(plan.stable).name)),
        }
    }

    fn way_back(&self) -> String {
        let plan = self.plan;
        let stage = |index: StageId| plan.numbered(index);
        match (self.kind, plan.rollback_target(self.to)) {
            (Kind::Rollback { .. }, _) => format!(
                "This is the way back. It also puts `{}` on hold: no promotion to it is proposed until what it serves changes or `glidepath promote --resume` says so.\n",
                stage(self.from)
            ),
            (_, Some(target)) => {
                let revert = if target == self.from {
                    "A revert of this pull request goes there, too, and counts as a hold."
                        .to_owned()
                } else {
                    format!(
                        "A revert of this pull request goes to `{}` instead.",
                        stage(self.from)
                    )
                };
                format!(
                    "```sh\nglidepath rollback --pull-request    # or the workflow \"rollback\"\n```\n\nIt goes to `{}`, where `{}` answers every request. Every pod that it needs runs in `{}` too, so only routes change. {revert}\n",
                    stage(target),
                    plan.model(plan.stable).name,
                    stage(self.to),
                )
            }
            (_, None) if plan.is_past_return(self.to) => format!(
                "From `{}` on, no earlier stage takes the traffic back in one safe step: the old model has to start first. A rollback is refused until then.\n",
                stage(self.to)
            ),
            (_, None) => format!(
                "In `{}` every request is still answered by `{}`. Reverting this pull request goes to `{}`.\n",
                stage(self.to),
                plan.model(plan.stable).name,
                stage(self.from)
            ),
        }
    }

    fn footer(&self) -> String {
        format!(
            "<sub>Spec `{}`. The merge of this pull request is the whole promotion: the applier does the rest.</sub>",
            cut(self.digest, 19)
        )
    }
}

/// A string takes everything.
const INFALLIBLE: &str = "writing to a string cannot fail";
