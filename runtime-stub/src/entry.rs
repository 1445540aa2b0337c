//! Runs the program: its instances in order, then its entry points.

use crate::policy::Settings;
use crate::program::Program;
use std::ffi::OsString;

/// Runs everything and ends the process.
#[cfg(not(feature = "wast"))]
pub(crate) fn run(program: Program, settings: &Settings, arguments: &[OsString]) -> ! {
    use crate::{host_call, instance, invoke, report, trap};
    use wasm2native_abi::program::EntryKind;

    for instance in program.instances() {
        if let Err(sentence) = instance::create(instance, settings) {
            report::refuse(&[sentence]);
        }
        trap::or_exit(instance::initialize(instance));
    }
    let kinds = [EntryKind::Initialize, EntryKind::Start, EntryKind::Invoke];
    for kind in kinds {
        for entry in program.entry_points().iter().filter(|entry| entry.kind == kind as u32) {
            invoke::run(entry, kind, arguments);
        }
    }
    host_call::exit(0)
}

/// Runs the script and ends the process: it makes the instances and calls the entry points.
#[cfg(feature = "wast")]
pub(crate) fn run(program: Program, settings: &Settings, _arguments: &[OsString]) -> ! {
    crate::wast::run(program, settings)
}
