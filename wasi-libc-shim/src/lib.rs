//! Turns the host calls of a program (WASI preview 1, and preview 0) into calls of the host's kernel, within what the
//! program's policy grants.
//!
//! It stands alone because it is the sandbox: no other crate opens, reads or writes anything on a
//! program's behalf. One file per area of WASI decides what may be done; `resolve` turns paths into
//! places; `host` acts. Invariants: nothing that a program passes makes it panic; a path never leads
//! out of the directory that it starts from; nothing is reached that the policy does not name. What is
//! refused below a read-only directory is `rofs`, a missing right `notcapable`, a path that leads out
//! `perm`, a pointer out of range `fault`. Source: the witx text of `wasi_snapshot_preview1`.

mod arguments;
mod arguments_grant;
mod audit;
mod call;
mod clock;
mod descriptor;
mod descriptor_table;
mod designated;
mod directory;
mod edition;
mod embedded;
mod embedded_grant;
mod errno;
mod file;
mod file_type;
mod host;
mod memory;
mod object;
mod path;
mod poll;
mod process;
mod recent;
mod resolve;
mod rights;
mod setup;
mod socket;
mod temporary;
#[cfg(test)]
mod tests;
mod virtual_root;
mod wall;

pub use audit::{Access, Action, Denial, Event, Reason, Source, Subject, Watch, Watched};
pub use call::call;
pub use errno::Errno;
pub use memory::GuestMemory;
pub use setup::looks_at_variables;
use std::borrow::Cow;
use std::ffi::OsString;
pub use wall::{Active, HostCalls, Measure, Plan};
use wasm2native_abi::policy::{DENY_ARGUMENTS, Records};

/// Why a program cannot be started with its policy: one sentence without a final period.
#[derive(Clone, Debug)]
pub struct SetupError {
    sentence: Cow<'static, str>,
}

impl SetupError {
    pub(crate) const fn constant(sentence: &'static str) -> Self {
        Self { sentence: Cow::Borrowed(sentence) }
    }

    pub(crate) fn new(sentence: String) -> Self {
        Self { sentence: Cow::Owned(sentence) }
    }

    /// The sentence.
    pub fn sentence(&self) -> &str {
        &self.sentence
    }
}

impl core::fmt::Display for SetupError {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str(&self.sentence)
    }
}

impl std::error::Error for SetupError {}

/// How a host call ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The program goes on with this `errno` as the call's result.
    Return(u32),
    /// The program ends with this exit code.
    Exit(u32),
}

/// A program's view of the host: its arguments, environment and open descriptors.
pub struct Wasi {
    arguments: Vec<Vec<u8>>,
    /// Each as `name=value`.
    environment: Vec<Vec<u8>>,
    descriptors: descriptor_table::DescriptorTable,
    /// The directory that was last looked into.
    recent: recent::Recent,
    audit: audit::Audit,
    /// What clocks say.
    time: clock::Time,
    /// Where random numbers come from.
    random: process::Random,
    /// The private temporary directory.
    #[cfg_attr(target_os = "macos", allow(dead_code, reason = "the kernel's wall names it"))]
    temporary: Option<&'static temporary::Temporary>,
    /// Directories of the host's root that are granted, but not by name: the current directory has
    /// something of that name, which a relative path means.
    shadowed: Vec<Vec<u8>>,
    /// `DENY_*`.
    denied: u16,
}

impl Wasi {
    /// Opens what `policy` grants, and sets the process to be told of broken pipes by errors rather
    /// than by a signal. `arguments` begins with the program's name; `environment` is (name, value).
    ///
    /// # Errors
    /// A sentence when a granted directory cannot be opened or the policy is damaged.
    pub fn new(
        policy: Records<'static>,
        arguments: Vec<OsString>,
        environment: &[(&[u8], &[u8])],
    ) -> Result<Self, SetupError> {
        setup::start(&policy, arguments, environment)
    }

    /// Whether the program's arguments are taken away, whatever else would look at them.
    pub fn denies_arguments(&self) -> bool {
        self.denied & DENY_ARGUMENTS != 0
    }
}

/// Has the paths of this thread's calls walked by hand, or by the kernel where it can do so, which is what
/// every executable does.
#[cfg(all(unix, feature = "choose-walk"))]
pub fn set_walk_by_hand(by_hand: bool) {
    host::BY_HAND.set(by_hand);
}

/// Whether the program has something that [`finish`] removes.
pub fn has_temporary_directory() -> bool {
    temporary::exists()
}

/// Removes what exists only as long as the program runs: its private temporary directory, with what can be removed
/// in it. It allocates nothing and may be called in a handler of a signal or an exception, behind which nothing of
/// the program goes on; only the first call does anything.
pub fn finish() {
    temporary::remove();
}
