//! Files of a folder that a stranger may have filled: read only where they are regular, small and truly inside.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Component, Path};

use crate::cmp::Refusal;
use crate::diag::words::system;
use crate::text::MAX_BYTES;

/// The text of a file below the working directory, by its relative path; `None` where there is none.
///
/// A symbolic link may lead anywhere inside. Nothing is opened before it is known to be a regular file, because opening a
/// FIFO waits for a writer, and nothing is read that is larger than a rollout may be. Messages name the path as it was
/// given and never where the folder lies.
pub(super) fn read(path: &str) -> Result<Option<String>, Refusal> {
    read_below(Path::new("."), path)
}

/// The same, of a file below another folder.
pub(super) fn read_below(folder: &Path, path: &str) -> Result<Option<String>, Refusal> {
    let file = folder.join(path);
    let fail = |error: &io::Error| Refusal::new(format!("cannot read `{path}`: {}", system(error)));
    let inside = Path::new(path)
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !inside {
        return Err(escaped(path));
    }
    let root = fs::canonicalize(folder).map_err(|error| fail(&error))?;
    let real = match fs::canonicalize(&file) {
        Ok(real) => real,
        // A link to nowhere is no absent file: it must not make a command fall back to something else.
        Err(error) if error.kind() == io::ErrorKind::NotFound && !is_link(&file) => {
            return Ok(None);
        }
        Err(error) => return Err(fail(&error)),
    };
    if !real.starts_with(&root) {
        return Err(escaped(path));
    }
    let meta = fs::metadata(&real).map_err(|error| fail(&error))?;
    if !meta.is_file() {
        let what = if meta.is_dir() {
            "a folder"
        } else {
            "no regular file"
        };
        return Err(Refusal::new(format!("cannot read `{path}`: it is {what}")));
    }
    let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX);
    if meta.len() > limit {
        return Err(Refusal::new(format!(
            "{path}:1: the file has {} bytes; at most {limit} are allowed",
            meta.len()
        )));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0) + 1);
    fs::File::open(&real)
        .and_then(|file| file.take(limit + 1).read_to_end(&mut bytes))
        .map_err(|error| fail(&error))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.split(|byte| *byte == b'\n').count();
        Refusal::new(format!("{path}:{line}: the text is not UTF-8")).help("save the file as UTF-8")
    })?;
    Ok(Some(text))
}

fn escaped(path: &str) -> Refusal {
    Refusal::new(format!("`{path}` leads out of the application's folder"))
        .help("keep the file itself below `spec.source.path`, or a link to a file there")
}

fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn only_regular_small_files_of_the_folder_are_read() {
        let around = std::env::temp_dir().join(format!("glidepath-inside-{}", std::process::id()));
        let folder = around.join("in");
        fs::create_dir_all(&folder).expect("a folder");
        let write = |path: &str, size: usize| {
            fs::write(around.join(path), "x".repeat(size)).expect("a file");
        };
        write("secret", 1);
        write("in/file", 1);
        write("in/large", MAX_BYTES + 1);
        let link = |to: &str, name: &str| {
            std::os::unix::fs::symlink(to, folder.join(name)).expect("a link");
        };
        link("file", "good");
        link("../secret", "bad");
        let made = std::process::Command::new("mkfifo")
            .arg(folder.join("pipe"))
            .status();
        assert!(made.expect("mkfifo").success());
        let read = |path: &str| read_below(&folder, path).map_err(|_| "refused");
        for path in ["file", "good"] {
            assert_eq!(read(path), Ok(Some("x".to_owned())), "{path}");
        }
        assert_eq!(read("absent"), Ok(None));
        for path in [
            "../secret",
            "bad",
            "large",
            "pipe",
            "/etc/passwd",
            "/dev/stdin",
            ".",
        ] {
            assert!(read(path).is_err(), "{path}");
        }
        fs::remove_dir_all(&around).expect("it is ours");
    }
}
