//! Embeds every target's description and stub.
//!
//! While the sources of the stub are being changed, the host's stub is built afresh, without a manual
//! step, when its toolchain is there; other targets keep the stub of the repository, as does everybody
//! who builds the compiler without that toolchain.

#[allow(dead_code, reason = "`cargo xtask stub` uses the rest")]
#[path = "recipe/mod.rs"]
mod recipe;

use recipe::{Failure, Platform, Toolchain, Variant};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The part of a target's description that matters here.
#[derive(serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Description {
    name: String,
    triple: String,
    page_bytes: u64,
    stub: Record,
}

#[derive(Default, serde::Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Record {
    sha256: String,
    wast_sha256: String,
    hole_sha256: String,
    sources_sha256: String,
}

/// A compressed stub and the hash of what it decompresses to.
struct Stub {
    path: PathBuf,
    sha256: String,
}

fn main() {
    let folder = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let root = folder.parent().expect("the package lies in the workspace");
    println!("cargo::rerun-if-changed=build.rs");
    for source in recipe::SOURCES {
        println!("cargo::rerun-if-changed={}", root.join(source).display());
    }
    let mut variants = vec![Variant::Normal];
    if env::var_os("CARGO_FEATURE_WAST").is_some() {
        variants.push(Variant::Wast);
    }
    if env::var_os("CARGO_FEATURE_HOLE").is_some() {
        variants.push(Variant::Hole);
    }
    let mut code = String::from("pub(crate) const EMBEDDED: &[Embedded] = &[\n");
    for path in descriptions(&folder) {
        println!("cargo::rerun-if-changed={}", path.display());
        let text = fs::read_to_string(&path).expect("a description is readable");
        let description: Description =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        write!(code, "Embedded {{ description: include_str!({path:?})")
            .expect("a string takes all");
        for &variant in &variants {
            let field = match variant {
                Variant::Normal => "stub",
                Variant::Wast => "wast_stub",
                Variant::Hole => "hole_stub",
            };
            let has = Variant::of(&description.triple).contains(&variant);
            let stub = if has { stub(root, &out, &description, variant) } else { None };
            let value = stub.map_or_else(|| "None".to_owned(), |stub| literal(&stub));
            write!(code, ", {field}: {value}").expect("a string takes all");
        }
        code.push_str(" },\n");
    }
    code.push_str("];\n");
    fs::write(out.join("stubs.rs"), code).expect("the output folder is writable");
}

fn descriptions(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the package's folder is readable");
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path().join("target.toml")))
        .filter(|path| path.is_file())
        .collect();
    found.sort();
    found
}

fn literal(stub: &Stub) -> String {
    let bytes: Vec<String> = (0..32)
        .map(|index| format!("0x{}", stub.sha256.get(2 * index..2 * index + 2).unwrap_or("00")))
        .collect();
    format!("Some((include_bytes!({:?}), [{}]))", stub.path, bytes.join(", "))
}

/// The stub to embed: the kept one when the sources are what it was built from, else a fresh one.
fn stub(root: &Path, out: &Path, description: &Description, variant: Variant) -> Option<Stub> {
    let kept = root.join("targets").join(&description.name).join(variant.file_name());
    println!("cargo::rerun-if-changed={}", kept.display());
    let recorded = match variant {
        Variant::Normal => &description.stub.sha256,
        Variant::Wast => &description.stub.wast_sha256,
        Variant::Hole => &description.stub.hole_sha256,
    };
    let kept = (kept.exists() && !recorded.is_empty())
        .then(|| Stub { path: kept, sha256: recorded.clone() });
    let is_current = recipe::sources_sha256(root)
        .is_ok_and(|sources| sources == description.stub.sources_sha256);
    if kept.is_some() && is_current || !is_host(description) {
        return kept;
    }
    match fresh(root, out, description, variant) {
        Ok(stub) => Some(stub),
        Err(failure) => {
            let first = failure.0.lines().next().unwrap_or_default();
            println!(
                "cargo::warning=the stub of {} is not of these sources: {first}",
                description.name
            );
            for line in failure.0.lines().filter(|line| line.starts_with("error")) {
                println!("cargo::warning={line}");
            }
            kept
        }
    }
}

fn is_host(description: &Description) -> bool {
    let host = env::var("HOST").unwrap_or_default();
    let mut parts = description.name.split('-');
    let (architecture, system) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    host.split('-').next() == Some(architecture) && host.contains(system)
}

/// Builds the stub, or takes it from an earlier build of the same sources in any target folder.
fn fresh(
    root: &Path,
    out: &Path,
    description: &Description,
    variant: Variant,
) -> Result<Stub, Failure> {
    let toolchain = Toolchain::find()?;
    let sources = recipe::sources_sha256(root)?;
    let images = recipe::work_folder(root).join("images");
    let name = format!("{}-{}-{sources}", description.name, toolchain.key(root)?);
    let cached = images.join(name).with_extension(variant.file_name());
    let image = match fs::read(&cached) {
        Ok(image) => image,
        Err(_) => {
            let platform =
                Platform { triple: &description.triple, page_bytes: description.page_bytes };
            let image = recipe::build(root, &toolchain, platform, variant)?;
            let partial = cached.with_extension(format!("{}", std::process::id()));
            // An image that cannot be kept is only built again.
            let _ = fs::create_dir_all(&images)
                .and_then(|()| fs::write(&partial, &image))
                .and_then(|()| fs::rename(&partial, &cached));
            image
        }
    };
    let path = out.join(format!("{}-{}", description.name, variant.file_name()));
    let compressed = recipe::compress(&image);
    fs::write(&path, compressed)
        .map_err(|error| Failure(format!("cannot write {}: {error}", path.display())))?;
    Ok(Stub { path, sha256: recipe::sha256(&image) })
}
