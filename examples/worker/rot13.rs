//! A worker in Rust, without a crate: every letter of the task moved on by 13 places.
//!
//!     rustc -O --crate-type cdylib -C panic=abort -o librot13.so rot13.rs
//!     smap --procs auto --worker ./librot13.so:rot13 < text
#![allow(non_upper_case_globals)]

use std::ffi::c_void;

/// struct smap_task of smap.h.
#[repr(C)]
pub struct Task {
    number: u64,
    text: *const u8,
    length: usize,
    attempt: u32,
    fields: u32,
    field: *const c_void,
}

extern "C" {
    fn smap_emit(context: *mut c_void, bytes: *const u8, length: usize) -> i32;
}

/// SMAP_ABI of smap.h: version 1, struct smap_task and struct smap_context of 40 bytes.
#[no_mangle]
pub static rot13_abi: u64 = 1 << 32 | (std::mem::size_of::<Task>() as u64) << 16 | 40;

fn rotate(c: u8) -> u8 {
    match c {
        b'a'..=b'z' => (c - b'a' + 13) % 26 + b'a',
        b'A'..=b'Z' => (c - b'A' + 13) % 26 + b'A',
        _ => c,
    }
}

#[no_mangle]
pub unsafe extern "C" fn rot13(context: *mut c_void, task: *const Task) -> i32 {
    let text = std::slice::from_raw_parts((*task).text, (*task).length);
    let result: Vec<u8> = text.iter().map(|&c| rotate(c)).collect();
    smap_emit(context, result.as_ptr(), result.len())
}
