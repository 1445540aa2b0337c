//! A module's imports to what provides them: WASI preview 1 or preview 0, or an error that names all the
//! others at once.
//!
//! Source for names and types: the table in `abi::wasi`, which follows the `witx` description.

use crate::Error;
use crate::host_calls::HostCalls;
use crate::provider::{self, Provider, Shape};
use wasm2native_abi::runtime::RuntimeFunction;
use wasm2native_abi::wasi::{self, WasiFunction, preview1_index};
use wasm2native_codegen::ImportTarget;
use wasm2native_wasm::wasmparser::{FuncType, ValType};
use wasm2native_wasm::{Import, ImportType, Module};

/// An import that nothing provides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownImport {
    /// Its module's name.
    pub module: String,
    /// Its own name.
    pub name: String,
    /// Which import it is, counted from 0.
    pub index: usize,
    /// Where it stands, in bytes from the start of the module.
    pub wasm_offset: u64,
    /// Who would provide it.
    pub provider: Provider,
}

/// An import of a WASI function with a type that it does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MistypedImport {
    /// Its name.
    pub name: &'static str,
    /// Which import it is, counted from 0.
    pub index: usize,
    /// Where it stands, in bytes from the start of the module.
    pub wasm_offset: u64,
    /// The type that the module gives it.
    pub found: String,
    /// The type that it has.
    pub expected: String,
}

/// Finds what provides each import, in order.
///
/// # Errors
/// [`Error::UnsupportedImports`] with all that nothing provides, else [`Error::ImportTypes`] with all
/// whose type is wrong.
pub(crate) fn resolve(module: &Module<'_>) -> Result<Vec<ImportTarget>, Error> {
    let mut targets = Vec::with_capacity(module.imports.len());
    let mut unknown = Vec::new();
    let mut mistyped = Vec::new();
    for (index, import) in module.imports.iter().enumerate() {
        let position = wasi::import_index(import.module, import.name);
        let Some((position, function)) =
            position.and_then(|position| Some((position, wasi::at(position)?)))
        else {
            unknown.push(explain(module, index, import));
            continue;
        };
        let ImportType::Function(_, type_index) = import.import_type else {
            unknown.push(explain(module, index, import));
            continue;
        };
        let found = &module.types[type_index.position()];
        let expected = wasi_type(function);
        if found.params() != expected.params() || found.results() != expected.results() {
            mistyped.push(MistypedImport {
                name: function.name,
                index,
                wasm_offset: import.wasm_offset,
                found: type_in_words(found),
                expected: type_in_words(&expected),
            });
        }
        targets.push(ImportTarget::Host(RuntimeFunction::wasi(position)));
    }
    if !unknown.is_empty() {
        return Err(Error::UnsupportedImports(unknown));
    }
    if !mistyped.is_empty() {
        return Err(Error::ImportTypes(mistyped));
    }
    Ok(targets)
}

/// The host calls among what imports resolve to. Those of preview 0 count as their namesakes, since they
/// do the same.
pub(crate) fn host_calls(imports: &[ImportTarget]) -> HostCalls {
    let mut set = HostCalls::default();
    for position in 0..wasi::COUNT {
        let function = RuntimeFunction::wasi(position);
        let is_it =
            |import: &ImportTarget| matches!(import, ImportTarget::Host(host) if *host == function);
        if imports.iter().any(is_it)
            && let Some(index) = wasi::at(position).and_then(|other| preview1_index(other.name))
        {
            set.insert(index);
        }
    }
    set
}

fn explain(module: &Module<'_>, index: usize, import: &Import<'_>) -> UnknownImport {
    let shape = match import.import_type {
        ImportType::Function(_, type_index) => {
            Shape::Function { parameters: module.types[type_index.position()].params().len() }
        }
        ImportType::Memory(..) => Shape::Memory,
        ImportType::Table(..) | ImportType::Global(..) => Shape::Other,
    };
    UnknownImport {
        module: import.module.to_owned(),
        name: import.name.to_owned(),
        index,
        wasm_offset: import.wasm_offset,
        provider: provider::recognise(import.module, import.name, shape),
    }
}

