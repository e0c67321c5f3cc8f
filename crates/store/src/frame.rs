//! The bytes of a segment: its header and its record frames, written and read. Pure; knows no files and no recovery.
//!
//! All numbers are little-endian. A segment begins with a header of 56 bytes:
//!
//! | offset | bytes | what |
//! | --- | --- | --- |
//! | 0 | 7 | `JVJRNL\n` |
//! | 7 | 1 | version of the format |
//! | 8 | 4 | number of the segment, from 1 |
//! | 12 | 8 | sequence number of its first record |
//! | 20 | 32 | hash of the record before that one (the root for the first) |
//! | 52 | 4 | CRC-32 of the 52 bytes before |
//!
//! and goes on with frames, each 100 bytes longer than its payload:
//!
//! | offset | bytes | what |
//! | --- | --- | --- |
//! | 0 | 4 | CRC-32 of everything after it |
//! | 4 | 4 | length of the payload |
//! | 8 | 4 | place of the record within its append, from 0 |
//! | 12 | 4 | records of the same append that follow |
//! | 16 | 8 | sequence number |
//! | 24 | 8 | lease epoch of the writer |
//! | 32 | 4 | reserved, 0 |
//! | 36 | 32 | hash of the previous record |
//! | 68 | n | payload: the record as JSON |
//! | 68+n | 32 | hash of this record |
//!
//! The place within the append makes an append whole: a tail that holds only its first half is not a record of anything.

use crate::chain::{Hash, link};

/// The newest format this build reads and the one it writes.
pub const VERSION: u8 = 1;
/// Bytes of a segment header.
pub(crate) const HEADER: usize = 56;
/// Bytes before the payload.
pub(crate) const HEAD: usize = 68;
/// Bytes of a frame besides its payload.
pub(crate) const AROUND: usize = HEAD + 32;
/// The largest payload: 4 MiB.
pub(crate) const MAX_PAYLOAD: usize = 4 << 20;

const MAGIC: &[u8; 7] = b"JVJRNL\n";

/// What a segment header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) number: u32,
    pub(crate) first_seq: u64,
    pub(crate) previous: Hash,
}

/// Why a header cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeaderError {
    /// Written by a newer build.
    Newer(u8),
    /// Not a whole header.
    Bad,
}

impl Header {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER);
        bytes.extend_from_slice(MAGIC);
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.number.to_le_bytes());
        bytes.extend_from_slice(&self.first_seq.to_le_bytes());
        bytes.extend_from_slice(&self.previous.0);
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, HeaderError> {
        let bytes: &[u8; HEADER] = bytes.first_chunk().ok_or(HeaderError::Bad)?;
        if &bytes[..7] != MAGIC {
            return Err(HeaderError::Bad);
        }
        let mut known = *bytes;
        known[7] = VERSION;
        let fits = crc32fast::hash(&known[..52]) == u32_at(bytes, 52);
        if bytes[7] > VERSION && !fits {
            return Err(HeaderError::Newer(bytes[7]));
        }
        if bytes[7] != VERSION || !fits {
            // With the version put right everything fits: the version itself was damaged.
            return Err(HeaderError::Bad);
        }
        Ok(Self {
            number: u32_at(bytes, 8),
            first_seq: u64_at(bytes, 12),
            previous: hash_at(bytes, 20),
        })
    }
}

/// The head of a frame: everything but payload, hash and CRC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) payload_len: u32,
    pub(crate) place: u32,
    pub(crate) left: u32,
    pub(crate) seq: u64,
    pub(crate) epoch: u64,
    pub(crate) previous: Hash,
}

impl Head {
    /// Bytes 4 to 68 of the frame.
    fn encode(&self) -> [u8; HEAD - 4] {
        let mut bytes = [0; HEAD - 4];
        bytes[0..4].copy_from_slice(&self.payload_len.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.place.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.left.to_le_bytes());
        bytes[12..20].copy_from_slice(&self.seq.to_le_bytes());
        bytes[20..28].copy_from_slice(&self.epoch.to_le_bytes());
        bytes[32..64].copy_from_slice(&self.previous.0);
        bytes
    }

