//! The second wall: has the kernel refuse what the shim would never do, so that a program that gets past
//! the shim or out of its compiled code still reaches nothing that was not granted.
//!
//! Sandbox-critical. It stands alone because it grants nothing and decides nothing: it repeats what
//! `setup` has opened, in the words of each system, once, before the program's first instruction.
//! Invariants: what is open stays usable; what the shim does later for a program that imports a function
//! is allowed if the program imports it, but for what [`Access::Name`] leaves out; nothing that was raised
//! can be taken down. One sibling for each system, behind one function: `raise`.

mod host_calls;
#[cfg_attr(target_os = "linux", path = "linux/mod.rs")]
#[cfg_attr(target_os = "macos", path = "macos.rs")]
#[cfg_attr(target_os = "freebsd", path = "freebsd.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod system;

pub use host_calls::HostCalls;

use crate::designated::{Designated, TargetKind};
use crate::host::{self, Borrowed};
use crate::object::Object;
use crate::{SetupError, Wasi, setup};
use core::ffi::CStr;
use wasm2native_abi::policy::{RecordKind, Records, Sandbox};

/// What the policy says of the wall.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Whether it is raised, and whether the program may start without it.
    pub mode: Sandbox,
    /// What the program can ask of the host.
    pub host_calls: HostCalls,
}

impl Plan {
    /// Reads it. Without a record the wall is raised as far as the system can, for a program that may call
    /// everything.
    ///
    /// # Errors
    /// A sentence when the policy is damaged.
    pub fn read(policy: &Records<'_>) -> Result<Self, SetupError> {
        let mut plan = Self { mode: Sandbox::Auto, host_calls: HostCalls::ALL };
        for record in policy.clone() {
            let record = record.map_err(|_| setup::MALFORMED)?;
            match record.kind {
                RecordKind::Sandbox => {
                    plan.mode = [Sandbox::Auto, Sandbox::Require, Sandbox::Off]
                        .into_iter()
                        .find(|&mode| mode as u16 == record.flags)
                        .ok_or(setup::MALFORMED)?;
                }
                RecordKind::HostCalls => plan.host_calls = HostCalls::from_bytes(record.bytes),
                _ => {}
            }
        }
        Ok(plan)
    }
}

/// A part of the wall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Measure {
    /// Linux: files only beneath what was granted, no TCP, no signals to others (Landlock).
    Landlock,
    /// Linux: no system calls but those that the program's imports need (seccomp).
    Seccomp,
    /// Linux: no executable gives the process more privileges.
    NoNewPrivileges,
    /// Linux: the kernel makes no page executable that was not so from the start.
    NoExecutableGain,
    /// FreeBSD: nothing but what is open (Capsicum).
    CapabilityMode,
    /// Windows: no page becomes executable.
    NoDynamicCode,
    /// Windows: no other processes.
    NoChildProcesses,
    /// Windows: no libraries from other machines or of low integrity.
    NoForeignImages,
    /// Windows: no libraries of input methods, hooks and the like.
    NoExtensionPoints,
}

impl Measure {
    /// All of them, in the order of their names in records.
    pub const ALL: [Self; 9] = [
        Self::Landlock,
        Self::Seccomp,
        Self::NoNewPrivileges,
        Self::NoExecutableGain,
        Self::CapabilityMode,
        Self::NoDynamicCode,
        Self::NoChildProcesses,
        Self::NoForeignImages,
        Self::NoExtensionPoints,
    ];

    /// Its name in records and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Landlock => "landlock",
            Self::Seccomp => "seccomp",
            Self::NoNewPrivileges => "no-new-privileges",
            Self::NoExecutableGain => "no-executable-gain",
            Self::CapabilityMode => "capability-mode",
            Self::NoDynamicCode => "no-dynamic-code",
            Self::NoChildProcesses => "no-child-processes",
            Self::NoForeignImages => "no-foreign-images",
            Self::NoExtensionPoints => "no-extension-points",
        }
    }
}

/// What is active.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Active {
    measures: u16,
    /// The version of Landlock's rules that are in force; 0 without.
    landlock_version: u16,
}

impl Active {
    /// The parts of the wall that stand.
    pub fn measures(self) -> impl Iterator<Item = Measure> {
        Measure::ALL.into_iter().filter(move |&measure| self.has(measure))
    }

    /// Whether a part of the wall stands.
    pub fn has(self, measure: Measure) -> bool {
        self.measures & 1 << measure as u8 != 0
    }

    /// The version of Landlock's rules that are in force, as the kernel counts; 0 without.
    pub fn landlock_version(self) -> u32 {
        self.landlock_version.into()
    }

