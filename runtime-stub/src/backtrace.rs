//! Says that the program trapped, and where: its functions, innermost first, by walking the frame
//! pointers that compiled code keeps. Nothing is trusted: every pointer is compared with the stack.

use crate::arch::{Registers, return_place};
use crate::process;
use crate::program::Program;
use crate::report::Text;
use crate::trap::Running;
use std::ops::Range;
use wasm2native_abi::trap::TrapCode;

/// So many functions are shown; the others are counted.
const SHOWN: u64 = 64;

/// Reports a trap on standard error.
pub(crate) fn report(running: &Running, trap: TrapCode, registers: Registers) {
    let mut text = Text::error();
    text.program().text("trap: ").text(trap.message()).text("\n");
    if is_wanted() {
        walk(&mut text, running, registers);
    }
    text.flush();
}

/// Whether the person who runs the program wants to see functions (`WASM2NATIVE_BACKTRACE`).
fn is_wanted() -> bool {
    !process::variable_is_zero(c"WASM2NATIVE_BACKTRACE")
}

fn walk(text: &mut Text, running: &Running, registers: Registers) {
    let program = running.program;
    let mut count = 0;
    show(text, program, registers.instruction, &mut count);
    let mut frame = registers.frame;
    let before_frame = program.function(registers.instruction).and_then(|function| {
        let start = program.code().start + function.code_offset as usize;
        registers.before_frame(start, |address| read(address, &running.stack))
    });
    if let Some((return_address, caller_frame)) = before_frame {
        show(text, program, return_address.wrapping_sub(1), &mut count);
        frame = caller_frame;
    }
    while let Some(next) = read(frame, &running.stack)
        && let Some(caller) = read(return_place(frame, next), &running.stack)
    {
        show(text, program, caller.wrapping_sub(1), &mut count);
        // The stack grows down, so that callers' frames are above; anything else would not end.
        if next <= frame {
            break;
        }
        frame = next;
    }
    if count > SHOWN {
        text.text("  ... ").number(count - SHOWN).text(" more\n");
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

fn show(text: &mut Text, program: Program, address: usize, count: &mut u64) {
    let Some(function) = program.function(address) else { return };
    let name = program.name(function);
    // Trampolines are nobody's function.
    if function.function_index == u32::MAX {
        return;
    }
    *count += 1;
    if *count > SHOWN {
        return;
    }
    let number = *count - 1;
    text.text(if number < 10 { "   " } else { "  " }).number(number).text(": ");
    if name.is_empty() {
        text.text("func[").number(u64::from(function.function_index)).text("]");
    } else {
        // Names are the program's: control characters would reach the terminal.
        for &byte in name {
            text.bytes(&[if byte < b' ' || byte == 0x7f { b'?' } else { byte }]);
        }
    }
    text.text("\n");
}
