//! The table of message codes: every error and warning that a user may meet has one here, with its
//! number (stable for ever), its name, and the exit status that it ends the tool with.
//!
//! Invariant: numbers and names are unique, and each has its section in `compiler/MESSAGES.md`, to
//! which [`Code::documentation`] points; tests hold both.

macro_rules! codes {
    ($($(#[doc = $documentation:literal])* $variant:ident = $number:literal, $name:literal, $status:expr;)*) => {
        /// What kind of message it is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[doc = $documentation])* $variant,)*
        }

        impl Code {
            /// Every code, by ascending number.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its number, `W2Nnnnn`.
            pub fn number(self) -> &'static str {
                match self { $(Self::$variant => $number,)* }
            }

            /// Its name, in lower case with hyphens.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The exit status of a tool that stops with it; 0 for warnings.
            pub fn exit_status(self) -> u8 {
                match self { $(Self::$variant => $status,)* }
            }
        }
    };
}

/// The exit status for bad input and for failures of the system.
pub const EXIT_FAILURE: u8 = 1;
/// The exit status for a command line that cannot be meant.
pub const EXIT_USAGE: u8 = 2;
/// The exit status for a policy that is wrong or not kept.
pub const EXIT_POLICY: u8 = 4;
/// The exit status for a module that needs what is not provided.
pub const EXIT_UNSUPPORTED: u8 = 5;
/// The exit status for an executable that is not what it must be.
const EXIT_VERIFICATION: u8 = 6;
const WARNING: u8 = 0;

codes! {
    /// A defect of the tool itself.
    Internal = "W2N0001", "internal", EXIT_FAILURE;
    /// A file could not be read.
    Read = "W2N0002", "read", EXIT_FAILURE;
    /// A file could not be written.
    Write = "W2N0003", "write", EXIT_FAILURE;
    /// A produced program could not be started.
    Start = "W2N0004", "start", EXIT_FAILURE;
    /// The command line contradicts itself or lacks something.
    Usage = "W2N0005", "usage", EXIT_USAGE;
    /// The input is empty.
    EmptyInput = "W2N0010", "empty-input", EXIT_FAILURE;
    /// The input is something else than a WebAssembly module.
    NotWasm = "W2N0011", "not-wasm", EXIT_FAILURE;
    /// The input is a component.
    Component = "W2N0012", "component", EXIT_UNSUPPORTED;
    /// The module is malformed or invalid.
    InvalidModule = "W2N0013", "invalid-module", EXIT_FAILURE;
    /// The text format could not be parsed.
    InvalidText = "W2N0014", "invalid-text", EXIT_FAILURE;
    /// The module uses a proposal that is not supported.
    UnsupportedFeature = "W2N0015", "unsupported-feature", EXIT_UNSUPPORTED;
    /// The module imports something that nothing provides.
    UnsupportedImport = "W2N0020", "unsupported-import", EXIT_UNSUPPORTED;
    /// The module imports a WASI function with another type than it has.
    ImportType = "W2N0021", "import-type", EXIT_UNSUPPORTED;
    /// The module has no function to start with.
    NoEntry = "W2N0030", "no-entry", EXIT_FAILURE;
    /// The function to invoke does not exist.
    UnknownExport = "W2N0031", "unknown-export", EXIT_FAILURE;
    /// The function to start with has a type that cannot be started.
    EntryType = "W2N0032", "entry-type", EXIT_FAILURE;
    /// The target is unknown.
    UnknownTarget = "W2N0040", "unknown-target", EXIT_USAGE;
    /// The processor level is unknown for the target.
    UnknownCpu = "W2N0041", "unknown-cpu", EXIT_USAGE;
    /// The target's prebuilt runtime is damaged, or not in this build of the tool.
    Stub = "W2N0042", "stub", EXIT_FAILURE;
    /// The processor level that was named lacks what the module's code needs.
    CpuTooLow = "W2N0043", "cpu-too-low", EXIT_USAGE;
    /// A grant cannot be understood or given.
    Grant = "W2N0050", "grant", EXIT_USAGE;
    /// A limit is too small or too large.
    Limit = "W2N0051", "limit", EXIT_USAGE;
    /// A wall by the kernel is required of a system that has none.
    NoWall = "W2N0052", "no-wall", EXIT_USAGE;
    /// What is to be embedded cannot be.
    Embed = "W2N0053", "embed", EXIT_FAILURE;
    /// A policy file is not understood, or cannot be kept.
    PolicyFile = "W2N0054", "policy-file", EXIT_POLICY;
    /// The code generator refused the module.
    Compile = "W2N0060", "compile", EXIT_FAILURE;
    /// The linker refused the object.
    Link = "W2N0061", "link", EXIT_FAILURE;
    /// The file is no executable that this tool made.
    NotOurs = "W2N0070", "not-ours", EXIT_FAILURE;
    /// An executable is damaged, or does not come from the module.
    Verification = "W2N0071", "verification", EXIT_VERIFICATION;
    /// The module opens files, but nothing is granted.
    NoDirectory = "W2N0110", "no-directory", WARNING;
    /// A value that looks like a secret becomes part of the executable.
    SecretValue = "W2N0111", "secret-value", WARNING;
    /// A guest path looks like a modifier.
    GuestPathLooksLikeModifier = "W2N0112", "guest-path-looks-like-modifier", WARNING;
    /// Everything is granted.
    EverythingGranted = "W2N0113", "everything-granted", WARNING;
    /// A directory that is granted read-only may be changed through another grant.
    ReadOnlyOverlap = "W2N0114", "read-only-overlap", WARNING;
    /// The module needs a processor beyond the target's default level.
    CpuRaised = "W2N0115", "cpu-raised", WARNING;
    /// A directory that begins empty may not be written to.
    ReadOnlyNew = "W2N0116", "read-only-new", WARNING;
    /// What is granted is denied as a whole.
    DeniedGrant = "W2N0117", "denied-grant", WARNING;
    /// Nothing stands behind WASI's own checks.
    SandboxOff = "W2N0118", "sandbox-off", WARNING;
    /// Random numbers are the same at every start.
    PredictableRandom = "W2N0119", "predictable-random", WARNING;
    /// Files are granted to a module that cannot use any.
    UnusedFiles = "W2N0120", "unused-files", WARNING;
    /// Embedded files and a directory of the host's have the same name.
    EmbedOverDirectory = "W2N0121", "embed-over-directory", WARNING;
    /// A host path begins with a word that only shells understand.
    ShellWord = "W2N0122", "shell-word", WARNING;
}

impl Code {
    /// Where the message is explained, relative to the repository.
    pub fn documentation(self) -> String {
        format!("compiler/MESSAGES.md#{}", self.number().to_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::Code;
    use std::collections::HashSet;

    #[test]
    fn numbers_and_names_are_unique() {
        let numbers: HashSet<_> = Code::ALL.iter().map(|code| code.number()).collect();
        let names: HashSet<_> = Code::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(numbers.len(), Code::ALL.len());
        assert_eq!(names.len(), Code::ALL.len());
    }

    #[test]
    fn every_code_is_explained() {
        let manual = include_str!("../MESSAGES.md");
        for code in Code::ALL {
            let heading = format!("## {}\n\n`{}`", code.number(), code.name());
            assert!(manual.contains(&heading), "MESSAGES.md lacks `{heading}`");
        }
    }
}
