//! Packages: names and versions in `packages.toml` to folders, fetched by each registry's own client.

use crate::run::succeed;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

/// Where a package comes from. Exactly one is given.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Source {
    /// `NAME@VERSION`, unpacked.
    Npm(String),
    /// Packages that are installed together, with what they depend on.
    NpmInstall(Vec<String>),
    /// `NAME==VERSION`, a wheel, unpacked.
    Pypi(String),
    /// The upstream source of a Debian source package, unpacked.
    DebianUpstream(String),
    /// Binary packages of Debian, unpacked.
    Debian(Vec<String>),
    /// Binary packages of Debian's backports, unpacked.
    DebianBackports(Vec<String>),
}

/// A folder of fetched packages.
pub struct Cache {
    folder: PathBuf,
    sources: BTreeMap<String, Source>,
    fetched: Mutex<HashMap<String, Arc<Mutex<()>>>>,
}

impl Cache {
    /// A cache below `folder`, for the packages that the table names.
    ///
    /// # Errors
    /// When the table is malformed or the folder cannot be made.
    pub fn new(folder: PathBuf, table: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(table)?;
        let sources = toml::from_str(&text).with_context(|| table.display().to_string())?;
        std::fs::create_dir_all(&folder)?;
        Ok(Self { folder, sources, fetched: Mutex::default() })
    }

    /// Where things that are made from packages are kept.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder of a package, which is fetched when it is not there.
    ///
    /// # Errors
    /// When there is no such package, or it cannot be fetched.
    pub fn package(&self, name: &str) -> Result<PathBuf> {
        let source = self.sources.get(name).with_context(|| format!("no package `{name}`"))?;
        let lock = {
            let mut fetched = self.fetched.lock().expect("fetching does not panic");
            fetched.entry(name.to_owned()).or_default().clone()
        };
        let _alone = lock.lock().expect("fetching does not panic");
        let folder = self.folder.join(name);
        // The name appears when everything is there.
        if !folder.exists() {
            let unfinished = self.folder.join(format!("{name}.unfinished"));
            if unfinished.exists() {
                std::fs::remove_dir_all(&unfinished)?;
            }
            std::fs::create_dir_all(&unfinished)?;
            fetch(source, &unfinished).with_context(|| format!("cannot fetch `{name}`"))?;
            std::fs::rename(&unfinished, &folder)?;
        }
        Ok(folder)
    }

    /// Replaces `{NAME}` by the folder of the package, and `{cache}` and `{tests}` by those folders.
    ///
    /// # Errors
    /// When a package cannot be fetched.
    pub fn expand(&self, text: &str) -> Result<String> {
        let mut expanded = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('{') {
            let Some((name, behind)) = behind.split_once('}') else { break };
            expanded.push_str(before);
            let folder = match name {
                "cache" => self.folder.clone(),
                "tests" => crate::tool::tests().to_owned(),
                name if self.sources.contains_key(name) => self.package(name)?,
                // Braces of the text's own.
                name => {
                    expanded.push_str(&format!("{{{name}}}"));
                    rest = behind;
                    continue;
                }
            };
            expanded.push_str(&folder.to_string_lossy());
            rest = behind;
        }
        expanded.push_str(rest);
        Ok(expanded)
    }
}

