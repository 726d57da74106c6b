//! Loose objects that are cut off, changed or lie about themselves.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

use crate::case::Case;
use crate::mutate;

use super::repository::{COMMANDS, sample};

/// A run reads no more of an object than this to change it.
const MOST: u64 = 1 << 20;

pub(crate) fn run(case: &mut Case<'_>) {
    let repository = sample();
    repository.put(case);
    let objects = repository.objects();
    for _ in 0..case.rng.usize(1..4) {
        let path = objects[case.rng.usize(..objects.len())].to_owned();
        let bytes = std::fs::read(case.place.join(&path)).unwrap_or_default();
        let changed = if case.rng.bool() {
            mutate::bytes(&bytes, &mut case.rng)
        } else {
            inside(case, &bytes)
        };
        let full = case.place.join(&path);
        std::fs::write(full, changed).expect("a file");
    }
    for _ in 0..2 {
        let command = COMMANDS[case.rng.usize(..COMMANDS.len())];
        case.run(command);
    }
}

/// The object with what it says changed, and packed again.
fn inside(case: &mut Case<'_>, bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    // What was changed before may not unpack: what came out of it will do.
    let _ = ZlibDecoder::new(bytes).take(MOST).read_to_end(&mut text);
    let rng = &mut case.rng;
    let mut text = mutate::bytes(&text, rng);
    if let Some(end) = text
        .iter()
        .position(|byte| *byte == 0)
        .filter(|_| rng.bool())
    {
        let kind = ["blob", "tree", "commit", "tag", "x"][rng.usize(..5)];
        let size = [0, 1, text.len() as u64, u64::from(u32::MAX), u64::MAX][rng.usize(..5)];
        text.splice(..end, format!("{kind} {size}").into_bytes());
    }
    let mut out = ZlibEncoder::new(Vec::new(), Compression::fast());
    out.write_all(&text).expect("memory");
    out.finish().expect("memory")
}
