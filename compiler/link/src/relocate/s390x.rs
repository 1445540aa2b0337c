//! IBM Z (s390x) relocations: big-endian, and distances in code count half-words.
//!
//! `larl`, `brasl` and the like reach 4 GiB. An address loaded from a table (`lgrl`) is computed
//! instead (`larl`), since there is no table. Source: ELF ABI s390x supplement, "Relocation".

use super::{ABSOLUTE, Fault, MISALIGNED, NO_TABLE, Place, UNKNOWN, fit, names};
use object::elf;

names! {
    R_390_NONE R_390_8 R_390_16 R_390_32 R_390_64 R_390_PC16 R_390_PC32 R_390_PC64 R_390_PC16DBL
    R_390_PC32DBL R_390_PLT16DBL R_390_PLT32DBL R_390_GOTENT R_390_TLS_GD64 R_390_TLS_GDCALL
}

pub(super) fn apply(kind: u32, mut place: Place<'_>) -> Result<(), Fault> {
    match kind {
        elf::R_390_NONE => Ok(()),
        elf::R_390_PC16 => {
            let distance = place.signed(16)? as i16;
            place.store(0, distance.to_be_bytes())
        }
        elf::R_390_PC32 => {
            let distance = place.signed(32)? as i32;
            place.store(0, distance.to_be_bytes())
        }
        elf::R_390_PC64 => {
            let distance = place.signed(64)?;
            place.store(0, distance.to_be_bytes())
        }
        elf::R_390_PC16DBL | elf::R_390_PLT16DBL => {
            let half_words = half_words(&place, 16)? as i16;
            place.store(0, half_words.to_be_bytes())
        }
        elf::R_390_PC32DBL | elf::R_390_PLT32DBL => {
            let half_words = half_words(&place, 32)? as i32;
            place.store(0, half_words.to_be_bytes())
        }
        elf::R_390_GOTENT => {
            // The field is two bytes into the instruction. lgrl is c4 r8, larl is c0 r0.
            let [first, second] = place.bytes(-2)?;
            if first != 0xc4 || second & 0x0f != 0x08 {
                return Err(NO_TABLE);
            }
            let half_words = half_words(&place, 32)? as i32;
            place.store(-2, [0xc0, second & 0xf0])?;
            place.store(0, half_words.to_be_bytes())
        }
        elf::R_390_8 | elf::R_390_16 | elf::R_390_32 | elf::R_390_64 => Err(ABSOLUTE),
        _ => Err(UNKNOWN),
    }
}

/// The distance in half-words as a number of `bits` bits.
fn half_words(place: &Place<'_>, bits: u32) -> Result<i64, Fault> {
    let distance = fit(place.distance(), bits + 1)?;
    if distance & 1 == 0 { Ok(distance >> 1) } else { Err(MISALIGNED) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::relocated;
    use super::*;

    const PLACE: u64 = 0x2_0000_0000;

    fn at_distance(kind: u32, distance: i128) -> Result<Vec<u8>, Fault> {
        relocated(&[0; 8], 0, PLACE, i128::from(PLACE) + distance, |place| apply(kind, place))
    }

    #[test]
    fn half_word_distances_hold_to_their_edges_and_not_past_them() {
        for kind in [elf::R_390_PC32DBL, elf::R_390_PLT32DBL] {
            assert_eq!(at_distance(kind, 6).unwrap()[..4], 3_u32.to_be_bytes());
            assert_eq!(at_distance(kind, 0xffff_fffe).unwrap()[..4], i32::MAX.to_be_bytes());
            assert_eq!(at_distance(kind, -0x1_0000_0000).unwrap()[..4], i32::MIN.to_be_bytes());
            assert_eq!(at_distance(kind, 0x1_0000_0000), Err(Fault::Overflow(0x1_0000_0000)));
            assert_eq!(at_distance(kind, -0x1_0000_0002), Err(Fault::Overflow(-0x1_0000_0002)));
            assert_eq!(at_distance(kind, 3), Err(MISALIGNED));
        }
        for kind in [elf::R_390_PC16DBL, elf::R_390_PLT16DBL] {
            assert_eq!(at_distance(kind, 0xfffe).unwrap()[..2], i16::MAX.to_be_bytes());
            assert_eq!(at_distance(kind, -0x1_0000).unwrap()[..2], i16::MIN.to_be_bytes());
            assert_eq!(at_distance(kind, 0x1_0000), Err(Fault::Overflow(0x1_0000)));
            assert_eq!(at_distance(kind, -0x1_0002), Err(Fault::Overflow(-0x1_0002)));
        }
    }

    #[test]
    fn byte_distances_hold_to_their_edges_and_not_past_them() {
        assert_eq!(at_distance(elf::R_390_PC16, 0x7fff).unwrap()[..2], i16::MAX.to_be_bytes());
        assert_eq!(at_distance(elf::R_390_PC16, 0x8000), Err(Fault::Overflow(0x8000)));
        let kind = elf::R_390_PC32;
        assert_eq!(at_distance(kind, 0x7fff_ffff).unwrap()[..4], i32::MAX.to_be_bytes());
        assert_eq!(at_distance(kind, -0x8000_0000).unwrap()[..4], i32::MIN.to_be_bytes());
        assert_eq!(at_distance(kind, 0x8000_0000), Err(Fault::Overflow(0x8000_0000)));
        assert_eq!(at_distance(kind, -0x8000_0001), Err(Fault::Overflow(-0x8000_0001)));
        let kind = elf::R_390_PC64;
        assert_eq!(at_distance(kind, i64::MIN.into()).unwrap(), i64::MIN.to_be_bytes());
        assert!(matches!(at_distance(kind, i128::from(i64::MAX) + 1), Err(Fault::Overflow(_))));
        assert_eq!(at_distance(elf::R_390_64, 0), Err(ABSOLUTE));
        assert_eq!(at_distance(elf::R_390_TLS_GD64, 0), Err(UNKNOWN));
    }

    #[test]
    fn a_load_of_an_address_becomes_its_computation() {
        let at = |code: &[u8]| {
            relocated(code, 2, PLACE, i128::from(PLACE) + 0x20, |place| {
                apply(elf::R_390_GOTENT, place)
            })
        };
        assert_eq!(at(&[0xc4, 0x18, 0, 0, 0, 0]).unwrap(), [0xc0, 0x10, 0, 0, 0, 0x10]);
        assert_eq!(at(&[0xc4, 0x1d, 0, 0, 0, 0]), Err(NO_TABLE));
    }
}
