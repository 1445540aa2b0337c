//! Names that were probably meant, for "did you mean".
//!
//! Stands alone because exports, targets and files of any size are searched with it: the work is
//! bounded by comparing only names of similar, modest length.

/// More names are not compared.
const MOST_CANDIDATES: usize = 10_000;
/// Longer names are not compared.
const LONGEST_BYTES: usize = 64;

/// Up to three of `candidates` that resemble `wanted`, the most similar first.
pub fn similar<'c>(wanted: &str, candidates: impl IntoIterator<Item = &'c str>) -> Vec<&'c str> {
    let limit = 1 + wanted.len() / 4;
    let mut found: Vec<_> = candidates
        .into_iter()
        .take(MOST_CANDIDATES)
        .filter(|candidate| {
            wanted.len().max(candidate.len()) <= LONGEST_BYTES
                && wanted.len().abs_diff(candidate.len()) <= limit
        })
        .map(|candidate| (distance(wanted, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .collect();
    found.sort_unstable();
    found.truncate(3);
    found.into_iter().map(|(_, candidate)| candidate).collect()
}

/// The question whether one of `candidates` was meant, if any resembles `wanted`.
pub(crate) fn did_you_mean<'c>(
    wanted: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<String> {
    let names = similar(wanted, candidates).into_iter().filter(|name| *name != wanted);
    let names: Vec<_> =
        names.map(|name| format!("`{}`", crate::diagnostic::quoted(name))).collect();
    (!names.is_empty()).then(|| format!("did you mean {}?", names.join(" or ")))
}

/// The least number of bytes to insert, remove or replace, or of neighbours to swap, to get from one to the
/// other, letter case aside (Damerau's and Levenshtein's distance, without edits between swapped bytes).
fn distance(from: &str, to: &str) -> usize {
    let (from, to) = (from.as_bytes(), to.as_bytes());
    let is_same = |line: usize, column: usize| from[line].eq_ignore_ascii_case(&to[column]);
    // The two rows above the one that is being made.
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=to.len()).collect();
    for line in 0..from.len() {
        let mut row = vec![line + 1];
        for column in 0..to.len() {
            let replaced = above[column] + usize::from(!is_same(line, column));
            let mut least = replaced.min(above[column + 1] + 1).min(row[column] + 1);
            if line > 0 && column > 0 && is_same(line, column - 1) && is_same(line - 1, column) {
                least = least.min(before[column - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[to.len()]
}

#[cfg(test)]
mod tests {
    use super::{distance, similar};

    #[test]
    fn near_names_come_first_and_far_ones_not_at_all() {
        assert_eq!(similar("mian", ["main", "domain", "quite_other"]), ["main"]);
        assert_eq!(similar("_strat", ["_start", "_state", "x"]), ["_start", "_state"]);
        assert!(similar("", ["abc"]).is_empty());
    }

    #[test]
    fn distance_is_symmetric_and_zero_for_equals() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("sitting", "kitten"), 3);
        assert_eq!(distance("same", "SAME"), 0);
        assert_eq!(distance("dri", "dir"), 1);
        assert_eq!(distance("", "abc"), 3);
    }
}
