//! This machine's processor, for the level `native`.
//!
//! It stands alone because it is the only part that looks at the machine, and only when asked to.

/// The features of this machine's processor among those of its architecture. What the standard library
/// cannot find out is taken to be absent.
pub(crate) fn features() -> Vec<&'static str> {
    detected().into_iter().filter_map(|(name, present)| present.then_some(name)).collect()
}

/// Lists features by name with whether they are there.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "s390x"))]
macro_rules! detect {
    ($has:path: $($name:tt)*) => {{
        use $has as has;
        vec![$(($name, has!($name))),*]
    }};
}

#[cfg(target_arch = "x86_64")]
fn detected() -> Vec<(&'static str, bool)> {
    detect!(std::is_x86_feature_detected: "sse3" "ssse3" "sse4.1" "sse4.2" "cmpxchg16b" "popcnt" "avx"
        "avx2" "fma" "bmi1" "bmi2" "lzcnt" "avx512f" "avx512dq" "avx512vl" "avx512bitalg" "avx512vbmi"
        "avx512vnni" "avxvnni")
}

#[cfg(target_arch = "aarch64")]
fn detected() -> Vec<(&'static str, bool)> {
    detect!(std::arch::is_aarch64_feature_detected: "lse" "dotprod" "i8mm" "fp16")
}

#[cfg(target_arch = "s390x")]
fn detected() -> Vec<(&'static str, bool)> {
    detect!(std::arch::is_s390x_feature_detected: "vector" "vector-enhancements-1"
        "vector-enhancements-2" "vector-enhancements-3" "miscellaneous-extensions-2"
        "miscellaneous-extensions-3" "miscellaneous-extensions-4")
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "s390x")))]
fn detected() -> Vec<(&'static str, bool)> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    #[test]
    fn all_that_is_found_is_a_feature_of_this_architecture() {
        let Some(host) = crate::Architecture::host() else { return };
        for (name, _) in super::detected() {
            assert!(crate::features(host).any(|feature| feature == name), "{name}");
        }
    }
}
