//! Packing of bodies: gzip or deflate, when the client offers it and the body is longer than 1024 bytes.

use std::io::Write;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};

use super::answer::{Body, Packing, Reply};

const WORTH_IT_BYTES: usize = 1024;

/// How a body is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// `gzip`
    Gzip,
    /// `deflate`
    Deflate,
}

impl Coding {
    /// Its word in `Content-Encoding`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
        }
    }

    /// The packed bytes of a text.
    pub fn pack(self, text: &str) -> Vec<u8> {
        let level = Compression::fast();
        let packed = match self {
            Self::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), level);
                encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish())
            }
            Self::Deflate => {
                let mut encoder = ZlibEncoder::new(Vec::new(), level);
                encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish())
            }
        };
        // Writing into memory cannot fail.
        packed.unwrap_or_default()
    }
}

/// How an answer is packed for a client that offers these codings.
pub fn chosen(reply: &Reply, offered: Option<&str>) -> Option<Coding> {
    let Body::Json(text) = &reply.body else {
        return None;
    };
    if reply.packing == Packing::Unasked {
        return Some(Coding::Gzip);
    }
    let offered = offered.filter(|_| text.len() > WORTH_IT_BYTES)?;
    [Coding::Gzip, Coding::Deflate]
        .into_iter()
        .find(|coding| offered.contains(coding.word()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_long_bodies_are_packed_and_only_on_offer() {
        let json = |length: usize| Reply::plain(200, "OK", Body::Json("x".repeat(length)));
        assert_eq!(chosen(&json(1025), Some("gzip, deflate")), Some(Coding::Gzip));
        assert_eq!(chosen(&json(1025), Some("deflate")), Some(Coding::Deflate));
        assert_eq!(chosen(&json(1024), Some("gzip")), None);
        assert_eq!(chosen(&json(5000), None), None);
        assert_eq!(chosen(&Reply::bare(401, "No ticket"), Some("gzip")), None);
        let journal = Reply {
            packing: Packing::Unasked,
            ..json(10)
        };
        assert_eq!(chosen(&journal, None), Some(Coding::Gzip));
    }
}
