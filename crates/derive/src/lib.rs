//! `#[derive(WasmerEnv)]`: implements Wasmill's trait `WasmerEnv` for the environment of a host function.
//!
//! The front crate exports the macro together with the trait; its documentation shows how to use it. Here: `attribute.rs`
//! reads what is written on a field, `expand.rs` makes the code. What an export's look-up does is not here but in the front
//! crate (`internals`), so that the code made is one line per field.

mod attribute;
mod expand;
#[cfg(test)]
mod tests;

use proc_macro_crate::{FoundCrate, crate_name};
use proc_macro2::{Ident, Span};
use quote::quote;

/// Implements `WasmerEnv`. Fields with `#[wasmer(export)]`, of type `LazyInit<…>`, are set to what the instance exports.
///
/// - `#[wasmer(export)]`: the export has the name of the field.
/// - `#[wasmer(export(name = "memory"))]`: it has this name. Needed for fields without a name.
/// - `#[wasmer(export(alias = "mem"))]`: what to look for if there is none of that name; may be repeated.
/// - `#[wasmer(export(optional = true))]`: the field stays empty if there is none at all. (An export of the wrong type is
///   an error all the same.)
///
/// For each such field with a name, say `memory`, there is a method `memory_ref` that gives it if it is set, and an unsafe
/// method `memory_ref_unchecked` that gives it.
#[proc_macro_derive(WasmerEnv, attributes(wasmer))]
pub fn derive_wasmer_env(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    let expanded = expand::expand(&input, &front_crate());
    expanded
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// The front crate's path, under whatever name the user's crate depends on it. (In its own tests and examples it has its
/// own name; in the crate itself too, which names itself so.)
fn front_crate() -> proc_macro2::TokenStream {
    let name = match crate_name("wasmill") {
        Ok(FoundCrate::Name(name)) => name,
        // Without a manifest to look into, the compiler's own error is as good as any.
        Ok(FoundCrate::Itself) | Err(_) => String::from("wasmill"),
    };
    let name = Ident::new(&name, Span::call_site());
    quote!(::#name)
}
