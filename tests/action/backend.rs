//! A git remote over HTTP.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::fake::TOKEN;
use crate::support::http::{Request, Response, decode};

/// `git http-backend` behind the server; whoever sends two headers, or another one, is turned away as GitHub does.
pub(super) fn backend(root: &Path, request: &Request) -> Option<Response> {
    let given: Vec<&str> = request
        .headers
        .iter()
        .filter(|(name, _)| name == "authorization")
        .map(|(_, value)| value.as_str())
        .collect();
    let basic = glidepath::forge::Token::new(TOKEN)
        .expect("a token")
        .basic();
    match given[..] {
        [] => return Some(Response::new(401, "").with("www-authenticate", "Basic realm=\"x\"")),
        [one] if one.eq_ignore_ascii_case(&basic) => {}
        [_] => return Some(Response::new(403, "")),
        _ => return Some(Response::new(400, "Duplicate header: \"Authorization\"")),
    }
    let mut child = Command::new("git")
        .arg("http-backend")
        .env_clear()
        .env("PATH", std::env::var_os("PATH").expect("a path"))
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("PATH_INFO", decode(&request.path))
        .env("QUERY_STRING", &request.query)
        .env("REQUEST_METHOD", &request.method)
        .env(
            "CONTENT_TYPE",
            request.header("content-type").unwrap_or_default(),
        )
        .env("CONTENT_LENGTH", request.body.len().to_string())
        .env(
            "HTTP_CONTENT_ENCODING",
            request.header("content-encoding").unwrap_or_default(),
        )
        .env(
            "GIT_PROTOCOL",
            request.header("git-protocol").unwrap_or_default(),
        )
        .env("REMOTE_USER", "x")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("git http-backend");
    let mut stdin = child.stdin.take().expect("a pipe");
    let body = request.body.clone();
    let writer = std::thread::spawn(move || {
        let _ = stdin.write_all(&body);
    });
    let done = child.wait_with_output().expect("it ends");
    writer.join().expect("it writes");
    let end = done
        .stdout
        .windows(4)
        .position(|four| four == b"\r\n\r\n")?;
    let mut response = Response::new(200, done.stdout[end + 4..].to_vec());
    for line in String::from_utf8_lossy(&done.stdout[..end]).lines() {
        match line.split_once(": ") {
            Some(("Status", status)) => {
                response.status = status.split(' ').next()?.parse().ok()?;
            }
            Some((name, value)) => response = response.with(name, value),
            None => {}
        }
    }
    Some(response)
}
