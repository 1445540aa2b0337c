//! `fd_*` in the model.

use super::names::wrong_times;
use super::tree::{Kind, NodeId};
use super::{Descriptor, Expected, Model, Prediction, Reasons};
use crate::wasi_path::operation::{Flags, LISTING_BYTES, Times};
use crate::wasi_path::rights::{self, Rights};
use wasi_libc_shim::Errno;

/// No file is as large.
const TOO_LARGE: u64 = 1 << 63;

impl Model {
    pub(super) fn close(&mut self, fd: u32) -> Prediction {
        let closed = self.descriptors.remove(&fd);
        closed.map(|_| Expected::Nothing).ok_or(Errno::BadDescriptor.into())
    }

    pub(super) fn renumber(&mut self, from: u32, to: u32) -> Prediction {
        if !self.descriptors.contains_key(&to) {
            return Err(Errno::BadDescriptor.into());
        }
        let moved = self.descriptors.remove(&from).ok_or(Errno::BadDescriptor)?;
        self.descriptors.insert(to, moved);
        Ok(Expected::Nothing)
    }

    pub(super) fn descriptor_status(&self, fd: u32) -> Prediction {
        let descriptor = self.descriptor(fd)?;
        let mut flags = descriptor.synchronous;
        if !self.tree.is_directory(descriptor.node) {
            flags |= u16::from(descriptor.append) | u16::from(descriptor.nonblock) << 2;
        }
        Ok(Expected::Descriptor {
            file_type: self.tree.file_type(descriptor.node),
            flags,
            base: descriptor.base,
            inheriting: descriptor.inheriting,
        })
    }

    pub(super) fn set_rights(&mut self, fd: u32, base: Rights, inheriting: Rights) -> Prediction {
        let descriptor = self.descriptor_mut(fd)?;
        let added = base & !descriptor.base | inheriting & !descriptor.inheriting;
        if added & rights::ALL != 0 {
            return Err(Errno::NotCapable.into());
        }
        descriptor.base &= base;
        descriptor.inheriting &= inheriting;
        Ok(Expected::Nothing)
    }

    pub(super) fn set_flags(&mut self, fd: u32, flags: Flags) -> Prediction {
        let descriptor = self.descriptor_mut(fd)?;
        let mut reasons = lacking(descriptor, rights::FD_FDSTAT_SET_FLAGS);
        reasons.add(flags > 0x1f, Errno::Invalid);
        if !reasons.is_empty() {
            return Err(reasons);
        }
        descriptor.synchronous = (flags & 0x1a) as u16;
        descriptor.append = flags & 1 != 0;
        descriptor.nonblock = flags & 4 != 0;
        Ok(Expected::Nothing)
    }

    pub(super) fn file_status(&self, fd: u32) -> Prediction {
        let descriptor = self.descriptor(fd)?;
        let reasons = lacking(descriptor, rights::FD_FILESTAT_GET);
        if reasons.is_empty() {
            Ok(Expected::Status(self.status_of(descriptor.node)))
        } else {
            Err(reasons)
        }
    }

    pub(super) fn set_file_times(&mut self, fd: u32, times: Times) -> Prediction {
        let descriptor = self.descriptor(fd)?;
        let mut reasons = lacking(descriptor, rights::FD_FILESTAT_SET_TIMES) | wrong_times(times);
        reasons.add(descriptor.read_only, Errno::ReadOnlyFileSystem);
        if !reasons.is_empty() {
            return Err(reasons);
        }
        self.set_times_of(descriptor.node, times);
        Ok(Expected::Nothing)
    }

    pub(super) fn synchronize(&self, fd: u32, only_data: bool) -> Prediction {
        let needed = if only_data { rights::FD_DATASYNC } else { rights::FD_SYNC };
        let reasons = lacking(self.descriptor(fd)?, needed);
        if reasons.is_empty() { Ok(Expected::Nothing) } else { Err(reasons) }
    }

