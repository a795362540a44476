//! Memories: sizes and growth, views, pointers of guests with all their boundaries, and every text when something is
//! refused.

use std::sync::atomic::Ordering;
use wasmill::*;

const PAGE: u32 = 65_536;

fn memory(store: &Store, minimum: u32, maximum: Option<u32>) -> Memory {
    Memory::new(store, MemoryType::new(minimum, maximum, false)).unwrap()
}

#[test]
fn texts_of_what_is_refused() {
    let store = Store::default();
    let make = |minimum: u32, maximum| {
        Memory::new(&store, MemoryType::new(minimum, maximum, false)).unwrap_err()
    };
    let error = make(65_537, None);
    assert_eq!(
        error,
        MemoryError::MinimumMemoryTooLarge {
            min_requested: Pages(65_537),
            max_allowed: Pages(65_536)
        }
    );
    assert_eq!(
        error.to_string(),
        "The minimum requested (65537 pages) memory is greater than the maximum allowed memory (65536 pages)"
    );
    let error = make(1, Some(65_537));
    assert_eq!(
        error,
        MemoryError::MaximumMemoryTooLarge {
            max_requested: Pages(65_537),
            max_allowed: Pages(65_536)
        }
    );
    assert_eq!(
        error.to_string(),
        "The maximum requested memory (65537 pages) is greater than the maximum allowed memory (65536 pages)"
    );
    let error = make(5, Some(2));
    let reason = "the maximum (2 pages) is less than the minimum (5 pages)";
    assert_eq!(
        error,
        MemoryError::InvalidMemory {
            reason: reason.into()
        }
    );
    assert_eq!(
        error.to_string(),
        format!("The memory is invalid because {reason}")
    );
    assert!(matches!(
        make(u32::MAX, Some(u32::MAX)),
        MemoryError::MinimumMemoryTooLarge { .. }
    ));
    let error = memory(&store, 1, Some(2)).grow(2).unwrap_err();
    assert_eq!(
        error,
        MemoryError::CouldNotGrow {
            current: Pages(1),
            attempted_delta: Pages(2)
        }
    );
    assert_eq!(
        error.to_string(),
        "The memory could not grow: current size 1 pages, requested increase: 2 pages"
    );
    assert_eq!(
        MemoryError::Region("x".into()).to_string(),
        "Error when allocating memory: x"
    );
    assert_eq!(
        MemoryError::Generic("x".into()).to_string(),
        "A user-defined error occurred: x"
    );
}

#[test]
fn sizes_follow_growth() {
    let store = Store::default();
    let memory = memory(&store, 2, Some(10));
    assert_eq!(memory.ty(), MemoryType::new(2, Some(10), false));
    let base = memory.data_ptr();
    assert_eq!(memory.grow(0).unwrap(), Pages(2));
    assert_eq!(memory.grow(3).unwrap(), Pages(2));
    assert_eq!(memory.grow(Pages(1)).unwrap(), Pages(5));
    assert_eq!(
        (memory.size(), memory.data_size()),
        (Pages(6), 6 * u64::from(PAGE))
    );
    assert_eq!(memory.ty(), MemoryType::new(6, Some(10), false));
    assert_eq!(memory.data_ptr(), base);
    assert!(memory.grow(5).is_err() && memory.grow(u32::MAX).is_err());
    assert_eq!(memory.size(), Pages(6));
    assert!(memory.view::<u64>().iter().all(|cell| cell.get() == 0));
    assert_eq!(memory.store(), &store);
    let text = format!("{memory:?}");
    assert!(
        text.starts_with(
            "Memory { ty: MemoryType { minimum: 6 pages, maximum: Some(10 pages), shared: false }"
        ),
        "{text}"
    );
}

