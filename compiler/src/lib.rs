//! WebAssembly programs to standalone native executables, as a library: bytes in, bytes out.
//!
//! The phases are in `pipeline.rs`. Invariants: no file, environment variable, clock or terminal is
//! touched by the library (that is the binary's part, in `cli`); the same input and settings give the
//! same bytes; bad input gives an [`Error`] with a stable [`Code`], never a panic.

mod builder;
mod code;
mod compiled;
mod diagnostic;
mod directory;
mod embed;
mod entry;
mod error;
mod feature;
mod grant;
mod group;
mod host_calls;
mod import;
mod inspect;
mod language;
mod limit;
mod manifest;
mod moment;
mod observer;
mod path;
mod pipeline;
mod policy;
mod provider;
mod recognise;
mod report;
mod setting;
mod suggest;
mod target;
mod verify;
mod warning;

pub use builder::{Artifact, Builder};
pub use code::{Code, EXIT_FAILURE, EXIT_POLICY, EXIT_UNSUPPORTED, EXIT_USAGE};
pub use compiled::Compiled;
pub use diagnostic::{Diagnostic, Label, Severity, escaped, quoted, size};
pub use directory::{Directory, parse_directory};
pub use embed::{Embedding, MOST_EMBEDDED_BYTES};
pub use error::Error;
pub use grant::{
    ArgumentGrant, Environment, Grant, GrantError, parse_environment, parse_preset, preset_name,
};
pub use import::{MistypedImport, UnknownImport};
pub use inspect::{
    ExecutableDescription, ExportDescription, ImportDescription, Inspection, ModuleDescription,
    Need, inspect, is_damaged_executable, is_our_executable,
};
pub use limit::{DurationError, Limit, Limits, Needs, SizeError, parse_duration, parse_size};
pub use manifest::Manifest;
pub use observer::{Observer, Phase, Unobserved};
pub use path::PathRules;
pub use pipeline::Listing;
pub use policy::{PolicyDescription, PolicyDifference, PolicyFile, PolicyFileError};
pub use provider::Provider;
pub use recognise::{Kind, Other, PREFIX_BYTES, recognise};
pub use report::{Report, Sizes};
pub use setting::{
    Clock, Denied, Random, StandardStream, Stream, parse_arguments, parse_clock, parse_denied,
    parse_listen, parse_narrowing, parse_random, parse_sandbox, parse_stream, sandbox_name,
};
pub use suggest::similar;
pub use target::{Spelled, Target};
pub use verify::{Check, Verification, verify};
pub use warning::Warning;
/// How accesses to linear memory are kept inside it.
pub use wasm2native_abi::instance::MemoryStrategy;
/// A named set of grants, and how the kernel's wall is raised.
pub use wasm2native_abi::policy::{Preset, Sandbox};
/// How much to optimise, and for what.
pub use wasm2native_codegen::OptLevel;