    /// A file that is no directory, and why it cannot be used.
    fn file(&self, fd: u32, needed: Rights) -> Result<(&Descriptor, Reasons), Reasons> {
        let descriptor = self.descriptor(fd)?;
        let mut reasons = lacking(descriptor, needed);
        // The specification has no word for it.
        if self.tree.is_directory(descriptor.node) {
            reasons = reasons | Errno::IsDirectory.into() | Errno::BadDescriptor.into();
        }
        Ok((descriptor, reasons))
    }

    pub(super) fn set_size(&mut self, fd: u32, size: u64) -> Prediction {
        let (descriptor, mut reasons) = self.file(fd, rights::FD_FILESTAT_SET_SIZE)?;
        reasons.add(descriptor.read_only, Errno::ReadOnlyFileSystem);
        reasons.add(size >= TOO_LARGE, Errno::FileTooBig);
        reasons.add(size >= TOO_LARGE, Errno::Invalid);
        if !reasons.is_empty() {
            return Err(reasons);
        }
        let node = descriptor.node;
        let mut contents = self.contents(node).to_vec();
        contents.resize(size as usize, 0);
        self.set_contents(node, contents);
        Ok(Expected::Nothing)
    }

    pub(super) fn allocate(&mut self, fd: u32, offset: u64, length: u64) -> Prediction {
        let (descriptor, mut reasons) = self.file(fd, rights::FD_ALLOCATE)?;
        reasons.add(descriptor.read_only, Errno::ReadOnlyFileSystem);
        let negative = offset >= TOO_LARGE || length >= TOO_LARGE;
        reasons.add(length == 0 || negative, Errno::Invalid);
        reasons.add(negative, Errno::FileTooBig);
        if !reasons.is_empty() {
            return Err(reasons);
        }
        let node = descriptor.node;
        let mut contents = self.contents(node).to_vec();
        contents.resize(contents.len().max((offset + length) as usize), 0);
        self.set_contents(node, contents);
        Ok(Expected::Nothing)
    }

    pub(super) fn advise(&self, fd: u32, offset: u64, length: u64, advice: Flags) -> Prediction {
        let (_, mut reasons) = self.file(fd, rights::FD_ADVISE)?;
        let negative = offset >= TOO_LARGE || length >= TOO_LARGE;
        reasons.add(advice > 5 || negative, Errno::Invalid);
        if reasons.is_empty() { Ok(Expected::Nothing) } else { Err(reasons) }
    }

    pub(super) fn read(&mut self, fd: u32, length: u32, at: Option<u64>) -> Prediction {
        let needed = rights::FD_READ | if at.is_some() { rights::FD_SEEK } else { 0 };
        let (descriptor, mut reasons) = self.file(fd, needed)?;
        reasons.add(at.is_some_and(|at| at >= TOO_LARGE), Errno::Invalid);
        if !reasons.is_empty() {
            return Err(reasons);
        }
        let contents = self.contents(descriptor.node);
        let start = (at.unwrap_or(descriptor.position) as usize).min(contents.len());
        let end = (start + length as usize).min(contents.len());
        let bytes = contents[start..end].to_vec();
        if at.is_none() {
            self.descriptor_mut(fd)?.position += bytes.len() as u64;
        }
        Ok(Expected::Bytes(bytes))
    }

    pub(super) fn write(&mut self, fd: u32, bytes: &[u8], at: Option<u64>) -> Prediction {
        let needed = rights::FD_WRITE | if at.is_some() { rights::FD_SEEK } else { 0 };
        let (descriptor, mut reasons) = self.file(fd, needed)?;
        let too_large = at.is_some_and(|at| at >= TOO_LARGE);
        reasons.add(too_large, Errno::Invalid);
        reasons.add(too_large, Errno::FileTooBig);
        if !reasons.is_empty() {
            return Err(reasons);
        }
        let Descriptor { node, append, position, .. } = *descriptor;
        let mut contents = self.contents(node).to_vec();
        let end = contents.len() as u64;
        let start = if append { end } else { at.unwrap_or(position) };
        if !bytes.is_empty() {
            let behind = start as usize + bytes.len();
            contents.resize(contents.len().max(behind), 0);
            contents[start as usize..behind].copy_from_slice(bytes);
            self.set_contents(node, contents);
        }
        if at.is_none() && !bytes.is_empty() {
            self.descriptor_mut(fd)?.position = start + bytes.len() as u64;
        }
        Ok(Expected::Number(bytes.len() as u64))
    }

