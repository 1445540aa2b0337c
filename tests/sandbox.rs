//! The sandbox as users get it: executables that are told what to ask for, with the kernel's wall and
//! without it.

#[path = "sandbox/abuse.rs"]
mod abuse;
#[path = "sandbox/escape.rs"]
mod escape;
#[path = "sandbox/program.rs"]
mod program;
#[path = "sandbox/read_only.rs"]
mod read_only;
#[path = "sandbox/sequences.rs"]
mod sequences;
#[path = "sandbox/swap.rs"]
mod swap;

use anyhow::Result;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};
use wasm2native_targets::Target;
use wasm2native_tests::case::{self, Arguments, Case, Outcome};
use wasm2native_tests::puppet::Stage;
use wasm2native_tests::run::Runner;

/// Names of the ways to build the program, and `--sandbox` in each: a wall that must be there, or none.
const WALLS: [(&str, &str); 2] = [("with_wall", "require"), ("without_wall", "off")];

/// Where a case happens.
struct Scene {
    target: &'static Target,
    runner: Runner,
    stage: Stage,
    /// Flags besides those for grants.
    flags: [&'static str; 2],
}

/// A scene, made when the first case needs it.
type Lazy = Arc<OnceLock<Result<Scene, String>>>;

fn main() -> ExitCode {
    let mut cases = Vec::new();
    for (wall, sandbox) in WALLS {
        let scene = Lazy::default();
        let mut add = |name: &str, run: fn(&Scene) -> Result<Outcome>| {
            let scene = Arc::clone(&scene);
            cases.push(Case::new(format!("{wall}/{name}"), move || on_scene(&scene, sandbox, run)));
        };
        macro_rules! checks {
            ($($module:ident: $($name:ident)*;)*) => {
                $($(add(stringify!($name), |scene| {
                    $module::$name(scene).map(|()| Outcome::Passed)
                });)*)*
            };
        }
        checks! {
            escape: nothing_outside_is_opened_or_looked_at nothing_outside_is_changed
                leading_out_is_not_permitted
                bad_names_have_their_errors;
            read_only: it_can_be_read no_mix_of_flags_opens_it_for_writing
                its_files_cannot_be_changed_through_descriptors its_names_cannot_be_changed
                the_other_grant_can_be_written;
            abuse: hostile_arguments_are_survived pointers_out_of_range_are_faults
                descriptors_after_close_are_gone renumbering_loses_and_finds_nothing;
        }
        add(
            "links_that_the_program_made_do_not_lead_out",
            escape::links_that_the_program_made_do_not_lead_out,
        );
        add("exhaustion_is_an_error", abuse::exhaustion_is_an_error);
        add("random_sequences_do_what_the_model_says", sequences::as_the_model_says);
        add("swapped_links_do_not_lead_out", swap::swapped_links_do_not_lead_out);
    }
    case::main("sandbox", cases)
}

fn on_scene(
    scene: &Lazy,
    sandbox: &'static str,
    run: fn(&Scene) -> Result<Outcome>,
) -> Result<Outcome> {
    let target = wasm2native_targets::parse(&Arguments::from_process().target)?;
    let runner = match Runner::for_target(target) {
        Ok(runner) => runner,
        Err(reason) => return Ok(Outcome::Skipped(reason)),
    };
    let make = || {
        // Emulators and loaders know a part of it.
        let as_started = runner.remark().is_empty();
        let sandbox = if sandbox == "require" && !as_started { "auto" } else { sandbox };
        let flags = ["--sandbox", sandbox];
        let all = [&program::GRANTS[..], &flags].concat();
        let stage = Stage::new(target, &runner, &all).map_err(|error| format!("{error:#}"))?;
        Ok(Scene { target, runner, stage, flags })
    };
    match scene.get_or_init(make) {
        Ok(scene) => run(scene),
        Err(error) => anyhow::bail!("{error}"),
    }
}
