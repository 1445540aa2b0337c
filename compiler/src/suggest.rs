//! Names that were probably meant, for "did you mean".
//!
//! Stands alone because exports, targets and files of any size are searched with it: the work is
//! bounded by comparing only names of similar, modest length.

/// More names are not compared.
const MOST_CANDIDATES: usize = 10_000;
/// Longer names are not compared.
const LONGEST_BYTES: usize = 64;

/// Up to three of `candidates` that resemble `wanted`, the most similar first.
pub(crate) fn similar<'c>(
    wanted: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Vec<&'c str> {
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

/// The least number of bytes to insert, remove or replace to get from one to the other, letter case
/// aside (Levenshtein's distance).
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, left) in from.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, right) in to.bytes().enumerate() {
            let replace = diagonal + usize::from(!left.eq_ignore_ascii_case(&right));
            diagonal = row[column + 1];
            row[column + 1] = replace.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
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
    }
}