#[test]
fn a_memory_may_have_all_65536_pages() {
    let store = Store::default();
    let memory = memory(&store, 1, None);
    assert_eq!(memory.grow(65_534).unwrap(), Pages(1));
    assert_eq!(memory.grow(1).unwrap(), Pages(65_535));
    let text = "The memory could not grow: current size 65536 pages, requested increase: 1 pages";
    assert_eq!(memory.grow(1).unwrap_err().to_string(), text);
    assert_eq!(
        (memory.size(), memory.data_size()),
        (Pages::max_value(), 1 << 32)
    );
    memory.write(u64::from(u32::MAX), &[7]).unwrap();
    assert_eq!(
        WasmPtr::<u8>::new(u32::MAX).deref(&memory).unwrap().get(),
        7
    );
    assert!(WasmPtr::<u16>::new(u32::MAX).deref(&memory).is_none());
    assert_eq!(memory.view::<u8>().len(), 1 << 32);
    let wat = r#"(module (memory (export "m") 65535)
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
        (func (export "size") (result i32) (memory.size))
        (func (export "last") (result i32) (i32.store (i32.const -4) (i32.const 9)) (i32.load (i32.const -4)))
        (func (export "behind") (result i32) (i32.load offset=1 (i32.const -4))))"#;
    let instance = Instance::new(&Module::new(&store, wat).unwrap(), &imports! {}).unwrap();
    let call = |name: &str| {
        instance
            .exports
            .get_native_function::<(), i32>(name)
            .unwrap()
            .call()
    };
    let grow = instance
        .exports
        .get_native_function::<i32, i32>("grow")
        .unwrap();
    assert_eq!(
        call("last").unwrap_err().message(),
        "out of bounds memory access"
    );
    assert_eq!(grow.call(2).unwrap(), -1);
    assert_eq!(grow.call(1).unwrap(), 65_535);
    assert_eq!(grow.call(1).unwrap(), -1);
    assert_eq!(grow.call(0).unwrap(), 65_536);
    assert_eq!((call("size").unwrap(), call("last").unwrap()), (65_536, 9));
    assert_eq!(
        call("behind").unwrap_err().message(),
        "out of bounds memory access"
    );
}

#[test]
fn host_and_guest_see_the_same_bytes() {
    let store = Store::default();
    let wat = r#"(module (import "env" "m" (memory $m 1 4)) (export "m" (memory $m))
        (data (i32.const 3) "abc")
        (func (export "get") (param i32) (result i32) (i32.load8_u (local.get 0)))
        (func (export "set") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
        (func (export "size") (result i32) (memory.size)))"#;
    let memory = memory(&store, 1, Some(4));
    let module = Module::new(&store, wat).unwrap();
    let imports = imports! { "env" => { "m" => memory.clone() } };
    let instance = Instance::new(&module, &imports).unwrap();
    assert!(instance.exports.get_memory("m").unwrap().same(&memory));
    let get = instance
        .exports
        .get_native_function::<u32, u32>("get")
        .unwrap();
    let set = instance
        .exports
        .get_native_function::<(u32, u32), ()>("set")
        .unwrap();
    let grow = instance
        .exports
        .get_native_function::<u32, i32>("grow")
        .unwrap();
    let size = instance
        .exports
        .get_native_function::<(), u32>("size")
        .unwrap();
    assert_eq!(get.call(4).unwrap(), u32::from(b'b'));
    set.call(4, 200).unwrap();
    let mut bytes = [0; 5];
    memory.read(2, &mut bytes).unwrap();
    assert_eq!(bytes, [0, b'a', 200, b'c', 0]);
    memory.write(u64::from(PAGE) - 1, &[77]).unwrap();
    assert_eq!(get.call(PAGE - 1).unwrap(), 77);
    assert!(get.call(PAGE).is_err());
    assert_eq!(memory.grow(1).unwrap(), Pages(1));
    assert_eq!((size.call().unwrap(), get.call(PAGE).unwrap()), (2, 0));
    assert_eq!(grow.call(2).unwrap(), 2);
    assert_eq!((memory.size(), grow.call(1).unwrap()), (Pages(4), -1));
    set.call(4 * PAGE - 1, 5).unwrap();
    assert_eq!(memory.view::<u8>()[4 * PAGE as usize - 1].get(), 5);
    // A second instance finds what the first has left, its segment written over it.
    let again = Instance::new(&module, &imports).unwrap();
    assert_eq!(
        again
            .exports
            .get_native_function::<u32, u32>("get")
            .unwrap()
            .call(4)
            .unwrap(),
        u32::from(b'b')
    );
}

#[test]
fn reading_and_writing_bytes() {
    let memory = memory(&Store::default(), 1, None);
    memory.write(10, b"hello").unwrap();
    let mut bytes = [0; 7];
    memory.read(9, &mut bytes).unwrap();
    assert_eq!(&bytes, b"\0hello\0");
    let size = u64::from(PAGE);
    memory.write(size, &[]).unwrap();
    for offset in [size, size - 1, u64::MAX, u64::MAX - 1, 1 << 32] {
        let error = memory.write(offset, &[1, 2]).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("out of bounds memory access: 2 bytes at offset {offset}")
        );
        assert!(memory.read(offset, &mut [0; 2]).is_err());
    }
    assert_eq!(memory.view::<u8>()[PAGE as usize - 1].get(), 0);
}

