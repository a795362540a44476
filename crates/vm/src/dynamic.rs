//! Calls whose type is known only at run time, both ways.
//!
//! There is no code per signature: arguments are sorted into the registers and stack words of the C convention by their
//! types, and one piece of assembly loads or spills them all (`arch`). [`ArgumentPlaces`] does the sorting for both
//! directions.

use crate::arch::{
    DynamicFrame, GPR_ARGS, RegisterArgs, RegisterResults, XMM_ARGS, dynamic_host_entry, invoke_raw,
};
use crate::externs::{number_to_raw, raw_to_value, value_to_raw};
use crate::function::{HostCode, HostContext, HostFunction, HostFunctionParts, VMFunction};
use crate::island::Home;
use crate::owned::Owned;
use crate::store::VMStore;
use crate::traps::{self, EarlyEnd, EndReason, check_host_stack, raise};
use smallvec::{SmallVec, smallvec};
use std::any::Any;
use std::error::Error;
use std::ffi::c_void;
use std::fmt;
use std::mem::{MaybeUninit, offset_of};
use std::panic::{AssertUnwindSafe, catch_unwind};
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

    #[inline]
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

/// More arguments of a host function than this are kept on the heap during its call.
const INLINE_ARGS: usize = 8;

/// More results than this are kept on the heap during a call.
const INLINE_RESULTS: usize = 8;

impl VMFunction {
    /// The function, to be called with arguments whose types are known only at run time.
    ///
    /// ```
    /// # use wasmill_vm::{HostFunction, VMFunction, VMStore};
    /// let nothing = HostFunction::typed(&VMStore::new(), || ());
    /// let results = nothing.callee().call::<VMFunction>(&[], Clone::clone, |f| f);
    /// assert!(results.unwrap().is_empty());
    /// ```
    #[inline]
    pub fn callee(&self) -> Callee<'_> {
        Callee {
            function: self,
            ty: self.ty(),
        }
    }

    /// Enters the function.
    ///
    /// # Safety
    ///
    /// The domain is held, and all but the first register is what a function of this type expects.
    #[inline(always)]
    unsafe fn enter_with(&self, registers: &mut RegisterArgs) -> Result<RegisterResults, EarlyEnd> {
        let record = self.record();
        registers.gpr[0] = record.context as u64;
        // SAFETY: the record is that of a function of this type; the rest is the caller's promise. The closure owns nothing.
        unsafe {
            traps::enter(record.context, record.code, |stub| {
                invoke_raw(stub, registers)
            })
        }
    }
}

/// A function and its type, which is looked up once for all that a call needs it for.
///
/// ```
/// # use wasmill_types::Value;
/// # use wasmill_vm::{HostFunction, VMFunction, VMStore};
/// let double = HostFunction::typed(&VMStore::new(), |a: i32| 2 * a);
/// let double = double.callee();
/// for number in 0..3 {
///     let results = double.call::<VMFunction>(&[Value::I32(number)], Clone::clone, |f| f);
///     assert_eq!(*results.unwrap(), [Value::I32(2 * number)]);
/// }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Callee<'a> {
    function: &'a VMFunction,
    ty: &'a FunctionType,
}

