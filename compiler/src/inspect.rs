//! What a file is and contains: modules, and executables that this tool made, for any target.
//!
//! Invariant: reads only; a field that the file does not tell is absent.

use crate::manifest::Manifest;
use crate::pipeline;
use crate::policy::PolicyDescription;
use crate::provider::{self, Shape};
use crate::recognise::{self, Kind, PREFIX_BYTES};
use crate::setting::sandbox_name;
use crate::{Error, entry, feature, import, language};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use wasm2native_abi::policy::Sandbox;
use wasm2native_abi::section;
use wasm2native_abi::wasi;
use wasm2native_wasm::{Entity, ImportType, Module};

/// What was found.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Inspection {
    /// A core module.
    Module(Box<ModuleDescription>),
    /// An executable that this tool made.
    Executable(Box<ExecutableDescription>),
}

/// What a module needs and offers.
#[derive(Clone, Debug, Serialize)]
pub struct ModuleDescription {
    /// Size of the input.
    pub bytes: u64,
    /// SHA-256 of the input, in hex.
    pub sha256: String,
    /// `command`, `reactor` or `library`.
    pub role: &'static str,
    /// The language, when the module says it.
    pub language: Option<String>,
    /// What the producers section says, name and version.
    pub producers: Vec<(String, String)>,
    /// Proposals beyond WebAssembly 1.0 that it uses.
    pub features: Vec<&'static str>,
    /// Functions that it defines.
    pub functions: usize,
    /// Memories, as minimum and maximum in pages.
    pub memories: Vec<(u64, Option<u64>)>,
    /// What it imports.
    pub imports: Vec<ImportDescription>,
    /// What it exports.
    pub exports: Vec<ExportDescription>,
    /// The kinds of grants without which part of it cannot work.
    pub needs: Vec<Need>,
}

/// An import.
#[derive(Clone, Debug, Serialize)]
pub struct ImportDescription {
    /// Its module's name.
    pub module: String,
    /// Its own name.
    pub name: String,
    /// What it is: a function's type, or another item's kind.
    pub item: String,
    /// Whether it is provided.
    pub provided: bool,
    /// Who would provide it, when it is not.
    pub provider: Option<&'static str>,
}

/// An export.
#[derive(Clone, Debug, Serialize)]
pub struct ExportDescription {
    /// Its name.
    pub name: String,
    /// What it is: a function's type, or another item's kind.
    pub item: String,
}

/// A kind of grant that a module may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Need {
    /// What it may do.
    pub what: &'static str,
    /// The flag that grants it; `None` when this version cannot.
    pub flag: Option<&'static str>,
}

/// What an executable says of itself.
#[derive(Clone, Debug, Serialize)]
pub struct ExecutableDescription {
    /// Size of the file.
    pub bytes: u64,
    /// SHA-256 of the file, in hex.
    pub sha256: String,
    /// The manifest's lines, in order.
    pub manifest: Manifest,
    /// What is granted, and the limits.
    pub policy: PolicyDescription,
    /// What the kernel keeps the program to besides WASI's own checks, in words.
    pub kernel_wall: String,
    /// The file's sections, by name and size in bytes.
    pub sections: Vec<(String, u64)>,
}

/// Describes a file's contents.
///
/// # Errors
/// When the file is neither a valid module nor an executable of ours.
pub fn inspect(input: &[u8]) -> Result<Inspection, Error> {
    let kind = recognise::recognise(&input[..input.len().min(PREFIX_BYTES)]);
    if !matches!(kind, Kind::Module | Kind::Text | Kind::Empty | Kind::Component)
        && let Some(executable) = describe_executable(input)
    {
        return Ok(Inspection::Executable(Box::new(executable)));
    }
    let wasm = pipeline::read(Cow::Borrowed(input))?;
    let module = Module::parse(&wasm).map_err(Error::Invalid)?;
    Ok(Inspection::Module(Box::new(describe_module(input, &module))))
}

/// Whether the file is an executable that this tool made.
pub fn is_our_executable(input: &[u8]) -> bool {
    manifest_of(input).is_some()
}

/// Whether the file is an executable that this tool made and that is too damaged to be described. Of one that
/// ends before the program begins, nobody can tell.
pub fn is_damaged_executable(input: &[u8]) -> bool {
    match manifest_of(input) {
        Some(_) => !matches!(wasm2native_link::read_section(input, section::POLICY), Ok(Some(_))),
        None => wasm2native_link::is_cut_short(input),
    }
}

/// The manifest of an executable that this tool made.
pub(crate) fn manifest_of(input: &[u8]) -> Option<Manifest> {
    let bytes = wasm2native_link::read_section(input, section::MANIFEST).ok()??;
    Manifest::read(&bytes)
}

fn describe_executable(input: &[u8]) -> Option<ExecutableDescription> {
    let manifest = manifest_of(input)?;
    let encoded = wasm2native_link::read_section(input, section::POLICY).ok()?.unwrap_or_default();
    let sections = wasm2native_link::sections(input).unwrap_or_default();
    let policy = PolicyDescription::read(&encoded).ok()?;
    let kernel_wall = kernel_wall(&policy, manifest.get("target"));
    Some(ExecutableDescription {
        bytes: input.len() as u64,
        sha256: sha256(input),
        manifest,
        policy,
        kernel_wall,
        sections,
    })
}

