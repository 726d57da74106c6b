//! Changes of texts: bytes, lines, values where they stand, and nodes of a tree.

mod bytes;
mod nasty;
mod nodes;
mod places;

use fastrand::Rng;

use crate::corpus::{Corpus, parsed};

pub(crate) use bytes::bytes;
pub(crate) use nasty::word;

use nodes::node;

/// Changes a YAML text in up to `most` places.
pub(crate) fn yaml(text: &str, most: usize, corpus: &Corpus, rng: &mut Rng) -> Vec<u8> {
    let times = rng.usize(1..=most);
    // Trees have neither comments nor layout: what is about those is tried apart.
    let tree = rng.bool().then(|| parsed(text)).flatten();
    if let Some(mut tree) = tree {
        for _ in 0..times {
            node(&mut tree, corpus, rng);
        }
        // JSON is YAML.
        let printed = if rng.u8(..4) == 0 {
            Some(tree.to_string())
        } else {
            serde_yaml::to_string(&tree).ok()
        };
        let text = printed.unwrap_or_default();
        return if rng.u8(..8) == 0 {
            bytes(text.as_bytes(), rng)
        } else {
            text.into_bytes()
        };
    }
    let mut text = text.to_owned();
    for _ in 0..times {
        text = if rng.u8(..3) == 0 {
            places::line(&text, rng)
        } else {
            places::value(&text, rng)
        };
    }
    if rng.u8(..4) == 0 {
        bytes(text.as_bytes(), rng)
    } else {
        text.into_bytes()
    }
}

/// Changes a stream of manifests in up to `most` places.
pub(crate) fn stream(text: &str, most: usize, corpus: &Corpus, rng: &mut Rng) -> Vec<u8> {
    let mut parts: Vec<Vec<u8>> = text
        .split("\n---")
        .map(|part| part.as_bytes().to_vec())
        .collect();
    for _ in 0..rng.usize(1..=most) {
        let at = rng.usize(..parts.len());
        match rng.u8(..10) {
            0 => {
                let copy = parts[at].clone();
                parts.push(copy);
            }
            1 if parts.len() > 1 => {
                parts.remove(at);
            }
            _ => {
                let part = String::from_utf8_lossy(&parts[at]).into_owned();
                parts[at] = yaml(&part, 2, corpus, rng);
            }
        }
    }
    parts.join(&b"\n---\n"[..])
}

/// Changes a JSON text in up to `most` places.
pub(crate) fn json(text: &str, most: usize, corpus: &Corpus, rng: &mut Rng) -> Vec<u8> {
    let tree = (rng.u8(..4) > 0)
        .then(|| serde_json::from_str(text).ok())
        .flatten();
    let Some(mut tree) = tree else {
        let changed = if rng.bool() {
            places::value(text, rng)
        } else {
            text.to_owned()
        };
        return bytes(changed.as_bytes(), rng);
    };
    for _ in 0..rng.usize(1..=most) {
        node(&mut tree, corpus, rng);
    }
    tree.to_string().into_bytes()
}
