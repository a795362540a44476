//! Calls whose type is known only at run time, both ways.
//!
//! There is no code per signature: arguments are sorted into the registers and stack words of the C convention by their
//! types, and one piece of assembly loads or spills them all (`arch`). [`ArgumentPlaces`] does the sorting for both
//! directions.

use crate::arch::{
    DynamicFrame, GPR_ARGS, RegisterArgs, RegisterResults, XMM_ARGS, dynamic_host_entry, invoke_raw,
};
use crate::externs::{number_to_raw, raw_to_number, raw_to_value, value_to_raw};
use crate::function::{HostCode, HostContext, HostFunction, HostFunctionParts, VMFunction};
use crate::island::Home;
use crate::store::VMStore;
use crate::traps::{self, Trap, TrapReason, check_host_stack, raise};
use std::any::Any;
use std::error::Error;
use std::ffi::c_void;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::Arc;
use wasmill_abi::RawValue;
use wasmill_types::{FunctionType, Type, Value, WasmValueType};

/// Where an argument travels.
enum Place {
    Gpr(usize),
    Xmm(usize),
    /// The first of its words on the stack.
    Stack(usize),
}

/// Sorts arguments into places, in order: the System V convention.
struct ArgumentPlaces {
    gpr: usize,
    xmm: usize,
    stack: usize,
}

impl ArgumentPlaces {
    /// Behind the context, and behind the pointer to the results if there are two or more.
    fn new(ty: &FunctionType) -> Self {
        Self {
            gpr: if ty.results().len() >= 2 { 2 } else { 1 },
            xmm: 0,
            stack: 0,
        }
    }

    fn next(&mut self, ty: Type) -> Place {
        let (used, limit, place): (_, _, fn(usize) -> Place) = match ty {
            Type::F32 | Type::F64 | Type::V128 => (&mut self.xmm, XMM_ARGS, Place::Xmm),
            _ => (&mut self.gpr, GPR_ARGS, Place::Gpr),
        };
        if *used < limit {
            *used += 1;
            return place(*used - 1);
        }
        let words = if ty == Type::V128 { 2 } else { 1 };
        let at = self.stack.next_multiple_of(words);
        self.stack = at + words;
        Place::Stack(at)
    }
}

/// The result that is returned in a register.
fn register_result(ty: Type, rax: u64, xmm0: u128) -> RawValue {
    match ty {
        Type::F32 | Type::F64 | Type::V128 => RawValue::from_u128(xmm0),
        _ => RawValue::from_u64(rax),
    }
}

/// More results than this are kept on the heap during a call.
const INLINE_RESULTS: usize = 8;

impl VMFunction {
    /// Calls the function. The caller has checked number, types and stores of the arguments.
    ///
    /// # Errors
    ///
    /// If the call traps.
    pub fn call(
        &self,
        args: impl Iterator<Item = Value<VMFunction>>,
        mut result: impl FnMut(Value<VMFunction>),
    ) -> Result<(), Trap> {
        let ty = self.ty();
        let _guard = self.enter();
        let island = self.island();
        if ty.params().contains(&Type::ExternRef) {
            island.store().refs().collect_if_due();
        }
        let mut registers = RegisterArgs {
            gpr: [0; GPR_ARGS],
            xmm: [0; XMM_ARGS],
            stack: ptr::null(),
            stack_words: 0,
        };
        let mut stack: Vec<u64> = Vec::new();
        let mut places = ArgumentPlaces::new(ty);
        for (arg, ty) in args.zip(ty.params()) {
            assert_eq!(arg.ty(), *ty, "the caller checks the types");
            let raw = value_to_raw(island, arg).u128();
            match places.next(*ty) {
                Place::Gpr(place) => registers.gpr[place] = raw as u64,
                Place::Xmm(place) => registers.xmm[place] = raw,
                Place::Stack(place) => {
                    stack.resize(places.stack, 0);
                    stack[place] = raw as u64;
                    if *ty == Type::V128 {
                        stack[place + 1] = (raw >> 64) as u64;
                    }
                }
            }
        }
        // Funcrefs among the arguments may have merged islands: what is called has not changed.
        let mut inline = [RawValue::default(); INLINE_RESULTS];
        let mut heap = Vec::new();
        let results = match ty.results().len() {
            0..=INLINE_RESULTS => &mut inline[..],
            count => {
                heap.resize(count, RawValue::default());
                &mut heap[..]
            }
        };
        let record = self.record();
        registers.gpr[0] = record.context as u64;
        if ty.results().len() >= 2 {
            registers.gpr[1] = results.as_mut_ptr() as u64;
        }
        registers.stack = stack.as_ptr();
        registers.stack_words = stack.len();
        // SAFETY: the record is that of a function of this type, in a held domain, and arguments are sorted for it. The
        // closure owns nothing.
        let registers: RegisterResults = unsafe {
            traps::enter(record.context, record.code, |stub| {
                invoke_raw(stub, &registers)
            })?
        };
        if let [ty] = ty.results() {
            results[0] = register_result(*ty, registers.rax, registers.xmm0);
        }
        for (ty, raw) in ty.results().iter().zip(results) {
            // SAFETY: the function has given values of its result types, from what its island can reach.
            result(unsafe { raw_to_value(island, *ty, *raw) });
        }
        Ok(())
    }
}

/// The error that a host function gives.
pub type HostError = Box<dyn Error + Send + Sync>;

/// A call of a dynamically typed host function, while it runs.
pub struct DynamicCall<'a> {
    ty: &'a FunctionType,
    home: &'a Home,
    frame: *mut DynamicFrame,
    given: bool,
}

