//! The granted directories as libraries see them: by their names.
//!
//! It stands alone because it only compares names; what they stand for was found before.

use crate::descriptor_table::{Descriptor, DescriptorTable};
use crate::designated::{Designated, Designation, Target, add_in_order, bare, spelled};
use crate::errno::{Errno, Result};
use crate::host::{self, Handle, OpenOptions};
use crate::object::Object;
use crate::resolve::Place;
use crate::virtual_root;
use std::sync::Arc;
use wasm2native_abi::embed::Tree;

/// A granted directory, or one that is going to be.
struct Mount {
    /// Its name as wasi-libc compares it.
    bare: Vec<u8>,
    place: MountPlace,
    names: Vec<Designation>,
}

enum MountPlace {
    /// It has a number already.
    Open(u32),
    New(Box<Descriptor>),
}

/// All of them, in order.
pub(super) struct Mounts<'a> {
    descriptors: &'a DescriptorTable,
    list: Vec<Mount>,
}

impl<'a> Mounts<'a> {
    /// Those that are granted already.
    pub(super) fn new(descriptors: &'a DescriptorTable) -> Self {
        let mount = |(number, directory): (u32, &Descriptor)| Mount {
            bare: bare(directory.preopened.as_deref().unwrap_or_default()),
            place: MountPlace::Open(number),
            names: Vec::new(),
        };
        Self { descriptors, list: descriptors.granted().map(mount).collect() }
    }

    /// Whether one stands for the root, which relative paths begin at.
    pub(super) fn has_root(&self) -> bool {
        self.list.iter().any(|mount| mount.bare.is_empty())
    }

    /// Adds a root of which nothing is granted but `tree`, unless there is one.
    pub(super) fn add_root(&mut self, tree: Tree<'static>) {
        if !self.has_root() {
            self.push(virtual_root::descriptor(tree), b"/");
        }
    }

    /// Adds a designated directory under the name that was typed.
    pub(super) fn add_directory(&mut self, typed: &[u8], target: &Target) {
        let Ok(file) = open_directory(target) else { return };
        let mut directory = Descriptor::directory(file, target.read_only);
        directory.host_root = host::is_root(typed);
        directory.source = target.source;
        let name = spelled(typed);
        self.push(directory, if name.is_empty() { b"." } else { &name });
    }

    /// Adds a name to the directory where wasi-libc looks for `path`, or to one that is made for it when
    /// that is not where the path leads.
    pub(super) fn add(&mut self, path: &[u8], target: &Arc<Target>) {
        let path = spelled(path);
        let Some((index, rest)) = self.choose(&path) else { return };
        let leads_elsewhere = path.first() == Some(&b'/') || path.starts_with(b"../");
        let is_root = self.list.get(index).is_some_and(|mount| mount.bare.is_empty());
        if leads_elsewhere && is_root {
            let end = path.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
            if let Some((directory, [b'/', name @ ..])) = path.split_at_checked(end)
                && !bare(directory).is_empty()
            {
                self.push(virtual_root::descriptor(Tree::new(&[])), directory);
                self.add_name(self.list.len() - 1, name, target);
                return;
            }
            // A file in the host's root directory: relative names take precedence there.
            if self.place(index, &rest).is_some_and(|place| place.status().is_ok()) {
                return;
            }
        }
        if rest != b"." {
            self.add_name(index, &rest, target);
        }
    }

    /// Adds a name to the first directory.
    pub(super) fn add_to_first(&mut self, name: &[u8], target: &Arc<Target>) {
        self.add_name(0, name, target);
    }

    /// Adds what was typed to the first directory, and to the one where relative paths begin.
    pub(super) fn add_typed(&mut self, typed: &[u8], target: &Arc<Target>) {
        let path = spelled(typed);
        if path.is_empty() {
            return;
        }
        let is_known = self.place(0, &path).is_some_and(|place| is_at(&place, target));
        if !is_known || self.is_read_only(0, target) {
            self.add_name(0, &path, target);
        }
        let root = self.list.iter().rposition(|mount| mount.bare.is_empty());
        if let Some(root @ 1..) = root
            && path.first() != Some(&b'/')
            && !self.reaches(typed, target)
        {
            self.add_name(root, &path, target);
        }
    }

    /// Whether C's library looks for `path` where relative ones start.
    pub(super) fn start_at_root(&self, path: &[u8]) -> bool {
        let chosen = self.choose(&spelled(path)).and_then(|(index, _)| self.list.get(index));
        chosen.is_some_and(|mount| mount.bare.is_empty())
    }

    /// Has a path be told as leading to nothing where it leads out: elsewhere another grant may let it be made.
    pub(super) fn add_missing(&mut self, path: &[u8], target: &Arc<Target>) {
        if spelled(path).starts_with(b"../") && self.start_at_root(path) {
            self.add(path, target);
        }
    }

