//! Gives every symbol of the object its address: in a placed section, or in the stub.
//!
//! It runs between layout and relocation. Invariant: a symbol that nobody defines ends the link here,
//! by name; what a relocation may not refer to for another reason has no address.

use crate::error::Error;
use crate::object::{Definition, Object};
use crate::stub::Extent;
use wasm2native_abi::runtime::RuntimeFunction;
use wasm2native_abi::section::PROGRAM_SYMBOL;

/// A symbol's place in the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Resolution {
    Address(u64),
    /// A runtime function that the stub leaves out.
    AbsentFunction,
    /// Not in the image.
    Elsewhere,
}

/// The addresses of all sections and symbols of an object.
pub(crate) struct Addresses {
    sections: Vec<u64>,
    symbols: Vec<Resolution>,
}

impl Addresses {
    /// Resolves all symbols of `object`, whose sections are at `sections`, with the stub's
    /// `functions`.
    pub(crate) fn resolve(
        object: &Object<'_>,
        sections: Vec<u64>,
        functions: &[Option<u64>],
    ) -> Result<Self, Error> {
        let mut symbols = Vec::with_capacity(object.symbols.len());
        for (number, symbol) in object.symbols.iter().enumerate() {
            symbols.push(match symbol.definition {
                Definition::Section { index, offset } => {
                    Resolution::Address(sections[index].wrapping_add(offset))
                }
                Definition::Elsewhere => Resolution::Elsewhere,
                // The first symbol is nobody's (gABI, "Symbol Table").
                Definition::Undefined if number == 0 => Resolution::Elsewhere,
                Definition::Undefined => {
                    let function =
                        str::from_utf8(symbol.name).ok().and_then(RuntimeFunction::by_symbol);
                    let Some(function) = function else {
                        return Err(Error::UndefinedSymbol { symbol: object.symbol_name(number) });
                    };
                    match functions.get(function.index()) {
                        Some(&Some(address)) => Resolution::Address(address),
                        _ => Resolution::AbsentFunction,
                    }
                }
            });
        }
        Ok(Self { sections, symbols })
    }

    /// The address of the object's section at `index`.
    pub(crate) fn section(&self, index: usize) -> u64 {
        self.sections[index]
    }

    /// The address of the symbol at `index`, if it is in the image.
    ///
    /// # Errors
    /// The symbol is a runtime function that the stub leaves out.
    pub(crate) fn symbol(&self, object: &Object<'_>, index: usize) -> Result<Option<u64>, Error> {
        match self.symbols.get(index) {
            Some(Resolution::Address(address)) => Ok(Some(*address)),
            Some(Resolution::AbsentFunction) => {
                Err(Error::AbsentFunction { symbol: object.symbol_name(index) })
            }
            Some(Resolution::Elsewhere) | None => Ok(None),
        }
    }

    /// The program header's place.
    pub(crate) fn program(&self, object: &Object<'_>) -> Result<Extent, Error> {
        object
            .symbols
            .iter()
            .find_map(|symbol| match symbol.definition {
                Definition::Section { index, offset }
                    if symbol.is_global && symbol.name == PROGRAM_SYMBOL.as_bytes() =>
                {
                    let vaddr = self.sections[index].wrapping_add(offset);
                    Some(Extent { vaddr, size_bytes: symbol.size_bytes })
                }
                _ => None,
            })
            .ok_or(Error::MissingProgram)
    }
}