impl DynamicCall<'_> {
    /// The function's type.
    pub fn ty(&self) -> &FunctionType {
        self.ty
    }

    /// The arguments, in order.
    pub fn args(&self) -> impl Iterator<Item = Value<VMFunction>> + '_ {
        let mut places = ArgumentPlaces::new(self.ty);
        self.ty.params().iter().map(move |ty| {
            // SAFETY: the entry has spilled the registers into the frame, and the stack words of a function of this type
            // follow it; the values are of these types, from what the caller's island can reach.
            unsafe {
                let stack = (&raw const (*self.frame).stack).cast::<u64>();
                let raw = match places.next(*ty) {
                    Place::Gpr(place) => RawValue::from_u64((*self.frame).gpr[place]),
                    Place::Xmm(place) => RawValue::from_u128((*self.frame).xmm[place]),
                    Place::Stack(place) if *ty == Type::V128 => {
                        RawValue::from_u128(stack.add(place).cast::<u128>().read_unaligned())
                    }
                    Place::Stack(place) => RawValue::from_u64(stack.add(place).read()),
                };
                match raw_to_number(*ty, raw) {
                    Some(number) => number,
                    None => raw_to_value(&self.home.island(), *ty, raw),
                }
            }
        })
    }

    /// Gives the results; `function` turns the caller's form of function references into ours. The caller has checked
    /// the stores.
    ///
    /// # Errors
    ///
    /// If number or types are not those of the function.
    pub fn give<T: WasmValueType>(
        &mut self,
        results: Vec<Value<T>>,
        function: impl Fn(T) -> VMFunction,
    ) -> Result<(), HostError> {
        let expected = self.ty.results();
        if !results.iter().map(Value::ty).eq(expected.iter().copied()) {
            let got = results.iter().map(Value::ty).collect();
            return Err(Box::new(WrongResults {
                expected: expected.into(),
                got,
            }));
        }
        self.given = true;
        let has_refs = expected.iter().any(|ty| ty.is_ref());
        // Calls inside may have merged islands: asked only now.
        let island = has_refs.then(|| self.home.island());
        if let Some(island) = &island {
            island.store().refs().collect_if_due();
        }
        for (nth, (value, ty)) in results.into_iter().zip(expected).enumerate() {
            let value = value.map(&function);
            let raw = match (number_to_raw(&value), &island) {
                (Some(raw), _) => raw,
                (None, Some(island)) => value_to_raw(island, value),
                (None, None) => unreachable!("the types were compared"),
            };
            // SAFETY: the frame is live; with two results or more, the first argument behind the context points to
            // room for all of them.
            unsafe {
                let frame = &mut *self.frame;
                match (expected.len(), ty) {
                    (1, Type::F32 | Type::F64 | Type::V128) => frame.xmm[0] = raw.u128(),
                    (1, _) => frame.gpr[0] = raw.u64(),
                    _ => (frame.gpr[1] as *mut RawValue).add(nth).write(raw),
                }
            }
        }
        Ok(())
    }
}

impl fmt::Debug for DynamicCall<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamicCall")
            .field("ty", self.ty)
            .finish_non_exhaustive()
    }
}

/// A host function with a type that is known only at run time: reads the arguments of the call and gives it results.
pub type DynamicFunction = dyn Fn(&mut DynamicCall<'_>) -> Result<(), HostError> + Send + Sync;

struct DynamicState {
    ty: FunctionType,
    function: Box<DynamicFunction>,
}

dynamic_host_entry!(fn dynamic_entry => dynamic_target);

unsafe extern "C" fn dynamic_target(frame: *mut DynamicFrame) {
    // SAFETY: the entry passes its frame, whose first register is the context that `HostFunction::dynamic` has made;
    // the state lives as long as the function. Everything with a destructor is gone when a trap is raised.
    unsafe {
        let context = (*frame).gpr[0] as *const HostContext;
        check_host_stack();
        let state = &*(*context).state.cast::<DynamicState>();
        let home = &*(*context).home;
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let mut call = DynamicCall {
                ty: &state.ty,
                home,
                frame,
                given: false,
            };
            (state.function)(&mut call)?;
            match call.given {
                true => Ok(()),
                // What is in the registers is nothing for a guest to see.
                false => call.give(Vec::new(), |function: VMFunction| function),
            }
        }));
        let reason = match outcome {
            Ok(Ok(())) => return,
            Ok(Err(error)) => TrapReason::User(error),
            Err(payload) => TrapReason::Panic(payload),
        };
        raise(reason);
    }
}

/// A host function gave results of other types than it has.
#[derive(Debug, thiserror::Error)]
#[error("Dynamic function returned wrong signature. Expected {expected:?} but got {got:?}")]
pub struct WrongResults {
    expected: Box<[Type]>,
    got: Box<[Type]>,
}

impl HostFunction {
    /// Makes a host function of any type. `env` is what the API needs to make the function of an instance.
    pub fn dynamic(
        store: &Arc<VMStore>,
        ty: FunctionType,
        env: Option<Box<dyn Any + Send + Sync>>,
        function: Box<DynamicFunction>,
    ) -> VMFunction {
        let state = Box::new(DynamicState {
            ty: ty.clone(),
            function,
        });
        let code = HostCode {
            entry: dynamic_entry as *const c_void,
            state: ptr::from_ref(&*state).cast(),
            exclusive: false,
            domain: None,
        };
        let resources = state;
        // SAFETY: the entry serves every type by the state's, which lives in `resources`; the closure is `Sync`.
        unsafe {
            HostFunction::create(
                store,
                HostFunctionParts {
                    ty,
                    code,
                    env,
                    resources,
                },
            )
        }
    }
}
