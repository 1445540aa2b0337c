//! The order of start-up, from a fresh process to the program's last instruction.

#[cfg(not(feature = "wast"))]
use crate::backtrace;
use crate::{
    cpu, entry, header, host_call, policy, process, program, report, stack, stream, timeout, trap,
    variable,
};
use std::ffi::OsString;
use wasm2native_abi::program::{EntryKind, EntryPoint};

/// Runs the program that was linked in. Its exit status is the program's own, that of the
/// system's `abort` after a trap, and 125 when it could not be started.
pub(crate) fn run(arguments: Vec<OsString>) -> ! {
    if let Some(name) = arguments.first() {
        report::set_name(name);
    }
    // Before any file is opened: a closed standard stream must not become a file of the program's.
    stream::ensure_open();
    let program = match program::find() {
        Ok(program) => program,
        Err(sentence) => report::refuse(&[sentence]),
    };
    cpu::check(program);
    let encoded = header::policy();
    let settings = match policy::decode(encoded) {
        Ok(settings) => settings,
        Err(sentence) => report::refuse(&[sentence]),
    };
    timeout::set(settings.timeout);
    variable::allow(settings.runtime_flags);
    #[cfg(not(feature = "wast"))]
    backtrace::configure();
    // The command line of a program that was built to call one export is that function's.
    let is_invoked = |entry: &EntryPoint| entry.kind == EntryKind::Invoke as u32;
    let for_function = match arguments.get(1..) {
        Some(rest) if program.entry_points().iter().any(is_invoked) => rest.to_vec(),
        _ => Vec::new(),
    };
    stack::with_new(settings.stack_bytes, move |stack| {
        let denies_arguments = host_call::start(encoded, settings.runtime_flags, arguments);
        let for_function = if denies_arguments { &[] } else { for_function.as_slice() };
        trap::install(program, &stack);
        timeout::start();
        process::prepare_for_signals();
        // Behind it nothing is set up any more that needs the system.
        host_call::raise_wall(encoded);
        entry::run(program, &settings, for_function)
    })
}
