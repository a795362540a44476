//! The attribute `#[wasmer(export(…))]` of a field.

use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Ident, LitBool, LitStr, Result, Token, parenthesized, token};

/// How a field is to be exported.
#[derive(Default)]
pub(crate) struct Export {
    /// The name, if it is not the field's.
    pub(crate) name: Option<LitStr>,
    /// What to look for next, in order.
    pub(crate) aliases: Vec<LitStr>,
    /// Whether it may be missing.
    pub(crate) optional: bool,
}

/// Whether the attribute is ours.
pub(crate) fn is_ours(attribute: &&Attribute) -> bool {
    attribute.path().is_ident("wasmer")
}

impl Export {
    /// What the attributes of a field say, if one of them is ours.
    pub(crate) fn of(attributes: &[Attribute]) -> Result<Option<Self>> {
        let mut ours = attributes.iter().filter(is_ours);
        let Some(attribute) = ours.next() else {
            return Ok(None);
        };
        if let Some(second) = ours.next() {
            let text = "more than one `#[wasmer(export)]` on a field";
            return Err(syn::Error::new_spanned(second, text));
        }
        attribute.parse_args().map(Some)
    }

    /// One option and its value; where there are several of `name` or `optional`, the last counts.
    fn option(&mut self, input: ParseStream) -> Result<()> {
        let option = input.call(Ident::parse_any)?;
        if !["name", "alias", "optional"].iter().any(|o| option == o) {
            return Err(syn::Error::new(
                option.span(),
                format!(
                    "Unrecognized argument in export options: expected `name = \"string\"`, `optional = bool`, or \
                     `alias = \"string\"` found `{option}`"
                ),
            ));
        }
        input.parse::<Token![=]>()?;
        if option == "optional" {
            self.optional = input.parse::<LitBool>()?.value();
        } else if option == "alias" {
            self.aliases.push(input.parse()?);
        } else {
            self.name = Some(input.parse()?);
        }
        Ok(())
    }
}

impl Parse for Export {
    fn parse(input: ParseStream) -> Result<Self> {
        let word = input.call(Ident::parse_any)?;
        if word != "export" {
            let text = format!("Unexpected identifier `{word}`. Expected `export`.");
            return Err(syn::Error::new(word.span(), text));
        }
        let mut export = Self::default();
        if input.peek(token::Paren) {
            let options;
            parenthesized!(options in input);
            while !options.is_empty() {
                export.option(&options)?;
                if !options.is_empty() {
                    options.parse::<Token![,]>()?;
                }
            }
        }
        input.parse::<Option<Token![,]>>()?;
        Ok(export)
    }
}