impl<'a> Callee<'a> {
    /// The function's type.
    ///
    /// ```
    /// # use wasmill_vm::{HostFunction, VMStore};
    /// let double = HostFunction::typed(&VMStore::new(), |a: i32| 2 * a);
    /// assert_eq!(double.callee().ty().to_string(), "[I32] -> [I32]");
    /// ```
    #[inline]
    pub fn ty(&self) -> &'a FunctionType {
        self.ty
    }

    /// Calls the function. The caller has checked number, types and stores of the arguments. `lower` and `lift` know what
    /// is behind the caller's form of a function, and that form of one.
    ///
    /// ```
    /// # use wasmill_types::Value;
    /// # use wasmill_vm::{HostFunction, VMFunction, VMStore};
    /// let add = HostFunction::typed(&VMStore::new(), |a: i32, b: i32| a + b);
    /// let results = add.callee().call::<VMFunction>(&[Value::I32(40), Value::I32(2)], Clone::clone, |f| f);
    /// assert_eq!(*results.unwrap(), [Value::I32(42)]);
    /// ```
    ///
    /// # Errors
    ///
    /// If the call traps.
    ///
    /// # Panics
    ///
    /// If the caller has not: nothing that compiled code believes is taken unseen.
    pub fn call<T: WasmValueType>(
        &self,
        args: &[Value<T>],
        lower: impl Fn(&T) -> VMFunction,
        lift: impl Fn(VMFunction) -> T,
    ) -> Result<Box<[Value<T>]>, EarlyEnd> {
        let Self { function, ty } = *self;
        let island = function.island();
        let mut takes_refs = false;
        for arg in args {
            match arg {
                Value::FuncRef(Some(function)) => lower(function).join_domain(island),
                Value::ExternRef(_) => takes_refs = true,
                _ => {}
            }
        }
        let _guard = function.enter();
        if takes_refs {
            island.store().refs().collect_if_due();
        }
        assert_eq!(args.len(), ty.params().len(), "the caller checks them");
        let mut registers = RegisterArgs::default();
        let mut stack: Vec<u64> = Vec::new();
        let mut places = ArgumentPlaces::new(ty);
        for (arg, ty) in args.iter().zip(ty.params()) {
            assert_eq!(arg.ty(), *ty, "the caller checks the types");
            let raw = value_to_raw(island, arg, &lower).u128();
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
        registers.stack = stack.as_ptr();
        registers.stack_words = stack.len();
        // Funcrefs among the arguments may have merged islands: what is called has not changed.
        let value = |ty: &Type, raw: RawValue| {
            // SAFETY: the function has given values of its result types, from what its island can reach.
            unsafe { raw_to_value(*ty, raw, || island.clone(), &lift) }
        };
        let enter = |registers: &mut RegisterArgs| {
            // SAFETY: the domain is held, and arguments are sorted for the function's type; where it has two results or more,
            // there is room for them.
            unsafe { function.enter_with(registers) }
        };
        Ok(match ty.results() {
            [] => {
                enter(&mut registers)?;
                Box::default()
            }
            [ty] => {
                let given = enter(&mut registers)?;
                let raw = register_result(*ty, given.rax, given.xmm0);
                // Written where it stays: what is written in parts and then copied whole makes the processor wait.
                let mut results = Box::new_uninit_slice(1);
                results[0].write(value(ty, raw));
                // SAFETY: it was written.
                unsafe { results.assume_init() }
            }
            types => {
                let mut room: SmallVec<[RawValue; INLINE_RESULTS]> =
                    smallvec![RawValue::default(); types.len()];
                registers.gpr[1] = room.as_mut_ptr() as u64;
                enter(&mut registers)?;
                types
                    .iter()
                    .zip(room)
                    .map(|(ty, raw)| value(ty, raw))
                    .collect()
            }
        })
    }
}

/// The error that a host function gives.
pub type HostError = Box<dyn Error + Send + Sync>;

/// A call of a dynamically typed host function, while it runs.
pub struct DynamicCall<'a> {
    state: &'a DynamicState,
    home: &'a Home,
    frame: *mut DynamicFrame,
    given: bool,
}

impl DynamicCall<'_> {
    /// The function's type.
    pub fn ty(&self) -> &FunctionType {
        &self.state.ty
    }

    /// Gives the arguments to `body`, in order; `function` turns our form of function references into the caller's.
    #[inline]
    pub fn with_args<T, R>(
        &self,
        function: impl Fn(VMFunction) -> T,
        body: impl FnOnce(&[Value<T>]) -> R,
    ) -> R {
        let count = self.state.args.len();
        let mut inline = [const { MaybeUninit::<Value<T>>::uninit() }; INLINE_ARGS];
        let mut large;
        let places = match inline.get_mut(..count) {
            Some(places) => places,
            None => {
                large = Box::new_uninit_slice(count);
                &mut *large
            }
        };
        // Written where they stay, with nothing in between that could unwind: so they are never copied.
        for (place, arg) in places.iter_mut().zip(&self.state.args) {
            // Should making a later one unwind, this one is leaked.
            place.write(self.arg(arg, &function));
        }
        let args = Args {
            // SAFETY: all were written.
            values: unsafe { places.assume_init_mut() },
            have_refs: self.state.takes_refs,
        };
        body(args.values)
    }

    #[inline(always)]
    fn arg<T>(&self, arg: &DynamicArg, function: impl FnOnce(VMFunction) -> T) -> Value<T> {
        // SAFETY: the entry has spilled the registers into the frame, and the stack words of a function of this type
        // follow it: `arg` says where, and that a vector has two words there. It is a value of this type, from what the
        // caller's island can reach.
        unsafe {
            let place = self.frame.byte_add(arg.offset);
            let raw = match arg.ty {
                Type::V128 => RawValue::from_u128(place.cast::<u128>().read_unaligned()),
                _ => RawValue::from_u64(place.cast::<u64>().read()),
            };
            raw_to_value(arg.ty, raw, || self.home.island(), function)
        }
    }

    /// Gives the results; `function` turns the caller's form of function references into ours, unless it refuses.
    ///
    /// # Errors
    ///
    /// If number or types are not those of the function; what `function` refuses.
    #[inline]
    pub fn give<T: WasmValueType, E: Into<HostError>>(
        &mut self,
        mut results: Vec<Value<T>>,
        function: impl Fn(&T) -> Result<VMFunction, E>,
    ) -> Result<(), HostError> {
        let state = self.state;
        let expected = state.ty.results();
        if let ([value], [ty]) = (&results[..], expected)
            && value.ty() == *ty
            && let Some(raw) = number_to_raw(value)
        {
            // The usual case, without loops.
            self.give_in_register(*ty, raw);
            // SAFETY: not more than there are. A number has nothing to drop.
            unsafe { results.set_len(0) };
            return Ok(());
        }
        if !results.iter().map(Value::ty).eq(expected.iter().copied()) {
            return Err(self.wrong_results(results.iter().map(Value::ty).collect()));
        }
        if state.gives_refs {
            self.home.island().store().refs().collect_if_due();
        }
        for (nth, value) in results.iter().enumerate() {
            let raw = match number_to_raw(value) {
                Some(raw) => raw,
                None => self.ref_to_raw(value, &function)?,
            };
            if let [ty] = expected {
                self.give_in_register(*ty, raw);
            } else {
                // SAFETY: the frame is live, and with two results or more, the first argument behind the context points to
                // room for all of them.
                unsafe { ((*self.frame).gpr[1] as *mut RawValue).add(nth).write(raw) };
            }
        }
        self.given = true;
        Ok(())
    }

    /// Gives the one result that there is.
    #[inline(always)]
    fn give_in_register(&mut self, ty: Type, raw: RawValue) {
        // SAFETY: the frame is live.
        let frame = unsafe { &mut *self.frame };
        match ty {
            Type::F32 | Type::F64 | Type::V128 => frame.xmm[0] = raw.u128(),
            _ => frame.gpr[0] = raw.u64(),
        }
        self.given = true;
    }

    #[inline(never)]
    fn ref_to_raw<T, E: Into<HostError>>(
        &self,
        value: &Value<T>,
        function: impl Fn(&T) -> Result<VMFunction, E>,
    ) -> Result<RawValue, HostError> {
        let known = match value {
            Value::FuncRef(Some(reference)) => Some(function(reference).map_err(Into::into)?),
            _ => None,
        };
        // Calls inside, and the values before, may have merged islands: asked only now.
        let island = self.home.island();
        Ok(value_to_raw(&island, value, |_| {
            known.expect("it is a function")
        }))
    }

    #[cold]
    fn wrong_results(&self, got: Box<[Type]>) -> HostError {
        let expected = self.ty().results().into();
        Box::new(WrongResults { expected, got })
    }
}

