//! Requests to the API. See `jarvis_tests::fuzz::graphql`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| jarvis_tests::fuzz::graphql::check(data));
