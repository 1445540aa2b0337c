//! The planted hole: a program that is linked into this variant makes any system call, as one would that
//! got out of its compiled code. No shipped stub has this; the tests show by it what the kernel's wall holds
//! back.

use crate::arch::compiled_abi;
use std::ffi::c_long;
use wasm2native_abi::instance::{InstanceHeader, Slot};

compiled_abi! {
    /// [`wasm2native_abi::runtime::HOLE_SYSCALL_SYMBOL`].
    pub(crate) unsafe fn system_call(vmctx: *mut InstanceHeader, slots: *mut Slot) {
        // SAFETY: compiled code passes an instance of the program, and seven slots. What the call does is
        // what this variant is for.
        unsafe {
            let word = |index: usize| (*slots.add(index)).as_u64() as c_long;
            let answer = if word(0) == -1 {
                (*(*vmctx).host_memory).base.addr() as c_long
            } else {
                match libc::syscall(word(0), word(1), word(2), word(3), word(4), word(5), word(6)) {
                    -1 => -c_long::from(*libc::__errno_location()),
                    answer => answer,
                }
            };
            slots.write(Slot::from_u64(answer as u64));
        }
    }
}
