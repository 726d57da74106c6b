//! A server that answers as Prometheus does when everything is well, on every connection.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// Where it listens. The candidate had this many requests at the end of whatever is asked for, and no failure; asked for
/// anything but raw counts, it knows nothing.
pub(crate) fn telemetry(requests: u32) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = stream.map(|stream| thread::spawn(move || answer(stream, requests)));
        }
    });
    address
}

fn answer(mut stream: TcpStream, requests: u32) {
    let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).is_err() || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().expect("a length");
        }
    }
    let mut form = vec![0; length];
    reader.read_exact(&mut form).expect("a body");
    let form = String::from_utf8(form).expect("a form");
    let at: i64 = form
        .split('&')
        .find_map(|pair| pair.strip_prefix("time="))
        .and_then(|text| text.parse().ok())
        .expect("a question at one time");
    let series = if form.contains("istio_requests_total") {
        format!(
            r#"{{"metric": {{"__name__": "istio_requests_total", "response_code": "200"}}, "values": [[{}, "{requests}"]]}}"#,
            at - 1
        )
    } else {
        String::new()
    };
    let body = format!(
        r#"{{"status": "success", "data": {{"resultType": "matrix", "result": [{series}]}}}}"#
    );
    let _ = write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
}
