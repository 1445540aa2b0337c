//! Turns the host calls of a program (WASI preview 1) into calls of the host's kernel, within what the
//! program's policy grants.
//!
//! It stands alone because it is the sandbox: no other crate opens, reads or writes anything on a
//! program's behalf. Invariants: nothing that a program passes makes it panic; a path never leads out
//! of the directory that it starts from; nothing is reached that the policy does not name.

mod errno;
mod memory;

pub use errno::Errno;
pub use memory::GuestMemory;
use std::ffi::OsString;
use wasm2native_abi::instance::Slot;
use wasm2native_abi::policy::Records;

/// Why a program cannot be started with its policy: one sentence without a final period.
#[derive(Clone, Debug)]
pub struct SetupError {
    sentence: String,
}

impl SetupError {
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
}

impl Wasi {
    /// Opens what `policy` grants. `arguments` begins with the program's name.
    ///
    /// # Errors
    /// A sentence when a granted directory cannot be opened or the policy is damaged.
    pub fn new(
        policy: Records<'_>,
        arguments: Vec<OsString>,
        environment: impl Iterator<Item = (OsString, OsString)>,
    ) -> Result<Self, SetupError> {
        let _ = (policy, environment);
        Ok(Self { arguments: arguments.into_iter().map(OsString::into_encoded_bytes).collect() })
    }
}

/// Does the host call at `function_index` of [`wasm2native_abi::wasi::PREVIEW1`], with the arguments in
/// `slots`.
pub fn call(
    wasi: &mut Wasi,
    function_index: usize,
    memory: &mut GuestMemory<'_>,
    slots: &[Slot],
) -> Outcome {
    let _ = (&wasi.arguments, function_index, memory, slots);
    Outcome::Return(Errno::NoSystemCall as u32)
}
