//! Fuel: how many operators a guest may execute (`--fuel`), by the metering of `wasmill-middlewares`.

use std::sync::Arc;

use anyhow::{Error, Result, ensure};
use wasmill::wasmparser::Operator;
use wasmill::{Instance, InstantiationError, Module, ModuleMiddleware, TrapCode, wat2wasm};
use wasmill_middlewares::Metering;
use wasmill_middlewares::metering::{MeteringPoints, get_remaining_points, set_remaining_points};

/// What exhausts it, in the binary format.
const UNREACHABLE: u8 = 0;

/// Makes a module pay for what it executes.
pub(crate) fn metering(points: u64) -> Arc<dyn ModuleMiddleware> {
    Arc::new(Metering::new(points, cost))
}

/// One for each operator that does something.
fn cost(operator: &Operator<'_>) -> u64 {
    match operator {
        Operator::Nop | Operator::Block { .. } | Operator::Loop { .. } => 0,
        Operator::Else | Operator::End => 0,
        _ => 1,
    }
}

/// Fills up an instance of a module that was compiled before. Its code must be one that pays.
pub(crate) fn fill(instance: &Instance, points: u64) -> Result<()> {
    ensure!(
        is_metered(instance.module()),
        "--fuel has no effect on this compiled module, whose code does not count\nRun the module that it was made of"
    );
    set_remaining_points(instance, points);
    Ok(())
}

fn is_metered(module: &Module) -> bool {
    let names = [
        "wasmer_metering_remaining_points",
        "wasmer_metering_points_exhausted",
    ];
    let globals = || module.exports().globals();
    names
        .iter()
        .all(|name| globals().any(|global| global.name() == *name))
}

/// What an instance has left.
pub(crate) fn left(instance: &Instance) -> u64 {
    match get_remaining_points(instance) {
        MeteringPoints::Remaining(points) => points,
        MeteringPoints::Exhausted => 0,
    }
}

/// The error of a guest that ended, with fuel as its cause if it is that.
pub(crate) fn explain(error: Error, points: u64, is_exhausted: bool) -> Error {
    match is_exhausted {
        true => error.context(format!(
            "the fuel is used up: {points} operators were not enough (--fuel)"
        )),
        false => error,
    }
}

/// Whether a module has used up its fuel.
pub(crate) fn is_exhausted(instance: &Instance) -> bool {
    get_remaining_points(instance) == MeteringPoints::Exhausted
}

/// The same of a start function, of which no instance is left. The trap of an operator that is no `unreachable` of the module's
/// own is that of the fuel.
pub(crate) fn has_exhausted(error: &InstantiationError, bytes: &[u8]) -> bool {
    let InstantiationError::Start(error) = error else {
        return false;
    };
    let own = || {
        let wasm = wat2wasm(bytes).ok()?;
        let at = error.trace().first()?.module_offset();
        Some(*wasm.get(at)? == UNREACHABLE)
    };
    let is_unreachable = error.clone().to_trap() == Some(TrapCode::UnreachableCodeReached);
    is_unreachable && own() == Some(false)
}
