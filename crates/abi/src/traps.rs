//! The table of trap codes: one row each.

use std::fmt;
use std::str::FromStr;

macro_rules! define_traps {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $message:literal, $short:literal;)*) => {
        /// Why WebAssembly code stopped.
        ///
        /// ```
        /// # use wasmill_abi::TrapCode;
        /// let code = TrapCode::IntegerDivisionByZero;
        /// assert_eq!((code.message(), code.to_string()), ("integer divide by zero", "int_divz".into()));
        /// assert_eq!("int_divz".parse(), Ok(code));
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u32)]
        pub enum TrapCode {
            $($(#[$doc])* $name = $code,)*
        }

        impl TrapCode {
            /// All codes, by number.
            pub const ALL: &[Self] = &[$(Self::$name),*];
            /// The message, in the words of the WebAssembly test suite.
            ///
            /// ```
            /// # use wasmill_abi::TrapCode;
            /// assert_eq!(TrapCode::StackOverflow.message(), "call stack exhausted");
            /// ```
            pub fn message(&self) -> &'static str {
                match self { $(Self::$name => $message,)* }
            }
            /// The short form that `Display` and `FromStr` use.
            ///
            /// ```
            /// # use wasmill_abi::TrapCode;
            /// assert_eq!(TrapCode::StackOverflow.short(), "stk_ovf");
            /// ```
            pub fn short(&self) -> &'static str {
                match self { $(Self::$name => $short,)* }
            }
        }
    };
}

define_traps! {
    /// The stack is exhausted.
    StackOverflow = 0, "call stack exhausted", "stk_ovf";
    /// An access lies outside of its memory.
    HeapAccessOutOfBounds = 1, "out of bounds memory access", "heap_get_oob";
    /// An access is not aligned as it must be.
    HeapMisaligned = 2, "misaligned heap", "heap_misaligned";
    /// An index lies outside of its table.
    TableAccessOutOfBounds = 3, "undefined element: out of bounds table access", "table_get_oob";
    /// Another access out of bounds.
    OutOfBounds = 4, "out of bounds", "oob";
    /// An indirect call of a null reference.
    IndirectCallToNull = 5, "uninitialized element", "icall_null";
    /// An indirect call of a function of another type.
    BadSignature = 6, "indirect call type mismatch", "bad_sig";
    /// The result of an integer operation cannot be represented.
    IntegerOverflow = 7, "integer overflow", "int_ovf";
    /// A division by zero.
    IntegerDivisionByZero = 8, "integer divide by zero", "int_divz";
    /// A conversion of a value that is no integer.
    BadConversionToInteger = 9, "invalid conversion to integer", "bad_toint";
    /// The `unreachable` instruction.
    UnreachableCodeReached = 10, "unreachable", "unreachable";
    /// An atomic access that is not aligned.
    UnalignedAtomic = 11, "unaligned atomic access", "unalign_atom";
    /// The host stopped the call from another thread.
    Interrupted = 12, "interrupted", "interrupt";
}

impl TrapCode {
    /// The code with this number.
    ///
    /// ```
    /// # use wasmill_abi::TrapCode;
    /// assert_eq!(TrapCode::from_u32(8), Some(TrapCode::IntegerDivisionByZero));
    /// assert_eq!(TrapCode::from_u32(999), None);
    /// ```
    pub fn from_u32(code: u32) -> Option<Self> {
        Self::ALL.get(code as usize).copied()
    }
}

impl fmt::Display for TrapCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.short())
    }
}

impl std::error::Error for TrapCode {}

impl FromStr for TrapCode {
    type Err = ();
    fn from_str(s: &str) -> Result<Self, ()> {
        Self::ALL
            .iter()
            .find(|code| code.short() == s)
            .copied()
            .ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_texts_round_trip() {
        for (number, code) in TrapCode::ALL.iter().enumerate() {
            assert_eq!(TrapCode::from_u32(number as u32), Some(*code));
            assert_eq!(code.to_string().parse(), Ok(*code));
        }
        assert_eq!(TrapCode::from_u32(13), None);
    }
}
