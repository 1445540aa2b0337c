//! Says that the program trapped, and where: its functions, innermost first, by walking the frame
//! pointers that compiled code keeps. Nothing is trusted: every pointer is compared with the stack.
//!
//! `WASM2NATIVE_BACKTRACE` is `0` for the trap alone, `full` for every frame with its place in the
//! function's code. Otherwise calls of a function by itself are one line, and lines are few.

use crate::arch::{Registers, return_place};
use crate::program::Program;
use crate::report::Text;
use crate::trap::Running;
use crate::variable::runtime_variable;
use std::ops::Range;
use std::sync::atomic::{AtomicU8, Ordering};
use wasm2native_abi::program::FunctionEntry;
use wasm2native_abi::trap::TrapCode;

/// So many lines are shown; the other functions are counted.
const SHOWN: u64 = 64;

const SHORT: u8 = 0;
const NONE: u8 = 1;
const FULL: u8 = 2;

/// What is shown, decided before the program starts: in a handler nothing can be asked any more.
static WANTED: AtomicU8 = AtomicU8::new(SHORT);

/// Reads `WASM2NATIVE_BACKTRACE`.
pub(crate) fn configure() {
    let wanted = match runtime_variable(c"WASM2NATIVE_BACKTRACE") {
        Some(value) if value == "0" => NONE,
        Some(value) if value == "full" => FULL,
        _ => SHORT,
    };
    WANTED.store(wanted, Ordering::Relaxed);
}

/// Reports a trap on standard error.
pub(crate) fn report(running: &Running, trap: TrapCode, registers: Registers) {
    let mut text = Text::error();
    text.program().text("trap: ").text(trap.message()).text("\n");
    let wanted = WANTED.load(Ordering::Relaxed);
    if wanted != NONE {
        let program = running.program;
        let is_full = wanted == FULL;
        let mut frames = Frames {
            text: &mut text,
            program,
            is_full,
            count: 0,
            lines: 0,
            last: None,
            again: 0,
            hidden: 0,
        };
        walk(&mut frames, running, registers);
        frames.end();
    }
    text.flush();
}

fn walk(frames: &mut Frames<'_>, running: &Running, registers: Registers) {
    let program = running.program;
    frames.show(registers.instruction);
    let mut frame = registers.frame;
    let before_frame = program.function(registers.instruction).and_then(|function| {
        let start = program.code().start + function.code_offset as usize;
        registers.before_frame(start, |address| read(address, &running.stack))
    });
    if let Some((return_address, caller_frame)) = before_frame {
        frames.show(return_address.wrapping_sub(1));
        frame = caller_frame;
    }
    while let Some(next) = read(frame, &running.stack)
        && let Some(caller) = read(return_place(frame, next), &running.stack)
    {
        frames.show(caller.wrapping_sub(1));
        // The stack grows down, so that callers' frames are above; anything else would not end.
        if next <= frame {
            break;
        }
        frame = next;
    }
}

/// The word at an address in the stack.
fn read(address: usize, stack: &Range<usize>) -> Option<usize> {
    let inside = stack.contains(&address) && stack.contains(&address.checked_add(7)?);
    if !inside || !address.is_multiple_of(8) {
        return None;
    }
    // SAFETY: the word lies in the part of the program's stack that is in use.
    Some(unsafe { std::ptr::with_exposed_provenance::<usize>(address).read_volatile() })
}

/// The lines of a backtrace.
struct Frames<'a> {
    text: &'a mut Text,
    program: Program,
    is_full: bool,
    /// Functions met.
    count: u64,
    /// Lines written.
    lines: u64,
    /// The function that was met last, when it has a line.
    last: Option<&'static FunctionEntry>,
    /// How often it was met again.
    again: u64,
    /// Functions that came when enough lines were written.
    hidden: u64,
}

impl Frames<'_> {
    /// Adds the function that an address lies in.
    fn show(&mut self, address: usize) {
        let Some(function) = self.program.function(address) else { return };
        // Trampolines are nobody's function.
        if function.function_index == u32::MAX {
            return;
        }
        self.count += 1;
        if !self.is_full {
            if self.last.is_some_and(|last| std::ptr::eq(last, function)) {
                self.again += 1;
                return;
            }
            self.fold();
            if self.lines == SHOWN {
                self.last = None;
                self.hidden += 1;
                return;
            }
            self.last = Some(function);
        }
        self.lines += 1;
        let number = self.count - 1;
        self.text.text(if number < 10 { "   " } else { "  " }).number(number).text(": ");
        let name = self.program.name(function);
        if !name.is_empty() {
            self.text.visible(name);
        }
        if name.is_empty() || self.is_full {
            self.text.text(if name.is_empty() { "func[" } else { " func[" });
            self.text.number(u64::from(function.function_index)).text("]");
        }
        if self.is_full {
            let start = self.program.code().start + function.code_offset as usize;
            self.text.text(" + 0x").hexadecimal((address - start) as u64, 1);
        }
        self.text.text("\n");
    }

    /// Says how often the last function was met again.
    fn fold(&mut self) {
        if self.again > 0 {
            self.text.text("  ... ").number(self.again).text(" more of it\n");
            self.again = 0;
        }
    }

    /// Says what is not shown.
    fn end(&mut self) {
        self.fold();
        if self.hidden > 0 {
            self.text.text("  ... ").number(self.hidden).text(" more\n");
        }
    }
}
