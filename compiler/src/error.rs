//! Why nothing was produced, for programs ([`Error`]) and for people ([`Error::diagnostic`]).
//!
//! Invariant: an offset or a name that is unknown is left out; lists in messages are bounded, since a
//! module may be hostile.

use crate::code::Code;
use crate::diagnostic::{Diagnostic, quoted};
use crate::grant::GrantError;
use crate::import::{MistypedImport, UnknownImport};
use crate::limit::Limit;
use crate::provider::Provider;
use crate::recognise::Other;
use crate::suggest::similar;
use wasm2native_targets::{Architecture, CpuError, StubError};

/// Why a program could not be built.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The input has no bytes.
    #[error("the input is empty")]
    Empty,
    /// The input is not WebAssembly.
    #[error("the input is {}", .0.what)]
    NotWasm(Other),
    /// The input is a native executable.
    #[error("the input is an executable")]
    Executable {
        /// Whether this tool made it.
        ours: bool,
    },
    /// The file is no executable that this tool made.
    #[error("the file is no executable made by wasm2native")]
    NotOurs,
    /// The file is an executable that this tool made, and damaged.
    #[error("the file is an executable made by wasm2native, and damaged")]
    Damaged,
    /// The input is a component.
    #[error("the input is a component")]
    Component,
    /// The text format could not be parsed.
    #[error("{message}")]
    Text {
        /// What is wrong.
        message: String,
        /// Line and column, from 1.
        position: Option<(usize, usize)>,
    },
    /// The module is malformed, invalid, or uses a proposal that is not supported.
    #[error("the module is invalid")]
    Invalid(#[source] wasm2native_wasm::Error),
    /// The module imports what nothing provides.
    #[error("{} imports are not provided", .0.len())]
    UnsupportedImports(Vec<UnknownImport>),
    /// The module imports WASI functions with types that they do not have.
    #[error("{} imports have another type than WASI's functions", .0.len())]
    ImportTypes(Vec<MistypedImport>),
    /// The module has no function to start with.
    #[error("the module has no `_start`")]
    NoEntry {
        /// The functions that it exports.
        functions: Vec<String>,
        /// Whether it is a reactor.
        reactor: bool,
    },
    /// The function to invoke does not exist.
    #[error("the module exports no function `{name}`")]
    UnknownExport {
        /// The name asked for.
        name: String,
        /// Similar names that exist.
        similar: Vec<String>,
        /// Whether something else is exported under the name.
        exists_as_other: bool,
        /// The functions that it exports.
        functions: Vec<String>,
    },
    /// The function to start with has a type that cannot be started.
    #[error("`{name}` cannot be started: {message}")]
    EntryType {
        /// Its name.
        name: String,
        /// Why not.
        message: String,
    },
    /// The target is not known.
    #[error("unknown target `{spelling}`")]
    UnknownTarget {
        /// What was asked for.
        spelling: String,
        /// Similar targets that exist.
        similar: Vec<String>,
    },
    /// The tool runs on a machine that is none of its targets, and no target was named.
    #[error("this machine is not a target")]
    HostIsNoTarget,
    /// One result is asked for, of several targets.
    #[error("several targets have several results")]
    SeveralTargets,
    /// The processor level fits none of the targets.
    #[error("the processor level fits no target")]
    Cpu {
        /// What is wrong with it.
        source: CpuError,
        /// The targets' architectures.
        architectures: Vec<Architecture>,
    },
    /// The processor level lacks what the module's code needs.
    #[error("code for {architecture} needs the processor feature `{feature}`")]
    CpuTooLow {
        /// The architecture.
        architecture: &'static str,
        /// What is lacking.
        feature: &'static str,
    },
    /// The target's stub is damaged, or not in this build.
    #[error("the prebuilt runtime cannot be used")]
    Stub(#[source] StubError),
    /// A grant cannot be understood or given.
    #[error(transparent)]
    Grant(#[from] GrantError),
    /// A wall is required of systems that have none.
    #[error("the system has no wall that could be required")]
    NoWall {
        /// The targets' short names.
        targets: Vec<&'static str>,
    },
    /// A limit is too small or too large.
    #[error("{message}")]
    Limit {
        /// Which.
        limit: Limit,
        /// What is wrong with it.
        message: String,
    },
    /// The code generator refused the module.
    #[error("the module could not be compiled for {architecture}")]
    Compile {
        /// The architecture.
        architecture: &'static str,
        /// Why not.
        source: wasm2native_codegen::Error,
    },
    /// The linker refused the object.
    #[error("the program could not be linked for {target}")]
    Link {
        /// The target's short name.
        target: &'static str,
        /// Why not.
        source: Box<wasm2native_link::Error>,
    },
}

/// How many names a message lists.
const LISTED_NAMES: usize = 20;
/// How many unknown imports a message lists.
const LISTED_IMPORTS: usize = 500;

impl Error {
    /// Its code.
    pub fn code(&self) -> Code {
        match self {
            Self::Empty => Code::EmptyInput,
            Self::NotWasm(_) | Self::Executable { .. } => Code::NotWasm,
            Self::NotOurs => Code::NotOurs,
            Self::Damaged => Code::Verification,
            Self::Component | Self::Invalid(wasm2native_wasm::Error::Component) => Code::Component,
            Self::Text { .. } => Code::InvalidText,
            Self::Invalid(error) => code_of_invalid(&error.to_string()),
            Self::UnsupportedImports(_) => Code::UnsupportedImport,
            Self::ImportTypes(_) => Code::ImportType,
            Self::NoEntry { .. } => Code::NoEntry,
            Self::UnknownExport { .. } => Code::UnknownExport,
            Self::EntryType { .. } => Code::EntryType,
            Self::UnknownTarget { .. } | Self::HostIsNoTarget => Code::UnknownTarget,
            Self::SeveralTargets => Code::Usage,
            Self::Cpu { .. } => Code::UnknownCpu,
            Self::CpuTooLow { .. } => Code::CpuTooLow,
            Self::Stub(_) => Code::Stub,
            Self::Grant(_) => Code::Grant,
            Self::NoWall { .. } => Code::NoWall,
            Self::Limit { .. } => Code::Limit,
            Self::Compile {
                source: wasm2native_codegen::Error::Function { source, .. }, ..
            } => code_of_invalid(&source.to_string()),
            Self::Compile { .. } => Code::Compile,
            Self::Link { .. } => Code::Link,
        }
    }

    /// The message for a person who asked for `input` to be built.
    pub fn diagnostic(&self, input: &str) -> Diagnostic {
        let title = format!("cannot build `{}`", quoted(input));
        let message = Diagnostic::error(self.code(), title);
        match self {
            Self::Empty => message.cause("it is empty").hint(
                "give a `.wasm` or `.wat` file; an empty one is often left by a build or download that failed",
            ),
            Self::NotWasm(other) => {
                message.cause(format!("it is {}", other.what)).hint(other.advice)
            }
            Self::Executable { ours: true } => message
                .cause("it is an executable that wasm2native made, not WebAssembly")
                .hint("run it as it is; `wasm2native inspect` shows what it was made from"),
            Self::Executable { ours: false } => message
                .cause("it is a native executable, not WebAssembly")
                .hint("give the `.wasm` file that it was made from, or build the source with a WASI target"),
            Self::NotOurs => message.cause("it is no executable that wasm2native made"),
            Self::Damaged => message
                .cause("it is an executable that wasm2native made, and is damaged: its end or its policy is missing")
                .hint("a copy or a download may have failed: copy it again, or build it again"),
            Self::Component | Self::Invalid(wasm2native_wasm::Error::Component) => message
                .cause("it is a component, and this version builds core modules only")
                .hint("rebuild it as a core module, for example with `--target wasm32-wasip1`"),
            Self::Text { message: text, position } => {
                let message = message.cause(quoted(text));
                match position {
                    Some((line, column)) => message.at(format!("line {line}, column {column}")),
                    None => message,
                }
            }
            Self::Invalid(error) => invalid(message, None, error),
            Self::UnsupportedImports(imports) => unsupported_imports(message, imports),
            Self::ImportTypes(imports) => import_types(message, imports),
            Self::NoEntry { functions, reactor } => no_entry(message, functions, *reactor),
            Self::UnknownExport { name, similar, exists_as_other, functions } => {
                let cause = if *exists_as_other {
                    format!("its export `{}` is not a function", quoted(name))
                } else {
                    format!("it exports no function `{}`", quoted(name))
                };
                message.cause(cause).hint(match &similar[..] {
                    [] => exported_functions(functions),
                    names => format!("did you mean {}?", name_list(names, " or ")),
                })
            }
            Self::EntryType { name, message: text } => {
                message.cause(format!("its function `{}` cannot be started: {text}", quoted(name)))
            }
            Self::UnknownTarget { spelling, similar } => {
                let message = message.cause(format!("there is no target `{}`", quoted(spelling)));
                let message = match &similar[..] {
                    [] => message,
                    names => message.hint(format!("did you mean {}?", name_list(names, " or "))),
                };
                message.hint("`wasm2native targets list` shows all")
            }
            Self::HostIsNoTarget => message
                .cause("this machine is not among the targets, and no target was named")
                .hint("name one with `--target`; `wasm2native targets list` shows all"),
            Self::SeveralTargets => message
                .cause("it has several targets, each with a result of its own")
                .hint("build for one of them, or ask for all results"),
            Self::Cpu { source, architectures } => cpu(message, source, architectures),
            Self::CpuTooLow { architecture, feature } => message
                .cause(format!(
                    "its code for {architecture} needs the processor feature `{feature}`, which the named level lacks"
                ))
                .hint(format!("add `+{feature}` to `--cpu`; older processors then refuse to start it")),
            Self::Stub(error @ StubError::Absent { .. }) => message
                .cause(error.to_string())
                .hint("`wasm2native targets list` shows what it can build for"),
            Self::Stub(error) => message
                .cause(format!("the prebuilt runtime in this wasm2native cannot be used: {error}"))
                .hint("install wasm2native again"),
            Self::Grant(error) => {
                let message = message.cause(error.message.as_str());
                error.hints.iter().fold(message, |message, hint| message.hint(hint.as_str()))
            }
            Self::NoWall { targets } => message
                .cause(format!(
                    "`--sandbox require` asks for a wall by the kernel, and the system of {} has none",
                    targets.join(", ")
                ))
                .hint("`--sandbox auto` has one raised wherever there is one; WASI's own checks hold everywhere"),
            Self::Limit { limit, message: text } => {
                message.cause(text.as_str()).hint(format!("change `{}`", limit.flag()))
            }
            Self::Compile {
                source: wasm2native_codegen::Error::Function { function, source },
                ..
            } => invalid(message, Some(function), source),
            Self::Compile { architecture, source } => {
                message.cause(format!("code for {architecture} cannot be made: {source}"))
            }
            Self::Link { target, source } => {
                message.cause(format!("it cannot be linked for {target}: {source}"))
            }
        }
    }
}

/// A processor level that fits no target, and what there is.
fn cpu(message: Diagnostic, error: &CpuError, architectures: &[Architecture]) -> Diagnostic {
    let mut message = message.cause(quoted(&error.to_string()));
    if let CpuError::Unknown { name } = error {
        let bare = name.trim_start_matches(['+', '-']);
        let levels = architectures.iter().flat_map(|each| wasm2native_targets::levels(*each));
        let features = architectures.iter().flat_map(|each| wasm2native_targets::features(*each));
        let known = levels.map(|level| level.name).chain(features);
        let similar: Vec<_> = similar(bare, known)
            .into_iter()
            .filter(|known| *known != bare)
            .map(str::to_owned)
            .collect();
        if !similar.is_empty() {
            message = message.hint(format!("did you mean {}?", name_list(&similar, " or ")));
        }
    }
    for architecture in architectures {
        let levels = wasm2native_targets::levels(*architecture);
        let names: Vec<_> = levels.iter().map(|level| level.name.to_owned()).collect();
        message = message.hint(format!(
            "{} has the levels {}",
            architecture.name(),
            name_list(&names, ", ")
        ));
    }
    message.hint("`wasm2native targets show TARGET` lists the features that `+` and `-` take")
}

/// The code of a module that the validator refuses with this message.
fn code_of_invalid(cause: &str) -> Code {
    if proposal_hint(cause).is_some() { Code::UnsupportedFeature } else { Code::InvalidModule }
}

fn invalid(
    message: Diagnostic,
    function: Option<&str>,
    error: &wasm2native_wasm::Error,
) -> Diagnostic {
    let cause = quoted(&error.to_string());
    let place = match function {
        Some(function) => format!("function `{}` ", quoted(function)),
        None => "it ".to_owned(),
    };
    let hint = proposal_hint(&cause);
    let message = message.cause(match hint {
        Some(_) => format!("{place}uses what this version does not have: {cause}"),
        None => format!("{place}is not valid: {cause}"),
    });
    let message = match error.wasm_offset() {
        Some(offset) => message.at(format!("offset {offset:#x}")),
        None => message,
    };
    match hint {
        Some(hint) => message.hint(hint),
        None => message,
    }
}

/// What to do about a proposal that the validator names as not enabled; `None` when the message is
/// about something else.
fn proposal_hint(cause: &str) -> Option<&'static str> {
    const PROPOSALS: [(&str, &str); 8] = [
        ("exceptions", "compile without exceptions, for example with `-fno-exceptions`"),
        ("tail calls", "compile with `-mno-tail-call`"),
        ("threads", "compile for `wasm32-wasip1`, without `-pthread`"),
        ("shared", "compile for `wasm32-wasip1`, without `-pthread`"),
        ("relaxed SIMD", "compile with `-mno-relaxed-simd`"),
        ("memory64", "compile for a `wasm32` target"),
        ("gc ", "compile for a target without garbage collection"),
        ("", "compile for WebAssembly 2.0: this version has no later proposal"),
    ];
    const MARKS: [&str; 5] =
        ["not enabled", "must be enabled", "to be enabled", "proposal", "requires the"];
    let names_proposal = MARKS.iter().any(|mark| cause.contains(mark));
    let hint = PROPOSALS.iter().find(|(name, _)| cause.contains(name)).map(|(_, hint)| *hint);
    hint.filter(|_| names_proposal)
}

fn unsupported_imports(mut message: Diagnostic, imports: &[UnknownImport]) -> Diagnostic {
    let mut providers: Vec<Provider> = Vec::new();
    for import in imports {
        if !providers.contains(&import.provider) {
            providers.push(import.provider);
        }
    }
    for provider in &providers {
        let group: Vec<_> = imports.iter().filter(|import| import.provider == *provider).collect();
        let name = |import: &UnknownImport| {
            format!("`{}.{}`", quoted(&import.module), quoted(&import.name))
        };
        let place = |import: &UnknownImport| {
            format!("import {}, offset {:#x}", import.index, import.wasm_offset)
        };
        let Provider { clause, identity, .. } = provider;
        if let [import] = group[..] {
            message = message
                .cause(format!("it imports {}, {clause} (it is {identity})", name(import)))
                .at(place(import));
            continue;
        }
        let mut cause =
            format!("it imports {} items, {clause} (they are {identity}):", group.len());
        for import in group.iter().take(LISTED_IMPORTS) {
            cause.push_str(&format!("\n{} ({})", name(import), place(import)));
        }
        if group.len() > LISTED_IMPORTS {
            cause.push_str(&format!("\nand {} more", group.len() - LISTED_IMPORTS));
        }
        message = message.cause(cause);
    }
    let mut hints: Vec<&str> = Vec::new();
    for provider in &providers {
        if !hints.contains(&provider.hint) {
            hints.push(provider.hint);
            message = message.hint(provider.hint);
        }
    }
    message
}

fn import_types(mut message: Diagnostic, imports: &[MistypedImport]) -> Diagnostic {
    for import in imports.iter().take(LISTED_IMPORTS) {
        let MistypedImport { name, index, wasm_offset, found, expected } = import;
        message = message
            .cause(format!("it imports WASI's `{name}` as {found}, but its type is {expected}"))
            .at(format!("import {index}, offset {wasm_offset:#x}"));
    }
    message.hint("rebuild with a current toolchain for `wasm32-wasip1`")
}

fn no_entry(message: Diagnostic, functions: &[String], reactor: bool) -> Diagnostic {
    let message = if reactor {
        message
            .cause("it is a reactor: it exports `_initialize`, and no `_start` that could be run")
    } else {
        message.cause("it exports no `_start` that could be run, so it is no command")
    };
    if functions.is_empty() {
        message.hint("it exports no function at all: build the program as a command, with a `main`")
    } else {
        message
            .hint("to run one of its functions, name it with `--invoke NAME`")
            .hint(exported_functions(functions))
    }
}

fn exported_functions(functions: &[String]) -> String {
    match functions {
        [] => "it exports no function".to_owned(),
        names => format!("it exports {}", name_list(names, ", ")),
    }
}

fn name_list(names: &[String], separator: &str) -> String {
    let shown: Vec<_> =
        names.iter().take(LISTED_NAMES).map(|name| format!("`{}`", quoted(name))).collect();
    let list = shown.join(separator);
    match names.len().saturating_sub(LISTED_NAMES) {
        0 => list,
        more => format!("{list} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::Error;
    use crate::Code;
    use crate::import::UnknownImport;
    use crate::provider::{Shape, recognise};

    fn unknown(index: usize, module: &str, name: &str) -> UnknownImport {
        UnknownImport {
            module: module.to_owned(),
            name: name.to_owned(),
            index,
            wasm_offset: 0x1f3,
            provider: recognise(module, name, Shape::Function { parameters: 0 }),
        }
    }

    #[test]
    fn one_unknown_import_is_one_sentence() {
        let error = Error::UnsupportedImports(vec![unknown(12, "wasix_32v1", "fd_dup")]);
        assert_eq!(
            error.diagnostic("app.wasm").to_string(),
            "error[unsupported-import]: cannot build `app.wasm`
  cause: it imports `wasix_32v1.fd_dup`, which no WASI version has (it is WASIX, Wasmer's own)
  at:    import 12, offset 0x1f3
  hint:  rebuild with a WASI target, for example `--target wasm32-wasip1`"
        );
    }

    #[test]
    fn unknown_imports_are_grouped_by_provider() {
        let error = Error::UnsupportedImports(vec![
            unknown(0, "wasix_32v1", "fd_dup"),
            unknown(1, "env", "emscripten_x"),
            unknown(2, "wasix_32v1", "proc_fork"),
        ]);
        let text = error.diagnostic("app.wasm").to_string();
        assert!(text.contains("it imports 2 items, which no WASI version has"), "{text}");
        assert!(text.contains("`env.emscripten_x`"), "{text}");
        assert_eq!(text.matches("hint:").count(), 2, "{text}");
    }

    #[test]
    fn a_later_proposal_is_named_as_such() {
        let invalid = |message: &str| {
            Error::Invalid(wasm2native_wasm::Error::Invalid {
                message: message.to_owned(),
                wasm_offset: 0x10,
            })
        };
        let error = invalid("exceptions support is not enabled");
        assert_eq!(error.code(), Code::UnsupportedFeature);
        assert!(error.diagnostic("x").to_string().contains("-fno-exceptions"));
        let error = invalid("type mismatch: expected i32, found i64");
        assert_eq!(error.code(), Code::InvalidModule);
        assert_eq!(
            error.diagnostic("x").to_string(),
            "error[invalid-module]: cannot build `x`
  cause: it is not valid: type mismatch: expected i32, found i64
  at:    offset 0x10"
        );
    }

    #[test]
    fn long_lists_are_cut() {
        let functions = (0..1000).map(|n| format!("f{n}")).collect();
        let text = Error::NoEntry { functions, reactor: false }.diagnostic("x").to_string();
        assert!(text.contains("and 980 more"), "{text}");
    }
}