#[test]
#[allow(unsafe_code, reason = "the contract has unsafe methods")]
fn raw_access() {
    let memory = memory(&Store::default(), 1, None);
    // SAFETY: nobody else uses the memory, and the two slices do not live at the same time.
    unsafe {
        memory.data_unchecked_mut()[5] = 9;
        assert_eq!(
            (memory.data_unchecked()[5], memory.data_unchecked().len()),
            (9, PAGE as usize)
        );
        assert_eq!(*memory.data_ptr().add(5), 9);
    }
}

#[test]
fn views() {
    let memory = memory(&Store::default(), 1, None);
    let bytes = memory.view::<u8>();
    assert_eq!(bytes.len(), PAGE as usize);
    (0u8..16).for_each(|nth| bytes[usize::from(nth)].set(nth));
    let copied: Vec<u8> = bytes[4..8].iter().map(std::cell::Cell::get).collect();
    assert_eq!(copied, [4, 5, 6, 7]);
    assert_eq!(memory.view::<u16>()[1].get(), 0x0302);
    assert_eq!(
        (memory.view::<i32>().len(), memory.view::<f64>().len()),
        (16_384, 8_192)
    );
    assert_eq!(memory.view::<u64>()[1].get(), 0x0f0e_0d0c_0b0a_0908);
    memory.view::<f32>()[2].set(1.5);
    assert_eq!(memory.view::<u32>()[2].get(), 1.5f32.to_bits());
    // Its length is that of its making, also when the memory grows.
    memory.grow(1).unwrap();
    assert_eq!(
        (bytes.len(), memory.view::<u8>().len()),
        (PAGE as usize, 2 * PAGE as usize)
    );
    assert_eq!(bytes[1].get(), 1);
    assert!(format!("{bytes:?}").starts_with("MemoryView { length: 65536"));
}

#[test]
fn views_of_atomics() {
    let memory = memory(&Store::default(), 1, None);
    let plain = memory.view::<u32>();
    let atomic = plain.atomically();
    atomic[3].store(77, Ordering::SeqCst);
    assert_eq!(atomic[3].fetch_add(1, Ordering::SeqCst), 77);
    assert_eq!((plain[3].get(), atomic.len()), (78, 16_384));
    drop(plain);
    assert_eq!(atomic[3].load(Ordering::SeqCst), 78);
    memory.view::<f32>()[0].set(2.5);
    assert_eq!(
        memory.view::<f32>().atomically()[0].load(Ordering::SeqCst),
        2.5f32.to_bits()
    );
    memory.view::<i8>().atomically()[4].store(-1, Ordering::SeqCst);
    memory.view::<i64>().atomically()[1].fetch_or(1 << 40, Ordering::SeqCst);
    assert_eq!(
        (memory.view::<u8>()[4].get(), memory.view::<u8>()[13].get()),
        (255, 1)
    );
}

#[test]
fn pointers_to_items_and_their_boundaries() {
    let memory = memory(&Store::default(), 1, None);
    let item = |offset| WasmPtr::<u8>::new(offset).deref(&memory).is_some();
    assert!(item(0) && item(PAGE - 1));
    assert!(!item(PAGE) && !item(PAGE + 1) && !item(u32::MAX));
    let wide = |offset| WasmPtr::<u64>::new(offset).deref(&memory).is_some();
    assert!(wide(PAGE - 8));
    assert!(!wide(PAGE - 4) && !wide(PAGE) && !wide(u32::MAX - 7));
    // Not aligned.
    assert!(!wide(4) && !wide(1) && WasmPtr::<u32>::new(4).deref(&memory).is_some());
    let cell = WasmPtr::<u32>::new(8).deref(&memory).unwrap();
    cell.set(0x0102_0304);
    drop(cell);
    assert_eq!(memory.view::<u8>()[8].get(), 4);
    assert_eq!(
        WasmPtr::<i16>::new(10).deref(&memory).unwrap().get(),
        0x0102
    );
    // Nothing lies in no memory.
    let empty = Memory::new(&Store::default(), MemoryType::new(0, None, false)).unwrap();
    assert!(WasmPtr::<u8>::new(0).deref(&empty).is_none());
}

