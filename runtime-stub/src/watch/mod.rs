//! Tells whoever runs the program what it was refused and what it used: in words on standard error
//! (`WASM2NATIVE_EXPLAIN`), in records to a file (`WASM2NATIVE_AUDIT`), and, when it failed, in one message
//! to a terminal.
//!
//! The shim notices, this tells. Invariants: a program that nobody watches costs nothing until it has
//! failed; the end allocates nothing, since it may come in a handler; nothing goes to a file that the
//! program put in the place of standard error, which the shim never lets happen.

mod explain;
mod record;

use crate::variable::runtime_variable;
use crate::{report, stream, timeout};
use std::sync::atomic::{AtomicI32, Ordering};
use wasi_libc_shim::{Active, Wasi, Watch};

/// No stream.
const ABSENT: i32 = -1;

/// Where denials are explained, when that was asked for.
static EXPLAIN: AtomicI32 = AtomicI32::new(ABSENT);
/// The file of records, when there is one.
static AUDIT: AtomicI32 = AtomicI32::new(ABSENT);

fn get(stream: &AtomicI32) -> Option<i32> {
    Some(stream.load(Ordering::Relaxed)).filter(|&number| number != ABSENT)
}

/// Reads the variables and opens what they name, before anything is granted. Ends the process with status
/// 125 when the file of records cannot be opened: it would not be missed otherwise.
pub(crate) fn prepare() {
    if runtime_variable(c"WASM2NATIVE_EXPLAIN").is_some_and(|value| value != "0") {
        EXPLAIN.store(stream::keep_error(), Ordering::Relaxed);
    }
    if let Some(path) = runtime_variable(c"WASM2NATIVE_AUDIT") {
        let Some(file) = stream::open_appending(&path) else {
            let path = path.to_string_lossy();
            report::refuse(&["cannot write to `", &path, "`, which `WASM2NATIVE_AUDIT` names"]);
        };
        AUDIT.store(file, Ordering::Relaxed);
    }
}

/// Tells of what the program starts with.
pub(crate) fn begin(wasi: &mut Wasi, wall: Active) {
    let (explain, audit) = (get(&EXPLAIN), get(&AUDIT));
    if audit.is_some() {
        wasi.watch(Watch::Everything);
    } else if explain.is_some() {
        wasi.watch(Watch::Refusals);
    }
    if let Some(stream) = explain {
        explain::begin(stream, wasi, wall);
    }
    if let Some(file) = audit {
        record::begin(file, wasi, wall);
    }
}

/// Tells of what the program just did.
#[cold]
pub(crate) fn tell(wasi: &mut Wasi) {
    for event in wasi.events() {
        if let Some(stream) = get(&EXPLAIN) {
            explain::event(stream, wasi, &event);
        }
        if let Some(file) = get(&AUDIT) {
            record::event(file, wasi, &event);
        }
    }
}

/// Tells of the end.
pub(crate) fn end(wasi: &Wasi, status: i32) {
    if let Some(file) = get(&AUDIT) {
        // There is no other end any more.
        timeout::stop();
        record::end(file, wasi, status);
    }
    if status == 0 || wasi.denials().0 == 0 {
        return;
    }
    let explain = get(&EXPLAIN);
    if explain.is_some() || stream::is_terminal(2) {
        explain::end(explain, wasi);
    }
}

/// Tells of an end within a call, when nothing can be asked of the shim; or before the program's first
/// instruction.
pub(crate) fn end_abruptly(status: i32) {
    if let Some(file) = get(&AUDIT) {
        timeout::stop();
        record::end_abruptly(file, status);
    }
}
