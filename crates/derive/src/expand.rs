//! The code that the macro makes.

use crate::attribute::{Export, is_ours};
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{
    Data, DataEnum, DeriveInput, Error, Field, Fields, GenericArgument, Generics, Ident, LitStr,
    Member, PathArguments, Result, Type, parse_quote,
};

/// A field that is set to an export.
struct Exported<'a> {
    member: Member,
    /// The type inside of `LazyInit`.
    inner: &'a Type,
    names: Vec<LitStr>,
    optional: bool,
}

/// The implementation of `WasmerEnv`, and the methods. `root` is the path of the front crate.
pub(crate) fn expand(input: &DeriveInput, root: &TokenStream) -> Result<TokenStream> {
    let mut errors = Errors::default();
    errors.refuse(&input.attrs, "`#[wasmer(export)]` belongs on a field");
    let exported = match &input.data {
        Data::Struct(data) => exported_fields(&data.fields, &mut errors),
        Data::Enum(data) => {
            refuse_in_enum(data, &mut errors);
            Vec::new()
        }
        Data::Union(_) => {
            let text = "`WasmerEnv` cannot be derived for unions";
            errors.add(Error::new(input.ident.span(), text));
            Vec::new()
        }
    };
    errors.none()?;
    let implementation = implement(input, &exported, root);
    let methods = methods(input, &exported);
    Ok(quote!(#implementation #methods))
}

/// All that is wrong, to be told at once.
#[derive(Default)]
struct Errors(Option<Error>);

impl Errors {
    fn add(&mut self, error: Error) {
        match &mut self.0 {
            Some(all) => all.combine(error),
            none => *none = Some(error),
        }
    }

    /// No attribute of ours has a place here.
    fn refuse(&mut self, attributes: &[syn::Attribute], why: &str) {
        for attribute in attributes.iter().filter(is_ours) {
            self.add(Error::new_spanned(attribute, why));
        }
    }

    fn none(self) -> Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}

fn refuse_in_enum(data: &DataEnum, errors: &mut Errors) {
    let why = "`#[wasmer(export)]` is not supported in enums: put the exports into a struct";
    for variant in &data.variants {
        errors.refuse(&variant.attrs, why);
        for field in &variant.fields {
            errors.refuse(&field.attrs, why);
        }
    }
}

fn exported_fields<'a>(fields: &'a Fields, errors: &mut Errors) -> Vec<Exported<'a>> {
    let mut exported = Vec::new();
    for (index, field) in fields.iter().enumerate() {
        match exported_field(index, field) {
            Ok(found) => exported.extend(found),
            Err(error) => errors.add(error),
        }
    }
    exported
}

fn exported_field(index: usize, field: &Field) -> Result<Option<Exported<'_>>> {
    let Some(export) = Export::of(&field.attrs)? else {
        return Ok(None);
    };
    let text = "WasmerEnv derive expects all `export`s to be wrapped in `LazyInit`";
    let inner = inside_lazy_init(&field.ty).ok_or_else(|| Error::new_spanned(&field.ty, text))?;
    let name = match (export.name, &field.ident) {
        (Some(name), _) => name,
        (None, Some(ident)) => LitStr::new(&ident.unraw().to_string(), ident.span()),
        (None, None) => return Err(Error::new_spanned(field, NAMELESS)),
    };
    let member = match &field.ident {
        Some(ident) => Member::Named(ident.clone()),
        None => Member::from(index),
    };
    Ok(Some(Exported {
        member,
        inner,
        names: std::iter::once(name).chain(export.aliases).collect(),
        optional: export.optional,
    }))
}

const NAMELESS: &str = "Expected `name` field on export attribute because field does not have a name. For example: \
                        `#[wasmer(export(name = \"exported_sym\"))]`.";