#[test]
fn pointers_to_arrays_and_their_boundaries() {
    let memory = memory(&Store::default(), 1, None);
    let length = |offset, index, length| {
        WasmPtr::<u8, Array>::new(offset)
            .deref(&memory, index, length)
            .map(|cells| cells.len())
    };
    assert_eq!(length(0, 0, 0), Some(0));
    assert_eq!(length(0, 0, PAGE), Some(PAGE as usize));
    assert_eq!(length(0, 0, PAGE + 1), None);
    assert_eq!(length(0, 1, PAGE), None);
    assert_eq!(length(0, 1, PAGE - 1), Some(PAGE as usize - 1));
    assert_eq!(length(0, PAGE, 0), Some(0));
    assert_eq!(length(0, PAGE, 1), None);
    assert_eq!(length(0, u32::MAX, 1), None);
    assert_eq!(length(0, 1, u32::MAX), None);
    assert_eq!(length(0, u32::MAX, u32::MAX), None);
    assert_eq!(length(PAGE - 1, 0, 1), Some(1));
    assert_eq!(length(PAGE - 1, 0, 2), None);
    // At the very end there is nothing, not even an empty array.
    assert_eq!(length(PAGE - 1, 1, 0), Some(0));
    assert_eq!(length(PAGE, 0, 0), None);
    assert_eq!(length(u32::MAX, 0, 0), None);

    let wide = |offset, index, length| {
        WasmPtr::<u32, Array>::new(offset)
            .deref(&memory, index, length)
            .map(|cells| cells.len())
    };
    assert_eq!(wide(0, 0, PAGE / 4), Some(PAGE as usize / 4));
    assert_eq!(wide(4, 0, PAGE / 4), None);
    assert_eq!(wide(0, PAGE / 4, 1), None);
    assert_eq!(wide(0, 1 << 30, 1), None);
    assert_eq!(wide(2, 0, 1), None);
    // The result starts at the index.
    (0u8..12).for_each(|nth| memory.view::<u8>()[usize::from(nth)].set(nth));
    let cells = WasmPtr::<u8, Array>::new(2).deref(&memory, 3, 4).unwrap();
    assert_eq!(
        cells.iter().map(std::cell::Cell::get).collect::<Vec<_>>(),
        [5, 6, 7, 8]
    );
}

/// What users may put into a memory: plain data of a fixed layout.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Pair {
    first: u32,
    second: WasmPtr<u8, Array>,
}

#[allow(unsafe_code, reason = "so users do it")]
// SAFETY: two numbers of four bytes, any of which are valid, without padding.
unsafe impl ValueType for Pair {}

#[test]
fn pointers_to_types_of_the_user() {
    let memory = memory(&Store::default(), 1, None);
    memory.write(16, &[1, 0, 0, 0, 0x2a, 0, 0, 0]).unwrap();
    let pair = WasmPtr::<Pair>::new(16).deref(&memory).unwrap().get();
    assert_eq!(
        pair,
        Pair {
            first: 1,
            second: WasmPtr::new(42)
        }
    );
    assert_eq!(format!("{:?}", pair.second), "WasmPtr(0x2a)");
    assert_eq!(pair.second.offset(), 42);
    let pairs = WasmPtr::<Pair, Array>::new(0).deref(&memory, 1, 2).unwrap();
    assert_eq!(pairs[1].get(), pair);
    pairs[0].set(Pair {
        first: 7,
        second: WasmPtr::new(8),
    });
    drop(pairs);
    assert_eq!(memory.view::<u64>()[1].get(), 7 | 8 << 32);
    // A guest passes one as a number.
    assert!(WasmPtr::<Pair>::new(5) == WasmPtr::<Pair>::from_native(5));
    assert_eq!(WasmPtr::<Pair, Array>::new(u32::MAX).to_native(), -1);
}

#[derive(Clone, Copy)]
struct Nothing;

#[allow(unsafe_code, reason = "so users do it")]
// SAFETY: no bytes at all.
unsafe impl ValueType for Nothing {}

#[test]
fn types_without_a_size_have_no_place() {
    let memory = memory(&Store::default(), 1, None);
    assert!(WasmPtr::<Nothing>::new(0).deref(&memory).is_none());
    assert!(
        WasmPtr::<Nothing, Array>::new(0)
            .deref(&memory, 0, 1)
            .is_none()
    );
    assert_eq!(memory.view::<Nothing>().len(), 0);
}

