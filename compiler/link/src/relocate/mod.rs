//! Resolves relocations: the addresses are fixed, the sections' bytes are in the output, and each
//! reference between them becomes a number.
//!
//! One file an architecture; they share [`Place`], which does the checked arithmetic. Invariant:
//! nothing is truncated: what does not fit its field is an error with the distance. Images are
//! position-independent and there is no dynamic linker that would run again, so absolute addresses
//! cannot be expressed and are refused.

mod aarch64;
mod riscv64;
mod s390x;
mod x86_64;

use crate::bytes::{array, array_mut};
use crate::error::Error;
use crate::object::{Object, Relocation};
use crate::resolve::Addresses;
use object::elf;
use wasm2native_targets::Architecture;

/// The `e_machine` of an architecture's ELF files.
pub(crate) fn machine(architecture: Architecture) -> u16 {
    match architecture {
        Architecture::X86_64 => elf::EM_X86_64,
        Architecture::Aarch64 => elf::EM_AARCH64,
        Architecture::Riscv64 => elf::EM_RISCV,
        Architecture::S390x => elf::EM_S390,
    }
}

/// Why a relocation cannot be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// The distance in bytes exceeds the field.
    Overflow(i128),
    /// Anything else, in words.
    Unsupported(&'static str),
}

const ABSOLUTE: Fault =
    Fault::Unsupported("it needs an absolute address, and the image may be loaded anywhere");
const UNKNOWN: Fault = Fault::Unsupported("this linker does not know its kind");
const OUTSIDE: Fault = Fault::Unsupported("it lies outside its section");
const MISALIGNED: Fault = Fault::Unsupported("its target is not aligned as the instruction needs");
const ELSEWHERE: Fault = Fault::Unsupported("its symbol is not part of the program's image");
const NO_TABLE: Fault =
    Fault::Unsupported("it needs a global offset table, and the instruction has no other form");

/// A field to fill in, and the address to put there.
struct Place<'a> {
    /// The section's bytes.
    section: &'a mut [u8],
    /// The field's offset in the section.
    offset: u64,
    /// The field's address.
    address: u64,
    /// What it refers to: symbol plus addend ("S + A" in every psABI).
    target: i128,
}

impl Place<'_> {
    /// S + A - P.
    fn distance(&self) -> i128 {
        self.target - i128::from(self.address)
    }

    /// The distance as a signed number of `bits` bits.
    fn signed(&self, bits: u32) -> Result<i64, Fault> {
        fit(self.distance(), bits)
    }

    /// `N` bytes at the field's offset plus `delta`.
    fn bytes<const N: usize>(&self, delta: i64) -> Result<[u8; N], Fault> {
        let offset = self.offset.checked_add_signed(delta).ok_or(OUTSIDE)?;
        array(self.section, offset).ok_or(OUTSIDE)
    }

    /// Writes `bytes` at the field's offset plus `delta`.
    fn store<const N: usize>(&mut self, delta: i64, bytes: [u8; N]) -> Result<(), Fault> {
        let offset = self.offset.checked_add_signed(delta).ok_or(OUTSIDE)?;
        *array_mut(self.section, offset).ok_or(OUTSIDE)? = bytes;
        Ok(())
    }

    /// A little-endian instruction word at the field's offset plus `delta`, with the bits of `mask`
    /// replaced by those of `value`.
    fn patch_instruction(&mut self, delta: i64, mask: u32, value: u32) -> Result<(), Fault> {
        let word = u32::from_le_bytes(self.bytes(delta)?);
        self.store(delta, (word & !mask | value & mask).to_le_bytes())
    }
}

/// `value` as a signed number of `bits` (at most 64) bits.
fn fit(value: i128, bits: u32) -> Result<i64, Fault> {
    let limit = 1_i128 << (bits - 1);
    if (-limit..limit).contains(&value) { Ok(value as i64) } else { Err(Fault::Overflow(value)) }
}

