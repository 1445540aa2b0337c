//! Runs a script of the test suite against the instances that were linked in: one line a command.
//! The encoding is that of [`wasm2native_abi::script`].

mod expectation;
mod reader;

use crate::policy::Settings;
use crate::process::exit;
use crate::program::{self, Program};
use crate::report::Text;
use crate::{header, instance, trap};
use reader::{Malformed, Reader};
use wasm2native_abi::instance::Slot;
use wasm2native_abi::program::InstanceDescriptor;
use wasm2native_abi::script;
use wasm2native_abi::trap::TrapCode;

/// Why a command failed.
enum Fault {
    /// The script itself is damaged: nothing behind it can be read.
    Malformed,
    /// In words.
    Reason(&'static str),
    /// It trapped, and should not have, or not so.
    Trap(TrapCode),
    /// A result differs from what was expected: its position and its bits.
    Result(usize, u128),
}

impl From<Malformed> for Fault {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

/// What an action gave.
struct Results {
    slots: Vec<Slot>,
    types: Vec<u8>,
}

/// Runs the script and ends the process, with status 0 whatever the commands gave.
pub(crate) fn run(program: Program, settings: &Settings) -> ! {
    let mut reader = Reader::new(header::script());
    let mut text = Text::output();
    while !reader.is_at_end() {
        let outcome = Command::read(&mut reader);
        let Ok(command) = outcome else {
            text.text("0 FAIL the script is damaged\n").flush();
            exit(1);
        };
        let outcome = run_command(program, settings, &command, &mut reader);
        text.number(u64::from(command.line));
        match outcome {
            Ok(()) => text.text(" ok\n"),
            Err(Fault::Malformed) => text.text(" FAIL the script is damaged\n"),
            Err(Fault::Reason(reason)) => text.text(" FAIL ").text(reason).text("\n"),
            Err(Fault::Trap(trap)) => text.text(" FAIL trap: ").text(trap.message()).text("\n"),
            Err(Fault::Result(position, bits)) => {
                text.text(" FAIL result ").number(position as u64).text(" is 0x");
                text.hexadecimal((bits >> 64) as u64, 16).hexadecimal(bits as u64, 16).text("\n")
            }
        };
        // The next command may end the process by a fault of ours.
        text.flush();
        if matches!(outcome, Err(Fault::Malformed)) {
            exit(1);
        }
    }
    exit(0)
}

/// The head of a command.
struct Command {
    kind: u8,
    line: u32,
}

impl Command {
    fn read(reader: &mut Reader) -> Result<Self, Malformed> {
        Ok(Self { kind: reader.u8()?, line: reader.u32()? })
    }
}

fn run_command(
    program: Program,
    settings: &Settings,
    command: &Command,
    reader: &mut Reader,
) -> Result<(), Fault> {
    match command.kind {
        script::INSTANTIATE => {
            instantiate(instance_at(program, reader)?, settings)?.map_err(Fault::Trap)
        }
        script::ASSERT_UNINSTANTIABLE => {
            let instance = instance_at(program, reader)?;
            let expected = reader.text()?;
            must_trap(instantiate(instance, settings)?, expected)
        }
        script::INVOKE => act(program, reader)?.map(drop).map_err(Fault::Trap),
        script::ASSERT_RETURN => {
            let outcome = act(program, reader)?;
            let count = usize::from(reader.u8()?);
            let mut fault = None;
            for position in 0..count {
                let given = match &outcome {
                    Ok(results) => results.types.get(position).zip(results.slots.get(position)),
                    Err(_) => None,
                };
                let holds = expectation::read(reader, given.map(|(ty, slot)| (*ty, *slot)))?;
                if !holds && fault.is_none() {
                    let bits = given.map_or(0, |(ty, slot)| expectation::bits(*ty, *slot));
                    fault = Some(Fault::Result(position, bits));
                }
            }
            let results = outcome.map_err(Fault::Trap)?;
            if results.types.len() != count {
                return Err(Fault::Reason("another number of results is expected"));
            }
            fault.map_or(Ok(()), Err)
        }
        script::ASSERT_TRAP | script::ASSERT_EXHAUSTION => {
            let outcome = act(program, reader)?;
            let expected = reader.text()?;
            must_trap(outcome.map(drop), expected)
        }
        _ => Err(Fault::Malformed),
    }
}

fn instance_at(
    program: Program,
    reader: &mut Reader,
) -> Result<&'static InstanceDescriptor, Fault> {
    program.instances().get(reader.u32()? as usize).ok_or(Fault::Malformed)
}

fn instantiate(
    instance: &'static InstanceDescriptor,
    settings: &Settings,
) -> Result<Result<(), TrapCode>, Fault> {
    instance::create(instance, settings).map_err(Fault::Reason)?;
    Ok(instance::initialize(instance))
}

fn must_trap(outcome: Result<(), TrapCode>, expected: &[u8]) -> Result<(), Fault> {
    match outcome {
        Ok(()) => Err(Fault::Reason("it returned, and should have trapped")),
        Err(trap) => {
            let message = trap.message().as_bytes();
            let agrees = message.starts_with(expected) || expected.starts_with(message);
            if agrees { Ok(()) } else { Err(Fault::Trap(trap)) }
        }
    }
}

/// Reads an action and does it.
fn act(program: Program, reader: &mut Reader) -> Result<Result<Results, TrapCode>, Fault> {
    match reader.u8()? {
        script::ACTION_INVOKE => invoke(program, reader),
        script::ACTION_GET => {
            let instance = instance_at(program, reader)?;
            let offset = reader.u32()? as usize;
            let value_type = reader.u8()?;
            let global = instance.block.as_ptr().cast::<u8>().wrapping_add(offset).cast::<Slot>();
            // SAFETY: the compiler wrote the offset of a global of this instance.
            let slot = unsafe { global.read_unaligned() };
            Ok(Ok(Results { slots: vec![slot], types: vec![value_type] }))
        }
        _ => Err(Fault::Malformed),
    }
}

fn invoke(program: Program, reader: &mut Reader) -> Result<Result<Results, TrapCode>, Fault> {
    let index = reader.u32()? as usize;
    let count = usize::from(reader.u8()?);
    let mut slots = Vec::new();
    for _ in 0..count {
        let value_type = reader.u8()?;
        slots.push(expectation::slot(value_type, reader.u128()?));
    }
    let entry = program.entry_points().get(index).ok_or(Fault::Malformed)?;
    let types = program::table(&entry.results);
    if program::table(&entry.parameters).len() != count {
        return Err(Fault::Reason("the function takes another number of arguments"));
    }
    slots.resize(count.max(types.len()).max(1), Slot::ZERO);
    // SAFETY: the suite only calls functions of instances that it has made; the slots suffice.
    let ended = unsafe { trap::call(entry.code.as_ptr(), &mut slots) };
    Ok(ended.map(|()| Results { slots, types: types.to_vec() }))
}