fn fetch(source: &Source, folder: &Path) -> Result<()> {
    match source {
        Source::Npm(package) => {
            run("npm", &["pack", "--silent", package], folder)?;
            for archive in archives(folder, ".tgz")? {
                run("tar", &["xzf", &archive, "--strip-components=1"], folder)?;
                std::fs::remove_file(folder.join(archive))?;
            }
        }
        Source::NpmInstall(packages) => {
            let mut arguments =
                vec!["install", "--silent", "--no-audit", "--no-fund", "--prefix", "."];
            arguments.extend(packages.iter().map(String::as_str));
            run("npm", &arguments, folder)?;
        }
        Source::Pypi(package) => {
            let arguments =
                ["-m", "pip", "download", "--quiet", "--no-deps", "--dest", ".", package];
            run("python3", &arguments, folder)?;
            for wheel in archives(folder, ".whl")? {
                run("python3", &["-m", "zipfile", "-e", &wheel, "."], folder)?;
                std::fs::remove_file(folder.join(wheel))?;
            }
            make_executable(&folder.join("ziglang/zig"))?;
        }
        Source::DebianUpstream(package) => {
            let configuration = apt(folder, &[("Types: deb\n", "Types: deb-src\n")])?;
            apt_get(&configuration, &["update", "--quiet"], folder)?;
            apt_get(&configuration, &["source", "--download-only", package], folder)?;
            for archive in archives(folder, "")?.iter().filter(|name| name.contains(".orig.tar")) {
                if !archive.ends_with(".asc") {
                    run("tar", &["xf", archive, "--strip-components=1"], folder)?;
                }
            }
        }
        Source::Debian(packages) => unpack_binary(&apt(folder, &[])?, packages, folder)?,
        Source::DebianBackports(packages) => {
            let release = std::fs::read_to_string("/etc/os-release")?;
            let codename = release.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="));
            let codename = codename.context("this is no Debian")?;
            let suites = format!("Suites: {codename}-backports\n#");
            unpack_binary(&apt(folder, &[("Suites: ", &suites)])?, packages, folder)?;
        }
    }
    Ok(())
}

/// Fetches and unpacks binary packages without installing them.
fn unpack_binary(configuration: &Path, packages: &[String], folder: &Path) -> Result<()> {
    apt_get(configuration, &["update", "--quiet"], folder)?;
    let mut arguments = vec!["download"];
    arguments.extend(packages.iter().map(String::as_str));
    apt_get(configuration, &arguments, folder)?;
    for package in archives(folder, ".deb")? {
        run("dpkg", &["--extract", &package, "."], folder)?;
    }
    Ok(())
}

/// The files of a folder with an ending, sorted.
fn archives(folder: &Path, ending: &str) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(ending) && folder.join(&name).is_file() {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// A private configuration of apt: this system's sources, changed, and lists of its own, so that
/// nothing of the system is touched.
fn apt(folder: &Path, changes: &[(&str, &str)]) -> Result<PathBuf> {
    let system = Path::new("/etc/apt/sources.list.d/debian.sources");
    let mut sources =
        std::fs::read_to_string(system).context("this system has no Debian sources")?;
    // The first stanza is the main archive; the security archive has not all suites.
    sources.truncate(sources.find("\n\n").unwrap_or(sources.len()));
    sources.push('\n');
    for (from, to) in changes {
        ensure!(sources.contains(from), "Debian's sources have no `{}`", from.trim_end());
        sources = sources.replace(from, to);
    }
    let apt = folder.join("apt");
    std::fs::create_dir_all(apt.join("lists/partial"))?;
    std::fs::create_dir_all(apt.join("sources"))?;
    std::fs::write(apt.join("sources/changed.sources"), sources)?;
    let place = apt.display();
    let configuration = format!(
        "Dir::Etc::SourceList \"/dev/null\";\nDir::Etc::SourceParts \"{place}/sources\";\n\
         Dir::State::Lists \"{place}/lists\";\nAPT::Sandbox::User \"root\";\n"
    );
    let path = apt.join("apt.conf");
    std::fs::write(&path, configuration)?;
    Ok(path)
}

fn apt_get(configuration: &Path, arguments: &[&str], folder: &Path) -> Result<()> {
    let mut command = Command::new("apt-get");
    succeed(command.env("APT_CONFIG", configuration).args(arguments).current_dir(folder)).map(drop)
}

fn run(program: &str, arguments: &[&str], folder: &Path) -> Result<()> {
    succeed(Command::new(program).args(arguments).current_dir(folder)).map(drop)
}

#[cfg(unix)]
fn make_executable(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    if path.exists() {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn make_executable(_path: &Path) -> Result<()> {
    Ok(())
}
