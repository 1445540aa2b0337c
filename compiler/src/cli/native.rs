//! The processor level of this machine, for `--cpu native`.
//!
//! It is spelt out as the baseline and single features, so that an executable's manifest tells what it
//! really needs.

/// The level, as a list that `--cpu` takes too.
pub(crate) fn level() -> String {
    let mut level = "baseline".to_owned();
    for feature in detected() {
        level.push_str(",+");
        level.push_str(feature);
    }
    level
}

/// Features beyond the baseline that this processor has and compiled code can use.
#[cfg(target_arch = "x86_64")]
fn detected() -> Vec<&'static str> {
    use std::is_x86_feature_detected as has;
    let features = [
        ("avx", has!("avx")),
        ("avx2", has!("avx2")),
        ("fma", has!("fma")),
        ("bmi1", has!("bmi1")),
        ("bmi2", has!("bmi2")),
        ("lzcnt", has!("lzcnt")),
    ];
    features.into_iter().filter(|(_, present)| *present).map(|(name, _)| name).collect()
}

/// Features beyond the baseline that this processor has and compiled code can use.
#[cfg(target_arch = "aarch64")]
fn detected() -> Vec<&'static str> {
    use std::arch::is_aarch64_feature_detected as has;
    let features = [("lse", has!("lse")), ("fp16", has!("fp16"))];
    features.into_iter().filter(|(_, present)| *present).map(|(name, _)| name).collect()
}

/// Features beyond the baseline that this processor has and compiled code can use.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn detected() -> Vec<&'static str> {
    Vec::new()
}
