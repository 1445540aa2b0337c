//! Hands host calls to the shim.

use crate::arch::compiled_abi;
use crate::{process, report, watch};
use std::cell::UnsafeCell;
use std::ffi::OsString;
use std::slice;
use std::sync::atomic::{AtomicBool, Ordering};
use wasi_libc_shim::{GuestMemory, Outcome, Plan, Wasi};
use wasm2native_abi::instance::{InstanceHeader, Slot};
use wasm2native_abi::policy::{RUNTIME_STRICT_EXIT_CODES, Records};
use wasm2native_abi::wasi;

struct State(UnsafeCell<Option<Wasi>>);

// SAFETY: only the one thread of the process uses it: host calls do not nest.
unsafe impl Sync for State {}

static STATE: State = State(UnsafeCell::new(None));

/// Whether an exit code of [`FIRST_NO_EXIT_CODE`] or more is a trap.
static STRICT: AtomicBool = AtomicBool::new(false);

/// WASI leaves the codes from here on to shells, which tell by them how a process ended.
const FIRST_NO_EXIT_CODE: u32 = 126;

/// Opens what the policy grants, or ends the process with status 125. Says whether the program's arguments
/// are taken away. `runtime_flags` are those of the policy.
pub(crate) fn start(policy: &'static [u8], runtime_flags: u16, arguments: Vec<OsString>) -> bool {
    STRICT.store(runtime_flags & RUNTIME_STRICT_EXIT_CODES != 0, Ordering::Relaxed);
    watch::prepare();
    let environment: Vec<_> = process::environment().collect();
    match Wasi::new(Records::new(policy), arguments, &environment) {
        Ok(wasi) => {
            let denies_arguments = wasi.denies_arguments();
            // SAFETY: no host call is under way.
            unsafe { *STATE.0.get() = Some(wasi) };
            denies_arguments
        }
        Err(error) => report::refuse(&[error.sentence()]),
    }
}

/// Ends the process as the program wants it.
pub(crate) fn exit(status: u32) -> ! {
    if STRICT.load(Ordering::Relaxed) && status >= FIRST_NO_EXIT_CODE {
        let mut text = report::Text::error();
        text.program().text("trap: the exit code ").number(status.into());
        text.text(" is not one of 0 to 125\n").flush();
        end(process::EXIT_TRAP, true)
    }
    end(status as i32, true)
}

/// Ends the process. `is_consistent` says that no host call is under way.
pub(crate) fn end(status: i32, is_consistent: bool) -> ! {
    if is_consistent {
        // SAFETY: no host call is under way, and none will be.
        let state = unsafe { &mut *STATE.0.get() };
        if let Some(wasi) = state {
            watch::end(wasi, status);
        }
        if wasi_libc_shim::has_temporary_directory() {
            // What is open cannot be removed everywhere.
            drop(state.take());
        }
    } else {
        watch::end_abruptly(status);
    }
    process::exit(status)
}

/// Has the kernel enforce the policy too, or ends the process with status 125 when it must and cannot.
/// Then tells of what the program starts with, when somebody wants to know.
pub(crate) fn raise_wall(policy: &[u8]) {
    // SAFETY: no host call is under way.
    let Some(wasi) = (unsafe { (*STATE.0.get()).as_mut() }) else { return };
    match Plan::read(&Records::new(policy)).and_then(|plan| wasi.raise_wall(&plan)) {
        Ok(active) => watch::begin(wasi, active),
        Err(error) => report::refuse(&[error.sentence()]),
    }
}

compiled_abi! {
    /// The host call at `INDEX` of [`wasi::at`], as [`wasm2native_abi::runtime::HostCode`].
    unsafe fn host_call<const INDEX: usize>(vmctx: *mut InstanceHeader, slots: *mut Slot) {
        // SAFETY: compiled code passes an instance of the program, and as many slots as the function
        // has parameters, at least one.
        unsafe { call(INDEX, vmctx, slots) };
    }
}

/// How many slots each function of [`wasi::at`] has: for its parameters, at least one.
const SLOT_COUNTS: [u8; wasi::COUNT] = {
    let mut counts = [1; wasi::COUNT];
    let mut index = 0;
    while let Some(function) = wasi::at(index) {
        if function.parameters.len() > 1 {
            counts[index] = function.parameters.len() as u8;
        }
        index += 1;
    }
    counts
};

/// # Safety
/// - As of [`wasm2native_abi::runtime::HostCode`].
unsafe fn call(index: usize, vmctx: *mut InstanceHeader, slots: *mut Slot) {
    // SAFETY: host calls do not nest, so this is the only reference.
    let Some(wasi) = (unsafe { (*STATE.0.get()).as_mut() }) else {
        report::refuse(&["a host call came before the program was started"])
    };
    let count = SLOT_COUNTS.get(index).map_or(1, |&count| count.into());
    // SAFETY: by the caller's promise; a host memory that is not null is a memory of the program,
    // which cannot grow before this call returns.
    let outcome = unsafe {
        let host_memory = (*vmctx).host_memory;
        let mut memory = if host_memory.is_null() {
            GuestMemory::none()
        } else {
            GuestMemory::from_raw_parts((*host_memory).base, (*host_memory).length_bytes)
        };
        wasi_libc_shim::call(wasi, index, &mut memory, slice::from_raw_parts(slots, count))
    };
    if wasi.has_events() {
        watch::tell(wasi);
    }
    match outcome {
        // SAFETY: there is at least one slot.
        Outcome::Return(errno) => unsafe { slots.write(Slot::from_u32(errno)) },
        Outcome::Exit(status) => exit(status),
    }
}

macro_rules! host_calls {
    ($($index:literal)*) => {
        [$(host_call::<$index> as *const ()),*]
    };
}

/// The code of every function of [`wasi::at`].
pub(crate) const WASI: [*const (); wasi::COUNT] = host_calls![
    0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36
    37 38 39 40 41 42 43 44 45 46 47 48 49
];

compiled_abi! {
    /// The printing functions of the test suite's host module, which ignore their arguments.
    #[cfg(feature = "wast")]
    pub(crate) unsafe fn spectest_print(_vmctx: *mut InstanceHeader, _slots: *mut Slot) {}
}

compiled_abi! {
    /// In the place of functions that only other variants of the stub have: nothing that is linked into
    /// this one may call them.
    pub(crate) unsafe fn absent(_vmctx: *mut InstanceHeader, _slots: *mut Slot) {
        report::refuse(&["the program calls a function that only tests have"])
    }
}
