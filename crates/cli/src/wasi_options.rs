//! The options that say what a WASI guest sees of this machine.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use anyhow::Result;
use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser};
use wasmill::Module;
use wasmill_wasi::get_wasi_versions;

use crate::capabilities::{Capabilities, Folder, Listener};

/// What a WASI program sees. It sees no folder and no variable that is not named here.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "WASI")]
pub(crate) struct CapabilityOptions {
    /// Let the guest use this folder, under the same name or as GUEST; with `:ro` behind it, only for reading.
    #[arg(long = "dir", value_name = "DIR[::GUEST][:ro]", value_parser = OsStringValueParser::new().try_map(folder))]
    dirs: Vec<Folder>,

    /// Let the guest use the folder HOST, under the name GUEST (also GUEST::HOST).
    #[arg(long = "mapdir", value_name = "GUEST:HOST[:ro]", value_parser = OsStringValueParser::new().try_map(mapped_folder))]
    mapped_dirs: Vec<Folder>,

    /// Let the guest accept connections at this address and port; it finds the socket behind its folders.
    #[arg(long = "tcplisten", value_name = "ADDRESS:PORT")]
    tcp_listeners: Vec<String>,

    /// Let the guest accept connections at this path; it finds the socket behind its folders and other sockets.
    #[arg(long = "unixlisten", value_name = "PATH")]
    unix_listeners: Vec<OsString>,

    /// Set a variable of the guest's environment; without a value, to the one that it has here.
    #[arg(long = "env", value_name = "NAME[=VALUE]", value_parser = OsStringValueParser::new().try_map(variable))]
    env: Vec<Variable>,

    /// Set variables from a file, whose lines are NAME=VALUE, or comments behind `#`.
    #[arg(long = "env-file", value_name = "FILE", value_parser = OsStringValueParser::new().try_map(env_file))]
    env_files: Vec<Variables>,
}

/// Name and value.
type Variable = (Vec<u8>, Vec<u8>);

/// Those of a file.
#[derive(Clone, Debug)]
struct Variables(Vec<Variable>);

