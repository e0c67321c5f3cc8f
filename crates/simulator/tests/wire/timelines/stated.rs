//! Timelines that are known as statements only (no recording was kept): the same comparison against written steps.