/// Applies the relocations of the object's section at index `section` to `bytes`, its copy in the
/// output.
pub(crate) fn relocate_section(
    architecture: Architecture,
    object: &Object<'_>,
    addresses: &Addresses,
    section: usize,
    bytes: &mut [u8],
) -> Result<(), Error> {
    let address = addresses.section(section);
    let mut high_parts = riscv64::HighParts::default();
    if architecture == Architecture::Riscv64 {
        // The low half of an address is resolved by the distance of its high half, which may be
        // anywhere in the section, so all of those are found first.
        for relocation in object.relocations(section).filter(|it| riscv64::is_high(it.kind)) {
            let target = target(architecture, object, addresses, section, &relocation)?;
            let place = address.wrapping_add(relocation.offset);
            high_parts.insert(place, target - i128::from(place), relocation.kind);
        }
    }
    for relocation in object.relocations(section) {
        let target = match target(architecture, object, addresses, section, &relocation) {
            Ok(target) => target,
            // Markers carry no symbol, or one that does not matter.
            Err(_) if is_marker(architecture, relocation.kind) => continue,
            Err(error) => return Err(error),
        };
        let place = Place {
            offset: relocation.offset,
            address: address.wrapping_add(relocation.offset),
            section: bytes,
            target,
        };
        let result = match architecture {
            Architecture::X86_64 => x86_64::apply(relocation.kind, place),
            Architecture::Aarch64 => aarch64::apply(relocation.kind, place),
            Architecture::Riscv64 => riscv64::apply(relocation.kind, place, &high_parts),
            Architecture::S390x => s390x::apply(relocation.kind, place),
        };
        result.map_err(|fault| describe(architecture, object, section, &relocation, fault))?;
    }
    Ok(())
}

/// Whether relocations of this kind only tell a linker that it may shorten code, which we do not.
fn is_marker(architecture: Architecture, kind: u32) -> bool {
    match architecture {
        Architecture::Riscv64 => kind == elf::R_RISCV_RELAX || kind == elf::R_RISCV_NONE,
        _ => kind == 0,
    }
}

/// S + A.
fn target(
    architecture: Architecture,
    object: &Object<'_>,
    addresses: &Addresses,
    section: usize,
    relocation: &Relocation,
) -> Result<i128, Error> {
    match addresses.symbol(object, relocation.symbol)? {
        Some(symbol) => Ok(i128::from(symbol) + i128::from(relocation.addend)),
        None => Err(describe(architecture, object, section, relocation, ELSEWHERE)),
    }
}

fn describe(
    architecture: Architecture,
    object: &Object<'_>,
    section: usize,
    relocation: &Relocation,
    fault: Fault,
) -> Error {
    let name = match architecture {
        Architecture::X86_64 => x86_64::name(relocation.kind),
        Architecture::Aarch64 => aarch64::name(relocation.kind),
        Architecture::Riscv64 => riscv64::name(relocation.kind),
        Architecture::S390x => s390x::name(relocation.kind),
    };
    let name = match name {
        Some(name) => name.to_owned(),
        None => format!("relocation kind {}", relocation.kind),
    };
    let symbol = object.symbol_name(relocation.symbol);
    let section = object.sections[section].name.to_owned();
    let offset = relocation.offset;
    match fault {
        Fault::Overflow(distance) => {
            Error::RelocationOverflow { relocation: name, symbol, section, offset, distance }
        }
        Fault::Unsupported(reason) => {
            Error::UnsupportedRelocation { relocation: name, symbol, section, offset, reason }
        }
    }
}

/// The `match` arms of an architecture's `name`: constants of `object::elf` to their own names.
macro_rules! names {
    ($($constant:ident)*) => {
        /// The relocation's name in the psABI, if it is one of those handled or refused here.
        pub(super) fn name(kind: u32) -> Option<&'static str> {
            match kind {
                $(elf::$constant => Some(stringify!($constant)),)*
                _ => None,
            }
        }
    };
}
use names;

#[cfg(test)]
mod tests {
    use super::{Fault, Place};

    /// Applies `apply` to `bytes` (a section) at `offset`, with the place at `address`.
    pub(super) fn relocated(
        bytes: &[u8],
        offset: u64,
        address: u64,
        target: i128,
        apply: impl FnOnce(Place<'_>) -> Result<(), Fault>,
    ) -> Result<Vec<u8>, Fault> {
        let mut section = bytes.to_vec();
        apply(Place { section: &mut section, offset, address, target })?;
        Ok(section)
    }
}
