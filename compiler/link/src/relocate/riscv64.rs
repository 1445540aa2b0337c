//! RISC-V relocations.
//!
//! An address is a distance in two halves: `auipc` adds the upper twenty bits, the instruction behind
//! it the lower twelve, which are signed, so the upper half is rounded. The relocation of the lower
//! half names the `auipc`, not the target. Code is not shortened: the markers for it are ignored.
//! Source: RISC-V ELF psABI, "Relocations".

use super::{ABSOLUTE, Fault, MISALIGNED, NO_TABLE, Place, UNKNOWN, fit, names};
use object::elf;
use std::collections::HashMap;

names! {
    R_RISCV_NONE R_RISCV_32 R_RISCV_64 R_RISCV_BRANCH R_RISCV_JAL R_RISCV_CALL R_RISCV_CALL_PLT
    R_RISCV_GOT_HI20 R_RISCV_PCREL_HI20 R_RISCV_PCREL_LO12_I R_RISCV_PCREL_LO12_S R_RISCV_32_PCREL
    R_RISCV_RELAX R_RISCV_ALIGN R_RISCV_HI20 R_RISCV_LO12_I R_RISCV_LO12_S R_RISCV_TLS_GD_HI20
}

/// The distances that the `auipc` instructions of a section add the upper halves of, by address.
#[derive(Default)]
pub(super) struct HighParts(HashMap<u64, (i128, u32)>);

impl HighParts {
    /// Notes the relocation of the `auipc` at `address`.
    pub(super) fn insert(&mut self, address: u64, distance: i128, kind: u32) {
        self.0.insert(address, (distance, kind));
    }

    fn get(&self, address: i128) -> Result<(i128, u32), Fault> {
        u64::try_from(address)
            .ok()
            .and_then(|address| self.0.get(&address).copied())
            .ok_or(Fault::Unsupported("no upper half is where it says"))
    }
}

/// Whether a lower half may refer to relocations of this kind.
pub(super) fn is_high(kind: u32) -> bool {
    matches!(kind, elf::R_RISCV_PCREL_HI20 | elf::R_RISCV_GOT_HI20)
}

pub(super) fn apply(kind: u32, mut place: Place<'_>, high: &HighParts) -> Result<(), Fault> {
    match kind {
        elf::R_RISCV_NONE | elf::R_RISCV_RELAX => Ok(()),
        elf::R_RISCV_32_PCREL => {
            let distance = place.signed(32)? as i32;
            place.store(0, distance.to_le_bytes())
        }
        elf::R_RISCV_CALL | elf::R_RISCV_CALL_PLT => {
            let distance = place.distance();
            place.patch_instruction(0, 0xffff_f000, upper(distance)?)?;
            place.patch_instruction(4, 0xfff0_0000, lower(distance) << 20)
        }
        elf::R_RISCV_PCREL_HI20 | elf::R_RISCV_GOT_HI20 => {
            let distance = place.distance();
            place.patch_instruction(0, 0xffff_f000, upper(distance)?)
        }
        elf::R_RISCV_PCREL_LO12_I => {
            let (distance, high_kind) = high.get(place.target)?;
            if high_kind == elf::R_RISCV_GOT_HI20 {
                let word = u32::from_le_bytes(place.bytes(0)?);
                // ld rd, imm(rs) becomes addi rd, rs, imm.
                if word & 0x707f != 0x3003 {
                    return Err(NO_TABLE);
                }
                place.patch_instruction(0, 0x707f, 0x0013)?;
            }
            place.patch_instruction(0, 0xfff0_0000, lower(distance) << 20)
        }
        elf::R_RISCV_PCREL_LO12_S => {
            let (distance, high_kind) = high.get(place.target)?;
            if high_kind == elf::R_RISCV_GOT_HI20 {
                return Err(NO_TABLE);
            }
            let low = lower(distance);
            place.patch_instruction(0, 0xfe00_0f80, (low >> 5) << 25 | (low & 0x1f) << 7)
        }
        elf::R_RISCV_JAL => {
            let distance = even(place.signed(21)?)?;
            let immediate = (distance >> 20 & 1) << 31
                | (distance >> 1 & 0x3ff) << 21
                | (distance >> 11 & 1) << 20
                | (distance >> 12 & 0xff) << 12;
            place.patch_instruction(0, 0xffff_f000, immediate)
        }
        elf::R_RISCV_BRANCH => {
            let distance = even(place.signed(13)?)?;
            let immediate = (distance >> 12 & 1) << 31
                | (distance >> 5 & 0x3f) << 25
                | (distance >> 1 & 0xf) << 8
                | (distance >> 11 & 1) << 7;
            place.patch_instruction(0, 0xfe00_0f80, immediate)
        }
        elf::R_RISCV_32
        | elf::R_RISCV_64
        | elf::R_RISCV_HI20
        | elf::R_RISCV_LO12_I
        | elf::R_RISCV_LO12_S => Err(ABSOLUTE),
        _ => Err(UNKNOWN),
    }
}

