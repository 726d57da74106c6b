//! What an Application asks for: its parameters, and the environment around them. All of it is untrusted.

use serde_json::{Map, Value};

use crate::compile::{Below, Compiled, Environment, Files, Source, compile_plan};
use crate::diag::words::{and_list, suggestion};
use crate::diag::{Code, Diagnostic, Place, Route};
use crate::plan::StageId;
use crate::tree::{NoLiveStage, Pointer};
use crate::units::{DnsLabel, names};

use super::PluginError;

/// The parameters that an Application may set, in the order of the user interface.
pub(super) const PARAMETERS: [&str; 4] = [STAGE, NAMESPACE, FILE, VERSION];
pub(super) const STAGE: &str = "stage";
pub(super) const NAMESPACE: &str = "namespace";
pub(super) const FILE: &str = "file";
pub(super) const VERSION: &str = "glidepath-version";

/// The program's own version.
pub(super) const OWN_VERSION: &str = env!("CARGO_PKG_VERSION");

/// What Argo CD hands to the plugin's process.
#[derive(Clone, Debug, Default)]
pub struct Invocation {
    /// `ARGOCD_APP_PARAMETERS`: a JSON list. Absent, `null` and `[]` all mean that there are none.
    ///
    /// The `PARAM_…` variables hold the same, but lossily: `a-b` and `a.b` are one there.
    pub parameters: Option<String>,
    /// `ARGOCD_ENV_GLIDEPATH_STAGE`: the Application's `plugin.env`.
    pub stage: Option<String>,
    /// `--file`: the plugin's own default for the parameter `file`.
    pub file: Option<String>,
}

/// What an Application asks for, in the language of this program.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The rollout's file, below the application's folder.
    pub file: String,
    /// The stage, where the Application names one, and what names it.
    pub stage: Option<(String, &'static str)>,
    /// The namespace that replaces `metadata.namespace`.
    pub namespace: Option<DnsLabel>,
}

impl Settings {
    /// Reads the parameters; what is not known or not a string is refused.
    pub fn read(invocation: &Invocation) -> Result<Self, PluginError> {
        let mut given = match &invocation.parameters {
            Some(text) => parameters(text)?,
            None => Map::new(),
        };
        let mut take = |name: &str| match given.remove(name) {
            None => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
            Some(Value::String(_)) => {
                Err(PluginError::new(format!("the parameter `{name}` is empty"))
                    .help("give it a value or remove it"))
            }
            Some(_) => Err(PluginError::new(format!(
                "the parameter `{name}` is a list or a map, and must be a string"
            ))),
        };
        let (stage, namespace) = (take(STAGE)?, take(NAMESPACE)?);
        let (file, version) = (take(FILE)?, take(VERSION)?);
        if let Some(unknown) = given.keys().next() {
            return Err(PluginError::new(format!("unknown parameter `{unknown}`"))
                .help(format!("the parameters are {}", and_list(PARAMETERS))));
        }
        if let Some(wanted) = version {
            check_version(&wanted)?;
        }
        let stage = match (stage, &invocation.stage) {
            (Some(stage), _) => Some((stage, "the parameter `stage`")),
            (None, Some(stage)) if stage.is_empty() => {
                return Err(
                    PluginError::new("`GLIDEPATH_STAGE` in `plugin.env` is empty")
                        .help("give it a stage's name or remove it"),
                );
            }
            (None, Some(stage)) => Some((stage.clone(), "`GLIDEPATH_STAGE` in `plugin.env`")),
            (None, None) => None,
        };
        Ok(Self {
            file: inside(
                file.as_deref()
                    .or(invocation.file.as_deref())
                    .unwrap_or(names::SPEC_FILE),
            )?,
            stage,
            namespace: namespace.map(|text| label(&text)).transpose()?,
        })
    }

    /// Compiles the rollout's file.
    pub(super) fn compile(&self, files: &dyn Files) -> Result<Compiled, PluginError> {
        let Some(source) = read(files, &self.file)? else {
            return Err(
                PluginError::new(format!("there is no `{}` in the application's folder", self.file))
                    .help("set `spec.source.path` to the folder of the rollout, or the parameter `file` to its path below"),
            );
        };
        let environment = Environment {
            namespace: self.namespace.clone(),
            ..Environment::default()
        };
        let beside = Below::new(files, self.folder());
        compile_plan(&source, &beside, &environment).map_err(|report| PluginError::report(&report))
    }

