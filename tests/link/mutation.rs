//! Stubs and objects with random damage: the linker may refuse them, and must not panic.

use crate::input;
use crate::program::Program;
use anyhow::{Result, ensure};
use wasm2native_targets::{Architecture, Target};

/// Rounds for each architecture; a few seconds in all.
pub(crate) const ROUNDS: u64 = 1000;

/// Numbers that look random and are the same every time (xorshift by George Marsaglia, 2003).
pub(crate) struct Random(u64);

impl Random {
    /// Other numbers for each `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// Damages a few bytes, mostly to values that are edges of something.
    pub(crate) fn damage(&mut self, bytes: &mut [u8]) {
        for _ in 0..=self.below(4) {
            let position = self.below(bytes.len());
            let value = match self.below(6) {
                0 => 0,
                1 => 0xff,
                2 => 0x7f,
                3 => bytes[position].wrapping_add(1),
                4 => bytes[position] ^ (1 << self.below(8)),
                _ => self.next() as u8,
            };
            let run = 1 + self.below(8).min(bytes.len() - position - 1);
            bytes[position..position + run].fill(value);
        }
    }

    /// Damages bytes at some of `positions` only.
    pub(crate) fn damage_at(&mut self, positions: &[usize], bytes: &mut [u8]) {
        let mut compact: Vec<u8> = positions.iter().map(|&at| bytes[at]).collect();
        self.damage(&mut compact);
        for (&at, &byte) in positions.iter().zip(&compact) {
            bytes[at] = byte;
        }
    }
}

/// The positions in a file that are not in long runs of padding, where damage would do nothing.
pub(crate) fn positions(file: &[u8]) -> Vec<usize> {
    (0..file.len())
        .filter(|&at| {
            file[at.saturating_sub(16)..(at + 17).min(file.len())].iter().any(|&byte| byte != 0)
        })
        .collect()
}

/// A small object that is in order.
fn good_object(architecture: Architecture) -> Vec<u8> {
    let mut program = Program::empty(architecture);
    let value = program.number("value", 2);
    let entry = program.entry(value);
    program.header(entry);
    program.write()
}

/// Damages one of two stubs and an object in turn.
pub(crate) fn random_damage(target: &Target, good_stubs: [Vec<u8>; 2]) -> Result<()> {
    let good_object = good_object(target.architecture);
    let mut random = Random::new(0x9e37_79b9_7f4a_7c15 ^ target.architecture as u64);
    let mut refused = 0;
    let good_stubs = good_stubs.map(|stub| (positions(&stub), stub));
    for round in 0..ROUNDS {
        let (positions, good_stub) = &good_stubs[random.below(2)];
        let (mut stub, mut object) = (good_stub.clone(), good_object.clone());
        if round % 2 == 0 {
            random.damage_at(positions, &mut stub);
        } else {
            random.damage(&mut object);
        }
        // A result that is not refused has been checked by the linker itself.
        refused += u64::from(wasm2native_link::link(&input(target, &stub, &object)).is_err());
    }
    ensure!(refused > ROUNDS / 10, "only {refused} of {ROUNDS} damaged inputs were refused");
    Ok(())
}

/// Cuts stub and object short at every length that may matter.
pub(crate) fn truncation(target: &Target, stub: &[u8]) -> Result<()> {
    let object = Program::complete(target.architecture).write();
    for end in positions(stub).into_iter().step_by(3) {
        let result = wasm2native_link::link(&input(target, &stub[..end], &object));
        ensure!(result.is_err(), "a stub of {end} bytes was linked");
    }
    for end in positions(&object).into_iter().filter(|end| end % 5 == 0 && *end < 3000) {
        let result = wasm2native_link::link(&input(target, stub, &object[..end]));
        ensure!(result.is_err(), "an object of {end} bytes was linked");
    }
    Ok(())
}