    pub(super) fn seek(&mut self, fd: u32, offset: i64, whence: Flags) -> Prediction {
        let tells = offset == 0 && whence == 1;
        let (descriptor, mut reasons) = self.file(fd, 0)?;
        let enough = rights::FD_SEEK | if tells { rights::FD_TELL } else { 0 };
        reasons.add(descriptor.base & enough == 0, Errno::NotCapable);
        let from = match whence {
            0 => Some(0),
            1 => Some(descriptor.position),
            2 => match &self.tree.node(descriptor.node).kind {
                Kind::File(contents) => Some(contents.len() as u64),
                _ => None,
            },
            _ => None,
        };
        let position = from.and_then(|from| from.checked_add_signed(offset));
        reasons.add(position.is_none(), Errno::Invalid);
        match position {
            Some(position) if reasons.is_empty() => {
                self.descriptor_mut(fd)?.position = position;
                Ok(Expected::Number(position))
            }
            _ => Err(reasons),
        }
    }

    pub(super) fn tell(&self, fd: u32) -> Prediction {
        let (descriptor, mut reasons) = self.file(fd, 0)?;
        let enough = rights::FD_SEEK | rights::FD_TELL;
        reasons.add(descriptor.base & enough == 0, Errno::NotCapable);
        if reasons.is_empty() { Ok(Expected::Number(descriptor.position)) } else { Err(reasons) }
    }

    pub(super) fn list(&self, fd: u32, cookie: u64, length: u32) -> Prediction {
        let descriptor = self.descriptor(fd)?;
        let mut reasons = lacking(descriptor, rights::FD_READDIR);
        let entries = self.tree.entries(descriptor.node);
        reasons.add(entries.is_none(), Errno::NotDirectory);
        let gone = entries.is_some() && self.tree.is_gone(descriptor.node);
        // What was read ahead before it was gone may still be given.
        if gone && cookie != 0 && reasons.is_empty() {
            return Ok(Expected::Unknown);
        }
        reasons.add(gone, Errno::NoEntry);
        match entries {
            Some(_) if reasons.is_empty() && cookie != 0 => {
                Ok(Expected::Entries { all: false, entries: None })
            }
            Some(entries) if reasons.is_empty() => {
                let own = entries.iter().map(|(name, &node)| (name.clone(), node));
                let typed = own.map(|(name, node)| (name, self.tree.file_type(node)));
                let dots = [(b".".to_vec(), 3), (b"..".to_vec(), 3)];
                let entries = Some(typed.chain(dots).collect());
                Ok(Expected::Entries { all: length == LISTING_BYTES, entries })
            }
            _ => Err(reasons),
        }
    }

    fn contents(&self, node: NodeId) -> &[u8] {
        match &self.tree.node(node).kind {
            Kind::File(contents) => contents,
            _ => &[],
        }
    }

    pub(super) fn set_contents(&mut self, node: NodeId, contents: Vec<u8>) {
        self.changed = true;
        let node = self.tree.node_mut(node);
        node.modified = None;
        node.kind = Kind::File(contents);
    }
}

/// Why a descriptor that lacks one of these rights cannot be used.
fn lacking(descriptor: &Descriptor, needed: Rights) -> Reasons {
    let mut reasons = Reasons::NONE;
    reasons.add(descriptor.base & needed != needed, Errno::NotCapable);
    reasons
}
