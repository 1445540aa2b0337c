//! Which pointers of an image the dynamic linker adjusts, as the opcodes of `LC_DYLD_INFO` say it: a
//! program for a small machine with a segment and an address.
//!
//! Invariant: time is linear in the opcodes, whatever counts they contain. Sources: Apple's `loader.h`,
//! `REBASE_OPCODE_*`; the values to adjust are the addresses in place.

use super::stub::Segment;
use crate::error::Error;
use object::macho;
use std::ops::Range;

const POINTER_BYTES: u64 = 8;

/// Calls `found` with the address of every adjusted pointer that begins in `wanted`.
pub(super) fn visit(
    opcodes: &[u8],
    segments: &[Segment<'_>],
    wanted: Range<u64>,
    mut found: impl FnMut(u64) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut rest = opcodes;
    let mut segment = None;
    let mut vaddr = 0_u64;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        let immediate = byte & macho::REBASE_IMMEDIATE_MASK;
        let (count, skipped_bytes) = match byte & macho::REBASE_OPCODE_MASK {
            macho::REBASE_OPCODE_DONE => break,
            macho::REBASE_OPCODE_SET_TYPE_IMM => {
                if immediate != macho::REBASE_TYPE_POINTER {
                    return Err(Error::stub("its rebases are not of pointers"));
                }
                continue;
            }
            macho::REBASE_OPCODE_SET_SEGMENT_AND_OFFSET_ULEB => {
                let current = segments
                    .get(usize::from(immediate))
                    .ok_or_else(|| Error::stub("a rebase is in a segment that does not exist"))?;
                vaddr = current.vaddr.wrapping_add(number(&mut rest)?);
                segment = Some(current);
                continue;
            }
            macho::REBASE_OPCODE_ADD_ADDR_ULEB => {
                vaddr = vaddr.wrapping_add(number(&mut rest)?);
                continue;
            }
            macho::REBASE_OPCODE_ADD_ADDR_IMM_SCALED => {
                vaddr = vaddr.wrapping_add(u64::from(immediate) * POINTER_BYTES);
                continue;
            }
            macho::REBASE_OPCODE_DO_REBASE_IMM_TIMES => (u64::from(immediate), 0),
            macho::REBASE_OPCODE_DO_REBASE_ULEB_TIMES => (number(&mut rest)?, 0),
            macho::REBASE_OPCODE_DO_REBASE_ADD_ADDR_ULEB => (1, number(&mut rest)?),
            macho::REBASE_OPCODE_DO_REBASE_ULEB_TIMES_SKIPPING_ULEB => {
                (number(&mut rest)?, number(&mut rest)?)
            }
            _ => return Err(Error::stub("a rebase opcode is not known")),
        };
        if count == 0 {
            continue;
        }
        let step = skipped_bytes.wrapping_add(POINTER_BYTES);
        let outside = || Error::stub("a rebase lies outside its segment");
        // Of a single pointer, the distance to the next one may be negative.
        let run_bytes = if count == 1 { Some(0) } else { step.checked_mul(count - 1) };
        let run_bytes = run_bytes.filter(|_| count == 1 || step >= POINTER_BYTES);
        let last = run_bytes.and_then(|run_bytes| vaddr.checked_add(run_bytes));
        let last = last.ok_or_else(outside)?;
        if !segment.is_some_and(|segment| {
            segment.contains(vaddr, POINTER_BYTES) && segment.contains(last, POINTER_BYTES)
        }) {
            return Err(outside());
        }
        let before_wanted = wanted.start.saturating_sub(vaddr).div_ceil(step.max(1));
        for index in before_wanted..count {
            let pointer = vaddr + index * step;
            if pointer >= wanted.end {
                break;
            }
            found(pointer)?;
        }
        vaddr = vaddr.wrapping_add(step.wrapping_mul(count));
    }
    Ok(())
}

/// Takes a number in unsigned LEB128.
fn number(rest: &mut &[u8]) -> Result<u64, Error> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let Some((&byte, after)) = rest.split_first() else { break };
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Error::stub("a number among its rebases is cut short"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: Range<u64> = 0x5020..0x5060;

    fn segment(vaddr: u64, memory_bytes: u64) -> Segment<'static> {
        Segment {
            name: b"",
            vaddr,
            memory_bytes,
            file_offset: 0,
            file_bytes: 0,
            maximum_protection: 0,
            initial_protection: 0,
        }
    }

    fn visited(opcodes: &[u8]) -> Result<Vec<u64>, Error> {
        let mut found = Vec::new();
        let segments = [segment(0, 0x1000), segment(0x5000, 0x1000)];
        visit(opcodes, &segments, WANTED, |vaddr| {
            found.push(vaddr);
            Ok(())
        })?;
        Ok(found)
    }

    #[test]
    fn every_opcode_is_understood() {
        // Type; segment 1 at 0x18; three; skip 8; one and skip 0; two at every other; done.
        let opcodes = [0x11, 0x21, 0x18, 0x53, 0x41, 0x70, 0x00, 0x80, 0x02, 0x08, 0x00, 0xff];
        assert_eq!(visited(&opcodes).unwrap(), [0x5020, 0x5028, 0x5038, 0x5040, 0x5050]);
        // Back by 16 after one, then two more by another count.
        let back = [0xf0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        let opcodes = [&[0x11, 0x21, 0x30, 0x70][..], &back, &[0x60, 0x02]].concat();
        assert_eq!(visited(&opcodes).unwrap(), [0x5030, 0x5028, 0x5030]);
        // Forward by a number.
        assert_eq!(visited(&[0x21, 0x00, 0x30, 0x20, 0x51]).unwrap(), [0x5020]);
    }

    #[test]
    fn what_lies_outside_the_segment_is_refused_without_counting() {
        let huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        for opcodes in [
            vec![0x51],
            vec![0x25, 0x00, 0x51],
            vec![0x21, 0xf9, 0x1f, 0x51],
            [&[0x21, 0x00, 0x60][..], &huge].concat(),
            [&[0x21, 0x00, 0x80, 0x02][..], &huge].concat(),
            [&[0x21, 0x00, 0x80][..], &huge, &huge].concat(),
            vec![0x12],
            vec![0x90],
            vec![0x21, 0x80],
        ] {
            assert!(visited(&opcodes).is_err(), "{opcodes:x?}");
        }
        assert_eq!(visited(&[0x21, 0xf8, 0x1f, 0x51, 0x00]).unwrap(), []);
    }
}
