//! An answer at hand on a plain socket, given by threads of its own, and the processor time of the thread that asks.

use rustix::time::{ClockId, clock_gettime};
use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::Duration,
};

/// How long this thread was on a processor so far.
pub fn on_processor() -> Duration {
    let spent = clock_gettime(ClockId::ThreadCPUTime);
    let secs = u64::try_from(spent.tv_sec).unwrap_or_default();
    Duration::from_secs(secs) + Duration::from_nanos(u64::try_from(spent.tv_nsec).unwrap_or_default())
}

/// Gives `body` to whoever asks for `path`, and an empty answer for everything else; the URL. Ends with the process.
pub fn serve(path: &'static str, body: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    let answer: Arc<[u8]> = answer(&body).into();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            thread::spawn(move || give(&stream, path, &answer));
        }
    });
    format!("http://{address}")
}

fn answer(body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// One connection, to its end.
fn give(mut stream: &TcpStream, path: &str, stored: &[u8]) -> Option<()> {
    let empty = answer(b"{\"data\":null}");
    let mut requests = BufReader::new(stream.try_clone().ok()?).lines();
    while let Some(Ok(request)) = requests.next() {
        while !requests.next()?.ok()?.is_empty() {}
        let asked = request.split(' ').nth(1)?;
        let answer = if asked.split('?').next() == Some(path) {
            stored
        } else {
            &empty
        };
        stream.write_all(answer).ok()?;
    }
    Some(())
}
