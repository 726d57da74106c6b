//! Argo CD's side of the contract, as its code has it: what `argocd-cmp-server` and the repo server do around a plugin.
//!
//! Followed file by file: the tar of the repository and its exclusions (`util/io/files/tar.go`), the work folder, environment
//! and deadline of the command (`cmpserver/plugin/plugin.go`), the splitting of stdout (`gitops-engine/pkg/utils/kube`), the
//! flattening of lists and the text of errors (`reposerver/repository/repository.go`).

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize as _;
use serde_json::Value;

use crate::support::{GLIDEPATH, Place};

/// A request of the repo server: a checkout, an Application, and how the plugin is run.
pub(crate) struct Request<'a> {
    pub(crate) repository: &'a Path,
    /// `spec.source.path`.
    pub(crate) path: &'a str,
    /// `ARGOCD_REPO_SERVER_PLUGIN_TAR_EXCLUSIONS`.
    pub(crate) exclusions: &'a [&'a str],
    /// `ARGOCD_APP_NAME`: `<namespace>_<name>` for Applications in any namespace.
    pub(crate) app: &'a str,
    /// `ARGOCD_APP_PARAMETERS`: absent without a `plugin` block.
    pub(crate) parameters: Option<&'a str>,
    pub(crate) env: Vec<(&'a str, &'a str)>,
    pub(crate) argv: Vec<String>,
    /// What is left of the caller's gRPC deadline.
    pub(crate) deadline: Duration,
}

/// What came of a request.
#[derive(Debug)]
pub(crate) struct Response {
    /// The manifests that the repo server goes on with, or the condition that the Application shows.
    pub(crate) manifests: Result<Vec<Value>, String>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// Where the plugin ran: must not be seen in either stream.
    pub(crate) sandbox: PathBuf,
}

impl Request<'_> {
    pub(crate) fn of(repository: &Path) -> Request<'_> {
        Request {
            repository,
            path: ".",
            exclusions: &[],
            app: "classifier",
            parameters: None,
            env: Vec::new(),
            argv: vec![
                GLIDEPATH.to_owned(),
                "cmp".to_owned(),
                "generate".to_owned(),
            ],
            deadline: Duration::from_secs(60),
        }
    }

    pub(crate) fn send(&self) -> Response {
        let work = Place::new();
        let sandbox = work.path("_cmp_server").join("5f0c6a3e");
        fs::create_dir_all(&sandbox).expect("a folder");
        let refused = |why: String| Response {
            manifests: Err(why),
            stdout: String::new(),
            stderr: String::new(),
            sandbox: sandbox.clone(),
        };
        // The repo server looks at every link before anything is sent (util/app/path/path.go).
        if let Err(why) = pack(self.repository, Path::new(""), self.exclusions, &sandbox) {
            return refused(why);
        }
        self.run(&sandbox)
    }

    fn run(&self, sandbox: &Path) -> Response {
        let mut command = Command::new(&self.argv[0]);
        command
            .args(&self.argv[1..])
            .current_dir(sandbox.join(self.path))
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // The sidecar's own environment first, with what must never be told.
            .env_clear()
            .env("ARGOCD_GRPC_TOKEN", SECRET)
            .env("ARGOCD_APP_NAME", self.app)
            .env("ARGOCD_APP_NAMESPACE", "vision")
            .env("ARGOCD_APP_PROJECT_NAME", "default")
            .env(
                "ARGOCD_APP_REVISION",
                "37ee0097c0ffee37ee0097c0ffee37ee0097c0ff",
            )
            .env("ARGOCD_APP_REVISION_SHORT", "37ee009")
            .env("ARGOCD_APP_REVISION_SHORT_8", "37ee0097")
            .env(
                "ARGOCD_APP_SOURCE_REPO_URL",
                format!("https://x:{SECRET}@git.example/models.git"),
            )
            .env("ARGOCD_APP_SOURCE_PATH", self.path)
            .env("ARGOCD_APP_SOURCE_TARGET_REVISION", "HEAD")
            .env("KUBE_VERSION", "1.33")
            .env("KUBE_API_VERSIONS", "v1,apps/v1");
        if let Some(parameters) = self.parameters {
            command.env("ARGOCD_APP_PARAMETERS", parameters);
            // Lossy, and never to be read.
            command.env("PARAM_STAGE", "retire");
        }
        // The request's environment wins over the sidecar's.
        command.envs(self.env.iter().copied());
        let mut child = command.spawn().expect("the plugin starts");
        let mut streams = [
            Box::new(child.stdout.take().expect("a pipe")) as Box<dyn std::io::Read + Send>,
            Box::new(child.stderr.take().expect("a pipe")),
        ]
        .map(|mut stream| {
            thread::spawn(move || {
                let mut text = String::new();
                stream.read_to_string(&mut text).expect("UTF-8");
                text
            })
        })
        .into_iter();
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().expect("a child") {
                break status;
            }
            if begun.elapsed() > self.deadline {
                // exec.CommandContext sends SIGKILL to the main process, without a word before it.
                child.kill().expect("it runs");
            }
            thread::sleep(Duration::from_millis(1));
        };
        let mut text = || streams.next().expect("two").join().expect("it was read");
        let (stdout, stderr) = (text(), text());
        let manifests = if status.success() {
            split(&stdout).map(|objects| objects.into_iter().flat_map(flatten).collect())
        } else {
            let how = status.code().map_or_else(
                || "signal: killed".to_owned(),
                |code| format!("exit status {code}"),
            );
            Err(format!(
                "`{}` failed {how}: {}",
                self.argv.join(" "),
                stderr.trim()
            ))
        };
        Response {
            manifests: manifests.map_err(|why| self.condition(&why)),
            stdout,
            stderr,
            sandbox: sandbox.to_owned(),
        }
    }

    /// The Application's ComparisonError.
    fn condition(&self, why: &str) -> String {
        format!(
            "CMP processing failed for application \"{}\": error generating manifests in cmp: rpc error: code = Unknown desc = error generating manifests: {why}",
            self.app
        )
    }
}

