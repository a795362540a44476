//! `wasmill config`: where the library is installed, for those who build programs with it.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;

const EXAMPLES: &str = "\
The installation is where WASMILL_DIR says. Where that is not set, it is where WASMILL_INSTALL_PREFIX said when this program was \
    built, or around the folder `bin` that this program is in.

Examples:
  cc main.c $(wasmill config --cflags --libs)
  wasmill config --pkg-config > wasmill.pc";

/// Show where Wasmill is installed, and how C programs are built with it.
///
/// Each option prints a line; without any, all are printed with their names.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Config {
    /// Print the folder of the installation.
    #[arg(long)]
    prefix: bool,

    /// Print the folder of programs.
    #[arg(long)]
    bindir: bool,

    /// Print the folder of C headers.
    #[arg(long)]
    includedir: bool,

    /// Print the folder of libraries.
    #[arg(long)]
    libdir: bool,

    /// Print what the linker needs.
    #[arg(long)]
    libs: bool,

    /// Print what the C compiler needs.
    #[arg(long)]
    cflags: bool,

    /// Print all in the form of pkg-config.
    #[arg(long, conflicts_with_all = ["prefix", "bindir", "includedir", "libdir", "libs", "cflags"])]
    pkg_config: bool,
}

impl Config {
    /// Runs the command.
    pub(crate) fn execute(&self) -> Result<()> {
        let prefix = prefix().context("failed to find the installation")?;
        let text = match self.pkg_config {
            true => pkg_config(&prefix),
            false => self.lines(&prefix),
        };
        std::io::stdout().write_all(text.as_bytes())?;
        Ok(())
    }

    fn lines(&self, prefix: &Path) -> String {
        let wanted = [
            self.prefix,
            self.bindir,
            self.includedir,
            self.libdir,
            self.libs,
            self.cflags,
        ];
        let all = !wanted.contains(&true);
        let mut text = String::new();
        for ((name, value), wanted) in values(prefix).iter().zip(wanted) {
            let _ = match all {
                true => writeln!(text, "{name}={value}"),
                false if wanted => writeln!(text, "{value}"),
                false => Ok(()),
            };
        }
        text
    }
}

/// The folder of the installation.
fn prefix() -> Result<PathBuf> {
    let set = |name: Option<OsString>| name.filter(|name| !name.is_empty());
    let named = set(std::env::var_os("WASMILL_DIR"));
    let named = named.or_else(|| set(option_env!("WASMILL_INSTALL_PREFIX").map(OsString::from)));
    if let Some(named) = named {
        return Ok(named.into());
    }
    let program = std::env::current_exe()?;
    let bin = program.parent().filter(|folder| folder.ends_with("bin"));
    let prefix = bin.and_then(Path::parent);
    prefix.map(Path::to_owned).with_context(|| {
        let program = program.display();
        format!("WASMILL_DIR is not set, and `{program}` is in no folder `bin`")
    })
}

/// What there is to know, in the order of the options.
fn values(prefix: &Path) -> [(&'static str, String); 6] {
    let folder = |name: &str| prefix.join(name).display().to_string();
    let (include, lib) = (folder("include"), folder("lib"));
    [
        ("prefix", prefix.display().to_string()),
        ("bindir", folder("bin")),
        ("includedir", include.clone()),
        ("libdir", lib.clone()),
        ("libs", format!("-L{lib} -lwasmill")),
        ("cflags", format!("-I{include}")),
    ]
}

fn pkg_config(prefix: &Path) -> String {
    let [prefix, bin, include, lib, libs, cflags] = values(prefix).map(|(_, value)| value);
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "prefix={prefix}\nexec_prefix={bin}\nincludedir={include}\nlibdir={lib}\n\n\
         Name: wasmill\nDescription: The Wasmill library, which runs WebAssembly\nVersion: {version}\n\
         Cflags: {cflags}\nLibs: {libs}\n"
    )
}
