//! Changes of bytes.

use fastrand::Rng;

/// Bytes that mean something to some reader.
const PIECES: &[&[u8]] = &[
    b"\0",
    b"\xff",
    b"\xfe\xff",
    b"\xef\xbb\xbf",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\r",
    b"\r\n",
    b"\n",
    b"\t",
    b"\x1b[2J",
    b"\x7f",
    b"\x85",
    b"\xe2\x80\xa8",
    b"\xe2\x80\xae",
    b"\xe2\x81\xa6",
    b"\xf4\x90\x80\x80",
    b": ",
    b"- ",
    b"---\n",
    b"...\n",
    b"%YAML 9.9\n",
    b"#",
    b"&a ",
    b"*a ",
    b"!!",
    b"<<: *a\n",
    b"|\n",
    b"\"",
    b"'",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b"-->",
    b"\\u",
    b"%",
    b"=",
];

/// Changes a few bytes.
pub(crate) fn bytes(text: &[u8], rng: &mut Rng) -> Vec<u8> {
    let mut text = text.to_vec();
    for _ in 0..rng.usize(1..=4) {
        let at = rng.usize(..=text.len());
        match rng.u8(..8) {
            0 if at < text.len() => text[at] ^= 1 << rng.u8(..8),
            1 => text.truncate(at),
            2 => {
                let to = (at + rng.usize(..64)).min(text.len());
                text.drain(at..to);
            }
            3 => {
                let to = (at + rng.usize(..256)).min(text.len());
                let piece = text[at..to].to_vec();
                let into = rng.usize(..=text.len());
                text.splice(into..into, piece);
            }
            4 if at < text.len() => text[at] = rng.u8(..),
            5 => {
                let piece = text[at..(at + 24).min(text.len())].repeat(rng.usize(1..200));
                text.splice(at..at, piece);
            }
            _ => {
                let piece = PIECES[rng.usize(..PIECES.len())];
                text.splice(at..at, piece.iter().copied());
            }
        }
    }
    text
}