    #[cfg_attr(target_os = "macos", allow(dead_code, reason = "the system offers nothing"))]
    fn add(&mut self, measure: Measure, stands: bool) {
        self.measures |= u16::from(stands) << measure as u8;
    }
}

/// Something that the shim may reach after the wall stands.
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "others repeat less"))]
#[derive(Clone, Copy)]
pub(crate) struct Grant<'a> {
    /// A directory that is open.
    pub(crate) file: Borrowed<'a>,
    /// What the kernel lets through.
    pub(crate) access: Access<'a>,
}

/// What a [`Grant`] lets through. What was opened before the wall stands needs none: standard streams,
/// sockets that listen, files that are only read or written through their own descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "not every system tells them apart")]
pub(crate) enum Access<'a> {
    /// The directory with all that is beneath it.
    Directory {
        /// Beneath it, things are made, changed and removed.
        write: bool,
        /// Devices in it are used as such: the whole system was granted.
        devices: bool,
    },
    /// What is of a name in the directory, which is no link, with all that is beneath it.
    ///
    /// When the name may come and go, the directory is let through as far as that takes: no system binds
    /// such a right to a name, so that it is the shim's decision alone which one it is. In the place of a
    /// file no directory is made, and in the place of a directory none whose files are opened.
    Name {
        /// The name.
        name: &'a CStr,
        /// It is changed, and so is what is beneath it.
        write: bool,
        /// It is neither removed nor put in the place of another.
        fixed: bool,
    },
    /// The directory is removed at the end with all that is in it, whatever the program imports.
    RemoveTree,
    /// From the directory an empty one is removed at the end, of whatever name.
    RemoveDirectory,
}

impl Wasi {
    /// Raises the wall around what is open now. There is no way back, for the calling thread and all that
    /// it starts.
    ///
    /// # Errors
    /// A sentence when the plan requires a wall that the system does not raise.
    pub fn raise_wall(&self, plan: &Plan) -> Result<Active, SetupError> {
        match plan.mode {
            Sandbox::Off => Ok(Active::default()),
            Sandbox::Auto => Ok(system::raise(self, plan)),
            Sandbox::Require => {
                let active = system::raise(self, plan);
                match system::REQUIRED.iter().find(|&&measure| !active.has(measure)) {
                    Some(measure) => Err(missing(*measure)),
                    None if system::REQUIRED.is_empty() => Err(NOTHING),
                    None => Ok(active),
                }
            }
        }
    }

    /// All that may be reached by name: what was granted as a directory, and what the arguments name.
    #[cfg_attr(
        not(any(target_os = "linux", target_os = "freebsd")),
        allow(dead_code, reason = "others have no wall around files")
    )]
    fn grants(&self) -> impl Iterator<Item = Grant<'_>> + Clone {
        let granted = || self.descriptors.granted().map(|(_, directory)| directory);
        let directories = granted().filter_map(|directory| {
            let Object::Host(handle) = &directory.object else { return None };
            let access = Access::Directory {
                write: !directory.read_only,
                devices: directory.host_root || directory.unconfined,
            };
            Some(Grant { file: handle.borrow(), access })
        });
        let designated = granted().filter_map(|directory| directory.designated.as_ref());
        // What has no path is open already, or nothing.
        let names = designated
            .flat_map(Designated::names)
            .filter(|(_, target)| matches!(target.kind, TargetKind::Named));
        let names = names.map(|(_, target)| {
            let write = !target.read_only;
            let access = match &*target.name {
                itself if itself == c"." => Access::Directory { write, devices: false },
                name => Access::Name { name, write, fixed: target.through_link },
            };
            Grant { file: host::borrow(&target.parent), access }
        });
        let temporary = self.temporary.into_iter().flat_map(|made| {
            [(&made.directory, Access::RemoveTree), (&made.parent, Access::RemoveDirectory)]
                .map(|(directory, access)| Grant { file: host::borrow(directory), access })
        });
        directories.chain(names).chain(temporary)
    }

    /// Whether the program may go wherever its user can, so that nothing is kept from it by its place.
    #[cfg_attr(not(target_os = "freebsd"), allow(dead_code, reason = "others name places"))]
    fn is_unconfined(&self) -> bool {
        self.descriptors.granted().any(|(_, directory)| directory.unconfined)
    }
}

const NOTHING: SetupError = SetupError::constant(
    "it was built with `--sandbox require`, and this system has no such thing",
);

fn missing(measure: Measure) -> SetupError {
    let mut sentence =
        String::from("it was built with `--sandbox require`, and this system refuses ");
    sentence.push_str(measure.name());
    SetupError::new(sentence)
}
