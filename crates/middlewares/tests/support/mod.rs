//! Shared by the tests: metered modules, and a second opinion on what execution costs.

pub(crate) mod random;

use std::fmt;
use std::sync::{Arc, Mutex};
use wasmill::wasmparser::Operator;
use wasmill::*;
use wasmill_middlewares::Metering;
use wasmill_middlewares::metering::{MeteringPoints, get_remaining_points, set_remaining_points};

/// A store whose modules go through middlewares.
pub(crate) fn store(chain: impl IntoIterator<Item = Arc<dyn ModuleMiddleware>>) -> Store {
    let mut compiler = Cranelift::default();
    for middleware in chain {
        compiler.push_middleware(middleware);
    }
    Store::new(&Universal::new(compiler).engine())
}

/// A cost that differs from operator to operator; 0 for some.
pub(crate) fn cost_by_name(operator: &Operator) -> u64 {
    let text = format!("{operator:?}");
    let name = text.split([' ', '{']).next().unwrap();
    name.bytes().map(u64::from).sum::<u64>() % 7
}

/// The points that are left, or `None` if they ran out.
pub(crate) fn points(instance: &Instance) -> Option<u64> {
    match get_remaining_points(instance) {
        MeteringPoints::Remaining(points) => Some(points),
        MeteringPoints::Exhausted => None,
    }
}

/// Calls the export `f` of an instance; gives the message of the trap, if there is one.
fn call(instance: &Instance, argument: i32) -> Option<String> {
    let function = instance.exports.get_function("f").unwrap();
    let outcome = function.call(&[Val::I32(argument)]);
    outcome.err().map(|error| error.message())
}

/// A metered module with a function `f` of one number.
pub(crate) struct Metered {
    module: Module,
}

impl Metered {
    const LIMIT: u64 = 1 << 60;

    pub(crate) fn new<F>(wat: &str, cost: F) -> Self
    where
        F: Fn(&Operator) -> u64 + Send + Sync + 'static,
    {
        let store = store([Arc::new(Metering::new(Self::LIMIT, cost)) as _]);
        let module = Module::new(&store, wat).unwrap_or_else(|error| panic!("{error}: {wat}"));
        Self { module }
    }

    fn instance(&self) -> Instance {
        Instance::new(&self.module, &imports! {}).unwrap()
    }

    /// The points that a call uses, and the message of the trap that ends it, if one does.
    pub(crate) fn run(&self, argument: i32) -> (u64, Option<String>) {
        let instance = self.instance();
        let trap = call(&instance, argument);
        (Self::LIMIT - points(&instance).unwrap(), trap)
    }

    /// The points that a call leaves of a number of them, and the message of the trap.
    pub(crate) fn run_with(&self, limit: u64, argument: i32) -> (Option<u64>, Option<String>) {
        let instance = self.instance();
        set_remaining_points(&instance, limit);
        let trap = call(&instance, argument);
        (points(&instance), trap)
    }
}

/// Counts what is executed in the plainest way there is: in front of every operator its cost is added to a global.
pub(crate) struct Counter {
    cost: fn(&Operator) -> u64,
    global: Mutex<Option<u32>>,
}

impl Counter {
    pub(crate) fn new(cost: fn(&Operator) -> u64) -> Self {
        Self {
            cost,
            global: Mutex::new(None),
        }
    }

    /// What a call costs, and the message of the trap that ends it, if one does.
    pub(crate) fn run(
        wat: &str,
        cost: fn(&Operator) -> u64,
        argument: i32,
    ) -> (u64, Option<String>) {
        let store = store([Arc::new(Self::new(cost)) as _]);
        let module = Module::new(&store, wat).unwrap();
        let instance = Instance::new(&module, &imports! {}).unwrap();
        let trap = call(&instance, argument);
        let Val::I64(count) = instance.exports.get_global("count").unwrap().get() else {
            panic!("the count is a number");
        };
        (count as u64, trap)
    }
}

impl fmt::Debug for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Counter")
    }
}

impl ModuleMiddleware for Counter {
    fn generate_function_middleware(&self, _: LocalFunctionIndex) -> Box<dyn FunctionMiddleware> {
        Box::new(FunctionCounter {
            cost: self.cost,
            global_index: self.global.lock().unwrap().unwrap(),
        })
    }

    fn transform_module_info(&self, info: &mut ModuleInfo) {
        let ty = GlobalType::new(Type::I64, Mutability::Var);
        let index = info.globals.push(ty);
        info.global_initializers.push(GlobalInit::I64Const(0));
        info.exports
            .insert("count".into(), ExportIndex::Global(index));
        *self.global.lock().unwrap() = Some(index.as_u32());
    }
}

struct FunctionCounter {
    cost: fn(&Operator) -> u64,
    global_index: u32,
}

impl fmt::Debug for FunctionCounter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FunctionCounter")
    }
}

impl FunctionMiddleware for FunctionCounter {
    fn feed<'a>(
        &mut self,
        operator: Operator<'a>,
        state: &mut MiddlewareReaderState<'a>,
    ) -> Result<(), MiddlewareError> {
        let global_index = self.global_index;
        state.extend([
            Operator::GlobalGet { global_index },
            Operator::I64Const {
                value: (self.cost)(&operator) as i64,
            },
            Operator::I64Add,
            Operator::GlobalSet { global_index },
            operator,
        ]);
        Ok(())
    }
}
