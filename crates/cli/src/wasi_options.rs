//! The options that say what a WASI guest sees of this machine.

use std::ffi::{OsStr, OsString};

use anyhow::Result;
use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser};
use wasmill::Module;
use wasmill_wasi::get_wasi_versions;

use crate::capabilities::Capabilities;

/// What a WASI program sees. It sees no folder and no variable that is not named here.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "WASI")]
pub(crate) struct CapabilityOptions {
    /// Let the guest use this folder, under the same name.
    #[arg(long = "dir", value_name = "DIR")]
    dirs: Vec<OsString>,

    /// Let the guest use the folder HOST, under the name GUEST (also GUEST::HOST).
    #[arg(long = "mapdir", value_name = "GUEST:HOST", value_parser = OsStringValueParser::new().try_map(mapped_dir))]
    mapped_dirs: Vec<(String, OsString)>,

    /// Set a variable of the guest's environment.
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = OsStringValueParser::new().try_map(variable))]
    env: Vec<(Vec<u8>, Vec<u8>)>,
}

impl CapabilityOptions {
    /// What they say.
    pub(crate) fn capabilities(&self) -> Capabilities {
        let Self {
            dirs,
            mapped_dirs,
            env,
        } = self.clone();
        Capabilities {
            dirs,
            mapped_dirs,
            env,
        }
    }
}

/// How a WASI program is run.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "WASI")]
pub(crate) struct WasiOptions {
    #[command(flatten)]
    seen: CapabilityOptions,

    /// Accept modules that import several versions of WASI without a warning.
    #[arg(long, conflicts_with = "deny_multiple_wasi_versions")]
    allow_multiple_wasi_versions: bool,

    /// Refuse modules that import several versions of WASI.
    #[arg(long)]
    deny_multiple_wasi_versions: bool,
}

impl WasiOptions {
    /// How many versions of WASI a module imports from, if all functions that it imports are of WASI; zero otherwise.
    pub(crate) fn versions(module: &Module) -> usize {
        get_wasi_versions(module, true).map_or(0, |versions| versions.len())
    }

    /// What a module may see; refuses one that may not run.
    pub(crate) fn capabilities(&self, module: &Module) -> Result<Capabilities> {
        if self.deny_multiple_wasi_versions {
            let versions = get_wasi_versions(module, false).unwrap_or_default();
            anyhow::ensure!(
                versions.len() <= 1,
                "the module imports several versions of WASI"
            );
        }
        Ok(self.seen.capabilities())
    }

    /// Whether to warn of a module that imports so many versions of WASI.
    pub(crate) fn warns_of(&self, versions: usize) -> bool {
        versions > 1 && !self.allow_multiple_wasi_versions && !self.deny_multiple_wasi_versions
    }
}

/// `NAME=VALUE`, in whatever bytes.
fn variable(text: OsString) -> Result<(Vec<u8>, Vec<u8>), String> {
    let bytes = text.as_encoded_bytes();
    match bytes.iter().position(|&byte| byte == b'=') {
        Some(end) if end > 0 => Ok((bytes[..end].to_vec(), bytes[end + 1..].to_vec())),
        _ => Err(format!(
            "Environment variable must be of the form `<name>=<value>`; found `{}`",
            text.display()
        )),
    }
}

/// `GUEST:HOST` or `GUEST::HOST`. The guest's name is text; the host's may be anything that a folder may be called.
fn mapped_dir(text: OsString) -> Result<(String, OsString), String> {
    let malformed = || {
        format!(
            "Directory mappings must be of the form `<guest>:<host>` or `<guest>::<host>`; found `{}`",
            text.display()
        )
    };
    let (guest, host) = split_mapping(&text).ok_or_else(malformed)?;
    match guest.is_empty() || host.is_empty() {
        true => Err(malformed()),
        false => Ok((guest, host)),
    }
}

#[cfg(unix)]
fn split_mapping(text: &OsStr) -> Option<(String, OsString)> {
    use std::os::unix::ffi::OsStrExt;
    let bytes = text.as_bytes();
    let long = bytes.windows(2).position(|pair| pair == b"::");
    let (end, start) = match long {
        Some(end) => (end, end + 2),
        None => {
            let end = bytes.iter().position(|&byte| byte == b':')?;
            (end, end + 1)
        }
    };
    let guest = String::from_utf8(bytes[..end].to_vec()).ok()?;
    let host = OsStr::from_bytes(&bytes[start..]);
    Some((guest, host.to_owned()))
}

#[cfg(not(unix))]
fn split_mapping(text: &OsStr) -> Option<(String, OsString)> {
    let text = text.to_str()?;
    let (guest, host) = text.split_once("::").or_else(|| text.split_once(':'))?;
    Some((guest.to_owned(), host.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_have_a_name() {
        let pair = |name: &str, value: &str| (name.as_bytes().to_vec(), value.as_bytes().to_vec());
        assert_eq!(variable("A=b".into()), Ok(pair("A", "b")));
        assert_eq!(variable("A=b=c".into()), Ok(pair("A", "b=c")));
        assert_eq!(variable("A=".into()), Ok(pair("A", "")));
        for bad in ["A", "=b", ""] {
            let error = variable(bad.into()).unwrap_err();
            assert_eq!(
                error,
                format!("Environment variable must be of the form `<name>=<value>`; found `{bad}`")
            );
        }
    }

    #[test]
    fn mappings_have_two_folders() {
        for good in ["/data:a/b", "/data::a/b"] {
            let mapping = mapped_dir(good.into());
            assert_eq!(mapping, Ok(("/data".into(), "a/b".into())));
        }
        for bad in ["data", "data:", ":", "", ":a/b", "::a/b"] {
            let error = mapped_dir(bad.into()).unwrap_err();
            assert!(error.starts_with("Directory mappings must be"), "{error}");
        }
    }
}
