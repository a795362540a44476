//! Compiles, and says how far it is when it takes long: on a terminal, after a second, until it is done.
//!
//! Compilers tell how many functions are done, the large ones first. How far that is says the part of the code that they are.

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use wasmill::wasmparser::{Parser, Payload};
use wasmill::{CompileObserver, CompileStage, CompileStep, Module, ObservedCompileError, Store};

use crate::messages::manner;

/// Nobody wants to know before.
const PATIENCE: Duration = Duration::from_secs(1);

/// Milliseconds between two looks of a person.
const GLANCE: u64 = 80;

const STYLE: &str = "{prefix:>9} [{bar:32}] {msg}";

/// Compiles a module, within `limit` if there is one.
pub(crate) fn compile(
    store: &Store,
    bytes: &[u8],
    limit: Option<Duration>,
) -> Result<Module, ObservedCompileError> {
    let terminal = || io::stderr().is_terminal();
    let is_shown = !manner().quiet && is_wanted(|name| std::env::var_os(name), terminal);
    if !is_shown && limit.is_none() {
        return Ok(Module::new(store, bytes)?);
    }
    let display = Arc::new(Display::new(if is_shown {
        sizes(bytes)
    } else {
        Vec::new()
    }));
    let seen = display.clone();
    let observer = CompileObserver::new(move |step| {
        if is_shown {
            seen.show(&step);
        }
        match limit {
            Some(limit) if seen.start.elapsed() > limit => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    });
    let module = Module::new_observed(store, bytes, &observer);
    display.clear();
    module
}

/// Whether a bar may be drawn.
fn is_wanted(
    variable: impl Fn(&str) -> Option<OsString>,
    is_terminal: impl FnOnce() -> bool,
) -> bool {
    let is_plain = variable("NO_COLOR").is_some_and(|set| !set.is_empty());
    let is_dumb = variable("TERM").is_none_or(|term| term == OsStr::new("dumb"));
    !is_plain && !is_dumb && is_terminal()
}

/// The sizes of functions in the binary format, the largest first, each with those before it. None of what is no module.
fn sizes(bytes: &[u8]) -> Vec<u64> {
    let parts = Parser::new(0).parse_all(bytes);
    let bodies = parts.map_while(Result::ok).filter_map(|part| match part {
        Payload::CodeSectionEntry(body) => Some(body.as_bytes().len() as u64),
        _ => None,
    });
    let mut sizes: Vec<u64> = bodies.collect();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    let mut sum = 0;
    for size in &mut sizes {
        sum += *size;
        *size = sum;
    }
    sizes
}

/// What a person sees.
struct Display {
    start: Instant,
    /// See [`sizes`].
    sizes: Vec<u64>,
    bar: OnceLock<ProgressBar>,
    /// The most functions that were done. Threads report in any order.
    done: AtomicUsize,
    /// When it was last drawn, in milliseconds since the start.
    drawn: AtomicU64,
}

impl Display {
    fn new(sizes: Vec<u64>) -> Self {
        Self {
            start: Instant::now(),
            sizes,
            bar: OnceLock::new(),
            done: AtomicUsize::new(0),
            drawn: AtomicU64::new(0),
        }
    }

    fn show(&self, step: &CompileStep) {
        let elapsed = self.start.elapsed();
        if elapsed < PATIENCE || !self.is_time(step, elapsed) {
            return;
        }
        if step.total == 0 {
            if let Some(bar) = self.bar.get() {
                bar.set_prefix(stage_name(step.stage));
            }
            return;
        }
        let done = self.done.fetch_max(step.done, Ordering::Relaxed);
        let done = done.max(step.done);
        let bar = self.bar.get_or_init(new_bar);
        bar.set_prefix(stage_name(step.stage));
        let (position, length) = self.part(done, step.total);
        bar.set_message(format!(
            "{done}/{} functions{}",
            step.total,
            left(elapsed, position as f64 / length as f64)
        ));
        bar.update(|state| {
            state.set_len(length);
            state.set_pos(position);
        });
    }

    /// How far it is with so many functions, and how far it goes.
    fn part(&self, done: usize, total: usize) -> (u64, u64) {
        match self.sizes.last() {
            Some(&length) if self.sizes.len() == total => {
                let last = done.checked_sub(1).and_then(|last| self.sizes.get(last));
                (last.copied().unwrap_or(0), length.max(1))
            }
            _ => (done as u64, total as u64),
        }
    }

    /// Whether somebody could see a difference. A stage that starts always is one, and counts anew.
    fn is_time(&self, step: &CompileStep, elapsed: Duration) -> bool {
        let now = elapsed.as_millis() as u64;
        if step.done == 0 {
            self.done.store(0, Ordering::Relaxed);
        } else if now < self.drawn.load(Ordering::Relaxed) + GLANCE {
            return false;
        }
        self.drawn.store(now, Ordering::Relaxed);
        true
    }

    fn clear(&self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}

fn new_bar() -> ProgressBar {
    let style = ProgressStyle::with_template(STYLE).expect("it is well-formed");
    let target = ProgressDrawTarget::stderr();
    ProgressBar::with_draw_target(None, target).with_style(style.progress_chars("=> "))
}

fn stage_name(stage: CompileStage) -> &'static str {
    match stage {
        CompileStage::Reading => "reading",
        CompileStage::Rewriting => "rewriting",
        CompileStage::Linking => "linking",
        _ => "compiling",
    }
}

/// How long the rest takes, if it goes on as it did. Nothing for what nobody could tell yet.
fn left(elapsed: Duration, part: f64) -> String {
    if !(0.02..1.0).contains(&part) {
        return String::new();
    }
    let rest = elapsed.as_secs_f64() * (1.0 - part) / part;
    match rest {
        _ if rest < 1.0 => ", less than 1 s left".to_owned(),
        _ if rest < 90.0 => format!(", {rest:.0} s left"),
        _ => format!(", {:.0} min left", rest / 60.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_for_terminals_that_can_show_them() {
        let wanted = |variables: &[(&str, &str)], is_terminal| {
            let get = |name: &str| {
                let set = variables.iter().find(|(set, _)| *set == name);
                set.map(|(_, value)| value.into())
            };
            is_wanted(get, || is_terminal)
        };
        let xterm = ("TERM", "xterm");
        assert!(wanted(&[xterm], true) && !wanted(&[xterm], false));
        assert!(wanted(&[xterm, ("NO_COLOR", "")], true));
        for variables in [&[xterm, ("NO_COLOR", "1")][..], &[("TERM", "dumb")], &[]] {
            assert!(!wanted(variables, true), "{variables:?}");
        }
    }

    #[test]
    fn what_is_left_is_told_roughly() {
        let second = Duration::from_secs(1);
        assert_eq!(left(second, 0.0), "");
        assert_eq!(left(second, 0.01), "");
        assert_eq!(left(second, 1.0), "");
        assert_eq!(left(second, 0.9), ", less than 1 s left");
        assert_eq!(left(second, 0.05), ", 19 s left");
        assert_eq!(left(second * 60, 0.09), ", 10 min left");
    }

    #[test]
    fn large_functions_are_a_large_part() {
        let text = b"(module (func) (func nop nop nop nop nop) (func nop))";
        let wasm = wasmill::wat2wasm(text).unwrap();
        let display = Display::new(sizes(&wasm));
        assert_eq!(display.sizes, [7, 10, 12]);
        let parts = [0, 1, 2, 3, 9].map(|done| display.part(done, 3));
        assert_eq!(parts, [(0, 12), (7, 12), (10, 12), (12, 12), (0, 12)]);
        assert_eq!(display.part(2, 4), (2, 4), "other functions than these");
        assert!(sizes(b"(module (func))").is_empty());
    }

    #[test]
    fn compilations_end_in_time() {
        let store = Store::default();
        let module = compile(&store, b"(module (func))", Some(Duration::from_secs(60)));
        assert!(module.is_ok());
        let late = compile(&store, b"(module (func))", Some(Duration::ZERO));
        assert!(matches!(late, Err(ObservedCompileError::Stopped)));
    }
}
