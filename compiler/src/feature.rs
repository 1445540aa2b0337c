//! Function bodies to the proposals that they really use, beyond what the toolchain declares.
//!
//! Stands alone because it reads every instruction once, on behalf of `inspect` and the manifest.
//! Invariant: bytes that cannot be read count for nothing; they are the code generator's to report.

use wasm2native_wasm::Module;
use wasm2native_wasm::wasmparser::{self, ValType, VisitOperator, VisitSimdOperator};

/// The proposal of 128-bit vectors.
pub(crate) const VECTORS: &str = "simd128";

/// Proposals by the identifier that the parser gives their instructions, and by their own name.
const PROPOSALS: [(&str, &str); 7] = [
    ("bulk_memory", "bulk-memory"),
    ("multi_value", "multivalue"),
    ("reference_types", "reference-types"),
    ("saturating_float_to_int", "nontrapping-fptoint"),
    ("sign_extension", "sign-extension"),
    ("simd", VECTORS),
    ("mutable_global", "mutable-globals"),
];

/// The bit of the proposal with this identifier; 0 for version 1.0 and for what is not supported.
const fn bit(identifier: &str) -> u32 {
    let mut position = 0;
    while position < PROPOSALS.len() {
        if equal(PROPOSALS[position].0.as_bytes(), identifier.as_bytes()) {
            return 1 << position;
        }
        position += 1;
    }
    0
}

const fn equal(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let mut position = 0;
    while position < left.len() {
        if left[position] != right[position] {
            return false;
        }
        position += 1;
    }
    true
}

/// The names of the proposals beyond WebAssembly 1.0 that the module uses, in alphabetical order.
pub(crate) fn used(module: &Module<'_>) -> Vec<&'static str> {
    let mut used = Used { bits: 0 };
    for function_type in &module.types {
        if function_type.results().len() > 1 {
            used.bits |= const { bit("multi_value") };
        }
        for value_type in function_type.params().iter().chain(function_type.results()) {
            used.value_type(*value_type);
        }
    }
    for global in &module.globals {
        used.value_type(global.global_type.content_type);
        if global.global_type.mutable && global.exported {
            used.bits |= const { bit("mutable_global") };
        }
    }
    if module.tables.len() > 1 {
        used.bits |= const { bit("reference_types") };
    }
    for function in &module.functions {
        if let Ok(locals) = function.body.get_locals_reader() {
            for (_, value_type) in locals.into_iter().flatten() {
                used.value_type(value_type);
            }
        }
        if let Ok(mut operators) = function.body.get_operators_reader() {
            while !operators.eof() && operators.visit_operator(&mut used).is_ok() {}
        }
    }
    let mut names: Vec<_> = PROPOSALS
        .iter()
        .enumerate()
        .filter(|(position, _)| used.bits & 1 << position != 0)
        .map(|(_, (_, name))| *name)
        .collect();
    names.sort_unstable();
    names
}

struct Used {
    bits: u32,
}

impl Used {
    fn value_type(&mut self, value_type: ValType) {
        match value_type {
            ValType::V128 => self.bits |= const { bit("simd") },
            ValType::Ref(_) => self.bits |= const { bit("reference_types") },
            _ => {}
        }
    }
}

macro_rules! mark_proposal {
    ($( @$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        $(
            #[inline]
            fn $visit(&mut self $($(, $arg: $argty)*)?) {
                $($(let _ = $arg;)*)?
                self.bits |= const { bit(stringify!($proposal)) };
            }
        )*
    };
}

impl<'a> VisitOperator<'a> for Used {
    type Output = ();

    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = ()>> {
        Some(self)
    }

    wasmparser::for_each_visit_operator!(mark_proposal);
}

impl VisitSimdOperator<'_> for Used {
    wasmparser::for_each_visit_simd_operator!(mark_proposal);
}

#[cfg(test)]
mod tests {
    use super::used;
    use wasm2native_wasm::Module;

    fn features(text: &str) -> Vec<&'static str> {
        let bytes = wat::parse_str(text).expect("valid text");
        used(&Module::parse(&bytes).expect("a valid module"))
    }

    #[test]
    fn the_first_version_uses_none() {
        assert!(features("(module (func (result i32) i32.const 1))").is_empty());
    }

    #[test]
    fn instructions_and_types_show_their_proposal() {
        assert_eq!(features("(module (func (param v128)))"), ["simd128"]);
        assert_eq!(
            features(
                "(module (memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0))))"
            ),
            ["bulk-memory"]
        );
        assert_eq!(
            features(
                "(module (func (result i32 i32) (i32.extend8_s (i32.const 1)) (i32.const 2)))"
            ),
            ["multivalue", "sign-extension"]
        );
        assert_eq!(features("(module (func (drop (i8x16.splat (i32.const 1)))))"), ["simd128"]);
    }
}
