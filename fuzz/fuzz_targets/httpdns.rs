#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wirecore_fuzz::run("httpdns", bytes));
