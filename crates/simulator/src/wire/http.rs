//! HTTP/1.1 as the API daemon speaks it: one request after the other, bodies of known length, its own header set.
//!
//! Written by hand and not with a server library, because the point is to send what libraries will not: reason phrases
//! that carry data, answers without `Content-Length`, contradictory headers, connections that end in the middle.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::answer::{Body, Packing, Reply};
use super::pack::Coding;
use crate::date::http_date;

const MAX_HEADER_BYTES: usize = 8 * 1024;
const MAX_HEADERS: usize = 64;
/// The largest body the server takes.
pub const MAX_BODY_BYTES: u64 = 512 * 1024;
/// An idle connection is closed after this wall-clock time.
const IDLE: Duration = Duration::from_secs(5);

/// A request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Method.
    pub method: String,
    /// Path, as sent.
    pub path: String,
    /// Query, as sent, without the question mark.
    pub query: String,
    /// Header lines, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
    /// The head alone already calls for this refusal; the body was not read.
    pub refused: Option<&'static str>,
}

impl Request {
    /// The value of a header line.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.as_str())
    }

    fn body_bytes(&self) -> u64 {
        self.header("content-length")
            .and_then(|text| text.trim().parse().ok())
            .unwrap_or(0)
    }
}

/// Reads the next request; nothing when the peer has gone, is idle, or sends what the server cuts off.
pub async fn read<S: AsyncRead + Unpin>(stream: &mut S, buffer: &mut Vec<u8>) -> io::Result<Option<Request>> {
    let (mut request, head_bytes) = loop {
        match parse_head(buffer) {
            Head::Whole(request, bytes) => break (request, bytes),
            Head::Bad => return Ok(None),
            Head::Partial if buffer.len() > MAX_HEADER_BYTES => return Ok(None),
            Head::Partial => {}
        }
        if !more(stream, buffer).await? {
            return Ok(None);
        }
    };
    buffer.drain(..head_bytes);
    request.refused = refusal(&request);
    if request.refused.is_some() {
        return Ok(Some(request));
    }
    let wanted = usize::try_from(request.body_bytes()).unwrap_or(0);
    while buffer.len() < wanted {
        if !more(stream, buffer).await? {
            return Ok(None);
        }
    }
    request.body = buffer.drain(..wanted).collect();
    Ok(Some(request))
}

async fn more<S: AsyncRead + Unpin>(stream: &mut S, buffer: &mut Vec<u8>) -> io::Result<bool> {
    match tokio::time::timeout(IDLE, stream.read_buf(buffer)).await {
        Ok(Ok(0)) | Err(_) => Ok(false),
        Ok(outcome) => outcome.map(|_| true),
    }
}

enum Head {
    Whole(Request, usize),
    Partial,
    Bad,
}

fn parse_head(bytes: &[u8]) -> Head {
    let mut lines = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Request::new(&mut lines);
    match parsed.parse(bytes) {
        Ok(httparse::Status::Complete(size)) if size <= MAX_HEADER_BYTES => {
            let target = parsed.path.unwrap_or("/");
            let (path, query) = target.split_once('?').unwrap_or((target, ""));
            let headers = parsed
                .headers
                .iter()
                .map(|line| {
                    (
                        line.name.to_lowercase(),
                        String::from_utf8_lossy(line.value).into_owned(),
                    )
                })
                .collect();
            let request = Request {
                method: parsed.method.unwrap_or_default().to_owned(),
                path: path.to_owned(),
                query: query.to_owned(),
                headers,
                body: Vec::new(),
                refused: None,
            };
            Head::Whole(request, size)
        }
        Ok(httparse::Status::Partial) => Head::Partial,
        _ => Head::Bad,
    }
}

fn refusal(request: &Request) -> Option<&'static str> {
    if request.header("transfer-encoding").is_some() {
        return Some("chunked transfer encoding not supported");
    }
    (request.body_bytes() > MAX_BODY_BYTES).then_some("for data too large")
}

/// The bytes of an answer at a moment (Unix seconds), its body as it is.
pub fn render(reply: &Reply, unix_secs: u64, keep: bool) -> Vec<u8> {
    render_packed(reply, None, unix_secs, keep)
}

/// The bytes of an answer at a moment (Unix seconds), its body packed.
pub fn render_packed(reply: &Reply, coding: Option<Coding>, unix_secs: u64, keep: bool) -> Vec<u8> {
    let date = http_date(unix_secs);
    let connection = match (reply.packing, keep) {
        (Packing::Unasked, true) => "close\r\nConnection: Keep-Alive",
        (_, true) => "Keep-Alive",
        (_, false) => "close",
    };
    let location = reply
        .location
        .as_ref()
        .map(|place| format!("Location: {place}\r\n"))
        .unwrap_or_default();
    let (content_type, text) = match &reply.body {
        Body::None => ("", ""),
        Body::Json(text) => ("application/json;charset=UTF-8", text.as_str()),
        Body::Other { content_type, text } => (*content_type, text.as_str()),
    };
    let body = coding.map_or_else(|| text.as_bytes().to_vec(), |coding| coding.pack(text));
    let encoding = coding.map_or_else(String::new, |coding| {
        format!("Content-Encoding: {}\r\n", coding.word())
    });
    let content = match &reply.body {
        Body::None => String::new(),
        _ => format!(
            "Content-Length: {}\r\nContent-Type: {content_type}\r\n{encoding}",
            body.len()
        ),
    };
    let mut bytes = format!(
        "HTTP/1.1 {} {}\r\nCache-Control: max-age=0\r\nConnection: {connection}\r\nDate: {date}\r\n\
         Pragma: no-cache\r\n{location}Server: pve-api-daemon/3.0\r\n{content}Expires: {date}\r\n\r\n",
        reply.status, reply.reason
    )
    .into_bytes();
    bytes.extend_from_slice(&body);
    bytes
}

/// Sends bytes and sees that they are on their way.
pub async fn send<S: AsyncWrite + Unpin>(stream: &mut S, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_without_body_has_no_length() {
        let text = String::from_utf8(render(&Reply::bare(595, "Connection refused"), 0, false)).unwrap();
        assert!(text.starts_with("HTTP/1.1 595 Connection refused\r\n"));
        assert!(!text.to_lowercase().contains("content-length"));
        assert!(text.contains("Connection: close\r\n"));
        assert!(text.ends_with("\r\n\r\n"));
    }

    #[tokio::test]
    async fn requests_are_read_one_after_the_other() {
        let mut stream: &[u8] =
            b"POST /a?x=1 HTTP/1.1\r\nContent-Length: 3\r\n\r\nb=2GET /c HTTP/1.1\r\n\r\n";
        let mut buffer = Vec::new();
        let first = read(&mut stream, &mut buffer).await.unwrap().unwrap();
        assert_eq!(
            (first.path.as_str(), first.query.as_str(), first.body.as_slice()),
            ("/a", "x=1", &b"b=2"[..])
        );
        assert_eq!(read(&mut stream, &mut buffer).await.unwrap().unwrap().path, "/c");
        assert!(read(&mut stream, &mut buffer).await.unwrap().is_none());
    }
}
