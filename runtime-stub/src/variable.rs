//! The variables by which whoever runs the program asks something of its runtime: `WASM2NATIVE_*`.
//!
//! It stands alone because all that the runtime looks at go through one gate, the shim's, which looks at
//! `WASM2NATIVE_DENY` itself. Invariants: none is looked at where the policy says so, nor in a process that has
//! more privileges than whoever started it; none grants the program anything.

use crate::process;
use std::ffi::{CStr, OsString};
use std::sync::atomic::{AtomicBool, Ordering};

static ALLOWED: AtomicBool = AtomicBool::new(false);

/// Opens the gate when the policy's `RUNTIME_*` flags and the process allow it. Until then it is shut.
pub(crate) fn allow(runtime_flags: u16) {
    ALLOWED.store(wasi_libc_shim::looks_at_variables(runtime_flags), Ordering::Relaxed);
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
