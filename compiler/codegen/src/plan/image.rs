//! Active data segments to the initial contents of a memory: runs of whole pages, which the runtime
//! maps or copies before any code runs (see [`wasm2native_abi::program::MemoryImage`]).
//!
//! Invariant: work and memory are proportional to the pages that segments touch, never to the size of
//! the linear memory, and both are bounded by [`Budget`].

use wasm2native_abi::program::IMAGE_PAGE_BYTES;

/// A run of pages of a memory.
pub(crate) struct ImageRun {
    /// Index among the instance's defined memories.
    pub(crate) memory: u32,
    /// Where the run begins in the memory; a multiple of the image's page size.
    pub(crate) memory_offset: u64,
    /// The contents; whole pages, the first and the last of which are not zero.
    pub(crate) bytes: Vec<u8>,
}

/// What sparse segments may cost: pages are larger than segments may be, so that a small module
/// could ask for gigabytes of them.
pub(crate) struct Budget {
    remaining_bytes: u64,
}

/// Zero bytes that an image may hold besides segments' contents.
const PADDING_LIMIT_BYTES: u64 = 64 << 20;

impl Budget {
    /// A budget for a module whose segments hold `segment_bytes` bytes.
    pub(crate) fn new(segment_bytes: u64) -> Self {
        Self { remaining_bytes: segment_bytes * 2 + PADDING_LIMIT_BYTES }
    }

    /// Whether pages of `bytes` bytes may be added, which they then count as.
    pub(crate) fn take(&mut self, bytes: u64) -> bool {
        match self.remaining_bytes.checked_sub(bytes) {
            Some(remaining) => {
                self.remaining_bytes = remaining;
                true
            }
            None => false,
        }
    }
}

/// A segment with a known place.
pub(crate) struct Placed<'p> {
    /// Where it begins in the memory.
    pub(crate) memory_offset: u64,
    /// Its contents, not empty.
    pub(crate) bytes: &'p [u8],
}

/// The pages that `bytes` bytes at `memory_offset` touch: first byte and end.
pub(crate) fn touched(memory_offset: u64, bytes: u64) -> (u64, u64) {
    let start = memory_offset / IMAGE_PAGE_BYTES * IMAGE_PAGE_BYTES;
    (start, (memory_offset + bytes).next_multiple_of(IMAGE_PAGE_BYTES))
}

/// Lays out a memory from its segments, of which later ones win where they overlap.
pub(crate) fn lay_out(memory: u32, segments: &[Placed<'_>]) -> Vec<ImageRun> {
    let mut spans: Vec<(u64, u64)> = segments
        .iter()
        .map(|segment| touched(segment.memory_offset, segment.bytes.len() as u64))
        .collect();
    spans.sort_unstable();
    let mut merged: Vec<(u64, u64)> = Vec::new();
    for (start, end) in spans {
        match merged.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => merged.push((start, end)),
        }
    }
    let mut contents: Vec<Vec<u8>> =
        merged.iter().map(|(start, end)| vec![0; (end - start) as usize]).collect();
    for segment in segments {
        let run = merged.partition_point(|(start, _)| *start <= segment.memory_offset) - 1;
        let offset = (segment.memory_offset - merged[run].0) as usize;
        contents[run][offset..offset + segment.bytes.len()].copy_from_slice(segment.bytes);
    }
    let mut runs = Vec::new();
    for ((start, _), bytes) in merged.into_iter().zip(contents) {
        drop_zero_pages(memory, start, bytes, &mut runs);
    }
    runs
}

/// Splits a run at its all-zero pages, which are not stored.
fn drop_zero_pages(memory: u32, start: u64, bytes: Vec<u8>, runs: &mut Vec<ImageRun>) {
    let page_bytes = IMAGE_PAGE_BYTES as usize;
    let is_zero = |page: &[u8]| page.iter().all(|&byte| byte == 0);
    if !bytes.chunks_exact(page_bytes).any(is_zero) {
        runs.push(ImageRun { memory, memory_offset: start, bytes });
        return;
    }
    let mut open: Option<ImageRun> = None;
    for (position, page) in bytes.chunks_exact(page_bytes).enumerate() {
        if is_zero(page) {
            runs.extend(open.take());
            continue;
        }
        let memory_offset = start + (position * page_bytes) as u64;
        let run = open.get_or_insert_with(|| ImageRun { memory, memory_offset, bytes: Vec::new() });
        run.bytes.extend_from_slice(page);
    }
    runs.extend(open);
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: u64 = IMAGE_PAGE_BYTES;

    #[test]
    fn zero_pages_split_a_run_and_are_not_stored() {
        let mut bytes = vec![0; 3 * PAGE as usize];
        bytes[0] = 1;
        bytes[2 * PAGE as usize] = 2;
        let runs = lay_out(0, &[Placed { memory_offset: PAGE, bytes: &bytes }]);
        let shape: Vec<_> = runs.iter().map(|run| (run.memory_offset, run.bytes.len())).collect();
        assert_eq!(shape, [(PAGE, 4096), (3 * PAGE, 4096)]);
    }

    #[test]
    fn later_segments_win_and_far_ones_cost_a_page_each() {
        let segments = [
            Placed { memory_offset: (1 << 32) - 1, bytes: &[9] },
            Placed { memory_offset: 10, bytes: &[1, 2, 3] },
            Placed { memory_offset: 11, bytes: &[7] },
        ];
        let runs = lay_out(0, &segments);
        assert_eq!(runs.len(), 2);
        assert_eq!(runs[0].bytes[10..13], [1, 7, 3]);
        assert_eq!((runs[1].memory_offset, runs[1].bytes[4095]), ((1 << 32) - PAGE, 9));
    }
}
