//! Answers of Proxmox. See `jarvis_tests::fuzz::proxmox`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| jarvis_tests::fuzz::proxmox::check(data));