/// What the environment holds and no stream may.
pub(crate) const SECRET: &str = "ghp_0123456789abcdef0123456789abcdef0123";

/// The tar and its extraction in one: regular files as 0644, folders, links that stay inside. Other kinds do not travel.
fn pack(from: &Path, below: &Path, exclusions: &[&str], to: &Path) -> Result<(), String> {
    let mut entries: Vec<_> = fs::read_dir(from.join(below))
        .expect("a folder")
        .map(|entry| entry.expect("an entry"))
        .collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = below.join(entry.file_name());
        if exclusions.iter().any(|glob| matches(glob, &path)) {
            continue;
        }
        let (kind, target) = (entry.file_type().expect("a kind"), to.join(&path));
        if kind.is_symlink() {
            let link = fs::read_link(entry.path()).expect("a link");
            if link.is_absolute() || climbs_out(below, &link) {
                return Err(format!(
                    "repository contains out-of-bounds symlinks. file: {}",
                    path.display()
                ));
            }
            std::os::unix::fs::symlink(link, target).expect("a link");
        } else if kind.is_dir() {
            fs::create_dir(&target).expect("a folder");
            pack(from, &path, exclusions, to)?;
        } else if kind.is_file() {
            fs::copy(entry.path(), &target).expect("a copy");
            fs::set_permissions(&target, fs::Permissions::from_mode(0o644)).expect("a mode");
        }
    }
    Ok(())
}

/// Go's `filepath.Match` for what is used here: `*` stays within a part of the path.
fn matches(glob: &str, path: &Path) -> bool {
    let path = path.to_string_lossy();
    let (glob, path): (Vec<&str>, Vec<&str>) =
        (glob.split('/').collect(), path.split('/').collect());
    glob.len() == path.len()
        && glob
            .iter()
            .zip(path)
            .all(|(glob, part)| match glob.split_once('*') {
                Some((before, after)) => part.starts_with(before) && part.ends_with(after),
                None => *glob == part,
            })
}

fn climbs_out(below: &Path, link: &Path) -> bool {
    let mut depth = below.components().count();
    for part in link.components() {
        match part {
            Component::ParentDir if depth == 0 => return true,
            Component::ParentDir => depth -= 1,
            Component::Normal(_) => depth += 1,
            Component::Prefix(_) | Component::RootDir | Component::CurDir => {}
        }
    }
    false
}

/// Stdout as a stream of JSON objects if it begins with `{`, else as YAML documents; empty ones are skipped.
pub(crate) fn split(stdout: &str) -> Result<Vec<Value>, String> {
    if stdout.trim_start().starts_with('{') {
        let stream = serde_json::Deserializer::from_str(stdout).into_iter();
        return stream
            .collect::<Result<_, _>>()
            .map_err(|error| format!("failed to unmarshal manifest: {error}"));
    }
    serde_yaml::Deserializer::from_str(stdout)
        .map(Value::deserialize)
        .filter(|document| !matches!(document, Ok(Value::Null)))
        .collect::<Result<_, _>>()
        .map_err(|error| format!("failed to unmarshal manifest: {error}"))
}

/// The items of a `List`, each on its own.
pub(crate) fn flatten(object: Value) -> Vec<Value> {
    let is_list = object["kind"]
        .as_str()
        .is_some_and(|kind| kind.ends_with("List"));
    match object.get("items") {
        Some(Value::Array(items)) if is_list => items.clone(),
        Some(Value::Null) if is_list => Vec::new(),
        _ => vec![object],
    }
}
