//! CONTRIBUTING.md says what the table says: a map that nobody holds against the house is soon of another one.

use std::fs;
use std::path::Path;

use super::{ROOMS, WORLD};
use crate::support::ROOT;

/// The cells of the table of CONTRIBUTING.md that begins with this line.
fn table(header: &str) -> Vec<Vec<String>> {
    let text =
        fs::read_to_string(Path::new(ROOT).join("CONTRIBUTING.md")).expect("CONTRIBUTING.md");
    let mut lines = text.lines().skip_while(|line| *line != header);
    assert!(lines.next().is_some(), "CONTRIBUTING.md has no `{header}`");
    lines
        .skip(1)
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let cells = line.trim_matches('|').split('|');
            cells.map(|cell| cell.trim().to_owned()).collect()
        })
        .collect()
}

/// Names in backticks.
fn quoted(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(" ")
}

/// What the column `may name` says of a room: the rooms, or the few above it that it may not name.
fn may_name(at: usize) -> String {
    let (_, named) = ROOMS[at];
    let above = ROOMS[..at].iter().map(|(room, _)| *room);
    let barred: Vec<&str> = above.filter(|room| !named.contains(room)).collect();
    if named.is_empty() {
        "nothing".to_owned()
    } else if named.len() < 10 {
        quoted(named)
    } else if barred.is_empty() {
        "all above".to_owned()
    } else {
        format!("all above but {}", quoted(&barred))
    }
}

#[test]
fn the_map_names_every_room_and_what_it_may_name() {
    let rows =
        table("| part of `src/` | what goes in and comes out | may name | what it never does |");
    let found: Vec<(&str, &str)> = rows
        .iter()
        .map(|row| (row[0].trim_matches(['`', '/']), row[2].as_str()))
        .collect();
    let wanted: Vec<String> = (0..ROOMS.len()).map(may_name).collect();
    let wanted: Vec<(&str, &str)> = ROOMS
        .iter()
        .zip(&wanted)
        .map(|((room, _), may_name)| (*room, may_name.as_str()))
        .collect();
    assert_eq!(
        found, wanted,
        "left: CONTRIBUTING.md, right: tests/rooms.rs"
    );
}

#[test]
fn the_map_says_where_the_world_begins() {
    let rows = table("| of the world | only in |");
    let found: Vec<(&str, &str)> = rows
        .iter()
        .map(|row| (row[0].as_str(), row[1].as_str()))
        .collect();
    let wanted: Vec<(String, String)> = WORLD
        .iter()
        .map(|(path, places)| (format!("`{}`", path.join("::")), quoted(places)))
        .collect();
    let wanted: Vec<(&str, &str)> = wanted
        .iter()
        .map(|(what, places)| (what.as_str(), places.as_str()))
        .collect();
    assert_eq!(
        found, wanted,
        "left: CONTRIBUTING.md, right: tests/rooms.rs"
    );
}
