//! The table of operators: the only list of them in Wasmill.
//!
//! A row names the hook of [`crate::Emit`] that an operator calls, wasmparser's name of the operator, the operation
//! from `ops.rs` and the shapes it works on:
//!
//! ```text
//!   hook     operator                        operation           shape(s): of the operands, then of the result
//!   binary   visit_i32_add                   Binary::IAdd        I32;
//!   convert  visit_f64x2_promote_low_f32x4   Convert::Promote    F32x4 F64x2;
//!   splat    visit_i8x16_splat                                   I8x16;
//! ```
//!
//! The first of these rows expands, through [`define_visitors`], to the method that the driver runs when wasmparser
//! decodes the operator:
//!
//! ```text
//!   fn visit_i32_add(&mut self) -> Outcome {
//!       if self.reachable {
//!           let b = self.pop();
//!           let a = self.pop();
//!           let value = self.emit.binary(Binary::IAdd, Shape::I32, a, b);
//!           self.push(value);
//!       }
//!       Ok(())
//!   }
//! ```
//!
//! Operators that are not of this regular form (control, calls, locals, globals, tables, references, constants) are
//! ordinary methods in `driver.rs`. A row that is missing is a compile error there: the trait lacks its method. The
//! tests hold every row against wasmparser's own arity of the operator, and against the operator's name.