impl CapabilityOptions {
    /// What they say. Of variables with the same name, the last one counts, and files count before single ones.
    pub(crate) fn capabilities(&self) -> Capabilities {
        let folders = self.dirs.iter().chain(&self.mapped_dirs).cloned();
        let files = self.env_files.iter().flat_map(|file| &file.0);
        let mut env: Vec<Variable> = Vec::new();
        for (name, value) in files.chain(&self.env) {
            env.retain(|(known, _)| known != name);
            env.push((name.clone(), value.clone()));
        }
        let tcp = self.tcp_listeners.iter().cloned().map(Listener::Tcp);
        let unix = self.unix_listeners.iter().cloned().map(Listener::Unix);
        Capabilities {
            folders: folders.collect(),
            listeners: tcp.chain(unix).collect(),
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

/// `NAME=VALUE`, in whatever bytes, or the name of a variable that is set here.
fn variable(text: OsString) -> Result<Variable, String> {
    let bytes = text.as_bytes();
    let own = || Some((bytes.to_vec(), std::env::var_os(&text)?.into_vec()));
    let pair = match bytes.iter().position(|&byte| byte == b'=') {
        Some(end) => (end > 0).then(|| (bytes[..end].to_vec(), bytes[end + 1..].to_vec())),
        None if bytes.is_empty() => None,
        None => own(),
    };
    pair.ok_or_else(|| {
        format!(
            "Environment variable must be of the form `<name>=<value>`; found `{}`",
            text.display()
        )
    })
}

/// The variables of a file.
fn env_file(path: OsString) -> Result<Variables, String> {
    let text = fs::read(&path).map_err(|error| error.to_string())?;
    let lines = text.split(|&byte| byte == b'\n').enumerate();
    let lines = lines.map(|(nth, line)| (nth, line.trim_ascii()));
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with(b"#"));
    let variables = lines.map(|(nth, line)| {
        let variable = variable(OsStr::from_bytes(line).to_owned());
        variable.map_err(|error| format!("line {}: {error}", nth + 1))
    });
    variables.collect::<Result<_, _>>().map(Variables)
}

/// A folder of the host, which may have another name for the guest: `HOST::GUEST`.
fn folder(text: OsString) -> Result<Folder, String> {
    let (bytes, read_only) = without_access(text.as_bytes());
    let (host, guest) = match split(bytes, b"::") {
        Some((host, guest)) => (host, Some(guest)),
        None => (bytes, None),
    };
    let guest = guest.map(|guest| String::from_utf8(guest.to_vec()));
    match guest.transpose() {
        Ok(guest) if !host.is_empty() && guest.as_deref() != Some("") => Ok(Folder {
            host: OsStr::from_bytes(host).to_owned(),
            guest,
            read_only,
        }),
        _ => Err(format!(
            "Directories must be of the form `<host>` or `<host>::<guest>`; found `{}`",
            text.display()
        )),
    }
}

/// `GUEST:HOST` or `GUEST::HOST`. The guest's name is text; the host's may be anything that a folder may be called.
fn mapped_folder(text: OsString) -> Result<Folder, String> {
    let (bytes, read_only) = without_access(text.as_bytes());
    let names = split(bytes, b"::").or_else(|| split(bytes, b":"));
    let names = names.filter(|(guest, host)| !guest.is_empty() && !host.is_empty());
    let folder = names.and_then(|(guest, host)| {
        Some(Folder {
            host: OsStr::from_bytes(host).to_owned(),
            guest: Some(String::from_utf8(guest.to_vec()).ok()?),
            read_only,
        })
    });
    folder.ok_or_else(|| {
        format!(
            "Directory mappings must be of the form `<guest>:<host>` or `<guest>::<host>`; found `{}`",
            text.display()
        )
    })
}

/// Takes `:ro` or `:rw` off the end, and says whether it is only to be read. A folder whose name ends so is written with `:rw`
/// behind it.
fn without_access(text: &[u8]) -> (&[u8], bool) {
    if let Some(text) = text.strip_suffix(b":ro") {
        return (text, true);
    }
    (text.strip_suffix(b":rw").unwrap_or(text), false)
}

fn split<'a>(text: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let mut windows = text.windows(separator.len());
    let at = windows.position(|window| window == separator)?;
    Some((&text[..at], &text[at + separator.len()..]))
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
    fn variables_of_this_process_are_passed_on() {
        let path = std::env::var_os("PATH").expect("it is set where tests run");
        let variable = variable("PATH".into()).unwrap();
        assert_eq!(variable, (b"PATH".to_vec(), path.into_vec()));
    }

    fn made(host: &str, guest: Option<&str>, read_only: bool) -> Result<Folder, String> {
        Ok(Folder {
            host: host.into(),
            guest: guest.map(str::to_owned),
            read_only,
        })
    }

    #[test]
    fn folders_have_another_name_and_access() {
        assert_eq!(folder("a/b".into()), made("a/b", None, false));
        assert_eq!(folder("a/b:ro".into()), made("a/b", None, true));
        assert_eq!(folder("a::/data".into()), made("a", Some("/data"), false));
        assert_eq!(folder("a::/data:ro".into()), made("a", Some("/data"), true));
        assert_eq!(folder("a:ro:rw".into()), made("a:ro", None, false));
        for bad in ["", ":ro", "::a", "a::", "::"] {
            let error = folder(bad.into()).unwrap_err();
            assert!(error.starts_with("Directories must be"), "{error}");
        }
    }

    #[test]
    fn mappings_have_two_folders() {
        for good in ["/data:a/b", "/data::a/b"] {
            assert_eq!(
                mapped_folder(good.into()),
                made("a/b", Some("/data"), false)
            );
        }
        let read_only = mapped_folder("/data:a:ro".into());
        assert_eq!(read_only, made("a", Some("/data"), true));
        for bad in ["data", "data:", ":", "", ":a/b", "::a/b", "data:ro"] {
            let error = mapped_folder(bad.into()).unwrap_err();
            assert!(error.starts_with("Directory mappings must be"), "{error}");
        }
    }
}
