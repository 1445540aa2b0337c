//! What a build tells while it runs.

/// A phase of a build, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// The input is recognised, parsed, and its imports are resolved.
    Parse,
    /// Functions are translated and compiled, for one architecture.
    Compile,
    /// The program is linked with the stub of one target.
    Link,
}

impl Phase {
    /// What is being done.
    pub fn name(self) -> &'static str {
        match self {
            Self::Parse => "parse",
            Self::Compile => "compile",
            Self::Link => "link",
        }
    }
}

/// Someone who watches a build. Called from several threads.
pub trait Observer: Sync {
    /// A phase begins.
    fn phase(&self, phase: Phase) {
        let _ = phase;
    }

    /// Functions are going to be compiled for an architecture, the one at `position` (from 0) of `count`.
    fn architecture(&self, name: &'static str, position: usize, count: usize) {
        let _ = (name, position, count);
    }

    /// So many functions are compiled.
    fn functions_done(&self, done: usize, total: usize) {
        let _ = (done, total);
    }
}

/// Someone who does not care.
#[derive(Clone, Copy, Debug)]
pub struct Unobserved;

impl Observer for Unobserved {}

/// The code generator's view of an observer.
pub(crate) struct Functions<'o>(pub(crate) &'o dyn Observer);

impl wasm2native_codegen::Progress for Functions<'_> {
    fn functions_done(&self, done: usize, total: usize) {
        self.0.functions_done(done, total);
    }
}
