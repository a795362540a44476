//! What `translate` makes of each section.

mod support;

use support::{Builder, leb, sized};
use wasmill_compiler::{CompileError, Features, translate, wat2wasm};
use wasmill_types::*;

fn info(text: &str) -> ModuleInfo {
    let wasm = wat::parse_str(text).unwrap();
    translate(&wasm, &Features::default()).unwrap().info
}

#[test]
fn imports_come_first_in_their_index_spaces() {
    let info = info(
        r#"(module
            (import "a" "f" (func (param i32)))
            (import "a" "f" (func (result i64)))
            (import "" "m" (memory 1 2))
            (import "a" "t" (table 3 externref))
            (import "a" "g" (global (mut f32)))
            (func) (func) (table 1 1 funcref) (global i32 (i32.const 1)))"#,
    );
    let imports: Vec<_> = info.imports.iter().collect();
    let expected = [
        ("a", "f", ImportIndex::Function(FunctionIndex::from_u32(0))),
        ("a", "f", ImportIndex::Function(FunctionIndex::from_u32(1))),
        ("", "m", ImportIndex::Memory(MemoryIndex::from_u32(0))),
        ("a", "t", ImportIndex::Table(TableIndex::from_u32(0))),
        ("a", "g", ImportIndex::Global(GlobalIndex::from_u32(0))),
    ];
    assert_eq!(imports.len(), expected.len());
    for (position, ((module, field, number), index)) in imports.into_iter().enumerate() {
        let (expected_module, expected_field, expected_index) = expected[position];
        assert_eq!(
            (module.as_str(), field.as_str()),
            (expected_module, expected_field)
        );
        assert_eq!((*number as usize, *index), (position, expected_index));
    }
    assert_eq!(info.functions.len(), 4);
    assert_eq!(info.num_imported_functions, 2);
    assert_eq!(info.num_imported_tables, 1);
    assert_eq!(info.num_imported_memories, 1);
    assert_eq!(info.num_imported_globals, 1);
    assert_eq!(
        info.memories[MemoryIndex::from_u32(0)],
        MemoryType::new(1, Some(2), false)
    );
    assert_eq!(
        info.tables[TableIndex::from_u32(0)],
        TableType::new(Type::ExternRef, 3, None)
    );
    assert_eq!(
        info.tables[TableIndex::from_u32(1)],
        TableType::new(Type::FuncRef, 1, Some(1))
    );
    let imported = info.globals[GlobalIndex::from_u32(0)];
    assert_eq!(imported, GlobalType::new(Type::F32, Mutability::Var));
    assert_eq!(
        info.global_initializers.as_slice(),
        [GlobalInit::I32Const(1)]
    );
}

#[test]
fn constant_expressions() {
    let info = info(
        r#"(module
            (import "" "a" (global $a i32)) (import "" "b" (global $b i64))
            (global i32 (i32.const -5))
            (global i64 (i64.const 0x8000000000000000))
            (global f32 (f32.const nan:0x200001))
            (global f64 (f64.const -0))
            (global v128 (v128.const i64x2 1 2))
            (global i32 (global.get $a))
            (global externref (ref.null extern))
            (global funcref (ref.func $f))
            (global i32 (i32.add (i32.mul (global.get $a) (i32.const 3)) (i32.const 1)))
            (global i64 (i64.sub (global.get $b) (i64.const 1)))
            (func $f) (func))"#,
    );
    let init = info.global_initializers.as_slice();
    assert_eq!(init[0], GlobalInit::I32Const(-5));
    assert_eq!(init[1], GlobalInit::I64Const(i64::MIN));
    assert!(matches!(init[2], GlobalInit::F32Const(v) if v.to_bits() == 0x7fa0_0001));
    assert!(matches!(init[3], GlobalInit::F64Const(v) if v.to_bits() == 1 << 63));
    assert_eq!(init[4], GlobalInit::V128Const(1 | 2 << 64));
    assert_eq!(init[5], GlobalInit::GetGlobal(GlobalIndex::from_u32(0)));
    assert_eq!(init[6], GlobalInit::RefNullConst);
    assert_eq!(init[7], GlobalInit::RefFunc(FunctionIndex::from_u32(0)));
    assert_eq!(init[8], GlobalInit::Expr(ConstExprIndex::from_u32(0)));
    assert_eq!(init[9], GlobalInit::Expr(ConstExprIndex::from_u32(1)));
    let a = ConstOp::GlobalGet(GlobalIndex::from_u32(0));
    assert_eq!(
        *info.const_exprs[ConstExprIndex::from_u32(0)],
        [
            a,
            ConstOp::I32Const(3),
            ConstOp::I32Mul,
            ConstOp::I32Const(1),
            ConstOp::I32Add
        ]
    );
    assert_eq!(info.escaping_functions, [FunctionIndex::from_u32(0)]);
}

