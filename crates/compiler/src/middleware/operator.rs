//! The operators that middlewares see, in the words of the API that they are written for.
//!
//! Those words are wasmparser's of years ago: a closed list, which programs match without a wildcard, so it can have no
//! further variant. Operators that it has no word for (or whose immediates do not fit) pass inside of its one variant that
//! stands for nothing any more: [`Operator::Unwind`]. `operators!` is the only list; the type and both conversions follow
//! from it. Nothing is lost on the way from wasmparser's type and back.

use super::immediates::{BrTable, Immediate, MemoryImmediate, Type, TypeOrFuncType};
use wasmparser::{Ieee32, Ieee64, Operator as NewerOperator, V128};

/// Makes the type and the conversions. Sections tell what immediates there are; in `other`, a row gives for each one its
/// name, its type, and wasmparser's name for it.
macro_rules! operators {
    (
        plain { $($plain:ident)* }
        memory { $($memory:ident)* }
        memory_lane { $($memory_lane:ident)* }
        lane { $($lane:ident)* }
        renamed { $($renamed:ident = $newer_name:ident)* }
        other { $($other:ident { $($field:ident: $ty:ty = $newer:ident),* })* }
    ) => {
        /// An operator of a function body, with its immediates.
        ///
        /// ```
        /// use wasmill_compiler::wasmparser::{NewerOperator, Operator};
        ///
        /// assert!(matches!(Operator::from(NewerOperator::I32Add), Operator::I32Add));
        /// let operator = Operator::from(NewerOperator::RefI31);
        /// assert!(matches!(operator, Operator::Unwind { newer: NewerOperator::RefI31 }));
        /// ```
        #[allow(missing_docs, reason = "the names are those of the specification")]
        #[derive(Clone, Debug, PartialEq)]
        pub enum Operator<'a> {
            $($plain,)*
            $($memory { memarg: MemoryImmediate },)*
            $($memory_lane { memarg: MemoryImmediate, lane: u8 },)*
            $($lane { lane: u8 },)*
            $($renamed,)*
            $($other { $($field: $ty),* },)*
            MemorySize { mem: u32, mem_byte: u8 },
            MemoryGrow { mem: u32, mem_byte: u8 },
            /// Any operator that the other variants cannot express: of garbage collection, typed function references,
            /// exceptions with `try_table`, relaxed vectors and so on. (The operator of this name never became part of
            /// WebAssembly.)
            Unwind { newer: NewerOperator<'a> },
        }

        /// The operator in the words above, if they have one for it and its immediates fit.
        fn express<'a>(operator: &NewerOperator<'a>) -> Option<Operator<'a>> {
            Some(match operator {
                $(NewerOperator::$plain => Operator::$plain,)*
                $(NewerOperator::$memory { memarg } => Operator::$memory {
                    memarg: MemoryImmediate::from_newer(memarg)?,
                },)*
                $(NewerOperator::$memory_lane { memarg, lane } => Operator::$memory_lane {
                    memarg: MemoryImmediate::from_newer(memarg)?,
                    lane: *lane,
                },)*
                $(NewerOperator::$lane { lane } => Operator::$lane { lane: *lane },)*
                $(NewerOperator::$newer_name => Operator::$renamed,)*
                $(NewerOperator::$other { $($newer),* } => Operator::$other {
                    $($field: Immediate::from_newer($newer)?),*
                },)*
                NewerOperator::MemorySize { mem } => Operator::MemorySize {
                    mem: *mem,
                    mem_byte: first_byte(*mem),
                },
                NewerOperator::MemoryGrow { mem } => Operator::MemoryGrow {
                    mem: *mem,
                    mem_byte: first_byte(*mem),
                },
                _ => return None,
            })
        }

        impl<'a> Operator<'a> {
            /// The operator in wasmparser's words of today; `None` if its immediates mean nothing in its place, such as
            /// [`Type::EmptyBlockType`] as the type of an operand.
            ///
            /// The greatest alignment of memory operators, which no binary holds, is given as zero.
            ///
            /// ```
            /// # use wasmill_compiler::wasmparser::{NewerOperator, Operator, Type};
            /// assert_eq!(Operator::I32Add.into_newer(), Some(NewerOperator::I32Add));
            /// assert_eq!(Operator::RefNull { ty: Type::I32 }.into_newer(), None);
            /// ```
            pub fn into_newer(self) -> Option<NewerOperator<'a>> {
                Some(match self {
                    $(Operator::$plain => NewerOperator::$plain,)*
                    $(Operator::$memory { memarg } => NewerOperator::$memory {
                        memarg: memarg.into_newer()?,
                    },)*
                    $(Operator::$memory_lane { memarg, lane } => NewerOperator::$memory_lane {
                        memarg: memarg.into_newer()?,
                        lane,
                    },)*
                    $(Operator::$lane { lane } => NewerOperator::$lane { lane },)*
                    $(Operator::$renamed => NewerOperator::$newer_name,)*
                    $(Operator::$other { $($field),* } => NewerOperator::$other {
                        $($newer: $field.into_newer()?),*
                    },)*
                    Operator::MemorySize { mem, .. } => NewerOperator::MemorySize { mem },
                    Operator::MemoryGrow { mem, .. } => NewerOperator::MemoryGrow { mem },
                    Operator::Unwind { newer } => newer,
                })
            }
        }
    };
}

