//! Answers of language models. See `jarvis_tests::fuzz::llm`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| jarvis_tests::fuzz::llm::check(data));
