//! Stubs and objects with random damage: the linker may refuse them, and must not panic.

use crate::program::Program;
use crate::stub::{self, Relocations, StubOptions};
use crate::{input, target};
use anyhow::{Result, ensure};
use wasm2native_targets::Architecture;

/// Rounds for each architecture; a few seconds in all.
const ROUNDS: u64 = 1000;

/// Numbers that look random and are the same every time (xorshift by George Marsaglia, 2003).
struct Random(u64);

impl Random {
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
    fn damage(&mut self, bytes: &mut [u8]) {
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
}

/// The positions in a file that are not in long runs of padding, where damage would do nothing.
fn positions(file: &[u8]) -> Vec<usize> {
    (0..file.len())
        .filter(|&at| {
            file[at.saturating_sub(16)..(at + 17).min(file.len())].iter().any(|&byte| byte != 0)
        })
        .collect()
}

/// Damages stub and object in turn.
pub(crate) fn random_damage(architecture: Architecture) -> Result<()> {
    let target = target(architecture);
    let good_object = {
        let mut program = Program::empty(architecture);
        let value = program.number("value", 2);
        let entry = program.entry(value);
        program.header(entry);
        program.write()
    };
    let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ architecture as u64);
    let mut refused = 0;
    let good_stubs = [Relocations::Rela, Relocations::Relr].map(|relocations| {
        let stub = stub::build(&StubOptions { relocations, ..StubOptions::new(architecture) });
        (positions(&stub), stub)
    });
    for round in 0..ROUNDS {
        let (positions, good_stub) = &good_stubs[random.below(2)];
        let (mut stub, mut object) = (good_stub.clone(), good_object.clone());
        if round % 2 == 0 {
            let mut compact: Vec<u8> = positions.iter().map(|&at| stub[at]).collect();
            random.damage(&mut compact);
            for (&at, &byte) in positions.iter().zip(&compact) {
                stub[at] = byte;
            }
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
pub(crate) fn truncation(architecture: Architecture) -> Result<()> {
    let target = target(architecture);
    let stub = stub::build(&StubOptions::new(architecture));
    let object = Program::complete(architecture).write();
    for end in positions(&stub).into_iter().step_by(3) {
        let result = wasm2native_link::link(&input(target, &stub[..end], &object));
        ensure!(result.is_err(), "a stub of {end} bytes was linked");
    }
    for end in positions(&object).into_iter().filter(|end| end % 5 == 0 && *end < 3000) {
        let result = wasm2native_link::link(&input(target, &stub, &object[..end]));
        ensure!(result.is_err(), "an object of {end} bytes was linked");
    }
    Ok(())
}
