//! The proof: the stages that the rollout begins with, compiled, against what was read.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::compile::{Compiled, Environment, compile};
use crate::diag::{Report, Severity};
use crate::objects::Object;
use crate::plan::StageId;
use crate::safety::{Applied, Conditions, Identity, Side, prove};
use crate::text::{FileError, Files, Source};
use crate::units::names::{ANNOTATION_WAVE, BASELINE, DEPLOY, RESERVED_LABELS, SPEC_FILE};

use super::account::Account;
use super::cleaned::{cleaned, is_helms, is_live};
use super::document::PRESENT;
use super::model::Rollout;
use super::read::{Complaints, Read};
use super::routers;

/// The files of the rollout, before they are anywhere.
struct Written<'a>(&'a BTreeMap<String, String>);

impl Files for Written<'_> {
    fn read(&self, path: &str) -> Result<Option<Source>, FileError> {
        let name = path.trim_start_matches("./");
        let text = self.0.get(name);
        Ok(text.map(|text| Source::new(name, text.clone())))
    }

    fn list(&self, _: &str) -> Result<Option<Vec<String>>, FileError> {
        Ok(None)
    }
}

/// Compiles the rollout and holds its beginning against what was read; complains of whatever it would change.
pub(super) fn hold(
    read: &Read,
    rollout: &Rollout,
    files: &BTreeMap<String, String>,
    complaints: &mut Complaints<'_>,
) -> Result<Account, Vec<Report>> {
    let source = Source::new(SPEC_FILE, files[SPEC_FILE].clone());
    let compiled = compile(&source, &Written(files), &Environment::default());
    let compiled = compiled.map_err(|report| vec![report])?;
    let begins = stage(&compiled, rollout.begins()).unwrap_or(StageId::FIRST);
    let first = compiled.objects(begins);
    let after = with_what_stays(read, &first);
    for finding in prove(&read.manifests.applied, &after, &Conditions::default()) {
        let spot = match (&finding.at.side, &finding.with) {
            (Side::After, Some(with)) if read.manifests.place(&finding.at).is_none() => with,
            (Side::Before | Side::After, _) => &finding.at,
        };
        complaints.push(&spot.identity, spot.field.clone(), |place| {
            finding.diagnostic(place, None)
        });
    }
    let routed = [PRESENT, DEPLOY, BASELINE].into_iter();
    let mut routed = routed.filter(|name| *name != PRESENT || !rollout.cohorts.is_empty());
    if let Some(stage) = routed.find_map(|name| stage(&compiled, name)) {
        let emitted = compiled.objects(stage);
        let emitted: Vec<&Value> = emitted.iter().map(|object| &object.body).collect();
        routers::hold(read, rollout, &emitted, complaints);
    }
    let shown = match rollout.begins() {
        PRESENT => begins,
        _ => stage(&compiled, BASELINE).unwrap_or(begins),
    };
    Ok(account(read, rollout, &compiled.objects(shown), &compiled))
}

fn stage(compiled: &Compiled, name: &str) -> Option<StageId> {
    let mut stages = compiled.plan.stage_ids();
    stages.find(|id| compiled.plan.stage(*id).name.as_str() == name)
}

/// The state after the first stage was applied: its objects, and everything that nobody takes away.
fn with_what_stays(read: &Read, first: &[Arc<Object>]) -> Applied {
    let mut after = Applied::built(first.iter().map(|object| &object.body));
    let known: Vec<Identity> = first
        .iter()
        .filter_map(|object| Identity::of(&object.body).ok())
        .collect();
    let stays = read
        .objects
        .iter()
        .filter(|object| !known.contains(&object.identity));
    for object in stays {
        // Identities are unique on both sides, so nothing is in the way.
        let _: Result<(), Identity> = after.add(object.identity.clone(), object.body.clone());
    }
    after
}

/// What is told of all this.
fn account(read: &Read, rollout: &Rollout, begins: &[Arc<Object>], compiled: &Compiled) -> Account {
    let mut account = Account::default();
    taken(read, rollout, &mut account);
    changed(read, rollout, begins, &mut account);
    left(read, rollout, &mut account);
    let warnings = compiled.report.complaints().len();
    if compiled.report.count(Severity::Warning) > 0 {
        let note = format!(
            "`glidepath validate` has {} about it",
            crate::diag::words::count(warnings, "warning")
        );
        account.changed.push(note);
    }
    account
}

fn taken(read: &Read, rollout: &Rollout, account: &mut Account) {
    let service = &rollout.scope.service;
    if rollout.service.stays.is_none() {
        account.taken.push(format!(
            "{}: name, ports and selector, as `service`",
            service.words()
        ));
    }
    for model in rollout.models.iter().filter(|model| model.runs) {
        for identity in &model.taken {
            account.taken.push(format!(
                "{}/{}: the model `{}`, in {}.yaml",
                identity.kind, identity.name, model.name, model.name
            ));
        }
    }
    for identity in &rollout.routing.taken {
        account
            .taken
            .push(format!("{}/{}: as `traffic`", identity.kind, identity.name));
    }
    for cohort in &rollout.cohorts {
        account.taken.push(format!(
            "the requests that reach `{}` by a rule of their own: the cohort `{}`",
            cohort.model, cohort.name
        ));
    }
    if read.objects.iter().any(|object| is_live(&object.body)) {
        account.left.push("`status`, `uid`, `resourceVersion` and whatever else only a server sets, of every object".to_owned());
    }
}