/// The upper twenty bits, rounded so that the signed lower twelve make up the rest, in place.
fn upper(distance: i128) -> Result<u32, Fault> {
    match fit(distance + 0x800, 32) {
        Ok(rounded) => Ok(rounded as u32 & 0xffff_f000),
        Err(_) => Err(Fault::Overflow(distance)),
    }
}

/// The lower twelve bits.
fn lower(distance: i128) -> u32 {
    (distance & 0xfff) as u32
}

fn even(distance: i64) -> Result<u32, Fault> {
    if distance & 1 == 0 { Ok(distance as u32) } else { Err(MISALIGNED) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::relocated;
    use super::*;

    const PLACE: u64 = 0x1_0000_0000;
    /// auipc ra, 0; jalr ra, 0(ra)
    const CALL: [u32; 2] = [0x0000_0097, 0x0000_80e7];

    fn words_at(kind: u32, words: [u32; 2], distance: i128) -> Result<[u32; 2], Fault> {
        let bytes = words.map(u32::to_le_bytes).concat();
        let target = i128::from(PLACE) + distance;
        let none = HighParts::default();
        let result = relocated(&bytes, 0, PLACE, target, |place| apply(kind, place, &none))?;
        let word = |at: usize| u32::from_le_bytes(result[at..at + 4].try_into().unwrap());
        Ok([word(0), word(4)])
    }

    #[test]
    fn calls_hold_to_their_edges_and_not_past_them() {
        for kind in [elf::R_RISCV_CALL, elf::R_RISCV_CALL_PLT] {
            let [auipc, jalr] = CALL;
            assert_eq!(words_at(kind, CALL, 0x1004), Ok([auipc | 0x1000, jalr | 4 << 20]));
            // The lower half is negative, the upper half one more.
            assert_eq!(words_at(kind, CALL, 0x800), Ok([auipc | 0x1000, jalr | 0x800 << 20]));
            assert_eq!(words_at(kind, CALL, -2), Ok([auipc, jalr | 0xffe << 20]));
            let last = 0x7fff_f7ff;
            assert_eq!(words_at(kind, CALL, last), Ok([auipc | 0x7fff_f000, jalr | 0x7ff << 20]));
            assert_eq!(words_at(kind, CALL, last + 1), Err(Fault::Overflow(last + 1)));
            let first = -0x8000_0800;
            assert_eq!(words_at(kind, CALL, first), Ok([auipc | 0x8000_0000, jalr | 0x800 << 20]));
            assert_eq!(words_at(kind, CALL, first - 1), Err(Fault::Overflow(first - 1)));
        }
    }

    #[test]
    fn halves_of_an_address_belong_together() {
        let mut high = HighParts::default();
        high.insert(PLACE - 4, 0x1abc, elf::R_RISCV_PCREL_HI20);
        high.insert(PLACE - 8, 0x1abc, elf::R_RISCV_GOT_HI20);
        let low = |word: u32, kind: u32, label: u64| {
            relocated(&word.to_le_bytes(), 0, PLACE, i128::from(label), |place| {
                apply(kind, place, &high)
            })
            .map(|bytes| u32::from_le_bytes(bytes.try_into().unwrap()))
        };
        let (addi, ld, sd) = (0x0005_0513, 0x0005_3503, 0x00b5_3023);
        let (load, store) = (elf::R_RISCV_PCREL_LO12_I, elf::R_RISCV_PCREL_LO12_S);
        assert_eq!(low(addi, load, PLACE - 4), Ok(addi | 0xabc << 20));
        assert_eq!(low(ld, load, PLACE - 4), Ok(ld | 0xabc << 20));
        assert_eq!(low(ld, load, PLACE - 8), Ok(addi | 0xabc << 20));
        assert_eq!(low(addi, load, PLACE - 8), Err(NO_TABLE));
        assert_eq!(low(sd, store, PLACE - 4), Ok(sd | (0xabc >> 5) << 25 | (0xabc & 0x1f) << 7));
        assert!(low(addi, load, PLACE).is_err());
        let auipc = [0x0000_0517, 0];
        let kind = elf::R_RISCV_PCREL_HI20;
        assert_eq!(words_at(kind, auipc, 0x1abc), Ok([0x0000_2517, 0]));
        assert_eq!(words_at(kind, auipc, 0x7fff_f800), Err(Fault::Overflow(0x7fff_f800)));
        let kind = elf::R_RISCV_GOT_HI20;
        assert_eq!(words_at(kind, auipc, -0x8000_0801), Err(Fault::Overflow(-0x8000_0801)));
    }

    #[test]
    fn jumps_hold_to_their_edges_and_not_past_them() {
        let jal = [0x6f, 0];
        let kind = elf::R_RISCV_JAL;
        assert_eq!(words_at(kind, jal, 4), Ok([0x6f | 4 << 20, 0]));
        assert_eq!(words_at(kind, jal, 0xf_fffe), Ok([0x7fff_f06f, 0]));
        assert_eq!(words_at(kind, jal, -0x10_0000), Ok([0x8000_006f, 0]));
        assert_eq!(words_at(kind, jal, 0x10_0000), Err(Fault::Overflow(0x10_0000)));
        assert_eq!(words_at(kind, jal, -0x10_0002), Err(Fault::Overflow(-0x10_0002)));
        assert_eq!(words_at(kind, jal, 1), Err(MISALIGNED));
        let beq = [0x63, 0];
        let kind = elf::R_RISCV_BRANCH;
        assert_eq!(words_at(kind, beq, 0xffe), Ok([0x7e00_0fe3, 0]));
        assert_eq!(words_at(kind, beq, -0x1000), Ok([0x8000_0063, 0]));
        assert_eq!(words_at(kind, beq, 0x1000), Err(Fault::Overflow(0x1000)));
        assert_eq!(words_at(kind, beq, -0x1002), Err(Fault::Overflow(-0x1002)));
    }

    #[test]
    fn data_distances_hold_to_their_edges_and_not_past_them() {
        let kind = elf::R_RISCV_32_PCREL;
        assert_eq!(words_at(kind, [0, 7], 0x7fff_ffff), Ok([0x7fff_ffff, 7]));
        assert_eq!(words_at(kind, [0, 7], -0x8000_0000), Ok([0x8000_0000, 7]));
        assert_eq!(words_at(kind, [0, 7], 0x8000_0000), Err(Fault::Overflow(0x8000_0000)));
        assert_eq!(words_at(elf::R_RISCV_64, [0, 7], 0), Err(ABSOLUTE));
        assert_eq!(words_at(elf::R_RISCV_ALIGN, [0, 7], 0), Err(UNKNOWN));
        assert_eq!(words_at(elf::R_RISCV_RELAX, [0, 7], 0), Ok([0, 7]));
    }
}
