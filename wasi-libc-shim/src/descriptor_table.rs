//! The program's descriptors: which number stands for which object, with which rights.
//!
//! It stands alone because it is the list of everything that the program can reach. Invariants: a number
//! is given out lowest first, as POSIX does and C programs expect; numbers 0 to 2 that were closed when
//! the program started are never given out, so that no file takes the place of a standard stream
//! unasked; a descriptor below a read-only directory is read-only itself.

use crate::audit::{Origin, Source};
use crate::designated::Designated;
use crate::embedded::Embedded;
use crate::errno::{Errno, Result};
use crate::file::AfterWrite;
use crate::file_type::FileType;
use crate::host;
use crate::object::Object;
use crate::rights::{self, Rights};

/// An open file of the program.
pub(crate) struct Descriptor {
    pub(crate) object: Object,
    pub(crate) file_type: FileType,
    /// What may be done with it.
    pub(crate) rights_base: Rights,
    /// What may be done with what is opened through it.
    pub(crate) rights_inheriting: Rights,
    /// The `dsync`, `rsync` and `sync` flags that it has.
    pub(crate) synchronous: u16,
    /// Those that it was opened with, which the host sees to.
    pub(crate) opened_synchronous: u16,
    /// What else has to be done for them.
    pub(crate) after_write: AfterWrite,
    /// Nothing in or below it may be changed.
    pub(crate) read_only: bool,
    /// The name by which the program knows it, when it was granted rather than opened.
    pub(crate) preopened: Option<Box<[u8]>>,
    /// It is the host's root directory: the only one where an absolute symbolic link leads nowhere else.
    pub(crate) host_root: bool,
    /// Names that are granted by themselves, whatever the object holds.
    pub(crate) designated: Option<Designated>,
    /// Links and `..` lead wherever they lead from here and from what is opened through it.
    pub(crate) unconfined: bool,
    /// What of the policy it is, when it was granted rather than opened.
    pub(crate) source: Source,
    /// What it was opened from, when the program is watched.
    pub(crate) origin: Option<Box<Origin>>,
    /// For [`crate::directory`]: what cookies mean.
    pub(crate) listing: host::Listing,
}

impl Descriptor {
    /// A descriptor with rights that `file_type` does not preclude.
    pub(crate) fn new(
        object: Object,
        file_type: FileType,
        rights_base: Rights,
        rights_inheriting: Rights,
    ) -> Self {
        Self {
            object,
            file_type,
            rights_base,
            rights_inheriting,
            synchronous: 0,
            opened_synchronous: 0,
            after_write: AfterWrite::Nothing,
            read_only: false,
            preopened: None,
            host_root: false,
            designated: None,
            unconfined: false,
            source: Source::Nothing,
            origin: None,
            listing: host::Listing::default(),
        }
    }

    /// A directory of the host's that is granted.
    pub(crate) fn directory(handle: host::Handle, read_only: bool) -> Self {
        let kept = if read_only { !rights::CHANGING } else { !0 };
        let (base, inheriting) = (rights::DIRECTORY & kept, rights::ALL & kept);
        let object = Object::Host(handle);
        let mut directory = Self::new(object, FileType::Directory, base, inheriting);
        directory.read_only = read_only;
        directory
    }

    /// Adds names that are granted by themselves, with the rights that they need.
    pub(crate) fn designate(&mut self, designated: Designated) {
        if designated.names().any(|(_, target)| !target.read_only) {
            self.rights_base |= rights::DIRECTORY & rights::CHANGING;
            self.rights_inheriting |= rights::CHANGING;
        }
        self.designated = Some(designated);
    }

    /// A descriptor of something that is part of the executable, granted under a name.
    pub(crate) fn embedded(embedded: Embedded, name: &[u8]) -> Self {
        let file_type = embedded.status().file_type;
        let (base, inheriting) = (rights::DIRECTORY, rights::ALL);
        let object = Object::Embedded(embedded);
        let mut descriptor =
            Self::new(object, file_type, base & !rights::CHANGING, inheriting & !rights::CHANGING);
        descriptor.read_only = true;
        descriptor.preopened = Some(name.into());
        descriptor
    }

    /// Checks that all of `rights` are there.
    pub(crate) fn require(&self, rights: Rights) -> Result<()> {
        if self.rights_base & rights == rights { Ok(()) } else { Err(Errno::NotCapable) }
    }
}