impl<'a> From<NewerOperator<'a>> for Operator<'a> {
    fn from(newer: NewerOperator<'a>) -> Self {
        express(&newer).unwrap_or(Self::Unwind { newer })
    }
}

/// The first byte of an index, as binaries have it.
fn first_byte(index: u32) -> u8 {
    let more = if index < 0x80 { 0 } else { 0x80 };
    (index & 0x7f) as u8 | more
}

operators! {
    plain {
        Unreachable Nop Else End Return CatchAll Drop Select RefIsNull I32Eqz I32Eq I32Ne I32LtS
        I32LtU I32GtS I32GtU I32LeS I32LeU I32GeS I32GeU I64Eqz I64Eq I64Ne I64LtS I64LtU I64GtS
        I64GtU I64LeS I64LeU I64GeS I64GeU F32Eq F32Ne F32Lt F32Gt F32Le F32Ge F64Eq F64Ne F64Lt
        F64Gt F64Le F64Ge I32Clz I32Ctz I32Popcnt I32Add I32Sub I32Mul I32DivS I32DivU I32RemS
        I32RemU I32And I32Or I32Xor I32Shl I32ShrS I32ShrU I32Rotl I32Rotr I64Clz I64Ctz I64Popcnt
        I64Add I64Sub I64Mul I64DivS I64DivU I64RemS I64RemU I64And I64Or I64Xor I64Shl I64ShrS
        I64ShrU I64Rotl I64Rotr F32Abs F32Neg F32Ceil F32Floor F32Trunc F32Nearest F32Sqrt F32Add
        F32Sub F32Mul F32Div F32Min F32Max F32Copysign F64Abs F64Neg F64Ceil F64Floor F64Trunc
        F64Nearest F64Sqrt F64Add F64Sub F64Mul F64Div F64Min F64Max F64Copysign I32WrapI64
        I32TruncF32S I32TruncF32U I32TruncF64S I32TruncF64U I64ExtendI32S I64ExtendI32U I64TruncF32S
        I64TruncF32U I64TruncF64S I64TruncF64U F32ConvertI32S F32ConvertI32U F32ConvertI64S
        F32ConvertI64U F32DemoteF64 F64ConvertI32S F64ConvertI32U F64ConvertI64S F64ConvertI64U
        F64PromoteF32 I32ReinterpretF32 I64ReinterpretF64 F32ReinterpretI32 F64ReinterpretI64
        I32Extend8S I32Extend16S I64Extend8S I64Extend16S I64Extend32S I32TruncSatF32S
        I32TruncSatF32U I32TruncSatF64S I32TruncSatF64U I64TruncSatF32S I64TruncSatF32U
        I64TruncSatF64S I64TruncSatF64U I8x16Swizzle I8x16Splat I16x8Splat I32x4Splat I64x2Splat
        F32x4Splat F64x2Splat I8x16Eq I8x16Ne I8x16LtS I8x16LtU I8x16GtS I8x16GtU I8x16LeS I8x16LeU
        I8x16GeS I8x16GeU I16x8Eq I16x8Ne I16x8LtS I16x8LtU I16x8GtS I16x8GtU I16x8LeS I16x8LeU
        I16x8GeS I16x8GeU I32x4Eq I32x4Ne I32x4LtS I32x4LtU I32x4GtS I32x4GtU I32x4LeS I32x4LeU
        I32x4GeS I32x4GeU I64x2Eq I64x2Ne I64x2LtS I64x2GtS I64x2LeS I64x2GeS F32x4Eq F32x4Ne
        F32x4Lt F32x4Gt F32x4Le F32x4Ge F64x2Eq F64x2Ne F64x2Lt F64x2Gt F64x2Le F64x2Ge V128Not
        V128And V128AndNot V128Or V128Xor V128Bitselect V128AnyTrue I8x16Abs I8x16Neg I8x16Popcnt
        I8x16AllTrue I8x16Bitmask I8x16NarrowI16x8S I8x16NarrowI16x8U I8x16Shl I8x16ShrS I8x16ShrU
        I8x16Add I8x16AddSatS I8x16AddSatU I8x16Sub I8x16SubSatS I8x16SubSatU I8x16MinS I8x16MinU
        I8x16MaxS I8x16MaxU I16x8ExtAddPairwiseI8x16S I16x8ExtAddPairwiseI8x16U I16x8Abs I16x8Neg
        I16x8Q15MulrSatS I16x8AllTrue I16x8Bitmask I16x8NarrowI32x4S I16x8NarrowI32x4U
        I16x8ExtendLowI8x16S I16x8ExtendHighI8x16S I16x8ExtendLowI8x16U I16x8ExtendHighI8x16U
        I16x8Shl I16x8ShrS I16x8ShrU I16x8Add I16x8AddSatS I16x8AddSatU I16x8Sub I16x8SubSatS
        I16x8SubSatU I16x8Mul I16x8MinS I16x8MinU I16x8MaxS I16x8MaxU I16x8ExtMulLowI8x16S
        I16x8ExtMulHighI8x16S I16x8ExtMulLowI8x16U I16x8ExtMulHighI8x16U I32x4ExtAddPairwiseI16x8S
        I32x4ExtAddPairwiseI16x8U I32x4Abs I32x4Neg I32x4AllTrue I32x4Bitmask I32x4ExtendLowI16x8S
        I32x4ExtendHighI16x8S I32x4ExtendLowI16x8U I32x4ExtendHighI16x8U I32x4Shl I32x4ShrS
        I32x4ShrU I32x4Add I32x4Sub I32x4Mul I32x4MinS I32x4MinU I32x4MaxS I32x4MaxU I32x4DotI16x8S
        I32x4ExtMulLowI16x8S I32x4ExtMulHighI16x8S I32x4ExtMulLowI16x8U I32x4ExtMulHighI16x8U
        I64x2Abs I64x2Neg I64x2AllTrue I64x2Bitmask I64x2ExtendLowI32x4S I64x2ExtendHighI32x4S
        I64x2ExtendLowI32x4U I64x2ExtendHighI32x4U I64x2Shl I64x2ShrS I64x2ShrU I64x2Add I64x2Sub
        I64x2Mul I64x2ExtMulLowI32x4S I64x2ExtMulHighI32x4S I64x2ExtMulLowI32x4U
        I64x2ExtMulHighI32x4U F32x4Ceil F32x4Floor F32x4Trunc F32x4Nearest F32x4Abs F32x4Neg
        F32x4Sqrt F32x4Add F32x4Sub F32x4Mul F32x4Div F32x4Min F32x4Max F32x4PMin F32x4PMax
        F64x2Ceil F64x2Floor F64x2Trunc F64x2Nearest F64x2Abs F64x2Neg F64x2Sqrt F64x2Add F64x2Sub
        F64x2Mul F64x2Div F64x2Min F64x2Max F64x2PMin F64x2PMax I32x4TruncSatF32x4S
        I32x4TruncSatF32x4U F32x4ConvertI32x4S F32x4ConvertI32x4U I32x4TruncSatF64x2SZero
        I32x4TruncSatF64x2UZero F64x2ConvertLowI32x4S F64x2ConvertLowI32x4U F32x4DemoteF64x2Zero
        F64x2PromoteLowF32x4
    }
    memory {
        I32Load I64Load F32Load F64Load I32Load8S I32Load8U I32Load16S I32Load16U I64Load8S
        I64Load8U I64Load16S I64Load16U I64Load32S I64Load32U I32Store I64Store F32Store F64Store
        I32Store8 I32Store16 I64Store8 I64Store16 I64Store32 MemoryAtomicNotify MemoryAtomicWait32
        MemoryAtomicWait64 I32AtomicLoad I64AtomicLoad I32AtomicLoad8U I32AtomicLoad16U
        I64AtomicLoad8U I64AtomicLoad16U I64AtomicLoad32U I32AtomicStore I64AtomicStore
        I32AtomicStore8 I32AtomicStore16 I64AtomicStore8 I64AtomicStore16 I64AtomicStore32
        I32AtomicRmwAdd I64AtomicRmwAdd I32AtomicRmw8AddU I32AtomicRmw16AddU I64AtomicRmw8AddU
        I64AtomicRmw16AddU I64AtomicRmw32AddU I32AtomicRmwSub I64AtomicRmwSub I32AtomicRmw8SubU
        I32AtomicRmw16SubU I64AtomicRmw8SubU I64AtomicRmw16SubU I64AtomicRmw32SubU I32AtomicRmwAnd
        I64AtomicRmwAnd I32AtomicRmw8AndU I32AtomicRmw16AndU I64AtomicRmw8AndU I64AtomicRmw16AndU
        I64AtomicRmw32AndU I32AtomicRmwOr I64AtomicRmwOr I32AtomicRmw8OrU I32AtomicRmw16OrU
        I64AtomicRmw8OrU I64AtomicRmw16OrU I64AtomicRmw32OrU I32AtomicRmwXor I64AtomicRmwXor
        I32AtomicRmw8XorU I32AtomicRmw16XorU I64AtomicRmw8XorU I64AtomicRmw16XorU I64AtomicRmw32XorU
        I32AtomicRmwXchg I64AtomicRmwXchg I32AtomicRmw8XchgU I32AtomicRmw16XchgU I64AtomicRmw8XchgU
        I64AtomicRmw16XchgU I64AtomicRmw32XchgU I32AtomicRmwCmpxchg I64AtomicRmwCmpxchg
        I32AtomicRmw8CmpxchgU I32AtomicRmw16CmpxchgU I64AtomicRmw8CmpxchgU I64AtomicRmw16CmpxchgU
        I64AtomicRmw32CmpxchgU V128Load V128Load8x8S V128Load8x8U V128Load16x4S V128Load16x4U
        V128Load32x2S V128Load32x2U V128Load8Splat V128Load16Splat V128Load32Splat V128Load64Splat
        V128Load32Zero V128Load64Zero V128Store
    }
    memory_lane {
        V128Load8Lane V128Load16Lane V128Load32Lane V128Load64Lane V128Store8Lane V128Store16Lane
        V128Store32Lane V128Store64Lane
    }
    lane {
        I8x16ExtractLaneS I8x16ExtractLaneU I8x16ReplaceLane I16x8ExtractLaneS I16x8ExtractLaneU
        I16x8ReplaceLane I32x4ExtractLane I32x4ReplaceLane I64x2ExtractLane I64x2ReplaceLane
        F32x4ExtractLane F32x4ReplaceLane F64x2ExtractLane F64x2ReplaceLane
    }
    renamed {
        I8x16RoundingAverageU = I8x16AvgrU
        I16x8RoundingAverageU = I16x8AvgrU
    }
    other {
        Block { ty: TypeOrFuncType = blockty }
        Loop { ty: TypeOrFuncType = blockty }
        If { ty: TypeOrFuncType = blockty }
        Try { ty: TypeOrFuncType = blockty }
        Catch { index: u32 = tag_index }
        Throw { index: u32 = tag_index }
        Rethrow { relative_depth: u32 = relative_depth }
        Br { relative_depth: u32 = relative_depth }
        BrIf { relative_depth: u32 = relative_depth }
        BrTable { table: BrTable<'a> = targets }
        Call { function_index: u32 = function_index }
        CallIndirect { index: u32 = type_index, table_index: u32 = table_index }
        ReturnCall { function_index: u32 = function_index }
        ReturnCallIndirect { index: u32 = type_index, table_index: u32 = table_index }
        Delegate { relative_depth: u32 = relative_depth }
        TypedSelect { ty: Type = ty }
        LocalGet { local_index: u32 = local_index }
        LocalSet { local_index: u32 = local_index }
        LocalTee { local_index: u32 = local_index }
        GlobalGet { global_index: u32 = global_index }
        GlobalSet { global_index: u32 = global_index }
        I32Const { value: i32 = value }
        I64Const { value: i64 = value }
        F32Const { value: Ieee32 = value }
        F64Const { value: Ieee64 = value }
        RefNull { ty: Type = hty }
        RefFunc { function_index: u32 = function_index }
        MemoryInit { segment: u32 = data_index, mem: u32 = mem }
        DataDrop { segment: u32 = data_index }
        MemoryCopy { src: u32 = src_mem, dst: u32 = dst_mem }
        MemoryFill { mem: u32 = mem }
        TableInit { segment: u32 = elem_index, table: u32 = table }
        ElemDrop { segment: u32 = elem_index }
        TableCopy { dst_table: u32 = dst_table, src_table: u32 = src_table }
        TableFill { table: u32 = table }
        TableGet { table: u32 = table }
        TableSet { table: u32 = table }
        TableGrow { table: u32 = table }
        TableSize { table: u32 = table }
        AtomicFence { flags: u8 = ordering }
        V128Const { value: V128 = value }
        I8x16Shuffle { lanes: [u8; 16] = lanes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::Encode;
    use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
    use wasmparser::{
        BinaryReader, BlockType, HeapType, MemArg, MemArgOrdering, MemArgTarget, OperatorsReader,
        Ordering, RefType, ResumeTable, TryTable, ValType,
    };

    /// How often a variant of the closed list must be met.
    const NAMES: usize = 512;

    /// Something for each type of an immediate.
    trait Sample: Sized {
        fn sample() -> Self;
    }

    macro_rules! samples {
        ($($ty:ty: $value:expr;)*) => { $(
            impl Sample for $ty {
                fn sample() -> Self {
                    $value
                }
            }
        )* };
    }

    samples! {
        u32: 200;
        i32: -7;
        i64: i64::MIN;
        u8: 3;
        [u8; 16]: [9; 16];
        Ieee32: f32::from_bits(0x7fa0_0001).into();
        Ieee64: f64::NAN.into();
        V128: 5_i128.into();
        BlockType: BlockType::Type(ValType::I64);
        ValType: ValType::EXTERNREF;
        RefType: RefType::STRUCTREF;
        HeapType: HeapType::FUNC;
        Ordering: Ordering::AcqRel;
        Vec<ValType>: vec![ValType::I32, ValType::F64];
        MemArg: memory(70_000);
        TryTable: TryTable { ty: BlockType::FuncType(2), catches: vec![wasmparser::Catch::All { label: 1 }] };
        ResumeTable: ResumeTable { handlers: vec![wasmparser::Handle::OnSwitch { tag: 4 }] };
    }

    impl Sample for wasmparser::BrTable<'_> {
        fn sample() -> Self {
            let mut reader = OperatorsReader::new(BinaryReader::new(&[0x0e, 2, 1, 2, 0], 0));
            match reader.read().unwrap() {
                NewerOperator::BrTable { targets } => targets,
                other => panic!("{other:?}"),
            }
        }
    }

    fn memory(offset: u64) -> MemArg {
        MemArg {
            align: 1,
            max_align: 0,
            offset,
            target: MemArgTarget::Memory(2),
            ordering: None,
        }
    }

    macro_rules! one_of_each {
        ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
            /// Every operator that wasmparser knows.
            fn one_of_each<'a>() -> Vec<NewerOperator<'a>> {
                vec![$(NewerOperator::$op $({ $($arg: <$argty>::sample()),* })?),*]
            }
        };
    }
    wasmparser::for_each_operator!(one_of_each);

    fn bytes(operator: NewerOperator<'_>) -> Vec<u8> {
        let mut bytes = Vec::new();
        let instruction = RoundtripReencoder.instruction(operator);
        instruction.unwrap().encode(&mut bytes);
        bytes
    }

    #[test]
    fn nothing_is_lost_on_the_way() {
        let mut expressed = 0;
        for newer in one_of_each() {
            let operator = Operator::from(newer.clone());
            expressed += usize::from(!matches!(operator, Operator::Unwind { .. }));
            let name = |text: String| text.split([' ', '{']).next().map(str::to_owned);
            let names = (name(format!("{operator:?}")), name(format!("{newer:?}")));
            let same = names.0 == names.1
                || matches!(operator, Operator::Unwind { .. })
                || matches!(
                    operator,
                    Operator::I8x16RoundingAverageU | Operator::I16x8RoundingAverageU
                );
            assert!(same, "{names:?}");
            let back = operator.into_newer().unwrap();
            assert_eq!(back, newer);
            assert_eq!(bytes(back), bytes(newer));
        }
        assert_eq!(expressed, NAMES);
    }

    #[test]
    fn what_does_not_fit_passes_all_the_same() {
        let ordered = MemArg {
            ordering: Some(MemArgOrdering::Op(Ordering::AcqRel)),
            ..memory(0)
        };
        let of_array = MemArg {
            target: MemArgTarget::Array(1),
            ..memory(0)
        };
        let not_null = RefType::FUNC;
        let operators = [
            NewerOperator::I32Load {
                memarg: memory(1 << 32),
            },
            NewerOperator::I32AtomicLoad { memarg: ordered },
            NewerOperator::I32Load { memarg: of_array },
            NewerOperator::TypedSelect {
                ty: ValType::Ref(not_null),
            },
            NewerOperator::Block {
                blockty: BlockType::Type(ValType::Ref(not_null)),
            },
            NewerOperator::RefNull {
                hty: RefType::ANYREF.heap_type(),
            },
        ];
        for newer in operators {
            let operator = Operator::from(newer.clone());
            assert!(
                matches!(operator, Operator::Unwind { .. }),
                "{operator:?} says less than {newer:?}"
            );
            assert_eq!(operator.into_newer(), Some(newer));
        }
    }

    #[test]
    fn immediates_that_mean_nothing_are_refused() {
        for ty in [Type::EmptyBlockType, Type::Func] {
            assert_eq!(Operator::TypedSelect { ty }.into_newer(), None);
            assert_eq!(Operator::RefNull { ty }.into_newer(), None);
        }
        let ty = TypeOrFuncType::Type(Type::Func);
        assert_eq!(Operator::Block { ty }.into_newer(), None);
        assert_eq!(Operator::RefNull { ty: Type::I32 }.into_newer(), None);
        assert_eq!(Operator::AtomicFence { flags: 2 }.into_newer(), None);
    }

    #[test]
    fn immediates_have_the_shape_of_the_api() {
        let operators = [
            NewerOperator::Block {
                blockty: BlockType::Empty,
            },
            NewerOperator::Loop {
                blockty: BlockType::FuncType(3),
            },
            NewerOperator::MemorySize { mem: 300 },
            NewerOperator::RefNull {
                hty: HeapType::EXTERN,
            },
            NewerOperator::TypedSelect {
                ty: RefType::EXNREF.into(),
            },
            NewerOperator::I32Store { memarg: memory(8) },
        ];
        let empty = TypeOrFuncType::Type(Type::EmptyBlockType);
        let memarg = MemoryImmediate {
            align: 1,
            offset: 8,
            memory: 2,
        };
        let expected = [
            Operator::Block { ty: empty },
            Operator::Loop {
                ty: TypeOrFuncType::FuncType(3),
            },
            Operator::MemorySize {
                mem: 300,
                mem_byte: 0xac,
            },
            Operator::RefNull {
                ty: Type::ExternRef,
            },
            Operator::TypedSelect { ty: Type::ExnRef },
            Operator::I32Store { memarg },
        ];
        assert_eq!(operators.map(Operator::from), expected);
        let table = BrTable::from(wasmparser::BrTable::sample());
        let targets: Vec<_> = table.targets().map(Result::unwrap).collect();
        assert_eq!(targets, [(1, false), (2, false), (0, true)]);
        assert_eq!(
            (table.len(), table.default(), table.is_empty()),
            (2, 0, false)
        );
    }
}