/// Rows of `VisitOperator`.
macro_rules! for_each_scalar_operator {
    ($mac:ident) => {
        $mac! {
            // MVP
            load         visit_i32_load                         Load::Full                 I32;
            load         visit_i64_load                         Load::Full                 I64;
            load         visit_f32_load                         Load::Full                 F32;
            load         visit_f64_load                         Load::Full                 F64;
            load         visit_i32_load8_s                      Load::S8                   I32;
            load         visit_i32_load8_u                      Load::U8                   I32;
            load         visit_i32_load16_s                     Load::S16                  I32;
            load         visit_i32_load16_u                     Load::U16                  I32;
            load         visit_i64_load8_s                      Load::S8                   I64;
            load         visit_i64_load8_u                      Load::U8                   I64;
            load         visit_i64_load16_s                     Load::S16                  I64;
            load         visit_i64_load16_u                     Load::U16                  I64;
            load         visit_i64_load32_s                     Load::S32                  I64;
            load         visit_i64_load32_u                     Load::U32                  I64;
            store        visit_i32_store                        Store::Full                I32;
            store        visit_i64_store                        Store::Full                I64;
            store        visit_f32_store                        Store::Full                F32;
            store        visit_f64_store                        Store::Full                F64;
            store        visit_i32_store8                       Store::Low8                I32;
            store        visit_i32_store16                      Store::Low16               I32;
            store        visit_i64_store8                       Store::Low8                I64;
            store        visit_i64_store16                      Store::Low16               I64;
            store        visit_i64_store32                      Store::Low32               I64;
            test         visit_i32_eqz                          Test::Eqz                  I32;
            compare      visit_i32_eq                           Compare::IEq               I32;
            compare      visit_i32_ne                           Compare::INe               I32;
            compare      visit_i32_lt_s                         Compare::ILtS              I32;
            compare      visit_i32_lt_u                         Compare::ILtU              I32;
            compare      visit_i32_gt_s                         Compare::IGtS              I32;
            compare      visit_i32_gt_u                         Compare::IGtU              I32;
            compare      visit_i32_le_s                         Compare::ILeS              I32;
            compare      visit_i32_le_u                         Compare::ILeU              I32;
            compare      visit_i32_ge_s                         Compare::IGeS              I32;
            compare      visit_i32_ge_u                         Compare::IGeU              I32;
            test         visit_i64_eqz                          Test::Eqz                  I64;
            compare      visit_i64_eq                           Compare::IEq               I64;
            compare      visit_i64_ne                           Compare::INe               I64;
            compare      visit_i64_lt_s                         Compare::ILtS              I64;
            compare      visit_i64_lt_u                         Compare::ILtU              I64;
            compare      visit_i64_gt_s                         Compare::IGtS              I64;
            compare      visit_i64_gt_u                         Compare::IGtU              I64;
            compare      visit_i64_le_s                         Compare::ILeS              I64;
            compare      visit_i64_le_u                         Compare::ILeU              I64;
            compare      visit_i64_ge_s                         Compare::IGeS              I64;
            compare      visit_i64_ge_u                         Compare::IGeU              I64;
            compare      visit_f32_eq                           Compare::FEq               F32;
            compare      visit_f32_ne                           Compare::FNe               F32;
            compare      visit_f32_lt                           Compare::FLt               F32;
            compare      visit_f32_gt                           Compare::FGt               F32;
            compare      visit_f32_le                           Compare::FLe               F32;
            compare      visit_f32_ge                           Compare::FGe               F32;
            compare      visit_f64_eq                           Compare::FEq               F64;
            compare      visit_f64_ne                           Compare::FNe               F64;
            compare      visit_f64_lt                           Compare::FLt               F64;
            compare      visit_f64_gt                           Compare::FGt               F64;
            compare      visit_f64_le                           Compare::FLe               F64;
            compare      visit_f64_ge                           Compare::FGe               F64;
            unary        visit_i32_clz                          Unary::Clz                 I32;
            unary        visit_i32_ctz                          Unary::Ctz                 I32;
            unary        visit_i32_popcnt                       Unary::Popcnt              I32;
            binary       visit_i32_add                          Binary::IAdd               I32;
            binary       visit_i32_sub                          Binary::ISub               I32;
            binary       visit_i32_mul                          Binary::IMul               I32;
            binary       visit_i32_div_s                        Binary::IDivS              I32;
            binary       visit_i32_div_u                        Binary::IDivU              I32;
            binary       visit_i32_rem_s                        Binary::IRemS              I32;
            binary       visit_i32_rem_u                        Binary::IRemU              I32;
            binary       visit_i32_and                          Binary::And                I32;
            binary       visit_i32_or                           Binary::Or                 I32;
            binary       visit_i32_xor                          Binary::Xor                I32;
            binary       visit_i32_shl                          Binary::IShl               I32;
            binary       visit_i32_shr_s                        Binary::IShrS              I32;
            binary       visit_i32_shr_u                        Binary::IShrU              I32;
            binary       visit_i32_rotl                         Binary::IRotl              I32;
            binary       visit_i32_rotr                         Binary::IRotr              I32;
            unary        visit_i64_clz                          Unary::Clz                 I64;
            unary        visit_i64_ctz                          Unary::Ctz                 I64;
            unary        visit_i64_popcnt                       Unary::Popcnt              I64;
            binary       visit_i64_add                          Binary::IAdd               I64;
            binary       visit_i64_sub                          Binary::ISub               I64;
            binary       visit_i64_mul                          Binary::IMul               I64;
            binary       visit_i64_div_s                        Binary::IDivS              I64;
            binary       visit_i64_div_u                        Binary::IDivU              I64;
            binary       visit_i64_rem_s                        Binary::IRemS              I64;
            binary       visit_i64_rem_u                        Binary::IRemU              I64;
            binary       visit_i64_and                          Binary::And                I64;
            binary       visit_i64_or                           Binary::Or                 I64;
            binary       visit_i64_xor                          Binary::Xor                I64;
            binary       visit_i64_shl                          Binary::IShl               I64;
            binary       visit_i64_shr_s                        Binary::IShrS              I64;
            binary       visit_i64_shr_u                        Binary::IShrU              I64;
            binary       visit_i64_rotl                         Binary::IRotl              I64;
            binary       visit_i64_rotr                         Binary::IRotr              I64;
            unary        visit_f32_abs                          Unary::FAbs                F32;
            unary        visit_f32_neg                          Unary::FNeg                F32;
            unary        visit_f32_ceil                         Unary::FCeil               F32;
            unary        visit_f32_floor                        Unary::FFloor              F32;
            unary        visit_f32_trunc                        Unary::FTrunc              F32;
            unary        visit_f32_nearest                      Unary::FNearest            F32;
            unary        visit_f32_sqrt                         Unary::FSqrt               F32;
            binary       visit_f32_add                          Binary::FAdd               F32;
            binary       visit_f32_sub                          Binary::FSub               F32;
            binary       visit_f32_mul                          Binary::FMul               F32;
            binary       visit_f32_div                          Binary::FDiv               F32;
            binary       visit_f32_min                          Binary::FMin               F32;
            binary       visit_f32_max                          Binary::FMax               F32;
            binary       visit_f32_copysign                     Binary::FCopysign          F32;
            unary        visit_f64_abs                          Unary::FAbs                F64;
            unary        visit_f64_neg                          Unary::FNeg                F64;
            unary        visit_f64_ceil                         Unary::FCeil               F64;
            unary        visit_f64_floor                        Unary::FFloor              F64;
            unary        visit_f64_trunc                        Unary::FTrunc              F64;
            unary        visit_f64_nearest                      Unary::FNearest            F64;
            unary        visit_f64_sqrt                         Unary::FSqrt               F64;
            binary       visit_f64_add                          Binary::FAdd               F64;
            binary       visit_f64_sub                          Binary::FSub               F64;
            binary       visit_f64_mul                          Binary::FMul               F64;
            binary       visit_f64_div                          Binary::FDiv               F64;
            binary       visit_f64_min                          Binary::FMin               F64;
            binary       visit_f64_max                          Binary::FMax               F64;
            binary       visit_f64_copysign                     Binary::FCopysign          F64;
            convert      visit_i32_wrap_i64                     Convert::Wrap              I64 I32;
            convert      visit_i32_trunc_f32_s                  Convert::TruncS            F32 I32;
            convert      visit_i32_trunc_f32_u                  Convert::TruncU            F32 I32;
            convert      visit_i32_trunc_f64_s                  Convert::TruncS            F64 I32;
            convert      visit_i32_trunc_f64_u                  Convert::TruncU            F64 I32;
            convert      visit_i64_extend_i32_s                 Convert::ExtendS           I32 I64;
            convert      visit_i64_extend_i32_u                 Convert::ExtendU           I32 I64;
            convert      visit_i64_trunc_f32_s                  Convert::TruncS            F32 I64;
            convert      visit_i64_trunc_f32_u                  Convert::TruncU            F32 I64;
            convert      visit_i64_trunc_f64_s                  Convert::TruncS            F64 I64;
            convert      visit_i64_trunc_f64_u                  Convert::TruncU            F64 I64;
            convert      visit_f32_convert_i32_s                Convert::ConvertS          I32 F32;
            convert      visit_f32_convert_i32_u                Convert::ConvertU          I32 F32;
            convert      visit_f32_convert_i64_s                Convert::ConvertS          I64 F32;
            convert      visit_f32_convert_i64_u                Convert::ConvertU          I64 F32;
            convert      visit_f32_demote_f64                   Convert::Demote            F64 F32;
            convert      visit_f64_convert_i32_s                Convert::ConvertS          I32 F64;
            convert      visit_f64_convert_i32_u                Convert::ConvertU          I32 F64;
            convert      visit_f64_convert_i64_s                Convert::ConvertS          I64 F64;
            convert      visit_f64_convert_i64_u                Convert::ConvertU          I64 F64;
            convert      visit_f64_promote_f32                  Convert::Promote           F32 F64;
            convert      visit_i32_reinterpret_f32              Convert::Reinterpret       F32 I32;
            convert      visit_i64_reinterpret_f64              Convert::Reinterpret       F64 I64;
            convert      visit_f32_reinterpret_i32              Convert::Reinterpret       I32 F32;
            convert      visit_f64_reinterpret_i64              Convert::Reinterpret       I64 F64;
            // Sign extension
            unary        visit_i32_extend8_s                    Unary::Extend8S            I32;
            unary        visit_i32_extend16_s                   Unary::Extend16S           I32;
            unary        visit_i64_extend8_s                    Unary::Extend8S            I64;
            unary        visit_i64_extend16_s                   Unary::Extend16S           I64;
            unary        visit_i64_extend32_s                   Unary::Extend32S           I64;
            // Saturating conversions
            convert      visit_i32_trunc_sat_f32_s              Convert::TruncSatS         F32 I32;
            convert      visit_i32_trunc_sat_f32_u              Convert::TruncSatU         F32 I32;
            convert      visit_i32_trunc_sat_f64_s              Convert::TruncSatS         F64 I32;
            convert      visit_i32_trunc_sat_f64_u              Convert::TruncSatU         F64 I32;
            convert      visit_i64_trunc_sat_f32_s              Convert::TruncSatS         F32 I64;
            convert      visit_i64_trunc_sat_f32_u              Convert::TruncSatU         F32 I64;
            convert      visit_i64_trunc_sat_f64_s              Convert::TruncSatS         F64 I64;
            convert      visit_i64_trunc_sat_f64_u              Convert::TruncSatU         F64 I64;
        }
    };
}

