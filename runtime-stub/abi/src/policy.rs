//! The encoded policy: what the builder granted, as the stub reads it and `inspect` shows it.
//!
//! A sequence of records, each a kind (`u16`), a flags word (`u16`), a size (`u32`) and that many
//! bytes, all little-endian on every target. Text is UTF-8. Unknown kinds are refused by a reader, so
//! that a stub never runs a program under half of its policy. Two texts in one record are separated by
//! a NUL byte, which neither may contain.

/// What a record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum RecordKind {
    /// Bytes: the fixed `argv[0]`.
    Argv0 = 1,
    /// Bytes: the name of a variable that is inherited when the program starts. A trailing `*` stands
    /// for any ending; `*` alone inherits everything.
    EnvironmentInherit = 2,
    /// Bytes: name, NUL, value.
    EnvironmentSet = 3,
    /// Bytes: host path as written, NUL, guest path. Flags: [`DIRECTORY_READ_ONLY`].
    Directory = 4,
    /// Flags: a [`Preset`] as a number. At most one record; informative besides what it implies.
    Preset = 5,
    /// Bytes: `u64`, the largest size in bytes of each linear memory.
    MaximumMemory = 6,
    /// Bytes: `u64`, size in bytes of the program's stack.
    MaximumStack = 7,
}

impl RecordKind {
    /// The kind with this number, if any.
    pub fn from_number(number: u16) -> Option<Self> {
        [
            Self::Argv0,
            Self::EnvironmentInherit,
            Self::EnvironmentSet,
            Self::Directory,
            Self::Preset,
            Self::MaximumMemory,
            Self::MaximumStack,
        ]
        .into_iter()
        .find(|&kind| kind as u16 == number)
    }
}

/// A named set of grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Preset {
    /// Arguments, standard streams, exit status, clocks and random numbers only.
    None = 0,
    /// What a command-line tool expects: the current directory and the terminal's variables.
    Cli = 1,
    /// Everything that the user who runs the program can reach.
    All = 2,
}

/// Flag of [`RecordKind::Directory`]: nothing below may be changed.
pub const DIRECTORY_READ_ONLY: u16 = 1 << 0;

/// The stack's size when no record says otherwise.
pub const DEFAULT_STACK_BYTES: u64 = 8 << 20;

/// One record of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// What it says.
    pub kind: RecordKind,
    /// Meaning depends on the kind.
    pub flags: u16,
    /// Meaning depends on the kind.
    pub bytes: &'a [u8],
}

impl<'a> Record<'a> {
    /// Writes the record's encoding, in order and piecewise, to `sink`.
    ///
    /// # Panics
    /// When `bytes` is 4 GiB or larger.
    pub fn encode(&self, mut sink: impl FnMut(&[u8])) {
        let size = u32::try_from(self.bytes.len()).expect("a policy record under 4 GiB");
        sink(&(self.kind as u16).to_le_bytes());
        sink(&self.flags.to_le_bytes());
        sink(&size.to_le_bytes());
        sink(self.bytes);
    }

    /// The two texts of a record that holds two.
    pub fn pair(&self) -> Option<(&'a [u8], &'a [u8])> {
        let nul = self.bytes.iter().position(|&byte| byte == 0)?;
        Some((&self.bytes[..nul], &self.bytes[nul + 1..]))
    }

    /// The number of a record that holds one.
    pub fn number(&self) -> Option<u64> {
        Some(u64::from_le_bytes(self.bytes.try_into().ok()?))
    }
}

/// A policy that is cut short or has a record that this version does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// The records of an encoded policy, in order; after an error there are no more.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    rest: &'a [u8],
}

impl<'a> Records<'a> {
    /// Reads `encoded`.
    pub fn new(encoded: &'a [u8]) -> Self {
        Self { rest: encoded }
    }

    fn read(&mut self) -> Option<Record<'a>> {
        let (head, rest) = self.rest.split_first_chunk::<8>()?;
        let kind = RecordKind::from_number(u16::from_le_bytes([head[0], head[1]]))?;
        let flags = u16::from_le_bytes([head[2], head[3]]);
        let size = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let (bytes, rest) = rest.split_at_checked(size)?;
        self.rest = rest;
        Some(Record { kind, flags, bytes })
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let record = self.read();
        if record.is_none() {
            self.rest = &[];
        }
        Some(record.ok_or(Malformed))
    }
}
