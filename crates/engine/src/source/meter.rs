//! Reads debug information, and counts what that costs: what a guest brings must not keep the host busy for long.
//!
//! Every byte that is read costs, and so does every step that reads none. When nothing is left, everything that would be read next
//! is at its end.

use gimli::{Error, LittleEndian, Reader, ReaderOffsetId, Result};
use std::borrow::Cow;
use std::cell::Cell;

/// What is left to be read, in bytes.
#[derive(Debug)]
pub(super) struct Meter(Cell<u64>);

impl Meter {
    pub(super) fn new(bytes: u64) -> Self {
        Self(Cell::new(bytes))
    }

    /// Takes the cost of one step, and of so many bytes.
    pub(super) fn charge(&self, bytes: usize) -> Result<()> {
        let left = self.0.get().checked_sub(1 + bytes as u64);
        self.0.set(left.unwrap_or(0));
        left.map(|_| ()).ok_or(Error::Io)
    }

    /// Whether nothing is left.
    pub(super) fn is_empty(&self) -> bool {
        self.0.get() == 0
    }
}

/// Some bytes of a section.
#[derive(Clone, Debug)]
pub(super) struct Metered<'a> {
    bytes: &'a [u8],
    meter: &'a Meter,
}

impl<'a> Metered<'a> {
    pub(super) fn new(bytes: &'a [u8], meter: &'a Meter) -> Self {
        Self { bytes, meter }
    }

    /// The bytes, which whoever reads them has to count.
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self
            .bytes
            .split_at_checked(len)
            .ok_or_else(|| Error::UnexpectedEof(self.offset_id()))?;
        self.bytes = rest;
        Ok(taken)
    }
}

impl Reader for Metered<'_> {
    type Endian = LittleEndian;
    type Offset = usize;

    fn endian(&self) -> LittleEndian {
        LittleEndian
    }

    fn len(&self) -> usize {
        self.bytes.len()
    }

    fn empty(&mut self) {
        self.bytes = &[];
    }

    fn truncate(&mut self, len: usize) -> Result<()> {
        self.bytes = self.clone().take(len)?;
        Ok(())
    }

    fn offset_from(&self, base: &Self) -> usize {
        self.bytes
            .as_ptr()
            .addr()
            .wrapping_sub(base.bytes.as_ptr().addr())
    }

    fn offset_id(&self) -> ReaderOffsetId {
        ReaderOffsetId(self.bytes.as_ptr().addr() as u64)
    }

    fn lookup_offset_id(&self, id: ReaderOffsetId) -> Option<usize> {
        let offset = id.0.checked_sub(self.offset_id().0)? as usize;
        (offset <= self.bytes.len()).then_some(offset)
    }

    fn find(&self, byte: u8) -> Result<usize> {
        let found = self.bytes.iter().position(|other| *other == byte);
        self.meter.charge(found.unwrap_or(self.bytes.len()))?;
        found.ok_or_else(|| Error::UnexpectedEof(self.offset_id()))
    }

    fn skip(&mut self, len: usize) -> Result<()> {
        self.meter.charge(0)?;
        self.take(len).map(|_| ())
    }

    fn split(&mut self, len: usize) -> Result<Self> {
        self.meter.charge(0)?;
        let bytes = self.take(len)?;
        Ok(Self { bytes, ..*self })
    }

    fn to_slice(&self) -> Result<Cow<'_, [u8]>> {
        self.meter.charge(self.bytes.len())?;
        Ok(self.bytes.into())
    }

    fn to_string(&self) -> Result<Cow<'_, str>> {
        self.meter.charge(self.bytes.len())?;
        let text = std::str::from_utf8(self.bytes);
        text.map(Cow::from).map_err(|_| Error::BadUtf8)
    }

    fn to_string_lossy(&self) -> Result<Cow<'_, str>> {
        self.meter.charge(self.bytes.len())?;
        Ok(String::from_utf8_lossy(self.bytes))
    }

    fn read_slice(&mut self, buffer: &mut [u8]) -> Result<()> {
        self.meter.charge(buffer.len())?;
        buffer.copy_from_slice(self.take(buffer.len())?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_reads_costs() {
        let meter = Meter::new(20);
        let mut bytes = Metered::new(b"abc\0defgh", &meter);
        assert_eq!(bytes.read_u8(), Ok(b'a'));
        assert_eq!(meter.0.get(), 18);
        let text = bytes.read_null_terminated_slice().unwrap();
        assert_eq!(text.bytes(), b"bc");
        assert_eq!(
            meter.0.get(),
            13,
            "three to find the end, one each to take it and to skip it"
        );
        assert!(bytes.read_u64().is_err(), "there are five bytes");
        assert_eq!(meter.0.get(), 4);
        assert!(
            bytes.clone().read_u32().is_err(),
            "there are enough, but they may not be read"
        );
        assert!(meter.is_empty() && bytes.read_u8().is_err());
    }
}
