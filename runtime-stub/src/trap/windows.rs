//! Faults arrive as exceptions, at a vectored handler, on the stack of the thread that has them
//! (Microsoft, "Vectored Exception Handling").
//!
//! When that stack is used up there is little room. So the handler only decides: it returns to the
//! system with the order to continue elsewhere, on another stack.

use super::{STATE, classify};
use crate::arch;
use wasm2native_abi::trap::TrapCode;
use windows_sys::Win32::Foundation::{
    EXCEPTION_ACCESS_VIOLATION, EXCEPTION_BREAKPOINT, EXCEPTION_ILLEGAL_INSTRUCTION,
    EXCEPTION_IN_PAGE_ERROR, EXCEPTION_INT_DIVIDE_BY_ZERO, EXCEPTION_INT_OVERFLOW,
    EXCEPTION_STACK_OVERFLOW,
};
use windows_sys::Win32::System::Diagnostics::Debug::{
    AddVectoredExceptionHandler, EXCEPTION_CONTINUE_EXECUTION, EXCEPTION_CONTINUE_SEARCH,
    EXCEPTION_POINTERS,
};

/// Installs the handler, before all others.
pub(super) fn install() {
    // SAFETY: the handler has the type that is asked for. The call cannot fail with these arguments
    // but for lack of memory, when traps would end the process as any fault does.
    unsafe { AddVectoredExceptionHandler(1, Some(handle)) };
}

unsafe extern "system" fn handle(exception: *mut EXCEPTION_POINTERS) -> i32 {
    // SAFETY: the system passes a description of the fault and its context; `install` ran after the
    // state was written, which nothing changes now.
    let (running, record, context) = unsafe {
        let exception = &*exception;
        ((*STATE.0.get()).as_ref(), &*exception.ExceptionRecord, &mut *exception.ContextRecord)
    };
    let Some(running) = running else { return EXCEPTION_CONTINUE_SEARCH };
    let registers = arch::registers(context);
    let trap = match record.ExceptionCode {
        EXCEPTION_STACK_OVERFLOW => {
            let is_ours = running.stack.contains(&arch::stack_pointer(context));
            is_ours.then_some(TrapCode::StackOverflow)
        }
        EXCEPTION_ACCESS_VIOLATION | EXCEPTION_IN_PAGE_ERROR => {
            let address = record.ExceptionInformation[1];
            classify(running, registers.instruction, Some(address))
        }
        EXCEPTION_ILLEGAL_INSTRUCTION
        | EXCEPTION_INT_DIVIDE_BY_ZERO
        | EXCEPTION_INT_OVERFLOW
        | EXCEPTION_BREAKPOINT => classify(running, registers.instruction, None),
        _ => None,
    };
    let Some(trap) = trap else { return EXCEPTION_CONTINUE_SEARCH };
    #[cfg(feature = "wast")]
    arch::resume_at(context, running.resume, trap as usize);
    #[cfg(not(feature = "wast"))]
    end::order(context, trap, registers);
    EXCEPTION_CONTINUE_EXECUTION
}

/// The end of a program that trapped.
#[cfg(not(feature = "wast"))]
mod end {
    use super::{STATE, TrapCode};
    use crate::arch::{self, Registers};
    use crate::{backtrace, host_call, process};
    use std::cell::UnsafeCell;
    use windows_sys::Win32::System::Diagnostics::Debug::CONTEXT;

    const STACK_BYTES: usize = 64 << 10;

    #[repr(align(64))]
    struct Stack(UnsafeCell<[u8; STACK_BYTES]>);

    // SAFETY: only the end runs on it.
    unsafe impl Sync for Stack {}

    static STACK: Stack = Stack(UnsafeCell::new([0; STACK_BYTES]));

    /// A trap, the registers at it, and where the stack that was in use then ended.
    struct Trapped(UnsafeCell<Option<(TrapCode, Registers, usize)>>);

    // SAFETY: the one thread of the program writes it, before the end reads it.
    unsafe impl Sync for Trapped {}

    static TRAPPED: Trapped = Trapped(UnsafeCell::new(None));

    /// Has the thread continue with the end.
    pub(super) fn order(context: &mut CONTEXT, trap: TrapCode, registers: Registers) {
        // SAFETY: see `Trapped`.
        unsafe { *TRAPPED.0.get() = Some((trap, registers, arch::stack_pointer(context))) };
        let stack_end = STACK.0.get().addr() + STACK_BYTES;
        arch::continue_in(context, report as *const (), stack_end);
    }

    extern "system" fn report() -> ! {
        // SAFETY: both were written before, and nothing changes them now.
        let (running, trapped) =
            unsafe { ((*STATE.0.get()).as_ref(), (*TRAPPED.0.get()).as_ref()) };
        if let (Some(running), Some(&(trap, registers, stack_pointer))) = (running, trapped) {
            // What lies below need not even be there.
            let mut running = running.clone();
            running.stack.start = running.stack.start.max(stack_pointer);
            backtrace::report(&running, trap, registers);
            let is_consistent = crate::trap::is_in_program(registers.instruction);
            host_call::end(process::EXIT_TRAP, is_consistent);
        }
        process::exit(process::EXIT_TRAP)
    }
}