/// Rows of `VisitSimdOperator`.
macro_rules! for_each_vector_operator {
    ($mac:ident) => {
        $mac! {
            // SIMD
            load         visit_v128_load                        Load::Full                 V128;
            load         visit_v128_load8x8_s                   Load::ExtendS              I16x8;
            load         visit_v128_load8x8_u                   Load::ExtendU              I16x8;
            load         visit_v128_load16x4_s                  Load::ExtendS              I32x4;
            load         visit_v128_load16x4_u                  Load::ExtendU              I32x4;
            load         visit_v128_load32x2_s                  Load::ExtendS              I64x2;
            load         visit_v128_load32x2_u                  Load::ExtendU              I64x2;
            load         visit_v128_load8_splat                 Load::Splat                I8x16;
            load         visit_v128_load16_splat                Load::Splat                I16x8;
            load         visit_v128_load32_splat                Load::Splat                I32x4;
            load         visit_v128_load64_splat                Load::Splat                I64x2;
            load         visit_v128_load32_zero                 Load::Zero                 I32x4;
            load         visit_v128_load64_zero                 Load::Zero                 I64x2;
            store        visit_v128_store                       Store::Full                V128;
            load_lane    visit_v128_load8_lane                                             I8x16;
            load_lane    visit_v128_load16_lane                                            I16x8;
            load_lane    visit_v128_load32_lane                                            I32x4;
            load_lane    visit_v128_load64_lane                                            I64x2;
            store_lane   visit_v128_store8_lane                                            I8x16;
            store_lane   visit_v128_store16_lane                                           I16x8;
            store_lane   visit_v128_store32_lane                                           I32x4;
            store_lane   visit_v128_store64_lane                                           I64x2;
            extract_lane visit_i8x16_extract_lane_s             LaneExtend::Signed         I8x16;
            extract_lane visit_i8x16_extract_lane_u             LaneExtend::Unsigned       I8x16;
            replace_lane visit_i8x16_replace_lane                                          I8x16;
            extract_lane visit_i16x8_extract_lane_s             LaneExtend::Signed         I16x8;
            extract_lane visit_i16x8_extract_lane_u             LaneExtend::Unsigned       I16x8;
            replace_lane visit_i16x8_replace_lane                                          I16x8;
            extract_lane visit_i32x4_extract_lane               LaneExtend::None           I32x4;
            replace_lane visit_i32x4_replace_lane                                          I32x4;
            extract_lane visit_i64x2_extract_lane               LaneExtend::None           I64x2;
            replace_lane visit_i64x2_replace_lane                                          I64x2;
            extract_lane visit_f32x4_extract_lane               LaneExtend::None           F32x4;
            replace_lane visit_f32x4_replace_lane                                          F32x4;
            extract_lane visit_f64x2_extract_lane               LaneExtend::None           F64x2;
            replace_lane visit_f64x2_replace_lane                                          F64x2;
            binary       visit_i8x16_swizzle                    Binary::Swizzle            I8x16;
            splat        visit_i8x16_splat                                                 I8x16;
            splat        visit_i16x8_splat                                                 I16x8;
            splat        visit_i32x4_splat                                                 I32x4;
            splat        visit_i64x2_splat                                                 I64x2;
            splat        visit_f32x4_splat                                                 F32x4;
            splat        visit_f64x2_splat                                                 F64x2;
            compare      visit_i8x16_eq                         Compare::IEq               I8x16;
            compare      visit_i8x16_ne                         Compare::INe               I8x16;
            compare      visit_i8x16_lt_s                       Compare::ILtS              I8x16;
            compare      visit_i8x16_lt_u                       Compare::ILtU              I8x16;
            compare      visit_i8x16_gt_s                       Compare::IGtS              I8x16;
            compare      visit_i8x16_gt_u                       Compare::IGtU              I8x16;
            compare      visit_i8x16_le_s                       Compare::ILeS              I8x16;
            compare      visit_i8x16_le_u                       Compare::ILeU              I8x16;
            compare      visit_i8x16_ge_s                       Compare::IGeS              I8x16;
            compare      visit_i8x16_ge_u                       Compare::IGeU              I8x16;
            compare      visit_i16x8_eq                         Compare::IEq               I16x8;
            compare      visit_i16x8_ne                         Compare::INe               I16x8;
            compare      visit_i16x8_lt_s                       Compare::ILtS              I16x8;
            compare      visit_i16x8_lt_u                       Compare::ILtU              I16x8;
            compare      visit_i16x8_gt_s                       Compare::IGtS              I16x8;
            compare      visit_i16x8_gt_u                       Compare::IGtU              I16x8;
            compare      visit_i16x8_le_s                       Compare::ILeS              I16x8;
            compare      visit_i16x8_le_u                       Compare::ILeU              I16x8;
            compare      visit_i16x8_ge_s                       Compare::IGeS              I16x8;
            compare      visit_i16x8_ge_u                       Compare::IGeU              I16x8;
            compare      visit_i32x4_eq                         Compare::IEq               I32x4;
            compare      visit_i32x4_ne                         Compare::INe               I32x4;
            compare      visit_i32x4_lt_s                       Compare::ILtS              I32x4;
            compare      visit_i32x4_lt_u                       Compare::ILtU              I32x4;
            compare      visit_i32x4_gt_s                       Compare::IGtS              I32x4;
            compare      visit_i32x4_gt_u                       Compare::IGtU              I32x4;
            compare      visit_i32x4_le_s                       Compare::ILeS              I32x4;
            compare      visit_i32x4_le_u                       Compare::ILeU              I32x4;
            compare      visit_i32x4_ge_s                       Compare::IGeS              I32x4;
            compare      visit_i32x4_ge_u                       Compare::IGeU              I32x4;
            compare      visit_i64x2_eq                         Compare::IEq               I64x2;
            compare      visit_i64x2_ne                         Compare::INe               I64x2;
            compare      visit_i64x2_lt_s                       Compare::ILtS              I64x2;
            compare      visit_i64x2_gt_s                       Compare::IGtS              I64x2;
            compare      visit_i64x2_le_s                       Compare::ILeS              I64x2;
            compare      visit_i64x2_ge_s                       Compare::IGeS              I64x2;
            compare      visit_f32x4_eq                         Compare::FEq               F32x4;
            compare      visit_f32x4_ne                         Compare::FNe               F32x4;
            compare      visit_f32x4_lt                         Compare::FLt               F32x4;
            compare      visit_f32x4_gt                         Compare::FGt               F32x4;
            compare      visit_f32x4_le                         Compare::FLe               F32x4;
            compare      visit_f32x4_ge                         Compare::FGe               F32x4;
            compare      visit_f64x2_eq                         Compare::FEq               F64x2;
            compare      visit_f64x2_ne                         Compare::FNe               F64x2;
            compare      visit_f64x2_lt                         Compare::FLt               F64x2;
            compare      visit_f64x2_gt                         Compare::FGt               F64x2;
            compare      visit_f64x2_le                         Compare::FLe               F64x2;
            compare      visit_f64x2_ge                         Compare::FGe               F64x2;
            unary        visit_v128_not                         Unary::Not                 V128;
            binary       visit_v128_and                         Binary::And                V128;
            binary       visit_v128_andnot                      Binary::AndNot             V128;
            binary       visit_v128_or                          Binary::Or                 V128;
            binary       visit_v128_xor                         Binary::Xor                V128;
            test         visit_v128_any_true                    Test::AnyTrue              V128;
            unary        visit_i8x16_abs                        Unary::IAbs                I8x16;
            unary        visit_i8x16_neg                        Unary::INeg                I8x16;
            unary        visit_i8x16_popcnt                     Unary::Popcnt              I8x16;
            test         visit_i8x16_all_true                   Test::AllTrue              I8x16;
            test         visit_i8x16_bitmask                    Test::Bitmask              I8x16;
            binary       visit_i8x16_narrow_i16x8_s             Binary::NarrowS            I16x8;
            binary       visit_i8x16_narrow_i16x8_u             Binary::NarrowU            I16x8;
            shift        visit_i8x16_shl                        Shift::Shl                 I8x16;
            shift        visit_i8x16_shr_s                      Shift::ShrS                I8x16;
            shift        visit_i8x16_shr_u                      Shift::ShrU                I8x16;
            binary       visit_i8x16_add                        Binary::IAdd               I8x16;
            binary       visit_i8x16_add_sat_s                  Binary::IAddSatS           I8x16;
            binary       visit_i8x16_add_sat_u                  Binary::IAddSatU           I8x16;
            binary       visit_i8x16_sub                        Binary::ISub               I8x16;
            binary       visit_i8x16_sub_sat_s                  Binary::ISubSatS           I8x16;
            binary       visit_i8x16_sub_sat_u                  Binary::ISubSatU           I8x16;
            binary       visit_i8x16_min_s                      Binary::IMinS              I8x16;
            binary       visit_i8x16_min_u                      Binary::IMinU              I8x16;
            binary       visit_i8x16_max_s                      Binary::IMaxS              I8x16;
            binary       visit_i8x16_max_u                      Binary::IMaxU              I8x16;
            binary       visit_i8x16_avgr_u                     Binary::IAvgrU             I8x16;
            convert      visit_i16x8_extadd_pairwise_i8x16_s    Convert::ExtAddPairwiseS   I8x16 I16x8;
            convert      visit_i16x8_extadd_pairwise_i8x16_u    Convert::ExtAddPairwiseU   I8x16 I16x8;
            unary        visit_i16x8_abs                        Unary::IAbs                I16x8;
            unary        visit_i16x8_neg                        Unary::INeg                I16x8;
            binary       visit_i16x8_q15mulr_sat_s              Binary::IQ15MulrSatS       I16x8;
            test         visit_i16x8_all_true                   Test::AllTrue              I16x8;
            test         visit_i16x8_bitmask                    Test::Bitmask              I16x8;
            binary       visit_i16x8_narrow_i32x4_s             Binary::NarrowS            I32x4;
            binary       visit_i16x8_narrow_i32x4_u             Binary::NarrowU            I32x4;
            convert      visit_i16x8_extend_low_i8x16_s         Convert::ExtendLowS        I8x16 I16x8;
            convert      visit_i16x8_extend_high_i8x16_s        Convert::ExtendHighS       I8x16 I16x8;
            convert      visit_i16x8_extend_low_i8x16_u         Convert::ExtendLowU        I8x16 I16x8;
            convert      visit_i16x8_extend_high_i8x16_u        Convert::ExtendHighU       I8x16 I16x8;
            shift        visit_i16x8_shl                        Shift::Shl                 I16x8;
            shift        visit_i16x8_shr_s                      Shift::ShrS                I16x8;
            shift        visit_i16x8_shr_u                      Shift::ShrU                I16x8;
            binary       visit_i16x8_add                        Binary::IAdd               I16x8;
            binary       visit_i16x8_add_sat_s                  Binary::IAddSatS           I16x8;
            binary       visit_i16x8_add_sat_u                  Binary::IAddSatU           I16x8;
            binary       visit_i16x8_sub                        Binary::ISub               I16x8;
            binary       visit_i16x8_sub_sat_s                  Binary::ISubSatS           I16x8;
            binary       visit_i16x8_sub_sat_u                  Binary::ISubSatU           I16x8;
            binary       visit_i16x8_mul                        Binary::IMul               I16x8;
            binary       visit_i16x8_min_s                      Binary::IMinS              I16x8;
            binary       visit_i16x8_min_u                      Binary::IMinU              I16x8;
            binary       visit_i16x8_max_s                      Binary::IMaxS              I16x8;
            binary       visit_i16x8_max_u                      Binary::IMaxU              I16x8;
            binary       visit_i16x8_avgr_u                     Binary::IAvgrU             I16x8;
            binary       visit_i16x8_extmul_low_i8x16_s         Binary::ExtMulLowS         I8x16;
            binary       visit_i16x8_extmul_high_i8x16_s        Binary::ExtMulHighS        I8x16;
            binary       visit_i16x8_extmul_low_i8x16_u         Binary::ExtMulLowU         I8x16;
            binary       visit_i16x8_extmul_high_i8x16_u        Binary::ExtMulHighU        I8x16;
            convert      visit_i32x4_extadd_pairwise_i16x8_s    Convert::ExtAddPairwiseS   I16x8 I32x4;
            convert      visit_i32x4_extadd_pairwise_i16x8_u    Convert::ExtAddPairwiseU   I16x8 I32x4;
            unary        visit_i32x4_abs                        Unary::IAbs                I32x4;
            unary        visit_i32x4_neg                        Unary::INeg                I32x4;
            test         visit_i32x4_all_true                   Test::AllTrue              I32x4;
            test         visit_i32x4_bitmask                    Test::Bitmask              I32x4;
            convert      visit_i32x4_extend_low_i16x8_s         Convert::ExtendLowS        I16x8 I32x4;
            convert      visit_i32x4_extend_high_i16x8_s        Convert::ExtendHighS       I16x8 I32x4;
            convert      visit_i32x4_extend_low_i16x8_u         Convert::ExtendLowU        I16x8 I32x4;
            convert      visit_i32x4_extend_high_i16x8_u        Convert::ExtendHighU       I16x8 I32x4;
            shift        visit_i32x4_shl                        Shift::Shl                 I32x4;
            shift        visit_i32x4_shr_s                      Shift::ShrS                I32x4;
            shift        visit_i32x4_shr_u                      Shift::ShrU                I32x4;
            binary       visit_i32x4_add                        Binary::IAdd               I32x4;
            binary       visit_i32x4_sub                        Binary::ISub               I32x4;
            binary       visit_i32x4_mul                        Binary::IMul               I32x4;
            binary       visit_i32x4_min_s                      Binary::IMinS              I32x4;
            binary       visit_i32x4_min_u                      Binary::IMinU              I32x4;
            binary       visit_i32x4_max_s                      Binary::IMaxS              I32x4;
            binary       visit_i32x4_max_u                      Binary::IMaxU              I32x4;
            binary       visit_i32x4_dot_i16x8_s                Binary::IDotS              I16x8;
            binary       visit_i32x4_extmul_low_i16x8_s         Binary::ExtMulLowS         I16x8;
            binary       visit_i32x4_extmul_high_i16x8_s        Binary::ExtMulHighS        I16x8;
            binary       visit_i32x4_extmul_low_i16x8_u         Binary::ExtMulLowU         I16x8;
            binary       visit_i32x4_extmul_high_i16x8_u        Binary::ExtMulHighU        I16x8;
            unary        visit_i64x2_abs                        Unary::IAbs                I64x2;
            unary        visit_i64x2_neg                        Unary::INeg                I64x2;
            test         visit_i64x2_all_true                   Test::AllTrue              I64x2;
            test         visit_i64x2_bitmask                    Test::Bitmask              I64x2;
            convert      visit_i64x2_extend_low_i32x4_s         Convert::ExtendLowS        I32x4 I64x2;
            convert      visit_i64x2_extend_high_i32x4_s        Convert::ExtendHighS       I32x4 I64x2;
            convert      visit_i64x2_extend_low_i32x4_u         Convert::ExtendLowU        I32x4 I64x2;
            convert      visit_i64x2_extend_high_i32x4_u        Convert::ExtendHighU       I32x4 I64x2;
            shift        visit_i64x2_shl                        Shift::Shl                 I64x2;
            shift        visit_i64x2_shr_s                      Shift::ShrS                I64x2;
            shift        visit_i64x2_shr_u                      Shift::ShrU                I64x2;
            binary       visit_i64x2_add                        Binary::IAdd               I64x2;
            binary       visit_i64x2_sub                        Binary::ISub               I64x2;
            binary       visit_i64x2_mul                        Binary::IMul               I64x2;
            binary       visit_i64x2_extmul_low_i32x4_s         Binary::ExtMulLowS         I32x4;
            binary       visit_i64x2_extmul_high_i32x4_s        Binary::ExtMulHighS        I32x4;
            binary       visit_i64x2_extmul_low_i32x4_u         Binary::ExtMulLowU         I32x4;
            binary       visit_i64x2_extmul_high_i32x4_u        Binary::ExtMulHighU        I32x4;
            unary        visit_f32x4_ceil                       Unary::FCeil               F32x4;
            unary        visit_f32x4_floor                      Unary::FFloor              F32x4;
            unary        visit_f32x4_trunc                      Unary::FTrunc              F32x4;
            unary        visit_f32x4_nearest                    Unary::FNearest            F32x4;
            unary        visit_f32x4_abs                        Unary::FAbs                F32x4;
            unary        visit_f32x4_neg                        Unary::FNeg                F32x4;
            unary        visit_f32x4_sqrt                       Unary::FSqrt               F32x4;
            binary       visit_f32x4_add                        Binary::FAdd               F32x4;
            binary       visit_f32x4_sub                        Binary::FSub               F32x4;
            binary       visit_f32x4_mul                        Binary::FMul               F32x4;
            binary       visit_f32x4_div                        Binary::FDiv               F32x4;
            binary       visit_f32x4_min                        Binary::FMin               F32x4;
            binary       visit_f32x4_max                        Binary::FMax               F32x4;
            binary       visit_f32x4_pmin                       Binary::FPMin              F32x4;
            binary       visit_f32x4_pmax                       Binary::FPMax              F32x4;
            unary        visit_f64x2_ceil                       Unary::FCeil               F64x2;
            unary        visit_f64x2_floor                      Unary::FFloor              F64x2;
            unary        visit_f64x2_trunc                      Unary::FTrunc              F64x2;
            unary        visit_f64x2_nearest                    Unary::FNearest            F64x2;
            unary        visit_f64x2_abs                        Unary::FAbs                F64x2;
            unary        visit_f64x2_neg                        Unary::FNeg                F64x2;
            unary        visit_f64x2_sqrt                       Unary::FSqrt               F64x2;
            binary       visit_f64x2_add                        Binary::FAdd               F64x2;
            binary       visit_f64x2_sub                        Binary::FSub               F64x2;
            binary       visit_f64x2_mul                        Binary::FMul               F64x2;
            binary       visit_f64x2_div                        Binary::FDiv               F64x2;
            binary       visit_f64x2_min                        Binary::FMin               F64x2;
            binary       visit_f64x2_max                        Binary::FMax               F64x2;
            binary       visit_f64x2_pmin                       Binary::FPMin              F64x2;
            binary       visit_f64x2_pmax                       Binary::FPMax              F64x2;
            convert      visit_i32x4_trunc_sat_f32x4_s          Convert::TruncSatS         F32x4 I32x4;
            convert      visit_i32x4_trunc_sat_f32x4_u          Convert::TruncSatU         F32x4 I32x4;
            convert      visit_f32x4_convert_i32x4_s            Convert::ConvertS          I32x4 F32x4;
            convert      visit_f32x4_convert_i32x4_u            Convert::ConvertU          I32x4 F32x4;
            convert      visit_i32x4_trunc_sat_f64x2_s_zero     Convert::TruncSatS         F64x2 I32x4;
            convert      visit_i32x4_trunc_sat_f64x2_u_zero     Convert::TruncSatU         F64x2 I32x4;
            convert      visit_f64x2_convert_low_i32x4_s        Convert::ConvertS          I32x4 F64x2;
            convert      visit_f64x2_convert_low_i32x4_u        Convert::ConvertU          I32x4 F64x2;
            convert      visit_f32x4_demote_f64x2_zero          Convert::Demote            F64x2 F32x4;
            convert      visit_f64x2_promote_low_f32x4          Convert::Promote           F32x4 F64x2;
        }
    };
}

