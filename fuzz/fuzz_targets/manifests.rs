//! Manifest files. See `jarvis_tests::fuzz::manifests`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| jarvis_tests::fuzz::manifests::check(data));
