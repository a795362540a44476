//! What the macro says of what it does not understand, and what it makes of what it does.
//!
//! That the code it makes compiles and works is tested where it is used: in the front crate, and under another name in
//! `tests/renamed`.

use crate::expand::expand;
use quote::quote;

fn expanded(input: &str) -> Result<String, Vec<String>> {
    let input = syn::parse_str(input).expect("the input is Rust");
    match expand(&input, &quote!(::root)) {
        Ok(code) => {
            let file = syn::parse2::<syn::File>(code).expect("the output is Rust");
            Ok(quote!(#file).to_string())
        }
        Err(error) => Err(error.into_iter().map(|error| error.to_string()).collect()),
    }
}

/// What is said of a struct with one field.
fn refused(field: &str) -> String {
    let errors = expanded(&format!("struct Env {{ {field} }}")).unwrap_err();
    assert_eq!(errors.len(), 1, "{errors:?}");
    errors.into_iter().next().unwrap()
}

#[test]
fn texts_about_attributes() {
    assert_eq!(
        refused("#[wasmer(expert)] memory: LazyInit<Memory>"),
        "Unexpected identifier `expert`. Expected `export`."
    );
    assert_eq!(
        refused("#[wasmer(export(named = \"a\"))] memory: LazyInit<Memory>"),
        "Unrecognized argument in export options: expected `name = \"string\"`, `optional = bool`, or \
         `alias = \"string\"` found `named`"
    );
    assert_eq!(
        refused("#[wasmer(export(type))] memory: LazyInit<Memory>"),
        "Unrecognized argument in export options: expected `name = \"string\"`, `optional = bool`, or \
         `alias = \"string\"` found `type`"
    );
    assert_eq!(
        refused("#[wasmer(export(\"memory\"))] memory: LazyInit<Memory>"),
        "expected ident"
    );
    assert_eq!(
        refused("#[wasmer(export(name))] memory: LazyInit<Memory>"),
        "expected `=`"
    );
    assert_eq!(
        refused("#[wasmer(export(name = 5))] memory: LazyInit<Memory>"),
        "expected string literal"
    );
    assert_eq!(
        refused("#[wasmer(export(optional = \"yes\"))] memory: LazyInit<Memory>"),
        "expected boolean literal"
    );
    assert_eq!(
        refused("#[wasmer(export(name = \"a\" alias = \"b\"))] memory: LazyInit<Memory>"),
        "expected `,`"
    );
    assert_eq!(
        refused("#[wasmer(export, export)] memory: LazyInit<Memory>"),
        "unexpected token"
    );
    assert!(
        refused("#[wasmer] memory: LazyInit<Memory>")
            .starts_with("expected attribute arguments in parentheses")
    );
    assert_eq!(
        refused("#[wasmer(export)] #[wasmer(export)] memory: LazyInit<Memory>"),
        "more than one `#[wasmer(export)]` on a field"
    );
}

#[test]
fn texts_about_fields() {
    for ty in [
        "Memory",
        "Option<Memory>",
        "LazyInit",
        "LazyInit<Memory, Memory>",
        "LazyInit<'a>",
        "LazyInit::<Memory>::Inner",
        "(LazyInit<Memory>, u8)",
        "&'static LazyInit<Memory>",
    ] {
        assert_eq!(
            refused(&format!("#[wasmer(export)] memory: {ty}")),
            "WasmerEnv derive expects all `export`s to be wrapped in `LazyInit`"
        );
    }
    assert_eq!(
        expanded("struct Env(#[wasmer(export)] LazyInit<Memory>);").unwrap_err(),
        [
            "Expected `name` field on export attribute because field does not have a name. For example: \
             `#[wasmer(export(name = \"exported_sym\"))]`."
        ]
    );
}

#[test]
fn texts_about_what_is_no_struct() {
    assert_eq!(
        expanded("union Env { a: u32 }").unwrap_err(),
        ["`WasmerEnv` cannot be derived for unions"]
    );
    assert_eq!(
        expanded("#[wasmer(export)] struct Env;").unwrap_err(),
        ["`#[wasmer(export)]` belongs on a field"]
    );
    let errors = expanded(
        "enum Env { #[wasmer(export)] A, B { #[wasmer(export)] memory: LazyInit<Memory> }, C(u8) }",
    );
    assert_eq!(
        errors.unwrap_err(),
        ["`#[wasmer(export)]` is not supported in enums: put the exports into a struct"; 2]
    );
}

#[test]
fn all_errors_at_once() {
    let errors = expanded(
        "struct Env { #[wasmer(x)] a: LazyInit<A>, #[wasmer(export)] b: B, #[wasmer(export)] c: LazyInit<C> }",
    )
    .unwrap_err();
    assert_eq!(
        errors,
        [
            "Unexpected identifier `x`. Expected `export`.",
            "WasmerEnv derive expects all `export`s to be wrapped in `LazyInit`",
        ]
    );
}

#[test]
fn plain_types_get_a_plain_implementation() {
    for input in [
        "struct Env;",
        "struct Env();",
        "struct Env { a: LazyInit<A> }",
        "enum Env { A, B(u8) }",
        "enum Env {}",
    ] {
        assert_eq!(
            expanded(input).unwrap(),
            "# [automatically_derived] impl :: root :: WasmerEnv for Env { }"
        );
    }
}

#[test]
fn parameters_and_their_bounds_are_passed_on() {
    let code = expanded(
        "struct Env<'a, T: Copy + 'a = u8, const N: usize = 4> where [T; N]: Default { a: &'a [T; N] }",
    )
    .unwrap();
    assert_eq!(
        code,
        "# [automatically_derived] impl < 'a , T : Copy + 'a , const N : usize > :: root :: WasmerEnv for \
         Env < 'a , T , N > where [T ; N] : Default , \
         Self : :: core :: clone :: Clone + :: core :: marker :: Send + :: core :: marker :: Sync { }"
    );
}

#[test]
fn names_aliases_and_options_in_order() {
    for (field, call) in [
        ("#[wasmer(export)] memory", "& [\"memory\"] , false"),
        ("#[wasmer(export())] memory", "& [\"memory\"] , false"),
        ("#[wasmer(export,)] r#type", "& [\"type\"] , false"),
        (
            "#[wasmer(export(optional = true,),)] memory",
            "& [\"memory\"] , true",
        ),
        (
            "#[wasmer(export(alias = \"b\", name = \"a\", alias = \"c\"))] memory",
            "& [\"a\" , \"b\" , \"c\"] , false",
        ),
        (
            "#[wasmer(export(name = \"a\", optional = true, name = \"b\", optional = false))] memory",
            "& [\"b\"] , false",
        ),
    ] {
        let code = expanded(&format!(
            "struct Env {{ {field}: wasmer::LazyInit<x::Memory> }}"
        ));
        let code = code.unwrap();
        assert!(code.contains(call), "{code}");
        assert!(
            code.contains(":: root :: internals :: initialize_export :: < x :: Memory , _ , _ >"),
            "{code}"
        );
    }
}

#[test]
fn only_fields_with_a_name_get_methods() {
    let code =
        expanded("struct Env { #[wasmer(export)] r#type: LazyInit<Memory>, other: LazyInit<u8> }");
    let code = code.unwrap();
    for method in [
        "pub fn type_ref (& self)",
        "pub unsafe fn type_ref_unchecked (& self)",
    ] {
        assert!(code.contains(method), "{code}");
    }
    assert!(!code.contains("other"));
    let code =
        expanded("struct Env(u8, #[wasmer(export(name = \"a\"))] LazyInit<Memory>);").unwrap();
    assert!(code.contains("& mut self . 1") && !code.contains("pub fn"));
}
