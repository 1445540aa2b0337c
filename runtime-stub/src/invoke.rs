//! Calls an entry point: `_start` and `_initialize` without arguments, an export that the program was
//! built to invoke with the command line.
//!
//! Arguments are read by the parameters' types: integers in decimal or, after `0x`, in hexadecimal;
//! floats as C writes them. Results are printed one a line. A command line that does not fit ends the
//! process with status 2, as for any command that is used wrongly.

use crate::process::exit;
use crate::report::Text;
use crate::{number, program, trap};
use std::ffi::OsString;
use wasm2native_abi::instance::Slot;
use wasm2native_abi::program::{EntryKind, EntryPoint, ValueType};

/// Exit status when the command line does not fit the function.
const EXIT_USAGE: i32 = 2;

/// Calls an entry point. A trap ends the process.
pub(crate) fn run(entry: &'static EntryPoint, kind: EntryKind, arguments: &[OsString]) {
    let parameters = program::table(&entry.parameters);
    let results = program::table(&entry.results);
    let arguments = if kind == EntryKind::Invoke { arguments } else { &[] };
    let mut slots = vec![Slot::ZERO; parameters.len().max(results.len()).max(1)];
    if arguments.len() != parameters.len() {
        let mut text = Text::error();
        text.program().text("`").visible(program::table(&entry.name)).text("` takes ");
        text.number(parameters.len() as u64);
        text.text(if parameters.len() == 1 { " argument, not " } else { " arguments, not " });
        text.number(arguments.len() as u64).text("\n").flush();
        exit(EXIT_USAGE);
    }
    for ((slot, &parameter), argument) in slots.iter_mut().zip(parameters).zip(arguments) {
        let value_type = ValueType::from_byte(parameter);
        let Some(value) = value_type.and_then(|value_type| parse(value_type, argument)) else {
            let mut text = Text::error();
            text.program().text("`").visible(argument.as_encoded_bytes()).text("` is not an ");
            text.text(value_type.map_or("argument", name)).text("\n").flush();
            exit(EXIT_USAGE);
        };
        *slot = value;
    }
    // SAFETY: all instances are made, and there are slots for parameters and results.
    trap::or_exit(unsafe { trap::call(entry.code.as_ptr(), &mut slots) });
    if kind == EntryKind::Invoke {
        let mut text = Text::output();
        for (slot, &result) in slots.iter().zip(results) {
            print(&mut text, ValueType::from_byte(result), *slot);
            text.text("\n");
        }
        text.flush();
    }
}

fn name(value_type: ValueType) -> &'static str {
    match value_type {
        ValueType::I32 => "i32",
        ValueType::I64 => "i64",
        ValueType::F32 => "f32",
        ValueType::F64 => "f64",
        ValueType::V128 => "argument that can be given here: it would be a v128",
        ValueType::FuncRef | ValueType::ExternRef => {
            "argument that can be given here: it would be a reference"
        }
    }
}

fn parse(value_type: ValueType, argument: &OsString) -> Option<Slot> {
    let text = argument.as_encoded_bytes();
    Some(match value_type {
        ValueType::I32 => Slot::from_u32(number::parse_integer(text, 32)? as u32),
        ValueType::I64 => Slot::from_u64(number::parse_integer(text, 64)?),
        ValueType::F32 => Slot::from_u32(number::parse_f32(text)?.to_bits()),
        ValueType::F64 => Slot::from_u64(number::parse_f64(text)?.to_bits()),
        ValueType::V128 | ValueType::FuncRef | ValueType::ExternRef => return None,
    })
}

fn print(text: &mut Text, value_type: Option<ValueType>, slot: Slot) {
    match value_type {
        Some(ValueType::I32) => signed(text, i64::from(slot.as_u32().cast_signed())),
        Some(ValueType::I64) => signed(text, slot.as_u64().cast_signed()),
        Some(ValueType::F32) => number::print_f32(text, f32::from_bits(slot.as_u32())),
        Some(ValueType::F64) => number::print_f64(text, f64::from_bits(slot.as_u64())),
        Some(ValueType::V128) => {
            // As one number, in decimal like the other integers.
            number::print_u128(text, u128::from_le_bytes(slot.as_v128()));
        }
        Some(ValueType::FuncRef | ValueType::ExternRef) | None => {
            text.text(if slot.as_u64() == 0 { "null" } else { "reference" });
        }
    }
}

fn signed(text: &mut Text, value: i64) {
    if value < 0 {
        text.text("-");
    }
    text.number(value.unsigned_abs());
}
