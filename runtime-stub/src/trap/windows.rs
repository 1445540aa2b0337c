//! Faults arrive as exceptions, at a vectored handler, on the stack of the thread that has them
//! (Microsoft, «Vectored Exception Handling»).

use super::{STATE, classify};
use crate::arch;
use wasm2native_abi::trap::TrapCode;
use windows_sys::Win32::Foundation::{
    EXCEPTION_ACCESS_VIOLATION, EXCEPTION_BREAKPOINT, EXCEPTION_ILLEGAL_INSTRUCTION,
    EXCEPTION_IN_PAGE_ERROR, EXCEPTION_INT_DIVIDE_BY_ZERO, EXCEPTION_INT_OVERFLOW,
    EXCEPTION_STACK_OVERFLOW,
};
use windows_sys::Win32::System::Diagnostics::Debug::{
    AddVectoredExceptionHandler, EXCEPTION_CONTINUE_SEARCH, EXCEPTION_POINTERS,
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
    let stack_pointer = arch::stack_pointer(context);
    let trap = match record.ExceptionCode {
        EXCEPTION_STACK_OVERFLOW => {
            running.stack.contains(&stack_pointer).then_some(TrapCode::StackOverflow)
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
    {
        arch::resume_at(context, running.resume, trap as usize);
        windows_sys::Win32::System::Diagnostics::Debug::EXCEPTION_CONTINUE_EXECUTION
    }
    #[cfg(not(feature = "wast"))]
    {
        // What lies below need not even be there.
        let mut running = running.clone();
        running.stack.start = running.stack.start.max(stack_pointer);
        crate::backtrace::report(&running, trap, registers);
        crate::process::exit(crate::process::EXIT_TRAP)
    }
}
