//! The variables by which whoever runs the program asks something of its runtime: `WASM2NATIVE_*`.
//!
//! It stands alone because every one of them goes through the same gate. Invariants: none is looked at
//! where the policy says so, nor in a process that has more privileges than whoever started it; none can
//! give the program anything.

use crate::process;
use std::ffi::{CStr, OsString};
use std::sync::atomic::{AtomicBool, Ordering};
use wasm2native_abi::policy::RUNTIME_NO_VARIABLES;

static ALLOWED: AtomicBool = AtomicBool::new(false);

/// Opens the gate when the policy's `RUNTIME_*` flags and the process allow it. Until then it is shut.
pub(crate) fn allow(runtime_flags: u16) {
    let allowed = runtime_flags & RUNTIME_NO_VARIABLES == 0 && !wasi_libc_shim::is_privileged();
    ALLOWED.store(allowed, Ordering::Relaxed);
}

/// The value of a variable, named in ASCII; none when it is empty, not there or not to be looked at.
pub(crate) fn runtime_variable(name: &'static CStr) -> Option<OsString> {
    if !are_allowed() {
        return None;
    }
    process::variable(name).filter(|value| !value.is_empty())
}

/// Whether variables are looked at.
pub(crate) fn are_allowed() -> bool {
    ALLOWED.load(Ordering::Relaxed)
}
