//! Where the rollouts are, and their text.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::diag::{Code, Diagnostic, Place, Report};
use crate::text::{MAX_BYTES, Source, Span};
use crate::units::names;

use super::{Exit, Failure};

/// Folders that no rollout is looked for in.
const SKIPPED: [&str; 3] = [".git", "node_modules", "target"];
/// The deepest folder that is looked into.
const MAX_DEPTH: usize = 64;

/// Every file that the paths mean, each once, in order.
pub(super) fn find(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        let meta = fs::metadata(path).map_err(|error| Failure::io("read", path, &error))?;
        if !meta.is_dir() {
            files.push(path.clone());
            continue;
        }
        let before = files.len();
        walk(path, 0, &mut files)?;
        if files.len() == before {
            return Err(Failure::new(
                Exit::Wrong,
                format!("no {} in `{}` or below", names::SPEC_FILE, path.display()),
            )
            .help("write one with `glidepath init`, or name another folder"));
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    files.retain(|file| seen.insert(file.clone()));
    Ok(files)
}

/// Finds the rollouts below a folder. Links are not followed: they would lead in circles, or out.
fn walk(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let fail = |error: &std::io::Error| Failure::io("read", folder, error);
    let mut entries = fs::read_dir(folder)
        .map_err(|error| fail(&error))?
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| fail(&error))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type().map_err(|error| fail(&error))?;
        let name = entry.file_name();
        // `./x` and `x` are one file to people.
        let path = if folder == Path::new(".") {
            PathBuf::from(&name)
        } else {
            entry.path()
        };
        if name == names::SPEC_FILE {
            files.push(path);
        } else if kind.is_dir()
            && depth < MAX_DEPTH
            && !SKIPPED.iter().any(|skipped| name == *skipped)
        {
            walk(&path, depth + 1, files)?;
        }
    }
    Ok(())
}

/// Reads a file as a source; what is no text is a report about it.
pub(super) fn read(path: &Path) -> Result<Result<Source, Report>, Failure> {
    let fail = |error: &std::io::Error| Failure::io("read", path, error);
    let meta = fs::metadata(path).map_err(|error| fail(&error))?;
    if !meta.is_file() {
        let what = if meta.is_dir() {
            "a folder"
        } else {
            "no regular file"
        };
        return Err(Failure::new(
            Exit::Outside,
            format!("cannot read `{}`: it is {what}", path.display()),
        ));
    }
    let mut bytes = Vec::new();
    // One byte over the limit is enough to know that it is over.
    let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX) + 1;
    fs::File::open(path)
        .and_then(|file| file.take(limit).read_to_end(&mut bytes))
        .map_err(|error| fail(&error))?;
    let name = path.display().to_string();
    Ok(String::from_utf8(bytes)
        .map(|text| Source::new(name.clone(), text))
        .map_err(|error| not_utf8(name, &error)))
}

fn not_utf8(name: String, error: &std::string::FromUtf8Error) -> Report {
    let at = error.utf8_error().valid_up_to();
    let byte = error.as_bytes()[at];
    let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
    let mut report = Report::new(Source::new(name, text));
    report.push(
        Diagnostic::new(
            Code::GP001,
            Place::Bytes(Span::new(at, at + char::REPLACEMENT_CHARACTER.len_utf8())),
            format!("the byte 0x{byte:02X} is not UTF-8"),
        )
        .help("save the file as UTF-8"),
    );
    report
}