#[test]
fn segments() {
    let info = info(
        r#"(module
            (import "" "base" (global $base i32))
            (memory 1) (table $t 5 funcref) (table $u 5 externref)
            (data (i32.const 3) "abc")
            (data $passive "defg")
            (data (i32.add (global.get $base) (i32.const 1)) "")
            (elem (table $t) (i32.const 1) func $f $g $f)
            (elem $p funcref (ref.func $h) (ref.null func))
            (elem declare func $g)
            (elem (table $u) (i32.const 0) externref (ref.null extern))
            (func $f) (func $g) (func $h) (func))"#,
    );
    let data: Vec<_> = info.data_segments.values().collect();
    let bytes = |segment: &DataSegment| &info.data[segment.range.clone()];
    assert_eq!(
        (bytes(data[0]), bytes(data[1]), bytes(data[2])),
        (&b"abc"[..], &b"defg"[..], &b""[..])
    );
    let place = MemoryIndex::from_u32(0);
    let offset = GlobalInit::I32Const(3);
    assert_eq!(data[0].mode, SegmentMode::Active { place, offset });
    assert_eq!(data[1].mode, SegmentMode::Passive);
    let offset = GlobalInit::Expr(ConstExprIndex::from_u32(0));
    assert_eq!(data[2].mode, SegmentMode::Active { place, offset });

    let [f, g, h] = [0, 1, 2].map(FunctionIndex::from_u32);
    let elements: Vec<_> = info.element_segments.values().collect();
    assert_eq!(elements[0].items, ElementItems::Functions([f, g, f].into()));
    let (place, offset) = (TableIndex::from_u32(0), GlobalInit::I32Const(1));
    assert_eq!(elements[0].mode, SegmentMode::Active { place, offset });
    let items = [GlobalInit::RefFunc(h), GlobalInit::RefNullConst];
    assert_eq!(elements[1].items, ElementItems::Expressions(items.into()));
    assert_eq!(
        (&elements[1].mode, elements[1].ty),
        (&SegmentMode::Passive, Type::FuncRef)
    );
    assert_eq!(elements[2].mode, SegmentMode::Declared);
    assert_eq!(elements[3].ty, Type::ExternRef);
    assert!(matches!(elements[3].mode, SegmentMode::Active { place, .. } if place.as_u32() == 1));
    assert_eq!(info.escaping_functions, [f, g, h]);
    assert_eq!(
        info.table_initializers.as_slice(),
        [GlobalInit::RefNullConst; 2]
    );
}

#[test]
fn exports_and_start_in_order() {
    let info = info(
        r#"(module (import "" "f" (func $i))
            (func $a) (func $b) (func) (start $b) (memory 1) (global i32 (i32.const 0)) (table 1 funcref)
            (export "z" (func $a)) (export "m" (memory 0)) (export "" (func $i))
            (export "g" (global 0)) (export "t" (table 0)) (export "again" (func $a)))"#,
    );
    let names: Vec<_> = info.exports.keys().map(String::as_str).collect();
    assert_eq!(names, ["z", "m", "", "g", "t", "again"]);
    assert_eq!(
        info.exports["z"],
        ExportIndex::Function(FunctionIndex::from_u32(1))
    );
    assert_eq!(
        info.exports[""],
        ExportIndex::Function(FunctionIndex::from_u32(0))
    );
    assert_eq!(info.start_function, Some(FunctionIndex::from_u32(2)));
    assert_eq!(
        info.escaping_functions,
        [0, 1, 2].map(FunctionIndex::from_u32)
    );
}

