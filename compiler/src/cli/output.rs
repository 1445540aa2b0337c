//! Writing results: whole files or nothing.
//!
//! Invariant: a file with the output's name is at every moment either what it was before or the whole
//! result, since a temporary file beside it is renamed into place.

use super::Failure;
use std::io::Write;
use std::path::{Path, PathBuf};
use wasm2native::{Code, Diagnostic, quoted};

/// Writes `bytes` to `path`, or to standard output for `-`.
pub(crate) fn write(path: &Path, bytes: &[u8], executable: bool) -> Result<(), Failure> {
    if path.as_os_str() == "-" {
        let mut stdout = std::io::stdout().lock();
        return stdout
            .write_all(bytes)
            .and_then(|()| stdout.flush())
            .map_err(|error| refuse(path, error.to_string()));
    }
    write_file(path, bytes, executable).map_err(|error| {
        use std::io::ErrorKind;
        refuse(
            path,
            match error.kind() {
                ErrorKind::NotFound => NO_FOLDER.to_owned(),
                ErrorKind::PermissionDenied => "you may not write there".to_owned(),
                _ => error.to_string(),
            },
        )
    })
}

fn write_file(path: &Path, bytes: &[u8], executable: bool) -> std::io::Result<()> {
    // A device or pipe is written to: renaming would replace it.
    if let Ok(metadata) = std::fs::metadata(path)
        && !metadata.is_file()
        && !metadata.is_dir()
    {
        return std::fs::OpenOptions::new().write(true).open(path)?.write_all(bytes);
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(".wasm2native-").suffix(".tmp");
    set_mode(&mut builder, executable);
    let mut file = builder.tempfile_in(folder(path))?;
    file.write_all(bytes)?;
    file.flush()?;
    // Dropping the temporary file removes it, so a failure leaves nothing behind.
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

const NO_FOLDER: &str = "its folder does not exist";

/// The folder that a file is in.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// What any compiler's output has: the process's own mask is taken off.
#[cfg(unix)]
fn set_mode(builder: &mut tempfile::Builder<'_, '_>, executable: bool) {
    use std::os::unix::fs::PermissionsExt;
    let mode = if executable { 0o777 } else { 0o666 };
    builder.permissions(std::fs::Permissions::from_mode(mode));
}

#[cfg(not(unix))]
fn set_mode(_builder: &mut tempfile::Builder<'_, '_>, _executable: bool) {}

/// Refuses an output that would replace the input, is a directory or has none to be in; before anything is
/// compiled or run.
pub(crate) fn check(path: &Path, input: Option<&Path>) -> Result<(), Failure> {
    if path.is_dir() {
        return Err(refuse(path, "it is a directory".to_owned()));
    }
    if !folder(path).exists() {
        return Err(refuse(path, NO_FOLDER.to_owned()));
    }
    let real = |path: &Path| path.canonicalize().ok();
    if let Some(input) = input
        && real(path).is_some_and(|output| real(input) == Some(output))
    {
        let mut message = refuse(path, "it is the input".to_owned());
        *message = message.hint("give the output another name with `-o`");
        return Err(message);
    }
    Ok(())
}

/// The name of an output: the input's without its extension, and the suffix.
pub(crate) fn default_path(input: &Path, infix: &str, suffix: &str) -> PathBuf {
    let stem = input.file_stem().unwrap_or_default();
    let mut name = stem.to_owned();
    name.push(infix);
    name.push(suffix);
    PathBuf::from(name)
}

fn refuse(path: &Path, cause: String) -> Failure {
    let title = match path.to_str() {
        Some("-") => "cannot write to standard output".to_owned(),
        _ => format!("cannot write `{}`", quoted(&path.display().to_string())),
    };
    Box::new(Diagnostic::error(Code::Write, title).cause(cause))
}

#[cfg(test)]
mod tests {
    use super::{check, refuse, write};
    use std::path::Path;

    #[test]
    fn a_file_is_replaced_as_a_whole_and_executable() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("app");
        for contents in ["first", "second"] {
            write(&path, contents.as_bytes(), true).expect("written");
            assert_eq!(std::fs::read_to_string(&path).expect("a file"), contents);
        }
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&path).expect("a file").permissions().mode();
            assert_eq!(mode & 0o700, 0o700);
        }
    }

    #[test]
    fn a_missing_folder_is_an_error_and_nothing_is_left() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(write(&folder.path().join("none/app"), b"x", true).is_err());
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
    }

    #[test]
    fn standard_output_is_called_so() {
        let title = |name: &str| refuse(Path::new(name), String::new()).title;
        assert_eq!(title("-"), "cannot write to standard output");
        assert_eq!(title("./-"), "cannot write `./-`");
    }

    #[test]
    fn the_input_is_never_overwritten() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("app");
        std::fs::write(&path, b"x").expect("written");
        assert!(check(&folder.path().join("./app"), Some(&path)).is_err());
        assert!(check(folder.path(), None).is_err());
        assert!(check(&folder.path().join("none/app"), None).is_err());
        assert!(check(&folder.path().join("other"), Some(&path)).is_ok());
    }
}
