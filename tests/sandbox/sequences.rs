//! Random sequences of host calls, made by an executable and held against the model of the file system.

use super::Scene;
use anyhow::Result;
use wasm2native_tests::case::Outcome;

#[cfg(target_os = "linux")]
pub(crate) fn as_the_model_says(scene: &Scene) -> Result<Outcome> {
    use super::program::stride;
    use wasm2native_targets::System;
    use wasm2native_tests::puppet::Stage;
    use wasm2native_tests::scratch::Scratch;
    use wasm2native_tests::wasi_path::{grants, random_bytes, sequence_of_executable};

    const SEQUENCES: u64 = 200;

    if scene.target.system != System::Linux {
        let reason = "the model says what Linux answers";
        return Ok(Outcome::Skipped(reason.to_owned()));
    }
    let embedded = Scratch::new()?;
    let mut flags = grants(embedded.path())?;
    flags.extend(scene.flags.iter().map(|&flag| flag.to_owned()));
    let stage = Stage::new(scene.target, &scene.runner, &flags)?;
    for seed in (0..SEQUENCES).step_by(stride(&scene.runner, 8)) {
        sequence_of_executable(&stage, &random_bytes(1_000_000 + seed, 600));
    }
    Ok(Outcome::Passed)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn as_the_model_says(_: &Scene) -> Result<Outcome> {
    Ok(Outcome::Skipped("the model says what Linux answers, and needs its files".to_owned()))
}
