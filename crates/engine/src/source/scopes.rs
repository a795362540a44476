//! The functions around an address: entries of debug information that cover it, from the outermost one inwards.

use super::meter::{Meter, Metered};
use super::search::{Line, Target, text, within};
use crate::symbols::readable;
use gimli::constants as dw;
use gimli::{Attribute, AttributeValue, EntriesRaw, Result, UnitOffset, UnitRef};

/// Functions around one address that are listed.
const MOST_SCOPES: usize = 64;
/// Entries that are read for one name, each of which refers to the next one.
const MOST_REFERENCES: usize = 8;

/// A function around an address.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    /// How deep in the tree of entries.
    pub(super) depth: isize,
    pub(super) name: Option<String>,
    /// If it was inlined, the place of the call.
    pub(super) call: Option<Line>,
}

/// Adds a function, if it lies within those that are there.
pub(super) fn push(scopes: &mut Vec<Scope>, scope: &Scope) {
    let is_inside = scopes.last().is_none_or(|last| last.depth < scope.depth);
    if is_inside && scopes.len() < MOST_SCOPES {
        scopes.push(scope.clone());
    }
}

type Value<'a> = AttributeValue<Metered<'a>>;

/// What an entry says, of what matters here.
#[derive(Debug, Default)]
pub(super) struct Attributes<'a> {
    low: Option<Value<'a>>,
    high: Option<Value<'a>>,
    ranges: Option<Value<'a>>,
    name: Option<Value<'a>>,
    linkage_name: Option<Value<'a>>,
    /// The entry that says the rest.
    pub(super) origin: Option<Value<'a>>,
    pub(super) call: Option<Line>,
}

impl<'a> Attributes<'a> {
    /// Reads the next entry, if it is one.
    pub(super) fn read(
        entries: &mut EntriesRaw<'_, Metered<'a>>,
        meter: &Meter,
    ) -> Result<Option<Self>> {
        Self::read_if(entries, meter, |_| true)
    }

    /// Reads the next entry, or skips it if it is no function.
    pub(super) fn read_function(
        entries: &mut EntriesRaw<'_, Metered<'a>>,
        meter: &Meter,
    ) -> Result<Option<Self>> {
        Self::read_if(entries, meter, |tag| {
            matches!(tag, dw::DW_TAG_subprogram | dw::DW_TAG_inlined_subroutine)
        })
    }

    fn read_if(
        entries: &mut EntriesRaw<'_, Metered<'a>>,
        meter: &Meter,
        wanted: impl Fn(gimli::DwTag) -> bool,
    ) -> Result<Option<Self>> {
        let Some(form) = entries.read_abbreviation()? else {
            return Ok(None);
        };
        // Attributes may take no bytes.
        meter.charge(form.attributes().len())?;
        if !wanted(form.tag()) {
            entries.skip_attributes(form.attributes())?;
            return Ok(None);
        }
        let mut attributes = Self::default();
        let mut call = Line {
            file: 0,
            line: 0,
            column: 0,
        };
        for form in form.attributes() {
            let attribute = entries.read_attribute(*form)?;
            attributes.add(&attribute, &mut call);
        }
        let is_inlined = form.tag() == dw::DW_TAG_inlined_subroutine;
        attributes.call = is_inlined.then_some(call);
        Ok(Some(attributes))
    }

    fn add(&mut self, attribute: &Attribute<Metered<'a>>, call: &mut Line) {
        let place = match attribute.name() {
            dw::DW_AT_low_pc => &mut self.low,
            dw::DW_AT_high_pc => &mut self.high,
            dw::DW_AT_ranges => &mut self.ranges,
            dw::DW_AT_name => &mut self.name,
            dw::DW_AT_linkage_name | dw::DW_AT_MIPS_linkage_name => &mut self.linkage_name,
            dw::DW_AT_abstract_origin | dw::DW_AT_specification => &mut self.origin,
            name => {
                let place = match name {
                    dw::DW_AT_call_file => &mut call.file,
                    dw::DW_AT_call_line => &mut call.line,
                    dw::DW_AT_call_column => &mut call.column,
                    _ => return,
                };
                *place = match attribute.value() {
                    AttributeValue::FileIndex(file) => file,
                    value => value.udata_value().unwrap_or(0),
                };
                return;
            }
        };
        *place = Some(attribute.value());
    }

