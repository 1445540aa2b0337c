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
    /// Bytes: host path as written, NUL, guest path. Flags: `DIRECTORY_*`. The host path may begin with
    /// an [`ANCHORS`] word and a colon. An empty guest path: known by its own path only.
    Directory = 4,
    /// Flags: a [`Preset`] as a number. At most one record; informative besides what it implies.
    Preset = 5,
    /// Bytes: `u64`, the largest size in bytes of each linear memory.
    MaximumMemory = 6,
    /// Bytes: `u64`, size in bytes of the program's stack.
    MaximumStack = 7,
    /// Bytes: `u64`, the largest number of elements of each table.
    MaximumTable = 8,
    /// Bytes: `u64`, the largest number of descriptors that the program has open at once, its standard
    /// streams and granted directories included.
    MaximumFiles = 9,
    /// Bytes: `u64`, nanoseconds of wall-clock time after which the program is ended.
    Timeout = 10,
    /// Flags: [`ARGUMENTS_READ_ONLY`] or [`ARGUMENTS_READ_WRITE`]. What the command line names is granted.
    Arguments = 11,
    /// Bytes: the files that are part of the executable, see [`crate::embed`]. At most one record.
    Embedded = 12,
    /// Bytes: the path of a directory of [`Self::Embedded`], as the tree and the program know it.
    EmbeddedDirectory = 13,
    /// Bytes: `ADDRESS:PORT` of a listening socket that the program starts with.
    Listen = 14,
    /// Flags: the number of a standard stream that is the null device.
    NullStream = 15,
    /// Bytes: `u64`, nanoseconds since 1970: the time at which the clock stands.
    Clock = 16,
    /// Bytes: `u64`, the seed of the program's random numbers.
    Random = 17,
    /// Flags: a [`Sandbox`] as a number. Without a record, [`Sandbox::Auto`].
    Sandbox = 18,
    /// Bytes: a set of the host calls that the program imports: bit `i % 8` of byte `i / 8` for the one at
    /// index `i` of [`crate::wasi`]'s functions. Informs the kernel's wall.
    HostCalls = 19,
    /// Flags: `RUNTIME_*`: what the executable does with its user's wishes and the program's exit code.
    Runtime = 20,
    /// Flags: `DENY_*`: kinds that are taken away after everything else was granted.
    Deny = 21,
    /// Bytes: text, the grants in words, for messages.
    Words = 22,
}

impl RecordKind {
    /// All kinds, in the order of their numbers.
    const ALL: [Self; 22] = [
        Self::Argv0,
        Self::EnvironmentInherit,
        Self::EnvironmentSet,
        Self::Directory,
        Self::Preset,
        Self::MaximumMemory,
        Self::MaximumStack,
        Self::MaximumTable,
        Self::MaximumFiles,
        Self::Timeout,
        Self::Arguments,
        Self::Embedded,
        Self::EmbeddedDirectory,
        Self::Listen,
        Self::NullStream,
        Self::Clock,
        Self::Random,
        Self::Sandbox,
        Self::HostCalls,
        Self::Runtime,
        Self::Deny,
        Self::Words,
    ];

    /// The kind with this number, if any.
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.get(usize::from(number).wrapping_sub(1)).copied()
    }
}

const _: () = {
    let mut index = 0;
    while index < RecordKind::ALL.len() {
        assert!(RecordKind::ALL[index] as usize == index + 1);
        index += 1;
    }
};

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

/// How the kernel's wall is raised when the program starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u16)]
pub enum Sandbox {
    /// As far as the system can.
    #[default]
    Auto = 0,
    /// The program does not start without it.
    Require = 1,
    /// Not at all.
    Off = 2,
}

