//! A server at the socket, for answers that no HTTP library would give.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What a server saw: the head of each request, and its body.
pub(crate) type Seen = Arc<Mutex<Vec<(String, String)>>>;

/// A server on a free port that handles its nth connection by `reply(n, stream)`; it lives as long as the test's process.
pub(crate) fn server(reply: impl Fn(usize, &mut TcpStream) + Send + 'static) -> (String, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let seen = Seen::default();
    let log = Arc::clone(&seen);
    thread::spawn(move || {
        for (at, stream) in listener.incoming().enumerate() {
            let Ok(mut stream) = stream else { continue };
            let Some(request) = read(&stream) else {
                continue;
            };
            log.lock().expect("no panic").push(request);
            reply(at, &mut stream);
        }
    });
    (url, seen)
}

pub(crate) fn read(stream: impl Read) -> Option<(String, String)> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line.trim().is_empty() {
            break;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((head, String::from_utf8(body).ok()?))
}

pub(crate) fn answer(stream: &mut impl Write, status: &str, headers: &str, body: &str) {
    // A client that has seen enough hangs up; that is its right.
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n{body}",
        body.len()
    );
}