    /// Which addresses the entry covers.
    pub(super) fn covers(
        &self,
        unit: UnitRef<'_, Metered<'a>>,
        targets: &[&mut Target],
    ) -> Result<Vec<bool>> {
        let mut covered = vec![false; targets.len()];
        let mut add = |start: u64, end: u64| {
            // Nothing lies at 0: see `search`.
            if start != 0 {
                covered[within(targets, start..end)].fill(true);
            }
        };
        if let Some(ranges) = &self.ranges {
            if let Some(mut ranges) = unit.attr_ranges(ranges.clone())? {
                while let Some(range) = ranges.next()? {
                    add(range.begin, range.end);
                }
            }
        } else if let (Some(low), Some(high)) = (&self.low, &self.high)
            && let Some(start) = unit.attr_address(low.clone())?
        {
            let end = match high.udata_value() {
                Some(len) => Some(start.saturating_add(len)),
                None => unit.attr_address(high.clone())?,
            };
            add(start, end.unwrap_or(start));
        }
        Ok(covered)
    }
}

/// The names of a function.
#[derive(Default)]
pub(super) struct Names {
    name: Option<String>,
    linkage_name: Option<String>,
}

impl Names {
    /// Takes those that an entry has and that are not known yet.
    pub(super) fn add<'a>(&mut self, unit: UnitRef<'_, Metered<'a>>, entry: &Attributes<'a>) {
        let read = |value: &Option<Value<'a>>| {
            let bytes = unit.attr_string(value.clone()?).ok()?;
            Some(text(&bytes))
        };
        self.name = self.name.take().or_else(|| read(&entry.name));
        self.linkage_name = self
            .linkage_name
            .take()
            .or_else(|| read(&entry.linkage_name));
    }

    /// Goes on with the entry at an offset in the unit, and with what that refers to within the unit.
    pub(super) fn follow<'a>(
        &mut self,
        unit: UnitRef<'_, Metered<'a>>,
        mut offset: UnitOffset,
        meter: &Meter,
    ) {
        for _ in 0..MOST_REFERENCES {
            let entry = unit.entries_raw(Some(offset));
            let entry = entry.and_then(|mut entries| Attributes::read(&mut entries, meter));
            let Ok(Some(entry)) = entry else {
                return;
            };
            self.add(unit, &entry);
            match entry.origin {
                Some(AttributeValue::UnitRef(next)) => offset = next,
                _ => return,
            }
        }
    }

    /// The name to show. Only Rust's own names are read out of linkage names; other languages have a plain name beside.
    pub(super) fn readable(self) -> Option<String> {
        let linkage_name = self.linkage_name.as_deref();
        if let Some(name) = linkage_name.and_then(readable) {
            return Some(name);
        }
        self.name.or(self.linkage_name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_within_is_added() {
        let mut scopes = Vec::new();
        for (depth, name) in [
            (1, "outer"),
            (3, "inner"),
            (3, "beside"),
            (2, "between"),
            (4, "innermost"),
        ] {
            let name = Some(name.to_owned());
            push(
                &mut scopes,
                &Scope {
                    depth,
                    name,
                    call: None,
                },
            );
        }
        let names: Vec<_> = scopes
            .iter()
            .flat_map(|scope| scope.name.as_deref())
            .collect();
        assert_eq!(names, ["outer", "inner", "innermost"]);
    }

    #[test]
    fn names_are_those_of_the_source() {
        let readable = |name: Option<&str>, linkage_name: Option<&str>| {
            let names = Names {
                name: name.map(str::to_owned),
                linkage_name: linkage_name.map(str::to_owned),
            };
            names.readable()
        };
        let rust = "_ZN4core9panicking5panic17h0123456789abcdefE";
        assert_eq!(
            readable(Some("panic"), Some(rust)).unwrap(),
            "core::panicking::panic"
        );
        assert_eq!(readable(Some("sort"), Some("_Z4sortPi")).unwrap(), "sort");
        assert_eq!(readable(None, Some("_Z4sortPi")).unwrap(), "_Z4sortPi");
        assert_eq!(readable(None, None), None);
    }
}