enum Place {
    /// Free to be given out.
    Free,
    /// A standard stream that was closed at the start.
    Reserved,
    Open(Descriptor),
}

/// All descriptors, by number.
pub(crate) struct DescriptorTable {
    places: Vec<Place>,
    /// No place below this is free.
    lowest_free: usize,
    /// How many are open.
    open: u64,
    /// How many may be open.
    maximum: u64,
}

/// More than any host gives one process by default; numbers stay far below 2^31, as `path_open` says.
const MAXIMUM_DESCRIPTORS: usize = 1 << 20;

impl DescriptorTable {
    /// A table for at most so many open files.
    pub(crate) fn new(maximum: u64) -> Self {
        Self { places: Vec::new(), lowest_free: 0, open: 0, maximum }
    }

    /// Appends a standard stream, or keeps its number from being given out.
    pub(crate) fn push_standard(&mut self, descriptor: Option<Descriptor>) {
        self.open += u64::from(descriptor.is_some());
        self.places.push(descriptor.map_or(Place::Reserved, Place::Open));
    }

    /// Gives `descriptor` the lowest free number.
    pub(crate) fn insert(&mut self, descriptor: Descriptor) -> Result<u32> {
        if self.open >= self.maximum {
            return Err(Errno::TooManyFiles);
        }
        while let Some(place) = self.places.get_mut(self.lowest_free) {
            if matches!(place, Place::Free) {
                *place = Place::Open(descriptor);
                self.lowest_free += 1;
                self.open += 1;
                return Ok((self.lowest_free - 1) as u32);
            }
            self.lowest_free += 1;
        }
        if self.places.len() >= MAXIMUM_DESCRIPTORS {
            return Err(Errno::TooManyFiles);
        }
        self.places.push(Place::Open(descriptor));
        self.open += 1;
        self.lowest_free = self.places.len();
        Ok((self.places.len() - 1) as u32)
    }

    pub(crate) fn get(&self, number: u32) -> Result<&Descriptor> {
        match self.places.get(number as usize) {
            Some(Place::Open(descriptor)) => Ok(descriptor),
            _ => Err(Errno::BadDescriptor),
        }
    }

    pub(crate) fn get_mut(&mut self, number: u32) -> Result<&mut Descriptor> {
        match self.places.get_mut(number as usize) {
            Some(Place::Open(descriptor)) => Ok(descriptor),
            _ => Err(Errno::BadDescriptor),
        }
    }

    /// The granted directories, with their numbers, in order.
    pub(crate) fn granted(&self) -> impl Iterator<Item = (u32, &Descriptor)> + Clone {
        (0..).zip(&self.places).filter_map(|(number, place)| match place {
            Place::Open(descriptor) if descriptor.preopened.is_some() => Some((number, descriptor)),
            _ => None,
        })
    }

    /// Those that are open.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Descriptor> {
        self.places.iter_mut().filter_map(|place| match place {
            Place::Open(descriptor) => Some(descriptor),
            _ => None,
        })
    }

    /// The descriptor, when it has all of `rights`.
    pub(crate) fn with_rights(&self, number: u32, rights: Rights) -> Result<&Descriptor> {
        let descriptor = self.get(number)?;
        descriptor.require(rights)?;
        Ok(descriptor)
    }

    /// Takes the descriptor out; its number is free from now on.
    pub(crate) fn remove(&mut self, number: u32) -> Result<Descriptor> {
        let index = number as usize;
        self.get(number)?;
        let place = self.places.get_mut(index).ok_or(Errno::BadDescriptor)?;
        match core::mem::replace(place, Place::Free) {
            Place::Open(descriptor) => {
                self.lowest_free = self.lowest_free.min(index);
                self.open -= 1;
                Ok(descriptor)
            }
            _ => Err(Errno::BadDescriptor),
        }
    }

    /// Moves a descriptor to the number of another open one, which is handed out to be closed
    /// (`fd_renumber`). Nothing happens when both are one.
    pub(crate) fn renumber(&mut self, from: u32, to: u32) -> Result<Option<Descriptor>> {
        self.get(to)?;
        if from == to {
            return Ok(None);
        }
        let moved = self.remove(from)?;
        Ok(Some(core::mem::replace(self.get_mut(to)?, moved)))
    }
}