/// What becomes of the wall on the target that the manifest names.
fn kernel_wall(policy: &PolicyDescription, target: Option<&str>) -> String {
    let target =
        target.and_then(|name| wasm2native_targets::all().iter().find(|each| each.name == name));
    let Some(target) = target else { return sandbox_name(policy.sandbox).to_owned() };
    match (policy.sandbox, target.system.wall()) {
        (_, None) => format!(
            "none: {} has nothing that an executable may count on; WASI's own checks stand alone",
            target.system.title()
        ),
        (Sandbox::Off, _) => "off: WASI's own checks stand alone".to_owned(),
        (Sandbox::Require, Some(wall)) => format!("required to start: {wall}"),
        (Sandbox::Auto, Some(wall)) => format!("as far as the system has it: {wall}"),
    }
}

fn describe_module(input: &[u8], module: &Module<'_>) -> ModuleDescription {
    let role = if module.exported_function(entry::START).is_some() || module.start.is_some() {
        "command"
    } else if module.exported_function(entry::INITIALIZE).is_some() {
        "reactor"
    } else {
        "library"
    };
    let producers = module.producers.iter();
    ModuleDescription {
        bytes: input.len() as u64,
        sha256: sha256(input),
        role,
        language: language::language(module),
        producers: producers
            .map(|(name, version)| (name.to_string(), version.to_string()))
            .collect(),
        features: feature::used(module),
        functions: module.functions.len(),
        memories: module
            .memories
            .iter()
            .map(|memory| (memory.memory_type.initial, memory.memory_type.maximum))
            .collect(),
        imports: imports(module),
        exports: exports(module),
        needs: needs(module),
    }
}

fn imports(module: &Module<'_>) -> Vec<ImportDescription> {
    let describe = |import: &wasm2native_wasm::Import<'_>| {
        let (item, shape) = match import.import_type {
            ImportType::Function(_, type_index) => {
                let function_type = &module.types[type_index.position()];
                let parameters = function_type.params().len();
                (
                    format!("function {}", import::type_in_words(function_type)),
                    Shape::Function { parameters },
                )
            }
            ImportType::Memory(..) => ("memory".to_owned(), Shape::Memory),
            ImportType::Table(..) => ("table".to_owned(), Shape::Other),
            ImportType::Global(..) => ("global".to_owned(), Shape::Other),
        };
        let provided = matches!(shape, Shape::Function { .. })
            && wasi::import_index(import.module, import.name).is_some();
        let provider = provider::recognise(import.module, import.name, shape);
        ImportDescription {
            module: import.module.to_owned(),
            name: import.name.to_owned(),
            item,
            provided,
            provider: (!provided).then_some(provider.identity),
        }
    };
    module.imports.iter().map(describe).collect()
}

fn exports(module: &Module<'_>) -> Vec<ExportDescription> {
    let describe = |export: &wasm2native_wasm::Export<'_>| ExportDescription {
        name: export.name.to_owned(),
        item: match export.entity {
            Entity::Function(function) => {
                format!("function {}", import::type_in_words(module.function_type(function)))
            }
            Entity::Memory(_) => "memory".to_owned(),
            Entity::Table(_) => "table".to_owned(),
            Entity::Global(_) => "global".to_owned(),
        },
    };
    module.exports.iter().map(describe).collect()
}

/// The grants that the imported WASI functions may need.
fn needs(module: &Module<'_>) -> Vec<Need> {
    const NEEDS: [(&str, Need); 3] = [
        (
            "path_",
            Need {
                what: "files and directories",
                flag: Some("--dir, --embed, --grant-args, --grant cli"),
            },
        ),
        ("environ_", Need { what: "environment variables", flag: Some("--env, --grant cli") }),
        ("sock_", Need { what: "sockets", flag: Some("--tcplisten") }),
    ];
    let imported = |prefix: &str| {
        module
            .imports
            .iter()
            .any(|import| wasi::is_module(import.module) && import.name.starts_with(prefix))
    };
    NEEDS.iter().filter(|(prefix, _)| imported(prefix)).map(|(_, need)| *need).collect()
}

/// The hash in hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{Inspection, inspect, kernel_wall};
    use crate::policy::PolicyDescription;
    use wasm2native_abi::policy::Sandbox;

    #[test]
    fn a_module_tells_what_it_needs() {
        let text = br#"(module
            (import "wasi_snapshot_preview1" "path_open"
                (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
            (import "env" "f" (func))
            (memory (export "memory") 1 2)
            (func (export "_start")))"#;
        let Ok(Inspection::Module(module)) = inspect(text) else { panic!("not a module") };
        assert_eq!(module.role, "command");
        assert_eq!(module.memories, [(1, Some(2))]);
        assert!(module.imports[0].provided && !module.imports[1].provided);
        assert_eq!(module.needs.len(), 1);
        assert_eq!(module.exports[1].item, "function () -> ()");
    }

    #[test]
    fn the_wall_is_what_the_system_has() {
        let wall = |sandbox: Sandbox, target: &str| {
            kernel_wall(
                &PolicyDescription { sandbox, ..PolicyDescription::default() },
                Some(target),
            )
        };
        for sandbox in [Sandbox::Auto, Sandbox::Off] {
            assert_eq!(
                wall(sandbox, "aarch64-macos"),
                "none: macOS has nothing that an executable may count on; WASI's own checks stand alone"
            );
        }
        for (target, part) in [
            ("riscv64-linux", "Landlock"),
            ("x86_64-freebsd", "Capsicum"),
            ("x86_64-windows", "no new code"),
        ] {
            assert!(wall(Sandbox::Auto, target).starts_with("as far as the system has it: "));
            assert!(wall(Sandbox::Require, target).contains(part));
            assert_eq!(wall(Sandbox::Off, target), "off: WASI's own checks stand alone");
        }
    }

    #[test]
    fn hostile_files_are_errors() {
        for bytes in [&b""[..], b"\x7fELF", b"\0asm\x01\0\0\0\xff", b"MZ", &[0xff; 100]] {
            assert!(inspect(bytes).is_err());
        }
    }
}