    /// Reads the first [`HEAD`] bytes of a frame; nothing is checked but that the length is possible.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; HEAD] = bytes.first_chunk()?;
        let payload_len = u32_at(bytes, 4);
        (payload_len as usize <= MAX_PAYLOAD).then(|| Self {
            payload_len,
            place: u32_at(bytes, 8),
            left: u32_at(bytes, 12),
            seq: u64_at(bytes, 16),
            epoch: u64_at(bytes, 24),
            previous: hash_at(bytes, 36),
        })
    }

    /// Bytes of the whole frame.
    pub(crate) fn frame_len(&self) -> usize {
        AROUND + self.payload_len as usize
    }

    /// Sequence number of the first record of the same append.
    pub(crate) fn append_starts_at(&self) -> u64 {
        self.seq.saturating_sub(u64::from(self.place))
    }
}

/// Appends the frame of a record to `out` and answers its hash. `head.payload_len` must be the payload's.
pub(crate) fn encode(head: &Head, payload: &[u8], out: &mut Vec<u8>) -> Hash {
    debug_assert_eq!(head.payload_len as usize, payload.len());
    let head = head.encode();
    let hash = link(&head, payload);
    let mut crc = crc32fast::Hasher::new();
    for part in [&head[..], payload, &hash.0] {
        crc.update(part);
    }
    out.extend_from_slice(&crc.finalize().to_le_bytes());
    out.extend_from_slice(&head);
    out.extend_from_slice(payload);
    out.extend_from_slice(&hash.0);
    hash
}

/// A frame that is whole and whose checksum and hash fit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<'bytes> {
    pub(crate) head: Head,
    pub(crate) payload: &'bytes [u8],
    pub(crate) hash: Hash,
}

/// Reads the frame that is exactly `bytes` long.
pub(crate) fn decode(bytes: &[u8]) -> Option<Frame<'_>> {
    let head = Head::decode(bytes)?;
    if bytes.len() != head.frame_len() || crc32fast::hash(&bytes[4..]) != u32_at(bytes, 0) {
        return None;
    }
    let payload = &bytes[HEAD..bytes.len() - 32];
    let hash = hash_at(bytes, bytes.len() - 32);
    (link(&bytes[4..HEAD], payload) == hash).then_some(Frame { head, payload, hash })
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(word)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(word)
}

fn hash_at(bytes: &[u8], at: usize) -> Hash {
    let mut hash = [0; 32];
    hash.copy_from_slice(&bytes[at..at + 32]);
    Hash(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: Hash = Hash([7; 32]);

    fn head(payload: &[u8]) -> Head {
        let payload_len = u32::try_from(payload.len()).unwrap();
        Head {
            payload_len,
            place: 1,
            left: 2,
            seq: 9,
            epoch: 3,
            previous: HASH,
        }
    }

    #[test]
    fn a_frame_reads_back_and_no_flipped_bit_passes() {
        let payload = b"{\"a\":1}";
        let mut bytes = Vec::new();
        let hash = encode(&head(payload), payload, &mut bytes);
        let frame = decode(&bytes).unwrap();
        assert_eq!(
            (frame.head, frame.payload, frame.hash),
            (head(payload), &payload[..], hash)
        );
        assert_eq!(frame.head.append_starts_at(), 8);
        for bit in 0..bytes.len() * 8 {
            let mut bent = bytes.clone();
            bent[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(&bent).is_none(), "bit {bit}");
        }
        assert!(decode(&bytes[..bytes.len() - 1]).is_none());
    }

    #[test]
    fn a_header_reads_back_and_a_newer_version_is_told_apart() {
        let header = Header {
            number: 4,
            first_seq: 100,
            previous: HASH,
        };
        let bytes = header.encode();
        assert_eq!(bytes.len(), HEADER);
        assert_eq!(Header::decode(&bytes), Ok(header));
        for bit in 0..HEADER * 8 {
            let mut bent = bytes.clone();
            bent[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Header::decode(&bent), Err(HeaderError::Bad), "bit {bit}");
        }
        let mut newer = bytes[..52].to_vec();
        newer[7] = VERSION + 1;
        newer.extend_from_slice(&crc32fast::hash(&newer).to_le_bytes());
        assert_eq!(Header::decode(&newer), Err(HeaderError::Newer(VERSION + 1)));
    }
}