/// Flag of [`RecordKind::Directory`]: nothing below may be changed.
pub const DIRECTORY_READ_ONLY: u16 = 1 << 0;
/// Flag of [`RecordKind::Directory`]: it is made, with those above it, when it is not there.
pub const DIRECTORY_CREATE: u16 = 1 << 1;
/// Flag of [`RecordKind::Directory`]: it is left out when it is not there.
pub const DIRECTORY_OPTIONAL: u16 = 1 << 2;
/// Flag of [`RecordKind::Directory`]: the program also knows it by its absolute path on the host, and a
/// variable says so: `PWD` for the current directory, `TMPDIR` for a private temporary one.
pub const DIRECTORY_OWN_PATH: u16 = 1 << 3;
/// Flag of [`RecordKind::Directory`], for the host's root: what is in it is granted by name, a directory
/// each, and links lead wherever they lead.
pub const DIRECTORY_EVERYTHING: u16 = 1 << 4;

/// The words before a colon that a host path may begin with, for places that depend on who runs the
/// program, where: the current directory, the executable's directory, the user's home, configuration, data
/// and caches, a private temporary directory, and the root of the file system.
pub const ANCHORS: [&str; 8] = ["cwd", "exe", "home", "config", "data", "cache", "tmp", "root"];

/// Flag of [`RecordKind::Arguments`]: existing files and directories, to be read.
pub const ARGUMENTS_READ_ONLY: u16 = 1 << 0;
/// Flag of [`RecordKind::Arguments`]: existing ones and those that could be made, to be read and written.
pub const ARGUMENTS_READ_WRITE: u16 = 1 << 1;

/// Flag of [`RecordKind::Runtime`]: no `WASM2NATIVE_*` variable is looked at.
pub const RUNTIME_NO_VARIABLES: u16 = 1 << 0;
/// Flag of [`RecordKind::Runtime`]: `WASM2NATIVE_DENY` is not looked at.
pub const RUNTIME_FIXED_GRANTS: u16 = 1 << 1;
/// Flag of [`RecordKind::Runtime`]: an exit code of 126 or more is a trap, as the witx text says.
pub const RUNTIME_STRICT_EXIT_CODES: u16 = 1 << 2;

/// Flag of [`RecordKind::Deny`]: no files, neither of the host's nor named by arguments. Embedded ones stay.
pub const DENY_FILES: u16 = 1 << 0;
/// Flag of [`RecordKind::Deny`]: nothing on the host may be changed.
pub const DENY_WRITE: u16 = 1 << 1;
/// Flag of [`RecordKind::Deny`]: no sockets.
pub const DENY_NETWORK: u16 = 1 << 2;
/// Flag of [`RecordKind::Deny`]: no variables, fixed ones included.
pub const DENY_ENVIRONMENT: u16 = 1 << 3;
/// Flag of [`RecordKind::Deny`]: no clocks but for waiting.
pub const DENY_CLOCK: u16 = 1 << 4;
/// Flag of [`RecordKind::Deny`]: no arguments but the program's name.
pub const DENY_ARGUMENTS: u16 = 1 << 5;

/// The kinds that can be denied, by the names that `--deny` and `WASM2NATIVE_DENY` know.
pub const DENY_KINDS: [(&str, u16); 6] = [
    ("fs", DENY_FILES),
    ("write", DENY_WRITE),
    ("net", DENY_NETWORK),
    ("env", DENY_ENVIRONMENT),
    ("clock", DENY_CLOCK),
    ("args", DENY_ARGUMENTS),
];

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

    /// Those of one kind, in order, up to an error: whoever asks for them has read the whole before.
    pub fn of(&self, kind: RecordKind) -> RecordsOf<'a> {
        RecordsOf { records: self.clone(), kind }
    }

    // Every place that looks for something in a policy would have a copy of it.
    #[inline(never)]
    fn next_of(&mut self, kind: RecordKind) -> Option<Record<'a>> {
        self.find_map(|record| record.ok().filter(|record| record.kind == kind))
    }

    // As above.
    #[inline(never)]
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

/// The records of one kind: see [`Records::of`].
#[derive(Clone, Debug)]
pub struct RecordsOf<'a> {
    records: Records<'a>,
    kind: RecordKind,
}

impl<'a> Iterator for RecordsOf<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        self.records.next_of(self.kind)
    }
}
