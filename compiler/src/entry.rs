//! Which exported functions an executable calls: a command's `_start`, or a reactor's `_initialize`
//! and the function to invoke.
//!
//! Source: WASI's application ABI (`legacy/application-abi.md`): a command exports `_start`, a reactor
//! may export `_initialize`; both take and return nothing.

use crate::import::type_in_words;
use crate::{Error, suggest};
use wasm2native_abi::program::EntryKind;
use wasm2native_codegen::Entry;
use wasm2native_wasm::wasmparser::ValType;
use wasm2native_wasm::{Entity, FuncIndex, Module};

/// The name of a command's main function.
pub(crate) const START: &str = "_start";
/// The name of a reactor's initialisation.
pub(crate) const INITIALIZE: &str = "_initialize";

/// Chooses the entry points of `module`, which is instance 0; `invoke` names the export to call
/// instead of `_start`. A module that only has a start function of its own (core specification,
/// 2.5.9) needs none.
///
/// # Errors
/// [`Error::NoEntry`], [`Error::UnknownExport`] or [`Error::EntryType`].
pub(crate) fn choose(module: &Module<'_>, invoke: Option<&str>) -> Result<Vec<Entry>, Error> {
    let entry = |name: &str, function: FuncIndex, kind: EntryKind| Entry {
        instance: 0,
        export_name: name.to_owned(),
        function,
        kind,
    };
    let mut entries = Vec::new();
    match invoke {
        Some(name) => {
            let function = module.exported_function(name).ok_or_else(|| unknown(module, name))?;
            let parameters = module.function_type(function).params();
            if let Some(parameter) = parameters.iter().find(|parameter| !is_number(**parameter)) {
                return Err(Error::EntryType {
                    name: name.to_owned(),
                    message: format!(
                        "it takes a parameter of type `{parameter}`, which cannot be written on a command line"
                    ),
                });
            }
            if let Some(initialize) =
                module.exported_function(INITIALIZE).filter(|_| name != INITIALIZE)
            {
                check_plain(module, INITIALIZE, initialize)?;
                entries.push(entry(INITIALIZE, initialize, EntryKind::Initialize));
            }
            entries.push(entry(name, function, EntryKind::Invoke));
        }
        None => match module.exported_function(START) {
            Some(start) => {
                check_plain(module, START, start)?;
                entries.push(entry(START, start, EntryKind::Start));
            }
            None if module.start.is_some() => {}
            None => {
                return Err(Error::NoEntry {
                    functions: exported_functions(module),
                    reactor: module.exported_function(INITIALIZE).is_some(),
                });
            }
        },
    }
    Ok(entries)
}

fn is_number(value_type: ValType) -> bool {
    matches!(value_type, ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64)
}

fn check_plain(module: &Module<'_>, name: &str, function: FuncIndex) -> Result<(), Error> {
    let function_type = module.function_type(function);
    if function_type.params().is_empty() && function_type.results().is_empty() {
        return Ok(());
    }
    Err(Error::EntryType {
        name: name.to_owned(),
        message: format!(
            "its type is {}, but WASI's `{name}` takes and returns nothing",
            type_in_words(function_type)
        ),
    })
}

/// The names of exported functions, in order.
pub(crate) fn exported_functions(module: &Module<'_>) -> Vec<String> {
    let functions =
        module.exports.iter().filter(|export| matches!(export.entity, Entity::Function(_)));
    functions.map(|export| export.name.to_owned()).collect()
}

fn unknown(module: &Module<'_>, name: &str) -> Error {
    let functions = exported_functions(module);
    let similar = suggest::similar(name, functions.iter().map(String::as_str));
    Error::UnknownExport {
        name: name.to_owned(),
        similar: similar.into_iter().map(str::to_owned).collect(),
        exists_as_other: module.export(name).is_some(),
        functions,
    }
}

#[cfg(test)]
mod tests {
    use super::choose;
    use crate::Error;
    use wasm2native_abi::program::EntryKind;
    use wasm2native_wasm::Module;

    fn chosen(text: &str, invoke: Option<&str>) -> Result<Vec<(String, EntryKind)>, Error> {
        let bytes = wat::parse_str(text).expect("valid text");
        let module = Module::parse(&bytes).expect("a valid module");
        let entries = choose(&module, invoke)?;
        Ok(entries.into_iter().map(|entry| (entry.export_name, entry.kind)).collect())
    }

    #[test]
    fn a_command_starts_at_start() {
        let entries = chosen(r#"(module (func (export "_start")))"#, None).expect("entries");
        assert_eq!(entries, [("_start".to_owned(), EntryKind::Start)]);
    }

    #[test]
    fn a_reactor_is_initialised_before_the_function_invoked() {
        let text = r#"(module (func (export "_initialize")) (func (export "add") (param i32)))"#;
        let entries = chosen(text, Some("add")).expect("entries");
        let kinds: Vec<_> = entries.iter().map(|(_, kind)| *kind).collect();
        assert_eq!(kinds, [EntryKind::Initialize, EntryKind::Invoke]);
        assert!(matches!(chosen(text, None), Err(Error::NoEntry { reactor: true, .. })));
    }

    #[test]
    fn a_start_section_is_enough() {
        assert!(chosen("(module (func $f) (start $f))", None).expect("no entries").is_empty());
    }

    #[test]
    fn a_module_without_a_start_lists_what_could_be_invoked() {
        let error = chosen(r#"(module (func (export "a")) (func (export "b")))"#, None);
        let Err(Error::NoEntry { functions, .. }) = error else { panic!("no error") };
        assert_eq!(functions, ["a", "b"]);
    }

    #[test]
    fn a_misspelt_function_is_suggested() {
        let error = chosen(r#"(module (func (export "compute")))"#, Some("compte"));
        let Err(Error::UnknownExport { similar, .. }) = error else { panic!("no error") };
        assert_eq!(similar, ["compute"]);
    }

    #[test]
    fn types_that_cannot_be_started_are_refused() {
        let start = chosen(r#"(module (func (export "_start") (param i32)))"#, None);
        assert!(matches!(start, Err(Error::EntryType { .. })));
        let invoke = chosen(r#"(module (func (export "f") (param externref)))"#, Some("f"));
        assert!(matches!(invoke, Err(Error::EntryType { .. })));
    }
}