#[test]
fn names_and_custom_sections() {
    let names = |module: &str, functions: &[(u32, &str)]| {
        let mut map = leb(functions.len() as u64);
        for (index, name) in functions {
            map.extend(leb(u64::from(*index)));
            map.extend(sized(name.as_bytes()));
        }
        let module = [&[0][..], &sized(&sized(module.as_bytes()))].concat();
        [sized(b"name"), module, vec![1], sized(&map)].concat()
    };
    let custom = |name: &str, data: &[u8]| [&sized(name.as_bytes()), data].concat();
    let wasm = Builder::new()
        // Names may come before what they name, and name what is not there.
        .section(0, &names("old", &[(0, "f"), (7, "nobody")]))
        .section(0, &custom("x", b"1"))
        .items(1, &[vec![0x60, 0, 0]])
        .section(0, &custom("y", b""))
        .items(3, &[vec![0], vec![0]])
        .items(10, &[vec![2, 0, 0x0b], vec![2, 0, 0x0b]])
        .section(0, &custom("x", b"2"))
        .section(0, &names("new", &[(1, "g")]))
        // A name section that makes no sense makes no module invalid.
        .section(0, &custom("name", &[0xff; 5]))
        .finish();
    let info = translate(&wasm, &Features::default()).unwrap().info;
    assert_eq!(info.name.as_deref(), Some("new"));
    assert_eq!(info.function_names.len(), 2);
    assert_eq!(info.function_names[&FunctionIndex::from_u32(0)], "f");
    assert_eq!(info.function_names[&FunctionIndex::from_u32(1)], "g");
    let sections: Vec<_> = info
        .custom_sections
        .iter()
        .map(|(name, index)| (name.as_str(), &*info.custom_sections_data[*index]))
        .collect();
    assert_eq!(sections, [("x", &b"1"[..]), ("y", b""), ("x", b"2")]);
}

#[test]
fn bodies_know_their_place() {
    let wasm =
        wat::parse_str("(module (import \"\" \"\" (func)) (func nop) (func (local i32)))").unwrap();
    let module = translate(&wasm, &Features::default()).unwrap();
    let bodies: Vec<_> = module.bodies.values().collect();
    assert_eq!(bodies.len(), 2);
    assert_eq!(bodies[0].index().as_u32(), 1);
    assert_eq!(bodies[0].len(), 3);
    let range = bodies[0].start_offset() as usize..bodies[0].end_offset() as usize;
    assert_eq!(wasm[range], [0, 0x01, 0x0b]);
    assert_eq!(bodies[1].end_offset() as usize, wasm.len());
}

#[test]
fn errors_have_the_text_of_the_contract() {
    let text = |wasm: &[u8]| {
        translate(wasm, &Features::default())
            .unwrap_err()
            .to_string()
    };
    let error = text(b"\0asm\x01\0\0\0\x63\0");
    assert_eq!(
        error,
        "Validation error: malformed section id: 99 (at offset 10)"
    );
    assert!(text(b"").ends_with("(at offset 0)"));
    let wasm = wat::parse_str("(module (func (result i32) i64.const 0))").unwrap();
    let Err(CompileError::Validate(error)) =
        wasmill_compiler::validate(&wasm, &Features::default())
    else {
        panic!("a function of another type than it says");
    };
    assert_eq!(
        error,
        "type mismatch: expected i32, found i64 (at offset 26)"
    );
}

#[test]
fn the_text_format_is_read() {
    let wasm = wat2wasm(b"(module $m (func $f (param i32) get_local 0 drop))").unwrap();
    let info = translate(&wasm, &Features::default()).unwrap().info;
    assert_eq!(info.name.as_deref(), Some("m"));
}
