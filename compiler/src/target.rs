//! The target of a build, by any of its usual spellings.

use crate::Error;
use std::fmt;
use std::str::FromStr;

/// A system and architecture that executables are built for.
#[derive(Clone, Copy)]
pub struct Target(&'static wasm2native_targets::Target);

/// A target, and what its spelling said too much or too little.
pub struct Spelled {
    /// The target.
    pub target: Target,
    /// A part that makes no difference: executables use none of the system's C libraries.
    pub ignored: Option<String>,
    /// Whether the architecture or the system was not named, and is as on this machine.
    pub completed: bool,
}

impl Target {
    /// The target that this process runs on.
    ///
    /// # Errors
    /// [`Error::HostIsNoTarget`].
    pub fn host() -> Result<Self, Error> {
        wasm2native_targets::host().map(Self).ok_or(Error::HostIsNoTarget)
    }

    /// Every target.
    pub fn all() -> impl Iterator<Item = Self> {
        wasm2native_targets::all().iter().map(Self)
    }

    /// The target that is spelt so, with what the spelling says too much or too little.
    ///
    /// # Errors
    /// [`Error::UnknownTarget`].
    pub fn spelled(spelling: &str) -> Result<Spelled, Error> {
        match wasm2native_targets::parse_spelled(spelling) {
            Ok(spelled) => Ok(Spelled {
                target: Self(spelled.target),
                ignored: spelled.ignored,
                completed: spelled.completed,
            }),
            Err(error) => Err(Error::UnknownTarget {
                similar: error.suggestions.iter().map(ToString::to_string).collect(),
                spelling: error.spelling,
            }),
        }
    }

    /// Whether executables can be made for it: its stub is in this build and as it was recorded.
    ///
    /// # Errors
    /// [`Error::Stub`].
    pub fn ready(self) -> Result<(), Error> {
        self.0.stub().map(drop).map_err(Error::Stub)
    }

    /// Its description.
    pub fn description(self) -> &'static wasm2native_targets::Target {
        self.0
    }

    /// Whether executables for it run on this machine.
    pub fn is_host(self) -> bool {
        Self::host().is_ok_and(|host| host == self)
    }
}

impl PartialEq for Target {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for Target {}

impl fmt::Debug for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.name)
    }
}

impl FromStr for Target {
    type Err = Error;

    fn from_str(spelling: &str) -> Result<Self, Error> {
        Self::spelled(spelling).map(|spelled| spelled.target)
    }
}