fn changed(read: &Read, rollout: &Rollout, begins: &[Arc<Object>], account: &mut Account) {
    let mut say = |line: String| account.changed.push(line);
    if !rollout.added.is_empty() {
        let labels = rollout
            .added
            .iter()
            .map(|(key, value)| format!("{key}: {value}"));
        let labels = crate::diag::words::and_list(labels);
        let workload = rollout.scope.workloads.first();
        let workload = workload.map_or_else(String::new, |one| one.object.words());
        say(format!(
            "{workload}: its pods get the labels {labels}, and are replaced as its own strategy says, in the stage `adopt`: nothing told them from pods of another version"
        ));
        say(format!(
            "{}: selects by the new label from `baseline` on",
            rollout.scope.service.words()
        ));
    }
    let mut helms = Vec::new();
    for object in begins {
        let Ok(identity) = Identity::of(&object.body) else {
            continue;
        };
        let words = format!("{}/{}", identity.kind, identity.name);
        let Some(old) = read.objects.iter().find(|one| one.identity == identity) else {
            say(format!("{words}: new, and leads where requests go now"));
            continue;
        };
        let fields = differing(&cleaned(&old.body), &object.body);
        if !fields.is_empty() {
            say(format!("{words}: {}", fields.join(", ")));
        }
        helms.extend(is_helms(&old.body).then_some(words));
    }
    say(format!(
        "every object gets the annotation `{ANNOTATION_WAVE}`, and those that no manifest brings get glidepath's labels"
    ));
    if !helms.is_empty() {
        say(format!(
            "{}: Helm installed this; annotate it with `helm.sh/resource-policy: keep`, and take it out of the chart before the next upgrade",
            helms.join(", ")
        ));
    }
    if rollout.begins() == PRESENT {
        say(format!(
            "the stages before `{PRESENT}` have no rules for cohorts: apply nothing until `current` points to it, `glidepath render` and `glidepath promote --to {PRESENT}`"
        ));
    }
    for model in &rollout.models {
        if !model.runs {
            say(format!(
                "`{}` is new: {}.yaml is a copy of {}.yaml under names and labels of its own, and no stage before `deploy` has it",
                model.name,
                model.name,
                rollout.stable()
            ));
        }
        if let Some(replicas) = model.replicas {
            say(format!(
                "`{}` has no pods now, and {replicas} from `deploy` on",
                model.name
            ));
        }
    }
}

/// The fields of an object that a rollout writes otherwise, in a few words.
fn differing(old: &Value, new: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (field, words) in [("labels", "the label"), ("annotations", "the annotation")] {
        let [old, new] = [old, new].map(|body| super::read::labels(&body["metadata"][field]));
        // Those that every object gets are told once.
        let is_ours = |key: &str| key == ANNOTATION_WAVE || RESERVED_LABELS.contains(&key);
        for (key, value) in &new {
            let was = old.get(key);
            if was != Some(value) && (was.is_some() || !is_ours(key)) {
                found.push(format!("{words} `{key}: {value}`"));
            }
        }
        for key in old.keys().filter(|key| !new.contains_key(*key)) {
            found.push(format!("no {} `{key}`", words.trim_start_matches("the ")));
        }
    }
    let ports = |body: &Value| {
        body["spec"]["ports"]
            .as_array()
            .cloned()
            .unwrap_or_default()
    };
    for (old, new) in ports(old).iter().zip(&ports(new)) {
        for field in ["name", "appProtocol"] {
            if let (true, Some(value)) = (old[field] != new[field], new[field].as_str()) {
                found.push(format!("`{field}: {value}` of the port {}", new["port"]));
            }
        }
    }
    found
}

fn left(read: &Read, rollout: &Rollout, account: &mut Account) {
    if let Some(why) = &rollout.service.stays {
        account.left.push(format!(
            "{}: stays as it is, with `service.create: false`: {why}",
            rollout.scope.service.words()
        ));
    }
    let stays = read
        .objects
        .iter()
        .filter(|one| !rollout.takes(&one.identity));
    for object in stays.filter(|one| one.identity != rollout.scope.service.identity) {
        let why = match object.identity.kind.as_str() {
            "ConfigMap" | "Secret" | "ServiceAccount" | "PersistentVolumeClaim" => {
                "pods only name it"
            }
            "Ingress" => "it leads to the Service, past every route",
            "PodDisruptionBudget" => {
                "it guards pods of more than one workload, or of none of these"
            }
            "Service" => "a rollout has one Service",
            _ if rollout.names(&object.identity.name) => "it is only named",
            "Rollout" | "Canary" => {
                "it moves the traffic itself: make a plain Deployment of it first"
            }
            _ => "the rollout does not need it",
        };
        account
            .left
            .push(format!("{}: stays as it is: {why}", object.words()));
    }
}
