//! Appending formatted text to a `String`, which cannot fail.

/// `add!(text, "{} things\n", count)`.
macro_rules! add {
    ($to:expr, $($what:tt)*) => {{
        use std::fmt::Write as _;
        let _ = write!($to, $($what)*);
    }};
}

pub(crate) use add;
