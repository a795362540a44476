//! Whether what goes to people is coloured.
//!
//! The first of these that says something decides: the option `--color`, WASMILL_COLOR, NO_COLOR, CLICOLOR_FORCE, CLICOLOR; then
//! whether it goes to a terminal that can show colours.

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal};

/// Whether standard error is coloured, if the option says so much.
pub(crate) fn is_colored(option: Option<bool>) -> bool {
    let is_terminal = || io::stderr().is_terminal();
    option.unwrap_or_else(|| by_environment(|name| std::env::var_os(name), is_terminal))
}

fn by_environment(
    variable: impl Fn(&str) -> Option<OsString>,
    is_terminal: impl FnOnce() -> bool,
) -> bool {
    let is = |name: &str, value: &str| variable(name).is_some_and(|set| set == OsStr::new(value));
    let is_set = |name: &str| variable(name).is_some_and(|set| !set.is_empty());
    if is("WASMILL_COLOR", "true") || is("WASMILL_COLOR", "false") {
        return is("WASMILL_COLOR", "true");
    }
    if is_set("NO_COLOR") {
        return false;
    }
    if is_set("CLICOLOR_FORCE") && !is("CLICOLOR_FORCE", "0") {
        return true;
    }
    !is("CLICOLOR", "0") && !is("TERM", "dumb") && is_terminal()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With these variables, on a terminal.
    fn colored(variables: &[(&str, &str)], is_terminal: bool) -> bool {
        let get = |name: &str| {
            let set = variables.iter().find(|(set, _)| *set == name);
            set.map(|(_, value)| value.into())
        };
        by_environment(get, || is_terminal)
    }

    #[test]
    fn variables_decide_in_order() {
        assert!(colored(&[], true) && !colored(&[], false));
        for off in [
            ("NO_COLOR", "1"),
            ("CLICOLOR", "0"),
            ("TERM", "dumb"),
            ("WASMILL_COLOR", "false"),
        ] {
            assert!(!colored(&[off], true), "{off:?}");
        }
        for on in [("CLICOLOR_FORCE", "1"), ("WASMILL_COLOR", "true")] {
            assert!(colored(&[on], false), "{on:?}");
            assert!(colored(&[on, ("CLICOLOR", "0")], false), "{on:?}");
        }
        for nothing in [
            ("NO_COLOR", ""),
            ("CLICOLOR_FORCE", "0"),
            ("WASMILL_COLOR", "maybe"),
        ] {
            assert!(colored(&[nothing], true), "{nothing:?}");
            assert!(!colored(&[nothing], false), "{nothing:?}");
        }
        let both = [("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")];
        assert!(!colored(&both, true));
        let ours = [("NO_COLOR", "1"), ("WASMILL_COLOR", "true")];
        assert!(colored(&ours, false));
    }
}