    /// Whether a program finds the target at `path` already, with the same right.
    pub(super) fn reaches(&self, path: &[u8], target: &Target) -> bool {
        let Some((index, rest)) = self.choose(&spelled(path)) else { return false };
        self.place(index, &rest).is_some_and(|place| is_at(&place, target))
            && !self.is_read_only(index, target)
    }

    fn is_read_only(&self, index: usize, target: &Target) -> bool {
        !target.read_only && self.descriptor(index).is_none_or(|directory| directory.read_only)
    }

    /// The directory where wasi-libc looks for a path, and the rest of the path.
    fn choose(&self, path: &[u8]) -> Option<(usize, Vec<u8>)> {
        let path = bare(path);
        let rest = |mount: &Mount| match path.strip_prefix(&mount.bare[..])? {
            rest if mount.bare.is_empty() => Some(rest.to_vec()),
            [] => Some(Vec::new()),
            [b'/', rest @ ..] => Some(rest.to_vec()),
            _ => None,
        };
        let fitting = self.list.iter().enumerate().filter(|(_, mount)| rest(mount).is_some());
        let (index, mount) = fitting.max_by_key(|(_, mount)| mount.bare.len())?;
        let rest = rest(mount).filter(|rest| !rest.is_empty()).unwrap_or(b".".to_vec());
        Some((index, rest))
    }

    fn descriptor(&self, index: usize) -> Option<&Descriptor> {
        match &self.list.get(index)?.place {
            MountPlace::Open(number) => self.descriptors.get(*number).ok(),
            MountPlace::New(directory) => Some(directory),
        }
    }

    /// Where a path leads from a directory of the host's.
    fn place(&self, index: usize, path: &[u8]) -> Option<Place<'_>> {
        let directory = self.descriptor(index)?;
        matches!(directory.object, Object::Host(_)).then_some(())?;
        Place::find_target(directory, path.to_vec()).ok()
    }

    fn add_name(&mut self, index: usize, name: &[u8], target: &Arc<Target>) {
        if let Some(mount) = self.list.get_mut(index) {
            add_in_order(&mut mount.names, name, target);
        }
    }

    fn push(&mut self, mut directory: Descriptor, name: &[u8]) {
        directory.preopened = Some(name.into());
        let place = MountPlace::New(Box::new(directory));
        self.list.push(Mount { bare: bare(name), place, names: Vec::new() });
    }

    /// Ends the comparing: a root that was added comes last where anything was granted without it.
    pub(super) fn finish(mut self) -> Finished {
        let is_open = |mount: &Mount| matches!(mount.place, MountPlace::Open(_));
        let new_root = |mount: &Mount| mount.bare.is_empty() && !is_open(mount);
        if self.list.iter().any(is_open)
            && let Some(index) = self.list.iter().position(new_root)
        {
            let root = self.list.remove(index);
            self.list.push(root);
        }
        Finished(self.list)
    }
}

/// The directories, to be given to the program.
pub(super) struct Finished(Vec<Mount>);

impl Finished {
    /// Gives numbers to those that have none, and all their names.
    pub(super) fn open(self, descriptors: &mut DescriptorTable) -> Result<()> {
        for Mount { place, names, .. } in self.0 {
            let designated = (!names.is_empty()).then(|| Designated::new(names));
            match place {
                MountPlace::Open(number) => {
                    if let Some(designated) = designated {
                        descriptors.get_mut(number)?.designate(designated);
                    }
                }
                MountPlace::New(mut directory) => {
                    if let Some(designated) = designated {
                        directory.designate(designated);
                    }
                    descriptors.insert(*directory)?;
                }
            }
        }
        Ok(())
    }
}

/// Whether a place is the target: the same file, or the same name where there is none.
fn is_at(place: &Place<'_>, target: &Target) -> bool {
    let parent = host::borrow(&target.parent);
    match (place.status(), host::entry_status(parent, &target.name)) {
        (Ok(one), Ok(other)) => one.is_same(&other),
        (Err(Errno::NoEntry), Err(Errno::NoEntry)) => {
            let directories = place.parent().and_then(host::file_status);
            place.name().is_ok_and(|name| name == &*target.name)
                && matches!(
                    (directories, host::file_status(parent)),
                    (Ok(one), Ok(other)) if one.is_same(&other)
                )
        }
        _ => false,
    }
}

fn open_directory(target: &Target) -> Result<Handle> {
    let parent = host::borrow(&target.parent);
    let options = OpenOptions { read: true, directory: true, ..OpenOptions::default() };
    match host::open(parent, &target.name, options) {
        // One that may be searched but not listed.
        Err(Errno::Access) => host::open_directory(parent, &target.name).map(Handle::Owned),
        result => result.map(Handle::Owned),
    }
}
