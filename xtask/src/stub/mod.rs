//! `cargo xtask stub`: builds the stubs that are kept in the repository, or checks that they are what
//! the sources give.

mod inspect;
mod record;

// The build script of `targets` follows the same recipe.
#[path = "../../../targets/recipe/mod.rs"]
mod recipe;

use anyhow::{Context, Result, bail, ensure};
use rayon::prelude::*;
use recipe::{Platform, Toolchain, Variant};
use record::Description;
use std::fs;
use std::path::{Path, PathBuf};

/// What the command line asks for.
struct Request {
    target: Option<String>,
    check: bool,
    /// Only this one.
    variant: Option<Variant>,
}

impl Request {
    fn parse(arguments: &[String]) -> Result<Self> {
        let mut request = Self { target: None, check: false, variant: None };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--all" => request.target = None,
                "--check" => request.check = true,
                "--target" => {
                    request.target =
                        Some(arguments.next().context("`--target` needs a name")?.clone());
                }
                "--variant" => match arguments.next().map(String::as_str) {
                    Some("wast") => request.variant = Some(Variant::Wast),
                    Some("normal") => request.variant = Some(Variant::Normal),
                    Some("hole") => request.variant = Some(Variant::Hole),
                    _ => bail!("`--variant` is `wast`, `normal` or `hole`"),
                },
                other => bail!("unknown option `{other}` of `xtask stub`"),
            }
        }
        Ok(request)
    }

    /// The folders of the targets that are asked for.
    fn folders(&self, root: &Path) -> Result<Vec<PathBuf>> {
        let mut folders = Vec::new();
        for entry in fs::read_dir(root.join("targets"))?.flatten() {
            let asked = self.target.as_ref().is_none_or(|name| entry.file_name() == name.as_str());
            if asked && entry.path().join("target.toml").exists() {
                folders.push(entry.path());
            }
        }
        Ok(folders)
    }

    /// The variants of a target that are asked for.
    fn variants(&self, description: &Description) -> Vec<Variant> {
        let all = Variant::of(&description.triple).iter().copied();
        all.filter(|&variant| self.variant.is_none_or(|only| only == variant)).collect()
    }
}

/// Runs the command, for several targets at once: to build one keeps little more than a processor busy.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let request = Request::parse(arguments)?;
    let root = crate::command::workspace();
    let toolchain = Toolchain::find()?;
    say(&format!("toolchain: {}", toolchain.versions()));
    let folders = request.folders(root)?;
    ensure!(!folders.is_empty(), "there is no such target under `targets/`");
    folders.par_iter().try_for_each(|folder| {
        let work = if request.check { check } else { build };
        work(root, folder, &toolchain, &request)
    })
}

/// Builds and inspects one stub.
fn image(
    root: &Path,
    description: &Description,
    toolchain: &Toolchain,
    variant: Variant,
) -> Result<Vec<u8>> {
    let platform = Platform { triple: &description.triple, page_bytes: description.page_bytes };
    let image = recipe::build(root, toolchain, platform, variant)?;
    let what = format!("the {} stub of {}", variant_name(variant), description.name);
    inspect::inspect(&image, platform).with_context(|| what.clone())?;
    say(&format!("{what}: {} bytes", image.len()));
    if variant == Variant::Normal {
        let budget = description.stub.budget_bytes;
        ensure!(
            image.len() as u64 <= budget,
            "{what} has {} bytes, and its budget is {budget}",
            image.len()
        );
    }
    Ok(image)
}

fn build(root: &Path, folder: &Path, toolchain: &Toolchain, request: &Request) -> Result<()> {
    let mut description = Description::read(folder)?;
    // Before building: a source that changes meanwhile must make the stub out of date.
    let sources = recipe::sources_sha256(root)?;
    for variant in request.variants(&description) {
        let image = image(root, &description, toolchain, variant)?;
        let path = folder.join(variant.file_name());
        fs::write(&path, recipe::compress(&image))
            .with_context(|| format!("cannot write {}", path.display()))?;
        description.record(variant, &image);
    }
    description.stub.sources_sha256 = sources;
    description.stub.toolchain = toolchain.versions().to_owned();
    description.write(folder)
}

fn check(root: &Path, folder: &Path, toolchain: &Toolchain, request: &Request) -> Result<()> {
    let description = Description::read(folder)?;
    for variant in request.variants(&description) {
        let image = image(root, &description, toolchain, variant)?;
        let what = format!("the {} stub of {}", variant_name(variant), description.name);
        if recipe::sha256(&image) == description.sha256(variant) {
            say(&format!("{what} is what the sources give"));
        } else if description.stub.toolchain != toolchain.versions() {
            say(&format!("{what}: other toolchain (recorded: {})", description.stub.toolchain));
        } else {
            bail!("{what} differs from what the sources give; `cargo xtask stub` renews it");
        }
    }
    Ok(())
}

fn variant_name(variant: Variant) -> &'static str {
    match variant {
        Variant::Normal => "normal",
        Variant::Wast => "wast",
        Variant::Hole => "hole",
    }
}

#[allow(clippy::print_stderr, reason = "progress of a chore")]
fn say(text: &str) {
    eprintln!("{text}");
}