/// Makes the driver's methods from rows, one arm per hook.
macro_rules! define_visitors {
    ($($hook:ident $visit:ident $($op:ident)::+ $($shape:ident)*;)*) => {
        $( define_visitors!(@ $hook $visit ($($op)::+) $($shape)*); )*
    };
    (@ unary $visit:ident ($op:path) $shape:ident) => {
        define_visitors!(@method $visit()(this) {
            let a = this.pop();
            let value = this.emit.unary($op, Shape::$shape, a);
            this.push(value);
        });
    };
    (@ test $visit:ident ($op:path) $shape:ident) => {
        define_visitors!(@method $visit()(this) {
            let a = this.pop();
            let value = this.emit.test($op, Shape::$shape, a);
            this.push(value);
        });
    };
    (@ binary $visit:ident ($op:path) $shape:ident) => {
        define_visitors!(@method $visit()(this) {
            let [a, b] = this.pop_n();
            let value = this.emit.binary($op, Shape::$shape, a, b);
            this.push(value);
        });
    };
    (@ compare $visit:ident ($op:path) $shape:ident) => {
        define_visitors!(@method $visit()(this) {
            let [a, b] = this.pop_n();
            let value = this.emit.compare($op, Shape::$shape, a, b);
            this.push(value);
        });
    };
    (@ shift $visit:ident ($op:path) $shape:ident) => {
        define_visitors!(@method $visit()(this) {
            let [a, by] = this.pop_n();
            let value = this.emit.shift($op, Shape::$shape, a, by);
            this.push(value);
        });
    };
    (@ convert $visit:ident ($op:path) $from:ident $to:ident) => {
        define_visitors!(@method $visit()(this) {
            let a = this.pop();
            let value = this.emit.convert($op, Shape::$from, Shape::$to, a);
            this.push(value);
        });
    };
    (@ load $visit:ident ($op:path) $shape:ident) => {
        define_visitors!(@method $visit(arg: MemArg)(this) {
            let arg = memory_arg(arg)?;
            let address = this.pop();
            let value = this.emit.load($op, Shape::$shape, arg, address);
            this.push(value);
        });
    };
    (@ store $visit:ident ($op:path) $shape:ident) => {
        define_visitors!(@method $visit(arg: MemArg)(this) {
            let arg = memory_arg(arg)?;
            let [address, value] = this.pop_n();
            this.emit.store($op, Shape::$shape, arg, address, value);
        });
    };
    (@ load_lane $visit:ident ($shape:ident)) => {
        define_visitors!(@method $visit(arg: MemArg, lane: u8)(this) {
            let arg = memory_arg(arg)?;
            let [address, vector] = this.pop_n();
            let value = this.emit.load_lane(Shape::$shape, lane, arg, address, vector);
            this.push(value);
        });
    };
    (@ store_lane $visit:ident ($shape:ident)) => {
        define_visitors!(@method $visit(arg: MemArg, lane: u8)(this) {
            let arg = memory_arg(arg)?;
            let [address, vector] = this.pop_n();
            this.emit.store_lane(Shape::$shape, lane, arg, address, vector);
        });
    };
    (@ splat $visit:ident ($shape:ident)) => {
        define_visitors!(@method $visit()(this) {
            let a = this.pop();
            let value = this.emit.splat(Shape::$shape, a);
            this.push(value);
        });
    };
    (@ extract_lane $visit:ident ($extend:path) $shape:ident) => {
        define_visitors!(@method $visit(lane: u8)(this) {
            let a = this.pop();
            let value = this.emit.extract_lane(Shape::$shape, $extend, lane, a);
            this.push(value);
        });
    };
    (@ replace_lane $visit:ident ($shape:ident)) => {
        define_visitors!(@method $visit(lane: u8)(this) {
            let [a, scalar] = this.pop_n();
            let value = this.emit.replace_lane(Shape::$shape, lane, a, scalar);
            this.push(value);
        });
    };
    // Nothing is emitted for dead code, so nothing is popped or pushed there either.
    (@method $visit:ident($($arg:ident: $ty:ty),*)($this:ident) $body:block) => {
        fn $visit(&mut self $(, $arg: $ty)*) -> Outcome {
            if self.reachable {
                let $this = self;
                $body
            }
            Ok(())
        }
    };
}

