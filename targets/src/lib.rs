//! Turns the spelling of a target into its description and its stub.
//!
//! It stands alone so that every other crate asks one place what a target is, and none asks the host.
//! Invariants: it knows nothing of WebAssembly or of object files; a target is a folder
//! (`targets/<name>/`), and all that differs between targets is data there; a stub is compared with
//! its recorded hash before it is handed out.

mod architecture;
mod cpu;
mod native;
mod spelling;
mod stub;
mod system;
mod target;

pub use architecture::Architecture;
pub use cpu::{CpuError, CpuLevel, Level, features, levels, single_features};
pub use spelling::{Spelled, UnknownTarget, parse, parse_spelled};
pub use stub::StubError;
pub use system::{Format, System};
pub use target::{Runner, StubRecord, Target, all, host};
