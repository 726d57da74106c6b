//! Expressions hold what they are made of, and no more.

use proptest::prelude::*;
use regex::Regex;

use super::*;
use crate::plan::sticky::BUCKETS;
use crate::units::check_re2;

fn whole(patterns: &[String]) -> Vec<Regex> {
    let regex = |pattern: &String| Regex::new(&format!(r"\A(?:{pattern})\z")).expect("a regex");
    patterns.iter().map(regex).collect()
}

fn takes(patterns: &[Regex], text: &str) -> bool {
    patterns.iter().any(|regex| regex.is_match(text))
}

fn ranges() -> impl Strategy<Value = Vec<Range<u16>>> {
    prop::collection::btree_set(0..=BUCKETS, 0..24).prop_map(|ends| {
        let ends: Vec<u16> = ends.into_iter().collect();
        ends.chunks_exact(2).map(|pair| pair[0]..pair[1]).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_expressions_take_their_buckets_and_no_other(ranges in ranges()) {
        let cookie = of_cookie("a.b", ranges.iter().cloned());
        let header = of_header(ranges.iter().cloned(), true);
        for pattern in cookie.iter().chain(&header) {
            prop_assert_eq!(check_re2(pattern), Ok(()));
        }
        let (cookie, header) = (whole(&cookie), whole(&header));
        for bucket in 0..BUCKETS {
            let wanted = ranges.iter().any(|range| range.contains(&bucket));
            for text in [format!("a.b={bucket:03x}"), format!("x=1; a.b={bucket:03x}7-4c; y=2")] {
                prop_assert_eq!(takes(&cookie, &text), wanted, "{}", text);
            }
            prop_assert_eq!(takes(&header, &format!("{bucket:03x}0")), wanted);
            prop_assert_eq!(takes(&header, &format!("{bucket:03X}")), wanted);
        }
        for text in ["a.b=", "a.b=zz", "xa.b=000", "x=a.b=000", "a-b=000", "A.B=000"] {
            prop_assert!(!takes(&cookie, text), "{}", text);
        }
    }
}

#[test]
fn one_digit_is_enough_where_shares_are_sixteenths() {
    let cookie = |range: Range<u16>| of_cookie("n", std::iter::once(range));
    assert_eq!(cookie(0..1_024), ["(.*; )?n=[0-3].*"]);
    assert_eq!(cookie(0..256), ["(.*; )?n=0.*"]);
    assert_eq!(cookie(0..BUCKETS), ["(.*; )?n=[0-9a-f].*"]);
    assert_eq!(cookie(0..409), ["(.*; )?n=(?:0|1[0-8]|19[0-8]).*"]);
    assert_eq!(
        cookie(409..BUCKETS),
        ["(.*; )?n=(?:[2-9a-f]|1[a-f]|19[9a-f]).*"]
    );
    assert_eq!(of_header(std::iter::once(3_072..3_088), true), ["[cC]0.*"]);
    assert_eq!(of_header(std::iter::once(0..2_816), true), ["[0-9aA].*"]);
}

#[test]
fn what_does_not_fit_into_one_program_is_split() {
    // Every second bucket of one digit's first half: eight prefixes, each with a class of digits.
    let ranges: Vec<Range<u16>> = (0..64).map(|at| at * 2..at * 2 + 1).collect();
    let name = "n".repeat(MAX_COOKIE_NAME);
    let found = of_cookie(&name, ranges.iter().cloned());
    assert!(found.len() > 1, "{found:?}");
    let digits = |pattern: &String| pattern.len() - name.len() - "(.*; )?=(?:).*".len();
    assert!(
        found
            .iter()
            .all(|pattern| digits(pattern) + AROUND_COOKIE + name.len() <= MAX_PROGRAM)
    );
}