#[test]
#[allow(unsafe_code, reason = "the contract has unsafe methods")]
fn texts_in_memory() {
    let memory = memory(&Store::default(), 1, None);
    memory.write(100, "grüße\0rest".as_bytes()).unwrap();
    memory.write(200, &[0xff, 0xfe, 0]).unwrap();
    memory.write(u64::from(PAGE) - 3, b"end").unwrap();
    let at = WasmPtr::<u8, Array>::new;
    assert_eq!(at(100).get_utf8_string(&memory, 7).unwrap(), "grüße");
    assert_eq!(
        at(100).get_utf8_string(&memory, 3),
        None,
        "in the middle of a character"
    );
    assert_eq!(at(100).get_utf8_string(&memory, 0).unwrap(), "");
    assert_eq!(at(100).get_utf8_string_with_nul(&memory).unwrap(), "grüße");
    assert_eq!(at(107).get_utf8_string_with_nul(&memory).unwrap(), "");
    assert_eq!(
        (
            at(200).get_utf8_string(&memory, 2),
            at(200).get_utf8_string_with_nul(&memory)
        ),
        (None, None)
    );
    assert_eq!(at(PAGE - 3).get_utf8_string(&memory, 3).unwrap(), "end");
    assert_eq!(at(PAGE - 3).get_utf8_string(&memory, 4), None);
    assert_eq!(
        at(PAGE - 3).get_utf8_string_with_nul(&memory),
        None,
        "no NUL up to the end"
    );
    for outside in [PAGE, PAGE + 1, u32::MAX] {
        assert_eq!(at(outside).get_utf8_string_with_nul(&memory), None);
        assert_eq!(at(outside).get_utf8_string(&memory, 1), None);
        assert_eq!(at(outside).get_utf8_string(&memory, u32::MAX), None);
    }
    // SAFETY: nobody writes to the memory.
    unsafe {
        assert_eq!(at(100).get_utf8_str(&memory, 7), Some("grüße"));
        assert_eq!(at(100).get_utf8_str_with_nul(&memory), Some("grüße"));
        assert_eq!(
            (
                at(200).get_utf8_str(&memory, 2),
                at(PAGE - 3).get_utf8_str_with_nul(&memory)
            ),
            (None, None)
        );
        assert_eq!(
            (
                at(PAGE).get_utf8_str_with_nul(&memory),
                at(PAGE).get_utf8_str(&memory, 1)
            ),
            (None, None)
        );
        // The length is in bytes, whatever the pointer is to.
        assert_eq!(
            WasmPtr::<u32, Array>::new(100).get_utf8_str(&memory, 2),
            Some("gr")
        );
    }
}

#[test]
fn imported_memories_must_fit() {
    let store = Store::default();
    let module = Module::new(&store, r#"(module (import "env" "m" (memory 2 5)))"#).unwrap();
    let import = |memory: &Memory| {
        Instance::new(&module, &imports! { "env" => { "m" => memory.clone() } })
            .map(drop)
            .map_err(|e| e.to_string())
    };
    import(&memory(&store, 2, Some(5))).unwrap();
    import(&memory(&store, 3, Some(4))).unwrap();
    for (minimum, maximum) in [(1, Some(5)), (2, None), (2, Some(6))] {
        let text = import(&memory(&store, minimum, maximum)).unwrap_err();
        let received = format!(
            "minimum: {minimum} pages, maximum: {:?}, shared: false",
            maximum.map(Pages)
        );
        assert_eq!(
            text,
            format!(
                "Error while importing \"env\".\"m\": incompatible import type. Expected Memory(MemoryType \
                 {{ minimum: 2 pages, maximum: Some(5 pages), shared: false }}) but received Memory(MemoryType {{ {received} }})"
            )
        );
    }
    // What counts is the size that it has.
    let grown = memory(&store, 1, Some(5));
    grown.grow(1).unwrap();
    import(&grown).unwrap();
}

#[test]
fn units() {
    assert_eq!(
        (WASM_PAGE_SIZE, WASM_MAX_PAGES, WASM_MIN_PAGES),
        (65_536, 65_536, 256)
    );
    assert_eq!(Pages(2).bytes(), Bytes(131_072));
    assert_eq!(
        Pages(65_535).checked_add(Pages(1)),
        Some(Pages::max_value())
    );
    assert_eq!(Pages(65_536).checked_add(Pages(1)), None);
    assert_eq!(Pages::try_from(Bytes(65_537)).unwrap(), Pages(1));
    assert_eq!(
        Pages::try_from(Bytes(usize::MAX)).unwrap_err().to_string(),
        "Number of pages exceeds uint32 range"
    );
    assert_eq!(
        (Pages(3) + 2u32, Bytes(3) + 2usize, Bytes(3) - Bytes(1)),
        (Pages(5), Bytes(5), Bytes(2))
    );
    assert_eq!(format!("{:?} {:?}", Pages(3), Bytes(4)), "3 pages 4 bytes");
}