fn wasi_type(function: &WasiFunction) -> FuncType {
    use wasm2native_abi::program::ValueType;
    let parameters = function.parameters.iter().map(|parameter| match parameter {
        ValueType::I64 => ValType::I64,
        _ => ValType::I32,
    });
    FuncType::new(parameters, function.returns_errno.then_some(ValType::I32))
}

/// A function type as the text format writes it, without its keyword.
pub(crate) fn type_in_words(function_type: &FuncType) -> String {
    let list = |types: &[ValType]| {
        let types: Vec<String> = types.iter().take(20).map(ToString::to_string).collect();
        types.join(" ")
    };
    format!("({}) -> ({})", list(function_type.params()), list(function_type.results()))
}

#[cfg(test)]
mod tests {
    use super::{ImportTarget, host_calls, resolve};
    use crate::Error;
    use wasm2native_wasm::Module;

    fn resolved(text: &str) -> Result<usize, Error> {
        let bytes = wat::parse_str(text).expect("valid text");
        let module = Module::parse(&bytes).expect("a valid module");
        resolve(&module).map(|targets| targets.len())
    }

    #[test]
    fn wasi_functions_are_provided() {
        let count = resolved(
            r#"(module
                (import "wasi_snapshot_preview1" "fd_write"
                    (func (param i32 i32 i32 i32) (result i32)))
                (import "wasi_snapshot_preview1" "proc_exit" (func (param i32))))"#,
        );
        assert_eq!(count.expect("all provided"), 2);
    }

    #[test]
    fn preview_0_is_provided_beside_preview_1() {
        let bytes = wat::parse_str(
            r#"(module
                (import "wasi_unstable" "fd_seek"
                    (func (param i32 i64 i32 i32) (result i32)))
                (import "wasi_snapshot_preview1" "fd_seek"
                    (func (param i32 i64 i32 i32) (result i32)))
                (import "wasi_unstable" "fd_close" (func (param i32) (result i32))))"#,
        );
        let bytes = bytes.expect("valid text");
        let module = Module::parse(&bytes).expect("a valid module");
        let targets = resolve(&module).expect("all provided");
        let symbols: Vec<_> = targets
            .iter()
            .map(|target| match target {
                ImportTarget::Host(function) => function.symbol(),
                _ => panic!("not a host call"),
            })
            .collect();
        assert_eq!(symbols, ["w2n_wasi_unstable_fd_seek", "w2n_wasi_fd_seek", "w2n_wasi_fd_close"]);
        assert_eq!(host_calls(&targets).names().collect::<Vec<_>>(), ["fd_close", "fd_seek"]);
    }

    #[test]
    fn preview_0_does_not_have_what_is_younger() {
        let error = resolved(
            r#"(module
                (import "wasi_unstable" "sock_accept" (func (param i32 i32 i32) (result i32)))
                (import "wasi_unstable" "sched_yield" (func (result i32))))"#,
        );
        let Err(Error::UnsupportedImports(unknown)) = error else { panic!("no error") };
        assert_eq!(unknown.len(), 1);
        assert!(unknown[0].provider.clause.contains("preview 0"));
    }

    #[test]
    fn all_unknown_imports_are_named_at_once() {
        let error = resolved(
            r#"(module
                (import "wasix_32v1" "fd_dup" (func (param i32 i32) (result i32)))
                (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
                (import "env" "memory" (memory 1))
                (import "wasi_snapshot_preview1" "sock_open" (func (param i32) (result i32))))"#,
        );
        let Err(Error::UnsupportedImports(unknown)) = error else { panic!("no error") };
        let names: Vec<_> = unknown.iter().map(|import| import.name.as_str()).collect();
        assert_eq!(names, ["fd_dup", "memory", "sock_open"]);
        assert_eq!(unknown[1].index, 2);
    }

    #[test]
    fn a_wasi_function_of_another_type_is_refused() {
        let error = resolved(
            r#"(module (import "wasi_snapshot_preview1" "fd_close" (func (param i64) (result i32))))"#,
        );
        let Err(Error::ImportTypes(mistyped)) = error else { panic!("no error") };
        assert_eq!(mistyped[0].found, "(i64) -> (i32)");
        assert_eq!(mistyped[0].expected, "(i32) -> (i32)");
    }
}
