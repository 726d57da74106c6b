//! Hosts as Istio reads them: their forms (`ValidateWildcardDomain`, `ValidateFQDN`), and which take the same requests
//! (`host.Name.Matches`).

use std::collections::BTreeSet;

/// Pairs of hosts that take the same requests, as indices, the earlier first; of those that one wildcard covers, each once.
pub fn overlaps(hosts: &[&str]) -> Vec<(usize, usize)> {
    // A wildcard stands right before all that it covers once they are sorted.
    let mut keys: Vec<(Vec<u8>, bool, usize)> = hosts
        .iter()
        .enumerate()
        .map(|(index, host)| {
            let (key, is_exact) = backwards(host);
            (key, is_exact, index)
        })
        .collect();
    keys.sort_unstable();
    let mut found = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for (place, (key, is_exact, index)) in keys.iter().enumerate() {
        while open
            .last()
            .is_some_and(|wide| !key.starts_with(&keys[*wide].0))
        {
            open.pop();
        }
        let same = place
            .checked_sub(1)
            .filter(|before| keys[*before].0 == *key);
        if let Some(other) = open.last().copied().or(same) {
            let other = keys[other].2;
            found.push((other.min(*index), other.max(*index)));
        }
        if !is_exact {
            open.push(place);
        }
    }
    found.sort_unstable();
    found
}

/// Whether requests can come in under both hosts.
pub fn hosts_overlap(one: &str, other: &str) -> bool {
    !overlaps(&[one, other]).is_empty()
}

/// Hosts, in a form in which one more is held against all of them at once.
#[derive(Clone, Debug, Default)]
pub struct Hosts {
    /// Backwards, and without the `*` of those that have one.
    wild: BTreeSet<Vec<u8>>,
    /// Backwards, all of them.
    all: BTreeSet<Vec<u8>>,
}

impl Hosts {
    /// Adds a host.
    pub fn insert(&mut self, host: &str) {
        let (key, is_exact) = backwards(host);
        if !is_exact {
            self.wild.insert(key.clone());
        }
        self.all.insert(key);
    }

    /// Whether requests can come in under `host` and under one of these.
    pub fn meet(&self, host: &str) -> bool {
        let (key, is_exact) = backwards(host);
        // No host is longer than 255 characters.
        let covered = (0..=key.len().min(255)).any(|end| self.wild.contains(&key[..end]));
        let next = self.all.range(key.clone()..).next();
        covered || next.is_some_and(|next| *next == key || !is_exact && next.starts_with(&key))
    }
}

/// A host backwards and without its `*`, where it begins with one, and whether it does not: a wildcard is then a prefix.
fn backwards(host: &str) -> (Vec<u8>, bool) {
    let rest = host.strip_prefix('*');
    (rest.unwrap_or(host).bytes().rev().collect(), rest.is_none())
}

/// Whether `text` is a DNS name, which may end in a dot.
pub fn is_fqdn(text: &str) -> bool {
    !text.is_empty() && text.len() <= 255 && are_labels(text)
}

/// Whether `text` is an IPv4 or IPv6 address.
pub fn is_ip_address(text: &str) -> bool {
    text.parse::<core::net::IpAddr>().is_ok()
}

/// Whether `text` is a DNS name whose first label may be or begin with a `*`.
pub fn is_wildcard_domain(text: &str) -> bool {
    let (first, rest) = text
        .split_once('.')
        .map_or((text, None), |(first, rest)| (first, Some(rest)));
    let starred = first.strip_prefix('*');
    let bare = starred.map_or(first, |name| name.strip_prefix('-').unwrap_or(name));
    text.len() <= 255
        && first.len() <= 63
        && (first == "*" || is_host_label(bare))
        && rest.is_none_or(are_labels)
}

/// Labels between dots; the last is no number, and may be empty.
fn are_labels(text: &str) -> bool {
    let (front, last) = text
        .rsplit_once('.')
        .map_or((None, text), |(front, last)| (Some(front), last));
    last.parse::<i64>().is_err()
        && (last.is_empty() || is_host_label(last))
        && front.is_none_or(|front| front.split('.').all(is_host_label))
}

/// Istio's DNS label: letters of either case, digits, and `-` inside, at most 63.
pub fn is_host_label(text: &str) -> bool {
    let edge = |c: char| c.is_ascii_alphanumeric();
    text.len() <= 63
        && text.starts_with(edge)
        && text.ends_with(edge)
        && text.chars().all(|c| edge(c) || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_overlap_where_one_is_a_suffix_of_the_other() {
        for (one, other, wanted) in [
            ("a.example", "a.example", true),
            ("*", "a.example", true),
            ("*.example", "a.example", true),
            ("*.example", "*.a.example", true),
            ("*.b.example", "*.example", true),
            ("*.example", "example", false),
            ("*example", "example", true),
            ("*.a.example", "*.b.example", false),
            ("a.example", "b.example", false),
            ("a.example", "b.a.example", false),
        ] {
            assert_eq!(hosts_overlap(one, other), wanted, "{one} {other}");
            assert_eq!(hosts_overlap(other, one), wanted, "{other} {one}");
            let mut known = Hosts::default();
            known.insert(one);
            assert_eq!(known.meet(other), wanted, "{one} {other}");
        }
        let many = ["x.a", "*.b", "y.b", "*.z.b", "z", "x.a"];
        assert_eq!(overlaps(&many), [(0, 5), (1, 2), (1, 3)]);
    }

    #[test]
    fn hosts_have_the_forms_that_istio_takes() {
        for good in [
            "*", "*.", "a", "a.b", "*.a.b", "*a.b", "*-a.b", "A.b", "a.b.", "1.a", "7",
        ] {
            assert!(is_wildcard_domain(good), "{good}");
        }
        for bad in [
            "", "a.*", "a..b", "-a.b", "a.1", "a_b", "**.a", "a*.b", "a.b:80", "ä.b",
        ] {
            assert!(!is_wildcard_domain(bad), "{bad}");
        }
    }
}
