//! Traps: which faults of the process are traps of the program, and what becomes of them.
//!
//! Invariant: a fault is a trap only when the instruction is one that the compiler listed, or when it
//! touched the guard of the program's stack; every other fault is the runtime's own and takes the
//! system's usual course.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

use crate::arch;
#[cfg(not(feature = "wast"))]
use crate::process;
use crate::program::Program;
#[cfg(feature = "wast")]
use crate::stack;
use crate::stack::Stack;
use std::cell::UnsafeCell;
use std::ops::Range;
use wasm2native_abi::instance::Slot;
use wasm2native_abi::trap::TrapCode;

/// What handlers need to know.
#[derive(Clone)]
pub(crate) struct Running {
    pub(crate) program: Program,
    #[cfg_attr(all(unix, feature = "wast"), allow(dead_code, reason = "only backtraces need it"))]
    pub(crate) stack: Range<usize>,
    /// Where [`call`] starts on it, see [`arch::call`].
    stack_end: usize,
    pub(crate) guard: Range<usize>,
    /// What makes the current [`call`] return.
    pub(crate) resume: usize,
}

struct State(UnsafeCell<Option<Running>>);

// SAFETY: written by the one thread before handlers are installed, except for `resume`, which it
// writes only while no code of the program runs.
unsafe impl Sync for State {}

static STATE: State = State(UnsafeCell::new(None));

/// Takes over the faults of the program.
pub(crate) fn install(program: Program, stack: &Stack) {
    let running = Running {
        program,
        stack: stack.range(),
        stack_end: stack.end(),
        guard: stack.guard(),
        resume: 0,
    };
    // SAFETY: no handler is installed yet.
    unsafe { *STATE.0.get() = Some(running) };
    system::install();
}

/// Calls code of the program on its stack.
///
/// # Errors
/// The trap that ended it, in the variant that recovers from traps; otherwise a trap ends the process.
///
/// # Safety
/// - `code` is an entry point or an `initialize` of an instance that is made; `slots` has as many
///   slots as it needs.
pub(crate) unsafe fn call(code: *const u8, slots: &mut [Slot]) -> Result<(), TrapCode> {
    // SAFETY: calls do not nest, and `install` was called.
    let Some(running) = (unsafe { (*STATE.0.get()).as_mut() }) else { return Ok(()) };
    let stack_end = running.stack_end;
    let resume = &raw mut running.resume;
    // SAFETY: by the caller's promise; nobody uses the stack between calls.
    let ended = unsafe { arch::call(stack_end, code, slots.as_mut_ptr(), resume) };
    let trap = u8::try_from(ended).ok().and_then(TrapCode::from_byte);
    #[cfg(feature = "wast")]
    if trap == Some(TrapCode::StackOverflow) {
        // SAFETY: nothing of the program's runs, and this is its thread.
        unsafe { stack::restore_guard() };
    }
    trap.map_or(Ok(()), Err)
}

/// Ends the process when a call was ended by a trap. The normal variant never gets here with one.
#[cfg(not(feature = "wast"))]
pub(crate) fn or_exit(result: Result<(), TrapCode>) {
    if result.is_err() {
        process::exit(process::EXIT_TRAP);
    }
}

/// Whether an instruction is one of the program's, so that no call of the runtime's is under way.
#[cfg_attr(all(windows, feature = "wast"), allow(dead_code, reason = "only the usual end asks"))]
pub(crate) fn is_in_program(instruction: usize) -> bool {
    // SAFETY: `install` ran before any handler, and nothing changes the program.
    let running = unsafe { (*STATE.0.get()).as_ref() };
    running.is_some_and(|running| running.program.code().contains(&instruction))
}

/// The trap that a fault is, if it is one.
fn classify(running: &Running, instruction: usize, address: Option<usize>) -> Option<TrapCode> {
    if address.is_some_and(|address| running.guard.contains(&address)) {
        return Some(TrapCode::StackOverflow);
    }
    running.program.trap(instruction)
}
