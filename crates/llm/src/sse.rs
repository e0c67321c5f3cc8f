//! Server-sent events out of bytes, cut anywhere. A pure state machine that knows nothing of models and keeps no more than
//! its limits allow. Source: the WHATWG HTML standard, "Server-sent events".

/// The longest line.
pub const LONGEST_LINE_BYTES: usize = 4 * 1024 * 1024;
/// The longest event.
pub const LONGEST_EVENT_BYTES: usize = 8 * 1024 * 1024;

/// One event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frame {
    /// Its name; empty when it has none.
    pub event: String,
    /// Its data, lines joined by LF.
    pub data: String,
}

/// Why bytes are no stream of events. Nothing is read after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SseError {
    /// A line is too long.
    #[error("a line of the stream is longer than {LONGEST_LINE_BYTES} bytes")]
    LineTooLong,
    /// An event is too long.
    #[error("an event of the stream is longer than {LONGEST_EVENT_BYTES} bytes")]
    EventTooLong,
    /// A line is no text.
    #[error("a line of the stream is not UTF-8")]
    NotText,
}

/// Reads events.
#[derive(Debug, Default)]
pub struct Reader {
    line: Vec<u8>,
    frame: Frame,
    has_data: bool,
    after_cr: bool,
    begun: bool,
}

impl Reader {
    /// Reads on; adds the events that are whole now.
    pub fn push(&mut self, bytes: &[u8], frames: &mut Vec<Frame>) -> Result<(), SseError> {
        let mut rest = bytes;
        while !rest.is_empty() {
            if std::mem::take(&mut self.after_cr) && rest[0] == b'\n' {
                rest = &rest[1..];
                continue;
            }
            let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let piece = &rest[..end.unwrap_or(rest.len())];
            if self.line.len() + piece.len() > LONGEST_LINE_BYTES {
                return Err(SseError::LineTooLong);
            }
            self.line.extend_from_slice(piece);
            let Some(end) = end else { break };
            self.after_cr = rest[end] == b'\r';
            rest = &rest[end + 1..];
            self.end_line(frames)?;
        }
        Ok(())
    }

    /// The stream has ended: an event whose lines are whole, and that lacks only the blank line after it.
    pub fn finish(&mut self) -> Option<Frame> {
        self.line.clear();
        self.take_frame()
    }

    fn end_line(&mut self, frames: &mut Vec<Frame>) -> Result<(), SseError> {
        let line = std::mem::take(&mut self.line);
        let text = str::from_utf8(&line).map_err(|_| SseError::NotText)?;
        let text = if std::mem::replace(&mut self.begun, true) {
            text
        } else {
            text.strip_prefix('\u{feff}').unwrap_or(text)
        };
        if text.is_empty() {
            frames.extend(self.take_frame());
            return Ok(());
        }
        let (field, value) = text.split_once(':').unwrap_or((text, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => self.add_data(value)?,
            "event" => value.clone_into(&mut self.frame.event),
            // A comment has no field; ids and retry times serve a resumption that no model server offers.
            _ => {}
        }
        Ok(())
    }

    fn add_data(&mut self, value: &str) -> Result<(), SseError> {
        if self.frame.data.len() + value.len() + 1 > LONGEST_EVENT_BYTES {
            return Err(SseError::EventTooLong);
        }
        if std::mem::replace(&mut self.has_data, true) {
            self.frame.data.push('\n');
        }
        self.frame.data.push_str(value);
        Ok(())
    }

    fn take_frame(&mut self) -> Option<Frame> {
        let frame = std::mem::take(&mut self.frame);
        std::mem::take(&mut self.has_data).then_some(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(pieces: &[&[u8]]) -> Vec<Frame> {
        let mut reader = Reader::default();
        let mut frames = Vec::new();
        for piece in pieces {
            reader.push(piece, &mut frames).unwrap();
        }
        frames.extend(reader.finish());
        frames
    }

    fn frame(event: &str, data: &str) -> Frame {
        Frame {
            event: event.to_owned(),
            data: data.to_owned(),
        }
    }

    #[test]
    fn lines_end_in_three_ways_and_fields_come_in_two() {
        for end in ["\n", "\r", "\r\n"] {
            let text = [
                "\u{feff}: hello",
                "event:a",
                "data:1",
                "data:  2",
                "id: 7",
                "nonsense",
                "",
                "",
                "event: alone",
                "",
                "data",
                "",
            ]
            .join(end);
            let expected = [frame("a", "1\n 2"), frame("", "")];
            assert_eq!(read(&[text.as_bytes(), end.as_bytes()]), expected, "{end:?}");
        }
    }

    #[test]
    fn only_a_whole_last_line_counts() {
        assert_eq!(read(&[b"data: a\n"]), [frame("", "a")]);
        assert_eq!(read(&[b"data: a\ndata: b"]), [frame("", "a")]);
        assert_eq!(read(&[b"data: a"]), []);
    }

    #[test]
    fn limits_hold_exactly() {
        let mut reader = Reader::default();
        let mut frames = Vec::new();
        let line = vec![b'a'; LONGEST_LINE_BYTES];
        reader.push(&line, &mut frames).unwrap();
        assert_eq!(reader.push(b"a", &mut frames), Err(SseError::LineTooLong));
        let mut reader = Reader::default();
        let data = [b"data:", &line[5..], b"\n"].concat();
        reader.push(&data, &mut frames).unwrap();
        reader.push(&data, &mut frames).unwrap();
        assert_eq!(
            reader.push(b"data: more than is left\n", &mut frames),
            Err(SseError::EventTooLong)
        );
        assert_eq!(
            Reader::default().push(b"data: \xff\n", &mut frames),
            Err(SseError::NotText)
        );
        assert!(frames.is_empty());
    }

    proptest! {
        #[test]
        fn cuts_are_not_seen(bytes in "(data: ?|event:|:|\r|\n|\r\n|ä|x){0,40}", cut in 0usize..60, again in 0usize..60) {
            let bytes = bytes.as_bytes();
            let (a, b) = (cut.min(bytes.len()), again.min(bytes.len()));
            let (a, b) = (a.min(b), a.max(b));
            prop_assert_eq!(read(&[bytes]), read(&[&bytes[..a], &bytes[a..b], &bytes[b..]]));
        }
    }
}