pub(crate) use {define_visitors, for_each_scalar_operator, for_each_vector_operator};

#[cfg(test)]
mod tests {
    //! The table against two other sources: wasmparser's arity of each operator, and the operators' names, which say
    //! operation and shapes in a language of their own.

    use std::collections::HashMap;

    struct Row {
        hook: &'static str,
        visit: &'static str,
        op: String,
        shapes: Vec<&'static str>,
    }

    fn rows() -> Vec<Row> {
        let mut rows = Vec::new();
        macro_rules! collect {
            ($($hook:ident $visit:ident $($op:ident)::+ $($shape:ident)*;)*) => { $(
                rows.push(Row {
                    hook: stringify!($hook),
                    visit: stringify!($visit),
                    op: [$(stringify!($op)),+].join("::"),
                    shapes: vec![$(stringify!($shape)),*],
                });
            )* };
        }
        for_each_scalar_operator!(collect);
        for_each_vector_operator!(collect);
        // Rows without an operation name their shape in its place.
        for row in &mut rows {
            if !row.op.contains("::") {
                assert!(row.shapes.is_empty());
                row.shapes = vec![Box::leak(std::mem::take(&mut row.op).into_boxed_str())];
            }
        }
        rows
    }

    fn arity(hook: &str) -> &'static str {
        match hook {
            "unary" | "test" | "convert" | "splat" | "extract_lane" => "arity 1 -> 1",
            "binary" | "compare" | "shift" | "replace_lane" => "arity 2 -> 1",
            "load" => "arity memarg 1 -> 1",
            "store" | "store_lane" => "arity memarg 2 -> 0",
            "load_lane" => "arity memarg 2 -> 1",
            other => panic!("no hook {other}"),
        }
    }

    #[test]
    fn rows_have_the_arity_of_their_operators() {
        let mut arities = HashMap::new();
        macro_rules! collect {
            ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
                $( arities.insert(stringify!($visit), [$(stringify!($ann)),*].join(" ")); )*
            };
        }
        wasmparser::for_each_operator!(collect);
        let rows = rows();
        assert!(rows.len() > 380, "the table is not all there");
        for row in rows {
            let expected = arity(row.hook);
            // wasmparser leaves out that lane accesses have an address.
            let lane = expected.replace("memarg ", "");
            let actual = &arities[row.visit];
            assert!(
                actual == expected || *actual == lane,
                "{}: {actual}",
                row.visit
            );
        }
    }

    fn half(shape: &str) -> &'static str {
        match shape {
            "i16x8" => "i8x16",
            "i32x4" => "i16x8",
            "i64x2" => "i32x4",
            other => panic!("no half of {other}"),
        }
    }

    fn double(shape: &str) -> &'static str {
        match shape {
            "i8x16" => "i16x8",
            "i16x8" => "i32x4",
            "i32x4" => "i64x2",
            other => panic!("no double of {other}"),
        }
    }

    /// Bits of a lane, as text, and the number of lanes.
    fn lanes(shape: &str) -> (&str, u32) {
        let (bits, lanes) = shape[1..].split_once('x').unwrap();
        (bits, lanes.parse().unwrap())
    }

    /// The name that hook, operation and shapes amount to, without the underscores.
    fn name(row: &Row) -> String {
        let shapes: Vec<_> = row.shapes.iter().map(|s| s.to_lowercase()).collect();
        let shape = shapes[0].as_str();
        let op = row.op.split("::").last().unwrap();
        // The first letter tells integers from floats, which the shape says too.
        let kind =
            op.len() > 1 && op.starts_with(['I', 'F']) && op[1..2] == op[1..2].to_uppercase();
        let op = op[usize::from(kind)..].to_lowercase();
        let signed = |op: &str| (op[..op.len() - 1].to_owned(), op[op.len() - 1..].to_owned());
        match (row.hook, op.as_str()) {
            ("load", "full") => format!("{shape}load"),
            ("load", "splat") => format!("v128load{}splat", lanes(shape).0),
            ("load", "zero") => format!("v128load{}zero", lanes(shape).0),
            ("load", "extends" | "extendu") => {
                let (bits, lanes) = lanes(half(shape));
                format!("v128load{bits}x{}{}", lanes / 2, &op[6..])
            }
            ("load", _) => format!("{shape}load{}{}", &op[1..], &op[..1]),
            ("store", "full") => format!("{shape}store"),
            ("store", _) => format!("{shape}store{}", &op[3..]),
            ("load_lane", _) => format!("v128load{}lane", lanes(shape).0),
            ("store_lane", _) => format!("v128store{}lane", lanes(shape).0),
            ("splat", _) => format!("{shape}splat"),
            ("replace_lane", _) => format!("{shape}replacelane"),
            ("extract_lane", "none") => format!("{shape}extractlane"),
            ("extract_lane", extend) => format!("{shape}extractlane{}", &extend[..1]),
            ("binary", "narrows" | "narrowu") => {
                format!("{}narrow{shape}{}", half(shape), &op[6..])
            }
            ("binary", "dots") => format!("{}dot{shape}s", double(shape)),
            ("binary", _) if op.starts_with("extmul") => {
                let (op, sign) = signed(&op);
                format!("{}{op}{shape}{sign}", double(shape))
            }
            ("convert", "wrap" | "reinterpret") => format!("{}{op}{shape}", shapes[1]),
            ("convert", "demote" | "promote") => {
                let (low, zero) = match (shape.contains('x'), op.as_str()) {
                    (true, "demote") => ("", "zero"),
                    (true, _) => ("low", ""),
                    _ => ("", ""),
                };
                format!("{}{op}{low}{shape}{zero}", shapes[1])
            }
            ("convert", _) => {
                let (op, sign) = signed(&op);
                let zero = shape == "f64x2" && op == "truncsat";
                let low = shapes[1] == "f64x2" && op == "convert";
                let (low, zero) = (if low { "low" } else { "" }, if zero { "zero" } else { "" });
                format!("{}{op}{low}{shape}{sign}{zero}", shapes[1])
            }
            _ => format!("{shape}{op}"),
        }
    }

    #[test]
    fn rows_do_what_their_operators_are_called() {
        for row in rows() {
            let visited = row.visit.strip_prefix("visit_").unwrap().replace('_', "");
            assert_eq!(name(&row), visited, "{}", row.visit);
        }
    }

    #[test]
    fn no_row_is_there_twice() {
        let rows = rows();
        let meanings: HashMap<_, _> = rows
            .iter()
            .map(|row| ((row.hook, &row.op, &row.shapes), row.visit))
            .collect();
        assert_eq!(meanings.len(), rows.len());
    }
}
