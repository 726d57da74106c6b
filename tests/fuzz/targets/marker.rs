//! The marker and the body of a pull request: written from any names, read from any text.

use glidepath::promotion::ledger::{Trailers, one_line};
use glidepath::promotion::pull_request::{Marker, cut, fence, length};

use crate::case::Case;
use crate::mutate::{self, word};

pub(crate) fn run(case: &mut Case<'_>) {
    let rng = &mut case.rng;
    let marker = Marker {
        rollout: word(rng),
        folder: word(rng),
        from: word(rng),
        to: word(rng),
        digest: word(rng),
        superseded: rng.bool(),
    };
    let Some(line) = case.call(|| marker.line()) else {
        return;
    };
    if line.lines().count() != 1 || line.matches("--").count() != 2 {
        case.fault("a marker is no comment of one line");
    }
    let around = word(&mut case.rng);
    let body = format!("{around}\n{line}\n");
    if case
        .call(|| Marker::read(&body))
        .is_some_and(|read| read.as_ref() != Some(&marker))
    {
        case.fault("a marker does not read back");
    }
    let spoilt = mutate::bytes(body.as_bytes(), &mut case.rng);
    let spoilt = String::from_utf8_lossy(&spoilt).into_owned();
    let read = case.call(|| Marker::read(&spoilt));
    if let Some(Some(read)) = read
        && case
            .call(|| Marker::read(&read.line()))
            .is_some_and(|again| again.as_ref() != Some(&read))
    {
        case.fault("what was read of a changed marker does not read back");
    }
    let most = case.rng.usize(..300);
    let fits =
        case.call(|| length(cut(&spoilt, most)) <= most && !spoilt.contains(&fence(&spoilt)));
    if fits == Some(false) {
        case.fault("a text is not cut, or its fence is in it");
    }
    let message = Trailers {
        rollout: marker.rollout,
        from: marker.from,
        to: marker.to,
        digest: marker.digest,
        reason: Some(around),
        ..Trailers::default()
    };
    let read = case.call(|| Trailers::read(&message.message(&body, "")));
    let has_words = [&message.rollout, &message.from, &message.to]
        .iter()
        .all(|word| !one_line(word).trim().is_empty());
    if let Some(None) = read
        && has_words
    {
        case.fault("trailers do not read back");
    }
}