impl fmt::Debug for DynamicCall<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamicCall")
            .field("ty", self.ty())
            .finish_non_exhaustive()
    }
}

/// The arguments of a call, dropped after it.
struct Args<'a, T> {
    values: &'a mut [Value<T>],
    have_refs: bool,
}

impl<T> Drop for Args<'_, T> {
    #[inline(always)]
    fn drop(&mut self) {
        // There is nothing to drop in a number, and nobody need look.
        if self.have_refs {
            // SAFETY: whoever made this gave the values away for good.
            unsafe { std::ptr::drop_in_place(self.values) };
        }
    }
}

/// A host function with a type that is known only at run time: reads the arguments of the call and gives it results.
pub type DynamicFunction = dyn Fn(&mut DynamicCall<'_>) -> Result<(), HostError> + Send + Sync;

struct DynamicState {
    ty: FunctionType,
    args: Box<[DynamicArg]>,
    /// Whether there are references among the arguments.
    takes_refs: bool,
    /// Whether there are references among the results.
    gives_refs: bool,
    function: Box<DynamicFunction>,
}

/// An argument: its type, and where it is from the start of the [`DynamicFrame`].
struct DynamicArg {
    ty: Type,
    offset: usize,
}

impl DynamicState {
    fn new(ty: FunctionType, function: Box<DynamicFunction>) -> Self {
        let mut places = ArgumentPlaces::new(&ty);
        let arg = |ty: &Type| DynamicArg {
            ty: *ty,
            offset: match places.next(*ty) {
                Place::Gpr(nth) => offset_of!(DynamicFrame, gpr) + 8 * nth,
                Place::Xmm(nth) => offset_of!(DynamicFrame, xmm) + 16 * nth,
                Place::Stack(nth) => offset_of!(DynamicFrame, stack) + 8 * nth,
            },
        };
        Self {
            args: ty.params().iter().map(arg).collect(),
            takes_refs: ty.params().iter().any(|ty| ty.is_ref()),
            gives_refs: ty.results().iter().any(|ty| ty.is_ref()),
            ty,
            function,
        }
    }
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
                state,
                home,
                frame,
                given: false,
            };
            (state.function)(&mut call)?;
            match call.given {
                true => Ok(()),
                // What is in the registers is nothing for a guest to see.
                false => call.give(Vec::new(), |known: &VMFunction| {
                    Ok::<_, HostError>(known.clone())
                }),
            }
        }));
        let reason = match outcome {
            Ok(Ok(())) => return,
            Ok(Err(error)) => EndReason::User(error),
            Err(payload) => EndReason::Panic(payload),
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
        env: Option<Arc<dyn Any + Send + Sync>>,
        function: Box<DynamicFunction>,
    ) -> VMFunction {
        let state = Owned::new(DynamicState::new(ty.clone(), function));
        let code = HostCode {
            entry: dynamic_entry as *const c_void,
            state: state.place().as_ptr().cast_const().cast(),
            exclusive: false,
            domain: None,
        };
        let resources = Box::new(state);
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

#[cfg(test)]
mod tests;
