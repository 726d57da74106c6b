//! What a server that checks AWS signatures sees: it signs what came, and compares.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::trust::{folder, gate};
use super::{GOOD, answer, server};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
    digits.collect::<Vec<_>>().concat()
}

/// RFC 2104, for keys that are no longer than a block.
fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let pad = |with: u8| -> Vec<u8> {
        (0..64)
            .map(|at| key.get(at).copied().unwrap_or_default() ^ with)
            .collect()
    };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(text);
    let outer = Sha256::new().chain_update(pad(0x5c));
    outer.chain_update(inner.finalize()).finalize().to_vec()
}

/// The signature that the owner of the key would have given to a request that came.
fn expected(head: &str, body: &str, region: &str, service: &str) -> (String, String) {
    let mut lines = head.lines();
    let mut first = lines.next().expect("a request").split(' ');
    let (method, path) = (
        first.next().expect("a method"),
        first.next().expect("a path"),
    );
    let headers: BTreeMap<String, &str> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim()))
        .collect();
    let authorization = headers["authorization"];
    let part = |name: &str| {
        let from = authorization.find(name).expect("a part") + name.len();
        let rest = &authorization[from..];
        rest[..rest.find(',').unwrap_or(rest.len())].to_owned()
    };
    let names = part("SignedHeaders=");
    let listed: String = names
        .split(';')
        .map(|name| [name, ":", headers[name], "\n"].concat())
        .collect();
    let hash = hex(&Sha256::digest(body));
    let canonical = format!("{method}\n{path}\n\n{listed}\n{names}\n{hash}");
    let time = headers["x-amz-date"];
    let scope = format!("{}/{region}/{service}/aws4_request", &time[..8]);
    let text = format!(
        "AWS4-HMAC-SHA256\n{time}\n{scope}\n{}",
        hex(&Sha256::digest(canonical))
    );
    let words = [&time[..8], region, service, "aws4_request", text.as_str()];
    let key = format!("AWS4{SECRET}").into_bytes();
    let signature = words.iter().fold(key, |key, word| hmac(&key, word));
    (hex(&signature), part("Signature="))
}

#[test]
fn the_signature_is_of_the_request_that_is_sent() {
    let (url, seen) = server(|at, stream| {
        // Each attempt is signed anew.
        let status = if at == 0 {
            "503 Service Unavailable"
        } else {
            "200 OK"
        };
        answer(stream, status, "", GOOD);
    });
    let metrics = format!(
        "{{sources: {{amp: {{prometheus: {{url: '{url}/workspaces/ws-1/', headers: {{X-Team: ml}}, auth: {{sigv4: {{region: eu-central-1}}}}}}}}}}}}"
    );
    let folder = folder("signature", &metrics, "source: amp,");
    let run = gate(
        &folder,
        &[],
        &[
            ("GLIDEPATH_PROMETHEUS_HOSTS", "127.0.0.1"),
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", SECRET),
            ("AWS_SESSION_TOKEN", "session/token=="),
        ],
    )
    .exits(0);
    assert!(!run.shown().contains("AKIDEXAMPLE") && !run.shown().contains("session/token"));
    let seen = seen.lock().expect("no panic");
    assert_eq!(seen.len(), 2);
    for (head, body) in &*seen {
        assert!(
            head.starts_with("POST /workspaces/ws-1/api/v1/query HTTP"),
            "{head}"
        );
        let (expected, found) = expected(head, body, "eu-central-1", "aps");
        assert_eq!(expected, found, "{head}");
        for signed in [
            "content-type",
            "host",
            "x-amz-date",
            "x-amz-security-token",
            "x-team",
        ] {
            let names = head.split("SignedHeaders=").nth(1).expect("names");
            assert!(
                names.split(',').next().expect("them").contains(signed),
                "{head}"
            );
        }
        assert!(head.contains("session/token=="), "{head}");
    }
}
