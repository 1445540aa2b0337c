//! Names of functions for people: for error messages, backtraces and symbol tables.
//!
//! Invariant: a symbol is printable and unique in the object, whatever a module's name section says.

use crate::plan::{Body, Callee, FunctionNumber, Plan};
use std::collections::HashSet;
use wasm2native_abi::section::PROGRAM_SYMBOL;

/// Symbols are cut to this length.
const SYMBOL_LIMIT_BYTES: usize = 4096;

/// The name of a piece of code, as the module's author or its exports call it.
pub(crate) fn function_name(plan: &Plan<'_>, number: FunctionNumber) -> String {
    match plan.functions.bodies()[number.position()] {
        Body::Defined { instance, function } => {
            let index = plan.module(instance).functions[function.position()].index;
            match plan.module(instance).function_name(index) {
                Some(name) if !name.is_empty() => name.to_owned(),
                _ => format!("func[{}]", index.as_u32()),
            }
        }
        Body::Wrapper { callee: Callee::Host { function, .. }, .. } => function.symbol().to_owned(),
        Body::Wrapper { .. } => "w2n_missing_import".to_owned(),
        Body::Initialize { instance } => format!("w2n_initialize_{instance}"),
        Body::Entry { entry } => format!("w2n_entry_{}", plan.program.entries[entry].export_name),
    }
}

/// Makes names into symbols.
pub(crate) struct SymbolNames {
    taken: HashSet<Vec<u8>>,
}

impl Default for SymbolNames {
    /// The one name that linkers look for among those that are defined is no function's.
    fn default() -> Self {
        Self { taken: HashSet::from([PROGRAM_SYMBOL.as_bytes().to_vec()]) }
    }
}

impl SymbolNames {
    /// A symbol for a name, told apart from equal ones by a number.
    pub(crate) fn symbol(&mut self, name: &str, number: FunctionNumber) -> Vec<u8> {
        let printable = |character: char| {
            if character.is_control() || character.is_whitespace() { '_' } else { character }
        };
        let mut symbol: String = name.chars().map(printable).collect();
        if symbol.len() > SYMBOL_LIMIT_BYTES {
            let end = (0..=SYMBOL_LIMIT_BYTES).rev().find(|end| symbol.is_char_boundary(*end));
            symbol.truncate(end.unwrap_or(0));
        }
        let mut symbol = symbol.into_bytes();
        // Another function may be called so by its author.
        while symbol.is_empty() || !self.taken.insert(symbol.clone()) {
            symbol.extend_from_slice(format!(".{}", number.as_u32()).as_bytes());
        }
        symbol
    }
}

#[cfg(test)]
mod tests {
    use super::SymbolNames;
    use crate::plan::FunctionNumber;

    #[test]
    fn symbols_are_unique_whatever_authors_call_their_functions() {
        let mut names = SymbolNames::default();
        let mut symbol = |name: &str, number: usize| {
            String::from_utf8(names.symbol(name, FunctionNumber::from_position(number)))
                .expect("text")
        };
        assert_eq!(symbol("a", 0), "a");
        assert_eq!(symbol("a.3", 1), "a.3");
        assert_eq!(symbol("a", 3), "a.3.3");
        assert_eq!(symbol("", 4), ".4");
        assert_eq!(symbol("w2n_program", 5), "w2n_program.5");
    }
}
