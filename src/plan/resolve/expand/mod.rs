//! What stands for steps becomes steps: a strategy, ramps, and what all steps have in common.
//!
//! From a spec to a spec: what comes out says the same in fewer words of the language, and `plan --expand` prints it.

mod ab_test;
mod blue_green;
mod canary;
mod gates;
mod linear;
mod maker;
mod shadow;

use serde_json::{Map, Value, json};

use crate::diag::{Origins, Place, Report, Route};
use crate::spec::{Cohort, Document, MatchEntry, Matcher, Step, Sticky, Strategy, settle_numbers};

use blue_green::PREVIEW;
use maker::Maker;

/// What a document says once its strategy, ramps and step defaults are written as steps.
#[derive(Clone, Debug, Default)]
pub struct Expansion {
    /// The steps; none where the document has them as they are.
    steps: Option<Vec<Step>>,
    /// `policy.maxIncrease`, where the strategy asks for it and the document does not say it.
    max_increase: Option<f64>,
    /// `service.preview`, likewise.
    preview: Option<String>,
    /// The host of a cohort ahead of the document's own.
    host: Option<String>,
    /// The cookie by which users stay with a model, where the strategy asks for one and the document says nothing of it.
    cookie: Option<String>,
    /// Where in the document each of the steps comes from.
    origins: Origins,
}

/// The expansion of a document, or `None` where something in it cannot be written as steps.
pub fn expand(document: &Document, report: &mut Report) -> Option<Expansion> {
    let spec = &document.spec;
    let is_plain = spec.strategy.is_none()
        && spec.step_defaults.is_empty()
        && spec.steps.iter().all(|step| step.linear.is_none());
    if is_plain {
        return Some(Expansion::default());
    }
    let mut maker = Maker::new(document, report);
    let made = match &spec.strategy {
        Some(strategy) => {
            let at = Route::root().key("spec").key("strategy");
            maker.origins.insert(steps(), Place::key(at.clone()));
            follow(strategy, &mut maker, &at)
        }
        None => linear::steps(&mut maker),
    };
    made?;
    Some(Expansion {
        steps: Some(maker.steps),
        max_increase: maker.max_increase,
        preview: maker.preview,
        host: maker.host,
        cookie: maker.cookie,
        origins: maker.origins,
    })
}

fn follow(strategy: &Strategy, maker: &mut Maker<'_>, at: &Route) -> Option<()> {
    match strategy {
        Strategy::Canary(given) => canary::steps(given, maker, &at.key("canary")),
        Strategy::BlueGreen(given) => blue_green::steps(given, maker, &at.key("blueGreen")),
        Strategy::AbTest(given) => ab_test::steps(given, maker, &at.key("abTest")),
        Strategy::Shadow(given) => shadow::steps(given, maker, &at.key("shadow")),
    }
}

/// The field of the steps.
fn steps() -> Route {
    Route::root().key("spec").key("steps")
}

impl Expansion {
    /// Whether the document has its steps as they are.
    pub fn is_empty(&self) -> bool {
        self.steps.is_none()
    }

    /// Where in the text each node comes from that the document has by this alone.
    pub fn origins(&self) -> Origins {
        self.origins.clone()
    }

    /// Makes a document say it.
    pub fn apply(&self, document: &mut Document) {
        let spec = &mut document.spec;
        let Some(steps) = &self.steps else { return };
        spec.steps.clone_from(steps);
        spec.strategy = None;
        spec.step_defaults = crate::spec::StepDefaults::default();
        spec.policy.max_increase = self.max_increase.or(spec.policy.max_increase);
        if self.preview.is_some() {
            spec.service.preview.clone_from(&self.preview);
        }
        if self.cookie.is_some() {
            spec.traffic.sticky = Some(Sticky {
                cookie: self.cookie.clone(),
                ..Sticky::default()
            });
        }
        let entry = |host: &String| MatchEntry {
            host: Some(Matcher::Bare(host.clone())),
            ..MatchEntry::default()
        };
        let previewers = self.host.as_ref().map(|host| Cohort {
            name: PREVIEW.to_owned(),
            share: None,
            r#match: vec![entry(host)],
        });
        spec.cohorts.splice(0..0, previewers);
    }

    /// Makes the text of a document, as JSON, say the same.
    pub fn say(&self, document: &mut Value) {
        let (Some(steps), Some(Value::Object(spec))) = (&self.steps, document.get_mut("spec"))
        else {
            return;
        };
        let mut steps = json!(steps);
        settle_numbers(&mut steps);
        let mut said = Map::new();
        for (key, value) in std::mem::take(spec) {
            match key.as_str() {
                "steps" | "strategy" => {
                    said.insert("steps".to_owned(), steps.take());
                }
                "stepDefaults" => {}
                _ => {
                    said.insert(key, value);
                }
            }
        }
        if let Some(host) = &self.host {
            let cohorts = said.entry("cohorts").or_insert_with(|| json!([]));
            if let Value::Array(cohorts) = cohorts {
                cohorts.insert(0, json!({"name": PREVIEW, "match": [{"host": host}]}));
            }
        }
        let mut add = |field: &str, key: &str, value: Value| {
            let part = said.entry(field).or_insert_with(|| json!({}));
            part[key] = value;
        };
        if let Some(most) = self.max_increase {
            let mut most = json!(most);
            settle_numbers(&mut most);
            add("policy", "maxIncrease", most);
        }
        if let Some(model) = &self.preview {
            add("service", "preview", json!(model));
        }
        if let Some(cookie) = &self.cookie {
            add("traffic", "sticky", json!({"cookie": cookie}));
        }
        *spec = said;
    }
}
