//! What happens in the cluster.

use std::fmt::Write as _;

use crate::diag::words::count;
use crate::plan::{ModelId, Plan, Stage, StageId};
use crate::tree::ObjectDiff;

use super::{INFALLIBLE, Proposal, cut, fence, length};

/// Characters that the words around one object's diff take.
const AROUND: usize = 200;

/// `VirtualService image-classifier changed; no pods start or stop`
pub(super) fn glance(proposal: &Proposal<'_>) -> String {
    let changes = proposal.changes;
    let objects = match changes {
        [] => return "nothing".to_owned(),
        [one] => format!("{} `{}`", one.verb(), code(&one.id().to_string())),
        many => {
            let of = |verb: &str| many.iter().filter(|one| one.verb() == verb).count();
            let parts: Vec<String> = ["added", "changed", "removed"]
                .into_iter()
                .filter(|verb| of(verb) > 0)
                .map(|verb| format!("{} {verb}", of(verb)))
                .collect();
            match &parts[..] {
                [_] => format!("{} {}", count(many.len(), "object"), many[0].verb()),
                parts => format!("{}: {}", count(many.len(), "object"), parts.join(", ")),
            }
        }
    };
    let plan = proposal.plan;
    let (from, to) = (plan.stage(proposal.from), plan.stage(proposal.to));
    let name = |model: &ModelId| format!("`{}`", plan.model(*model).name);
    let start: Vec<String> = to
        .running
        .keys()
        .filter(|model| !from.running.contains_key(model))
        .map(name)
        .collect();
    let stop: Vec<String> = from
        .running
        .keys()
        .filter(|model| !to.running.contains_key(model))
        .map(name)
        .collect();
    let scaled = to.running.iter().any(|(model, replicas)| {
        from.running
            .get(model)
            .is_some_and(|before| before != replicas)
    });
    let mut pods = Vec::new();
    if !start.is_empty() {
        pods.push(format!("pods of {} start", start.join(", ")));
    }
    if !stop.is_empty() {
        pods.push(format!("pods of {} stop", stop.join(", ")));
    }
    if scaled {
        pods.push("replicas change".to_owned());
    }
    if pods.is_empty() {
        pods.push("no pod starts or stops".to_owned());
    }
    format!("{objects}; {}", pods.join(", "))
}

/// Replicas and capacity, and every object that changes.
pub(super) fn section(proposal: &Proposal<'_>) -> String {
    let plan = proposal.plan;
    let (from, to) = (plan.stage(proposal.from), plan.stage(proposal.to));
    let mut text = String::from(
        "| Model | Replicas now | After | Expected requests | Capacity |\n| :-- | --: | --: | --: | --: |\n",
    );
    for id in plan.model_ids() {
        if !from.running.contains_key(&id) && !to.running.contains_key(&id) {
            continue;
        }
        let (before, after) = (replicas(plan, from, id), replicas(plan, to, id));
        let bold = if before == after { "" } else { "**" };
        writeln!(
            text,
            "| `{}` | {before} | {bold}{after}{bold} | {} | {} |",
            plan.model(id).name,
            load(plan, proposal.to, id),
            capacity(plan, to, id)
        )
        .expect(INFALLIBLE);
    }
    text.push('\n');
    for change in proposal.changes {
        let (added, removed) = lines(change, proposal);
        writeln!(
            text,
            "- {} `{}` (+{added} −{removed})",
            change.verb(),
            code(&change.id().to_string())
        )
        .expect(INFALLIBLE);
    }
    if proposal.changes.is_empty() {
        text.push_str("No object changes.\n");
    }
    text
}

/// The manifests' diffs in this many characters.
pub(super) fn diff(proposal: &Proposal<'_>, room: usize) -> String {
    if proposal.changes.is_empty() {
        return String::new();
    }
    let (from, to) = sides(proposal);
    let command = format!(
        "glidepath diff --from {} --to {}",
        proposal.plan.stage(proposal.from).name,
        proposal.plan.stage(proposal.to).name
    );
    let mut left = room.saturating_sub(AROUND);
    let (mut text, mut left_out) = (String::new(), 0);
    for change in proposal.changes {
        let whole = change.unified(&from, &to);
        let fence = fence(&whole);
        let around = 2 * length(&fence) + 16;
        if left <= around {
            left_out += whole.lines().count();
            continue;
        }
        let kept = keep(&whole, left - around);
        left_out += whole.lines().count() - kept.lines().count().min(whole.lines().count());
        if kept.len() < whole.len() && kept.lines().count() == whole.lines().count() {
            // The last line itself is cut.
            left_out += 1;
        }
        let block = format!(
            "\n{fence}diff\n{kept}{}{fence}\n",
            if kept.ends_with('\n') { "" } else { "\n" }
        );
        left = left.saturating_sub(length(&block));
        text.push_str(&block);
        if kept.len() < whole.len() {
            left = 0;
        }
    }
    let note = match left_out {
        0 => String::new(),
        n => format!(
            "\n{} left out; `{command}` shows all of it.\n",
            count(n, "line")
        ),
    };
    format!(
        "\n<details>\n<summary>Manifest diff of {}, <code>{from}</code> → <code>{to}</code></summary>\n{text}{note}\n</details>\n",
        count(proposal.changes.len(), "object")
    )
}

/// Whole lines as long as they fit; where not even the first one does, its beginning.
fn keep(text: &str, most: usize) -> &str {
    let kept = cut(text, most);
    if kept.len() == text.len() {
        return text;
    }
    match kept.rfind('\n') {
        Some(end) => &kept[..=end],
        None => kept,
    }
}

fn sides(proposal: &Proposal<'_>) -> (String, String) {
    (
        proposal.plan.numbered(proposal.from),
        proposal.plan.numbered(proposal.to),
    )
}

fn lines(change: &ObjectDiff, proposal: &Proposal<'_>) -> (usize, usize) {
    let (from, to) = sides(proposal);
    let diff = change.unified(&from, &to);
    // The two headers come first.
    let of = |sign: char| {
        diff.lines()
            .skip(2)
            .filter(|line| line.starts_with(sign))
            .count()
    };
    (of('+'), of('-'))
}

fn replicas(plan: &Plan, stage: &Stage, id: ModelId) -> String {
    let pods = stage.running.get(&id);
    pods.map_or_else(
        || "–".to_owned(),
        |replicas| plan.model(id).pods_words(*replicas),
    )
}

fn load(plan: &Plan, stage: StageId, id: ModelId) -> String {
    match plan.load_words(stage, id) {
        Some(load) if plan.stage(stage).running.contains_key(&id) => format!("{load}/min"),
        Some(_) | None => "–".to_owned(),
    }
}

fn capacity(plan: &Plan, stage: &Stage, id: ModelId) -> String {
    let model = plan.model(id);
    let pods = stage.running.get(&id).map(|replicas| model.pods(*replicas));
    match (model.capacity, pods) {
        (Some(each), Some(Some((_, most)))) => format!("{:.0}/min", each * f64::from(most) * 60.0),
        (Some(_), Some(None)) => "unknown".to_owned(),
        _ => "–".to_owned(),
    }
}

/// A text within a code span of one backtick.
fn code(text: &str) -> String {
    text.chars()
        .map(|c| if c == '`' || c.is_control() { '\'' } else { c })
        .collect()
}
