//! What the entry of dynamic host functions hands to Rust, made by hand: so Miri can look at how arguments are read and
//! results are written.

use super::*;
use crate::domain::Domain;
use crate::island::Island;
use std::sync::Mutex;
use wasmill_abi::ContextHeader;
use wasmill_types::ExternRef;

/// A frame, and the words that the caller left on the stack behind it.
#[repr(C)]
struct Stack {
    frame: DynamicFrame,
    words: [u64; 8],
}

/// Calls a host function as its entry does: with what is in the registers and on the stack.
fn call(function: &VMFunction, island: &Arc<Island>, fill: impl FnOnce(&mut Stack)) -> Box<Stack> {
    let record = function.adopted_by(island);
    // SAFETY: all zero is a valid frame.
    let mut stack: Box<Stack> = unsafe { Box::new(std::mem::zeroed()) };
    fill(&mut stack);
    let context: *mut ContextHeader = function_context(record);
    stack.frame.gpr[0] = context.expose_provenance() as u64;
    let _guard = island.domain().enter();
    // SAFETY: the frame is that of a call of this function, with its context first.
    unsafe { dynamic_target((&raw mut *stack).cast()) };
    stack
}

fn function_context(record: std::ptr::NonNull<wasmill_abi::VMFuncRef>) -> *mut ContextHeader {
    // SAFETY: the island has just got it.
    unsafe { record.as_ref() }.context
}

fn same(function: VMFunction) -> VMFunction {
    function
}

fn give(call: &mut DynamicCall<'_>, results: Vec<Value<VMFunction>>) -> Result<(), HostError> {
    call.give(results, |function| Ok::<_, HostError>(function.clone()))
}

#[test]
fn arguments_come_from_registers_and_from_the_stack() {
    use Type::{F64, I32, I64, V128};
    let store = VMStore::new();
    let island = Island::new(store.clone(), Domain::new());
    let seen: Arc<Mutex<Vec<Value<VMFunction>>>> = Arc::default();
    let keep = seen.clone();
    // Five integers fit into registers behind the context.
    let mut params = vec![I32, I64, F64, I64, I64, I64, I64];
    params.extend([V128; 8]);
    let function = HostFunction::dynamic(
        &store,
        FunctionType::new(params, [I64]),
        None,
        Box::new(move |call| {
            call.with_args(same, |args| keep.lock().unwrap().extend_from_slice(args));
            give(call, vec![Value::I64(-7)])
        }),
    );
    let stack = call(&function, &island, |stack| {
        stack.frame.gpr = [0, 1, 2, 3, 4, 5];
        stack.frame.xmm[0] = u128::from(1.5f64.to_bits());
        (1..8).for_each(|nth| stack.frame.xmm[nth] = nth as u128);
        // The sixth integer, a hole, a vector.
        stack.words = [6, 99, 8, 1 << 63, 0, 0, 0, 0];
    });
    assert_eq!(stack.frame.gpr[0] as i64, -7);
    let mut expected = vec![Value::I32(1), Value::I64(2), Value::F64(1.5)];
    expected.extend([3, 4, 5, 6].map(Value::I64));
    expected.extend((1..8).map(Value::V128));
    expected.push(Value::V128((1 << 127) | 8));
    assert_eq!(*seen.lock().unwrap(), expected);
}

#[test]
fn several_results_go_to_memory() {
    use Type::{ExternRef as Ref, F32, FuncRef, I32, V128};
    let store = VMStore::new();
    let island = Island::new(store.clone(), store.ref_domain().clone());
    let function = HostFunction::dynamic(
        &store,
        FunctionType::new([FuncRef, Ref], [I32, V128, F32, Ref, FuncRef]),
        None,
        Box::new(|call| {
            let results = call.with_args(same, |args| {
                let mut results = vec![Value::I32(-1), Value::V128(1 << 100), Value::F32(0.5)];
                results.extend([args[1].clone(), args[0].clone()]);
                results
            });
            give(call, results)
        }),
    );
    let mut room = [RawValue::default(); 5];
    let value = ExternRef::new("kept".to_owned());
    let raw = store.refs().insert(value.clone());
    let reference = function.adopted_by(&island);
    call(&function, &island, |stack| {
        stack.frame.gpr[1] = room.as_mut_ptr().expose_provenance() as u64;
        stack.frame.gpr[2] = reference.as_ptr().expose_provenance() as u64;
        stack.frame.gpr[3] = raw.into();
    });
    assert_eq!(
        (room[0].i32(), room[1].u128(), room[2].f32()),
        (-1, 1 << 100, 0.5)
    );
    assert_eq!(store.refs().get(room[3].u32()), value);
    assert_eq!(room[4].u64() as usize, reference.addr().get());
}
