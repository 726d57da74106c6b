//! One run of the program in this process, and what holds for every run.

use std::any::Any;
use std::ffi::OsString;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use glidepath::cli::{Streams, run};

/// What a run said.
pub(crate) struct Ran {
    pub(crate) code: u8,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A stream whose bytes are kept.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .expect("no panic holds it")
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Kept {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("no panic holds it")).into_owned()
    }
}

/// Runs glidepath with these arguments; a panic is an error with its words.
pub(crate) fn glidepath(arguments: &[&str]) -> Result<Ran, String> {
    let (out, err) = (Kept::default(), Kept::default());
    let mut streams = Streams::piped(Box::new(out.clone()), Box::new(err.clone()));
    let all = ["glidepath"].iter().chain(arguments).map(OsString::from);
    let exit = caught(|| run(all, &mut streams))?;
    Ok(Ran {
        code: exit.code(),
        out: out.text(),
        err: err.text(),
    })
}

/// What `work` returns, or the words of its panic.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| format!("a panic: {}", words(&*panic)))
}

fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without words")
}

impl Ran {
    /// The first error, or what else is said first.
    pub(crate) fn first(&self) -> &str {
        let mut lines = self.err.lines().filter(|line| !line.trim().is_empty());
        let error = lines.clone().find(|line| line.contains("error"));
        error.or_else(|| lines.next()).unwrap_or("it says nothing")
    }

    /// What no run may say or leave out.
    pub(crate) fn fault(&self) -> Option<String> {
        let said = [&self.out, &self.err];
        if let Some(line) = self
            .err
            .lines()
            .find(|line| line.contains("internal error"))
        {
            return Some(line.trim().to_owned());
        }
        if self.code != 0 && said.iter().all(|text| text.trim().is_empty()) {
            return Some(format!("exit {} without a word", self.code));
        }
        self.err.chars().find(|c| acts(*c)).map(|c| {
            format!("stderr has a {c:?}, which acts on a terminal or turns the text round")
        })
    }
}

/// Whether a character does something to who looks at it.
fn acts(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\t'))
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
