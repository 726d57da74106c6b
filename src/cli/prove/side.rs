//! One side of a proof: a file, a folder, a revision of one, or standard input.

use std::fs;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use crate::cli::output::Output;
use crate::cli::{Exit, Failure};
use crate::diag::{FileError, Report};
use crate::manifests::{Manifests, Unread};
use crate::promotion::revision::{AtRoot, root_of};
use crate::sink::files::Folder;
use crate::text::{Files, MAX_STREAM_BYTES, Source};

/// The name of what is piped in.
const STDIN: &str = "<stdin>";

/// Reads the objects that an argument names.
pub(super) fn read(
    given: &str,
    namespace: Option<&str>,
    output: &mut Output<'_>,
) -> Result<Manifests, Failure> {
    let path = Path::new(given);
    confined(path)?;
    let found = if given == "-" {
        stream(&read_text(STDIN, std::io::stdin().lock())?, namespace)
    } else if path.is_dir() {
        let (root, below) = rooted(path)?;
        Manifests::read_folder(&Folder::new(&root), &below, namespace)
    } else if let Some((revision, path)) = given.split_once(':').filter(|_| !path.exists()) {
        let at = AtRoot::read(revision, path)?;
        at_revision(&at, namespace)
    } else {
        let file = fs::File::open(path).map_err(|error| Failure::io("read", path, &error))?;
        stream(&read_text(given, file)?, namespace)
    };
    let manifests = found.map_err(|unread| refused(given, unread, output))?;
    if manifests.sources().is_empty() {
        return Err(Failure::new(
            Exit::Wrong,
            format!("`{given}` holds no manifests"),
        ));
    }
    Ok(manifests)
}

/// Refuses a path of this repository that leads out of it, or to what git keeps there: whoever proposes a change may have put a link in
/// the place of a folder.
fn confined(path: &Path) -> Result<(), Failure> {
    let (Ok(here), Ok(there)) = (fs::canonicalize("."), fs::canonicalize(path)) else {
        return Ok(());
    };
    let Some(root) = root_of(&here)?.and_then(|root| fs::canonicalize(root).ok()) else {
        return Ok(());
    };
    let mut plain = PathBuf::new();
    for part in here.join(path).components() {
        if part == Component::ParentDir {
            plain.pop();
        } else {
            plain.push(part);
        }
    }
    let is_ours = plain.starts_with(&root);
    let is_inside = there.starts_with(&root) && !there.starts_with(root.join(".git"));
    if is_ours && !is_inside {
        return Err(unreadable(&path.display().to_string(), &FileError::Outside));
    }
    Ok(())
}

fn stream(source: &Source, namespace: Option<&str>) -> Result<Manifests, Unread> {
    if source.text().trim().is_empty() {
        return Ok(Manifests::default());
    }
    Ok(Manifests::read(source, namespace)?)
}

fn at_revision(at: &AtRoot, namespace: Option<&str>) -> Result<Manifests, Unread> {
    let (files, path) = (at.files(), at.path.as_str());
    let failed = |error| Unread::File(path.to_owned(), error);
    if files.list(path).map_err(failed)?.is_some() {
        return Manifests::read_folder(&files, path, namespace);
    }
    let source = files.read(path).map_err(failed)?;
    let source = source.ok_or_else(|| Unread::Missing(path.to_owned()))?;
    stream(&source, namespace)
}

/// The text of a reader, no longer than a stream may be.
pub(in crate::cli) fn read_text(name: &str, reader: impl std::io::Read) -> Result<Source, Failure> {
    let mut bytes = Vec::new();
    let most = u64::try_from(MAX_STREAM_BYTES).unwrap_or(u64::MAX);
    reader
        .take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::io("read", Path::new(name), &error))?;
    let text =
        String::from_utf8(bytes).map_err(|error| unreadable(name, &FileError::not_utf8(&error)))?;
    Ok(Source::new(name, text))
}

/// The folder below which everything may be read that a kustomization lists, as a relative path where it can be one, and the path
/// of `folder` below it: the work tree of the repository, or the folder itself where there is none.
fn rooted(folder: &Path) -> Result<(PathBuf, String), Failure> {
    let real =
        |path: &Path| fs::canonicalize(path).map_err(|error| Failure::io("read", path, &error));
    let (here, there) = (real(Path::new("."))?, real(folder)?);
    let Some(root) = root_of(&there)?.map(|root| real(&root)).transpose()? else {
        return Ok((folder.to_owned(), String::new()));
    };
    let below = there.strip_prefix(&root).unwrap_or(Path::new(""));
    let below = below.to_string_lossy().into_owned();
    let up = here.strip_prefix(&root).ok();
    let up = up.map(|below| below.components().map(|_| "..").collect::<PathBuf>());
    Ok((up.unwrap_or(root), below))
}

/// What is said of manifests that cannot be read.
fn refused(given: &str, unread: Unread, output: &mut Output<'_>) -> Failure {
    match unread {
        Unread::Wrong(report) => {
            let reports: [&Report; 1] = [&report];
            output.reports(&reports);
            Failure::said(Exit::Wrong)
        }
        Unread::File(path, error) => unreadable(&path, &error),
        Unread::Missing(path) => Failure::new(Exit::Wrong, format!("there is no `{path}`")),
        Unread::NeedsBuilding(folder, field) => Failure::new(
            Exit::Wrong,
            format!("`{folder}` has a kustomization with `{field}`, which needs building"),
        )
        .help(format!(
            "build it and pipe it in: `kubectl kustomize {given} | glidepath prove …`"
        )),
        Unread::TooDeep(folder) => Failure::new(
            Exit::Wrong,
            format!("the kustomizations up to `{folder}` list each other too deeply"),
        ),
    }
}

fn unreadable(path: &str, error: &FileError) -> Failure {
    Failure::new(Exit::Wrong, format!("cannot read `{path}`: {error}"))
}
