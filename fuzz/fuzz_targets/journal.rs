//! Journals after damage. See `jarvis_tests::fuzz::journal`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| jarvis_tests::fuzz::journal::check(data));