/// `X` of `LazyInit<X>`, by whatever path `LazyInit` is named.
fn inside_lazy_init(ty: &Type) -> Option<&Type> {
    match ty {
        // What other macros pass on may come wrapped.
        Type::Group(group) => inside_lazy_init(&group.elem),
        Type::Paren(paren) => inside_lazy_init(&paren.elem),
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            let PathArguments::AngleBracketed(arguments) = &last.arguments else {
                return None;
            };
            match (last.ident == "LazyInit", arguments.args.first()) {
                (true, Some(GenericArgument::Type(inner))) if arguments.args.len() == 1 => {
                    Some(inner)
                }
                _ => None,
            }
        }
        _ => None,
    }
}

fn implement(input: &DeriveInput, exported: &[Exported<'_>], root: &TokenStream) -> TokenStream {
    let name = &input.ident;
    let generics = with_bounds(&input.generics);
    let (parameters, arguments, conditions) = generics.split_for_impl();
    let body = (!exported.is_empty()).then(|| {
        let fields = exported.iter().map(|field| field.initialize(root));
        quote! {
            fn init_with_instance(
                &mut self,
                instance: &#root::Instance,
            ) -> ::core::result::Result<(), #root::HostEnvInitError> {
                #(#fields)*
                ::core::result::Result::Ok(())
            }
        }
    });
    quote! {
        #[automatically_derived]
        impl #parameters #root::WasmerEnv for #name #arguments #conditions {
            #body
        }
    }
}

/// With what the trait asks of every environment, where it depends on the type's parameters.
fn with_bounds(generics: &Generics) -> Generics {
    let mut generics = generics.clone();
    if generics.type_params().next().is_some() {
        let conditions = generics.make_where_clause();
        conditions.predicates.push(parse_quote!(
            Self: ::core::clone::Clone + ::core::marker::Send + ::core::marker::Sync
        ));
    }
    generics
}

fn methods(input: &DeriveInput, exported: &[Exported<'_>]) -> Option<TokenStream> {
    let methods: Vec<_> = exported.iter().filter_map(Exported::methods).collect();
    let name = &input.ident;
    let (parameters, arguments, conditions) = input.generics.split_for_impl();
    (!methods.is_empty()).then(|| {
        quote! {
            #[automatically_derived]
            impl #parameters #name #arguments #conditions {
                #(#methods)*
            }
        }
    })
}

impl Exported<'_> {
    /// The statement that looks the export up.
    fn initialize(&self, root: &TokenStream) -> TokenStream {
        let Self {
            member,
            inner,
            names,
            optional,
        } = self;
        // Errors about a type that cannot be exported point at it.
        let span = Span::call_site().located_at(inner.span());
        quote_spanned! {span=>
            #root::internals::initialize_export::<#inner, _, _>(
                &mut self.#member,
                instance,
                &[#(#names),*],
                #optional,
            )?;
        }
    }

    /// The methods that give the export.
    fn methods(&self) -> Option<TokenStream> {
        let Member::Named(field) = &self.member else {
            return None;
        };
        let inner = self.inner;
        let checked = method_name(field, "ref");
        let unchecked = method_name(field, "ref_unchecked");
        let documentation =
            format!("The export in `{field}`, once the environment is initialised.");
        let unsafe_documentation = format!("The export in `{field}`.");
        Some(quote! {
            #[doc = #documentation]
            #[allow(dead_code)]
            pub fn #checked(&self) -> ::core::option::Option<&#inner> {
                self.#field.get_ref()
            }

            #[doc = #unsafe_documentation]
            ///
            /// # Safety
            ///
            /// The environment was initialised, and the export is there.
            #[allow(dead_code)]
            pub unsafe fn #unchecked(&self) -> &#inner {
                // SAFETY: the caller promises the same.
                unsafe { self.#field.get_unchecked() }
            }
        })
    }
}

/// The name of a method, placed where the field is but the macro's own for lints.
fn method_name(field: &Ident, suffix: &str) -> Ident {
    let span = Span::call_site().located_at(field.span());
    format_ident!("{}_{suffix}", field.unraw(), span = span)
}