    /// The folder of the rollout's file, below the application's; empty where it is the same.
    fn folder(&self) -> &str {
        self.file.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// The stage that is live: what the Application names, else the pointer beside the rollout, else `spec.stage`.
    ///
    /// There is no default: whoever forgets the stage must not get one that takes traffic away from a model.
    pub(super) fn stage(
        &self,
        compiled: &Compiled,
        files: &dyn Files,
    ) -> Result<StageId, PluginError> {
        let plan = &compiled.plan;
        if let Some((stage, origin)) = &self.stage {
            return plan
                .stage_called(stage)
                .ok_or_else(|| unknown(compiled, stage, origin));
        }
        let tree = [
            self.folder(),
            &compiled.environment.tree,
            names::POINTER_FILE,
        ];
        let path = tree.join("/").trim_start_matches('/').to_owned();
        if let Some(source) = read(files, &path)? {
            return Pointer::live_stage(source.text(), plan).map_err(|none| match none {
                NoLiveStage::Unreadable(why) => {
                    PluginError::new(format!("{path}:1: it names no stage: {why}"))
                }
                NoLiveStage::Unknown(name) => PluginError::new(format!(
                    "{path}:1: the stage `{name}` is live, and {} has no stage of this name",
                    self.file
                ))
                .help("run `glidepath render` and commit what it writes"),
            });
        }
        plan.live.ok_or_else(|| {
            PluginError::new(format!("{}:1: nothing says which stage is live", self.file)).help(
                "set the parameter `stage`, commit the tree that `glidepath render` writes, or add `stage:` below `spec`",
            )
        })
    }
}

/// A file below the application's folder, `None` where there is none; what cannot be read is a refusal.
fn read(files: &dyn Files, path: &str) -> Result<Option<Source>, PluginError> {
    files
        .read(path)
        .map_err(|error| PluginError::file(path, &error))
}

/// The parameters by name.
fn parameters(text: &str) -> Result<Map<String, Value>, PluginError> {
    // The values are none of the log's business: whatever is wrong, no part of the text is quoted.
    let wrong = || {
        PluginError::new("`ARGOCD_APP_PARAMETERS` is no list of parameters, each with a `name`")
            .help("Argo CD writes it from `spec.source.plugin.parameters`; do not set it by hand")
    };
    let list = match serde_json::from_str(text) {
        Ok(Value::Null) => Vec::new(),
        Ok(Value::Array(list)) => list,
        _ => return Err(wrong()),
    };
    let mut given = Map::new();
    for parameter in list {
        let Value::Object(mut fields) = parameter else {
            return Err(wrong());
        };
        let Some(Value::String(name)) = fields.remove("name") else {
            return Err(wrong());
        };
        fields.retain(|_, value| !value.is_null());
        let value = match (fields.remove("string"), fields.is_empty()) {
            (Some(value @ Value::String(_)), true) => value,
            (None, false) => Value::Array(Vec::new()),
            // A name without a value is a string without characters.
            (None, true) => Value::String(String::new()),
            (Some(_), _) => return Err(wrong()),
        };
        if given.contains_key(&name) {
            return Err(PluginError::new(format!(
                "the parameter `{name}` is given twice"
            )));
        }
        given.insert(name, value);
    }
    Ok(given)
}

/// A path that stays where it is; the disk is asked later, where links may still lead out.
fn inside(path: &str) -> Result<String, PluginError> {
    let parts: Vec<&str> = path
        .split('/')
        .filter(|part| !matches!(*part, "" | "."))
        .collect();
    let leaves = path.starts_with('/') || parts.contains(&"..");
    if leaves || parts.is_empty() || path.contains('\0') {
        return Err(PluginError::new(
            "the parameter `file` leads out of the application's folder, or to no file",
        )
        .help("give a path below `spec.source.path`, such as `rollout.yaml`"));
    }
    Ok(parts.join("/"))
}

fn label(text: &str) -> Result<DnsLabel, PluginError> {
    text.parse().map_err(|()| {
        PluginError::new("the parameter `namespace` is no namespace's name")
            .help("use lower-case letters, digits and `-`, a letter first, at most 63 characters")
    })
}

/// `0.1` asks for any 0.1.x. The value is part of Argo CD's cache key, so that a new version compiles anew.
fn check_version(wanted: &str) -> Result<(), PluginError> {
    let wanted = wanted.strip_prefix('v').unwrap_or(wanted);
    let is_met = OWN_VERSION
        .strip_prefix(wanted)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    if is_met {
        return Ok(());
    }
    Err(PluginError::new(format!(
        "the Application asks for another glidepath than this one, which is {OWN_VERSION}"
    ))
    .help(format!(
        "set the parameter `{VERSION}` to `{OWN_VERSION}`, or update the plugin's image"
    )))
}

fn unknown(compiled: &Compiled, stage: &str, origin: &str) -> PluginError {
    let plan = &compiled.plan;
    // What is no name at all may be something that was pasted by mistake, and stderr is for many eyes.
    let message = if stage.parse::<DnsLabel>().is_ok() {
        format!(
            "{origin} is `{stage}`, and `{}` has no such stage",
            plan.name
        )
    } else {
        format!("{origin} is no stage's name")
    };
    let steps = Place::key(Route::root().key("spec").key("steps"));
    let known = plan.stages.iter().map(|stage| stage.name.as_str());
    let mut report = compiled.report.clone();
    report.push(Diagnostic::new(Code::GP113, steps, message).maybe_help(suggestion(stage, known)));
    PluginError::report(&report)
}
