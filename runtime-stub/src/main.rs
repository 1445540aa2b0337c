//! (in construction)
#![allow(unsafe_code)]
use wasm2native_abi::stub::*;
use wasm2native_abi::runtime::*;
extern "sysv64" fn nothing() { std::process::abort() }
#[used]
#[unsafe(link_section = ".w2n.stub")]
static HEADER: StubHeader<{RuntimeFunction::COUNT}> = StubHeader { magic: STUB_MAGIC, abi_version: 1, function_count: RuntimeFunction::COUNT as u32,
 program: Link{distance_bytes:0,size_bytes:0}, policy: Link{distance_bytes:0,size_bytes:0}, script: Link{distance_bytes:0,size_bytes:0}, functions: [nothing as *const (); _] };
#[repr(C, align(8))]
struct Note([u32;4],[u8;432]);
#[used]
#[unsafe(link_section = ".note.w2n.phdrs")]
static RESERVED: Note = Note([4,432,1,u32::from_le_bytes(*b"w2n\0")],[0;432]);
fn main() {
 let p = unsafe { core::ptr::read_volatile(&raw const HEADER.program.distance_bytes) };
 if p == 0 { std::process::exit(125) }
}
