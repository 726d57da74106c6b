//! A server on this machine that answers everything with the same bytes, and the clients that read them.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use fastrand::Rng;
use glidepath::forge::{Github, Patience, Repository, Token};

use crate::case::Case;
use crate::corpus::Corpus;
use crate::mutate;

/// What Prometheus answers.
pub(super) const ANSWERS: &[&str] = &[
    r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"le":"1"},"value":[1700003600,"1"]}]}}"#,
    r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"response_code":"200"},"values":[[1700003500,"0"],[1700003550.5,"NaN"],[1700003600,"+Inf"]]}]},"warnings":["w"],"infos":["i"]}"#,
    r#"{"status":"success","data":{"resultType":"scalar","result":[1700003600,"-0"]}}"#,
    r#"{"status":"error","errorType":"bad_data","error":"nope"}"#,
];
/// What GitHub answers.
const PULLS: &[&str] = &[
    r#"[{"number":7,"html_url":"https://github.com/a/b/pull/7","state":"open","title":"t","body":"<!-- glidepath:move v1 rollout=a folder=b from=c to=d spec=e state=open -->","draft":false,"node_id":"x","merged_at":"2026-01-01T00:00:00Z","head":{"ref":"glidepath/a/b","sha":"0a","repo":{"full_name":"a/b"}},"base":{"ref":"main"},"user":{"login":"u"},"labels":[{"name":"l"}]}]"#,
    r#"[{"id":1,"body":"<!-- m -->","user":{"login":"u"},"html_url":"x"}]"#,
    r#"{"default_branch":"main","permission":"write","login":"u"}"#,
    r#"[{"after":"0a","timestamp":"2026-01-01T00:00:00Z"}]"#,
];

/// The bytes that are answered.
static ANSWER: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Puts one of these bodies, changed, behind the address of this port.
pub(super) fn answering(rng: &mut Rng, corpus: &Corpus, bodies: &[&str]) -> u16 {
    static PORT: OnceLock<u16> = OnceLock::new();
    let body = bodies[rng.usize(..bodies.len())];
    let body = if rng.u8(..8) == 0 {
        body.as_bytes().to_vec()
    } else {
        mutate::json(body, 3, corpus, rng)
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let head = if rng.u8(..6) == 0 {
        mutate::bytes(head.as_bytes(), rng)
    } else {
        head.into_bytes()
    };
    *ANSWER.lock().expect("nobody panics with it") = [head, body].concat();
    *PORT.get_or_init(serve)
}

fn serve() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || answer(stream));
        }
    });
    port
}

/// Reads what was asked as far as it comes at once, answers, and hangs up.
fn answer(mut stream: TcpStream) {
    let mut asked = [0; 16 << 10];
    // Whoever hangs up early gets no answer, which is one to try too.
    let _ = stream.set_read_timeout(Some(Duration::from_millis(50)));
    let _ = stream.read(&mut asked);
    let bytes = ANSWER.lock().expect("nobody panics with it").clone();
    let _ = stream.write_all(&bytes);
}

/// GitHub's answers.
pub(crate) fn forge(case: &mut Case<'_>) {
    let port = answering(&mut case.rng, case.corpus, PULLS);
    let (Some(repository), Some(token)) = (Repository::parse("a/b"), Token::new("t")) else {
        return;
    };
    let moment = Duration::from_millis(1);
    let patience = Patience {
        first: moment,
        limited: moment,
        most: Duration::from_millis(200),
    };
    let Some(Ok(github)) = case.call(|| {
        Github::new(
            &format!("http://127.0.0.1:{port}"),
            repository,
            token,
            patience,
        )
    }) else {
        return;
    };
    let said = match case.rng.u8(..6) {
        0 => case.call(|| github.open_pulls("main").err()),
        1 => case.call(|| github.pull(7).err()),
        2 => case.call(|| github.comments(7).err()),
        3 => case.call(|| github.default_branch().err()),
        4 => case.call(|| github.may_write("u").err()),
        _ => case.call(|| github.landed("0a", &["0a".to_owned()], "main").err()),
    };
    case.tally.mark(if said.flatten().is_some() {
        "forge: refused"
    } else {
        "forge: read"
    });
}
