//! Task ids. See `jarvis_tests::fuzz::upid`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| jarvis_tests::fuzz::upid::check(data));
